"""A run from the click to the curves: labels taken, trained, predicted, scored, shown; and what it says of itself."""

import numpy as np
import pytest

from app import jobs, worker
from app.job_kinds import folds
from app.services import annotating, evaluating, runs
from tests.app.jobs.scene import CLASSES, STEP, planted, say, work
from tests.db.scene import open_workspace
from wtal_core.models import mixed_share
from wtal_core.training import checkpoint

QUICK = {"training.epochs": 12, "training.batch_size": 4, "training.learning_rate": 0.01}


@pytest.fixture
def workspace(tmp_path):
    workspace = open_workspace(tmp_path)
    yield workspace
    workspace.close()


@pytest.fixture
def scene(workspace):
    return planted(workspace)


def trained(workspace, project, **values) -> int:
    run = runs.start(workspace, project, "topk_mil", QUICK, **values)
    worker.drain(workspace)
    return run


def test_a_run_learns_predicts_every_video_and_is_evaluated_and_shown(workspace, scene):
    work(workspace, scene.videos["t0"], 60)
    run = trained(workspace, scene.project)
    view = runs.show(workspace, run)
    assert view.run.error == ""
    assert (view.run.status, view.job.status, view.run.promoted) == ("done", "done", True)
    assert view.average_mAP == evaluating.report(workspace, run).average_mAP
    assert view.evaluation.cost_seconds == pytest.approx(60)
    with workspace.read() as unit:
        assert set(unit.runs.predictions(run)) == set(scene.videos.values())
        stored = unit.runs.prediction(run, scene.videos["v0"])
    with np.load(workspace.runs / stored.path, allow_pickle=False) as arrays:
        assert arrays["cas"].shape == (24, 2)
        assert arrays["cas"].dtype == np.float32
        assert arrays["threshold"].shape in {(24,), (24, 2)}
        assert list(arrays["class_names"]) == list(CLASSES)
        assert list(arrays["edges"][:2]) == [0, STEP]


def test_what_is_stored_is_what_the_model_says_float_for_float(workspace, scene):
    from app.job_kinds.sequences import project_features
    from wtal_core.predict import predict
    from wtal_core.training import checkpoint

    run = trained(workspace, scene.project, folds=False)
    method = checkpoint.load(workspace.runs / str(run))
    sequences = project_features(workspace, scene.project).sequences
    said = {p.activation.video_id: (p, proposals) for p, proposals in predict(method, sequences.values())}
    prediction, proposals = said["v1"]
    with np.load(workspace.runs / str(run) / "predictions" / f"{scene.videos['v1']}.npz") as arrays:
        np.testing.assert_array_equal(arrays["cas"], prediction.activation.cas)
        np.testing.assert_array_equal(arrays["threshold"], prediction.activation.threshold)
    with workspace.read() as unit:
        assert [p.segment for p in unit.runs.proposals(run, scene.videos["v1"])] == [p.segment for p in proposals]


def test_the_live_log_has_finite_terms_in_the_order_of_steps(workspace, scene):
    run = trained(workspace, scene.project, folds=False)
    log = runs.log(workspace, run)
    assert log[-1].step == log[-1].n_steps
    assert [row.step for row in log] == sorted({row.step for row in log})
    assert all(np.isfinite(list(row.terms.values())).all() and "total" in row.terms for row in log)
    assert runs.log(workspace, run, after_step=log[-1].step) == ()


def test_labels_are_counted_by_level_and_what_is_not_used_is_said(workspace, scene):
    with workspace.write() as unit:
        unit.videos.add(scene.project, "no features", 0.0, status="ready", duration=24 * STEP, subset="training")
        video = unit.videos.by_name(scene.project, "no features").id
    say(workspace, video, [("wave", 3, 6)], level="one-segment")
    say(workspace, scene.videos["t1"], scene.truth["t1"], level="full")  # around its click
    run = trained(workspace, scene.project, folds=False)
    usage = runs.usage(workspace, run)
    assert usage.levels["video"] == {"given": 9, "used": 8}
    assert usage.levels["full"] == {"given": 5, "used": 5}
    assert usage.levels["one-segment"] == {"given": 5, "used": 3}
    assert usage.levels["two-segment"] == {"given": 0, "used": 0}
    told = "\n".join(usage.notes)
    assert "no features: not used: it has no features of planted; extract them" in told
    assert f"t1: the click {scene.videos['t1']}-0-one-segment of 'jump' at" in told
    assert "it lies in a segment of the same class, which says more" in told


