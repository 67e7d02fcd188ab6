"""What the timeline shows is what is stored, and what the pointer does to it."""

import json
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from tests.browser.annotator_fixtures import CodedVideo, Desk, fake_video
from tests.browser.fake_annotator_server import FakeServer

pytest_plugins = ("tests.browser.annotator_plugin",)

FRAME = 40_000


def _drag(desk: Desk, x0: float, x1: float, y: float, steps: int = 4) -> None:
    desk.page.mouse.move(x0, y)
    desk.page.mouse.down()
    desk.page.mouse.move(x1, y, steps=steps)
    desk.page.mouse.up()


def test_hover_values_are_the_stored_floats(desk: Desk):
    """Five places on two classes: CAS and threshold of the run shown, CAS of the one before, to 1e-6."""
    new, old = desk.server.videos[1].runs[6], desk.server.videos[1].runs[5]
    for share in (0.05, 0.21, 0.5, 0.66, 0.97):
        for i, name in enumerate(("LongJump", "HighJump")):
            time = share * 10e6
            desk.page.mouse.move(desk.x(time), desk.y("curve", name))
            line = desk.page.locator(".tooltip div[data-cas]")
            line.nth(1).wait_for()
            t = int(np.searchsorted(new.edges, time, side="right") - 1)
            desk.page.wait_for_function(
                "(t) => { const root = window.annotator.host.getRootNode();"
                " return root.querySelector('.tooltip div').dataset.snippet === t }",
                arg=str(t),
            )
            cas, threshold = (float(word.replace("s ", "").replace("b ", "")) for word in _numbers(line.nth(0)))
            assert cas == pytest.approx(float(new.cas[t, i]), abs=1e-6)
            assert threshold == pytest.approx(float(new.threshold[t]), abs=1e-6)
            assert float(line.nth(1).get_attribute("data-cas")) == float(old.cas[t, i])


def _numbers(line) -> list[str]:
    """`0:02.10  s .874213  b .287001  gate 1.00`: what is written after s and b."""
    words = [word for word in line.inner_text().split("  ") if word]
    return [word for word in words if word.startswith(("s ", "b "))]


def test_the_curves_drawn_are_the_curves_stored(desk: Desk):
    """Bytes restored from differences: within half a step of the float."""
    run = desk.server.videos[1].runs[6]
    rows = np.array(desk.look("[...bench.model.curves.bytes]"), float).reshape(5, -1)
    low, high = desk.look("[bench.model.curves.low, bench.model.curves.high]")
    wanted = np.vstack([run.cas.T, run.threshold])
    assert np.abs(low + rows / 255 * (high - low) - wanted).max() <= (high - low) / 510 + 1e-6


def test_pulling_a_side_of_a_click_makes_a_boundary_of_it(desk: Desk):
    """The picture follows the edge, and the edge lies on a frame border."""
    desk.go(100)
    desk.press("1", "Alt+4")
    y = desk.y("labels", share=0.3)
    _drag(desk, desk.x(4e6) + 9, desk.x(5.3e6), y)
    [one] = desk.labels
    assert (one["level"], one["start"], one["clicks"]) == ("full", 100 * FRAME, [])
    assert one["end"] % FRAME == 0 and abs(one["end"] - 5.3e6) < 0.1e6
    desk.settle()
    assert desk.frame == one["end"] // FRAME - 1 == desk.code
    _drag(desk, desk.x(4e6), desk.x(3e6), y)
    assert abs(desk.labels[0]["start"] - 3e6) < 0.1e6
    desk.press("Control+z", "Control+z")
    assert [(one["level"], one["clicks"]) for one in desk.labels] == [("one-segment", [100 * FRAME])]


def test_at_two_clicks_pulling_a_click_makes_two(desk: Desk):
    desk.go(100)
    desk.press("1", "Alt+3")
    _drag(desk, desk.x(4e6) - 9, desk.x(3e6), desk.y("labels", share=0.3))
    [one] = desk.labels
    assert one["level"] == "two-segment"
    assert one["clicks"][1] == 100 * FRAME and abs(one["clicks"][0] - 3e6) < 0.1e6


