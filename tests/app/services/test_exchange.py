"""Labels in and out: all of a file or nothing, times on the right clock, and nothing lost without a word."""

import json

import pytest

from app import jobs, task
from app.services import annotating, classes, exchange, library
from tests.db.scene import SECOND, add_video, edit, open_workspace, put, seen, send
from tests.shared_data import shared
from wtal_core.domain import Proposal, Segment
from wtal_core.formats import FORMATS


@pytest.fixture
def workspace(tmp_path):
    workspace = open_workspace(tmp_path)
    yield workspace
    workspace.close()


@pytest.fixture
def project(workspace):
    return library.create_project(workspace, "p", class_names=["run", "jump"]).id


def activitynet(folder, **videos):
    path = folder / "labels.json"
    database = {}
    for name, (subset, *rows) in videos.items():
        annotations = [{"label": label, "segment": [start, end]} for label, start, end in rows]
        database[name] = {"subset": subset, "duration": 10.0, "annotations": annotations}
    path.write_text(json.dumps({"database": database}))
    return path


def test_an_activitynet_file_becomes_labels_everybody_sees(workspace, project, tmp_path):
    video = add_video(workspace, project, "a.mp4", origin=2 * SECOND)
    path = activitynet(tmp_path, a=("validation", ("run", 1.0, 2.5), ("swim", 4, 5)))
    done = exchange.import_labels(workspace, project, path, by="ada")
    assert (done.n_videos, done.n_annotations, done.new_classes) == (1, 2, ("swim",))
    shown = annotating.open_video(workspace, video, "ben")
    assert [(m["label"], m["start"], m["end"], m["annotator"]) for m in shown["annotations"]] == [
        ("run", 3_000_000, 4_500_000, "import"),
        ("swim", 6_000_000, 7_000_000, "import"),
    ]
    assert shown["coverage"] == {"run": [[2 * SECOND, 12 * SECOND]], "swim": [[2 * SECOND, 12 * SECOND]]}
    assert not shown["complete"]  # of "jump" the file says nothing
    assert shown["subset"] == "validation"
    with workspace.read() as unit:
        events = unit.edits.of_video(video)
        assert {(event.source, event.session) for event in events} == {("imported", "import:ada")}


def test_importing_twice_changes_nothing_and_leaves_what_people_changed(workspace, project, tmp_path):
    video = add_video(workspace, project)
    path = activitynet(tmp_path, a=("training", ("run", 1, 2), ("run", 4, 5)))
    exchange.import_labels(workspace, project, path)
    mark = seen(workspace, video)["annotations"][0]
    moved = put(mark["id"], start=1, end=3)
    send(workspace, video, moved)
    before = seen(workspace, video)
    again = exchange.import_labels(workspace, project, path)
    assert seen(workspace, video) == before
    assert "1 annotations are otherwise here than in the file" in " ".join(again.notes)


def test_labels_that_come_back_as_they_went_out_are_nothing_to_tell(workspace, project, tmp_path):
    video = add_video(workspace, project, origin=SECOND)
    send(workspace, video, put("m1", start=2, end=4), put("m2", "jump", "one-segment", start=5))
    send(workspace, video, put("m3", "jump", "two-segment", start=6, end=7))
    exchange.export_labels(workspace, project, tmp_path / "out.json")
    before = seen(workspace, video)
    back = exchange.import_labels(workspace, project, tmp_path / "out.json")
    assert not [note for note in back.notes if "otherwise" in note]
    assert seen(workspace, video)["annotations"] == before["annotations"]


def test_what_reaches_past_the_end_is_cut_what_lies_outside_is_left_out_and_both_are_told(workspace, project, tmp_path):
    video = add_video(workspace, project)
    path = activitynet(tmp_path, a=("training", ("run", 9, 12), ("run", 20, 22)))
    notes = " ".join(exchange.import_labels(workspace, project, path).notes)
    assert [(m["start"], m["end"]) for m in seen(workspace, video)["annotations"]] == [(9 * SECOND, 10 * SECOND)]
    assert "1 annotations reached past the video" in notes
    assert "1 annotations lie outside the video" in notes


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("not json", "json"),
        ('{"results": {}}', "predictions"),
        ('{"database": {"a": {"duration": 10, "annotations": [{"label": "run", "segment": [1]}]}}}', "annotations"),
        ('{"database": {"elsewhere": {"duration": 10, "annotations": []}}}', "no video of the file is in the project"),
    ],
)
def test_a_wrong_file_is_refused_in_words_and_nothing_of_it_is_imported(workspace, project, tmp_path, text, words):
    video = add_video(workspace, project)
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=words):
        exchange.import_labels(workspace, project, path)
    assert seen(workspace, video)["annotations"] == []
    assert len(classes.classes(workspace, project)) == 2


