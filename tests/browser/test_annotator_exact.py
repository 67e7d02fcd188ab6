"""What is stored is the presentation time of the frame that was on the screen.

Every frame of the films carries its number in the picture. A mark is right when the number read off the screen at the
moment of the key press is that of the frame whose stored time the server got.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.annotator_fixtures import READ_CODE, CodedVideo, Desk, fake_video
from tests.browser.fake_annotator_server import FakeServer

pytest_plugins = ("tests.browser.annotator_plugin",)

FILMS = ("constant", "variable", "late", "ntsc")

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


@pytest.mark.parametrize("name", FILMS)
def test_stepping_seeking_and_pausing_show_the_frame_they_name(
    name: str,
    films: dict[str, CodedVideo],
    serve: Callable[..., FakeServer],
    screen: Page,
):
    film = films[name]
    desk = Desk(screen, serve(fake_video(film, with_model=False)))
    assert (desk.frame, desk.code, desk.time) == (0, 0, film.times[0])
    for _ in range(12):
        desk.press("ArrowRight")
        desk.settle()
        assert desk.code == desk.frame and desk.time == film.times[desk.frame]
    for frame in (len(film.times) - 1, 57, 3, 58, 31, 30, 0):
        desk.go(frame)
        assert (desk.frame, desk.code, desk.time) == (frame, frame, film.times[frame])
    desk.press("Space")
    desk.page.wait_for_function("() => window.annotator.bench.player.index > 6")
    desk.press("Space")
    desk.page.wait_for_timeout(150)
    assert desk.code == desk.frame, "after a pause the readout names the picture that stands"
    desk.press("ArrowLeft")
    desk.settle()
    assert desk.code == desk.frame


@pytest.mark.parametrize(
    ("name", "rate"),
    [("constant", 4), ("variable", 0.5), ("variable", 2), ("late", 1), ("ntsc", 0.25)],
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
    seen: list[list] = []
    for _ in range(5):
        seen += desk.page.evaluate(MARK_WHILE_PLAYING, [12, rate])
        if len(seen) >= 5:
            break
    stored = {one["id"]: one["clicks"][0] for one in desk.labels}
    assert len(seen) >= 3, "too busy a machine to tell"
    assert {label: stored[label] for _, label in seen} == {label: film.times[code] for code, label in seen}


@pytest.mark.soak
@pytest.mark.parametrize("rate", [0.25, 0.5, 1, 1.5, 2, 4])
@pytest.mark.parametrize("name", FILMS)
def test_every_frame_of_a_film_is_marked_at_its_own_time(
    name: str,
    rate: float,
    films: dict[str, CodedVideo],
    serve: Callable[..., FakeServer],
    screen: Page,
):
    film = films[name]
    desk = Desk(screen, serve(fake_video(film, with_model=False)))
    seen = desk.page.evaluate(MARK_WHILE_PLAYING, [len(film.times), rate])
    stored = {one["id"]: one["clicks"][0] for one in desk.labels}
    assert len(seen) >= len(film.times) / 3 / max(1, rate)
    assert {label: stored[label] for _, label in seen} == {label: film.times[code] for code, label in seen}


@pytest.mark.soak
@pytest.mark.parametrize("name", FILMS)
def test_every_frame_can_be_stepped_to(
    name: str,
    films: dict[str, CodedVideo],
    serve: Callable[..., FakeServer],
    screen: Page,
):
    film = films[name]
    desk = Desk(screen, serve(fake_video(film, with_model=False)))
    for frame in range(1, len(film.times)):
        desk.press("ArrowRight")
        desk.settle()
        assert (desk.frame, desk.code) == (frame, frame)
