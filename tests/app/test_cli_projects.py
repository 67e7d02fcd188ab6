"""Projects, videos and labels by the command line, in a workspace of their own."""

import json

import pytest

from tests.app.test_cli import refused, wtal  # noqa: F401  fixtures
from tests.shared_data import shared


def cells(out):
    return [line.split() for line in out.splitlines()]


def test_projects_are_made_listed_shown_and_deleted(wtal, refused):  # noqa: F811
    status, out, said = wtal("project", "list")
    assert (status, out) == (0, "")
    assert "make one with `wtal project create NAME`" in said
    assert "no project yet" in refused("project", "show", "sport")
    assert wtal("project", "create", "sport", "--class", "jump", "--class", "run", "--level", "video")[:2] == (
        0,
        "sport\n",
    )
    assert "sport" in refused("project", "create", "sport")
    assert wtal("project", "list")[1] == "sport\n"
    status, out, _ = wtal("project", "show", "sport")
    assert status == 0
    assert ["classes", "jump,", "run"] in cells(out)
    assert ["level", "video"] in cells(out)
    assert "there is no project 'art'; there are 'sport'" in refused("project", "show", "art")
    assert "add --yes" in refused("project", "delete", "sport")
    assert wtal("project", "delete", "sport", "--yes")[:2] == (0, "deleted sport\n")
    assert wtal("project", "list")[1] == ""


def test_raw_clock_events_are_written_as_a_table(wtal, tmp_path):  # noqa: F811
    assert wtal("project", "create", "sport")[0] == 0
    out = tmp_path / "events.csv"
    assert wtal("label", "events", "--out", str(out))[:2] == (0, f"0 events\t{out}\n")
    assert out.read_text().startswith("session,video,annotator,kind,monotonic_ms,playing,visible,level,assisted")


def test_one_of_several_projects_must_be_named(wtal, refused):  # noqa: F811
    for name in ("one", "two"):
        assert wtal("project", "create", name)[0] == 0
    assert "which project? --project is one of 'one', 'two'" in refused("video", "list")
    assert wtal("video", "list", "--project", "two")[0] == 0


def test_labels_go_in_out_and_in_again(wtal, refused, tmp_path, monkeypatch):  # noqa: F811
    """Add a real video, label it at every level, export, import into a second project, export: nothing is lost."""
    folder = shared("data", "real-videos")
    monkeypatch.setenv("WTAL_MEDIA_ROOTS", str(folder))
    video = folder / "v_GGSY1Qvo990.mp4"
    assert wtal("project", "create", "lift", "--class", "clean", "--class", "jerk")[0] == 0
    status, out, err = wtal("video", "add", video)
    assert status == 0, err
    assert out.split() == ["v_GGSY1Qvo990.mp4", "ready"]
    assert cells(wtal("video", "list")[1])[1][:3] == ["v_GGSY1Qvo990.mp4", "ready", "18.094"]
    name, who = "v_GGSY1Qvo990", ("--annotator", "ada")
    assert wtal("label", "set", name, "jerk", "--occurs", *who)[0] == 0
    assert wtal("label", "set", name, "clean", "--segment", "5.82", "8", *who)[0] == 0
    assert wtal("label", "set", name, "clean", "--click", "9.5", *who)[0] == 0
    assert wtal("label", "set", name, "clean", "--click", "12", "11.25", *who)[0] == 0
    assert "no class 'swim'; it has clean, jerk" in refused("label", "set", name, "swim", "--occurs", *who)
    assert "99 s lies outside" in refused("label", "set", name, "clean", "--click", "99", *who)
    assert "ends after it starts" in refused("label", "set", name, "clean", "--segment", "8", "5", *who)
    assert "one or two times" in refused("label", "set", name, "clean", "--click", "1", "2", "3", *who)
    assert "--click, seconds from the first picture: expected a finite number, got 'abc'" in refused(
        "label", "set", name, "clean", "--click", "abc", *who
    )
    assert f"CLASS is missing; write it after the video: wtal label set {name}.mp4 CLASS" in refused(
        "label", "set", name, "--occurs", *who
    )
    assert "has 3 labelled instances of clean; delete them first" in refused(
        "label", "set", name, "clean", "--absent", *who
    )
    assert "has no video 'absent'" in refused("label", "set", "absent", "clean", "--occurs", *who)
    rows = cells(wtal("label", "list", name)[1])[1:]
    assert sorted(row[1:-1] if len(row) > 3 else row[1:] for row in rows) == [
        ["clean", "full", "5.820", "8.000"],
        ["clean", "one-segment", "9.500"],
        ["clean", "two-segment", "11.250", "12.000"],
        ["jerk", "video"],
    ]
    status, out, err = wtal("label", "export", "--out", tmp_path / "labels.json")
    assert status == 0, err
    entry = json.loads((tmp_path / "labels.json").read_text())["database"][name]
    assert [row["segment"] for row in entry["annotations"]] == [[5.82, 8.0]]
    assert sorted(row["times"] for row in entry["clicks"]) == [[9.5], [11.25, 12.0]]
    assert entry["video_labels"] == ["clean", "jerk"]
    assert wtal("project", "create", "again")[0] == 0
    assert wtal("video", "add", video, "--project", "again")[0] == 0
    status, out, err = wtal("import", tmp_path / "labels.json", "--format", "activitynet", "--project", "again", *who)
    assert status == 0, err
    assert cells(out) == [["videos", "1"], ["annotations", "3"], ["new", "classes", "clean,", "jerk"]]
    assert wtal("export", "--format", "activitynet", "--project", "again", "--out", tmp_path / "again.json")[0] == 0
    entry_again = json.loads((tmp_path / "again.json").read_text())["database"][name]
    for key in ("annotations", "clicks"):
        times = "segment" if key == "annotations" else "times"
        assert sorted(row[times] for row in entry_again[key]) == sorted(row[times] for row in entry[key])
    assert entry_again["video_labels"] == entry["video_labels"]
    assert wtal("export", "--project", "again", "--out", tmp_path / "again.csv")[0] == 0
    assert (tmp_path / "again.csv").read_text().splitlines()[0].startswith("video,label,start,end,level,click1,click2")