def test_an_import_that_fails_at_its_last_video_stores_nothing_of_the_first(workspace, project, tmp_path, monkeypatch):
    first = add_video(workspace, project, "a.mp4")
    add_video(workspace, project, "b.mp4")
    path = activitynet(tmp_path, a=("training", ("swim", 1, 2)), b=("training", ("swim", 1, 2)))
    made = exchange.importing.edits
    calls = []

    def fail_on_the_second(*args, **names):
        calls.append(args)
        return made(*args, **names) if len(calls) == 1 else [edit("label.set", label="nobody knows", present=True)]

    monkeypatch.setattr(exchange.importing, "edits", fail_on_the_second)
    with pytest.raises(ValueError, match="nothing was imported"):
        exchange.import_labels(workspace, project, path)
    assert seen(workspace, first)["annotations"] == []
    assert [entry.name for entry in classes.classes(workspace, project)] == ["run", "jump"]


def stored(workspace, videos):
    """Log entries and annotations of each video."""
    with workspace.read() as unit:
        return [(len(unit.edits.of_video(v)), len(unit.labels.state(v).marks)) for v in videos]


def three_films(workspace, project, tmp_path, monkeypatch):
    """A file about three videos, stored one at a time."""
    monkeypatch.setattr(exchange, "SECONDS_AT_ONCE", 0.0)
    videos = [add_video(workspace, project, f"{name}.mp4") for name in "abc"]
    said = dict.fromkeys("abc", ("training", ("run", 1, 2), ("run", 4, 6)))
    return videos, activitynet(tmp_path, **said)


def test_an_import_that_is_stopped_keeps_its_batches_and_goes_on_without_doubling(
    workspace, project, tmp_path, monkeypatch
):
    videos, path = three_films(workspace, project, tmp_path, monkeypatch)
    heard = []

    def stop_at_the_third(share, words):
        heard.append(words)
        if words == "2 of 3 videos":
            raise InterruptedError

    with pytest.raises(InterruptedError):
        exchange.import_labels(workspace, project, path, key="one", step=stop_at_the_third)
    assert heard == ["checking the file", "0 of 3 videos", "1 of 3 videos", "2 of 3 videos"]
    half = stored(workspace, videos)
    assert [marks for _, marks in half] == [2, 2, 0]
    done = exchange.import_labels(workspace, project, path, key="one")
    assert (done.n_videos, done.n_annotations) == (3, 6)
    whole = stored(workspace, videos)
    assert whole[:2] == half[:2]
    assert whole[2] == whole[0]
    rows = library.videos(workspace, project).rows
    assert [(row.video.n_annotations, row.video.label_level) for row in rows] == [(2, "full")] * 3


def test_an_import_asked_for_by_a_browser_is_a_job_that_can_be_cancelled_and_go_on(
    workspace, project, tmp_path, monkeypatch
):
    videos, path = three_films(workspace, project, tmp_path, monkeypatch)
    job = exchange.request_import(workspace, project, path.read_bytes(), "mine.json", "activitynet", by="ada")
    store, batches = exchange._store, []

    def store_and_cancel(*args):
        batches.append(args)
        if len(batches) == 2:
            jobs.cancel(workspace, job)
            with workspace.write() as unit:  # what the task's heartbeat would hear within a second
                unit.jobs.change(job, lease_until=0.0)
        return store(*args)

    monkeypatch.setattr(exchange, "_store", store_and_cancel)
    monkeypatch.setattr(task, "REPORT", 0.0)
    assert jobs.run(workspace, job, "w").status == "cancelled"
    assert [marks for _, marks in stored(workspace, videos)] == [2, 2, 0]
    jobs.resume(workspace, job)
    monkeypatch.setattr(exchange, "_store", store)
    ended = jobs.run(workspace, job, "w")
    assert (ended.status, ended.result["annotations"], ended.result["name"]) == ("done", 6, "mine.json")
    assert [marks for _, marks in stored(workspace, videos)] == [2, 2, 2]
    assert list(workspace.imports.iterdir()) == []


