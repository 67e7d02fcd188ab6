"""Odd and hostile input by the command line, for every method: a defined result, or status 2 and one line."""

import json

import numpy as np
import pytest
import torch

from tests.app.test_cli import refused, wtal  # noqa: F401  fixtures
from wtal_core.models import METHODS

D = 6
SNIPPET = 0.64


@pytest.fixture(autouse=True)
def one_thread():
    """Networks this small only wait for each other on several threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def data_set(folder, films):
    """A feature folder and an annotation file of ``{video: (T, subset, [(label, first, stop) in snippets])}``."""
    (folder / "features").mkdir(parents=True)
    rng, database = np.random.default_rng(0), {}
    for video, (n_snippets, subset, actions) in films.items():
        np.save(folder / "features" / f"{video}.npy", rng.normal(size=(n_snippets, D)).astype(np.float32))
        rows = [{"label": name, "segment": [first * SNIPPET, stop * SNIPPET]} for name, first, stop in actions]
        database[video] = {"subset": subset, "duration": n_snippets * SNIPPET, "annotations": rows}
    (folder / "gt.json").write_text(json.dumps({"database": database}))
    return "--features", folder / "features", "--annotations", folder / "gt.json"


ODD = {
    "videos shorter than any kernel, anchor or top-k, beside a longer one": {
        "v1": (1, "training", [("a", 0, 1)]),
        "v2": (2, "training", [("b", 0, 0.4)]),  # less than half a snippet: the one it overlaps most
        "v3": (3, "training", [("a", 1, 2)]),
        "v40": (40, "training", [("b", 8, 14), ("a", 20, 21)]),
        "w1": (1, "validation", [("a", 0, 1)]),
        "w30": (30, "validation", [("b", 3, 9)]),
    },
    "two classes at once, an instance twice over, one from end to end, a class nobody trains on": {
        "v1": (12, "training", [("a", 2, 6), ("b", 2, 6)]),
        "v2": (12, "training", [("a", 2, 6), ("a", 3, 6)]),
        "v3": (12, "training", [("b", 0, 12)]),
        "v4": (12, "training", [("a", -3, 4), ("b", 11, 15)]),  # both reach out of the video
        "w1": (12, "validation", [("never", 3, 6), ("a", 7, 9)]),
    },
    "one training video, and one judged to hold nothing": {
        "v1": (16, "training", [("a", 4, 8), ("b", 10, 13)]),
        "v2": (16, "training", []),
        "w1": (16, "validation", [("a", 4, 8)]),
    },
}


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("name", list(METHODS))
def test_odd_data_goes_through_train_predict_and_evaluate(wtal, tmp_path, name, kind):  # noqa: F811
    source = data_set(tmp_path, ODD[kind])
    run, found = tmp_path / "run", tmp_path / "pred.json"
    status, _, err = wtal("train", *source, "--out", run, "--method", name, "--set", "training.steps=3")
    assert status == 0, err
    status, _, err = wtal("predict", "--run", run, *source, "--subset", "validation", "--out", found)
    assert status == 0, err
    results = json.loads(found.read_text())["results"]
    held_out = {video: film[0] for video, film in ODD[kind].items() if film[1] == "validation"}
    assert set(results) == set(held_out)
    for video, rows in results.items():
        for row in rows:
            start, end = row["segment"]
            assert 0 <= start < end <= held_out[video] * SNIPPET + 1e-6
            assert np.isfinite(row["score"])
    status, out, err = wtal("evaluate", tmp_path / "gt.json", found, "--subset", "validation", "--json")
    assert status == 0, err
    assert 0 <= json.loads(out)["average_mAP"] <= 1


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Four small videos of two classes, for what is refused before or whatever a method is."""
    films = {
        "v1": (12, "training", [("a", 2, 6)]),
        "v2": (12, "training", [("b", 2, 6)]),
        "w1": (12, "validation", [("a", 3, 6)]),
        "w2": (12, "validation", [("b", 3, 6)]),
    }
    folder = tmp_path_factory.mktemp("plain")
    return folder, data_set(folder, films)


def damaged(folder, tmp_path, video, values):
    """The same features with those of one video replaced."""
    (tmp_path / "features").mkdir()
    for file in (folder / "features").iterdir():
        (tmp_path / "features" / file.name).write_bytes(file.read_bytes())
    np.save(tmp_path / "features" / f"{video}.npy", values)
    return "--features", tmp_path / "features", "--annotations", folder / "gt.json"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.full((12, D), np.nan, np.float32), "row 0 holds NaN"),
        (np.zeros((0, D), np.float32), "at least one row"),
        (np.zeros((12, D + 1), np.float32), "7 features per snippet"),
        (np.zeros((40, D), np.float32), "40 snippets, but 12.0 fit"),
    ],
)
@pytest.mark.parametrize("name", list(METHODS))
def test_every_method_refuses_damaged_features_in_one_line(refused, plain, tmp_path, name, values, words):  # noqa: F811
    folder, _ = plain
    asked = ("--method", name, "--set", "training.steps=1")
    line = refused("train", *damaged(folder, tmp_path, "v2", values), "--out", tmp_path / "r", *asked)
    assert words in line
    assert "v2.npy" in line
    assert not (tmp_path / "r" / "run.json").exists()


@pytest.mark.parametrize("name", list(METHODS))
def test_a_trained_method_refuses_features_it_was_not_trained_for(wtal, refused, plain, tmp_path, name):  # noqa: F811
    _, source = plain
    asked = ("--method", name, "--set", "training.steps=1")
    assert wtal("train", *source, "--out", tmp_path / "r", *asked)[0] == 0
    wide = data_set(tmp_path / "wide", {"w1": (12, "validation", [("a", 3, 6)])})
    np.save(tmp_path / "wide" / "features" / "w1.npy", np.zeros((12, D + 2), np.float32))
    line = refused("predict", "--run", tmp_path / "r", *wide, "--out", tmp_path / "p.json")
    assert "8 features a snippet, the method was trained with 6" in line
    assert not (tmp_path / "p.json").exists()


@pytest.mark.parametrize("fps", ["1e99999999", "1e300", "-1", "nan", "0", "many"])
def test_a_frame_rate_that_is_none_is_refused_at_once(refused, plain, tmp_path, fps):  # noqa: F811
    """1e99999999 as an exact fraction would fill the memory first."""
    folder, _ = plain
    (tmp_path / "p.json").write_text('{"results": {"w1": [{"label": "a", "score": 1, "segment": [1, 2]}]}}')
    asked = ("evaluate", folder / "gt.json", tmp_path / "p.json", "--protocol", "wtalc")
    assert "fps" in refused(*asked, "--fps", fps)
