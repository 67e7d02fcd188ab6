"""Annotating: what is sent is stored once, what cannot be is refused in words, everybody has labels of their own."""

import csv
import io
import json
import multiprocessing
import random
import uuid

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.services import annotating, classes, clock, costs, identity, library, merging, runs
from db.errors import ConflictError, NotFoundError
from db.state import replay
from tests.app.services.annotating_writer import write_many
from tests.db.scene import SECOND, add_video, edit, open_workspace, put, seen, send
from wtal_core.domain import Proposal, Segment, SupervisionLevel


@pytest.fixture
def workspace(tmp_path):
    workspace = open_workspace(tmp_path)
    yield workspace
    workspace.close()


@pytest.fixture
def project(workspace):
    return library.create_project(workspace, "p", class_names=["run", "jump"]).id


@pytest.fixture
def video(workspace, project):
    return add_video(workspace, project)


def annotation(**fields):
    return {"id": "x", "kind": "annotation.put", "annotation": {"id": "m", **fields}}


def errors(answer):
    return " | ".join(refusal["error"] for refusal in answer["refused"])


def predict(workspace, project, video, *, promoted=False, n=2):
    """A stored run: 4 snippets of 2.5 s, CAS of "run" 0 1 2 3, of "jump" 0, threshold 0.5."""
    with workspace.write() as unit:
        run = unit.runs.add(project, "mixed", 1.0, status="done", promoted=promoted).id
        found = [Proposal("run", Segment(i * SECOND, (i + 2) * SECOND), 0.9 - i / 10) for i in range(n)]
        unit.runs.put_prediction(run, video, path=f"{run}.npz", n_snippets=4, proposals=found, at=1.0)
    np.savez(
        workspace.runs / f"{run}.npz",
        cas=np.stack([np.arange(4), np.zeros(4)], axis=1).astype(np.float32),
        threshold=np.full(4, 0.5, np.float32),
        edges=np.arange(5) * 2_500_000,
        class_names=np.array(["run", "jump"]),
    )
    return run


def test_an_edit_is_in_the_database_when_it_is_acknowledged(workspace, video):
    one = put("m1", start=1, end=4)
    answer = send(workspace, video, one)
    assert answer["saved"] == [one["id"]]
    assert answer["refused"] == []
    shown = annotating.open_video(workspace, video, "ada")
    assert [(m["id"], m["start"], m["end"], m["annotator"]) for m in shown["annotations"]] == [
        ("m1", SECOND, 4 * SECOND, "ada")
    ]
    assert shown["video_labels"] == {"run": True}
    assert shown["sequence"] == answer["sequence"]


def test_the_same_edit_sent_again_is_acknowledged_and_changes_nothing(workspace, video):
    one = put("m1")
    first = send(workspace, video, one)
    send(workspace, video, put("m1", start=3, end=4))
    again = send(workspace, video, one, one)
    assert again["saved"] == [one["id"]]
    assert again["sequence"] == first["sequence"] + 1
    assert seen(workspace, video)["annotations"][0]["start"] == 3 * SECOND


def test_an_id_of_another_video_is_refused(workspace, project, video):
    one = put("m1")
    send(workspace, video, one)
    other = add_video(workspace, project, "b.mp4")
    assert "another video" in errors(send(workspace, other, one))


def test_refused_edits_say_why_and_the_others_of_the_batch_are_saved(workspace, video):
    good = put("good")
    late = put("late", start=8, end=11)
    crossing = put("crossing", start=5, end=5)
    unknown = put("unknown", label="swim")
    click = put("click", level="one-segment", start=10)
    answer = send(workspace, video, late, crossing, good, unknown, click, edit("paint"))
    assert answer["saved"] == [good["id"]]
    said = {refusal["id"]: refusal["error"] for refusal in answer["refused"]}
    assert "11.000 s lies outside the video, which is 10.000 s long" in said[late["id"]]
    assert "before it starts" in said[crossing["id"]]
    assert "'swim' is not in the class list" in said[unknown["id"]]
    assert "past the end" in said[click["id"]]
    assert [mark["id"] for mark in seen(workspace, video)["annotations"]] == ["good"]


