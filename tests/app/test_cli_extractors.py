"""Extractors by the command line: a network of one's own, many videos at a time, prediction with the same one."""

import json

import numpy as np
import pytest

from app.commands.console import CommandError
from app.commands.predict import run_extractor
from tests.app.test_cli import refused, wtal  # noqa: F401  fixtures
from tests.wtal_core.features.films import film
from tests.wtal_core.features.test_onnx_file import coloured, describe, network
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
    assert run_extractor(tmp_path) == (name, None)
    describe(tmp_path / "n.onnx", fit="centre")
    with pytest.raises(CommandError, match="earlier version of the extractor"):
        run_extractor(tmp_path)


FLAGS = ("--size", "8x8", "--layout", "NCTHW", "--frames", "4", "--mean", "100", "--std", "50")


def test_flags_stand_in_place_of_the_file_beside_a_network(wtal, tmp_path):  # noqa: F811
    """Grey levels 200, 100, 50 with mean 100 and std 50 are 2, 0, -1. A file that says so is the same extractor."""
    video = film(tmp_path / "a.mp4", [512 * i for i in range(32)], pictures=coloured(32))
    path = network(tmp_path / "n.onnx")
    status, out, err = wtal("extract", video, "--extractor", f"onnx:{path}", "--out", tmp_path / "f", *FLAGS)
    assert (status, out) == (0, "a\t2\t3\n"), err
    values = np.load(tmp_path / "f" / "a.npy", allow_pickle=False).astype(float)
    np.testing.assert_allclose(values, [[2, 0, -1]] * 2, atol=0.1)
    meta = json.loads((tmp_path / "f" / "meta.json").read_text())
    clip = {"layout": "NCTHW", "frames": 4, "mean": [100], "std": [50]}
    assert meta["description"] == {"size": [8, 8], "inputs": {"clip": clip}}
    name = describe(path, size=[8, 8], inputs={"clip": clip})
    assert meta["fingerprint"] == find(name).fingerprint


def test_a_flag_counts_before_the_file_and_one_for_an_input_before_one_for_all(wtal, tmp_path):  # noqa: F811
    video = film(tmp_path / "a.mp4", [512 * i for i in range(32)], pictures=coloured(32))
    said = {"look": {"layout": "NTCHW", "frames": 4, "std": [7]}, "move": {"kind": "rgb", "layout": "NCTHW"}}
    path = network(tmp_path / "n.onnx", (1, "C", "T", 16, 16), inputs=("look", "move"))
    name = describe(path, size=[16, 16], inputs=said, fit="centre")
    flags = ("--frames", "2", "--frames", "move=3", "--layout", "look=NCTHW", "--kind", "move=flow", "--bound", "4.5")
    streams = ("--streams", "rgb=0:3,flow=3:5", "--fit", "stretch", "--output-name", "out")
    status, _, err = wtal("extract", video, "--extractor", name, "--out", tmp_path / "f", *flags, *streams)
    assert status == 0, err
    meta = json.loads((tmp_path / "f" / "meta.json").read_text())
    assert meta["description"] == {
        "size": [16, 16],
        "fit": "stretch",
        "inputs": {
            "look": {"layout": "NCTHW", "frames": 2, "std": [7], "bound": 4.5},
            "move": {"kind": "flow", "layout": "NCTHW", "frames": 3, "bound": 4.5},
        },
        "output": "out",
        "streams": {"rgb": [0, 3], "flow": [3, 5]},
    }
    assert meta["streams"] == {"rgb": [0, 3], "flow": [3, 5]}


def test_a_folder_goes_on_with_the_same_flags_and_refuses_others(wtal, refused, tmp_path):  # noqa: F811
    videos = tmp_path / "videos"
    videos.mkdir()
    film(videos / "a.mp4", [512 * i for i in range(16)])
    command = ("extract", videos, "--extractor", f"onnx:{network(tmp_path / 'n.onnx')}", "--out", tmp_path / "f")
    assert wtal(*command, *FLAGS)[0] == 0
    kept = (tmp_path / "f" / "a.npy").stat().st_mtime_ns
    film(videos / "b.mp4", [512 * i for i in range(16)])
    assert wtal(*command, *FLAGS)[:2] == (0, "a\t1\t3\nb\t1\t3\n")
    assert (tmp_path / "f" / "a.npy").stat().st_mtime_ns == kept
    status, out, err = wtal(*command, *FLAGS[:-1], "25", "--fit", "centre")
    assert (status, out) == (2, "")
    line = err.splitlines()[-1]
    assert 'the network\'s description: fit was not said, is "centre"; inputs clip std was [50], is [25])' in line
    assert line.endswith("choose another folder")
    assert "needs a description beside it" in refused(*command)


