"""Speed of the built-in extractor, and how well it takes the camera out.

Run: ``python -m benchmarks.extractor`` (about a minute). It makes its own 720p film (25 fps, H.264, a textured scene
under a slow pan with a moving person-sized object), so it needs no data. With ``--videos PATH...`` it times those.

Printed: seconds of video per second of wall clock and of CPU (bar: 5 times real time on 720p with 2 cores), decoding
alone beside it; the residual flow of a panned still scene as a share of the pan (bar: 10 %), and the share of its own
motion that an object moving across the pan keeps (bar: 80 %).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from wtal_core.features.extractors import EXTRACTORS, extract
from wtal_core.features.motion import ResidualFlow
from wtal_core.features.timebase import read_table, timed_frames

SECONDS = 20


def texture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Smooth random grey scene with coarse and fine structure, float32."""
    random = np.random.default_rng(seed)
    layers = []
    for grain, weight in ((24, 0.6), (6, 0.4)):
        small = random.integers(0, 255, (height // grain, width // grain), np.uint8)
        layers.append(weight * cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC))
    return sum(layers).astype(np.float32)


def shot(scene: np.ndarray, x: float, size: tuple[int, int]) -> np.ndarray:
    """What a camera at ``x`` sees."""
    w, h = size
    return cv2.getRectSubPix(scene, (w, h), (x + w / 2, 20 + h / 2)).clip(0, 255).astype(np.uint8)


def pasted(picture: np.ndarray, patch: np.ndarray, x: float, y: float) -> np.ndarray:
    """A patch at (x, y), to a fraction of a pixel."""
    place = np.array([[1, 0, x], [0, 1, y]], np.float32)
    size = picture.shape[1::-1]
    alpha = cv2.warpAffine(np.ones_like(patch), place, size)
    return (picture * (1 - alpha) + cv2.warpAffine(patch, place, size)).clip(0, 255).astype(np.uint8)


def make_film(path: Path) -> None:
    """720p at 25 fps: a panned scene and an object that crosses it."""
    scene, patch = texture(760, 2000), texture(360, 120, 5)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25, options={"preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        for i in range(25 * SECONDS):
            grey = pasted(shot(scene, 60 + 1.2 * i, (1280, 720)), patch, 200 + 300 * np.sin(i / 30) + 300, 220)
            frame = av.VideoFrame.from_ndarray(grey, format="gray8").reformat(format="yuv420p")
            frame.pts, frame.time_base = i, Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def time_extraction(path: Path) -> None:
    """Print the speed of every extractor on one video."""
    table = read_table(path)
    seconds = (table.end - int(table.times[0])) / 1e6
    wall, cpu = time.perf_counter(), time.process_time()
    n_frames = sum(1 for _ in timed_frames(path, table))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(
        f"{path.name}: {seconds:.1f} s, {n_frames} frames; decoding alone {seconds / wall:.1f}x wall, "
        f"{seconds / cpu:.1f}x CPU"
    )
    for name in EXTRACTORS:
        wall, cpu = time.perf_counter(), time.process_time()
        extract(path, name)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        print(f"  {name}: {seconds / wall:.1f}x real time (wall), {seconds / cpu:.1f}x per CPU second")


def measure_camera() -> None:
    """Print the residual of pans and the kept share of objects' own motion."""
    scene, patch, flow = texture(300, 700), texture(40, 32, 9), ResidualFlow()
    size = (160, 120)
    plain = scene.copy()
    plain[:90] = 180.0
    for title, place in (("textured scene", scene), ("plain wall, textured floor", plain)):
        for pan in (0.5, 1.0, 2.0, 4.0, 8.0):
            left = [
                np.hypot(*np.moveaxis(flow(shot(place, x, size), shot(place, x + pan, size))[0], 2, 0)).mean() / pan
                for x in range(10, 250, 30)
            ]
            print(f"{title}, pan {pan:g} px: residual {100 * np.mean(left):.1f} % (worst {100 * max(left):.1f} %)")
    for pan, own in ((2, 2), (2, -2), (4, 3), (3, -3), (1, 1), (2, 4), (6, -4)):
        kept = []
        for x in range(10, 250, 30):
            before = pasted(shot(scene, x, size), patch, 70, 40)
            after = pasted(shot(scene, x + pan, size), patch, 70 + own - pan, 40)
            kept.append(float(np.median(flow(before, after)[0][46:74, 76:96, 0])) / own)
        print(f"pan {pan} px, object {own:+d} px: keeps {100 * np.mean(kept):.0f} % (worst {100 * min(kept):.0f} %)")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--videos", nargs="*", type=Path, default=[])
    videos = parser.parse_args().videos
    with tempfile.TemporaryDirectory() as folder:
        if not videos:
            make_film(Path(folder) / "720p.mp4")
            videos = [Path(folder) / "720p.mp4"]
        for path in videos:
            time_extraction(path)
    measure_camera()


if __name__ == "__main__":
    main()
