"""From a published folder to the papers' tables, and into a project, as a lab does it: by the command."""

import csv
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from app import cli
from app.commands import features as features_command
from app.commands import published_folders, reproduce
from app.services import published
from tests.wtal_core.layouts import scenes
from wtal_core.layouts import LAYOUTS
from wtal_core.reproduction import benchmarks
from wtal_core.reproduction.benchmarks import BENCHMARKS

QUICK = ("--unofficial", "--set", "training.steps=2", "--set", "method.width=16")


@pytest.fixture
def wtal(capsys, monkeypatch, tmp_path):
    """Run a command in this process: exit status, stdout, stderr."""
    monkeypatch.setenv("WTAL_HOME", str(tmp_path / "workspace"))
    monkeypatch.setenv("WTAL_MEDIA_ROOTS", str(tmp_path))
    monkeypatch.delenv("WTAL_DEBUG", raising=False)

    def run(*arguments):
        capsys.readouterr()
        status = cli.main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return status, out, err

    return run


@pytest.fixture(scope="module")
def sets(tmp_path_factory):
    root = tmp_path_factory.mktemp("published")
    return {name: write(root / name) for name, write in scenes.WRITERS.items()}


def trained(monkeypatch):
    """Counts trainings without changing them."""
    from wtal_core.reproduction import running

    seeds = []
    original = running.train

    def counted(*arguments, **options):
        seeds.append((arguments[0], options["seed"]))
        return original(*arguments, **options)

    monkeypatch.setattr(running, "train", counted)
    return seeds


def test_names_in_the_commands_are_those_of_the_core():
    assert tuple(BENCHMARKS) == reproduce.BENCHMARK_NAMES
    assert ("auto", *LAYOUTS) == published_folders.LAYOUT_NAMES
    assert features_command.LEVELS == published.LEVELS