@pytest.mark.parametrize(
    "bad",
    [
        None,
        7,
        {},
        {"id": "a b"},
        {"id": "x", "kind": None},
        {"id": "x", "kind": "annotation.put"},
        annotation(label="run", level="video"),
        annotation(label="run", level="full", start=1.5, end=2),
        annotation(label="run", level="full", start=True, end=2),
        annotation(label="run", level="one-segment", clicks=[1, 2]),
        annotation(label=["run"], level="full", start=1, end=2),
        {"id": "x", "kind": "annotation.delete", "annotation_id": "nobody"},
        {"id": "x", "kind": "label.set", "label": "run", "present": "yes"},
        {"id": "x", "kind": "coverage.add", "labels": [], "start": 0, "end": 5},
        {"id": "x", "kind": "coverage.add", "labels": None, "start": -1, "end": 5},
        {"id": "x", "kind": "coverage.add", "labels": None, "start": 0, "end": 5, "version": 99},
        {"id": "x", "kind": "complete.set", "complete": 1},
        {"id": "x", "kind": "proposal.reject", "run": 1, "proposal_id": 0},
        {"id": "x", "kind": "proposal.reject", "run": 2**70, "proposal_id": 0},
        {"id": "x", "kind": "level.set", "level": "everything"},
        {"id": "x", "kind": "comment.set", "text": "\0"},
        {"id": "x", "kind": "comment.set", "text": "a", "undoes": "nothing"},
    ],
)  # fmt: skip
def test_a_malformed_edit_is_refused_in_words_and_stores_nothing(workspace, video, bad):
    answer = send(workspace, video, bad)
    assert len(answer["refused"]) == 1
    assert len(answer["refused"][0]["error"]) > 20
    with workspace.read() as unit:
        assert unit.edits.of_video(video) == ()


@pytest.mark.parametrize(
    "batch",
    [{"session": ""}, {"session": "s", "video": "1"}, {"session": "s", "video": True}, {"session": "s", "edits": {}}],
)
def test_a_batch_that_makes_no_sense_is_a_value_error(workspace, video, batch):
    with pytest.raises(ValueError, match=r".{20}"):
        annotating.edit(workspace, "ada", {"session": "s", "video": video, "edits": [], **batch})


def test_a_video_that_is_not_there_or_not_read_cannot_be_labelled(workspace, project, tmp_path):
    with pytest.raises(NotFoundError):
        send(workspace, 99, put("m"))
    (tmp_path / "new.mp4").write_bytes(b"x")
    new = library.add_videos(workspace, project, [tmp_path / "new.mp4"], enqueue=lambda *_: 1).videos[0].id
    with pytest.raises(ConflictError, match="has not been read"):
        send(workspace, new, put("m"))
    assert annotating.open_video(workspace, new, "ada")["media_problem"]


def test_two_annotators_have_their_own_labels_and_a_phi_of_their_own(workspace, project, video):
    send(workspace, video, put("a1", start=1, end=3), who="ada")
    send(workspace, video, put("b1", "jump", start=2, end=6), edit("complete.set", complete=True), who="ben")
    for who, beats in (("ada", 5), ("ben", 9)):
        events = [
            {"id": f"{who}{i}", "kind": "heartbeat", "monotonic": 1000.0 * i, "level": "full"} for i in range(beats)
        ]
        clock.activity(workspace, who, {"session": f"s-{who}", "video": video, "events": events})
    ada, ben = (annotating.open_video(workspace, video, who) for who in ("ada", "ben"))
    assert [m["id"] for m in ada["annotations"]] == ["a1"]
    assert [m["id"] for m in ben["annotations"]] == ["b1"]
    assert (ada["complete"], ben["complete"]) == (False, True)
    assert (ada["phi"]["active_seconds"], ben["phi"]["active_seconds"]) == (4.0, 8.0)
    assert (ada["phi"]["ratio"], ben["phi"]["ratio"]) == (0.4, 0.8)
    assert ada["other_annotators"] == ["ben"]
    only = merging.labels(workspace, project, annotator="ada")["a.mp4"].labels
    assert [(a.label, a.annotator) for a in only.annotations] == [("run", "ada")]


