"""The server's own routes, asked as a browser would: who may, what is served, what is refused and in which words."""

import shutil
import subprocess
import sys
import time

import pytest
from starlette.applications import Starlette

from app import server
from app.routes import media, uploads
from app.services import library
from app.settings import Settings
from app.workspace import Workspace
from tests.app.asgi_client import Client

ROOT = server.ANNOTATOR.parents[2]
FILM = bytes(range(256)) * 40
"""Stands for a video file: the routes send bytes and never look into them."""


@pytest.fixture(scope="module")
def fresh_home(tmp_path_factory):
    """A workspace with its tables made once: copying it is ten times faster than making it."""
    home = tmp_path_factory.mktemp("fresh")
    Workspace(Settings.at(home, secret="test")).close()
    return home


@pytest.fixture
def workspace(tmp_path, fresh_home):
    shutil.copytree(fresh_home, tmp_path / "home")
    made = Workspace(Settings.at(tmp_path / "home", media_roots=[tmp_path / "media"], secret="test"))
    yield made
    made.close()


@pytest.fixture
def stranger(workspace):
    return Client(Starlette(routes=server.routes(workspace), middleware=server.middleware(workspace)))


@pytest.fixture
def client(stranger):
    assert stranger.post("/api/identity", {"name": "ada"}).status == 200
    return stranger


@pytest.fixture
def project(workspace):
    return library.create_project(workspace, "Jumps", class_names=["Jump", "Run"]).id


@pytest.fixture
def film(workspace, project, tmp_path):
    """A ready video whose file lies in a media root."""
    folder = tmp_path / "media"
    folder.mkdir()
    path = folder / "jump.mp4"
    path.write_bytes(FILM)
    return add_video(workspace, project, "jump.mp4", path=str(path))


def add_video(workspace, project, name, **values):
    facts = {"status": "ready", "duration": 4_000_000, "is_playable": True, "content_hash": name}
    with workspace.write() as unit:
        return unit.videos.add(project, name, time.time(), **{**facts, **values}).id


# ------------------------------------------------------------------------------------------------------ who may ask


@pytest.mark.parametrize(
    "address", ["/video/1", "/api/videos/1", "/api/videos/1/thumbnail", "/api/jobs", "/api/nowhere"]
)
def test_a_stranger_is_told_to_give_a_name(stranger, address):
    answer = stranger.get(address)
    assert answer.status == 401
    assert "give your name" in answer.error


def test_a_tampered_cookie_is_a_strangers(client, film):
    assert client.get(f"/video/{film}").status == 200
    name, value = next(iter(client.cookies.items()))
    client.cookies[name] = ("x" if value[0] != "x" else "y") + value[1:]
    assert client.get(f"/video/{film}").status == 401


def test_a_cookie_of_another_workspace_is_a_strangers(client, film, tmp_path):
    foreign = Workspace(Settings.at(tmp_path / "other", secret="other"))
    client.cookies["wtal_annotator"] = foreign.signer.dumps("ada")
    foreign.close()
    assert client.get(f"/video/{film}").status == 401


def test_a_name_is_signed_into_a_cookie_scripts_cannot_read(stranger):
    answer = stranger.post("/api/identity", {"name": "  Ada   Lovelace "})
    assert answer.json == {"annotator": "Ada Lovelace"}
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "samesite=lax" in answer.headers["set-cookie"].lower()


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, 7, None, "import"])
def test_a_name_that_cannot_be_used_is_refused_in_words(stranger, name):
    answer = stranger.post("/api/identity", {"name": name})
    assert answer.status == 400
    assert answer.error
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("origin", ["", "http://evil.test", "null", "http://studio.test:81"])
@pytest.mark.parametrize(
    "address", ["/api/identity", "/api/edits", "/api/activity", "/api/uploads?project=1&name=a.mp4"]
)
def test_another_sites_page_cannot_post(client, origin, address):
    answer = client.post(address, {}, origin=origin)
    assert answer.status == 403
    assert "another site" in answer.error