def test_a_wrong_file_fails_its_job_in_words_that_name_the_file_as_it_was_sent(workspace, project):
    add_video(workspace, project)
    job = exchange.request_import(workspace, project, b'{"database": {', "mine.json", "activitynet")
    ended = jobs.run(workspace, job, "w")
    assert ended.status == "failed"
    assert "mine.json" in ended.error and str(workspace.home) not in ended.error


def test_a_note_of_an_import_names_the_file_as_it_was_sent(workspace, project):
    add_video(workspace, project)
    content = b'{"database": {"a": {"duration": 10, "annotations": [{"label": "run", "segment": [3, 3]}]}}}'
    job = exchange.request_import(workspace, project, content, "mine.json", "activitynet")
    notes = jobs.run(workspace, job, "w").result["notes"]
    assert notes[0].startswith("mine.json, video 'a', annotations[0]: 'run' has no length")
    assert str(workspace.home) not in " ".join(notes)


def is_complete(workspace, video):
    return annotating.open_video(workspace, video, "ben")["complete"]


def test_a_file_that_is_said_to_be_all_there_is_marks_its_videos_complete_as_an_edit_of_the_import(
    workspace, project, tmp_path
):
    video, other = add_video(workspace, project, "a.mp4"), add_video(workspace, project, "b.mp4")
    path = activitynet(tmp_path, a=("training", ("run", 1, 2)))
    done = exchange.import_labels(workspace, project, path, by="ada", complete=True)
    assert (is_complete(workspace, video), is_complete(workspace, other), done.notes) == (True, False, ())
    with workspace.read() as unit:
        events = unit.edits.of_video(video)
    assert events[-1].kind == "complete.set"
    assert len({(event.annotator_id, event.session, event.group) for event in events}) == 1


def test_a_video_that_the_file_does_not_place_every_class_of_is_not_marked_complete(workspace, project, tmp_path):
    """Of "jump" at 3-3 s the file says only that it occurs: marked complete, it would be taken as background."""
    video = add_video(workspace, project)
    path = activitynet(tmp_path, a=("training", ("run", 1, 2), ("jump", 3, 3)))
    notes = exchange.import_labels(workspace, project, path, complete=True).notes
    assert not is_complete(workspace, video)
    assert notes[-1] == "a.mp4 was not marked complete: the file does not say which classes occur in it and where"


def test_a_complete_file_that_leaves_classes_open_says_that_no_video_was_marked_complete(workspace, project, tmp_path):
    add_video(workspace, project)
    notes = exchange.import_labels(workspace, project, activitynet(tmp_path, a=("training", ("run", 1, 2)))).notes
    assert len(notes) == 1
    assert notes[0].startswith("no video was marked complete; the file says nothing of jump: ")
    both = activitynet(tmp_path, a=("training", ("run", 1, 2), ("jump", 4, 5)))
    assert exchange.import_labels(workspace, project, both).notes == ()


def test_the_job_of_a_browser_marks_complete_where_it_was_asked_to(workspace, project, tmp_path):
    video = add_video(workspace, project)
    content = activitynet(tmp_path, a=("training", ("run", 1, 2))).read_bytes()
    jobs.run(
        workspace, exchange.request_import(workspace, project, content, "m.json", "activitynet", complete=True), "w"
    )
    assert is_complete(workspace, video)


def test_an_unknown_format_lists_the_known_ones(workspace, project, tmp_path):
    with pytest.raises(ValueError, match="activitynet, csv"):
        exchange.import_labels(workspace, project, tmp_path / "x", "elan")


def test_the_split_of_a_file_is_taken_and_a_frozen_side_stays(workspace, project, tmp_path):
    videos = [add_video(workspace, project, f"{name}.mp4") for name in "abc"]
    path = activitynet(tmp_path, a=("val", ("run", 1, 2)), b=("train", ("run", 1, 2)), c=("odd", ("run", 1, 2)))
    notes = " ".join(exchange.import_labels(workspace, project, path).notes)
    assert "odd" in notes
    library.make_split(workspace, project)
    assert [library.video(workspace, video).subset for video in videos] == ["validation", "training", "training"]
    path = activitynet(tmp_path, a=("train", ("run", 1, 2)))
    assert "a.mp4 stays in validation" in " ".join(exchange.import_labels(workspace, project, path).notes)


