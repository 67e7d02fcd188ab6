"""Long checks, run by `make soak`: memory while streaming, an hour of playback, two hundred videos, repeated kills."""

from __future__ import annotations

import os
import signal
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from app import jobs  # noqa: F401 - the background jobs name their services, so they are loaded first
from app.routes.security import COOKIE
from app.services import adding, annotating, identity, library
from app.settings import Settings
from app.workspace import Workspace
from tests.browser.annotator_fixtures import Desk, code_video, constant, fake_video
from tests.browser.conftest import free_port, serving
from tests.browser.fake_annotator_server import FakeServer
from tests.browser.test_annotator_app import App, _listener
from wtal_core.features.video import probe

pytest_plugins = ("tests.browser.annotator_plugin",)
pytestmark = pytest.mark.soak

SECONDS = int(os.environ.get("WTAL_SOAK_SECONDS", "3600"))
"""Playback; shorter to try the test itself."""
MEGABYTE = 1 << 20


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    environment = {"WTAL_HOME": str(tmp_path / "home"), "WTAL_MEDIA_ROOTS": str(tmp_path), "WTAL_SECRET": "soak"}
    opened = Workspace(Settings.from_environment(environment))
    yield opened
    opened.close()


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return dict(os.environ) | {
        "WTAL_HOME": str(tmp_path / "home"),
        "WTAL_MEDIA_ROOTS": str(tmp_path),
        "WTAL_SECRET": "soak",
    }


def film_of(workspace: Workspace, path: Path, seconds: float = 8) -> int:
    """A project of its own with one film in it, read."""
    code_video(path, constant(25, seconds))
    project = library.create_project(workspace, f"Soak {uuid.uuid4().hex[:6]}", class_names=("Jump",)).id
    adding.add_videos(workspace, project, [path], enqueue=lambda *_: 0)
    [row] = library.all_videos(workspace, project)
    library.record_probe(workspace, row.id, probe(path))
    return row.id


def resident(pid: int) -> float:
    """Megabytes of memory a process holds."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    return int(fields["VmRSS"].split()[0]) / 1024


def test_four_clients_stream_half_a_gigabyte_in_little_memory(
    workspace: Workspace, environment: dict[str, str], tmp_path: Path
):
    """Less than 150 MB above idle: a file is never held, only the block under way."""
    path = tmp_path / "large.mp4"
    video = film_of(workspace, path)
    os.truncate(path, 500 * MEGABYTE)  # the tail is padding no player reads, but the server must send it
    cookie = f"{COOKIE}={identity.sign_in(workspace, 'ada')}"
    port = free_port()
    peak = 0.0
    with serving(environment, tmp_path / "web.log", port) as url:
        pid = _listener(port)

        def stream() -> None:
            for first in range(0, 500, 4):
                span = f"bytes={first * MEGABYTE}-{(first + 4) * MEGABYTE - 1}"
                request = urllib.request.Request(f"{url}/video/{video}", headers={"Cookie": cookie, "Range": span})
                with urllib.request.urlopen(request, timeout=60) as answer:
                    assert answer.status == 206
                    assert len(answer.read()) == 4 * MEGABYTE

        urllib.request.urlopen(f"{url}/_stcore/health", timeout=10)
        idle = resident(pid)
        clients = [threading.Thread(target=stream) for _ in range(4)]
        for client in clients:
            client.start()
        while any(client.is_alive() for client in clients):
            peak = max(peak, resident(pid))
            time.sleep(0.05)
    print(f"idle {idle:.0f} MB, peak {peak:.0f} MB")
    assert peak - idle < 150


@dataclass(frozen=True)
class Held:
    """What a page holds: JavaScript after a collection, the browser's renderer (both MB), and nodes of the document."""

    heap: float
    renderer: float
    nodes: int

    def __str__(self) -> str:
        return f"heap {self.heap:.1f} MB, renderer {self.renderer:.0f} MB, {self.nodes} nodes"


def held(page: Page, browser: Browser) -> Held:
    """Ask the browser's own tools, after a garbage collection."""
    client = page.context.new_cdp_session(page)
    client.send("HeapProfiler.collectGarbage")
    heap = client.send("Runtime.getHeapUsage")["usedSize"] / MEGABYTE
    nodes = client.send("Memory.getDOMCounters")["nodes"]
    client.detach()
    processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    return Held(heap, sum(resident(one["id"]) for one in processes if one["type"] == "renderer"), nodes)