def judged(wtal, folder):  # noqa: F811
    """The classes of which something is known in the one video."""
    assert wtal("label", "export", "--out", folder / "labels.json")[0] == 0
    (entry,) = json.loads((folder / "labels.json").read_text())["database"].values()
    return set(entry["coverage"])


def test_an_import_marks_videos_complete_when_it_is_told_that_the_file_is(wtal, tmp_path, monkeypatch):  # noqa: F811
    folder = shared("data", "real-videos")
    monkeypatch.setenv("WTAL_MEDIA_ROOTS", str(folder))
    assert wtal("project", "create", "lift", "--class", "clean", "--class", "jerk")[0] == 0
    assert wtal("video", "add", folder / "v_GGSY1Qvo990.mp4")[0] == 0
    rows = [{"label": "clean", "segment": [5, 8]}]
    (tmp_path / "gt.json").write_text(json.dumps({"database": {"v_GGSY1Qvo990": {"annotations": rows}}}))
    status, _, err = wtal("import", tmp_path / "gt.json")
    assert status == 0, err
    assert "no video was marked complete; the file says nothing of jerk" in err
    assert judged(wtal, tmp_path) == {"clean"}
    status, _, err = wtal("import", tmp_path / "gt.json", "--complete")
    assert (status, err) == (0, "")
    assert judged(wtal, tmp_path) == {"clean", "jerk"}


def test_a_broken_video_is_listed_with_its_reason(wtal, refused, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setenv("WTAL_MEDIA_ROOTS", str(tmp_path))
    (tmp_path / "text.mp4").write_text("not a video")
    assert wtal("project", "create", "p")[0] == 0
    assert "there is no such file or folder" in refused("video", "add", tmp_path / "absent.mp4")
    status, out, err = wtal("video", "add", tmp_path / "text.mp4")
    assert status == 2
    assert out.split()[:2] == ["text.mp4", "failed"]
    assert "none of the files could be added" in err.splitlines()[-1]
    status, out, err = wtal("video", "check", tmp_path / "text.mp4")
    assert (status, out) == (2, "")
    assert "1 of 1 videos cannot be used: text.mp4" in err


def test_import_refuses_in_one_line(wtal, refused, tmp_path):  # noqa: F811
    assert wtal("project", "create", "p")[0] == 0
    (tmp_path / "gt.json").write_text('{"database": {"v": {"annotations": [{"segment": [2, 1], "label": "a"}]}}}')
    assert "annotations[0].segment: a segment must not end before it starts" in refused("import", tmp_path / "gt.json")
    assert "there is no such file" in refused("import", tmp_path / "absent.json")
    assert "project 'p' has no run 7" in refused("export", "--run", "7", "--out", tmp_path / "x.json")


@pytest.mark.parametrize("port", ["0", "70000", "x"])
def test_serve_refuses_impossible_ports(refused, port):  # noqa: F811
    assert "--port" in refused("serve", "--port", port)