def test_two_windows_of_one_annotator_beside_each_other_cost_their_time_once(workspace, project, video, monkeypatch):
    """Window a from second 0 to 20, window b from 10 to 30, batches by turns: 30 s, on the page and in all."""

    def beat(session, at, *seconds):
        monkeypatch.setattr(clock.time, "time", lambda: 1000.0 + at)
        events = [
            {"id": f"{session}{second}", "kind": "key", "monotonic": 1000.0 * second, "level": "full"}
            for second in seconds
        ]
        return clock.activity(workspace, "ada", {"session": session, "video": video, "events": events})

    beat("a", 10, 0, 5, 10)
    beat("b", 15, 0, 5)
    beat("a", 20, 15, 20)
    assert beat("b", 30, 10, 15, 20)["phi"]["active_seconds"] == 30
    with workspace.read() as unit:
        assert costs.annotation_cost(unit, project).training_seconds == 30


def test_nobody_changes_or_deletes_the_annotation_of_another_person(workspace, video):
    send(workspace, video, put("a1"), who="ada")
    said = errors(
        send(workspace, video, put("a1", start=5, end=6), edit("annotation.delete", annotation_id="a1"), who="ben")
    )
    assert said.count("ada's") == 2
    assert seen(workspace, video)["annotations"][0]["start"] == SECOND


def test_where_annotators_disagree_the_one_who_judged_more_speaks(workspace, project, video):
    send(workspace, video, put("a1", start=1, end=3), who="ada")
    send(workspace, video, put("b1", start=2, end=4), edit("complete.set", complete=True), who="ben")
    item = merging.labels(workspace, project)["a.mp4"]
    assert [annotation.id for annotation in item.labels.annotations] == ["b1"]
    assert item.labels.classes == {"run"}
    assert item.is_complete
    assert "ben" in item.notes[0]


def test_a_class_added_later_makes_a_complete_video_incomplete_for_that_class_only(workspace, project, video):
    send(workspace, video, edit("complete.set", complete=True))
    assert library.videos(workspace, project).rows[0].is_complete
    classes.add_class(workspace, project, "swim")
    shown = annotating.open_video(workspace, video, "ada")
    assert not shown["complete"]
    assert not library.videos(workspace, project).rows[0].is_complete
    assert shown["coverage"] == {"run": [[0, 10 * SECOND]], "jump": [[0, 10 * SECOND]]}
    send(workspace, video, edit("coverage.add", labels=["swim"], start=0, end=10 * SECOND))
    assert annotating.open_video(workspace, video, "ada")["complete"]
    with workspace.read() as unit:
        versions = {version for _, _, version in unit.labels.state(video).coverage}
    assert versions == {1, 2}


def test_clicks_leave_the_rest_of_their_class_unknown_even_in_a_complete_video(workspace, project, video):
    send(workspace, video, put("m", level="one-segment", start=3), edit("complete.set", complete=True))
    library.make_split(workspace, project, share=0)
    said = merging.labels_for_training(workspace, project)["a.mp4"]
    assert said.coverage.of("run") == ()
    assert said.coverage.of("jump") == (Segment(0, 10 * SECOND),)
    assert said.level is SupervisionLevel.ONE_SEGMENT


def test_what_does_not_occur_is_background_and_what_nobody_looked_at_is_unknown(workspace, project, video):
    library.make_split(workspace, project, share=0)
    assert merging.labels_for_training(workspace, project) == {}
    send(workspace, video, edit("label.set", label="jump", present=False))
    assert merging.labels_for_training(workspace, project) == {}  # of "run" nothing is known
    send(workspace, video, edit("label.set", label="run", present=True))
    said = merging.labels_for_training(workspace, project)["a.mp4"]
    assert said.classes == {"run"}
    assert said.coverage.of("jump") == (Segment(0, 10 * SECOND),)
    assert said.coverage.of("run") == ()
    said = runs.label_summary(workspace, project)
    assert said["video-level only"] == 1
    assert sum(said["levels"].values()) == 0