# -- reproduce -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "benchmark"),
    [
        ("wtalc", "thumos14"),
        ("basnet", "thumos14"),
        ("actionformer", "thumos14"),
        ("c3d", "activitynet12"),
        ("mmaction2", "activitynet13"),
    ],
)
def test_every_layout_goes_end_to_end_to_three_tables(wtal, sets, tmp_path, name, benchmark):
    rows = ("ttc_loc/*k0", "ttc_loc/*k1") if benchmark != "thumos14" else ("ttc_loc/table1-i3d-k[01]", "wtalc/i3d")
    out = tmp_path / "out"
    status, said, err = wtal(
        *("reproduce", benchmark, sets[name], "--out", out, "--rows", *rows, "--any-features"),
        *QUICK,
    )
    assert status == 0, err
    assert said.strip() == (out / "table.md").read_text().strip()
    content = json.loads((out / "table.json").read_text())
    assert not content["is_benchmark"]
    assert len(content["rows"]) == len(rows) if benchmark != "thumos14" else 3
    for row in content["rows"]:
        assert row["missing"] == ""
        (result,) = row["results"].values()
        assert result["n_training"] == 4
        assert result["n_evaluated"] == 3
        assert set(result["reports"]) == {"activitynet", "thumos14", "wtalc", "wtalc-best"}
        assert all(0 <= value <= 1 for value in result["reports"][row["protocol"]]["mAP"].values())
    with (out / "table.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert {line["row"] for line in lines} == {row["row"] for row in content["rows"]}
    assert {line["is_benchmark"] for line in lines} == {"false"}


def test_published_numbers_and_protocols_stand_beside_ours_and_other_data_is_never_called_the_benchmark(
    wtal, sets, tmp_path
):
    out = tmp_path / "out"
    status, said, err = wtal("reproduce", "thumos14", sets["wtalc"], "--out", out, "--paper", "wtalc", *QUICK)
    assert status == 0
    assert said.startswith("# Rows of THUMOS'14 on other data: NOT a THUMOS'14 result")
    assert "| 40.1 | 31.1 | 22.8 | 14.8 | 7.6 |" in said
    assert "4 training videos with features where the field has 200" in said
    assert "settings of the published rows were changed: training.steps=2, method.width=16" in said
    assert "W-TALC (ECCV 2018): protocol `wtalc`" in err
    assert "W-TALC (ECCV 2018): protocol `wtalc`" in said


def test_video_classification_stands_beside_the_printed_one_in_all_three_tables(wtal, sets, tmp_path):
    """Ding et al. print 87.6 on THUMOS'14. The rows of other papers print none."""
    out = tmp_path / "out"
    rows = ("segment_level/table2-i3d", "wtalc/i3d")
    status, said, err = wtal("reproduce", "thumos14", sets["wtalc"], "--out", out, "--rows", *rows, *QUICK)
    assert status == 0, err
    (printed,) = (line for line in said.splitlines() if "(`table2-i3d`) | published" in line)
    assert printed.endswith("| 47.4 | 0.1-0.5 | 87.6 |  |  |")
    (weak,) = (line for line in said.splitlines() if "(`i3d`) | published" in line)
    assert weak.endswith("| 0.3-0.7 | - |  |  |")
    by_row = {row["row"]: row for row in json.loads((out / "table.json").read_text())["rows"]}
    (result,) = by_row["table2-i3d"]["results"].values()
    assert by_row["table2-i3d"]["published_classification"] == 87.6
    with (out / "table.csv").open() as file:
        lines = [line for line in csv.DictReader(file) if line["tiou"] == "classification"]
    assert [(line["row"], line["published"]) for line in lines] == [("i3d", ""), ("table2-i3d", "87.6")]
    assert float(lines[1]["ours"]) == pytest.approx(100 * result["classification_mAP"], abs=1e-3)


def test_video_classification_is_held_against_the_official_labels(tmp_path):
    """Three test videos, two classes. The second video is officially no HighJump: nothing of it counts as a positive.

    Billiards occurs in the first and third; sorted by .9 .8 .1 these are ranks 1 and 3: (1 + 2/3) / 2 = .833333.
    """
    from wtal_core.layouts import read_layout
    from wtal_core.reproduction.running import classification

    folder = scenes.wtalc(tmp_path / "set")
    path = folder / "Thumos14reduced-Annotations" / "labels_all.npy"
    official = [[b"Billiards"] if name != scenes.TEST[1] else [] for name in scenes.FILMS]
    np.save(path, scenes.objects(official))
    scores = {
        scenes.TEST[0]: np.array([0.9, 0.2], np.float32),
        scenes.TEST[1]: np.array([0.8, 0.9], np.float32),
        scenes.TEST[2]: np.array([0.1, 0.1], np.float32),
    }
    assert classification(read_layout(folder), scores) == pytest.approx(0.833333, abs=1e-6)


def test_rows_whose_papers_share_a_schedule_train_for_the_same_number_of_steps():
    """Ding et al. and the ablations of TTC-Loc at TTC-Loc's length, W-TALC's own row at its code's."""
    from wtal_core.reproduction.study import settings_of

    n_steps = {
        f"{paper.key}/{row.key}": {stage.n_steps(20) for stage in settings_of(row, {})[1].stages}
        for paper in BENCHMARKS["thumos14"].papers
        for row in paper.rows
    }
    alike = ("ttc_loc/table1-i3d-k0", "ttc_loc/table4a-stpn", "ttc_loc/table4a-wtalc", "segment_level/table1-one-all")
    assert [n_steps[name] for name in alike] == [{10_000}] * 4
    assert n_steps["segment_level/table2-i3d"] == {10_000}
    assert n_steps["wtalc/i3d"] == {100_000}


def test_ttc_locs_row_without_a_threshold_in_training_is_w_talc_itself():
    """Its table 3 prints W-TALC's numbers there, so it is W-TALC's network, length, width and steps."""
    from wtal_core.reproduction.study import settings_of

    rows = {f"{paper.key}/{row.key}": row for paper in BENCHMARKS["thumos14"].papers for row in paper.rows}
    first, wtalc = rows["ttc_loc/table3-none-manual"], rows["wtalc/i3d"]
    assert (first.method, first.published, first.supervision) == (wtalc.method, wtalc.published, wtalc.supervision)
    assert settings_of(first, {}) == settings_of(wtalc, {})


def test_other_data_is_refused_as_the_benchmark_and_nothing_is_trained(wtal, sets, tmp_path, monkeypatch):
    seeds = trained(monkeypatch)
    status, said, err = wtal("reproduce", "thumos14", sets["wtalc"], "--out", tmp_path / "out")
    assert (status, said, seeds) == (2, "", [])
    assert "this is not THUMOS'14: its class list lacks BaseballPitch" in err
    assert "--unofficial" in err
    assert not (tmp_path / "out").exists()


def test_a_row_that_is_there_is_not_trained_again_and_another_seed_is(wtal, sets, tmp_path, monkeypatch):
    seeds = trained(monkeypatch)
    command = ("reproduce", "thumos14", sets["basnet"], "--out", tmp_path / "out", "--paper", "wtalc", *QUICK)
    first = wtal(*command)
    assert first[0] == 0
    assert wtal(*command)[1] == first[1]
    assert seeds == [("topk_mil", 0)]
    status, said, _ = wtal(*command, "--seeds", "0,1")
    assert status == 0
    assert seeds == [("topk_mil", 0), ("topk_mil", 1)]
    assert "2/2" in said and "±" in said


def test_rows_of_two_tables_that_are_one_training_are_trained_once(wtal, sets, tmp_path, monkeypatch):
    """GauFuse's baseline is RSKP, and its table 1 is the last row of its table 4."""
    seeds = trained(monkeypatch)
    command = ("reproduce", "thumos14", sets["wtalc"], "--out", tmp_path / "out", *QUICK[:3])
    assert wtal(*command, "--rows", "rskp/table1", "gaufuse/table4-base", "--set", "method.width=16")[0] == 0
    assert seeds == [("rskp", 0)]
    content = json.loads((tmp_path / "out" / "table.json").read_text())
    first, second = content["rows"]
    assert (first["paper"], second["paper"]) == ("rskp", "gaufuse")
    assert first["results"] == second["results"]


def results(out):
    """What came of each row, but for the seconds."""
    rows = json.loads((out / "table.json").read_text())["rows"]
    return {row["row"]: [result | {"seconds": 0} for result in row["results"].values()] for row in rows}


AT_TEST = ("lpat/table1-i3d", "lpat/table3-manual")
"""One network; the second row cuts its curves at another threshold."""


def test_rows_that_differ_at_test_only_are_one_training_and_each_reads_what_it_reads_alone(
    wtal, sets, tmp_path, monkeypatch
):
    seeds = trained(monkeypatch)
    command = ("reproduce", "thumos14", sets["wtalc"], *QUICK)
    assert wtal(*command, "--out", tmp_path / "both", "--rows", *AT_TEST)[0] == 0
    assert seeds == [("lpat", 0)]
    for row in AT_TEST:
        assert wtal(*command, "--out", tmp_path / row, "--rows", row)[0] == 0
    assert len(seeds) == 3
    both = results(tmp_path / "both")
    assert both == results(tmp_path / AT_TEST[0]) | results(tmp_path / AT_TEST[1])
    assert both["table1-i3d"][0]["reports"] != both["table3-manual"][0]["reports"]


def test_a_call_that_ends_between_two_rows_of_one_training_goes_on_without_another(wtal, sets, tmp_path, monkeypatch):
    """Stopped when the second row is about to be evaluated; then the row's own network file is damaged, and trained
    again."""
    from wtal_core.reproduction import running

    seeds, out = trained(monkeypatch), tmp_path / "out"
    command = ("reproduce", "thumos14", sets["wtalc"], "--out", out, "--rows", *AT_TEST, *QUICK)
    original, calls = running.predict, []

    def stopped(*arguments, **options):
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return original(*arguments, **options)

    monkeypatch.setattr(running, "predict", stopped)
    assert wtal(*command)[0] == 130
    assert [len(found) for found in results(out).values()] == [1, 0]
    assert "2 of 2 rows complete" in wtal(*command)[2]
    assert seeds == [("lpat", 0)]
    whole = results(out)
    (weights,) = out.glob("runs/*/weights.safetensors")
    weights.write_bytes(weights.read_bytes()[:100])
    for row in out.glob("rows/*.json"):
        row.unlink()
    assert wtal(*command)[0] == 0
    assert seeds == [("lpat", 0)] * 2
    assert results(out) == whole


def test_a_training_that_one_row_has_begun_is_ended_by_another_that_shares_it(wtal, sets, tmp_path, monkeypatch):
    """Stopped at its fourth step of six under the first row; the second goes on from the checkpoint of the third."""
    from wtal_core.training import trainer

    monkeypatch.setattr(trainer, "CHECKPOINT_SECONDS", 0.0)
    settings = ("--unofficial", "--set", "training.steps=6", "--set", "method.width=16")
    command = ("reproduce", "thumos14", sets["wtalc"], *settings)
    steps = []

    def told(label):
        def step(progress):
            steps.append(progress.step)
            if steps == [1, 2, 3, 4]:
                raise KeyboardInterrupt

        return step

    monkeypatch.setattr(reproduce, "_told", told)
    assert wtal(*command, "--out", tmp_path / "out", "--rows", AT_TEST[0])[0] == 130
    assert wtal(*command, "--out", tmp_path / "out", "--rows", AT_TEST[1])[0] == 0
    assert steps == [1, 2, 3, 4, 4, 5, 6]
    assert wtal(*command, "--out", tmp_path / "whole", "--rows", AT_TEST[1])[0] == 0
    assert results(tmp_path / "out") == results(tmp_path / "whole")


def test_a_result_is_found_again_under_another_name_of_its_row(wtal, sets, tmp_path, monkeypatch):
    """A folder of an older version, whose tables had other numbers, is still understood: results know no tables."""
    seeds = trained(monkeypatch)
    command = ("reproduce", "thumos14", sets["wtalc"], "--out", tmp_path / "out", "--unofficial")
    quick = ("--set", "training.steps=2", "--set", "method.width=16")
    assert wtal(*command, "--rows", "segment_level/table2-i3d", *quick)[0] == 0
    (paper,) = (each for each in BENCHMARKS["thumos14"].papers if each.key == "segment_level")
    renamed = replace(next(row for row in paper.rows if row.key == "table2-i3d"), key="table9", title="as it was")
    benchmark = replace(BENCHMARKS["thumos14"], papers=(replace(paper, rows=(renamed,)),))
    monkeypatch.setattr(benchmarks, "BENCHMARKS", {"thumos14": benchmark})
    status, _, err = wtal(*command, "--rows", "table9", *quick)
    assert status == 0, err
    assert seeds == [("segment_level", 0)]
    assert "1 of 1 rows complete" in err


def test_other_settings_or_other_labels_make_a_row_stale(wtal, sets, tmp_path, monkeypatch):
    seeds = trained(monkeypatch)
    folder = shutil.copytree(sets["actionformer"], tmp_path / "set")
    command = ("reproduce", "thumos14", folder, "--paper", "wtalc", "--unofficial", "--set", "method.width=16")
    assert wtal(*command, "--out", tmp_path / "out", "--set", "training.steps=2")[0] == 0
    assert wtal(*command, "--out", tmp_path / "out", "--set", "training.steps=3")[0] == 0
    path = folder / "annotations" / "thumos14.json"
    path.write_text(path.read_text().replace("9.6", "9.5"))
    assert wtal(*command, "--out", tmp_path / "out", "--set", "training.steps=3")[0] == 0
    assert len(seeds) == 3


def test_an_interrupted_table_keeps_what_is_done_and_goes_on_in_the_middle_of_a_run(wtal, sets, tmp_path, monkeypatch):
    """The second row is stopped at its fourth step of six; the checkpoint of step three is where it goes on."""
    from wtal_core.training import trainer

    out = tmp_path / "out"
    command = ("reproduce", "thumos14", sets["wtalc"], "--out", out, "--rows", "wtalc/i3d", "rskp/table1")
    settings = ("--unofficial", "--set", "training.steps=6", "--set", "method.width=8")
    monkeypatch.setattr(trainer, "CHECKPOINT_SECONDS", 0.0)
    steps = {"count": 0, "stop": True}
    original = reproduce._told

    def told(label):
        show = original(label)

        def step(progress):
            show(progress)
            if label.startswith("rskp"):
                steps["count"] += 1
                if steps["stop"] and progress.step == 4:
                    raise KeyboardInterrupt

        return step

    monkeypatch.setattr(reproduce, "_told", told)
    status, said, err = wtal(*command, *settings)
    assert (status, said) == (130, "")
    assert "the same command goes on from there" in err
    half = json.loads((out / "table.json").read_text())
    assert [len(row["results"]) for row in half["rows"]] == [1, 0]
    steps |= {"count": 0, "stop": False}
    status, said, err = wtal(*command, *settings)
    assert status == 0, err
    assert steps["count"] < 6, "it began again from the first step"
    assert "2 of 2 rows complete" in err
    assert not list(out.glob("runs/*/checkpoint.safetensors"))


def test_a_budget_leaves_the_rest_for_the_next_call(wtal, sets, tmp_path):
    out = tmp_path / "out"
    command = ("reproduce", "thumos14", sets["wtalc"], "--out", out, "--paper", "wtalc", *QUICK)
    status, said, err = wtal(*command, "--budget-minutes", 0)
    assert status == 0
    assert "the budget was used up before it" in said
    assert "0 of 1 rows complete" in err
    assert "1 of 1 rows complete" in wtal(*command)[2]


def test_a_method_that_is_not_installed_is_a_missing_row(wtal, sets, tmp_path, monkeypatch):
    from wtal_core.models import METHODS

    monkeypatch.delitem(METHODS, "topk_mil")
    status, said, err = wtal(
        *("reproduce", "thumos14", sets["wtalc"], "--out", tmp_path / "out", "--paper", "wtalc", "--unofficial")
    )
    assert status == 0
    assert "method topk_mil is not installed: `wtalc/i3d`" in said
    assert "0 of 1 rows complete" in err


def test_rows_of_other_features_are_named_and_run_when_asked_for(wtal, sets, tmp_path):
    command = ("reproduce", "thumos14", sets["wtalc"], "--out", tmp_path / "out", "--rows", "lpat/table1-unt", *QUICK)
    assert "published with UNT features, these are I3D; --any-features runs it" in wtal(*command)[1]
    assert "1 of 1 rows complete" in wtal(*command, "--any-features")[2]


def test_video_level_rows_train_on_the_official_labels_and_the_truth_is_the_segments(tmp_path):
    from wtal_core.layouts import read_layout
    from wtal_core.reproduction.running import labelled

    folder = scenes.wtalc(tmp_path)
    path = folder / "Thumos14reduced-Annotations" / "labels_all.npy"
    both = [b"Billiards", b"HighJump"]
    np.save(path, scenes.objects([both, [b"HighJump"], [b"HighJump"], [b"Billiards"], [b"Billiards"], both, both]))
    dataset = read_layout(folder)
    videos, _ = labelled(dataset, "video", 0)
    assert videos[0].video_label.tolist() == [1.0, 1.0]
    assert labelled(dataset, "full", 0)[0][0].video_label.tolist() == [1.0, 1.0]
    assert not videos[0].action.any()
    semi, _ = labelled(dataset, "semi1", 0)
    assert [video.is_complete or bool(video.action.any()) for video in semi] == [True, False, False, False], (
        "one shows both"
    )
    assert dataset.ground_truth("test").n_instances == 4


def test_listing_needs_no_folder_and_names_protocols_and_published_numbers(wtal):
    status, said, _ = wtal("reproduce", "thumos14", "--list", "--paper", "rskp", "ttc_loc")
    assert status == 0
    assert "table1-i3d-k1" in said and "32.0" in said and "45.1" in said
    assert "RSKP (CVPR 2022): protocol `wtalc-best`" in said


@pytest.mark.parametrize("benchmark", BENCHMARKS)
def test_every_row_has_a_name_of_its_own_and_settings_its_method_takes(benchmark):
    """But for methods and presets that are not here yet, which are missing rows by design."""
    from wtal_core.evaluation import PROTOCOLS
    from wtal_core.models import METHODS
    from wtal_core.reproduction.study import settings_of

    rows = [(paper, row) for paper in BENCHMARKS[benchmark].papers for row in paper.rows]
    assert len({(paper.key, row.key) for paper, row in rows}) == len(rows)
    for paper, row in rows:
        assert paper.protocol in PROTOCOLS
        assert set(row.published) <= set(BENCHMARKS[benchmark].tiou)
        if row.method in METHODS and set(row.presets) <= set(METHODS[row.method].presets):
            settings_of(row, {})


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("thumos14",), "which features? give the FOLDER"),
        (("thumos14", "FOLDER", "--features", "FOLDER"), "which features? give the FOLDER they lie in, once"),
        (("thumos14", "gone"), "gone: there is no such folder"),
        (("thumos14", "FOLDER", "--layout", "basnet"), "the ground truth (gt.json) not found"),
        (("thumos14", "FOLDER", "--paper", "p-mil"), "no rows of paper 'p-mil' on THUMOS'14; there are wtalc, ttc_loc"),
        (("thumos14", "FOLDER", "--rows", "table9*"), "no row is called 'table9*'"),
        (("thumos14", "FOLDER", "--seeds", "one"), "--seeds are whole numbers"),
        (("thumos14", "FOLDER", "--set", "training.stepz=3"), "--set: method"),
        (("thumos14", "FOLDER", "--budget-minutes", "-1"), "--budget-minutes is a number of minutes"),
        (("thumos14", "FOLDER", "--annotations", "gone.json"), "gone.json: there is no such annotation file"),
        (("thumos14", "FOLDER", "--kind", "unt"), "no unt features here"),
        (("thumos14", "FOLDER", "--stride", "0"), "--stride is a number of frames"),
    ],
)
def test_a_wrong_call_is_one_line_that_says_what_to_do(wtal, sets, arguments, says):
    given = [str(sets["wtalc"]) if each == "FOLDER" else each for each in arguments]
    status, said, err = wtal("reproduce", *given)
    assert (status, said) == (2, "")
    assert says in err
    assert len(err.strip().splitlines()) == 1 or "7 videos" in err.splitlines()[0]


