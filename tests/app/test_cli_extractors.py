"""Extractors by the command line: a network of one's own, many videos at a time, prediction with the same one."""

import json

import numpy as np
import pytest

from app.commands.console import CommandError
from app.commands.predict import run_extractor
from tests.app.test_cli import refused, wtal  # noqa: F401  fixtures
from tests.wtal_core.features.films import film
from tests.wtal_core.features.test_onnx_file import describe, network
from wtal_core.features.extractors import find


def test_videos_are_extracted_by_a_network_of_ones_own_and_listed_in_order(wtal, tmp_path):  # noqa: F811
    """Three films and a text: rows of 3 columns, 40 pictures are 2.5 snippets, the odd half joins the others."""
    name = describe(network(tmp_path / "n.onnx"))
    (tmp_path / "videos").mkdir()
    for stem in "cab":
        film(tmp_path / "videos" / f"{stem}.mp4", [512 * i for i in range(40)])
    (tmp_path / "videos" / "text.mp4").write_text("no film")
    status, out, err = wtal("extract", tmp_path / "videos", "--extractor", name, "--out", tmp_path / "f")
    assert status == 2
    assert out == "a\t2\t3\nb\t2\t3\nc\t2\t3\n"
    assert err.splitlines()[-1] == "wtal: 1 of 4 videos could not be extracted: text.mp4"
    meta = json.loads((tmp_path / "f" / "meta.json").read_text())
    assert (meta["extractor"], meta["streams"]) == (find(name).name, {"rgb": [0, 3]})
    assert np.load(tmp_path / "f" / "a.npy", allow_pickle=False).dtype == np.float16


def test_a_network_without_a_description_is_refused_before_a_video_is_opened(refused, tmp_path):  # noqa: F811
    (tmp_path / "a.mp4").write_text("no film")
    path = network(tmp_path / "n.onnx")
    line = refused("extract", tmp_path / "a.mp4", "--extractor", f"onnx:{path}", "--out", tmp_path / "f")
    assert "needs a description beside it" in line
    assert not (tmp_path / "f").exists()


def test_a_run_is_predicted_with_the_network_it_was_trained_on_or_not_at_all(tmp_path):
    name = describe(network(tmp_path / "n.onnx"))
    told = {"features": {"extractor": name, "fingerprint": find(name).fingerprint}}
    (tmp_path / "data.json").write_text(json.dumps(told))
    assert run_extractor(tmp_path) == name
    describe(tmp_path / "n.onnx", fit="centre")
    with pytest.raises(CommandError, match="earlier version of the extractor"):
        run_extractor(tmp_path)
