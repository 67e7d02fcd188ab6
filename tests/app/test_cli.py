"""The contract of the ``wtal`` command: what it prints, where, and how it ends."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from app import cli
from app.commands import COMMANDS, annotation_files, evaluate, train, worker
from tests.shared_data import ROOT, shared
from wtal_core.evaluation import PROTOCOLS
from wtal_core.formats import FORMATS
from wtal_core.training import checkpoint

LISTED = [
    *("demo", "serve", "worker", "doctor", "project", "video", "label", "extract", "features", "train", "predict"),
    *("evaluate", "reproduce", "import", "export"),
]


@pytest.fixture
def wtal(capsys, monkeypatch, tmp_path):
    """Run a command in this process: exit status, stdout, stderr."""
    monkeypatch.setenv("WTAL_HOME", str(tmp_path / "workspace"))
    monkeypatch.delenv("WTAL_DEBUG", raising=False)

    def run(*arguments):
        capsys.readouterr()
        try:
            status = cli.main([str(argument) for argument in arguments])
        except SystemExit as ended:  # --help
            status = ended.code
        out, err = capsys.readouterr()
        return status, out, err

    return run


@pytest.fixture
def refused(wtal):
    """Run a command that must end with 2, nothing on stdout, and exactly one line on stderr: that line."""

    def run(*arguments):
        status, out, err = wtal(*arguments)
        assert status == 2, err
        assert out == ""
        lines = [line for line in err.splitlines() if line]
        assert len(lines) == 1, err
        assert "Traceback" not in err
        assert lines[0].startswith("wtal: ")
        return lines[0]

    return run


def subprocess_wtal(*arguments, **options):
    command = [sys.executable, "-m", "app.cli", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False, **options)


ACTIONS = {
    "database": {
        "a": {
            "subset": "validation",
            "duration": 20.0,
            "annotations": [{"segment": [0, 10], "label": "jump"}, {"segment": [12, 15], "label": "run"}],
        },
        "b": {"subset": "training", "duration": 9.0, "annotations": [{"segment": [1, 2], "label": "jump"}]},
    }
}
FOUND = {"results": {"a": [{"segment": [0, 9], "label": "jump", "score": 0.9}]}}


@pytest.fixture
def files(tmp_path):
    """Ground truth and predictions on disk."""
    (tmp_path / "gt.json").write_text(json.dumps(ACTIONS))
    (tmp_path / "pred.json").write_text(json.dumps(FOUND))
    return tmp_path


def test_help_lists_the_commands_of_the_contract_and_no_others(wtal):
    status, out, err = wtal("--help")
    assert (status, err) == (0, "")
    assert re.findall(r"^    (\w+)  ", out, re.MULTILINE) == LISTED == list(COMMANDS)


@pytest.mark.parametrize("command", LISTED)
def test_every_command_has_help(wtal, command):
    status, out, err = wtal(command, "--help")
    assert (status, err) == (0, "")
    assert out.startswith(f"usage: wtal {command}")


def test_help_imports_nothing_heavy():
    """What makes `wtal --help` answer at once: none of the libraries that take long to load."""
    code = "import sys; from app.cli import parser; parser(); print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(ended.stdout.split())
    assert "app.commands.train" in loaded
    assert not loaded & {"numpy", "torch", "cv2", "av", "sqlalchemy", "streamlit", "pandas", "wtal_core", "db"}


def test_choices_named_in_help_are_those_that_exist():
    assert set(annotation_files.FORMAT_NAMES) == set(FORMATS)
    assert set(evaluate.PROTOCOL_NAMES) == set(PROTOCOLS)
    from app.job_kinds import LANES
    from wtal_core.domain import SupervisionLevel

    assert tuple(SupervisionLevel) == train.LEVELS
    assert tuple(LANES) == worker.LANES
    assert (train.FINISHED, train.INTERRUPTED) == (checkpoint.RUN, checkpoint.POSITION)


def test_wrong_arguments_are_one_line(refused):
    assert "COMMAND" in refused()
    assert "invalid choice: 'simulate'" in refused("simulate")
    assert "see wtal evaluate --help" in refused("evaluate")
    assert "unrecognized arguments: --jsno" in refused("evaluate", "a", "b", "--jsno")


def test_evaluate_json_is_exactly_the_promised_shape(wtal, files):
    status, out, err = wtal("evaluate", files / "gt.json", files / "pred.json", "--subset", "validation", "--json")
    assert (status, err) == (0, "")
    assert json.loads(out) == {
        "protocol": "activitynet",
        "subset": "validation",
        "tiou": [0.3, 0.4, 0.5, 0.6, 0.7],
        "mAP": [0.5] * 5,
        "average_mAP": 0.5,
        "ap": {"jump": [1.0] * 5, "run": [0.0] * 5},
        "n_ground_truth": 2,
        "n_predictions": 1,
    }


def test_evaluate_prints_a_table_in_percent(wtal, files):
    status, out, _ = wtal("evaluate", files / "gt.json", files / "pred.json", "--subset", "val", "--tiou", "0.5,0.95")
    assert status == 0
    assert out.splitlines() == [
        "activitynet, 1 predictions, 2 instances; percent",
        "tIoU     0.5  0.95  average",
        "mAP    50.00  0.00    25.00",
        "jump  100.00  0.00    50.00",
        "run     0.00  0.00     0.00",
    ]


def test_evaluate_takes_ambiguous_time_and_snippets(wtal, files):
    """A miss in ambiguous time before the hit does not count, so AP of jump rises from 1/2 to 1."""
    rows = FOUND["results"]["a"] + [{"segment": [16, 19], "label": "jump", "score": 1.0}]
    (files / "pred.json").write_text(json.dumps({"results": {"a": rows}}))
    (files / "ambiguous.txt").write_text("a  16.0 19.0\n")
    asked = ("evaluate", files / "gt.json", files / "pred.json", "--subset", "validation", "--tiou", "0.5", "--json")
    for protocol in ("thumos14", "wtalc"):
        plain = json.loads(wtal(*asked, "--protocol", protocol)[1])
        forgiving = json.loads(
            wtal(
                *asked, "--protocol", protocol, "--ambiguous", files / "ambiguous.txt", "--fps", "25", "--stride", "4"
            )[1]
        )
        assert (plain["ap"]["jump"], forgiving["ap"]["jump"]) == ([0.5], [1.0])


def test_evaluate_says_what_it_leaves_out(wtal, files):
    rows = {"a": [*FOUND["results"]["a"], {"segment": [0, 1], "label": "swim", "score": 1}], "z": FOUND["results"]["a"]}
    (files / "pred.json").write_text(json.dumps({"results": rows}))
    status, out, err = wtal("evaluate", files / "gt.json", files / "pred.json", "--json")
    assert status == 0
    assert json.loads(out)["n_predictions"] == 1
    assert "1 predictions in 1 videos outside the ground truth" in err
    assert "classes that never occur in the ground truth are not evaluated (swim)" in err
    assert "1 of 2 videos have no prediction" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("absent.json", "pred.json"), "absent.json: there is no such file"),
        (("gt.json", "gt.json"), "these are annotations, not predictions"),
        (("pred.json", "pred.json"), "these are predictions, not annotations"),
        (
            ("gt.json", "pred.json", "--subset", "test"),
            "the annotations have training, validation",
        ),
        (("gt.json", "pred.json", "--tiou", "0.7:0.3:0.1"), "ascends by a positive step"),
        (("gt.json", "pred.json", "--tiou", "2"), "above 0 and up to 1"),
        (("gt.json", "pred.json", "--protocol", "coco"), "invalid choice: 'coco'"),
        (("gt.json", "pred.json", "--ambiguous", "gt.json"), "the activitynet protocol knows no ambiguous time"),
        (("gt.json", "pred.json", "--protocol", "wtalc", "--fps", "x"), "--fps is a number of frames per second"),
        (("gt.json", "pred.json", "--protocol", "wtalc", "--stride", "0"), "a stride of at least 1 frame"),
        (("broken.json", "pred.json"), "broken.json, line 1, column 2: not JSON"),
        ((".", "pred.json"), "this is a folder"),
    ],
)
def test_evaluate_refuses_in_one_line(refused, files, monkeypatch, arguments, words):
    monkeypatch.chdir(files)
    (files / "broken.json").write_text("{")
    assert words in refused("evaluate", *arguments)


def test_evaluate_gives_the_published_map(wtal):
    folder = shared("data", "golden-map")
    status, out, _ = wtal(
        "evaluate", folder / "gt.json", folder / "results.json", "--subset", "test", "--tiou", "0.1:0.9:0.1", "--json"
    )
    expected = json.loads((folder / "expected.json").read_text())["mAP_percent_recomputed"]
    assert status == 0
    assert [round(100 * value, 2) for value in json.loads(out)["mAP"]] == expected


def test_a_program_error_shows_its_traceback_only_when_asked(wtal, files, monkeypatch):
    monkeypatch.setattr("wtal_core.evaluation.evaluate", lambda *_, **__: 1 + None)
    status, out, err = wtal("evaluate", files / "gt.json", files / "pred.json", "--subset", "validation")
    assert (status, out) == (1, "")
    assert err.count("\n") == 1
    assert "unexpected TypeError" in err
    assert "WTAL_DEBUG=1" in err
    monkeypatch.setenv("WTAL_DEBUG", "1")
    with pytest.raises(TypeError):
        wtal("evaluate", files / "gt.json", files / "pred.json", "--subset", "validation")


def test_ctrl_c_ends_with_130_and_one_line(tmp_path):
    """A command waiting on a pipe nobody writes to is interrupted as a terminal does it."""
    os.mkfifo(tmp_path / "gt.json")
    # Tests run in the background of a shell ignore SIGINT, and so would the command: it is given back first.
    heard = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)"
    program = f"{heard}; from app.cli import main; sys.exit(main(sys.argv[1:]))"
    process = subprocess.Popen(
        [sys.executable, "-c", program, "evaluate", tmp_path / "gt.json", "x"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    waiting = os.open(tmp_path / "gt.json", os.O_WRONLY)  # returns once the command has opened it to read
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    os.close(waiting)
    assert (process.returncode, out, err) == (130, "", "wtal: interrupted\n")


def test_the_program_ends_with_the_status_of_the_command(files):
    ended = subprocess_wtal("evaluate", files / "gt.json", files / "absent.json", "--subset", "validation")
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    ended = subprocess_wtal("evaluate", files / "gt.json", files / "pred.json", "--subset", "validation", "--json")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert json.loads(ended.stdout)["average_mAP"] == 0.5


def test_a_reader_that_has_enough_is_no_error(files):
    command = f"{sys.executable} -m app.cli evaluate {files}/gt.json {files}/pred.json --subset validation | true"
    ended = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.stderr == ""


def test_doctor_changes_nothing_and_names_what_is_there(wtal, tmp_path):
    status, out, _ = wtal("doctor")
    assert status == 0
    assert not (tmp_path / "workspace").exists()
    for what in ("python", "torch", "h264 decoder", "free disk", "workspace", "database"):
        assert re.search(rf"^(ok|note) +{what} ", out, re.MULTILINE), what


def test_doctor_ends_with_2_when_something_needed_is_missing(wtal, monkeypatch):
    monkeypatch.setattr("app.commands.doctor.PACKAGES", ("numpy", "no-such-package"))
    status, out, err = wtal("doctor")
    assert status == 2
    assert "no-such-package: pip install -r requirements.txt" in out
    assert err == "wtal: not in order: no-such-package; what to do is listed above\n"


def test_features_are_written_as_the_contract_says(wtal, tmp_path):
    """One row per snippet and the extractor's facts in meta.json; a second run leaves the file alone."""
    video = shared("data", "real-videos", "v_GGSY1Qvo990.mp4")
    status, out, _ = wtal("extract", video, "--out", tmp_path / "features")
    assert status == 0
    values = np.load(tmp_path / "features" / "v_GGSY1Qvo990.npy", allow_pickle=False)
    assert out == f"v_GGSY1Qvo990\t{values.shape[0]}\t{values.shape[1]}\n"
    meta = json.loads((tmp_path / "features" / "meta.json").read_text())
    assert meta["extractor"] == "deep"
    assert meta["stride_frames"] == meta["snippet_frames"] == 16
    written = (tmp_path / "features" / "v_GGSY1Qvo990.npy").stat().st_mtime_ns
    assert wtal("extract", video, "--out", tmp_path / "features")[0] == 0
    assert (tmp_path / "features" / "v_GGSY1Qvo990.npy").stat().st_mtime_ns == written


def test_extract_names_what_it_cannot_read(wtal, refused, tmp_path):
    (tmp_path / "text.mp4").write_text("not a video")
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "nothing").mkdir()
    assert "there is no such file or folder" in refused("extract", tmp_path / "absent.mp4", "--out", tmp_path / "f")
    assert "no video in this folder" in refused("extract", tmp_path / "nothing", "--out", tmp_path / "f")
    assert "no extractor 'i3d'" in refused("extract", tmp_path, "--out", tmp_path / "f", "--extractor", "i3d")
    status, out, err = wtal("extract", tmp_path, "--out", tmp_path / "f")
    assert (status, out) == (2, "")
    told = [line for line in err.splitlines() if line.startswith("wtal: ")]  # a slow machine shows its progress, too
    assert "empty.mp4" in told[0]
    assert "text.mp4" in told[1]
    assert told[2:] == ["wtal: 2 of 2 videos could not be extracted: empty.mp4, text.mp4"]


def test_two_videos_of_one_name_are_refused(refused, tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.mp4").touch()
    assert "are both called 'a'" in refused("extract", tmp_path, "--out", tmp_path / "f")
