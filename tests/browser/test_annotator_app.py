"""The annotator inside the real application: Streamlit around it, the database behind it."""

from __future__ import annotations

import os
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from app import jobs  # noqa: F401 - the background jobs name their services, so they are loaded first
from app.routes.security import COOKIE
from app.services import adding, annotating, identity, library
from app.settings import Settings
from app.workspace import Workspace
from tests.browser.annotator_fixtures import CodedVideo, code_video, constant, hills
from tests.browser.conftest import free_port, page_link, serving
from wtal_core.domain import Proposal, Segment
from wtal_core.features.video import make_strip, probe

CLASSES = ("LongJump", "HighJump")
FRAME = 40_000
OPEN = """(host) => { const bench = host.annotator?.bench;
    return Boolean(bench && bench.stage.video.readyState >= 2 && bench.model.curves); }"""


class App:
    """A tab of the real application with one video open in the annotator."""

    def __init__(self, page: Page, url: str, video: int) -> None:
        self.page, self.url, self.video = page, url, video
        self.host = page.locator(".wtal")
        page.set_default_timeout(60_000)
        self.open()

    def open(self) -> None:
        self.page.goto(f"{self.url}/annotate?video={self.video}")
        self.host.wait_for()
        self.until(OPEN)
        self.host.focus()

    def until(self, condition: str) -> None:
        """Wait for a function of the component's element to be true."""
        deadline = time.monotonic() + 60
        while not self.host.evaluate(condition):
            assert time.monotonic() < deadline, f"never true: {condition}"
            time.sleep(0.05)

    def look(self, expression: str) -> Any:
        return self.host.evaluate(f"(host) => {{ const bench = host.annotator.bench; return {expression}; }}")

    def go(self, frame: int) -> None:
        self.look(f"bench.player.seek({frame})")
        self.until("(host) => host.annotator.bench.player.isSettled")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def saved(self) -> None:
        self.until("(host) => host.annotator.bench.queue.state === 'saved'")


@pytest.fixture(scope="module")
def workspace(base_url: str, environment: dict[str, str]) -> Iterator[Workspace]:
    """The server's own workspace, seen from the test."""
    opened = Workspace(Settings.from_environment(environment))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def film(media: Path) -> CodedVideo:
    return code_video(media / f"coded-{uuid.uuid4().hex[:6]}.mp4", constant(25, 8))


@pytest.fixture
def video(workspace: Workspace, film: CodedVideo) -> int:
    """A project of its own with the film, read, and two runs that predicted it."""
    project = library.create_project(workspace, f"Project {uuid.uuid4().hex[:6]}", class_names=CLASSES).id
    adding.add_videos(workspace, project, [film.path], enqueue=lambda *_: 0)
    [row] = library.all_videos(workspace, project)
    strip = workspace.settings.home / f"strip-{row.id}.jpg"
    times = make_strip(film.path, strip, 12, 54)
    library.record_probe(workspace, row.id, probe(film.path), strip=strip, strip_times=times, strip_size=(96, 54))
    for shift in (0.0, 0.1):
        _predict(workspace, project, row.id, film, shift)
    return row.id


def _predict(workspace: Workspace, project: int, video: int, film: CodedVideo, shift: float) -> None:
    cas = np.stack([hills(50, [0.3 + shift]), hills(50, [0.7])], axis=1).astype(np.float32)
    with workspace.write() as unit:
        run = unit.runs.add(project, "mixed", time.time(), status="done", promoted=True).id
        proposals = [
            Proposal("LongJump", Segment(2_000_000, 3_500_000), 0.9),
            Proposal("HighJump", Segment(5_000_000, 6_000_000), 0.4),
        ]
        unit.runs.put_prediction(run, video, path=f"{run}.npz", n_snippets=50, proposals=proposals, at=time.time())
    edges = np.linspace(film.times[0], film.end, 51).astype(np.int64)
    threshold = np.full(50, 0.4, np.float32)
    np.savez(workspace.runs / f"{run}.npz", cas=cas, threshold=threshold, edges=edges, class_names=np.array(CLASSES))


@pytest.fixture
def tab(browser: Browser, workspace: Workspace) -> Iterator[Callable[[str], Page]]:
    """A window in which ada has given her name; it ends with the test, or server and browser would work for it on."""
    contexts: list[BrowserContext] = []

    def opened(url: str) -> Page:
        contexts.append(browser.new_context(viewport={"width": 1440, "height": 900}))
        contexts[-1].add_cookies([{"name": COOKIE, "value": identity.sign_in(workspace, "ada"), "url": url}])
        return contexts[-1].new_page()

    yield opened
    for context in contexts:
        context.close()


