"""kill -9 of the server in the middle of two hundred random edits: nothing acknowledged is lost, nothing is doubled."""

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from pathlib import Path

import pytest

from app.routes.security import COOKIE
from app.services import annotating, identity, library, merging
from app.settings import Settings
from app.workspace import Workspace
from db.state import replay
from tests.browser.conftest import free_port
from tests.db.scene import SECOND, add_video

ROOT = Path(__file__).resolve().parents[2]
N_EDITS = 200
KILLS = 3


class Server:
    """The server's process, killed and started again on the same port."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment, self.port = environment, free_port()
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.app.edit_server", str(self.port)]
        self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment)

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(10)


class Browser:
    """Sends edits in order until they are acknowledged, as the annotator's queue does."""

    def __init__(self, server: Server, cookie: str, video: int) -> None:
        self.server, self.cookie, self.video = server, cookie, video
        self.session, self.sequence = uuid.uuid4().hex, 0
        self.acknowledged: list[dict[str, object]] = []
        self.n_posts = 0

    def post(self, edits: list[dict[str, object]]) -> None:
        message = {"session": self.session, "video": self.video, "sequence": self.sequence, "edits": edits}
        origin = f"127.0.0.1:{self.server.port}"
        headers = {"Cookie": f"{COOKIE}={self.cookie}", "Origin": f"http://{origin}", "Host": origin}
        deadline = time.monotonic() + 120
        while True:
            assert time.monotonic() < deadline, "the server never came back"
            self.n_posts += 1
            connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
            try:
                connection.request("POST", "/api/edits", json.dumps(message), headers)
                response = connection.getresponse()
                answer = json.loads(response.read())
                assert response.status == 200, answer
                break
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)
            finally:
                connection.close()
        assert {*answer["saved"], *(refusal["id"] for refusal in answer["refused"])} == {edit["id"] for edit in edits}
        saved = set(answer["saved"])
        self.acknowledged += [edit for edit in edits if edit["id"] in saved]
        self.sequence = answer["sequence"]


def random_edit(draw: random.Random, marks: list[str], done: list[dict]) -> dict[str, object]:
    """An edit of any kind; some put or delete a mark there is, some undo an earlier put."""
    head = {"id": uuid.UUID(int=draw.getrandbits(128)).hex, "client_time": 0}
    group = {"group": uuid.UUID(int=draw.getrandbits(128)).hex}
    start = draw.randrange(0, 9) * SECOND
    span = {"start": start, "end": start + draw.randrange(1, 10) * SECOND // 10}
    kind = draw.choice(["put", "put", "put", "delete", "undo", "label", "coverage", "complete", "comment"])
    if kind == "delete" and marks:
        return {**head, **group, "kind": "annotation.delete", "annotation_id": draw.choice(marks)}
    if kind == "undo" and done:
        put = done.pop(draw.randrange(len(done)))
        back = {"kind": "annotation.delete", "annotation_id": put["annotation"]["id"], "undoes": put["group"]}
        return {**head, **group, **back}
    if kind == "label":
        return {**head, **group, "kind": "label.set", "label": "run", "present": draw.choice([True, False, None])}
    if kind == "coverage":
        return {**head, **group, "kind": draw.choice(["coverage.add", "coverage.remove"]), "labels": None, **span}
    if kind == "complete":
        return {**head, **group, "kind": "complete.set", "complete": draw.random() < 0.5}
    if kind == "comment":
        return {**head, **group, "kind": "comment.set", "text": str(draw.random())}
    mark = draw.choice(marks) if marks and draw.random() < 0.3 else uuid.UUID(int=draw.getrandbits(128)).hex
    marks.append(mark)
    annotation = {"id": mark, "label": draw.choice(["run", "jump"]), "level": "full", "clicks": [], **span}
    made = {**head, **group, "kind": "annotation.put", "annotation": {**annotation, "model_assisted": False}}
    done.append(made)
    return made


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(1, 20))])
def test_no_acknowledged_edit_is_lost_and_none_is_doubled(tmp_path, seed):
    environment = dict(os.environ) | {"WTAL_HOME": str(tmp_path / "home"), "WTAL_SECRET": "kill"}
    environment |= {"WTAL_MEDIA_ROOTS": str(tmp_path)}
    workspace = Workspace(Settings.from_environment(environment))
    project = library.create_project(workspace, "Killed", class_names=("run", "jump")).id
    video = add_video(workspace, project)
    server = Server(environment)
    browser = Browser(server, identity.sign_in(workspace, "ada"), video)
    draw = random.Random(seed)
    kill_before = sorted(draw.sample(range(10, N_EDITS - 10), KILLS))
    marks: list[str] = []
    done: list[dict] = []
    sent: list[dict[str, object]] = []
    killer = None
    try:
        while len(sent) < N_EDITS:
            batch = [random_edit(draw, marks, done) for _ in range(draw.randrange(1, 6))]
            if kill_before and len(sent) >= kill_before[0]:
                kill_before.pop(0)
                killer = threading.Thread(target=_kill_and_start, args=(server, draw.random() * 0.05))
                killer.start()
            browser.post(batch)
            sent += batch
        if killer:
            killer.join()
    finally:
        server.kill()

    with workspace.read() as unit:
        log = unit.edits.of_video(video)
        state = unit.labels.state(video)
    stored = Counter(event.id for event in log)
    assert max(stored.values()) == 1, "an edit was doubled"
    assert list(stored) == [edit["id"] for edit in browser.acknowledged], "the log is what was acknowledged, in order"
    assert state == replay(log, frozenset()), "the tables are what the log amounts to"
    assert len(stored) > N_EDITS / 2
    shown = annotating.open_video(workspace, video, "ada")
    merging.rebuild(workspace, project)
    again = annotating.open_video(workspace, video, "ada")
    assert all(shown[part] == again[part] for part in ("annotations", "video_labels", "coverage", "comment"))
    workspace.close()


def _kill_and_start(server: Server, after: float) -> None:
    time.sleep(after)
    server.kill()
    server.start()