def test_a_click_moves_when_it_is_dragged(desk: Desk):
    desk.go(100)
    desk.press("1", "Escape")
    _drag(desk, desk.x(4e6), desk.x(6e6), desk.y("labels", share=0.3))
    [one] = desk.labels
    assert one["level"] == "one-segment" and abs(one["clicks"][0] - 6e6) < 0.1e6


def test_a_click_selects_and_a_double_click_adds(desk: Desk):
    desk.page.mouse.click(desk.x(1.9e6), desk.y("proposals", share=0.5))
    assert desk.look("[bench.selection.type, bench.selection.id]") == ["proposal", 11]
    desk.page.mouse.dblclick(desk.x(8e6), desk.y("labels", share=0.3))
    [one] = desk.labels
    assert one["label"] == "LongJump" and abs(one["clicks"][0] - 8e6) <= FRAME


def test_a_double_click_on_a_curve_takes_the_edges_of_its_gate(desk: Desk):
    """HighJump beats its threshold around 33 % of the video; the edges are those of its snippets, on frame borders."""
    desk.press("Alt+4")
    run = desk.server.videos[1].runs[6]
    desk.page.mouse.dblclick(desk.x(3.3e6), desk.y("curve", "HighJump"))
    on = run.cas[:, 1] > run.threshold
    first = last = int(3.3e6 / 10e6 * 120)
    while on[first - 1]:
        first -= 1
    while on[last + 1]:
        last += 1
    [one] = desk.labels
    assert one["label"] == "HighJump"
    assert abs(one["start"] - run.edges[first]) <= 2 * FRAME + 1e6 / 12
    assert abs(one["end"] - run.edges[last + 1]) <= 2 * FRAME + 1e6 / 12


def test_a_double_click_accepts_a_proposal(desk: Desk):
    desk.page.mouse.dblclick(desk.x(6.5e6), desk.y("proposals", share=0.5))
    assert [one["label"] for one in desk.labels] == ["HighJump"]


def test_the_wheel_zooms_where_the_pointer_is_and_a_drag_pans(desk: Desk):
    x, y = round(desk.x(7e6)), desk.y("curve", "LongJump")  # pointer events come in whole pixels
    time = desk.look(f"bench.timeline.view.time({x} - bench.timeline.element.getBoundingClientRect().left)")
    desk.page.mouse.move(x, y)
    desk.page.mouse.wheel(0, -600)
    desk.page.wait_for_function("() => window.annotator.bench.timeline.view.span < 5e6")
    assert desk.x(time) == pytest.approx(x, abs=0.5), "the time under the pointer stays there"
    _drag(desk, x, x - 200, y)
    assert desk.x(time) == pytest.approx(x - 200, abs=0.5)
    start = desk.look("bench.timeline.view.start")
    desk.page.mouse.wheel(-100, 0)
    desk.page.wait_for_function("(start) => window.annotator.bench.timeline.view.start < start", arg=start)


def test_the_minimap_moves_the_window_and_the_axis_seeks(desk: Desk):
    desk.press("Control+=", "Control+=", "Control+=", "Control+=")
    box = desk.page.locator(".timeline").bounding_box()
    desk.page.mouse.click(box["x"] + 0.97 * box["width"], desk.y("minimap", share=0.5))
    assert desk.look("bench.timeline.view.end") == 10e6
    desk.page.mouse.click(desk.x(9.5e6), desk.y("axis", share=0.5))
    desk.settle()
    assert abs(desk.time - 9.5e6) <= FRAME and desk.code == desk.frame