def test_an_hour_of_playback_stays_exact_and_small(
    serve: Callable[..., FakeServer], screen: Page, browser: Browser, tmp_path: Path
):
    """Once a minute playback pauses: the picture is the frame the readout names, and memory has not crept up.

    Labels are made as it plays, one a minute at the frame on the screen, and each is stored at that frame's time.
    """
    film = code_video(tmp_path / "long.mp4", constant(25, 160))
    desk = Desk(screen, serve(fake_video(film)))
    began, before, lines = time.monotonic(), None, []
    marked: dict[int, int] = {}
    while time.monotonic() - began < SECONDS:
        desk.go(len(marked))
        desk.press("Space")
        time.sleep(min(60, SECONDS / 3))
        desk.press("Space")
        desk.settle()
        desk.page.wait_for_timeout(150)
        assert desk.frame == desk.code
        desk.press("1")
        marked[len(marked)] = film.times[desk.code]
        now = held(screen, browser)
        lines.append(f"{(time.monotonic() - began) / 60:5.1f} min: {now}")
        before = before or now
        assert now.heap - before.heap < 10, "\n".join(lines)
        assert now.renderer - before.renderer < 100, "\n".join(lines)
    print("\n".join([lines[0], *lines[9::10], lines[-1]]), f"\n{len(marked)} pauses and marks, each exact")
    assert sorted(one["clicks"][0] for one in desk.labels) == sorted(marked.values())


def test_two_hundred_videos_one_after_the_other_leave_nothing_behind(
    serve: Callable[..., FakeServer], screen: Page, browser: Browser, tmp_path: Path
):
    """Half of the switches load the page anew, half go on in the page that stands, as next and previous do."""
    film = code_video(tmp_path / "film.mp4", constant(25, 4))
    n_videos = 200 if SECONDS >= 3600 else 20
    desk = Desk(screen, serve(*(fake_video(film, number) for number in range(1, n_videos + 1))))
    before = lines = None
    for number in range(1, n_videos + 1):
        if number % 2:
            desk.open(number)
        else:
            desk.switch(number)
        if number == 6:
            before, lines = held(screen, browser), []
        if before and number % 20 == 0:
            lines.append(f"{number:4d} videos: {held(screen, browser)}")
    now = held(screen, browser)
    print(f"   6 videos: {before}", *lines, sep="\n")
    # The browser's own caches grow by about half a megabyte a video; what the page itself holds must not grow.
    assert now.heap - before.heap < 5 and now.nodes - before.nodes < 100, "\n".join(lines)
    assert now.renderer - before.renderer < 200, "\n".join(lines)


@pytest.mark.parametrize("round_", range(5))
def test_a_server_killed_again_and_again_loses_no_mark(
    browser: Browser, workspace: Workspace, environment: dict[str, str], tmp_path: Path, round_: int
):
    """Two hundred marks, the web process killed in the middle of every fifty: each mark is stored once."""
    video = film_of(workspace, tmp_path / "film.mp4", 10)
    context = browser.new_context()
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    context.add_cookies([{"name": COOKIE, "value": identity.sign_in(workspace, "ada"), "url": url}])
    app = None
    for part in range(4):
        with serving(environment, tmp_path / "web.log", port):
            app = app or _desk(context.new_page(), url, video)
            app.saved()
            app.host.focus()  # Streamlit's notice of the lost connection takes it
            pid = _listener(port)
            for mark in range(50):
                if mark == 10 + 7 * part + round_:
                    os.kill(pid, signal.SIGKILL)
                app.press("ArrowRight", "1")
    with serving(environment, tmp_path / "web.log", port):
        app.saved()
    shown = app.look("bench.annotations.map(({id}) => id).sort()")
    stored = [one["id"] for one in annotating.open_video(workspace, video, "ada")["annotations"]]
    context.close()
    assert sorted(stored) == shown
    assert len(shown) == 200


class _Plain(App):
    """A video no model has seen."""

    def open(self) -> None:
        self.page.goto(f"{self.url}/annotate?video={self.video}")
        self.host.wait_for()
        self.until("(host) => Boolean(host.annotator?.bench?.stage.video.readyState >= 2)")
        self.host.focus()


def _desk(page: Page, url: str, video: int) -> App:
    app = _Plain(page, url, video)
    app.press("Alt+2")
    return app