# ------------------------------------------------------------------------------------------------- moving pictures


def test_a_video_is_served_whole_and_in_ranges(client, film):
    whole = client.get(f"/video/{film}")
    assert (whole.status, whole.content) == (200, FILM)
    assert whole.headers["accept-ranges"] == "bytes"
    part = client.get(f"/video/{film}", range="bytes=100-199")
    assert (part.status, part.content) == (206, FILM[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(FILM)}"
    tail = client.get(f"/video/{film}", range="bytes=-10")
    assert tail.content == FILM[-10:]


def test_a_range_past_the_end_is_416(client, film):
    assert client.get(f"/video/{film}", range=f"bytes={len(FILM)}-").status == 416


@pytest.mark.parametrize(
    "video", ["0", "-1", "9999", "1e3", "abc", "٣", "9" * 40, "1%00", "..%2f..%2fetc%2fpasswd", "../1"]
)
@pytest.mark.parametrize(
    "address", ["/video/{}", "/api/videos/{}", "/api/videos/{}/thumbnail", "/api/videos/{}/frames"]
)
def test_a_hostile_or_unknown_id_is_not_there(client, film, video, address):
    answer = client.get(address.format(video))
    assert answer.status == 404
    assert answer.error


def test_a_file_outside_the_media_roots_is_never_served(client, workspace, project, tmp_path):
    secret = tmp_path / "secret.mp4"
    secret.write_bytes(b"not yours")
    outside = add_video(workspace, project, "outside.mp4", path=str(secret))
    assert client.get(f"/video/{outside}").status == 404
    link = tmp_path / "media"
    link.mkdir()
    (link / "link.mp4").symlink_to(secret)
    linked = add_video(workspace, project, "link.mp4", path=str(link / "link.mp4"))
    assert client.get(f"/video/{linked}").status == 404


def test_a_deleted_file_is_said_to_be_gone(client, film, tmp_path):
    (tmp_path / "media" / "jump.mp4").unlink()
    answer = client.get(f"/video/{film}")
    assert answer.status == 404
    assert "is gone" in answer.error


@pytest.mark.parametrize("moment", ["before its size is read", "before it is opened"])
def test_a_file_that_vanishes_during_a_request_is_a_404_and_one_line(
    client, film, tmp_path, monkeypatch, caplog, moment
):
    path = tmp_path / "media" / "jump.mp4"
    if moment == "before its size is read":
        monkeypatch.setattr(media, "_is_servable", lambda *_: path.unlink() is None)
    else:
        monkeypatch.setattr(media.FileResponse, "set_stat_headers", lambda *_: path.unlink())
    answer = client.get(f"/video/{film}")
    assert answer.status == 404
    assert "was deleted" in answer.error
    assert not any(record.exc_info for record in caplog.records)
    assert len(caplog.records) <= 1


def test_pictures_are_served_from_the_workspace(client, workspace, project):
    (workspace.pictures / "a.jpg").write_bytes(b"jpeg")
    video = add_video(workspace, project, "a.mp4", thumbnail_path="pictures/a.jpg")
    answer = client.get(f"/api/videos/{video}/thumbnail")
    assert (answer.status, answer.headers["content-type"], answer.content) == (200, "image/jpeg", b"jpeg")
    assert client.get(f"/api/videos/{video}/strip").status == 404


# ------------------------------------------------------------------------------------------------------- uploads


def test_an_upload_arrives_in_pieces_and_joins_the_library(client, workspace, project, monkeypatch):
    monkeypatch.setattr(uploads, "BLOCK", 1000)
    answer = client.send("POST", f"/api/uploads?project={project}&name=new.mp4", chunks=[FILM[:700], FILM[700:]])
    assert (answer.status, answer.json) == (200, {"name": "new.mp4"})
    assert (workspace.uploads / str(project) / "new.mp4").read_bytes() == FILM
    assert [video.name for video in library.all_videos(workspace, project)] == ["new.mp4"]


def test_a_second_upload_of_a_name_replaces_nothing(client, workspace, project):
    for content in (b"one", b"two"):
        client.send("POST", f"/api/uploads?project={project}&name=a.mp4", chunks=[content])
    folder = workspace.uploads / str(project)
    assert (folder / "a.mp4").read_bytes() == b"one"
    assert (folder / "a (2).mp4").read_bytes() == b"two"


def test_a_broken_upload_leaves_nothing_behind(client, workspace, project):
    answer = client.send("POST", f"/api/uploads?project={project}&name=a.mp4", chunks=[b"half"], breaks=True)
    assert answer.status == 400
    assert list((workspace.uploads / str(project)).iterdir()) == []
    assert library.all_videos(workspace, project) == ()


def test_an_upload_larger_than_the_disk_is_refused_before_it_is_sent(client, project):
    answer = client.send("POST", f"/api/uploads?project={project}&name=a.mp4", headers={"content-length": "9" * 18})
    assert answer.status == 413
    assert "make room" in answer.error


def test_an_upload_into_no_project_is_not_there(client):
    assert client.send("POST", "/api/uploads?project=77&name=a.mp4").status == 404
    assert client.send("POST", "/api/uploads?project=x&name=a.mp4").status == 400


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\films\\a.mp4", "a.mp4"),
        ("a\x00b.mp4", "a_b.mp4"),
        (".hidden.mp4", "hidden.mp4"),
        ("prüfung.mp4", "prüfung.mp4"),
    ],
)
def test_an_uploads_name_never_leaves_its_folder(given, kept):
    assert uploads.file_name(given) == kept


