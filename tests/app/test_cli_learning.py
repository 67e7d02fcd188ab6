"""Train, predict and evaluate by the command line, on features with a planted action."""

import json

import numpy as np
import pytest

from tests.app.test_cli import refused, wtal  # noqa: F401  fixtures

T, D = 40, 6
"""25.6 s of 16-frame snippets at 25 fps."""


def features(actions, rng):
    """Noise, with class c in column c of its snippets."""
    values = rng.normal(0, 0.3, (T, D)).astype(np.float32)
    for column, first, stop in actions:
        values[first:stop, column] += 3
    return values


@pytest.fixture(scope="module")
def benchmark(tmp_path_factory):
    """A feature folder and an annotation file: six training and three validation videos of two classes."""
    folder = tmp_path_factory.mktemp("benchmark")
    (folder / "features").mkdir()
    rng, database = np.random.default_rng(0), {}
    for index in range(9):
        column = index % 2
        actions = [(column, 5 + index, 10 + index), (column, 25, 30)]
        np.save(folder / "features" / f"v{index}.npy", features(actions, rng))
        database[f"v{index}"] = {
            "subset": "training" if index < 6 else "validation",
            "duration": T * 0.64,
            "annotations": [
                {"label": ("jump", "run")[c], "segment": [first * 0.64, stop * 0.64]} for c, first, stop in actions
            ],
        }
    (folder / "gt.json").write_text(json.dumps({"database": database}))
    return folder


FAST = (
    *("--method", "topk_mil", "--set", "method.width=32"),
    *("--set", "training.epochs=20", "--set", "training.learning_rate=0.01"),
)