def test_a_class_that_was_merged_is_imported_as_what_it_is_now(workspace, project, tmp_path):
    video = add_video(workspace, project)
    run, jump = classes.classes(workspace, project)
    classes.merge_classes(workspace, jump.id, run.id)
    done = exchange.import_labels(workspace, project, activitynet(tmp_path, a=("training", ("jump", 1, 2))))
    assert [mark["label"] for mark in seen(workspace, video)["annotations"]] == ["run"]
    assert done.new_classes == ()
    assert "merged" in " ".join(done.notes)


def test_levels_clicks_coverage_and_ambiguous_time_survive_export_and_import(workspace, project, tmp_path):
    video = add_video(workspace, project, origin=SECOND)
    send(
        workspace,
        video,
        put("m1", start=2, end=4),
        put("m2", "jump", "one-segment", start=5),
        put("m3", "jump", "two-segment", start=6, end=7),
        edit("coverage.add", labels=["run"], start=SECOND, end=8 * SECOND),
        edit("ambiguous.add", start=9 * SECOND, end=10 * SECOND),
    )
    path = tmp_path / "out.json"
    done = exchange.export_labels(workspace, project, path)
    assert (done.n_videos, done.n_rows) == (1, 3)
    other = library.create_project(workspace, "copy").id
    (tmp_path / "a.mp4").rename(tmp_path / "elsewhere.mp4")
    copy = add_video(workspace, other, "a.mp4", origin=5 * SECOND)
    exchange.import_labels(workspace, other, path)
    found = seen(workspace, copy)
    shift = 4 * SECOND

    def moved(value):
        return None if value is None else value + shift

    for old, new in zip(seen(workspace, video)["annotations"], found["annotations"], strict=True):
        assert {
            **old,
            "start": moved(old["start"]),
            "end": moved(old["end"]),
            "clicks": [*map(moved, old["clicks"])],
        } == new
    assert found["coverage"] == {"run": [[5 * SECOND, 12 * SECOND]]}
    assert found["ambiguous"] == [[13 * SECOND, 14 * SECOND]]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_says_what_it_cannot_hold(workspace, project, tmp_path, name):
    video = add_video(workspace, project)
    send(
        workspace, video, put("m1", level="one-segment", start=2), edit("coverage.add", labels=["jump"], start=0, end=5)
    )
    losses = exchange.export_labels(workspace, project, tmp_path / "out", name).losses
    assert losses
    read = FORMATS[name].read(tmp_path / "out")
    assert [a.clicks for a in read.videos["a"].labels.annotations] == [(2 * SECOND,)]


@pytest.mark.parametrize("name", FORMATS)
def test_proposals_are_exported_from_the_first_picture_on(workspace, project, tmp_path, name):
    video = add_video(workspace, project, origin=SECOND)
    with workspace.write() as unit:
        run = unit.runs.add(project, "mixed", 0.0).id
        found = [Proposal("run", Segment(2 * SECOND, 4 * SECOND), 0.5)]
        unit.runs.put_prediction(run, video, path="x", n_snippets=1, proposals=found, at=0.0)
    assert exchange.export_proposals(workspace, run, tmp_path / "out", name).n_rows == 1
    assert FORMATS[name].read_predictions(tmp_path / "out") == {
        "a": [Proposal("run", Segment(SECOND, 3 * SECOND), 0.5)]
    }
    with pytest.raises(LookupError):
        exchange.export_proposals(workspace, run + 1, tmp_path / "out", name)


def test_names_in_files_have_no_ending_unless_two_videos_would_share_one():
    assert exchange.file_names(["a.mp4", "b.mp4", "b.mkv", "v_c"]) == {
        "a.mp4": "a", "b.mp4": "b.mp4", "b.mkv": "b.mkv", "v_c": "v_c",
    }  # fmt: skip


def test_a_real_data_set_is_imported_in_full(workspace, tmp_path):
    source = shared("data", "weizmann-untrimmed", "annotations.json")
    said = json.loads(source.read_text())["database"]
    project = library.create_project(workspace, "weizmann").id
    for name, entry in said.items():
        add_video(workspace, project, f"{name}.mp4", seconds=round(entry["duration"]) + 1)
    done = exchange.import_labels(workspace, project, source)
    assert done.n_videos == 56
    assert done.n_annotations == sum(len(entry["annotations"]) for entry in said.values())
    counts = library.counts(workspace, project)
    assert (counts["training"], counts["validation"], counts["complete"]) == (40, 16, 56)
