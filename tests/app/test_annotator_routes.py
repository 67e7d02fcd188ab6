"""What the annotator asks beside labels: which runs there are by now, and the keys a project changed."""

import time

import pytest
from starlette.applications import Starlette

from app import server
from app.services import library
from tests.app.asgi_client import Client
from tests.db.scene import open_workspace


@pytest.fixture
def workspace(tmp_path):
    made = open_workspace(tmp_path, secret="test")
    yield made
    made.close()


@pytest.fixture
def client(workspace):
    made = Client(Starlette(routes=server.routes(workspace), middleware=server.middleware(workspace)))
    assert made.post("/api/identity", {"name": "ada"}).status == 200
    return made


@pytest.fixture
def project(workspace):
    return library.create_project(workspace, "Jumps", class_names=["Jump", "Run"]).id


@pytest.fixture
def video(workspace, project):
    facts = {"status": "ready", "duration": 4_000_000, "is_playable": True, "content_hash": "jump"}
    with workspace.write() as unit:
        return unit.videos.add(project, "jump.mp4", time.time(), subset="training", **facts).id


def test_a_new_run_is_told_without_opening_the_video_again(client, workspace, project, video):
    assert client.get(f"/api/videos/{video}/runs").json == {
        "hide_model": False,
        "runs": [],
        "run": None,
        "previous_run": None,
        "class_list_version": 1,
        "media": None,
        "media_problem": "there are features but no video; the timeline works without a player",
    }
    for _ in range(2):
        with workspace.write() as unit:
            run = unit.runs.add(project, "mixed", time.time(), status="done", promoted=True).id
            unit.runs.put_prediction(run, video, path="p.npz", n_snippets=4, proposals=[], at=time.time())
    told = client.get(f"/api/videos/{video}/runs").json
    opened = client.get(f"/api/videos/{video}").json
    assert (told["run"], told["previous_run"]) == (run, run - 1)
    assert told == {name: opened[name] for name in told}
    assert client.get("/api/videos/99/runs").status == 404


def test_keys_of_a_project_are_stored_and_told(client, project, video):
    answer = client.post(f"/api/projects/{project}/keys", {"keys": {"play": "P", "loop": "Ctrl+L"}})
    assert answer.json == {"keys": {"play": "P", "loop": "Ctrl+L"}}
    assert client.get(f"/api/videos/{video}").json["keys"] == {"play": "P", "loop": "Ctrl+L"}
    client.post(f"/api/projects/{project}/keys", {"keys": {}})
    assert client.get(f"/api/videos/{video}").json["keys"] == {}


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"play": "1"}, "'1' for play already marks 'Jump'"),
        ({"play": "P", "loop": "p"}, "cannot do both play and loop"),
        ({"play": ""}, "written like Ctrl+Shift+Z"),
        ({"play": 7}, "written like Ctrl+Shift+Z"),
        ({"PLAY!": "P"}, "small letters, digits"),
        (["P"], "an object"),
        ({f"c{i}": str(i) for i in range(201)}, "at most 200"),
    ],
)
def test_keys_that_cannot_be_are_refused_in_words(client, project, video, keys, words):
    answer = client.post(f"/api/projects/{project}/keys", {"keys": keys})
    assert answer.status == 400 and words in answer.error
    assert client.get(f"/api/videos/{video}").json["keys"] == {}


def test_keys_of_no_project_are_not_there(client):
    assert client.post("/api/projects/99/keys", {"keys": {}}).status == 404
    assert client.post("/api/projects/x/keys", {"keys": {}}).status == 404


def test_a_reaction_time_is_kept_for_its_annotator_and_told_when_a_video_is_opened(client, video):
    assert client.get(f"/api/videos/{video}").json["compensation"] == 0
    assert client.post("/api/annotator", {"compensation": 180_000}).json == {"compensation": 180_000}
    assert client.get(f"/api/videos/{video}").json["compensation"] == 180_000
    assert client.post("/api/identity", {"name": "ben"}).status == 200
    assert client.get(f"/api/videos/{video}").json["compensation"] == 0
    for wrong in (-1, 1_000_001, True, "fast", None):
        answer = client.post("/api/annotator", {"compensation": wrong})
        assert answer.status == 400 and "a reaction time is" in answer.error