def test_painting_the_coverage_says_what_was_checked(desk: Desk):
    y = desk.page.evaluate(
        "() => { const t = window.annotator.bench.timeline;"
        " const lane = t.layout.lanes.find((one) => one.kind === 'labels');"
        " return t.element.getBoundingClientRect().top + lane.y + lane.height - 10 }"
    )
    _drag(desk, desk.x(1e6), desk.x(4e6), y)
    desk.saved()
    [edit] = desk.server.log[1]
    assert (edit["kind"], edit["labels"]) == ("coverage.add", None)
    assert abs(edit["start"] - 1e6) < 0.1e6 and abs(edit["end"] - 4e6) < 0.1e6
    desk.press("Control+z")
    desk.saved()
    assert {edit["kind"] for edit in desk.server.log[1][1:]} == {"coverage.remove"}


def test_unknown_time_looks_unlike_checked_time(desk: Desk):
    """Pixels of the coverage lane: hatched where nobody looked, one flat colour where somebody did."""
    desk.page.evaluate("window.annotator.bench.deeds.cover([0, 5_000_000], true)")
    desk.page.wait_for_timeout(100)
    checked, unknown = (
        desk.page.evaluate(
            """(time) => { const t = window.annotator.bench.timeline;
            const lane = t.layout.lanes.find((one) => one.kind === "labels"); const scale = devicePixelRatio;
            const [x, y] = [t.view.x(time) * scale, (lane.y + lane.height - 15) * scale];
            const {data} = t.marks.getContext("2d").getImageData(x, y, 60, 8);
            const seen = new Set();
            for (let i = 0; i < data.length; i += 4) seen.add(data.slice(i, i + 4).join());
            return seen.size; }""",
            time,
        )
        for time in (2e6, 7e6)
    )
    assert checked == 1 and unknown > 3


def test_touch_marks_and_drags(films: dict[str, CodedVideo], serve: Callable[..., FakeServer], browser: Browser):
    context = browser.new_context(viewport={"width": 1180, "height": 820}, has_touch=True)
    desk = Desk(context.new_page(), serve(fake_video(films["constant"])))
    desk.go(100)
    desk.page.locator("[data-class=HighJump]").tap()
    desk.saved()
    assert [one["label"] for one in desk.labels] == ["HighJump"]
    client = context.new_cdp_session(desk.page)
    desk.press("Alt+4")
    x, y = desk.x(4e6) + 9, desk.y("labels", share=0.3)
    for kind, points in (("Start", [x]), ("Move", [x + 40]), ("Move", [x + 90]), ("End", [])):
        client.send(
            "Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": [{"x": at, "y": y} for at in points]}
        )
    [one] = desk.labels
    assert one["level"] == "full" and one["end"] > 4.3e6
    context.close()


def test_the_mouse_leaves_the_keyboard_on_the_annotator(desk: Desk):
    desk.page.locator("[data-level=full]").click()
    desk.page.locator("[data-class=Shotput]").click()
    desk.press("Space")
    assert desk.look("bench.player.isPlaying"), "Space plays; it does not press the button that was clicked"


def test_everything_has_a_name_for_a_screen_reader(desk: Desk):
    nameless = desk.page.evaluate(
        """() => [...window.annotator.host.querySelectorAll("button, input, textarea, video, [role]")].filter((one) =>
            !["option", "status", "alert"].includes(one.getAttribute("role"))
            && !(one.getAttribute("aria-label") || one.textContent.trim() || one.title)).map((one) => one.outerHTML)"""
    )
    assert nameless == []
    assert desk.page.get_by_role("radio", name="Two clicks").count() == 1
    assert desk.page.get_by_role("listbox", name="Proposals").get_by_role("option").count() == 3
    desk.press("1")
    assert "LongJump: one · 0:00.000" in desk.page.locator(".message[aria-live=polite]").inner_text()


def test_a_screen_reader_is_told_what_tab_has_chosen_and_what_the_timeline_holds(desk: Desk):
    """The first proposal, of LongJump, starts at 1.5 s; before the press there are three, no label and two curves."""
    timeline = desk.page.locator(".timeline")
    assert "0 labels, 3 open proposals" in timeline.get_attribute("aria-description")
    desk.press("Tab")
    assert "Proposal LongJump" in desk.page.locator(".unseen[aria-live=polite]").inner_text()
    assert "0:01.500" in desk.page.locator(".unseen[aria-live=polite]").inner_text()
    desk.press("Enter")
    assert "1 label, 2 open proposals" in timeline.get_attribute("aria-description")