def test_undo_and_redo_walk_the_log_and_survive_a_new_session(workspace, video):
    states = [seen(workspace, video)]
    for one in (
        put("m1"),
        put("m1", start=2, end=5),
        edit("complete.set", complete=True),
        edit("comment.set", text="x"),
    ):
        send(workspace, video, one)
        states.append(seen(workspace, video))
    for expected in reversed(states[:-1]):
        send(workspace, video, *annotating.open_video(workspace, video, "ada")["undo"][-1]["edits"], session="later")
        assert seen(workspace, video) == expected
    assert annotating.open_video(workspace, video, "ada")["undo"] == []
    for expected in states[1:]:
        send(workspace, video, *annotating.open_video(workspace, video, "ada")["redo"][-1]["edits"], session="later")
        assert seen(workspace, video) == expected
    shown = annotating.open_video(workspace, video, "ada")
    assert (len(shown["undo"]), shown["redo"]) == (4, [])


def test_undo_never_reaches_another_video_nor_another_annotator(workspace, project, video):
    other = add_video(workspace, project, "b.mp4")
    one = put("m1")
    send(workspace, video, one)
    assert annotating.open_video(workspace, other, "ada")["undo"] == []
    assert annotating.open_video(workspace, video, "ben")["undo"] == []
    reach = edit("comment.set", text="x", undoes=one["group"])
    assert "not one of your edits of this video" in errors(send(workspace, other, reach))
    assert "not one of your edits of this video" in errors(send(workspace, video, reach, who="ben"))


def test_two_tabs_cannot_undo_the_same_edit_twice(workspace, video):
    send(workspace, video, put("m1"))
    first, second = (annotating.open_video(workspace, video, "ada")["undo"][-1]["edits"] for _ in range(2))
    assert send(workspace, video, *first, session="one")["refused"] == []
    assert "undone already" in errors(send(workspace, video, *second, session="two"))


def test_a_new_edit_ends_what_can_be_redone(workspace, video):
    send(workspace, video, put("m1"))
    send(workspace, video, *annotating.open_video(workspace, video, "ada")["undo"][-1]["edits"])
    send(workspace, video, put("m2"))
    assert annotating.open_video(workspace, video, "ada")["redo"] == []


def test_edits_of_one_group_are_undone_together(workspace, video):
    group = {"group": "one-gesture"}
    send(workspace, video, put("m1") | group, put("m2", "jump") | group)
    undo = annotating.open_video(workspace, video, "ada")["undo"]
    assert len(undo) == 1
    send(workspace, video, *undo[0]["edits"])
    assert seen(workspace, video)["annotations"] == []


def test_another_tab_of_the_same_annotator_is_heard_of_and_another_annotator_is_not(workspace, video):
    start = send(workspace, video, put("mine"), session="one")["sequence"]
    send(workspace, video, put("theirs"), who="ben", session="three")
    send(workspace, video, put("tab"), session="two")
    others = send(workspace, video, session="one", sequence=start)["others"]
    assert [(other["kind"], other["annotation"]["id"], other["annotator"]) for other in others] == [
        ("annotation.put", "tab", "ada")
    ]


def test_renaming_a_class_renames_its_labels_and_undo_still_works(workspace, project, video):
    send(workspace, video, put("m1"))
    run = classes.classes(workspace, project)[0]
    classes.rename_class(workspace, run.id, "sprint")
    assert seen(workspace, video)["annotations"][0]["label"] == "sprint"
    send(workspace, video, *annotating.open_video(workspace, video, "ada")["undo"][-1]["edits"])
    assert seen(workspace, video)["annotations"] == []
    kinds = [(change.kind, change.before, change.after) for change in classes.class_history(workspace, project)]
    assert kinds[-1] == ("rename", "run", "sprint")


