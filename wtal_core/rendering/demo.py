"""Render the demo project: untrimmed videos and their exact annotations."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from wtal_core.features.files import whole_or_nothing
from wtal_core.rendering.actions import ACTIONS, BACKGROUND, Action
from wtal_core.rendering.figure import Colour, Looks, Pose, draw_figure
from wtal_core.rendering.scene import HEIGHT, HORIZON, WIDTH, Camera, distractors, look, paint_place, to_view

FPS = 25
_BLEND = 8  # frames from one thing to the next; the boundary is where the new one begins to show

_SKINS: tuple[Colour, ...] = ((236, 192, 160), (198, 146, 108), (142, 98, 70), (246, 212, 186))
_HAIRS: tuple[Colour, ...] = ((52, 38, 30), (28, 26, 28), (150, 102, 54), (96, 52, 34))
_SHIRTS: tuple[Colour, ...] = (
    (204, 66, 58),
    (52, 110, 178),
    (232, 174, 58),
    (96, 72, 150),
    (38, 140, 128),
    (232, 232, 226),
)
_TROUSERS: tuple[Colour, ...] = ((48, 58, 88), (60, 60, 66), (104, 84, 66), (38, 74, 78))


@dataclass(frozen=True, slots=True)
class Span:
    """One thing done without a break: frames ``[start, stop)``, at a tempo, facing right (1) or left (-1)."""

    name: str
    start: int
    stop: int
    tempo: float
    facing: int

    @property
    def action(self) -> Action:
        """What is done."""
        return (ACTIONS | BACKGROUND)[self.name]


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What :func:`render_demo` wrote."""

    videos: tuple[Path, ...]
    annotations: Path
    class_names: tuple[str, ...]


def render_demo(
    folder: Path, n_videos: int = 12, seed: int = 0, progress: Callable[[float], None] | None = None
) -> DemoReport:
    """Write ``demo_00.mp4`` ... and ``annotations.json`` (ActivityNet style, exact boundaries in seconds).

    The same seed gives the same pictures. Videos that are already there are kept, so that a broken run goes on.

    Parameters
    ----------
    folder
        Made where absent.
    n_videos
        How many; from 5 on every class occurs. Every fourth is in the subset ``validation``.
    seed
        Chooses places, people, what they do and when.
    progress
        Told the share done, 0 to 1; what it raises cancels.
    """
    if n_videos < 1:
        raise ValueError(f"a demo needs at least one video, got {n_videos}")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    database: dict[str, object] = {}
    videos = []
    for index in range(n_videos):
        script = write_script(index, seed)
        path = video_path(folder, index)

        def told(done: float, index: int = index) -> None:
            if progress is not None:
                progress((index + done) / n_videos)

        render_video(folder, index, seed, told)
        told(1.0)
        videos.append(path)
        database[path.stem] = {
            "subset": "validation" if index % 4 == 3 else "training",
            "duration": script[-1].stop / FPS,
            "fps": float(FPS),
            "annotations": [
                {"label": span.name, "segment": [span.start / FPS, span.stop / FPS]}
                for span in script
                if span.name in ACTIONS
            ],
        }
    annotations = folder / "annotations.json"
    with whole_or_nothing(annotations) as partial:
        partial.write_text(
            json.dumps({"version": "wtal-demo-1", "taxonomy": [], "database": database}, indent=1) + "\n"
        )
    return DemoReport(tuple(videos), annotations, tuple(ACTIONS))


def video_path(folder: Path, index: int) -> Path:
    """Where video ``index`` of a demo is."""
    return Path(folder) / f"demo_{index:02d}.mp4"


def render_video(folder: Path | str, index: int, seed: int, progress: Callable[[float], None]) -> None:
    """Write one video of the demo, whole or not at all; one that is there is kept.

    Parameters
    ----------
    folder, index, seed
        As for :func:`render_demo`.
    progress
        Told the share done; what it raises cancels.
    """
    path = video_path(Path(folder), index)
    if not path.exists():
        with whole_or_nothing(path) as partial:
            _encode(partial, index, seed, write_script(index, seed), progress)


