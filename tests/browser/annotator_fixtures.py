"""Videos with their frame number in the picture, and models that are easy to work out by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
from playwright.sync_api import Page

from tests.browser.fake_annotator_server import FakeRun, FakeServer, FakeVideo

WIDTH, HEIGHT, BITS, CELL = 320, 180, 12, 24
TICK = Fraction(1, 90_000)

# Reads the frame number off the picture that is on the screen.
READ_CODE = """(annotator) => {
  const video = annotator.bench.stage.video;
  const canvas = window.probe ??= Object.assign(document.createElement("canvas"), {width: 320, height: 1});
  const c = canvas.getContext("2d", {willReadFrequently: true});
  c.drawImage(video, 0, 24, 320, 1, 0, 0, 320, 1);
  const {data} = c.getImageData(0, 0, 320, 1);
  let code = 0;
  for (let bit = 0; bit < 12; bit += 1) code |= (data[4 * (bit * 24 + 16)] > 127 ? 1 : 0) << bit;
  return code;
}"""


@dataclass(frozen=True)
class CodedVideo:
    """A file, and the presentation time of each of its frames in microseconds; ``first`` is the number in the first."""

    path: Path
    times: tuple[int, ...]
    end: int
    first: int = 0


def constant(rate: Fraction | int, seconds: float, first: Fraction | int = 0) -> list[int]:
    """Ticks of a constant frame rate."""
    step = 1 / (Fraction(rate) * TICK)
    return [round(Fraction(first) / TICK + i * step) for i in range(round(seconds * Fraction(rate)))]


def variable(seconds: float, seed: int = 0) -> list[int]:
    """Ticks 10 to 90 milliseconds apart."""
    gaps = np.random.default_rng(seed).integers(10, 90, size=int(seconds * 20)) * 90
    return [0, *np.cumsum(gaps).tolist()]


def dropped(seconds: float, seed: int = 0) -> list[int]:
    """Ticks of 25 frames a second of which a camera lost every fourth or so, one here, several there."""
    lost = np.random.default_rng(seed).random(round(seconds * 25)) < 0.25
    return [tick for tick, is_lost in zip(constant(25, seconds), lost, strict=True) if tick == 0 or not is_lost]


def code_video(path: Path, ticks: Iterable[int], b_frames: int = 0, sound: float = 0.0) -> CodedVideo:
    """Write a video whose frame ``i`` shows ``i`` in binary, twelve cells, least bit first.

    Frames before tick 0 are in the file and cut off by its edit list; ``sound`` seconds of it begin at 0, whenever the
    pictures do.
    """
    ticks = list(ticks)
    options = {"movflags": "+faststart", "avoid_negative_ts": "disabled", "use_editlist": "1"}
    with av.open(str(path), "w", options=options) as out:
        stream = out.add_stream(
            "libx264", rate=30, options={"preset": "ultrafast", "crf": "24", "g": "30", "bf": str(b_frames)}
        )
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.time_base = stream.time_base = TICK
        audio = _silence(out, sound) if sound else iter(())
        for i, tick in enumerate(ticks):
            frame = av.VideoFrame.from_ndarray(_picture(i, len(ticks)), format="rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = tick, TICK
            out.mux(stream.encode(frame))
            out.mux([packet for packet, _ in zip(audio, range(4), strict=False)])
        out.mux(stream.encode(None))
        out.mux(list(audio))
    times = tuple(round(Fraction(tick) * TICK * 1_000_000) for tick in ticks if tick >= 0)
    return CodedVideo(path, times, times[-1] + (times[-1] - times[-2]), sum(tick < 0 for tick in ticks))


def _silence(out: Any, seconds: float) -> Iterator[Any]:
    """Packets of a silent sound track."""
    rate, step = 48_000, 1024
    track = out.add_stream("aac", rate=rate)
    track.layout = "mono"
    for first in range(0, round(seconds * rate), step):
        frame = av.AudioFrame.from_ndarray(np.zeros((1, step), np.float32), format="fltp", layout="mono")
        frame.pts, frame.sample_rate, frame.time_base = first, rate, Fraction(1, rate)
        yield from track.encode(frame)
    yield from track.encode(None)


def _picture(index: int, count: int) -> np.ndarray:
    rows = np.linspace(70, 120, HEIGHT, dtype=np.uint8)[:, None, None]
    picture = np.broadcast_to(rows, (HEIGHT, WIDTH, 3)).copy()
    x = int((WIDTH - 30) * index / count)
    picture[110:140, x : x + 30] = (230, 160, 0)
    for bit in range(BITS):
        picture[8:40, 4 + bit * CELL : 4 + (bit + 1) * CELL] = 255 if index >> bit & 1 else 0
    return picture


def hills(n: int, centres: Iterable[float], width: float = 0.04) -> np.ndarray:
    """A curve of length ``n`` with a bump at each share of it, over a ripple."""
    x = np.linspace(0, 1, n)
    return 0.08 + 0.02 * np.sin(90 * x) + sum(0.85 * np.exp(-(((x - c) / width) ** 2)) for c in centres)


def fake_run(video: CodedVideo, n_classes: int, n: int = 120, shift: float = 0.0) -> FakeRun:
    """Float32 output of a model: class ``i`` has bumps of its own, the threshold drifts slowly."""
    cas = np.stack([hills(n, [0.2 + 0.13 * i + shift, 0.65 - 0.1 * i]) for i in range(n_classes)], axis=1).astype(
        np.float32
    )
    threshold = (0.35 + 0.03 * np.sin(np.linspace(0, 9, n))).astype(np.float32)
    edges = np.linspace(video.times[0], video.end, n + 1).astype(np.int64).tolist()
    return FakeRun(cas, threshold, edges)


def fake_video(video: CodedVideo, number: int = 1, with_model: bool = True) -> FakeVideo:
    """A video as the server knows it: two runs, three proposals, a strip."""
    fake = FakeVideo(number, list(video.times), video.end, video.path)
    picture = strip(video, 24)
    fake.strip = picture
    fake.told["strip"] = {
        "url": f"/api/videos/{number}/strip",
        "times": _strip_times(video, 24),
        "width": 96,
        "height": 54,
    }
    if with_model:
        fake.runs = {5: fake_run(video, len(fake.classes), shift=0.02), 6: fake_run(video, len(fake.classes))}
        span = video.end - video.times[0]
        at = [round(video.times[0] + share * span) for share in (0.15, 0.25, 0.6, 0.7, 0.4, 0.45)]
        fake.runs[6].proposals = [
            {"id": 11, "label": "LongJump", "start": at[0], "end": at[1], "score": 0.91},
            {"id": 12, "label": "HighJump", "start": at[2], "end": at[3], "score": 0.84},
            {"id": 13, "label": "LongJump", "start": at[4], "end": at[5], "score": 0.22},
        ]
    return fake


def _strip_times(video: CodedVideo, n: int) -> list[int]:
    return [video.times[i * (len(video.times) - 1) // (n - 1)] for i in range(n)]


def strip(video: CodedVideo, n: int) -> bytes:
    """One JPEG row of ``n`` pictures, 96 x 54 each."""
    from PIL import Image

    row = Image.new("RGB", (96 * n, 54))
    for i in range(n):
        index = i * (len(video.times) - 1) // (n - 1)
        row.paste(Image.fromarray(_picture(index, len(video.times))).resize((96, 54)), (96 * i, 0))
    out = BytesIO()
    row.save(out, "JPEG", quality=80)
    return out.getvalue()


class Desk:
    """One page with one open video, and the server behind it."""

    def __init__(self, page: Page, server: FakeServer, video: int = 1) -> None:
        self.page, self.server, self.video = page, server, video
        self.open(video)

    def open(self, video: int) -> None:
        """Load the page and wait until the first picture (if there is one) and the curves are there."""
        self.video = video
        self.page.goto(f"{self.server.url}/?video={video}")
        self._opened()

    def switch(self, video: int) -> None:
        """Go to another video in the page that stands, as the page's own next and previous do."""
        self.video = video
        self.page.evaluate("(video) => window.rerun(video)", video)
        self._opened()

    def _opened(self) -> None:
        self.page.wait_for_function(
            """(video) => { const bench = window.annotator?.bench; if (!bench || bench.info.id !== video) return false;
                const isShown = !bench.player.hasPictures || bench.stage.video.readyState >= 2;
                return isShown && (bench.model.run === null || bench.model.curves || bench.model.note); }""",
            arg=self.video,
        )

    def look(self, expression: str) -> Any:
        """The value of a JavaScript expression in which ``bench`` is the open video."""
        return self.page.evaluate(f"() => {{ const bench = window.annotator.bench; return {expression}; }}")

    def press(self, *keys: str) -> None:
        """One press after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def settle(self) -> None:
        """Wait until the picture asked for is on the screen."""
        self.page.wait_for_function("() => { const p = window.annotator.bench.player; return p.isSettled; }")

    def go(self, frame: int) -> None:
        """Put the playhead on a frame."""
        self.page.evaluate("(frame) => window.annotator.bench.player.seek(frame)", frame)
        self.settle()

    def saved(self) -> None:
        """Wait until the page says so."""
        self.page.wait_for_function("() => window.annotator.bench.queue.state === 'saved'")

    @property
    def frame(self) -> int:
        """Index of the frame the readout names."""
        return int(self.look("bench.stage.readout.dataset.frame"))

    @property
    def time(self) -> int:
        """Presentation time of the frame on the screen, microseconds."""
        return int(self.look("bench.player.time"))

    @property
    def code(self) -> int:
        """The frame number that can be read off the picture."""
        return int(self.page.evaluate(f"() => ({READ_CODE})(window.annotator)"))

    @property
    def labels(self) -> list[dict[str, Any]]:
        """What the server has, once the page says that all is saved; ascending."""
        self.saved()
        found = self.server.annotations(self.video)
        return sorted(found, key=lambda one: one["clicks"][0] if one["clicks"] else one["start"])

    @property
    def said(self) -> str:
        """The last message."""
        return str(self.look("bench.stage.message.textContent + bench.stage.problem.textContent"))

    def x(self, time: float) -> float:
        """Where a time is on the page, pixels."""
        return float(
            self.page.evaluate(
                "(time) => { const t = window.annotator.bench.timeline;"
                " return t.element.getBoundingClientRect().left + t.view.x(time) }",
                time,
            )
        )

    def y(self, kind: str, name: str | None = None, share: float = 0.4) -> float:
        """The height of a lane on the page, pixels."""
        return float(
            self.page.evaluate(
                "([kind, name, share]) => { const t = window.annotator.bench.timeline;"
                " const lane = t.layout.lanes.find((one) => one.kind === kind && (!name || one.name === name));"
                " return t.element.getBoundingClientRect().top + lane.y + share * lane.height }",
                [kind, name, share],
            )
        )
