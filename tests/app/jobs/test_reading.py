"""Files become videos: read, pictured, copied where the browser needs it, extracted; a broken one harms nothing."""

import errno

import pytest

from app import jobs, worker
from app.job_kinds import extract
from app.services import adding, library
from tests.app.jobs.films import film
from tests.db.scene import open_workspace


@pytest.fixture
def workspace(tmp_path):
    workspace = open_workspace(tmp_path)
    yield workspace
    workspace.close()


@pytest.fixture
def project(workspace):
    return library.create_project(workspace, "films").id


def test_a_folder_is_read_and_extracted_and_its_broken_files_are_listed(workspace, project, tmp_path):
    folder = tmp_path / "films"
    folder.mkdir()
    film(folder / "good.mp4")
    film(folder / "twin.mp4")
    film(folder / "old codec.avi", codec="mpeg4", seed=3)
    (folder / "text.mp4").write_text("no film at all")
    (folder / "cut.mp4").write_bytes((folder / "good.mp4").read_bytes()[:700])
    adding.add_videos(workspace, project, [folder])
    ended = worker.drain(workspace)
    assert [(job.kind, job.status, job.error) for job in ended] == [("probe", "done", ""), ("extract", "done", "")]

    videos = {video.name: video for video in library.all_videos(workspace, project)}
    good, old = videos["good.mp4"], videos["old codec.avi"]
    assert (good.status, good.duration, good.n_frames, good.proxy_path) == ("ready", 2_000_000, 50, "")
    assert library.thumbnail_path(workspace, good.id).is_file()
    assert len(good.strip["times"]) == 12
    assert library.strip_path(workspace, good.id).is_file()
    assert library.playable_path(workspace, good.id) == folder / "good.mp4"
    assert library.playable_path(workspace, old.id).suffix == ".mp4"
    assert {name for name, video in videos.items() if video.status == "failed"} == {"text.mp4", "cut.mp4"}
    assert all(video.problem for video in videos.values() if video.status == "failed")
    assert "twin.mp4" not in videos
    problems = library.problems(workspace, project)
    assert any("good.mp4" in problem.reason and "twin.mp4" in problem.path for problem in problems), problems
    features = library.features(workspace, project)
    assert set(features) == {good.id, old.id}
    assert features[good.id].n_snippets == 3  # 2 s in steps of 0.64 s, the tail is more than half a step


def test_extraction_goes_on_where_it_was_and_what_is_there_is_not_made_again(workspace, project, tmp_path, monkeypatch):
    for i in range(3):
        film(tmp_path / f"{i}.mp4", seed=i)
    adding.add_videos(workspace, project, [tmp_path / f"{i}.mp4" for i in range(3)])
    real, seen = extract._extract, []

    def until_the_second(task, video, extractor, progress):
        seen.append(video.name)
        if len(seen) == 2:
            jobs.cancel(workspace, task.job.id)
            task.save(heard="a cancel comes at the next step")
        real(task, video, extractor, progress)

    monkeypatch.setattr(extract, "_extract", until_the_second)
    _, cancelled = worker.drain(workspace)
    assert cancelled.status == "cancelled"
    assert len(library.features(workspace, project)) == 1
    jobs.resume(workspace, cancelled.id)
    (done,) = worker.drain(workspace)
    assert done.result == {"extracted": 3, "failed": 0}
    assert len(library.features(workspace, project)) == 3


def test_a_full_disk_fails_the_job_and_not_the_film(workspace, project, tmp_path, monkeypatch):
    adding.add_videos(workspace, project, [film(tmp_path / "a.mp4")])

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(extract, "_extract", full)
    _, failed = worker.drain(workspace)
    assert failed.status == "failed"
    assert "the disk is full" in failed.error
    (video,) = library.all_videos(workspace, project)
    assert (video.status, video.problem) == ("ready", "")


def test_a_file_that_is_gone_or_a_video_deleted_meanwhile_harms_nothing(workspace, project, tmp_path):
    added = adding.add_videos(workspace, project, [film(tmp_path / f"{i}.mp4", seed=i) for i in range(3)])
    (tmp_path / "0.mp4").unlink()
    library.delete_video(workspace, added.videos[1].id)
    worker.drain(workspace)
    status = {video.name: (video.status, video.problem) for video in library.all_videos(workspace, project)}
    assert status["2.mp4"] == ("ready", "")
    assert status["0.mp4"][0] == "failed"
    assert status["0.mp4"][1]
    assert "1.mp4" not in status