def test_merging_classes_keeps_what_was_said_and_can_be_taken_back(workspace, project, video):
    send(workspace, video, put("m1", "run"), put("m2", "jump", start=5, end=6))
    send(workspace, video, edit("coverage.add", labels=["run"], start=0, end=8 * SECOND))
    send(workspace, video, edit("coverage.add", labels=["jump"], start=4 * SECOND, end=10 * SECOND))
    run, jump = classes.classes(workspace, project)
    classes.merge_classes(workspace, jump.id, run.id)
    both = seen(workspace, video)
    assert [mark["label"] for mark in both["annotations"]] == ["run", "run"]
    assert both["coverage"] == {"run": [[4 * SECOND, 8 * SECOND]]}  # where both were judged
    send(workspace, video, edit("coverage.add", labels=["run"], start=0, end=2 * SECOND))
    assert seen(workspace, video)["coverage"] == {"run": [[0, 2 * SECOND], [4 * SECOND, 8 * SECOND]]}
    classes.restore_class(workspace, jump.id)
    assert [mark["label"] for mark in seen(workspace, video)["annotations"]] == ["run", "jump"]


def test_curves_are_drawn_from_bytes_and_read_as_the_stored_floats(workspace, project, video):
    run = predict(workspace, project, video)
    head, _, body = annotating.curves(workspace, video, run, "ada").partition(b"\n")
    said = json.loads(head)
    assert {key: said[key] for key in ("run", "n_snippets", "rows", "low", "high")} == {
        "run": run, "n_snippets": 4, "rows": 3, "low": 0.0, "high": 3.0,
    }  # fmt: skip
    rows = np.cumsum(np.frombuffer(body, np.uint8).reshape(3, 4), axis=1, dtype=np.uint8)
    # round(255 * value / 3) of 0 1 2 3, of 0, and of the threshold 0.5: 42.5 rounds to the even 42
    assert rows.tolist() == [[0, 85, 170, 255], [0, 0, 0, 0], [42, 42, 42, 42]]
    hover = annotating.values(workspace, video, run, 5_000_000, "ada")
    assert (hover["snippet"], hover["start"], hover["end"]) == (2, 5_000_000, 7_500_000)
    assert hover["cas"] == {"run": 2.0, "jump": 0.0}
    assert hover["threshold"] == {"run": 0.5, "jump": 0.5}
    assert hover["gate"]["run"] == pytest.approx(1 / (1 + np.exp(-1.5)), abs=1e-7)
    assert annotating.values(workspace, video, run, -5, "ada")["snippet"] == 0
    assert annotating.values(workspace, video, run, 10**12, "ada")["snippet"] == 3
    with pytest.raises(LookupError):
        annotating.curves(workspace, video, run + 1, "ada")
    (workspace.runs / f"{run}.npz").write_bytes(b"PK nonsense")
    with pytest.raises(LookupError, match="cannot be read"):
        annotating.curves(workspace, video, run, "ada")


def test_accepting_a_proposal_stores_an_assisted_annotation_and_the_decision_together(workspace, project, video):
    run = predict(workspace, project, video)
    mark = put("from-model", start=0, end=2)["annotation"]
    accept = edit("proposal.accept", run=run, proposal_id=0, annotation=mark)
    reject = edit("proposal.reject", run=run, proposal_id=1)
    assert send(workspace, video, accept, reject)["refused"] == []
    states = [p["state"] for p in annotating.proposals(workspace, video, run, "ada")["proposals"]]
    assert states == ["accepted", "rejected"]
    assert seen(workspace, video)["annotations"][0]["model_assisted"]
    assert "accepted already" in errors(send(workspace, video, {**accept, "id": "again"}))
    assert "no proposal 2" in errors(send(workspace, video, edit("proposal.reject", run=run, proposal_id=2)))
    for expected in (["accepted", "open"], ["open", "open"]):
        send(workspace, video, *annotating.open_video(workspace, video, "ada")["undo"][-1]["edits"])
        shown = annotating.proposals(workspace, video, run, "ada")["proposals"]
        assert [proposal["state"] for proposal in shown] == expected
    assert seen(workspace, video)["annotations"] == []
    send(workspace, video, *annotating.open_video(workspace, video, "ada")["redo"][-1]["edits"])
    assert seen(workspace, video)["annotations"][0]["model_assisted"]