@pytest.fixture(autouse=True)
def one_thread():
    """Networks this small only wait for each other on several threads."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def trained(wtal, benchmark, out, *more):  # noqa: F811
    return wtal(
        "train",
        "--features",
        benchmark / "features",
        "--annotations",
        benchmark / "gt.json",
        "--out",
        out,
        *FAST,
        *more,
    )


def test_a_planted_action_is_found_from_the_command_line(wtal, benchmark, tmp_path):  # noqa: F811
    """Train on boundaries, predict the validation videos, evaluate: far above chance."""
    status, out, err = wtal(
        *("train", "--features", benchmark / "features", "--annotations", benchmark / "gt.json"),
        *("--method", "ttc_loc", "--set", "method.width=32", "--set", "training.steps=60"),
        *("--set", "training.learning_rate=0.01", "--out", tmp_path / "run"),
    )
    assert status == 0, err
    assert dict(line.split(maxsplit=1) for line in out.splitlines())["labels"] == "12 full"
    prediction = ("--features", benchmark / "features", "--annotations", benchmark / "gt.json")
    status, out, err = wtal(
        "predict", "--run", tmp_path / "run", *prediction, "--subset", "validation", "--out", tmp_path / "pred.json"
    )
    assert status == 0, err
    found = json.loads((tmp_path / "pred.json").read_text())["results"]
    assert set(found) == {"v6", "v7", "v8"}
    assert all(0 <= row["segment"][0] < row["segment"][1] <= T * 0.64 for rows in found.values() for row in rows)
    status, out, err = wtal(
        "evaluate", benchmark / "gt.json", tmp_path / "pred.json", "--subset", "validation", "--tiou", "0.3", "--json"
    )
    assert status == 0, err
    assert json.loads(out)["average_mAP"] > 0.5


@pytest.mark.parametrize(
    ("arguments", "labels"),
    [
        (("--level", "one-segment"), "12 one-segment"),
        (("--level", "two-segment"), "12 two-segment"),
        ((), "12 full"),
        (("--semi", "1"), "4 video, 4 full"),
        (("--semi", "1", "--level", "one-segment"), "8 one-segment, 4 full"),
    ],
)
def test_level_and_semi_take_labels_out_as_the_papers_do(wtal, benchmark, tmp_path, arguments, labels):  # noqa: F811
    status, out, err = trained(wtal, benchmark, tmp_path / "run", *arguments)
    assert status == 0, err
    assert dict(line.split(maxsplit=1) for line in out.splitlines())["labels"] == labels


def test_the_seed_decides_everything(wtal, benchmark, tmp_path):  # noqa: F811
    weights = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert trained(wtal, benchmark, tmp_path / name, "--seed", seed)[0] == 0
        weights.append((tmp_path / name / "weights.safetensors").read_bytes())
    assert weights[0] == weights[1] != weights[2]


def test_the_run_says_what_it_was_trained_on(wtal, benchmark, tmp_path):  # noqa: F811
    assert trained(wtal, benchmark, tmp_path / "run", "--seed", "3")[0] == 0
    data = json.loads((tmp_path / "run" / "data.json").read_text())
    assert (data["level"], data["seed"], data["subset"]) == ("full", 3, "training")
    assert data["videos"] == [f"v{index}" for index in range(6)]
    run = json.loads((tmp_path / "run" / "run.json").read_text())
    assert (run["method"], run["class_names"], run["n_features"]) == ("topk_mil", ["jump", "run"], D)


def test_a_finished_run_is_not_overwritten(wtal, refused, benchmark, tmp_path):  # noqa: F811
    assert trained(wtal, benchmark, tmp_path / "run")[0] == 0
    asked = ("train", "--features", benchmark / "features", "--annotations", benchmark / "gt.json")
    assert "there is a finished run already" in refused(*asked, "--out", tmp_path / "run", *FAST)


def test_a_run_is_not_written_among_other_files(wtal, refused, benchmark, tmp_path):  # noqa: F811
    asked = ("train", "--features", benchmark / "features", "--annotations", benchmark / "gt.json")
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "a.mp4").touch()
    line = refused(*asked, "--out", tmp_path / "videos", *FAST)
    assert "videos: this folder holds other files, a.mp4 among them, and no run; name a new or an empty folder" in line
    assert [path.name for path in (tmp_path / "videos").iterdir()] == ["a.mp4"]
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / ".checkpoint.safetensors.17").touch()
    assert trained(wtal, benchmark, tmp_path / "empty")[0] == 0


def test_a_setting_that_a_method_lacks_is_answered_with_those_that_it_has(refused, benchmark, tmp_path):  # noqa: F811
    asked = ("train", "--features", benchmark / "features", "--annotations", benchmark / "gt.json")
    line = refused(*asked, "--out", tmp_path / "r", "--method", "topk_mil", "--set", "nope=3")
    assert "has no setting 'nope'; it has " in line
    assert "Config" not in line
    assert {"batch_size", "epochs", "dropout"} <= set(line.partition("it has ")[2].split(", "))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--method", "i3d"), "there is no method 'i3d'; choose one of"),
        (("--set", "method.nonsense=1"), "nonsense"),
        (("--set", "training.batch_size=many"), "batch_size"),
        (("--set", "epochs=abc"), "setting 'epochs' cannot be 'abc': a whole number is wanted"),
        (("--set", "learning_rate=abc"), "setting 'learning_rate' cannot be 'abc': a number is wanted"),
        (("--set", "batch_size"), "--set takes NAME=VALUE"),
        (("--set", "a=1", "--set", "a=2"), "--set a is given twice"),
        (("--preset", "nonsense"), "there is no preset 'nonsense'"),
        (("--subset", "test"), "no video of subset 'test'"),
        (("--semi", "-1"), "--semi is a number of videos"),
        (("--level", "half"), "invalid choice: 'half'"),
        (("--device", "abacus"), "--device is cpu, cuda or cuda:N"),
        (("--features", "absent"), "absent: there is no such feature folder"),
        (("--annotations", "absent.json"), "absent.json: there is no such file"),
    ],
)
def test_train_refuses_in_one_line(refused, benchmark, tmp_path, arguments, words):  # noqa: F811
    asked = [
        "train",
        "--features",
        benchmark / "features",
        "--annotations",
        benchmark / "gt.json",
        "--out",
        tmp_path / "r",
    ]
    assert words in refused(*asked, "--method", "topk_mil", *arguments)
    assert not (tmp_path / "r" / "run.json").exists()


def changed(benchmark, tmp_path, **entry):
    """The annotation file with the first video changed."""
    content = json.loads((benchmark / "gt.json").read_text())
    content["database"]["v0"] |= entry
    (tmp_path / "gt.json").write_text(json.dumps(content))
    return tmp_path / "gt.json"


def test_features_that_disagree_with_the_duration_are_refused_with_both_numbers(refused, benchmark, tmp_path):  # noqa: F811
    asked = ("train", "--features", benchmark / "features", "--out", tmp_path / "r", *FAST)
    line = refused(*asked, "--annotations", changed(benchmark, tmp_path, duration=60.0))
    assert "v0.npy: 40 snippets" in line
    assert "60 s" in line
    assert "meta.json" in line


def test_annotations_past_the_end_are_told_and_not_used(wtal, benchmark, tmp_path):  # noqa: F811
    rows = [{"label": "jump", "segment": [1, 3]}, {"label": "jump", "segment": [100, 110]}]
    path = changed(benchmark, tmp_path, annotations=rows)
    status, _, err = wtal(
        "train", "--features", benchmark / "features", "--annotations", path, "--out", tmp_path / "r", *FAST
    )
    assert status == 0
    assert "'jump' at 100.0-110.0 s lies outside the video" in err
    assert any(
        "outside the features" in note for note in json.loads((tmp_path / "r" / "data.json").read_text())["notes"]
    )


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (lambda path: np.save(path, np.zeros((T, D + 1), np.float32)), "7 features per snippet where 6 are expected"),
        (lambda path: np.save(path, np.full((T, D), np.nan, np.float32)), "row 0 holds NaN or infinity"),
        (lambda path: np.save(path, np.zeros(T, np.float32)), "shape (T, D)"),
        (lambda path: np.save(path, np.array([{}], object), allow_pickle=True), "v0.npy"),
        (lambda path: path.write_text("not an array"), "not a NumPy .npy file"),
    ],
)
def test_damaged_features_are_refused_by_file(refused, benchmark, tmp_path, write, words):  # noqa: F811
    (tmp_path / "features").mkdir()
    for source in (benchmark / "features").iterdir():
        (tmp_path / "features" / source.name).write_bytes(source.read_bytes())
    write(tmp_path / "features" / "v0.npy")
    asked = ("--annotations", benchmark / "gt.json", "--out", tmp_path / "r", *FAST)
    line = refused("train", "--features", tmp_path / "features", *asked)
    assert words in line
    assert "v0.npy" in line


def test_an_empty_feature_folder_is_refused(refused, benchmark, tmp_path):  # noqa: F811
    (tmp_path / "features").mkdir()
    asked = ("--annotations", benchmark / "gt.json", "--out", tmp_path / "r", *FAST)
    assert "no features of the 6 annotated videos" in refused("train", "--features", tmp_path / "features", *asked)


def test_predict_refuses_in_one_line(wtal, refused, benchmark, tmp_path):  # noqa: F811
    assert trained(wtal, benchmark, tmp_path / "run")[0] == 0
    out = ("--out", tmp_path / "pred.json")
    source = ("--features", benchmark / "features", "--annotations", benchmark / "gt.json")
    assert "one of gaussian" in refused("predict", "--run", tmp_path / "run", *source, *out, "--fusion", "square")
    assert "positive temperature" in refused("predict", "--run", tmp_path / "run", *source, *out, "--fusion", "t:0")
    assert "--features needs --annotations" in refused("predict", "--run", tmp_path / "run", *source[:2], *out)
    assert "not allowed with argument" in refused("predict", "--run", tmp_path / "run", *source, "--videos", "a", *out)
    for source_given in (source, ("--videos", tmp_path / "a.mp4")):
        line = refused("predict", "--run", tmp_path, *source_given, *out)
        assert f"{tmp_path}: there is no trained run in this folder; `wtal train --out` makes one" in line
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "run.json").write_text("{}")
    assert "run.json has format None" in refused("predict", "--run", tmp_path / "damaged", *source, *out)
    (tmp_path / "a.mp4").touch()
    line = refused("predict", "--run", tmp_path / "run", "--videos", tmp_path / "a.mp4", *out)
    assert "trained on features that none of our extractors (motion" in line
    (tmp_path / "wide").mkdir()
    for index in range(9):
        np.save(tmp_path / "wide" / f"v{index}.npy", np.zeros((T, D + 2), np.float32))
    line = refused("predict", "--run", tmp_path / "run", "--features", tmp_path / "wide", *source[2:], *out)
    assert "8 features a snippet, the method was trained with 6" in line
    assert not (tmp_path / "pred.json").exists()


def test_an_interrupted_run_goes_on_to_the_same_weights(wtal, benchmark, tmp_path, monkeypatch):  # noqa: F811
    """Stopped by Ctrl-C after 10 steps with checkpoints at each epoch, resumed, and compared with a whole run."""
    from wtal_core.training import trainer

    monkeypatch.setattr(trainer, "CHECKPOINT_SECONDS", 0.0)
    assert trained(wtal, benchmark, tmp_path / "whole")[0] == 0
    from app.commands import train as command

    class Stop(command.Progress):
        steps = 0

        def __call__(self, done, more=""):
            type(self).steps += 1
            if type(self).steps == 10:
                raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(command, "Progress", Stop)
        status, out, err = trained(wtal, benchmark, tmp_path / "parts")
    assert (status, out) == (130, "")
    assert err.splitlines()[-1] == "wtal: interrupted"
    status, _, err = trained(wtal, benchmark, tmp_path / "parts", "--resume")
    assert status == 0, err
    assert (tmp_path / "parts" / "weights.safetensors").read_bytes() == (
        tmp_path / "whole" / "weights.safetensors"
    ).read_bytes()
