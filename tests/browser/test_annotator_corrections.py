"""Correcting what is there already: another class, two instances out of one, spans drawn by hand; and getting about."""

from __future__ import annotations

import pytest

from tests.browser.annotator_fixtures import Desk

pytest_plugins = ("tests.browser.annotator_plugin",)

FRAME = 40_000


def _full(desk: Desk, start: int, end: int) -> None:
    """An instance of LongJump by in, out and Enter."""
    desk.press("Alt+4")
    desk.go(start)
    desk.press("i")
    desk.go(end)
    desk.press("o", "1")


def test_shift_and_a_class_key_make_the_selection_that_class(desk: Desk):
    _full(desk, 50, 100)
    desk.press("Shift+2")
    [one] = desk.labels
    assert (one["label"], one["start"], one["end"]) == ("HighJump", 50 * FRAME, 100 * FRAME)
    desk.press("Shift+P", "Control+z")
    assert [one["label"] for one in desk.labels] == ["HighJump"]
    desk.press("Escape", "Shift+2")
    assert "Nothing is selected that could become HighJump" in desk.said


def test_a_proposal_of_the_wrong_class_is_accepted_as_the_right_one(desk: Desk):
    """The best proposal is LongJump from 1.5 s to 2.5 s; a person says it is PoleVault."""
    desk.press("Tab", "Shift+P")
    [one] = desk.labels
    assert (one["label"], one["start"], one["end"]) == ("PoleVault", 1_500_000, 2_500_000)
    assert 11 not in desk.look("bench.openProposals.map(({ id }) => id)")


def test_the_palette_and_the_search_relabel_as_well(desk: Desk):
    _full(desk, 50, 100)
    desk.page.locator("[data-class=HighJump]").click(modifiers=["Shift"])
    assert [one["label"] for one in desk.labels] == ["HighJump"]
    desk.press("/")
    desk.page.keyboard.type("shot")
    desk.press("Shift+Enter")
    assert [one["label"] for one in desk.labels] == ["Shotput"]


def test_that_a_class_does_not_occur_is_said_by_the_keyboard_too(desk: Desk):
    desk.page.locator("[data-class=HighJump]").focus()
    desk.press("Alt+Enter")
    desk.saved()
    assert desk.look("bench.labels.shown.labels.get('HighJump')") is False


def test_an_instance_is_split_at_the_playhead_and_put_together_by_one_undo(desk: Desk):
    _full(desk, 50, 100)
    desk.go(70)
    desk.press("Shift+S")
    assert [(one["start"] // FRAME, one["end"] // FRAME) for one in desk.labels] == [(50, 70), (70, 100)]
    desk.press("Control+z")
    assert [(one["start"] // FRAME, one["end"] // FRAME) for one in desk.labels] == [(50, 100)]
    desk.go(120)
    desk.press("Shift+S")
    assert "Nothing to split" in desk.said


@pytest.mark.parametrize(("lane", "name", "label"), [("labels", None, "LongJump"), ("curve", "HighJump", "HighJump")])
def test_a_drag_with_shift_draws_an_instance(desk: Desk, lane: str, name: str | None, label: str):
    desk.press("Alt+4")
    y = desk.y(lane, name)
    desk.page.keyboard.down("Shift")
    desk.page.mouse.move(desk.x(7_000_000), y)
    desk.page.mouse.down()
    desk.page.mouse.move(desk.x(8_000_000), y, steps=5)
    desk.page.mouse.up()
    desk.page.keyboard.up("Shift")
    [one] = desk.labels
    assert one["label"] == label
    assert abs(one["start"] - 7_000_000) <= FRAME
    assert abs(one["end"] - 8_000_000) <= FRAME
    assert one["start"] % FRAME == one["end"] % FRAME == 0


def test_home_end_and_pages_go_far(desk: Desk):
    """Ten seconds are the whole film: ten on from the first frame is the last one."""
    desk.press("End")
    desk.settle()
    assert desk.frame == 249
    desk.press("Home")
    desk.settle()
    assert desk.frame == 0
    desk.press("PageDown")
    desk.settle()
    assert desk.frame == 249
    desk.press("PageUp")
    desk.settle()
    assert desk.frame == 0


@pytest.mark.parametrize(("typed", "frame"), [("0:03.2", 80), ("#123", 123), ("9:59", 249)])
def test_a_time_or_a_frame_is_typed_to_go_there(desk: Desk, typed: str, frame: int):
    desk.press("Alt+t")
    desk.page.keyboard.type(typed)
    desk.press("Enter")
    desk.settle()
    assert (desk.frame, desk.code) == (frame, frame)
    desk.press("ArrowLeft")
    desk.settle()
    assert desk.frame == frame - 1  # the keys are the annotator's again


def test_what_is_no_place_is_told(desk: Desk):
    desk.press("Alt+t")
    desk.page.keyboard.type("half way")
    desk.press("Enter")
    assert "“half way” is no time and no frame" in desk.said


def test_sound_is_switched_off_for_the_videos_to_come(desk: Desk):
    desk.press("Shift+M")
    assert desk.look("bench.stage.video.muted")
    desk.open(1)
    assert desk.look("bench.stage.video.muted")
    desk.press("Shift+M")
    assert not desk.look("bench.stage.video.muted")


def test_a_nudge_by_one_frame_is_seen_in_words(desk: Desk):
    _full(desk, 50, 100)
    desk.press("Alt+ArrowRight")
    assert "0:02.040 – 0:04.000" in desk.said


def test_a_problem_stays_for_its_time_whatever_is_said_meanwhile(desk: Desk):
    desk.page.clock.install()
    desk.open(1)
    desk.page.evaluate("() => window.annotator.bench.say('refused', true)")
    desk.page.evaluate("() => window.annotator.bench.say('a word')")
    desk.page.clock.run_for(6_000)
    assert desk.page.locator(".message[aria-live=polite]").is_hidden()
    assert desk.page.locator(".problem").is_visible()
    desk.page.clock.run_for(7_000)
    assert desk.page.locator(".problem").is_hidden()


def test_a_proposal_that_waits_lies_over_one_that_is_labelled(desk: Desk):
    """Proposal 11 is labelled by hand; a weaker one in its place is what Enter accepts, and so what must be seen."""
    desk.server.videos[1].runs[6].proposals.append(
        {"id": 14, "label": "Shotput", "start": 1_500_000, "end": 2_500_000, "score": 0.5}
    )
    desk.open(1)
    desk.go(37)
    desk.press("Enter", "Control+z", "Alt+4", "i")
    desk.go(63)
    desk.press("o", "1")
    desk.page.wait_for_timeout(100)
    shown = desk.look("bench.timeline.boxes.filter(({ type }) => type === 'proposal').map(({ id }) => id)")
    assert 14 in shown
    assert 11 not in shown