def test_fingers_find_targets_of_24_pixels(
    films: dict[str, CodedVideo], serve: Callable[..., FakeServer], browser: Browser
):
    context = browser.new_context(viewport={"width": 1280, "height": 800}, has_touch=True)
    desk = Desk(context.new_page(), serve(fake_video(films["constant"])))
    small = desk.page.evaluate(
        """() => [...window.annotator.host.querySelectorAll("button, input, [role=option]")].filter((one) =>
            one.offsetParent).map((one) => [one.outerHTML, one.getBoundingClientRect()]).filter(([, {width, height}]) =>
            Math.min(width, height) < 24).map(([text]) => text)"""
    )
    assert small == []
    context.close()


def test_at_4k_the_type_grows_and_the_pointer_hits_what_it_points_at(
    films: dict[str, CodedVideo], serve: Callable[..., FakeServer], browser: Browser
):
    context = browser.new_context(viewport={"width": 3840, "height": 2160})
    desk = Desk(context.new_page(), serve(fake_video(films["constant"])))
    box = desk.page.locator("[data-class=LongJump]").bounding_box()
    assert box["height"] >= 36, "a row is 24 pixels in a small window"
    where = desk.look(
        "(({left, top}, zoom) => [left + zoom * bench.timeline.view.x(4.02e6), top + zoom * 40])"
        "(bench.timeline.element.getBoundingClientRect(), bench.timeline.element.currentCSSZoom)"
    )
    desk.page.mouse.click(*where)
    desk.settle()
    assert desk.frame == 100
    context.close()


def test_two_hundred_classes_long_and_right_to_left_names_fit(
    films: dict[str, CodedVideo], serve: Callable[..., FakeServer], screen: Page
):
    video = fake_video(films["constant"], with_model=False)
    long = "القفز الطويل من الجري مع الهبوط في حفرة الرمل بعد محاولات كثيرة جدا"
    video.classes = [{"name": long, "colour": "#0072b2", "key": "1", "description": ""}] + [
        {"name": f"An action of quite some length, number {i}", "colour": "#e69f00", "key": "", "description": ""}
        for i in range(199)
    ]
    desk = Desk(screen, serve(video))
    desk.press("1")
    assert [one["label"] for one in desk.labels] == [long]
    widths = desk.page.evaluate(
        "() => { const {host} = window.annotator; return [host.scrollWidth - host.clientWidth,"
        " ...[...host.querySelectorAll('.middle > *')].map((one) => one.scrollWidth - one.clientWidth)] }"
    )
    assert max(widths) <= 0, "nothing sticks out sideways"
    desk.press("/")
    desk.page.keyboard.type("number 123")
    desk.press("Enter")
    assert {one["label"] for one in desk.labels} == {long, "An action of quite some length, number 123"}


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (2560, 1440), (3840, 2160)])
def test_player_and_timeline_are_seen_together(
    films: dict[str, CodedVideo], serve: Callable[..., FakeServer], browser: Browser, width: int, height: int
):
    context = browser.new_context(viewport={"width": width, "height": height})
    desk = Desk(context.new_page(), serve(fake_video(films["constant"])))
    boxes = {name: desk.page.locator(f".{name}").bounding_box() for name in ("stage", "timeline", "keys")}
    assert boxes["keys"]["y"] + boxes["keys"]["height"] <= height
    assert boxes["timeline"]["height"] >= 0.4 * height
    assert boxes["stage"]["height"] >= 190
    lanes = json.loads(desk.page.locator(".timeline").get_attribute("data-lanes"))
    assert [lane["kind"] for lane in lanes][:5] == ["minimap", "axis", "strip", "labels", "proposals"]
    context.close()