def test_a_validation_video_shows_no_model_output_before_it_is_complete(workspace, project, video):
    run = predict(workspace, project, video, promoted=True)
    with workspace.write() as unit:
        unit.videos.assign([video], "validation")
    shown = annotating.open_video(workspace, video, "ada")
    assert (shown["hide_model"], shown["run"], shown["runs"]) == (True, None, [])
    for ask in (annotating.curves, annotating.proposals):
        with pytest.raises(PermissionError, match="complete"):
            ask(workspace, video, run, "ada")
    with pytest.raises(PermissionError):
        annotating.values(workspace, video, run, 0, "ada")
    mark = put("m", start=0, end=2)["annotation"]
    accept = edit("proposal.accept", run=run, proposal_id=0, annotation=mark)
    assert "validation" in errors(send(workspace, video, accept))
    send(workspace, video, edit("complete.set", complete=True))
    assert annotating.open_video(workspace, video, "ada")["run"] == run
    with pytest.raises(PermissionError):  # ben has not completed it
        annotating.curves(workspace, video, run, "ben")


def test_labels_of_a_simulation_are_seen_by_everybody_and_marked_as_such(workspace, video):
    annotating.apply_edits(
        workspace, identity.SIMULATION, video, [put("m1"), edit("label.set", label="jump", present=True)]
    )
    assert [m["annotator"] for m in annotating.open_video(workspace, video, "ada")["annotations"]] == ["simulation"]
    send(workspace, video, put("m1", start=2, end=3), edit("label.set", label="jump", present=None))
    assert "jump" not in seen(workspace, video)["video_labels"]
    assert seen(workspace, video, "ben")["video_labels"]["jump"]
    with workspace.read() as unit:
        assert [event.source for event in unit.edits.of_video(video)] == ["simulated", "simulated", "human", "human"]


def test_clock_events_count_once_and_only_what_was_seen(workspace, video):
    """Open at 0 s, hidden at 4 s, back at 9 s, last sign at 100 s: 4 s + min(91 s, the cut-off of 30 s) = 34 s."""
    signs = [("open", 0, True), ("hidden", 4, False), ("visible", 9, True), ("key", 100, True)]
    events = [{"id": f"e{i}", "kind": k, "monotonic": t * 1000, "visible": v} for i, (k, t, v) in enumerate(signs)]
    batch = {"session": "s", "video": video, "events": [*events, {"id": "bad", "kind": "sleep", "monotonic": 0}, 7]}
    answer = annotating.activity(workspace, "ada", batch)
    assert answer["stored"] == 4
    assert [refusal["id"] for refusal in answer["refused"]] == ["bad", "None"]
    assert answer["phi"]["active_seconds"] == 34.0
    assert annotating.activity(workspace, "ada", batch)["stored"] == 0
    assert len(clock.event_table(workspace, 1)) == 4
    rows = list(csv.DictReader(io.StringIO(clock.events_as_csv(workspace, 1))))
    assert [(row["kind"], float(row["monotonic_ms"]), row["visible"]) for row in rows] == [
        ("open", 0.0, "True"), ("hidden", 4000.0, "False"), ("visible", 9000.0, "True"), ("key", 100_000.0, "True")
    ]  # fmt: skip


