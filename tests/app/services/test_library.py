"""The library: adding what is good, listing what is not with its reason, a frozen split, and ten thousand rows."""

import json
import os
import time

import numpy as np
import pytest

from app.services import classes, feature_folder, identity, library
from app.services.adding import VIDEO_SUFFIXES
from app.services.library import VideoFilter
from db.errors import ConflictError, NotFoundError
from tests.db.scene import SECOND, add_video, edit, facts, open_workspace, put, send

QUIET = {"enqueue": lambda *_: 1}


@pytest.fixture
def workspace(tmp_path):
    workspace = open_workspace(tmp_path)
    yield workspace
    workspace.close()


@pytest.fixture
def project(workspace):
    return library.create_project(workspace, "p", class_names=["run", "jump"]).id


def write(folder, *names, content=b"video"):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content + name.encode())
    return folder


def test_a_folder_is_searched_to_the_bottom_and_one_job_reads_what_was_found(workspace, project, tmp_path):
    write(tmp_path / "v", "a.mp4", "deep/er/b.MKV", "notes.txt", ".hidden.mp4")
    asked = []
    added = library.add_videos(workspace, project, [tmp_path / "v"], enqueue=lambda *job: asked.append(job) or 42)
    assert [video.name for video in added.videos] == ["a.mp4", "b.MKV"]
    assert {video.status for video in added.videos} == {"queued"}
    assert added.problems == ()
    assert added.job == 42
    assert asked == [(workspace, "probe", {"videos": [video.id for video in added.videos]}, project)]


def test_adding_a_folder_again_adds_only_what_is_new(workspace, project, tmp_path):
    folder = write(tmp_path / "v", "a.mp4")
    library.add_videos(workspace, project, [folder], **QUIET)
    write(folder, "b.mp4")
    again = library.add_videos(workspace, project, [folder, folder / "a.mp4"], **QUIET)
    assert [video.name for video in again.videos] == ["b.mp4"]
    assert again.n_known == 1
    assert library.add_videos(workspace, project, [folder], **QUIET).job is None


def test_names_with_quotes_blanks_and_letters_of_any_script_are_kept(workspace, project, tmp_path):
    names = ['it\'s "one".mp4', "два 二 ثلاثة.mp4", "; drop table video;--.mp4", "a%_b.mp4"]
    write(tmp_path / "v", *names)
    library.add_videos(workspace, project, [tmp_path / "v"], **QUIET)
    assert {video.name for video in library.all_videos(workspace, project)} == set(names)
    assert [row.video.name for row in library.videos(workspace, project, VideoFilter(text="%_")).rows] == ["a%_b.mp4"]


def test_two_videos_of_one_name_are_told_apart_and_it_is_said(workspace, project, tmp_path):
    write(tmp_path / "one", "a.mp4"), write(tmp_path / "two", "a.mp4"), write(tmp_path / "three", "a.mp4")
    paths = [tmp_path / folder for folder in ("one", "two", "three")]
    added = library.add_videos(workspace, project, paths, **QUIET)
    assert {video.name for video in added.videos} == {"a.mp4", "a (2).mp4", "a (3).mp4"}
    assert len(added.problems) == 2
    assert "listed as 'a (2).mp4'" in added.problems[0]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/etc/passwd", "outside the media roots"),
        ("/etc", "outside the media roots"),
        ("{tmp}/home/../../../../../etc/passwd", "outside the media roots"),
        ("{tmp}/link.mp4", "outside the media roots"),
        ("{tmp}/links", "outside the media roots"),
        ("{tmp}/nothing.mp4", "no such file"),
        ("{tmp}/empty.mp4", "is empty"),
        ("{tmp}/none", "holds no video"),
        ("a\0b.mp4", "no path"),
        ("", "no path"),
        ("x" * 5000, "no path"),
        ("{tmp}/\udcff.mp4", "not named in UTF-8"),
    ],
)
def test_what_cannot_be_added_is_listed_with_its_reason_and_harms_nothing(workspace, project, tmp_path, path, reason):
    write(tmp_path, "good.mp4")
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "none").mkdir()
    (tmp_path / "link.mp4").symlink_to("/etc/passwd")
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "a.mp4").symlink_to("/etc/passwd")
    added = library.add_videos(workspace, project, [path.format(tmp=tmp_path), tmp_path / "good.mp4"], **QUIET)
    assert [video.name for video in added.videos] == ["good.mp4"]
    assert reason in added.problems[0]
    assert reason in library.problems(workspace, project)[0].reason
    library.clear_problems(workspace, project)
    assert library.problems(workspace, project) == ()


