"""The annotation clock against a scripted stop-watch.

The page's time is moved by the test, so that minutes of work, idling and sleep take seconds. What the page logged is
turned into active time by the rule of the application and compared with a stop-watch that a person beside the
annotator would have worked: it runs while they work, and up to the idle cut-off when they stop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.annotator_fixtures import CodedVideo, Desk, fake_video
from tests.browser.fake_annotator_server import FakeServer
from wtal_core.domain import SupervisionLevel, to_seconds
from wtal_core.evaluation.activity import ActivityEvent
from wtal_core.evaluation.cost import active_times

pytest_plugins = ("tests.browser.annotator_plugin",)

CUTOFF = 30.0
VISIBILITY = """(state) => {
  Object.defineProperty(document, "visibilityState", {value: state, configurable: true});
  Object.defineProperty(document, "hidden", {value: state === "hidden", configurable: true});
  document.dispatchEvent(new Event("visibilitychange"));
}"""


class Annotator:
    """A person at one page whose time the test moves, and a stop-watch beside them."""

    def __init__(self, page: Page, server: FakeServer) -> None:
        page.clock.install()
        self.desk = Desk(page, server)
        self.page, self.watch, self.zero = page, 0.0, 0.0
        self.zero = (server.now or 1_000.0) - self.see()

    def see(self) -> float:
        """Seconds on the page's clock, which goes on between two moves of the test; the server's goes with it."""
        self.desk.server.now = self.zero + self.page.evaluate("performance.now() / 1000")
        return self.desk.server.now

    def work(self, seconds: int) -> None:
        """A key every two seconds."""
        for _ in range(seconds // 2):
            self.page.clock.run_for(2_000)
            self.desk.press("ArrowRight")
            self.see()
        self.watch += seconds

    def idle(self, seconds: int) -> None:
        """Nothing at all, then a key."""
        self.page.clock.run_for(1000 * seconds)
        self.desk.press("ArrowRight")
        self.watch += min(seconds, CUTOFF)

    @contextmanager
    def elsewhere(self, seconds: int) -> Iterator[None]:
        """The tab is hidden for so long; a browser lets a hidden page's timers fire once a minute."""
        self.page.evaluate(VISIBILITY, "hidden")
        yield
        self.page.clock.fast_forward(1000 * seconds)
        self.page.evaluate(VISIBILITY, "visible")

    def sleep(self, seconds: int) -> None:
        """The machine sleeps: no timer fires, and on waking the clock has gone on."""
        self.page.clock.fast_forward(1000 * seconds)
        self.desk.press("ArrowRight")
        self.watch += min(seconds, CUTOFF)

    def leave(self) -> None:
        self.page.evaluate("window.unmount()")
        self.page.wait_for_timeout(100)


def active_seconds(server: FakeServer) -> float:
    """What the events a server got amount to."""
    events = [
        ActivityEvent(
            event["session"], event["kind"], event["monotonic"], "1", "ada", SupervisionLevel(event["level"]),
            event["visible"], event["assisted"], received=event["received"],
        )
        for event in server.activity
    ]  # fmt: skip
    return sum(to_seconds(cost.active) for cost in active_times(events, {"1": 10_000_000}))


@pytest.fixture
def annotator(films: dict[str, CodedVideo], serve: Callable[..., FakeServer], screen: Page) -> Annotator:
    return Annotator(screen, serve(fake_video(films["constant"])))


def test_work_idling_a_hidden_tab_and_sleep_agree_with_a_stop_watch_to_five_percent(annotator: Annotator):
    """40 s of work, 200 s idle (30 count), 30 s, 100 s hidden (none count), 30 s, an hour asleep (30 count), 20 s."""
    annotator.work(40)
    annotator.idle(200)
    annotator.work(30)
    with annotator.elsewhere(100):
        pass
    annotator.work(30)
    annotator.sleep(3600)
    annotator.work(20)
    annotator.leave()
    assert annotator.watch == 180
    assert active_seconds(annotator.desk.server) == pytest.approx(annotator.watch, rel=0.05)


def test_a_clock_of_the_wall_that_jumps_moves_nothing(annotator: Annotator):
    annotator.work(20)
    for wrong in ("2001-01-01T00:00:00", "2049-01-01T00:00:00"):
        annotator.page.clock.set_system_time(wrong)
        annotator.work(20)
    annotator.leave()
    assert active_seconds(annotator.desk.server) == pytest.approx(60, rel=0.05)


def test_of_two_tabs_on_one_video_only_the_one_in_sight_counts(annotator: Annotator, browser: Browser):
    """20 s in the first, 20 s in a second tab that hides it, and back for 10: the person worked 50 s, not 70."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    annotator.work(20)
    with annotator.elsewhere(20):
        second = Annotator(context.new_page(), annotator.desk.server)
        second.work(20)
        second.leave()
    annotator.work(10)
    annotator.leave()
    assert annotator.watch + second.watch == 50
    assert active_seconds(annotator.desk.server) == pytest.approx(50, rel=0.05)
    context.close()


def test_two_windows_both_in_sight_count_the_person_once(annotator: Annotator, browser: Browser):
    """Two windows of one annotator beside each other, worked in by turns for 80 s: 80 s, not the 160 of both clocks."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    both = [annotator, Annotator(context.new_page(), annotator.desk.server)]
    begun = annotator.see()
    for turn in range(40):  # a key in one of the two every two seconds, ten seconds here, ten there
        for person in both:
            person.page.clock.run_for(2_000)
        both[turn // 5 % 2].desk.press("ArrowRight")
        passed = annotator.see() - begun
    for person in both:
        person.leave()
    assert len({event["session"] for event in annotator.desk.server.activity}) == 2
    assert passed == pytest.approx(80, rel=0.1)
    assert active_seconds(annotator.desk.server) == pytest.approx(passed, rel=0.05)
    context.close()


def test_time_with_and_without_proposals_in_sight_is_told_apart(annotator: Annotator):
    annotator.work(20)
    annotator.leave()
    assert {event["assisted"] for event in annotator.desk.server.activity} == {True}
    annotator.desk.server.activity.clear()
    annotator.desk.server.videos[1].told["hide_model"] = True
    annotator.desk.open(1)
    annotator.work(20)
    annotator.leave()
    assert {event["assisted"] for event in annotator.desk.server.activity} == {False}
    assert active_seconds(annotator.desk.server) == pytest.approx(20, rel=0.05)