# -- features --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["wtalc", "c3d", "mmaction2"])
def test_a_published_folder_becomes_a_project_with_its_split_labels_and_features(wtal, sets, name):
    assert wtal("project", "create", "field")[0] == 0
    status, said, err = wtal("features", "import", sets[name])
    assert status == 0, err
    assert "7 added, 0 there already" in said
    assert "7 videos, 10 annotations" in said
    rows = [line.split() for line in wtal("video", "list")[1].splitlines()[1:]]
    assert {row[1] for row in rows} == {"ready"}
    sides = {row[0].removeprefix("v_"): row[3] for row in rows}
    assert sides == {video: "training" if video in scenes.TRAINING else "validation" for video in scenes.FILMS}
    assert {row[4] for row in rows} == {"full"}
    assert [float(row[2]) for row in rows] == [scenes.FILMS[row[0].removeprefix("v_")].seconds for row in rows]


@pytest.mark.parametrize(("level", "expected"), [("video", "video"), ("one-segment", "one-segment"), ("none", "-")])
def test_training_videos_can_be_imported_with_weaker_labels_and_validation_stays_complete(wtal, sets, level, expected):
    assert wtal("project", "create", "field")[0] == 0
    assert wtal("features", "import", sets["basnet"], "--level", level)[0] == 0
    rows = [line.split() for line in wtal("video", "list")[1].splitlines()[1:]]
    assert {row[4] for row in rows if row[3] == "training"} == {expected}
    assert {row[4] for row in rows if row[3] == "validation"} == {"full"}


