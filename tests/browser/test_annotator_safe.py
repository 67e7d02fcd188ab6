"""No edit is lost and none is doubled: crashes, lost answers, refusals, other windows, other videos."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.annotator_fixtures import CodedVideo, Desk, fake_video
from tests.browser.fake_annotator_server import FakeServer

pytest_plugins = ("tests.browser.annotator_plugin",)

FRAME = 40_000


def _state(desk: Desk) -> str:
    return str(desk.look("bench.queue.state"))


def _click(desk: Desk, *frames: int) -> None:
    for frame in frames:
        desk.go(frame)
        desk.press("1")


def _times(desk: Desk) -> list[int]:
    return [one["clicks"][0] // FRAME for one in desk.labels]


def test_edits_outlive_the_server_and_a_reload(desk: Desk):
    """Two marks while the server is up, two while it is dead, a reload, and the server comes back."""
    _click(desk, 10, 20)
    desk.saved()
    desk.server.stop()
    _click(desk, 30, 40)
    desk.page.wait_for_function("() => window.annotator.bench.queue.state === 'not saved'")
    assert "Not saved (2)" in desk.page.locator(".saved").inner_text()
    desk.server.start()
    desk.open(1)
    assert _times(desk) == [10, 20, 30, 40]
    assert len({edit["id"] for edit in desk.server.log[1]}) == len(desk.server.log[1])
    assert desk.page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('wtal:edits'))") == []


def test_edits_are_sent_by_themselves_when_the_server_is_back(desk: Desk):
    desk.server.stop()
    _click(desk, 10, 20, 30)
    desk.page.wait_for_function("() => window.annotator.bench.queue.state === 'not saved'")
    desk.server.start()
    assert _times(desk) == [10, 20, 30]
    assert [edit["annotation"]["clicks"][0] for edit in desk.server.log[1]] == [FRAME * n for n in (10, 20, 30)]


def test_an_answer_that_is_lost_doubles_nothing(desk: Desk):
    desk.server.lose_answers = True
    _click(desk, 10)
    desk.page.wait_for_function("() => window.annotator.bench.queue.state === 'not saved'")
    desk.server.lose_answers = False
    assert _times(desk) == [10]
    assert len(desk.server.received) > 1, "it was sent again"
    assert len(desk.server.log[1]) == 1, "and stored once"


def test_random_edits_through_random_crashes_end_as_the_page_shows_them(desk: Desk):
    """Marks, deletions, undo and redo; the server dies and comes back in between, with answers lost."""
    chance = random.Random(8)
    for step in range(60):
        if step % 12 == 5:
            desk.server.stop()
        if step % 12 == 9:
            desk.server.start()
        desk.server.lose_answers = step % 12 in (2, 3)
        desk.press(chance.choice(["1", "1", "1", "2", "Backspace", "Control+z", "Control+Shift+z", "ArrowRight"]))
    desk.server.lose_answers = False
    desk.page.evaluate("window.annotator.bench.queue.retry()")
    shown = desk.look("bench.annotations.map(({id, clicks}) => [id, clicks[0]]).sort()")
    assert sorted([one["id"], one["clicks"][0]] for one in desk.labels) == shown
    ids = [edit["id"] for edit in desk.server.log[1]]
    assert len(ids) == len(set(ids))
    desk.open(1)
    assert desk.look("bench.annotations.map(({id, clicks}) => [id, clicks[0]]).sort()") == shown


def test_a_refused_edit_is_told_and_taken_back(desk: Desk):
    _click(desk, 10)
    desk.saved()
    desk.server.refuse = {"annotation.put": "the class LongJump was deleted; choose another"}
    _click(desk, 20)
    desk.page.wait_for_function("() => window.annotator.bench.queue.state === 'saved'")
    assert "the class LongJump was deleted" in desk.said
    assert desk.look("bench.annotations.length") == 1
    desk.server.refuse = {}
    desk.press("Control+z")
    assert desk.labels == [], "undo goes to the deed before the refused one"


def test_edits_of_another_window_are_merged_in_and_told(desk: Desk, browser: Browser):
    other = browser.new_context(viewport={"width": 1000, "height": 700})
    theirs = Desk(other.new_page(), desk.server)
    _click(theirs, 50)
    theirs.saved()
    desk.page.evaluate("window.annotator.bench.queue.poll()")
    desk.page.wait_for_function("() => window.annotator.bench.annotations.length === 1")
    assert "Another window changed this video" in desk.said
    _click(desk, 60)
    assert _times(desk) == [50, 60]
    desk.press("Control+z")
    assert _times(desk) == [50], "undo never takes back what another window did"
    other.close()


def test_undo_goes_on_after_a_reload_and_stays_in_its_video(
    films: dict[str, CodedVideo],
    serve: Callable[..., FakeServer],
    screen: Page,
):
    desk = Desk(screen, serve(fake_video(films["constant"], 1), fake_video(films["late"], 2)))
    _click(desk, 10, 20)
    desk.saved()
    desk.open(2)
    desk.press("Control+z")
    assert "Nothing to undo" in desk.said
    desk.open(1)
    desk.press("Control+z")
    assert _times(desk) == [10]


def test_edits_left_from_another_video_are_sent_when_the_next_one_opens(
    films: dict[str, CodedVideo],
    serve: Callable[..., FakeServer],
    screen: Page,
):
    desk = Desk(screen, serve(fake_video(films["constant"], 1), fake_video(films["late"], 2)))
    desk.server.stop()
    _click(desk, 10, 20)
    desk.page.evaluate("window.unmount()")
    desk.server.start()
    desk.open(2)
    desk.page.wait_for_function("() => !Object.keys(localStorage).some((key) => key.startsWith('wtal:edits'))")
    assert [one["clicks"][0] // FRAME for one in desk.server.annotations(1)] == [10, 20]


def test_a_hidden_model_shows_nothing_of_it(
    films: dict[str, CodedVideo],
    serve: Callable[..., FakeServer],
    screen: Page,
):
    video = fake_video(films["constant"])
    video.told["hide_model"] = True
    desk = Desk(screen, serve(video))
    assert desk.look("[bench.model.curves, bench.openProposals.length]") == [None, 0]
    assert "this validation video is not complete" in desk.page.locator(".proposals").inner_text()
    desk.press("Enter")
    assert "No open proposal" in desk.said


def test_without_the_file_the_reason_is_shown_and_labels_still_work(
    films: dict[str, CodedVideo],
    serve: Callable[..., FakeServer],
    screen: Page,
):
    video = fake_video(films["variable"])
    video.path = None
    video.told["media_problem"] = "The proxy is being made; it is ready in a minute."
    desk = Desk(screen, serve(video))
    assert desk.page.locator(".reason").inner_text() == "The proxy is being made; it is ready in a minute."
    desk.press("ArrowRight", "ArrowRight", "1")
    assert [one["clicks"] for one in desk.labels] == [[films["variable"].times[2]]]
    desk.press("Space")
    desk.page.wait_for_function("() => window.annotator.bench.player.index > 6")


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 404, "body": "gone"},
        {"status": 200, "content_type": "video/mp4", "body": b"\0\0\0\x18ftypisom" + bytes(4000)},
    ],
    ids=["file gone", "codec refused"],
)
def test_a_file_that_is_gone_or_refused_is_told_and_the_timeline_works(
    films: dict[str, CodedVideo],
    serve: Callable[..., FakeServer],
    screen: Page,
    answer: dict[str, Any],
):
    video = fake_video(films["constant"])
    video.told["media"] = "/video/404"
    server = serve(video)
    screen.route("**/video/404", lambda route: route.fulfill(**answer))
    screen.goto(f"{server.url}/?video=1")
    screen.wait_for_function("() => window.annotator?.bench?.player.hasPictures === false")
    assert "cannot be played" in screen.locator(".reason").inner_text()
    screen.keyboard.press("ArrowRight")
    assert screen.evaluate("window.annotator.bench.player.index") == 1


def test_a_video_that_cannot_be_opened_says_why_and_offers_another_try(
    films: dict[str, CodedVideo],
    serve: Callable[..., FakeServer],
    screen: Page,
):
    server = serve(fake_video(films["constant"]))
    screen.goto(f"{server.url}/?video=9")
    assert "there is no video 9; go back to the Library" in screen.locator(".opening[role=alert]").inner_text()
    assert screen.locator("button", has_text="Try again").count() == 1


def test_features_without_a_video_can_be_labelled(
    films: dict[str, CodedVideo],
    serve: Callable[..., FakeServer],
    screen: Page,
):
    video = fake_video(films["constant"])
    video.path, video.frame_times = None, []
    desk = Desk(screen, serve(video))
    desk.press("Shift+ArrowRight", "1")
    assert [one["clicks"] for one in desk.labels] == [[1_000_000]]


def test_the_clock_logs_what_the_annotator_does(desk: Desk):
    desk.press("Space")
    desk.page.wait_for_timeout(200)
    desk.press("Space")
    desk.page.evaluate("window.annotator.bench.clockwork.send()")
    desk.page.wait_for_function("() => true")
    desk.page.wait_for_timeout(200)
    kinds = [event["kind"] for event in desk.server.activity]
    assert kinds[0] == "open" and {"loading", "ready", "play", "pause"} <= set(kinds)
    times = [event["monotonic"] for event in desk.server.activity]
    assert times == sorted(times)
    assert all(event["assisted"] and event["level"] == "one-segment" for event in desk.server.activity)
