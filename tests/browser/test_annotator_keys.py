"""Every key of the annotator's table, at every level, in a real browser against a server in memory."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from playwright.sync_api import Page

from tests.browser.annotator_fixtures import CodedVideo, Desk, fake_video
from tests.browser.fake_annotator_server import FakeServer

pytest_plugins = ("tests.browser.annotator_plugin",)

FRAME = 40_000


def test_space_plays_and_pauses(desk: Desk):
    desk.press("Space")
    desk.page.wait_for_function("() => window.annotator.bench.player.index > 4")
    desk.press("Space")
    assert desk.look("bench.player.isPlaying") is False
    assert desk.look("bench.stage.video.paused") is True


def test_arrows_step_by_a_frame_and_by_a_second(desk: Desk):
    """10 seconds at 25 frames a second: a second is 25 frames."""
    desk.go(50)
    for key, frame in (("ArrowRight", 51), ("ArrowLeft", 50), ("Shift+ArrowRight", 75), ("Shift+ArrowLeft", 50)):
        desk.press(key)
        desk.settle()
        assert desk.frame == desk.code == frame


def test_quick_steps_are_not_lost(desk: Desk):
    desk.go(10)
    desk.press(*["ArrowRight"] * 12, *["ArrowLeft"] * 2)
    desk.settle()
    assert desk.frame == desk.code == 20


def test_the_first_and_the_last_frame_are_the_ends(desk: Desk):
    desk.go(0)
    desk.press("ArrowLeft", "Shift+ArrowLeft")
    desk.settle()
    assert desk.frame == desk.code == 0
    desk.go(249)
    desk.press("ArrowRight", "Shift+ArrowRight")
    desk.settle()
    assert desk.frame == desk.code == 249


def test_shuttle_goes_faster_slower_and_stops(desk: Desk):
    desk.go(125)
    rates = []
    for key in ("l", "l", "l", "l", "j", "k", "j", "j", "k"):
        desk.press(key)
        rates.append(desk.look("bench.player.rate"))
    assert rates == [1, 2, 4, 4, 2, 0, -1, -2, 0]


def test_shuttle_runs_backwards(desk: Desk):
    desk.go(125)
    desk.press("j")
    desk.page.wait_for_function("() => window.annotator.bench.player.index < 118")
    desk.press("k")


def test_speed_keys_climb_a_ladder_and_stay_on_it(desk: Desk):
    speeds = []
    for key in (">", ">", "<", "<", "<", "<", "<", "<"):
        desk.press(key)
        speeds.append(desk.look("bench.player.speed"))
    assert speeds == [1.25, 1.5, 1.25, 1, 0.75, 0.5, 0.25, 0.25]


def test_level_video_a_class_key_says_that_it_occurs_and_takes_it_back(desk: Desk):
    desk.press("Alt+1", "1", "2", "2")
    desk.saved()
    assert desk.server.state(1)["video_labels"] == {"LongJump": True}


def test_level_video_done_says_that_the_other_classes_do_not_occur(desk: Desk):
    desk.press("Alt+1", "2", "n")
    desk.saved()
    assert desk.server.state(1)["video_labels"] == {
        "HighJump": True,
        "LongJump": False,
        "PoleVault": False,
        "Shotput": False,
    }


@pytest.mark.parametrize(("answer", "n_absent"), [("Enter", 4), ("Escape", 0)])
def test_level_video_done_asks_before_it_says_that_nothing_occurs_in_a_video_nobody_watched(
    desk: Desk, answer: str, n_absent: int
):
    """One stray key would make four false negatives."""
    desk.press("Alt+1", "n")
    assert "Does none of the classes occur" in desk.page.locator(".ask").inner_text()
    desk.press(answer)
    desk.saved()
    assert list(desk.server.state(1)["video_labels"].values()) == [False] * n_absent


def test_a_class_with_instances_is_not_forgotten_by_a_key(desk: Desk):
    desk.press("Alt+2", "1", "Alt+1", "1")
    assert "LongJump occurs: an instance of it is marked here." in desk.said
    desk.saved()
    assert [edit["kind"] for edit in desk.server.log[1]].count("label.set") == 0


def test_done_keeps_a_video_with_an_open_instance(
    films: dict[str, CodedVideo], serve: Callable[..., FakeServer], screen: Page
):
    first, second = fake_video(films["constant"], 1), fake_video(films["late"], 2)
    first.told["next"] = 2
    desk = Desk(screen, serve(first, second))
    desk.press("Alt+3", "1", "n")
    assert "LongJump is open from 0:00.000: end it, or drop it with" in desk.said
    assert desk.look("bench.info.id") == 1
    desk.press("Escape", "n")
    desk.page.wait_for_function("() => window.annotator.bench?.info.id === 2")


def test_level_one_click_every_press_is_an_instance_at_the_frame_shown(desk: Desk):
    """One action per point, as in BORIS."""
    desk.press("Alt+2")
    for frame in (30, 60):
        desk.go(frame)
        desk.press("1")
    assert [(one["label"], one["level"], one["clicks"]) for one in desk.labels] == [
        ("LongJump", "one-segment", [30 * FRAME]),
        ("LongJump", "one-segment", [60 * FRAME]),
    ]


def test_level_two_clicks_presses_pair_up_and_escape_drops_an_open_one(desk: Desk):
    desk.press("Alt+3")
    desk.go(90)
    desk.press("1")
    desk.press("Escape")
    desk.go(60)
    desk.press("1")
    desk.go(40)
    desk.press("1")
    [one] = desk.labels
    assert (one["level"], one["clicks"], one["start"]) == ("two-segment", [40 * FRAME, 60 * FRAME], None)


def test_two_classes_may_be_open_at_once(desk: Desk):
    desk.press("Alt+3")
    for frame, key in ((20, "1"), (30, "2"), (50, "1"), (70, "2")):
        desk.go(frame)
        desk.press(key)
    assert [(one["label"], one["clicks"]) for one in desk.labels] == [
        ("LongJump", [20 * FRAME, 50 * FRAME]),
        ("HighJump", [30 * FRAME, 70 * FRAME]),
    ]


def test_level_full_a_hold_is_an_instance(desk: Desk):
    """One action: press at the start, release at the end."""
    desk.press("Alt+4")
    desk.go(25)
    desk.page.keyboard.down("1")
    desk.page.keyboard.press("Shift+ArrowRight")
    desk.settle()
    desk.page.wait_for_timeout(260)
    desk.page.keyboard.up("1")
    [one] = desk.labels
    assert (one["level"], one["start"], one["end"], one["clicks"]) == ("full", 25 * FRAME, 50 * FRAME, [])


def test_level_full_two_taps_are_an_instance(desk: Desk):
    desk.press("Alt+4")
    desk.go(25)
    desk.press("1")
    desk.go(60)
    desk.press("1")
    [one] = desk.labels
    assert (one["start"], one["end"]) == (25 * FRAME, 60 * FRAME)


def test_in_out_and_enter_make_an_instance_of_the_current_class(desk: Desk):
    desk.press("Alt+4")
    desk.go(100)
    desk.press("o")
    desk.go(80)
    desk.press("i", "Enter")
    [one] = desk.labels
    assert (one["label"], one["start"], one["end"]) == ("LongJump", 80 * FRAME, 100 * FRAME)
    assert desk.look("bench.openProposals.length") == 3, "Enter was for the marks, not for the proposal"


def test_in_out_and_a_class_key_make_an_instance_of_that_class(desk: Desk):
    desk.press("Alt+4")
    desk.go(80)
    desk.press("i")
    desk.go(100)
    desk.press("o", "p")
    assert [(one["label"], one["end"]) for one in desk.labels] == [("PoleVault", 100 * FRAME)]


def _full(desk: Desk, start: int, end: int) -> None:
    desk.press("Alt+4")
    for frame in (start, end):
        desk.go(frame)
        desk.press("1")


def test_brackets_set_the_edges_to_the_playhead(desk: Desk):
    _full(desk, 50, 100)
    desk.go(40)
    desk.press("[")
    desk.go(110)
    desk.press("]")
    [one] = desk.labels
    assert (one["start"], one["end"]) == (40 * FRAME, 110 * FRAME)


def test_edges_do_not_cross(desk: Desk):
    """The start set past the end stays one frame before it."""
    _full(desk, 50, 100)
    desk.go(200)
    desk.press("[")
    [one] = desk.labels
    assert (one["start"], one["end"]) == (99 * FRAME, 100 * FRAME)


def test_alt_arrows_nudge_the_selected_edge(desk: Desk):
    _full(desk, 50, 100)
    desk.press("Alt+ArrowRight", "Alt+Shift+ArrowRight", "Alt+ArrowLeft")
    [one] = desk.labels
    assert (one["start"], one["end"]) == (60 * FRAME, 100 * FRAME)
    desk.press("]")
    desk.press("Alt+ArrowLeft", "Alt+Shift+ArrowLeft")
    assert desk.labels[0]["start"] == 60 * FRAME


def test_tab_goes_through_instances_and_proposals_in_time(desk: Desk):
    """Proposals start at 1.5, 4.0 and 6.0 s; the label at 3.0 s lies between the first two."""
    desk.press("Alt+2")
    desk.go(75)
    desk.press("1", "Escape")
    desk.go(0)
    seen = []
    for _ in range(4):
        desk.press("Tab")
        desk.settle()
        seen.append((desk.look("bench.selection.type"), desk.frame))
    assert seen == [("proposal", 37), ("annotation", 75), ("proposal", 100), ("proposal", 150)]
    desk.press("Shift+Tab")
    desk.settle()
    assert desk.frame == 100


def test_enter_accepts_a_proposal_with_one_key(desk: Desk):
    desk.press("Enter")
    [one] = desk.labels
    proposal = desk.server.videos[1].runs[6].proposals[0]
    assert (one["label"], one["start"], one["end"]) == ("LongJump", proposal["start"], proposal["end"])
    assert one["model_assisted"] is True
    assert [edit["kind"] for edit in desk.server.log[1]] == ["proposal.accept"]


def test_x_rejects_a_proposal_and_it_is_gone(desk: Desk):
    desk.press("x")
    desk.saved()
    assert [(edit["kind"], edit["proposal_id"]) for edit in desk.server.log[1]] == [("proposal.reject", 11)]
    assert desk.look("bench.openProposals.map((one) => one.id)") == [12, 13]
    desk.open(1)
    assert desk.look("bench.openProposals.map((one) => one.id)") == [12, 13]


def test_shift_enter_accepts_all_above_the_slider(desk: Desk):
    desk.page.evaluate("window.annotator.bench.setThreshold(0.5)")
    desk.press("Shift+Enter")
    assert [one["label"] for one in desk.labels] == ["LongJump", "HighJump"]
    assert len({edit["group"] for edit in desk.server.log[1]}) == 1, "one deed, one undo"
    desk.press("Control+z")
    assert desk.labels == []


def test_a_corrected_proposal_is_accepted_as_corrected(desk: Desk):
    desk.go(0)
    desk.press("Tab")
    desk.go(30)
    desk.press("[")
    [one] = desk.labels
    assert (one["start"], one["model_assisted"]) == (30 * FRAME, True)


def test_shift_space_loops_the_selection(desk: Desk):
    _full(desk, 50, 60)
    desk.press("Shift+Space")
    frames = desk.page.evaluate(
        """async () => { const seen = []; const until = performance.now() + 1200;
            while (performance.now() < until) {
              seen.push(window.annotator.bench.player.index); await new Promise(requestAnimationFrame); }
            return seen; }"""
    )
    desk.press("Shift+Space")
    assert set(frames) <= set(range(50, 63)), "two frames late at most, where the machine is slow"
    rounds = [later for earlier, later in pairwise(frames) if later < earlier]
    assert len(rounds) >= 2 and max(rounds) <= 53, "it came round, to the start"


def test_backspace_deletes_and_undo_and_redo_go_both_ways(desk: Desk):
    desk.press("Alt+2")
    desk.go(30)
    desk.press("1", "Backspace")
    assert desk.labels == []
    desk.press("Control+z")
    assert [one["clicks"] for one in desk.labels] == [[30 * FRAME]]
    desk.press("Control+z")
    assert desk.labels == []
    desk.press("Control+Shift+z")
    assert [one["clicks"] for one in desk.labels] == [[30 * FRAME]]
    desk.press("Control+Shift+z", "Control+Shift+z")
    assert desk.labels == []


def test_done_marks_a_watched_video_complete(desk: Desk):
    desk.press("Alt+4")
    desk.page.evaluate("window.annotator.bench.player.watching.spans.push([0, 9_600_000])")
    desk.page.evaluate("window.unmount()")
    desk.open(1)  # what was watched in an earlier visit counts
    desk.press("n")
    desk.saved()
    assert [edit["kind"] for edit in desk.server.log[1]][-1] == "complete.set"


@pytest.mark.parametrize(("answer", "kinds"), [("Enter", ["complete.set"]), ("Escape", [])])
def test_done_asks_when_little_was_watched(desk: Desk, answer: str, kinds: list[str]):
    desk.press("Alt+4", "n")
    assert "% of this video was on the screen" in desk.page.locator(".ask").inner_text()
    desk.press(answer)
    desk.saved()
    assert [edit["kind"] for edit in desk.server.log[1] if edit["kind"] != "level.set"] == kinds
    assert desk.page.locator(".ask").count() == 0


def test_done_goes_to_the_next_video_and_tells_the_page(
    films: dict[str, CodedVideo], serve: Callable[..., FakeServer], screen: Page
):
    first, second = fake_video(films["constant"], 1), fake_video(films["late"], 2)
    first.told["next"] = 2
    desk = Desk(screen, serve(first, second))
    desk.press("n")
    desk.page.wait_for_function("() => window.annotator.bench?.info.id === 2")
    assert desk.page.evaluate("window.told") == [["video", 2]]
    desk.page.evaluate("window.rerun(1); window.rerun(2)")


def test_zoom_keys_zoom_about_the_playhead_and_fit(desk: Desk):
    desk.go(100)
    desk.press("Control+=", "Control+=")
    assert desk.look("bench.timeline.view.span") == pytest.approx(10e6 / 1.5**2)
    assert desk.look("bench.timeline.view.start < 4e6 && bench.timeline.view.end > 4e6")
    desk.press("Control+-")
    assert desk.look("bench.timeline.view.span") == pytest.approx(10e6 / 1.5)
    desk.press("Control+0")
    assert desk.look("bench.timeline.view.span") == 10e6


def test_the_shortcuts_sheet_shows_every_command_and_closes(desk: Desk):
    desk.press("?")
    text = desk.page.locator("dialog.sheet").inner_text()
    for words in ("play / pause", "accept all above the slider", "done with this video", "PoleVault"):
        assert words in text
    desk.press("Escape")
    desk.page.wait_for_selector("dialog.sheet", state="detached")
    desk.press("ArrowRight")
    desk.settle()
    assert desk.frame == 1, "the keys work again"


def test_slash_finds_a_class_by_typing(desk: Desk):
    desk.press("Alt+2", "/")
    desk.page.keyboard.type("shot")
    desk.press("Enter", "ArrowRight")
    desk.settle()
    assert [one["label"] for one in desk.labels] == ["Shotput"]
    assert desk.frame == 1


def test_keys_the_project_changed_work_and_collisions_are_told(
    films: dict[str, CodedVideo], serve: Callable[..., FakeServer], screen: Page
):
    video = fake_video(films["constant"])
    video.told["keys"] = {"reject": "R", "play": "1"}
    desk = Desk(screen, serve(video))
    assert "1 cannot mark LongJump" in desk.said
    desk.press("r")
    desk.saved()
    assert [edit["kind"] for edit in desk.server.log[1]] == ["proposal.reject"]


def test_no_key_reaches_the_page_around_the_component(desk: Desk):
    desk.page.evaluate("window.heard = []; addEventListener('keydown', (event) => window.heard.push(event.key))")
    desk.press("c", "r", "1", "Tab", "Space", "Space", "?", "Escape")
    assert desk.page.evaluate("window.heard") == []


def test_the_comment_is_kept(desk: Desk):
    desk.press("Alt+c")
    desk.page.keyboard.type("camera shakes, 1 or 2 jumpers?")
    desk.press("Enter")
    desk.saved()
    assert desk.server.state(1)["comment"] == "camera shakes, 1 or 2 jumpers?"
    assert desk.server.annotations(1) == [], "typing marked nothing"


def test_f6_reaches_every_panel_and_escape_comes_back(desk: Desk):
    names = []
    for _ in range(5):
        desk.press("F6")
        names.append(
            desk.look(
                "(({ariaLabel, textContent}) => ariaLabel ?? textContent)(bench.element.getRootNode().activeElement)"
            )
        )
    assert names[0] == "One click" and names[1].startswith("LongJump")
    assert names[2:] == ["Find a class", "Accept above this score", "Comment on this video"]
    desk.press("Escape")
    assert desk.look("bench.element.getRootNode().activeElement.className") == "wtal"


def test_where_the_keyboard_is_can_be_seen(desk: Desk):
    """Each control that Tab reaches from the panels is framed; the annotator itself shows it on the timeline."""
    frame = """() => {
      const active = window.annotator.bench.element.getRootNode().activeElement;
      const shown = active.className === "wtal" ? active.querySelector(".timeline") : active;
      const {outlineStyle, outlineWidth, borderColor} = getComputedStyle(shown);
      const accent = getComputedStyle(window.annotator.bench.timeline.overlay.playhead).backgroundColor;
      const isFramed = outlineStyle !== "none" && parseFloat(outlineWidth) >= 1;
      return [active.ariaLabel ?? active.textContent, isFramed || borderColor === accent];
    }"""
    seen = [desk.page.evaluate(frame)]
    for _ in range(5):
        desk.press("F6")
        seen.append(desk.page.evaluate(frame))
    assert len({name for name, _ in seen}) == 6
    assert all(is_framed for _, is_framed in seen), seen


def test_labels_cost_no_more_actions_than_in_the_fastest_tools(desk: Desk):
    """Key presses that mark, stepping aside: one for a point, two for a pair, one hold or two taps for an instance, one
    to accept (BORIS: one for a point, two for a state; Label Studio: two)."""
    desk.page.evaluate(
        """window.marked = 0; addEventListener("keydown", (event) => {
            if (!event.repeat && (event.key === "1" || event.key === "Enter")) window.marked += 1; }, true)"""
    )

    def actions(level: str, *steps: tuple[int, str]) -> int:
        desk.press(level)
        before, labels = desk.page.evaluate("window.marked"), len(desk.labels)
        for frame, key in steps:
            desk.go(frame)
            desk.press(key)
        assert len(desk.labels) == labels + 1, "these actions made one label"
        return desk.page.evaluate("window.marked") - before

    assert actions("Alt+2", (10, "1")) == 1
    assert actions("Alt+3", (20, "1"), (30, "1")) == 2
    assert actions("Alt+4", (40, "1"), (50, "1")) == 2
    assert actions("Alt+4", (60, "Enter")) == 1
    before, labels = desk.page.evaluate("window.marked"), len(desk.labels)
    desk.go(80)
    desk.page.keyboard.down("1")
    desk.go(90)
    desk.page.wait_for_timeout(300)
    desk.page.keyboard.up("1")
    assert len(desk.labels) == labels + 1 and desk.page.evaluate("window.marked") - before == 1, "one hold"
