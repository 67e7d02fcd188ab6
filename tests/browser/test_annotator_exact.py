"""What is stored is the presentation time of the frame that was on the screen.

Every frame of the films carries its number in the picture. A mark is right when the number read off the screen at the
moment of the key press is that of the frame whose stored time the server got.
"""

import random
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.annotator_fixtures import READ_CODE, CodedVideo, Desk, fake_video
from tests.browser.annotator_plugin import MADE
from tests.browser.fake_annotator_server import FakeServer
from wtal_core.features.video import probe

pytest_plugins = ("tests.browser.annotator_plugin",)

RATES = (0.25, 0.5, 1, 1.5, 2, 4)
ENOUGH, PATIENCE = 20, 120
"""Marks to be read off the screen at each rate, and the seconds after which a machine is too busy for that."""

# Presses the class key each time a new picture has come to the screen, after reading the picture's number. On a busy
# machine the compositor may have moved on by the time the picture is read: a reading counts only if the next picture
# was submitted after it.
MARK_WHILE_PLAYING = """async ([wanted, rate]) => {
  const {bench, host} = window.annotator;
  const {video} = bench.stage;
  const read = READ_CODE;
  const seen = [];
  let last = null;
  bench.player.seek(0);
  while (!bench.player.isSettled) await new Promise(requestAnimationFrame);
  bench.player.play(rate);
  await new Promise((resolve) => {
    const look = (_now, {presentationTime, presentedFrames}) => {
      if (last) last.counts = presentationTime > last.readAt + 2 && presentedFrames === last.presentedFrames + 1;
      last = null;
      if (seen.length < wanted && bench.player.isPlaying) {
        last = {code: read(window.annotator), readAt: performance.now(), presentedFrames, counts: false};
        host.dispatchEvent(new KeyboardEvent("keydown", {key: "1", code: "Digit1", bubbles: true}));
        seen.push({...last, entry: last, id: bench.selection.id});
        video.requestVideoFrameCallback(look);
      } else resolve();
    };
    video.requestVideoFrameCallback(look);
  });
  bench.player.stop();
  return seen.filter(({entry}) => entry.counts).map(({code, id}) => [code, id]);
}""".replace("READ_CODE", READ_CODE)


def marks_while_playing(desk: Desk, film: CodedVideo, wanted: int, rate: float) -> tuple[int, int]:
    """How many marks set while playing could be read off the screen, and how many of these were stored exactly."""
    seen = desk.page.evaluate(MARK_WHILE_PLAYING, [wanted, rate])
    stored = {one["id"]: one["clicks"][0] for one in desk.labels}
    return len(seen), sum(stored[label] == film.times[code - film.first] for code, label in seen)


def is_exact(desk: Desk, film: CodedVideo) -> bool:
    """Whether readout, picture and time name the same frame."""
    index = desk.code - film.first
    return (desk.frame, desk.time) == (index, film.times[index])


def pauses_exactly(desk: Desk, film: CodedVideo, beyond: int = 6) -> bool:
    """Play past a frame, pause, and look whether the readout names the picture that stands."""
    desk.press("Space")
    desk.page.wait_for_function("(frame) => window.annotator.bench.player.index > frame", arg=beyond)
    desk.press("Space")
    desk.page.wait_for_timeout(150)
    return is_exact(desk, film)


@pytest.mark.parametrize("name", MADE)
def test_the_server_reads_the_times_the_film_was_made_with(name: str, films: dict[str, CodedVideo]):
    """Pictures that an edit list cuts off are none; a late start stays late."""
    facts = probe(films[name].path)
    assert tuple(facts.frame_times) == films[name].times
    assert facts.origin == films[name].times[0]
    assert facts.browser_playable


@pytest.mark.parametrize("name", MADE)
def test_stepping_seeking_and_pausing_show_the_frame_they_name(
    name: str,
    films: dict[str, CodedVideo],
    serve: Callable[..., FakeServer],
    screen: Page,
):
    film = films[name]
    desk = Desk(screen, serve(fake_video(film, with_model=False)))
    assert desk.frame == 0 and is_exact(desk, film)
    for step in range(1, 9):
        desk.press("ArrowRight")
        desk.settle()
        assert desk.frame == step and is_exact(desk, film)
    for frame in (len(film.times) - 1, 57, 3, 58, 31, 30, 0):
        desk.go(frame)
        assert desk.frame == frame and is_exact(desk, film)
    assert pauses_exactly(desk, film), "after a pause the readout names the picture that stands"
    desk.press("ArrowLeft")
    desk.settle()
    assert is_exact(desk, film)


@pytest.mark.parametrize(
    ("name", "rate"),
    [("constant", 4), ("variable", 0.5), ("late", 1), ("ntsc", 0.25), ("dropped", 2), ("cut", 1), ("sound first", 1.5)],
)
def test_a_mark_while_playing_stores_the_frame_on_the_screen(
    name: str,
    rate: float,
    films: dict[str, CodedVideo],
    serve: Callable[..., FakeServer],
    screen: Page,
):
    film = films[name]
    desk = Desk(screen, serve(fake_video(film, with_model=False)))
    seen = exact = 0
    until = time.monotonic() + PATIENCE
    while seen < 3 and time.monotonic() < until:  # a picture the machine was too busy to show cannot be read
        read, right = marks_while_playing(desk, film, 12, rate)
        seen, exact = seen + read, exact + right
    assert seen >= 3, "too busy a machine to tell"
    assert exact == seen


def _marks_at(desk: Desk, film: CodedVideo, rate: float) -> tuple[int, int]:
    """The film played until enough marks could be read off the screen, or for a while in vain.

    Each playing begins with a video nobody has labelled, so that no press has hundreds of labels to draw.
    """
    seen = exact = 0
    until = time.monotonic() + PATIENCE
    while seen < ENOUGH and time.monotonic() < until:
        desk.server.log[desk.video].clear()
        desk.open(desk.video)
        read, right = marks_while_playing(desk, film, ENOUGH, rate)
        seen, exact = seen + read, exact + right
    return seen, exact


@pytest.mark.soak
@pytest.mark.parametrize("name", MADE)
def test_the_table_of_exactness(
    name: str,
    films: dict[str, CodedVideo],
    serve: Callable[..., FakeServer],
    screen: Page,
):
    """One row of docs/exactness.md: every step, 100 seeks, 10 pauses, and marks at every rate, right of all."""
    film = films[name]
    desk = Desk(screen, serve(fake_video(film, with_model=False)))
    steps = seeks = pauses = 0
    for frame in range(1, len(film.times)):
        desk.press("ArrowRight")
        desk.settle()
        steps += desk.frame == frame and is_exact(desk, film)
    draw = random.Random(0)
    for _ in range(100):
        frame = draw.randrange(len(film.times))
        desk.go(frame)
        seeks += desk.frame == frame and is_exact(desk, film)
    for pause in range(10):
        desk.go(draw.randrange(20))
        pauses += pauses_exactly(desk, film, beyond=22 + 2 * pause)
    marks = [_marks_at(desk, film, rate) for rate in RATES]
    told = [f"{steps}/{len(film.times) - 1}", f"{seeks}/100", f"{pauses}/10", *(f"{b}/{a}" for a, b in marks)]
    print(f"\n| {name} | {' | '.join(told)} |")
    assert (steps, seeks, pauses) == (len(film.times) - 1, 100, 10)
    assert all(seen == exact for seen, exact in marks)
    assert all(seen >= ENOUGH for seen, _ in marks), "too busy a machine to tell"
