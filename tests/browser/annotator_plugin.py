"""Fixtures of the annotator's browser tests; they need no Streamlit and no database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.annotator_fixtures import CodedVideo, Desk, code_video, constant, dropped, fake_video, variable
from tests.browser.fake_annotator_server import FakeServer, FakeVideo

NTSC, CINEMA, SIXTY = Fraction(30_000, 1001), Fraction(24_000, 1001), Fraction(60_000, 1001)
MADE: Mapping[str, Callable[[Path], CodedVideo]] = {
    "constant": lambda path: code_video(path, constant(25, 10)),
    "variable": lambda path: code_video(path, variable(5)),
    "late": lambda path: code_video(path, constant(25, 4, first=Fraction(3, 2))),
    "ntsc": lambda path: code_video(path, constant(NTSC, 4), b_frames=2),
    "cinema": lambda path: code_video(path, constant(CINEMA, 4), b_frames=2),
    "sixty": lambda path: code_video(path, constant(SIXTY, 3)),
    "dropped": lambda path: code_video(path, dropped(5)),
    "cut": lambda path: code_video(path, [tick - 36_000 for tick in constant(25, 4)], b_frames=2),
    "sound first": lambda path: code_video(path, constant(25, 4, first=Fraction(6, 5)), sound=5.2),
}
"""Each way in which time can be difficult: see the table in docs/exactness.md."""


class Films(dict[str, CodedVideo]):
    """Short films with their frame number in the picture, each made when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def __missing__(self, name: str) -> CodedVideo:
        self[name] = MADE[name](self._folder / f"{name}.mp4")
        return self[name]


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, CodedVideo]:
    """The films of :data:`MADE`."""
    return Films(tmp_path_factory.mktemp("films"))


@pytest.fixture
def serve() -> Iterator[Callable[..., FakeServer]]:
    """Start servers of these videos; they end with the test."""
    servers: list[FakeServer] = []

    def start(*videos: FakeVideo) -> FakeServer:
        servers.append(FakeServer(list(videos)))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def screen(browser: Browser) -> Iterator[Page]:
    """A window of 1440 x 900 of its own, without the application's server."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    context.close()
    assert problems == []


@pytest.fixture
def desk(films: dict[str, CodedVideo], serve: Callable[..., FakeServer], screen: Page) -> Desk:
    """The constant film, ten seconds at 25 frames a second, with two runs and three proposals."""
    return Desk(screen, serve(fake_video(films["constant"])))