def test_the_cut_off_is_a_setting_and_changes_phi_without_touching_events(workspace, project, video):
    events = [{"id": f"e{i}", "kind": "key", "monotonic": i * 60_000.0} for i in range(3)]
    annotating.activity(workspace, "ada", {"session": "s", "video": video, "events": events})
    assert annotating.open_video(workspace, video, "ada")["phi"]["active_seconds"] == 60.0
    library.change_settings(workspace, project, idle_cutoff_seconds=10)
    assert annotating.open_video(workspace, video, "ada")["phi"]["active_seconds"] == 20.0
    with workspace.read() as unit:
        cost = costs.annotation_cost(unit, project)
    assert (cost.training_seconds, cost.video_seconds) == (20.0, 10.0)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_time_followed_event_by_event_is_the_time_of_the_whole_log(workspace, project, seed):
    """Batches of three sessions, some late, some sent twice: what is remembered equals what the log amounts to."""
    draw = random.Random(seed)
    video = add_video(workspace, project, f"clock {seed} {uuid.uuid4().hex}.mp4")
    kinds = ["open", "close", "key", "play", "hidden", "visible", "loading", "ready"]
    now = dict.fromkeys("abc", 0.0)
    events = []
    for i in range(25):
        session = draw.choice("abc")
        now[session] += draw.choice([0.0, 500.0, 4_000.0, 60_000.0])
        sign = {"kind": draw.choice(kinds), "monotonic": now[session], "assisted": draw.random() < 0.3}
        level = draw.choice(["video", "full"])
        events.append(
            (f"{video}-{session}", {"id": f"{video}-{i}", "level": level, "visible": draw.random() < 0.9, **sign})
        )
    if draw.random() < 0.5:
        events.append(events.pop(draw.randrange(20)))
    for session, sign in events:
        repeats = 2 if draw.random() < 0.1 else 1
        for _ in range(repeats):
            phi = annotating.activity(workspace, "ada", {"session": session, "video": video, "events": [sign]})["phi"]
    with workspace.read() as unit:
        whole = [cost for cost in costs.project_costs(unit, project) if cost.video == str(video)]
    assert phi["active_seconds"] == pytest.approx(sum(cost.active for cost in whole) / SECOND, abs=1e-5)
    for level, part in phi["levels"].items():
        assisted = [cost.active for cost in whole if cost.level == level and cost.assisted]
        assert part["assisted_seconds"] == pytest.approx(sum(assisted) / SECOND, abs=1e-5)


def test_a_log_that_does_not_go_on_from_what_is_remembered_is_read_anew(workspace, project):
    """A video is deleted and another takes its number, as SQLite does; nothing of the first one's time is left."""
    for name in ("a.mp4", "b.mp4"):
        video = add_video(workspace, project, name)
        events = [{"id": f"{name}{i}", "kind": "key", "monotonic": i * 1000.0} for i in range(3)]
        answer = annotating.activity(workspace, "ada", {"session": name, "video": video, "events": events})
        assert answer["phi"]["active_seconds"] == 2.0
        library.delete_video(workspace, video)