def test_a_run_on_features_made_by_flags_is_predicted_with_them(tmp_path):
    """No file beside the network; the run's own words say what the network was given."""
    name = f"onnx:{network(tmp_path / 'n.onnx')}"
    text = json.dumps({"inputs": {"clip": {"frames": 4, "layout": "NCTHW"}}, "size": [8, 8]})
    told = {"features": dict(find(name, text).meta)}
    (tmp_path / "data.json").write_text(json.dumps(told))
    assert run_extractor(tmp_path) == (name, text)
    network(tmp_path / "n.onnx", inputs=("clip",), axes=(2, 3, 4), keepdims=1)
    with pytest.raises(CommandError, match="earlier version of the extractor"):
        run_extractor(tmp_path)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("--size", "224"), "--size takes HEIGHTxWIDTH in pixels, e.g. 224x224, got '224'"),
        (
            ("--size", "8x0"),
            '"size" is [height, width] in pixels, up to 4096, got [8, 0]; correct the entry, or the flag',
        ),
        (("--fit", "crop"), '"fit" is "stretch" or "centre", got \'crop\''),
        (("--fit", ""), '"fit" is "stretch" or "centre", got \'\''),
        (("--mean", "1,2"), "is a list of 1 or 3 numbers (grey levels), got [1, 2]"),
        (("--mean", "grey"), "--mean takes numbers, e.g. 127.5 or 123.7,116.3,103.5, got 'grey'"),
        (("--std", "nan"), "is a list of 1 or 3 numbers (grey levels), got [nan]"),
        (("--std", "clip=0"), "\"std\" of input 'clip' is above 0, got [0.0, 0.0, 0.0]"),
        (("--frames", "2.5"), "\"frames\" of input 'clip' is 1 to 256, got 2.5"),
        (("--frames", "8"), "axis T of input 'clip' is 4, its description comes to 8"),
        (("--layout", "THWC"), "\"layout\" of input 'clip' is one of NCTHW"),
        (("--kind", "sound"), "\"kind\" of input 'clip' is rgb or flow, got 'sound'"),
        (("--kind", "klip=rgb"), "\"layout\" of input 'klip' is one of"),
        (("--bound", "-1"), "\"bound\" of input 'clip' is a number above 0, got -1"),
        (("--bound", "1", "--bound", "2"), "--bound is given twice; leave one out"),
        (("--streams", "rgb=0-3"), "--streams takes NAME=FIRST:STOP, e.g. rgb=0:1024,flow=1024:2048, got 'rgb=0-3'"),
        (("--streams", "a=0:1,a=1:3"), "--streams takes NAME=FIRST:STOP"),
        (("--streams", "rgb=0:4"), "the network gives 3 columns"),
        (("--output-name", "else"), "no output 'else'; there are out"),
    ],
)
def test_flags_that_cannot_serve_are_refused_before_a_video_is_opened(refused, tmp_path, given, words):  # noqa: F811
    (tmp_path / "a.mp4").write_text("no film")
    name = describe(network(tmp_path / "n.onnx"))
    assert words in refused("extract", tmp_path / "a.mp4", "--extractor", name, "--out", tmp_path / "f", *given)
    assert not (tmp_path / "f").exists()


def test_flags_are_for_a_network_of_ones_own_and_mend_no_broken_file(refused, tmp_path):  # noqa: F811
    (tmp_path / "a.mp4").write_text("no film")
    line = refused("extract", tmp_path / "a.mp4", "--out", tmp_path / "f", "--size", "8x8", "--std", "2")
    assert "--size, --std: for a network of one's own, and 'deep' is none; leave it out, or give --extractor" in line
    path = network(tmp_path / "n.onnx")
    path.with_suffix(".json").write_text("{")
    command = ("extract", tmp_path / "a.mp4", "--extractor", f"onnx:{path}", "--out", tmp_path / "f")
    assert "n.json: it is no JSON text" in refused(*command, *FLAGS)
    path.with_suffix(".json").unlink()
    assert 'the flags: "size" is [height, width]' in refused(*command, *FLAGS[2:])