def test_a_run_keeps_the_labels_it_was_asked_with(workspace, scene):
    run = runs.start(workspace, scene.project, "topk_mil", QUICK, folds=False)
    say(workspace, scene.videos["t1"], [("wave", 0, 1)], level="full")
    worker.drain(workspace)
    assert runs.usage(workspace, run).levels["full"]["given"] == 4
    assert runs.label_summary(workspace, scene.project)["levels"]["full"] == 5


def test_a_failed_run_says_why_and_goes_on_when_resumed(workspace, scene):
    path = workspace.features / "t0.npy"
    good = path.read_bytes()
    path.write_bytes(np.lib.format.magic(1, 0) + b"broken")
    values = np.load(workspace.features / "t1.npy")
    values[3] = np.nan
    np.save(workspace.features / "t1.npy", values)
    run = runs.start(workspace, scene.project, "topk_mil", QUICK, folds=False)
    worker.drain(workspace)
    failed = runs.show(workspace, run)
    assert failed.run.status == "failed"
    assert "t1" in failed.run.error
    path.write_bytes(good)
    np.save(workspace.features / "t1.npy", np.nan_to_num(values))
    runs.resume(workspace, run)
    assert runs.show(workspace, run).run.status == "queued"
    worker.drain(workspace)
    assert runs.show(workspace, run).run.status == "done"


def test_a_waiting_run_is_cancelled_and_can_go_on(workspace, scene):
    run = runs.start(workspace, scene.project, "topk_mil", QUICK, folds=False)
    runs.cancel(workspace, run)
    assert runs.active(workspace, scene.project) == ()
    assert runs.show(workspace, run).run.status == "cancelled"
    runs.resume(workspace, run)
    worker.drain(workspace)
    assert runs.show(workspace, run).run.status == "done"


@pytest.fixture
def two_judge(monkeypatch):
    """Two complete held-out videos are enough."""
    monkeypatch.setattr(folds, "JUDGES", 2)
    monkeypatch.setattr(folds, "LEAST_JUDGES", 2)


def with_two_judges(workspace):
    """Of t0 to t8 the first part holds out t7 and t8; both are annotated in full."""
    scene = planted(workspace, n_training=9, n_validation=0)
    say(workspace, scene.videos["t7"], scene.truth["t7"], level="full")
    delete = {"id": "d7", "kind": "annotation.delete", "annotation_id": f"{scene.videos['t7']}-0-one-segment"}
    annotating.apply_edits(workspace, "ada", scene.videos["t7"], [delete])
    return scene


@pytest.mark.usefixtures("two_judge")
def test_a_worse_model_by_folds_is_not_shown_by_itself(workspace):
    """Of t0 to t8 the fold holds out t7 and t8. The second run hardly trains: its fold model scores below the first's,
    and no validation video is asked."""
    scene = with_two_judges(workspace)
    good = trained(workspace, scene.project)
    poor = runs.start(workspace, scene.project, "topk_mil", {"training.epochs": 1, "training.learning_rate": 1e-9})
    worker.drain(workspace)
    metrics = runs.show(workspace, poor).run.metrics
    assert metrics["fold_score"] < metrics["shown_fold_score"] - 0.02
    assert [view.run.id for view in runs.history(workspace, scene.project) if view.run.promoted] == [good]
    assert runs.show(workspace, poor).run.metrics["shown_note"].startswith(f"run {good} stays shown, which has ")
    runs.promote(workspace, poor)  # a person may
    assert runs.show(workspace, poor).run.promoted


@pytest.mark.usefixtures("two_judge")
def test_a_shown_run_without_a_fold_model_gets_one_when_it_is_compared(workspace):
    """Else a run of one step would take its place, for having a score at all."""
    scene = with_two_judges(workspace)
    good = trained(workspace, scene.project, folds=False)
    assert runs.show(workspace, good).fold_score is None
    poor = runs.start(workspace, scene.project, "topk_mil", {"training.epochs": 1, "training.learning_rate": 1e-9})
    worker.drain(workspace)
    metrics = runs.show(workspace, poor).run.metrics
    assert runs.show(workspace, good).fold_score == metrics["shown_fold_score"] > metrics["fold_score"] + 0.02
    assert f"run {poor}" in runs.show(workspace, good).run.metrics["fold_note"]
    assert [view.run.id for view in runs.history(workspace, scene.project) if view.run.promoted] == [good]
    assert (workspace.runs / str(good) / "fold" / "run.json").exists()