def test_a_long_name_keeps_its_suffix():
    name = uploads.file_name("ü" * 300 + ".mp4")
    assert name.endswith("ü.mp4")
    assert len(name.encode()) <= 200


# --------------------------------------------------------------------------------------------------- everything else


@pytest.mark.parametrize(
    ("text", "status"),
    [("", 400), ("[1]", 400), ("{", 400), ("[" * 100_000, 400), ('{"a": "' + "x" * 5_000_000 + '"}', 413)],
)
def test_a_body_that_is_no_bounded_object_is_refused(client, text, status):
    answer = client.send("POST", "/api/edits", chunks=[text.encode()])
    assert answer.status == status
    assert answer.error


def test_the_root_leads_to_the_library_and_keeps_the_question(stranger):
    answer = stranger.get("/?project=3")
    assert (answer.status, answer.headers["location"]) == (307, "library?project=3")


def test_an_unknown_address_is_answered_by_us_and_not_by_a_page(client):
    assert client.get("/api/secrets").status == 404
    assert client.get("/video/1/2/3").status == 404


def test_a_defect_is_500_and_keeps_its_trace_to_itself(client, monkeypatch):
    monkeypatch.setattr(library, "projects", None)
    monkeypatch.setattr(server.jobs.jobs, "active", lambda *_: {}["/home/ada/secret"])
    answer = client.get("/api/jobs")
    assert answer.status == 500
    assert "secret" not in answer.error


def test_jobs_are_listed_with_what_a_strip_needs(client, workspace, project):
    with workspace.write() as unit:
        unit.jobs.add("train", "short", {"secret": 1}, at=time.time(), project_id=project)
    (job,) = client.get(f"/api/jobs?project={project}").json
    assert (job["kind"], job["lane"], job["status"]) == ("train", "short", "queued")
    assert "payload" not in job
    assert client.get("/api/jobs?project=99").json == []


def test_assets_are_scripts_only_and_kept_for_ever(client):
    client.cookies.clear()  # public: they hold nothing of anybody
    assert client.get("/assets/any/__init__.py").status == 404
    script = next(server.ANNOTATOR.glob("*.js")).name
    assert client.get(f"/assets/any/{script}").headers["cache-control"].endswith("immutable")


def test_the_web_process_does_not_load_torch(tmp_path):
    check = "import sys, app.main; assert 'torch' not in sys.modules and 'cv2' not in sys.modules, 'loaded'"
    environment = {"WTAL_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", check], env=environment, capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr[-2000:]