def test_a_file_that_cannot_be_named_in_utf8_is_a_problem_of_its_own(workspace, project, tmp_path):
    folder = write(tmp_path / "v", "a.mp4")
    try:
        os.close(os.open(os.fsencode(folder) + b"/\xff.mp4", os.O_CREAT | os.O_WRONLY))
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    added = library.add_videos(workspace, project, [folder], **QUIET)
    assert [video.name for video in added.videos] == ["a.mp4"]
    assert "not named in UTF-8" in added.problems[0]


def test_a_list_of_paths_is_relative_to_where_it_lies(workspace, project, tmp_path):
    write(tmp_path / "v", "a.mp4", "b.mp4", "c.mp4")
    (tmp_path / "v" / "list.txt").write_text("# two of three\na.mp4\n\nc.mp4\n")
    added = library.add_videos(workspace, project, [tmp_path / "v" / "list.txt"], **QUIET)
    assert [video.name for video in added.videos] == ["a.mp4", "c.mp4"]


def test_a_probed_video_has_its_exact_frame_times(workspace, project):
    times = np.array([1_500_000, 1_540_017, 1_600_000, 99_000_000_000], np.int64)
    video = add_video(workspace, project, origin=1_500_000, frame_times=times)
    with workspace.read() as unit:
        assert unit.videos.frame_times(video).tolist() == times.tolist()
        assert unit.videos.get(video).extent.start == 1_500_000


def test_the_same_content_is_added_once_and_it_is_said(workspace, project):
    first = add_video(workspace, project, "a.mp4", content_hash="same")
    with pytest.raises(NotFoundError):
        library.video(workspace, add_video(workspace, project, "b.mp4", content_hash="same"))
    assert [video.id for video in library.all_videos(workspace, project)] == [first]
    assert "same content as 'a.mp4'" in library.problems(workspace, project)[0].reason


def test_a_broken_file_stays_listed_with_its_reason(workspace, project, tmp_path):
    write(tmp_path, "bad.mp4")
    video = library.add_videos(workspace, project, [tmp_path / "bad.mp4"], **QUIET).videos[0].id
    library.record_failure(workspace, video, "no pictures")
    assert (library.video(workspace, video).status, library.video(workspace, video).problem) == (
        "failed",
        "no pictures",
    )
    with pytest.raises(LookupError, match="no pictures"):
        library.playable_path(workspace, video)


def test_only_files_inside_the_media_roots_are_ever_played(workspace, project, tmp_path):
    video = add_video(workspace, project)
    assert library.playable_path(workspace, video) == tmp_path / "a.mp4"
    (tmp_path / "a.mp4").unlink()
    with pytest.raises(LookupError, match="is gone"):
        library.playable_path(workspace, video)
    (tmp_path / "a.mp4").symlink_to("/etc/passwd")
    with pytest.raises(LookupError, match="outside the media roots"):
        library.playable_path(workspace, video)


def test_a_proxy_is_played_where_the_browser_cannot_play_the_source(workspace, project):
    video = add_video(workspace, project, browser_playable=False, playable_reason="HEVC")
    with pytest.raises(LookupError, match="copy that it can play is being made"):
        library.playable_path(workspace, video)
    proxy, strip = workspace.proxies / "a.mp4", workspace.pictures / "s.jpg"
    proxy.write_bytes(b"proxy"), strip.write_bytes(b"strip")
    library.record_media(workspace, video, proxy=proxy, strip=strip, strip_times=[0, 5], strip_size=(96, 54))
    assert library.playable_path(workspace, video) == proxy
    assert library.strip_path(workspace, video) == strip
    assert library.video(workspace, video).strip == {"times": [0, 5], "width": 96, "height": 54}
    with pytest.raises(LookupError, match="no thumbnail"):
        library.thumbnail_path(workspace, video)