def write_script(index: int, seed: int) -> list[Span]:
    """What the figure of video ``index`` does, without gaps, 22 to 35 seconds: one or two classes among background."""
    random = np.random.default_rng([seed, index, 1])
    names = list(ACTIONS)
    chosen = [names[index % len(names)]]
    if random.random() < 0.45:
        chosen.append(names[(index + int(random.integers(1, len(names)))) % len(names)])
    length = int(random.integers(18 * FPS, 25 * FPS))
    script: list[Span] = []
    facing, frame = 1 if random.random() < 0.5 else -1, 0

    def add(name: str, seconds: float, tempo: float = 1.0) -> None:
        nonlocal frame
        stop = frame + max(_BLEND + 2, round(seconds * FPS))
        script.append(Span(name, frame, stop, tempo, facing))
        frame = stop

    while frame < length:
        for _ in range(int(random.integers(1, 3))):
            add(
                str(random.choice(list(BACKGROUND), p=[0.4, 0.4, 0.2])),
                random.uniform(1.2, 3.0),
                random.uniform(0.9, 1.1),
            )
            if random.random() < 0.5:
                facing = -facing
        name = chosen[0] if len(script) < 3 else str(random.choice(chosen))
        tempo, times = random.uniform(0.85, 1.2), int(random.integers(2, 5))
        add(name, times * ACTIONS[name].cycle / tempo * (1.6 if name == "wave" else 1.0), tempo)
    add("idle", random.uniform(1.5, 3.0))
    return script


def _looks(random: np.random.Generator) -> Looks:
    """Somebody."""
    skin, hair, shirt, trousers = (
        table[int(random.integers(len(table)))] for table in (_SKINS, _HAIRS, _SHIRTS, _TROUSERS)
    )
    return Looks(skin, hair, shirt, trousers, (44, 40, 44), random.uniform(100, 132), random.uniform(0.9, 1.15))


def _acted(script: list[Span], height: float, start: float) -> list[tuple[Pose, float, int]]:
    """Pose, place along the ground (pixels) and facing of the figure, per frame; it turns round before it leaves."""
    acted: list[tuple[Pose, float, int]] = []
    x, turned = start, 1
    before: Pose | None = None
    for span in script:
        for frame in range(span.start, span.stop):
            t = (frame - span.start) / FPS * span.tempo
            pose = span.action.pose(t)
            share = (frame - span.start + 1) / _BLEND
            if before is not None and share < 1:
                pose = before.towards(pose, share * share * (3 - 2 * share))
            step = span.action.travel * span.tempo * height / FPS
            if step and not 50 < x + span.facing * turned * step * 6 < WIDTH - 50:
                turned = -turned
            x += span.facing * turned * step
            acted.append((pose, x, span.facing * turned))
        before = acted[-1][0]
    return acted


def _pictures(index: int, seed: int, script: list[Span]) -> list[Callable[[], NDArray[np.uint8]]]:
    """One function per frame that draws it."""
    random = np.random.default_rng([seed, index, 2])
    kind = index + seed
    place, camera, things, looks = paint_place(kind, random), Camera(random), distractors(kind, random), _looks(random)
    ground = HORIZON + random.uniform(26, 44)
    acted = _acted(script, looks.height, random.uniform(110, 210))

    def draw(frame: int) -> NDArray[np.uint8]:
        t = frame / FPS
        *shift, zoom = camera.at(t)
        where = (shift[0], shift[1])
        picture = look(place, where, zoom)
        for thing in things:
            thing.draw(picture, t, where, zoom)
        pose, x, facing = acted[frame]
        draw_figure(picture, pose, to_view(x, ground, where, zoom), looks, facing=facing, zoom=zoom)
        return picture

    return [lambda frame=frame: draw(frame) for frame in range(len(acted))]  # type: ignore[misc]


def _encode(path: Path, index: int, seed: int, script: list[Span], progress: Callable[[float], None]) -> None:
    """Draw and encode one video, H.264 in MP4."""
    pictures = _pictures(index, seed, script)
    options = {"preset": "ultrafast", "crf": "23", "g": "25", "threads": "1"}
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as out:
        stream = out.add_stream("libx264", rate=FPS, options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.time_base = Fraction(1, FPS)
        for number, draw in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(draw(), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            out.mux(stream.encode(frame))
            progress(number / len(pictures))
        out.mux(stream.encode(None))
