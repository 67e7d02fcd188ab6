"""What labels cost and what models reach: derived from raw events and stored evaluations, never made up."""

import json
import time

import pytest

from app.services import evaluating
from tests.app.jobs.scene import STEP, planted, work
from tests.db.scene import open_workspace
from wtal_core.domain import SupervisionLevel

SECONDS = 24 * STEP / 1e6  # of each video of the scene: 15.36


@pytest.fixture
def workspace(tmp_path):
    workspace = open_workspace(tmp_path)
    yield workspace
    workspace.close()


@pytest.fixture
def scene(workspace):
    return planted(workspace, n_training=4, n_validation=2)


def evaluated_run(workspace, project, average: float) -> int:
    report = {
        "protocol": "activitynet",
        "subset": "validation",
        "tiou": [0.5],
        "mAP": [average],
        "average_mAP": average,
        "ap": {"wave": [average]},
        "n_ground_truth": 2,
        "n_predictions": 5,
    }
    with workspace.write() as unit:
        run = unit.runs.add(project, "topk_mil", time.time(), status="done")
        unit.runs.add_evaluation(
            run.id,
            time.time(),
            protocol="activitynet",
            subset="validation",
            report=report,
            cost_seconds=0.0,
            video_seconds=0.0,
        )
    return run.id


def test_a_point_on_the_cost_chart_needs_both_the_events_and_the_evaluation(workspace, scene):
    """30 s on a training video and 20 s on a validation video: the x axis counts the first only, over 4 x 15.36 s."""
    run = evaluated_run(workspace, scene.project, 0.4)
    assert evaluating.cost_curve(workspace, scene.project) == ()  # no event yet
    work(workspace, scene.videos["t0"], 30)
    work(workspace, scene.videos["v0"], 20)
    assert evaluating.cost_curve(workspace, scene.project) == ()  # the events came after the run took its labels
    later = evaluated_run(workspace, scene.project, 0.6)
    (point,) = evaluating.cost_curve(workspace, scene.project)
    assert (point.run, point.average_mAP, point.is_simulated) == (later, 0.6, False)
    assert point.seconds == pytest.approx(30)
    assert point.share == pytest.approx(30 / (4 * SECONDS))
    stored = {evaluation.run_id: evaluation.id for evaluation in evaluating.reports(workspace, scene.project)}
    assert set(stored) == {run, later}
    evaluating.delete(workspace, stored[later])
    assert evaluating.cost_curve(workspace, scene.project) == ()
    assert evaluating.report(workspace, later) is None
    assert evaluating.report(workspace, run).average_mAP == 0.4


def test_cost_is_told_apart_by_the_side_of_the_split(workspace, scene):
    work(workspace, scene.videos["t0"], 30)
    work(workspace, scene.videos["t1"], 10)
    work(workspace, scene.videos["v0"], 20)
    with workspace.read() as unit:
        cost = evaluating.annotation_cost(unit, scene.project)
    assert (cost.training_seconds, cost.validation_seconds) == (pytest.approx(40), pytest.approx(20))
    assert cost.video_seconds == pytest.approx(2 * SECONDS)
    assert not cost.is_simulated


def test_simulated_time_is_marked_and_never_enters_a_measured_phi(workspace, scene):
    work(workspace, scene.videos["t0"], 30)
    work(workspace, scene.videos["t1"], 100, who="simulation")
    full = evaluating.phi_by_level(workspace, scene.project)[SupervisionLevel.FULL.rank]
    assert full.level is SupervisionLevel.FULL
    assert full.measured.ratio == pytest.approx(30 / SECONDS)
    assert full.simulated.ratio == pytest.approx(100 / SECONDS)
    with workspace.read() as unit:
        assert evaluating.annotation_cost(unit, scene.project).is_simulated
    by_person = evaluating.phi_by_annotator(workspace, scene.project)
    assert list(by_person) == [("ada", SupervisionLevel.FULL)]


def test_looking_imported_labels_through_is_no_measure_of_labelling(workspace, scene, tmp_path):
    """t0 is labelled and then imported over; t1 is imported and then looked at for five seconds."""
    from app.services import exchange

    work(workspace, scene.videos["t0"], 30)
    database = {
        name: {
            "subset": "training",
            "duration": SECONDS,
            "annotations": [{"label": "wave", "segment": [9.0, 10.0 + index]}],
        }
        for index, name in enumerate(("t0", "t1"))
    }
    (tmp_path / "labels.json").write_text(json.dumps({"database": database}), encoding="utf-8")
    exchange.import_labels(workspace, scene.project, tmp_path / "labels.json", "activitynet", by="ada")
    work(workspace, scene.videos["t1"], 5)
    full = evaluating.phi_by_level(workspace, scene.project)[SupervisionLevel.FULL.rank]
    assert (full.measured.ratio, full.measured.n_videos) == (pytest.approx(30 / SECONDS), 1)
    assert (full.assisted.ratio, full.assisted.n_videos) == (pytest.approx(5 / SECONDS), 1)
    with workspace.read() as unit:
        cost = evaluating.annotation_cost(unit, scene.project)
    assert cost.training_seconds == pytest.approx(35)  # all of it is cost


def test_the_papers_value_is_reckoned_with_until_ten_videos_are_measured(workspace):
    scene = planted(workspace, n_training=10, n_validation=0)
    for name in list(scene.videos)[:9]:
        work(workspace, scene.videos[name], SECONDS, level="video")
    before = evaluating.phi_by_level(workspace, scene.project)[SupervisionLevel.VIDEO.rank]
    assert (before.expected, before.is_measured) == (0.24, False)
    assert before.paper == {"thumos14": 0.24, "activitynet": 0.25}
    work(workspace, scene.videos["t9"], SECONDS, level="video")
    after = evaluating.phi_by_level(workspace, scene.project)[SupervisionLevel.VIDEO.rank]
    assert after.is_measured
    # heartbeats every 5 s: the last one of 15.36 s is at 15 s
    assert after.expected == pytest.approx(15 / SECONDS)
    assert after.measured.low <= after.expected <= after.measured.high