def test_with_few_complete_videos_each_part_is_held_out_in_turn(workspace, monkeypatch):
    """The parts hold (t7, t8), (t3, t4, t5) and (t0, t1, t2, t6); t0, t2, t4, t6, t7 and t8 are complete."""
    scene = with_two_judges(workspace)
    good = trained(workspace, scene.project)
    metrics = runs.show(workspace, good).run.metrics
    assert metrics["fold_score"] > 0.3
    assert metrics["fold_note"].startswith("average mAP on 6 held-out training videos, in 3 parts")
    assert all((workspace.runs / str(good) / name / "run.json").exists() for name in ("fold", "fold-1", "fold-2"))
    monkeypatch.setattr(folds, "LEAST_JUDGES", 7)
    again = runs.show(workspace, trained(workspace, scene.project)).run
    assert again.promoted  # the same method, newer
    assert again.metrics["fold_note"] == (
        "no fold score: it needs 7 training videos annotated in full that can be held out, there are 6"
    )


def test_another_method_is_not_shown_by_itself_where_nothing_compares_it(workspace, scene):
    shown = trained(workspace, scene.project, folds=False)
    other = runs.start(workspace, scene.project, "frame_supervised", QUICK, folds=False)
    worker.drain(workspace)
    view = runs.show(workspace, other)
    assert (view.run.status, view.run.promoted) == ("done", False)
    assert view.run.metrics["shown_note"] == (
        f"run {shown} stays shown, since nothing compares frame_supervised with its topk_mil"
    )


@pytest.mark.parametrize("lost", ["labels.json", "run.json", "features", "deleted"])
@pytest.mark.usefixtures("two_judge")
def test_a_shown_run_that_cannot_be_trained_again_gives_way_to_a_newer_one(workspace, lost, monkeypatch):
    scene = with_two_judges(workspace)
    shown = trained(workspace, scene.project, folds=False)
    if lost == "features":
        with workspace.write() as unit:
            environment = unit.runs.get(shown).environment
            unit.runs.change(shown, environment={**environment, "fingerprint": "another"})
    elif lost == "deleted":  # while its fold model trains
        tell = folds._tell_of_shown
        monkeypatch.setattr(folds, "_tell_of_shown", lambda *all_: (runs.delete(workspace, shown), tell(*all_)))
    else:
        (workspace.runs / str(shown) / lost).write_text("{", encoding="utf-8")
    newer = trained(workspace, scene.project)
    view = runs.show(workspace, newer)
    assert (view.run.status, view.run.promoted, view.fold_score is not None) == ("done", True, True)
    assert (view.run.metrics["shown_fold_score"] is None) == (lost != "deleted")
    assert (f"not compared with run {shown}: " in view.run.metrics["fold_note"]) == (lost != "deleted")
    assert [view.run.id for view in runs.history(workspace, scene.project) if view.run.promoted] == [newer]


@pytest.mark.usefixtures("two_judge")
def test_the_fold_model_takes_what_the_labels_of_all_videos_decided(workspace, monkeypatch):
    """A part of them may decide otherwise, and the fold would judge another method."""
    scene = with_two_judges(workspace)
    monkeypatch.setattr(mixed_share, "action_share", lambda videos: 0.1 if len(videos) == 9 else None)
    settings = {"training.epochs": 1, "training.min_steps": 1, "method.width": 8, "method.quality_steps": 1}
    run = runs.start(workspace, scene.project, "mixed", settings, preset="quick")
    worker.drain(workspace)
    assert runs.show(workspace, run).fold_score is not None
    stored = [checkpoint.load(workspace.runs / str(run) / part).config.positive_share for part in ("", "fold")]
    assert stored == [1 / 6, 1 / 6]


def test_two_runs_are_compared_by_what_differs(workspace, scene):
    a = trained(workspace, scene.project, folds=False)
    b = trained(workspace, scene.project, folds=False, seed=1)
    compared = runs.compare(workspace, b, a)
    assert (compared.a.run.id, compared.b.run.id) == (a, b)
    assert compared.changed == {"seed": (0, 1)}
    assert compared.is_comparable
    assert set(compared.by_class) == set(CLASSES)


def test_settings_of_a_base_are_compared_one_by_one(workspace, scene):
    a, b = trained(workspace, scene.project, folds=False), trained(workspace, scene.project, folds=False, seed=1)
    with workspace.write() as unit:
        for run, width in ((a, 8), (b, 16)):
            config = unit.runs.get(run).config
            unit.runs.change(run, config={**config, "base_settings": ["mix=1.0", f"width={width}"]})
    assert runs.compare(workspace, a, b).changed == {"seed": (0, 1), "base.width": ("8", "16")}