def test_an_imported_data_set_can_be_trained_on_by_the_worker(wtal, sets, tmp_path):
    """The features of every video are found, on the grid of their layout, with its streams."""
    from app.job_kinds.sequences import project_features
    from app.services import library
    from app.settings import Settings
    from app.workspace import Workspace

    assert wtal("project", "create", "field")[0] == 0
    assert wtal("features", "import", sets["actionformer"])[0] == 0
    opened = Workspace(Settings.from_environment())
    try:
        (project,) = library.projects(opened)
        found = project_features(opened, project.id)
    finally:
        opened.close()
    assert len(found.sequences) == 7
    grid = found.sequences[scenes.TEST[0]].grid
    assert (float(grid.step), float(grid.lead)) == (4 / 30, 0.2)
    assert found.sequences[scenes.TEST[0]].streams == {"rgb": (0, 1024), "flow": (1024, 2048)}


def test_check_says_what_a_folder_is_and_convert_what_it_wrote(wtal, sets, tmp_path):
    status, said, _ = wtal("features", "check", sets["basnet"])
    assert status == 0
    assert "layout       basnet" in said
    assert "16 frames every 16 at 25 fps" in said
    assert "clicks       6" in said
    status, said, _ = wtal("features", "convert", sets["basnet"], "--out", tmp_path / "plain")
    assert status == 0
    assert "7 written, 0 there already" in said
    assert "0 written, 7 there already" in wtal("features", "convert", sets["basnet"], "--out", tmp_path / "plain")[1]
    again = wtal("features", "check", tmp_path / "plain")[1]
    assert again == wtal("features", "check", sets["basnet"])[1]


