"""Looking through a video: uncertain places, gaps, the grid, a new model; and pasting, changed keys, reaction time."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Page

from tests.browser.annotator_fixtures import CodedVideo, Desk, fake_run, fake_video
from tests.browser.fake_annotator_server import FakeRun, FakeServer, FakeVideo

pytest_plugins = ("tests.browser.annotator_plugin",)

FRAME = 40_000


def _kinds(desk: Desk) -> list[str]:
    desk.saved()
    return [edit["kind"] for edit in desk.server.log[desk.video]]


def _paste(desk: Desk, text: str) -> None:
    desk.page.evaluate(
        """(text) => { const data = new DataTransfer(); data.setData("text/plain", text);
        window.annotator.host.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true})); }""",
        text,
    )


def test_full_stop_goes_from_doubt_to_doubt_and_comma_back(desk: Desk):
    """Most doubtful first; an edge in doubt is chosen, so that the next key corrects it."""
    seen = []
    for _ in range(3):
        desk.press(".")
        desk.settle()
        seen.append(desk.look("[bench.player.time, bench.selection.id, bench.selection.edge]"))
    assert len({tuple(place) for place in seen}) == 3
    assert all(re.match(r"(Does|Is) ", text) for text in [desk.said])
    desk.press(",")
    desk.settle()
    assert desk.look("[bench.player.time, bench.selection.id, bench.selection.edge]") == seen[1]
    time, chosen, edge = seen[0]
    assert chosen in {11, 12, 13} and edge in {"start", "end"}
    proposal = next(one for one in desk.server.videos[1].runs[6].proposals if one["id"] == chosen)
    assert time <= proposal[edge] <= time + FRAME
    desk.press(",")
    desk.settle()
    desk.press("Alt+ArrowRight")
    [one] = desk.labels
    assert abs(one[edge] - proposal[edge]) <= 2 * FRAME and one[edge] % FRAME == 0, "the doubtful edge was nudged"
    desk.press(".", ".", ".", ".")
    assert desk.look("bench.selection.id") != chosen


def test_only_gaps_are_played_and_are_checked_in_one_answer(desk: Desk):
    """Everything but 1.0 to 1.4 s and 9.6 s to the end is checked; playing takes those two, then asks once."""
    desk.page.evaluate(
        "() => { const {deeds} = window.annotator.bench;"
        " deeds.cover([0, 1_000_000], true); deeds.cover([1_400_000, 9_600_000], true) }"
    )
    desk.page.evaluate(
        "() => { const {player} = window.annotator.bench; window.shown = new Set();"
        " const before = player.onPresented;"
        " player.onPresented = () => { window.shown.add(player.index); before(); } }"
    )
    desk.press("Alt+r")
    assert "2 gaps, 0:00.800 long" in desk.said
    desk.page.locator(".ask").wait_for(timeout=20_000)
    shown = sorted(desk.page.evaluate("[...window.shown]"))
    assert all(24 <= index <= 36 or index >= 239 for index in shown), shown
    assert min(shown) <= 30 and max(shown) >= 245
    desk.press("Enter")
    assert _kinds(desk)[-2:] == ["coverage.add", "coverage.add"] and desk.look("bench.isComplete")
    desk.press("Alt+r")
    assert "No gap" in desk.said
    desk.press("Control+z")
    desk.saved()
    assert not desk.look("bench.isComplete"), "both in one step of undo"


def test_the_grid_plays_a_class_and_decides_by_keys(desk: Desk):
    desk.press("Alt+g")
    tiles = desk.page.locator(".tile")
    assert tiles.count() == 2
    desk.page.wait_for_function(
        "() => { const videos = [...window.annotator.host.getRootNode().querySelectorAll('.tile video')];"
        " return videos.length === 2 && videos.every((v) => !v.paused) && videos[0].currentTime >= 1.4"
        " && videos[0].currentTime < 2.7 && videos[1].currentTime >= 3.9 && videos[1].currentTime < 4.7 }"
    )
    assert "LongJump .91, 0:01.500 – 0:02.500: open" in (tiles.nth(0).get_attribute("aria-label") or "")
    desk.press("Enter", "ArrowRight", "x")
    assert _kinds(desk) == ["proposal.accept", "proposal.reject"]
    assert [tiles.nth(i).get_attribute("data-state") for i in (0, 1)] == ["accepted", "rejected"]
    desk.press("x", "ArrowLeft", "x")
    assert [tiles.nth(i).get_attribute("data-state") for i in (0, 1)] == ["rejected", "open"]
    assert desk.labels == [], "rejecting what was accepted takes its label back"
    desk.press("Enter")
    assert [one["label"] for one in desk.labels] == ["LongJump"]
    desk.press("Escape")
    desk.page.wait_for_selector(".tile", state="detached")
    desk.press("ArrowRight")
    desk.settle()
    assert desk.frame == 1, "the keys are back on the annotator"


def test_a_model_that_replaced_another_is_told_and_shown_when_asked(desk: Desk, films: dict[str, CodedVideo]):
    """What is on the screen does not change under the hand: Enter still means run 6 until the annotator asks for 7."""
    desk.press("Alt+3", "1", "Tab")
    video = desk.server.videos[1]
    video.runs[7] = fake_run(films["constant"], 4, shift=0.05)
    video.runs[7].proposals = [{"id": 11, "label": "Shotput", "start": 8_000_000, "end": 9_000_000, "score": 0.9}]
    desk.page.evaluate("window.annotator.bench.live.lookAround()")
    desk.page.wait_for_function("() => window.annotator.bench.model.newer === 7")
    assert "run 7 has replaced run 6" in desk.said and "Alt+M" in desk.said
    assert desk.look("[bench.model.run, bench.openProposals.length, bench.selection.id]") == [6, 3, 11]
    desk.press("Enter")
    desk.press("Alt+m")
    desk.page.wait_for_function("() => window.annotator.bench.model.run === 7")
    assert desk.look("[bench.model.before.run, bench.model.curves.run, bench.marking.open.size]") == [6, 7, 1]
    assert "run 6 is grey" in desk.said
    assert desk.page.locator(".proposals h2").first.inner_text().startswith("PROPOSALS · RUN 7")
    desk.press("Enter")
    desk.saved()
    accepted = [(edit["run"], edit["proposal_id"]) for edit in desk.server.log[1] if edit["kind"] == "proposal.accept"]
    assert accepted == [(6, 11), (7, 11)]
    desk.press("Alt+m")
    assert "No newer model" in desk.said


def test_a_class_list_changed_elsewhere_is_shown_without_opening_the_video_anew(desk: Desk):
    """A class is renamed and one is added while the video is open: palette, keys and labels follow, the place stays."""
    desk.go(40)
    desk.press("Alt+2", "1")
    desk.saved()
    server, video = desk.server, desk.server.videos[1]
    added = {"name": "Hurdles", "colour": "#d55e00", "key": "7", "description": ""}
    video.classes = [{**video.classes[0], "name": "Long jump"}, *video.classes[1:], added]
    for edit in server.log[1]:
        if edit["kind"] == "annotation.put":
            edit["annotation"] = {**edit["annotation"], "label": "Long jump"}
    video.told["class_list_version"] = 2
    desk.page.evaluate("window.annotator.bench.live.lookAround()")
    desk.page.locator("[data-class=Hurdles]").wait_for()
    assert "list of classes was changed" in desk.said
    assert desk.look("bench.annotations.map(({label}) => label)") == ["Long jump"]
    assert desk.frame == 40
    desk.press("7", "1")
    assert [one["label"] for one in desk.labels] == ["Long jump", "Hurdles", "Long jump"]
    desk.press("Control+z", "Control+z", "Control+z")
    assert desk.labels == []


def test_accepting_makes_a_clicked_instance_exact_and_asks_nothing_twice(desk: Desk):
    desk.go(50)
    desk.press("Alt+2", "1")
    [click] = desk.labels
    desk.press("Escape", "Enter")
    [one] = desk.labels
    assert (one["id"], one["level"], one["model_assisted"]) == (click["id"], "full", True)
    desk.press("Control+z")
    assert [label["clicks"] for label in desk.labels] == [[50 * FRAME]]
    desk.press("Alt+4")
    for frame in (150, 174):  # HighJump is proposed from 6.0 to 7.0 s
        desk.go(frame)
        desk.press("2")
    assert 12 not in desk.look("bench.openProposals.map(({id}) => id)"), "drawn by hand already"
    desk.press("Shift+Enter")
    assert [label["label"] for label in desk.labels].count("HighJump") == 1


def test_a_thousand_labels_are_pasted_as_one_step(desk: Desk):
    spans = [(0.04 * (i % 200), 0.04 * (i % 200 + i // 200 + 1)) for i in range(1000)]
    rows = [f"video 1,LongJump,{start:.2f},{end:.2f}" for start, end in spans]
    _paste(desk, "\n".join(["video,label,start,end", *rows]))
    question = desk.page.locator(".ask")
    assert question.inner_text().startswith("Paste 1000 labels?")
    desk.press("Enter")
    desk.saved()
    assert len(desk.labels) == 1000
    assert {edit["group"] for edit in desk.server.log[1]} == {desk.server.log[1][0]["group"]}
    desk.press("Control+z")
    assert desk.labels == []


def test_what_cannot_be_pasted_is_refused_in_words_and_what_is_copied_can(desk: Desk):
    _paste(desk, "hello")
    assert "no column “label”" in desk.said
    _paste(desk, "label,start,end\nLongJump,1,2\nLongJump,3,99")
    assert "line 3: 99 s lies outside the video, which is 10.000 s long" in desk.page.locator(".ask").inner_text()
    desk.press("Enter")
    assert [one["start"] for one in desk.labels] == [1_000_000]
    copied = desk.page.evaluate(
        """() => { const data = new DataTransfer();
        window.annotator.host.dispatchEvent(new ClipboardEvent("copy", {clipboardData: data, bubbles: true}));
        return data.getData("text/plain"); }"""
    )
    assert copied == "video,label,start,end,level,click1,click2\nvideo 1.mp4,LongJump,1,2,full,,"
    _paste(desk, copied)
    assert "1 are here already" in desk.said and len(desk.labels) == 1


def test_keys_are_changed_in_the_sheet_with_conflicts_in_words(desk: Desk):
    desk.press("?")
    sheet = desk.page.locator("dialog.sheet")
    row = sheet.locator("[data-command=loop]")
    for key, words in (("1", "marks LongJump"), ("Control+w", "belongs to the browser"), ("l", "shuttle faster")):
        row.focus()
        desk.press("Enter", key)
        assert words in sheet.locator(".conflict").inner_text()
    desk.press("Enter")  # the button the last warning offers: swap
    desk.page.wait_for_function("() => window.annotator.bench.info.keys.loop === 'L'")
    row.focus()
    desk.press("Enter", "Escape", "Escape")
    desk.page.wait_for_selector("dialog.sheet", state="detached")
    assert desk.server.videos[1].told["keys"] == {"loop": "L", "faster": "Shift+Space"}
    desk.press("Tab", "l")
    assert desk.look("bench.player.looped !== null")
    desk.press("k", "?")
    sheet.get_by_text("Usual keys").click()
    desk.page.wait_for_function("() => Object.keys(window.annotator.bench.info.keys).length === 0")


def test_a_reaction_time_puts_marks_earlier_and_keeps_what_was_pressed(desk: Desk):
    """200 ms at 2x are 400 ms of video: ten frames. A standing picture is marked as it is."""
    desk.press("?")
    field = desk.page.get_by_label("Reaction time in milliseconds")
    field.fill("200")
    field.press("Tab")
    desk.page.wait_for_function("() => window.annotator.bench.compensation === 200_000")
    assert desk.server.compensation == 200_000
    desk.page.get_by_role("button", name="Measure").click()
    for _ in range(5):  # as soon as the button lights up
        desk.page.locator(".lamp[data-lit]").wait_for()
        desk.page.wait_for_timeout(100)
        desk.press("Space")
    desk.page.get_by_text(re.compile("put [0-9]+ ms earlier")).wait_for()
    assert 100 <= desk.server.compensation / 1000 <= 1000
    field.fill("200")
    field.press("Tab")
    desk.page.wait_for_function("() => window.annotator.bench.compensation === 200_000")
    desk.press("Escape")
    desk.page.wait_for_selector("dialog.sheet", state="detached")
    desk.press("Alt+2")
    desk.page.evaluate("() => { const {player} = window.annotator.bench; player.speed = 2; player.play(2) }")
    desk.page.wait_for_function("() => window.annotator.bench.player.index > 40")
    desk.press("1", "k")
    desk.settle()
    desk.press("2")
    moved, still = sorted(desk.labels, key=lambda one: one["label"], reverse=True)
    assert moved["compensation"] == 200_000
    assert moved["pressed"][0] - moved["clicks"][0] == 10 * FRAME
    assert "pressed" not in still and still["clicks"] == [desk.time]


def test_what_goes_wrong_is_said_and_the_keyboard_is_never_lost(desk: Desk):
    desk.press("q")
    assert desk.said.startswith("Q is no key here; ? shows them all.")
    desk.press("Alt+2", "1")
    row = desk.page.locator(".labels [role=option]")
    assert row.get_attribute("aria-selected") == "true"
    desk.press("Control+z")
    assert "LongJump one · 0:00.000 is gone" in desk.said
    desk.page.evaluate("window.annotator.host.blur()")
    desk.press("ArrowRight")
    desk.settle()
    desk.press("1")
    assert desk.frame == 1 and [one["clicks"] for one in desk.labels] == [[FRAME]], "nothing had the focus"
    desk.page.evaluate(
        "() => { const real = Date.now; Date.now = () => real() - 7_200_000;"
        " window.annotator.bench.live.lookAtTheClock() }"
    )
    assert "clock jumped back by 120 min" in desk.said
    desk.page.locator("[data-class=LongJump]").hover()
    assert "Run-up, take-off" in desk.page.locator(".card").inner_text()


def test_the_playhead_moves_without_drawing_anything(desk: Desk):
    """A frame of a playing video costs one transform; the canvases are drawn when the view or a label changes."""
    desk.page.evaluate("() => new Promise((done) => setTimeout(done, 200))")
    drawn, x = desk.look("[bench.timeline.drawn.length, bench.timeline.overlay.playhead.getBoundingClientRect().x]")
    desk.press("Space")
    desk.page.wait_for_function("() => window.annotator.bench.player.index > 30")
    desk.press("Space")
    desk.settle()
    left, at, width = desk.look(
        "[bench.timeline.element.getBoundingClientRect().left + 1, bench.timeline.view.x(bench.player.time),"
        " bench.timeline.overlay.playhead.getBoundingClientRect().x]"
    )
    assert desk.look("bench.timeline.drawn.length") == drawn
    assert width > x and width + 1 == pytest.approx(left + at, abs=1.5)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"media": None, "media_problem": "The file is gone: /films/a.mp4. Put it back."}, "The file is gone"),
        ({"media": None, "media_problem": "The proxy is not ready yet."}, "proxy is not ready"),
        ({"media": "/video/404"}, "cannot be played"),
        ({"duration": 0, "n_frames": 0, "media": None}, "has no duration"),
    ],
)
def test_a_video_without_pictures_says_why_and_its_timeline_works(
    films: dict[str, CodedVideo],
    serve: Callable[..., FakeServer],
    screen: Page,
    told: dict[str, object],
    words: str,
):
    video = fake_video(films["constant"])
    video.told.update(told)
    server = serve(video, FakeVideo(404, [0], 1))
    screen.goto(f"{server.url}/?video=1")
    screen.get_by_text(words).first.wait_for()
    screen.wait_for_function("() => window.annotator.bench?.model.curves")
    screen.keyboard.press("ArrowRight")
    screen.keyboard.press("Tab")
    assert screen.evaluate("window.annotator.bench.selection.type") == "proposal"


def test_twelve_hours_are_opened_and_walked(serve: Callable[..., FakeServer], screen: Page):
    """43,200 s at 25 frames a second, known by features: a million frames, hours on the axis, doubts seen from near."""
    end = 12 * 3_600_000_000
    video = FakeVideo(1, list(range(0, end, FRAME)), end)
    rng = np.random.default_rng(0)
    edges = np.linspace(0, end, 2001).astype(np.int64).tolist()
    video.runs = {1: FakeRun(rng.random((2000, 4), np.float32), np.full(2000, 0.9, np.float32), edges)}
    video.runs[1].proposals = [
        {"id": 1, "label": "HighJump", "start": end // 2, "end": end // 2 + 60_000_000, "score": 0.5}
    ]
    desk = Desk(screen, serve(video))
    desk.press(".")
    assert desk.look("bench.timeline.view.span") <= 60_000_000
    desk.press("Control+0")
    desk.page.evaluate("window.annotator.bench.player.seekTime(43_199_999_999)")
    assert desk.frame == 1_079_999
    assert desk.page.locator(".readout").inner_text().startswith("11:59:59.960")
