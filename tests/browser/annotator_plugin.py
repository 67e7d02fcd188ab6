"""Fixtures of the annotator's browser tests; they need no Streamlit and no database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.annotator_fixtures import CodedVideo, Desk, code_video, constant, fake_video, variable
from tests.browser.fake_annotator_server import FakeServer, FakeVideo


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, CodedVideo]:
    """Short films with their frame number in the picture, one for each way in which time can be difficult."""
    folder = tmp_path_factory.mktemp("films")
    ntsc = Fraction(30_000, 1001)
    return {
        "constant": code_video(folder / "constant.mp4", constant(25, 10)),
        "variable": code_video(folder / "variable.mp4", variable(5)),
        "late": code_video(folder / "late.mp4", constant(25, 4, first=Fraction(3, 2))),
        "ntsc": code_video(folder / "ntsc.mp4", constant(ntsc, 4), b_frames=2),
    }


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