def test_the_time_of_the_key_press_is_kept_beside_the_compensated_one(workspace, video):
    """Pressed at 2 s while the video played; .2 s of reaction time makes it 1.8 s. Undo and redo bring both back."""
    given = put("m1", start=1.8, level="one-segment")
    given["annotation"] |= {"clicks": [1_800_000], "pressed": [2_000_000], "compensation": 200_000}
    send(workspace, video, given)
    [shown] = seen(workspace, video)["annotations"]
    assert (shown["clicks"], shown["pressed"], shown["compensation"]) == ([1_800_000], [2_000_000], 200_000)
    send(workspace, video, edit("annotation.delete", annotation_id="m1"))
    send(workspace, video, *annotating.open_video(workspace, video, "ada")["undo"][-1]["edits"])
    assert seen(workspace, video)["annotations"] == [shown]
    with workspace.read() as unit:
        event = unit.edits.of_video(video)[0]
    assert (event.payload["pressed"], event.payload["compensation"]) == ([2_000_000], 200_000)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"pressed": [1, 2]}, "for each of 1 time"),
        ({"pressed": [11_000_000]}, "lies outside the video"),
        ({"pressed": [2_000_000], "compensation": 2_000_000}, "0 to 1000000 microseconds"),
        ({"pressed": [2_000_000], "compensation": -1}, "0 to 1000000 microseconds"),
        ({"pressed": "now"}, "for each of 1 time"),
    ],
)
def test_a_reaction_time_that_cannot_be_is_refused(workspace, video, fields, said):
    given = put("m1", level="one-segment")
    given["annotation"] |= fields
    [refusal] = send(workspace, video, given)["refused"]
    assert said in refusal["error"]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_replaying_the_log_gives_the_tables_after_any_edits_undos_and_redos(workspace, project, seed):
    draw = random.Random(seed)
    video = add_video(workspace, project, f"{seed}.mp4")
    for _ in range(12):
        who = draw.choice(["ada", "ben", identity.IMPORT])
        start = draw.randrange(0, 9)
        span = {"start": start * SECOND, "end": (start + draw.randrange(1, 10 - start + 1)) * SECOND}
        send(workspace, video, draw.choice([
            put(draw.choice("xyz"), draw.choice(["run", "jump"]), start=start, end=start + 1),
            edit("annotation.delete", annotation_id=draw.choice("xyz")),
            edit("label.set", label="run", present=draw.choice([True, False, None])),
            edit("coverage.add", labels=draw.choice([None, ["run"]]), **span),
            edit("coverage.remove", labels=draw.choice([None, ["jump"]]), **span),
            edit("complete.set", complete=draw.choice([True, False])),
            edit("ambiguous.add", **span),
            edit("ambiguous.remove", **span),
            edit("comment.set", text=draw.choice(["", "x"])),
        ]), who=who)  # fmt: skip
        stack = annotating.open_video(workspace, video, who)[draw.choice(["undo", "redo"])]
        if stack and draw.random() < 0.6:
            send(workspace, video, *stack[-1]["edits"], who=who)
    with workspace.read() as unit:
        shared = frozenset(a.id for a in unit.annotators.all() if a.kind != "person")
        assert unit.labels.state(video) == replay(unit.edits.of_video(video), shared)
    shown = seen(workspace, video)
    merging.rebuild(workspace, project)
    assert seen(workspace, video) == shown


def test_eight_processes_that_edit_one_video_lose_and_double_nothing(workspace, project, video):
    context = multiprocessing.get_context("forkserver")  # what they import is loaded once, in a process of its own
    context.set_forkserver_preload([write_many.__module__])
    writers = [context.Process(target=write_many, args=(workspace.home, video, n, 5)) for n in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
    assert [writer.exitcode for writer in writers] == [0] * 8
    marks = {mark["id"] for n in range(8) for mark in seen(workspace, video, f"w{n}")["annotations"]}
    assert marks == {f"{n}-{i}" for n in range(8) for i in range(5)}
    with workspace.read() as unit:
        assert len(unit.edits.of_video(video)) == 40


def test_a_video_knows_its_neighbours_among_those_that_can_be_annotated(workspace, project):
    """b is being read: it stands in no place, but leads to a and c, which count two between them."""
    first, third = (add_video(workspace, project, name) for name in ("a.mp4", "c.mp4"))
    with workspace.write() as unit:
        second = unit.videos.add(project, "b.mp4", 1.0).id
    around = {
        number: tuple(annotating.open_video(workspace, number, "ada")[key] for key in ("previous", "next", "position"))
        for number in (first, second, third)
    }
    assert around == {
        first: (None, third, (1, 2)),
        second: (first, third, None),
        third: (first, None, (2, 2)),
    }


def test_a_file_that_comes_back_is_told_without_opening_the_video_again(workspace, project, video):
    told = annotating.runs_of(workspace, video, "ada")
    assert (told["media"], told["media_problem"]) == (f"/video/{video}", None)
    (workspace.home.parent / "a.mp4").unlink()
    told = annotating.runs_of(workspace, video, "ada")
    assert told["media"] is None
    assert "a.mp4 is gone; put it back" in told["media_problem"]