def test_a_run_shows_what_the_labels_decided(workspace, scene):
    settings = {"training.epochs": 1, "training.min_steps": 1, "method.width": 8}
    run = runs.start(workspace, scene.project, "mixed", settings, preset="quick", folds=False)
    worker.drain(workspace)
    assert runs.show(workspace, run).run.config["positive_share"] == 0.42


def test_a_warm_start_begins_with_the_network_of_the_last_run(workspace, scene):
    first = trained(workspace, scene.project, folds=False)
    again = runs.start(
        workspace, scene.project, "topk_mil", QUICK | {"training.learning_rate": 1e-9}, warm_start=True, folds=False
    )
    worker.drain(workspace)
    assert runs.show(workspace, again).run.warm_start == first
    stored = [
        np.load(workspace.runs / str(run) / "predictions" / f"{scene.videos['v0']}.npz")["cas"]
        for run in (first, again)
    ]
    np.testing.assert_allclose(*stored, atol=1e-4)


def test_what_cannot_be_learned_from_is_refused_before_a_job_is_made(workspace, scene):
    from app import catalogue

    catalogue.publish(workspace, 0.0)
    with pytest.raises(ValueError, match="no method 'magic'; there are"):
        runs.start(workspace, scene.project, "magic")
    with pytest.raises(ValueError, match=r"no setting 'method\.magic'; it has"):
        runs.start(workspace, scene.project, "topk_mil", {"method.magic": 1})
    with pytest.raises(ValueError, match="no preset 'magic'"):
        runs.start(workspace, scene.project, "topk_mil", preset="magic")
    from app.services import library

    empty = library.create_project(workspace, "empty").id
    with pytest.raises(ValueError, match="the class list is empty"):
        runs.start(workspace, empty, "topk_mil")
    unlabelled = library.create_project(workspace, "unlabelled", class_names=["wave"]).id
    with pytest.raises(ValueError, match="no training video has a label yet; label some"):
        runs.start(workspace, unlabelled, "topk_mil")
    assert jobs.recent(workspace) == ()


def test_a_project_that_asks_for_it_is_retrained_after_so_many_labels(workspace, scene):
    from app.services import library

    assert runs.retrain_where_due(workspace) == ()
    library.change_settings(workspace, scene.project, retrain_after=2)
    (run,) = runs.retrain_where_due(workspace)
    assert runs.retrain_if_due(workspace, scene.project) is None  # one is at work
    runs.cancel(workspace, run)
    assert runs.retrain_if_due(workspace, scene.project) is None  # nothing new since
    say(workspace, scene.videos["t1"], [("wave", 0, 1), ("jump", 5, 6)], level="full")
    assert runs.retrain_if_due(workspace, scene.project) is not None


def test_a_retrain_repeats_the_run_that_is_shown_and_not_the_last_that_was_tried(workspace, scene):
    from app.services import library

    shown = runs.start(workspace, scene.project, "topk_mil", QUICK, seed=4, preset="stpn", folds=False)
    worker.drain(workspace)
    runs.start(workspace, scene.project, "frame_supervised", QUICK, folds=False)
    worker.drain(workspace)
    assert runs.show(workspace, shown).run.promoted
    library.change_settings(workspace, scene.project, retrain_after=1)
    say(workspace, scene.videos["t1"], [("wave", 0, 1), ("jump", 5, 6)], level="full")
    again = runs.show(workspace, runs.retrain_if_due(workspace, scene.project))
    assert (again.run.method, again.run.preset, again.run.seed) == ("topk_mil", "stpn", 4)
    assert again.job.payload["settings"] == QUICK


def test_the_catalogue_tells_a_form_all_it_needs(workspace):
    from app import catalogue

    catalogue.publish(workspace, 0.0)
    method = next(m for m in runs.methods(workspace) if m.name == "ttc_loc")
    fields = {field["name"]: field for field in method.fields}
    assert fields["training.batch_size"]["type"] == "int"
    assert fields["training.optimizer"]["choices"] == ["adam", "adamw", "sgd"]
    assert fields["training.epochs"]["optional"]
    assert all(field["type"] in {"int", "float", "bool", "text", "choice"} for field in method.fields)
    assert method.title
    assert method.levels
