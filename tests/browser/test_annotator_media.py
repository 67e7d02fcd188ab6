"""Files that come and go while a video is open, and videos that are no films at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.annotator_fixtures import CodedVideo, Desk, fake_video
from tests.browser.fake_annotator_server import FakeServer, FakeVideo

pytest_plugins = ("tests.browser.annotator_plugin",)

LOOK = "() => window.annotator.bench.live.lookAround()"
"""What the page does by itself every ten seconds."""
PROBLEM = "the file is gone; put it back, or remove the video from the project"


def test_a_copy_made_for_the_browser_meanwhile_is_shown_where_the_playhead_stands(
    films: dict[str, CodedVideo], serve: Callable[..., FakeServer], screen: Page
):
    video = fake_video(films["constant"])
    video.told |= {"media": None, "media_problem": "a copy that the browser can play is being made"}
    desk = Desk(screen, serve(video))
    desk.go(100)
    desk.press("1")
    del video.told["media"], video.told["media_problem"]
    desk.page.evaluate(LOOK)
    desk.page.wait_for_function("() => window.annotator.bench.stage.video.readyState >= 2")
    desk.settle()
    assert (desk.frame, desk.code) == (100, 100)
    assert desk.page.locator(".reason").is_hidden()
    desk.press("ArrowRight")
    desk.settle()
    assert (desk.frame, desk.code) == (101, 101)
    assert [one["clicks"] for one in desk.labels] == [[4_000_000]]


def test_a_video_that_is_read_meanwhile_opens_by_itself(
    films: dict[str, CodedVideo], serve: Callable[..., FakeServer], screen: Page
):
    """Until then it has neither times nor a length, which is told without blame and without a ratio to nothing."""
    film = films["constant"]
    video = FakeVideo(1, [], 0)
    video.told = {"media_problem": "the video is still being read; it opens by itself when that is done"}
    desk = Desk(screen, serve(video))
    assert "Nothing can be marked yet" in desk.said
    assert desk.page.locator(".problem").is_hidden()
    assert "φ" not in desk.page.locator(".phi").inner_text()
    video.frame_times, video.end, video.path, video.told = list(film.times), film.end, film.path, {}
    desk.page.evaluate(LOOK)
    desk.page.wait_for_function("() => window.annotator.bench?.stage.video.readyState >= 2")
    desk.go(30)
    assert desk.code == 30


def test_a_file_lost_while_open_is_told_in_the_servers_words_and_comes_back(
    films: dict[str, CodedVideo], serve: Callable[..., FakeServer], screen: Page, tmp_path: Path
):
    path = tmp_path / "film.mp4"
    shutil.copy(films["constant"].path, path)
    video = fake_video(films["constant"])
    video.path = path
    desk = Desk(screen, serve(video))
    desk.go(50)
    path.unlink()
    video.told |= {"media": None, "media_problem": PROBLEM}
    desk.page.evaluate("() => { const { video } = window.annotator.bench.stage; video.src += '?again'; }")
    desk.press("Space")
    desk.page.wait_for_function("(words) => window.annotator.bench.stage.reason.textContent === words", arg=PROBLEM)
    shutil.copy(films["constant"].path, path)
    del video.told["media"], video.told["media_problem"]
    desk.page.evaluate(LOOK)
    desk.page.wait_for_function("() => window.annotator.bench.stage.video.readyState >= 2")
    desk.settle()
    assert desk.code == desk.frame
    assert desk.page.locator(".reason").is_hidden()


def test_a_picture_lost_with_the_server_is_back_when_the_server_is(desk: Desk):
    desk.go(50)
    desk.server.stop()
    desk.page.evaluate("() => { const { video } = window.annotator.bench.stage; video.src += '?again'; }")
    desk.page.wait_for_function("() => !window.annotator.bench.player.hasPictures")
    desk.server.start()
    desk.page.wait_for_function("() => window.annotator.bench.info.media === null")
    desk.page.evaluate(LOOK)
    desk.page.wait_for_function("() => window.annotator.bench.stage.video.readyState >= 2")
    desk.settle()
    assert desk.code == desk.frame


def test_a_project_without_classes_says_where_to_name_them(
    films: dict[str, CodedVideo], serve: Callable[..., FakeServer], screen: Page
):
    video = fake_video(films["constant"], with_model=False)
    video.classes = []
    desk = Desk(screen, serve(video))
    assert "No class yet" in desk.page.locator(".palette").inner_text()
    assert desk.page.get_by_label("Find a class").is_hidden()


def test_without_curves_the_picture_has_the_room(
    films: dict[str, CodedVideo], serve: Callable[..., FakeServer], screen: Page
):
    desk = Desk(screen, serve(fake_video(films["constant"], 1), fake_video(films["constant"], 2, with_model=False)))
    height = "() => window.annotator.bench.stage.element.clientHeight"
    with_curves = desk.page.evaluate(height)
    desk.switch(2)
    assert desk.page.evaluate(height) > 1.5 * with_curves