def test_the_split_takes_a_fifth_of_each_class_and_is_the_same_everywhere(workspace, tmp_path):
    sides = []
    for round_ in range(2):
        project = library.create_project(workspace, f"p{round_}", class_names=["run", "jump"]).id
        for i in range(20):
            video = add_video(workspace, project, f"{round_}-{i}.mp4", content_hash=f"h{i}")
            if i < 15:
                send(workspace, video, edit("label.set", label="run" if i < 10 else "jump", present=True))
        split = library.make_split(workspace, project)
        assert (split.n_training, split.n_validation, split.n_new) == (16, 4, 20)
        found = {video.content_hash: video.subset for video in library.all_videos(workspace, project)}
        for first, stop, share in ((0, 10, 2), (10, 15, 1), (15, 20, 1)):
            assert sum(found[f"h{i}"] == "validation" for i in range(first, stop)) == share
        sides.append(found)
    assert sides[0] == sides[1]


def test_the_split_is_frozen_by_content_and_what_comes_later_joins_training(workspace, project, tmp_path):
    videos = [add_video(workspace, project, f"{i}.mp4", content_hash=f"h{i}") for i in range(10)]
    library.make_split(workspace, project)
    held = [video for video in library.all_videos(workspace, project) if video.subset == "validation"]
    assert len(held) == 2
    for video in held:
        library.delete_video(workspace, video.id)
        (tmp_path / video.name).rename(tmp_path / f"again-{video.name}")
        new = add_video(workspace, project, f"again-{video.name}", content_hash=video.content_hash)
        assert library.video(workspace, new).subset == "validation"
    later = add_video(workspace, project, "later.mp4", content_hash="later")
    assert library.video(workspace, later).subset == "training"
    assert library.make_split(workspace, project).n_new == 0
    assert len(videos) == 10


def test_ten_thousand_videos_are_filtered_sorted_and_counted_at_once(workspace, project):
    rows = [
        {"project_id": project, "name": f"video {i:05d}.mp4", "added_at": 0.0, "status": "ready",
         "duration": (i * 7919 % 10_000 + 1) * SECOND, "subset": "validation" if i % 5 == 0 else "training",
         "label_level": "full" if i % 3 == 0 else None, "complete_version": 1 if i % 3 == 0 else None}
        for i in range(10_000)
    ]  # fmt: skip
    with workspace.write() as unit:
        unit.videos.add_many(rows)
    wanted = VideoFilter(text="VIDEO", subset="training", level="full", is_complete=True, has_features=False)
    library.videos(workspace, project, wanted)  # the first query of a process also compiles
    begun = time.process_time()
    page = library.videos(workspace, project, wanted, order="duration", descending=True, offset=100, limit=50)
    assert time.process_time() - begun < 0.3
    expected = [row for i, row in enumerate(rows) if i % 5 and i % 3 == 0]
    expected.sort(key=lambda row: row["duration"], reverse=True)
    assert page.total == len(expected) == 2667
    assert [row.video.name for row in page.rows] == [row["name"] for row in expected[100:150]]
    counts = library.counts(workspace, project)
    assert (counts["total"], counts["validation"]) == (10_000, 2000)
    with pytest.raises(ValueError, match="cannot sort"):
        library.videos(workspace, project, order="id; drop table video")


def test_features_without_a_video_are_a_timeline_without_a_player(workspace, project, tmp_path):
    """At 10 fps and a snippet every 5 frames, 20 rows last 10 s: that fits the 10 s video, 60 rows do not."""
    whole = add_video(workspace, project, "whole.mp4", content_hash="1")
    add_video(workspace, project, "other.mp4", content_hash="2")
    folder = tmp_path / "features"
    folder.mkdir()
    for name, n_snippets in (("whole", 20), ("other", 60), ("alone", 40)):
        np.save(folder / f"{name}.npy", np.full((n_snippets, 4), len(name), np.float32))
    (folder / "meta.json").write_text(json.dumps({"fps": 10, "snippet_frames": 5, "stride_frames": 5}))
    added = feature_folder.add_features(workspace, project, folder)
    assert [(video.name, video.path, video.duration) for video in added.videos] == [("alone", "", 20 * SECOND)]
    assert len(added.problems) == 1
    assert "60 snippets" in added.problems[0]
    found = library.features(workspace, project, "folder")
    assert {found[whole].n_snippets, found[added.videos[0].id].n_snippets} == {20, 40}
    assert len(found) == 2
    send(workspace, added.videos[0].id, put("m", start=1, end=19))
    with pytest.raises(LookupError, match="without a player"):
        library.playable_path(workspace, added.videos[0].id)
    assert feature_folder.add_features(workspace, project, folder).videos == ()
    with pytest.raises(PermissionError, match="media roots"):
        feature_folder.add_features(workspace, project, "/etc")
    with pytest.raises(ValueError, match="npy"):
        feature_folder.add_features(workspace, project, workspace.home)


