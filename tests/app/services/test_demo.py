"""The demo is a project like any other, made by jobs, labelled by a simulated annotator, and made once."""

import numpy as np
import pytest

from app import crew, jobs, worker
from app.services import demo, evaluating, library, merging, runs
from db.records import VideoRecord
from tests.db.scene import open_workspace
from wtal_core.domain import SupervisionLevel


@pytest.fixture
def workspace(tmp_path):
    workspace = open_workspace(tmp_path)
    yield workspace
    workspace.close()


@pytest.fixture
def small(monkeypatch):
    """Four videos (the last of them validation), labelled in full, and a method that trains in a moment."""
    monkeypatch.setattr(demo, "N_VIDEOS", 4)
    monkeypatch.setattr(demo, "METHOD", "topk_mil")
    monkeypatch.setattr(demo, "PRESET", None)
    monkeypatch.setattr(demo, "LEVELS", (SupervisionLevel.FULL, SupervisionLevel.ONE_SEGMENT, SupervisionLevel.VIDEO))


def test_the_demo_goes_from_nothing_to_curves_proposals_and_a_hollow_point_and_is_made_once(workspace, small):
    ended = []
    project = demo.make(workspace, lambda job: ended.append((job.kind, job.status)))
    assert ended == [(kind, "done") for kind in ("demo", "probe", "extract", "demo labels", "train")]
    videos = library.all_videos(workspace, project)
    assert [video.status for video in videos] == ["ready"] * 4
    assert [video.subset for video in videos] == ["training"] * 3 + ["validation"]
    (view,) = runs.history(workspace, project)
    assert (view.run.status, view.run.promoted) == ("done", True)
    assert view.run.label_snapshot["levels"]["one-segment"] > 0
    with workspace.read() as unit:
        assert set(unit.runs.predictions(view.run.id)) == {video.id for video in videos}
        log = unit.edits.of_video(videos[0].id)
    assert {event.source for event in log} == {"simulated"}
    (point,) = evaluating.cost_curve(workspace, project)
    assert point.is_simulated
    assert all(level.measured is None for level in evaluating.phi_by_level(workspace, project))
    assert merging.labels(workspace, project)[videos[3].name].is_complete

    again = []
    assert demo.make(workspace, again.append) == project
    assert again == []
    with workspace.read() as unit:
        assert len(unit.edits.of_video(videos[0].id)) == len(log)


def test_a_demo_that_failed_goes_on_when_asked_again(workspace, small, monkeypatch):
    real = crew.spread

    def broken(*_):
        yield crew.Outcome(0, OSError(28, "No space left on device"))

    monkeypatch.setattr(crew, "spread", broken)
    with pytest.raises(RuntimeError, match="the demo stopped in its demo job: the disk is full"):
        demo.make(workspace)
    monkeypatch.setattr(crew, "spread", real)
    project = demo.start(workspace)
    (job,) = jobs.active(workspace, project)
    assert (job.kind, job.status) == ("demo", "queued")
    assert worker.drain(workspace, lanes=["short"]) == []


@pytest.mark.parametrize("level", list(SupervisionLevel))
def test_each_level_says_what_a_person_would_say_and_takes_about_as_long(level):
    video = VideoRecord(
        **dict.fromkeys(VideoRecord.__dataclass_fields__) | {"id": 7, "origin": 2_000_000, "duration": 30_000_000}
    )
    annotations = [{"label": "wave", "segment": [3.0, 5.0]}, {"label": "wave", "segment": [10.0, 14.0]}]
    rng = np.random.default_rng(0)
    edits = demo.edits_of(video, annotations, level, ["jump", "wave"], rng)
    assert len({edit["id"] for edit in edits}) == len(edits)
    marks = [edit["annotation"] for edit in edits if edit["kind"] == "annotation.put"]
    labels = {edit["label"]: edit["present"] for edit in edits if edit["kind"] == "label.set"}
    n_clicks = {SupervisionLevel.ONE_SEGMENT: 1, SupervisionLevel.TWO_SEGMENT: 2}
    if level is SupervisionLevel.VIDEO:
        assert labels == {"jump": False, "wave": True}
        assert marks == []
    elif level is SupervisionLevel.FULL:
        assert [(mark["start"], mark["end"]) for mark in marks] == [(5_000_000, 7_000_000), (12_000_000, 16_000_000)]
        assert edits[-1]["kind"] == "complete.set"
    else:
        assert [len(mark["clicks"]) for mark in marks] == [n_clicks[level]] * 2
        assert all(5_000_000 <= click < 7_000_000 for click in marks[0]["clicks"])
    events = demo.activity_of(video, level, rng)["events"]
    expected = {"video": 0.24, "one-segment": 0.30, "two-segment": 0.32, "full": 1.17}[level] * 30
    assert 0.8 * expected <= events[-1]["monotonic"] / 1000 <= 1.2 * expected