def test_a_damaged_video_fails_the_conversion_by_name_and_clicks_are_not_made_up(wtal, sets, tmp_path):
    folder = shutil.copytree(sets["actionformer"], tmp_path / "set")
    path = folder / "i3d_features" / f"{scenes.TEST[0]}.npy"
    values = np.load(path)
    values[7, 7] = np.nan
    np.save(path, values)
    status, said, err = wtal("features", "convert", folder, "--out", tmp_path / "plain")
    assert status == 2
    assert f"{scenes.TEST[0]}.npy: row 7 holds NaN" in err
    assert "1 of 7 videos could not be converted" in err
    assert wtal("project", "create", "field")[0] == 0
    status, said, err = wtal("features", "import", sets["wtalc"], "--level", "one-segment")
    assert (status, said) == (2, "")
    assert "the data set brings no clicks" in err


def test_the_library_page_sends_a_published_folder_to_the_command(wtal, sets, tmp_path):
    from app.services import feature_folder, library
    from app.settings import Settings
    from app.workspace import Workspace

    folder = shutil.copytree(sets["wtalc"], tmp_path / "set")
    for path in folder.glob("*.npy"):
        path.rename(folder / "Thumos14reduced-Annotations" / path.name)
    opened = Workspace(Settings.from_environment())
    try:
        project = library.create_project(opened, "field").id
        with pytest.raises(ValueError, match=r"W-TALC object arrays.*`wtal features import .*set`"):
            feature_folder.add_features(opened, project, folder)
    finally:
        opened.close()