def test_project_names_are_unique_and_settings_are_checked(workspace, project):
    with pytest.raises(ConflictError, match="already"):
        library.create_project(workspace, " p ")
    with pytest.raises(ValueError, match="characters long"):
        library.create_project(workspace, "  ")
    with pytest.raises(NotFoundError):
        library.find_project(workspace, "q")
    with pytest.raises(ValueError, match="cut-off"):
        library.change_settings(workspace, project, idle_cutoff_seconds=0)
    with pytest.raises(ValueError, match="already marks 'run'"):
        library.change_settings(workspace, project, keys={"play": "1"})
    kept = library.change_settings(workspace, project, keys={"play": "p"}, default_level="one-segment")
    assert (kept.settings["keys"], kept.default_level) == ({"play": "p"}, "one-segment")
    assert library.change_settings(workspace, project, keys=None).settings == {}


def test_classes_get_safe_colours_and_keys_that_no_command_uses(workspace, project):
    classes.add_classes(workspace, project, [f"class {i}" for i in range(60)])
    found = classes.classes(workspace, project)
    assert [entry.key for entry in found[:11]] == ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "a"]
    keys = [entry.key for entry in found if entry.key]
    assert len(keys) == len(set(keys)) == 29
    assert not set(keys) & set("jklioxn")
    assert len({entry.colour for entry in found}) == 62
    with pytest.raises(ValueError, match="command"):
        classes.restyle_class(workspace, found[0].id, key="k")
    with pytest.raises(ConflictError, match="already marks"):
        classes.restyle_class(workspace, found[0].id, key=found[1].key)
    with pytest.raises(ValueError, match="#rrggbb"):
        classes.restyle_class(workspace, found[0].id, colour="red")
    assert classes.restyle_class(workspace, found[0].id, key="", colour="#000000").colour == "#000000"


def test_a_class_name_is_used_once_and_comes_back_by_restoring(workspace, project):
    run = classes.classes(workspace, project)[0]
    with pytest.raises(ConflictError, match="already in the class list"):
        classes.add_class(workspace, project, " run ")
    classes.retire_class(workspace, run.id)
    with pytest.raises(ConflictError, match="restore"):
        classes.add_class(workspace, project, "run")
    assert [entry.name for entry in classes.classes(workspace, project)] == ["jump"]
    classes.restore_class(workspace, run.id)
    assert [entry.name for entry in classes.classes(workspace, project)] == ["run", "jump"]
    with pytest.raises(ValueError, match="two classes"):
        classes.merge_classes(workspace, run.id, run.id)
    assert [change.kind for change in classes.class_history(workspace, project)] == ["add", "add", "retire", "restore"]


def test_a_name_is_signed_into_a_cookie_that_nobody_else_can_make(workspace):
    cookie = identity.sign_in(workspace, "  Ada   Lovelace ")
    assert identity.annotator_of(workspace, cookie) == "Ada Lovelace"
    for forged in ("", "Ada Lovelace", cookie[:-1], cookie + "x", '"Ada".x.y'):
        assert identity.annotator_of(workspace, forged) is None
    assert [annotator.name for annotator in identity.annotators(workspace)] == ["Ada Lovelace"]


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "a\x00b", "import", "Simulation", None, 7, "\ud800"])
def test_a_name_that_cannot_be_shown_or_means_no_person_is_refused(workspace, name):
    with pytest.raises(ValueError, match="name"):
        identity.sign_in(workspace, name)


def test_every_searched_ending_is_lower_case_and_dotted():
    assert all(ending == ending.lower() and ending[0] == "." for ending in VIDEO_SUFFIXES)


def test_probing_again_keeps_side_name_and_labels(workspace, project):
    video = add_video(workspace, project, content_hash="h")
    library.make_split(workspace, project, share=0)
    send(workspace, video, put("m"))
    again = library.record_probe(workspace, video, facts("h"))
    assert (again.id, again.subset, again.n_annotations) == (video, "training", 1)