def test_labels_of_all_levels_reach_the_database_and_the_hover_shows_the_stored_floats(
    tab: Callable[[str], Page], workspace: Workspace, base_url: str, video: int, film: CodedVideo
):
    app = App(tab(base_url), base_url, video)
    app.press("Alt+2")
    app.go(10)
    app.press("1", "Alt+3")
    for frame in (20, 30):
        app.go(frame)
        app.press("2")
    app.press("Alt+4")
    for frame in (40, 60):
        app.go(frame)
        app.press("1")
    app.press("Escape", "Enter")
    app.saved()
    opened = annotating.open_video(workspace, video, "ada")
    found = sorted((one["level"], one["clicks"] or [one["start"], one["end"]]) for one in opened["annotations"])
    assert found == [
        ("full", [40 * FRAME, 60 * FRAME]),
        ("full", [2_000_000, 3_500_000]),
        ("one-segment", [10 * FRAME]),
        ("two-segment", [20 * FRAME, 30 * FRAME]),
    ]
    assert opened["level"] == "full" and opened["phi"]["active_seconds"] >= 0

    for share in (0.1, 0.3, 0.45, 0.7, 0.9):
        moment = int(film.times[0] + share * (film.end - film.times[0]))
        box = app.look("bench.timeline.element.getBoundingClientRect().toJSON()")
        lane = app.look("bench.timeline.layout.lanes.find((one) => one.name === 'LongJump')")
        x = box["x"] + app.look(f"bench.timeline.view.x({moment})")
        app.page.mouse.move(x, box["y"] + lane["y"] + lane["height"] / 2)
        time_shown = app.look(f"Math.round(bench.timeline.view.time({x} - {box['x']}))")
        stored = annotating.values(workspace, video, opened["run"], time_shown, "ada")
        line = app.page.locator(f".tooltip div[data-run='{opened['run']}'][data-snippet='{stored['snippet']}']")
        line.wait_for()
        assert float(line.get_attribute("data-cas")) == pytest.approx(stored["cas"]["LongJump"], abs=1e-6)
        assert f"b {stored['threshold']['LongJump']:.6f}".replace("0.", ".") in line.inner_text()

    app.open()
    app.press("Control+z")
    app.saved()
    assert len(annotating.open_video(workspace, video, "ada")["annotations"]) == 3, "undo goes on after a reload"
    app.press("Control+Shift+z")
    app.saved()
    assert len(annotating.open_video(workspace, video, "ada")["annotations"]) == 4


def test_the_player_plays_on_while_streamlit_reruns(tab: Callable[[str], Page], base_url: str, video: int):
    app = App(tab(base_url), base_url, video)
    app.look("(window.playing = bench.stage.video) && null")
    app.press("Tab")
    app.press("Space")
    app.until("(host) => host.annotator.bench.player.index > 60")
    assert app.look("window.playing === bench.stage.video && bench.player.isPlaying")
    app.press("c", "r")
    assert app.page.get_by_role("dialog").count() == 0, "Streamlit's own keys stay out of it"


def test_a_killed_server_loses_no_edit_and_doubles_none(
    tab: Callable[[str], Page], workspace: Workspace, environment: dict[str, str], home: Path, video: int
):
    """kill -9 in the middle of 30 marks; the server comes back on its port; every mark is there once."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with serving(environment, home / "killed.log", port):
        app = App(tab(url), url, video)
        app.press("Alt+2")
        pid = _listener(port)
        for frame in range(30):
            if frame == 15:
                os.kill(pid, signal.SIGKILL)
            app.press("ArrowRight", "1")
    app.until("(host) => host.annotator.bench.queue.state === 'not saved'")
    shown = app.look("bench.annotations.map(({id}) => id).sort()")
    with serving(environment, home / "killed.log", port):
        app.saved()
        _until_reconnected(app)
        app.press("ArrowRight", "1")  # no click in between: the keys are where they were
        app.until("(host) => host.annotator.bench.annotations.length === 31")
        app.press("Control+z")
        app.saved()
    stored = [one["id"] for one in annotating.open_video(workspace, video, "ada")["annotations"]]
    assert sorted(stored) == shown and len(shown) == 30


def _until_reconnected(app: App) -> None:
    """Streamlit's own dialog about the lost server is gone, wherever it has left the focus."""
    deadline = time.monotonic() + 60
    while app.page.locator("[role=dialog], [data-stale=true]").count():
        assert time.monotonic() < deadline, "the page never came back"
        time.sleep(0.1)


def _listener(port: int) -> int:
    """The process that listens on a port of this machine."""
    wanted = f":{port:04X} "
    rows = [
        line.split() for line in Path("/proc/net/tcp").read_text().splitlines() if wanted in line and " 0A " in line
    ]
    sockets = {f"socket:[{row[9]}]" for row in rows}
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if os.readlink(link) in sockets:
                return int(link.parts[2])
        except OSError:
            continue
    raise LookupError(f"nothing listens on {port}")


def test_who_comes_by_the_link_of_the_page_has_its_keys_without_a_click(
    tab: Callable[[str], Page], base_url: str, video: int
):
    app = App(tab(base_url), base_url, video)
    page_link(app.page, "Cost").click()
    app.page.get_by_role("heading", name="Cost").wait_for()
    page_link(app.page, "Annotate").click()
    app.host.wait_for()
    app.until(OPEN)
    app.until("(host) => host.matches(':focus') || host.getRootNode().activeElement === host")


def test_the_mouse_reaches_the_buttons_above_the_video_and_the_menu_of_the_page(
    tab: Callable[[str], Page], base_url: str, video: int
):
    """Streamlit's header lies over the top of the page, empty but for its menu."""
    app = App(tab(base_url), base_url, video)
    app.host.get_by_role("radio", name="Two clicks").click(timeout=5_000)
    app.until("(host) => host.annotator.bench.level === 'two-segment'")
    app.page.get_by_role("button", name="Main menu").click(timeout=5_000)
    app.page.locator("[aria-label='Main menu'][aria-expanded=true]").wait_for(timeout=5_000)
