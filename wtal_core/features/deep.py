"""The extractor ``deep``: what an ImageNet network sees where the motion is, and the motion stream of ``motion``.

Two pictures of every snippet are cut around its motion (the grid that ``motion`` follows) and go through
EfficientNet-lite0; their features are averaged, square-rooted and set to length 1, the size of the other stream.
Cutting there is worth much: average precision per snippet of a linear reading, four actors left out in turn, Weizmann
training: 0.70 for whole pictures, 0.81 for cut ones, 0.92 for cut ones beside the motion stream, 0.74 for ``motion``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from wtal_core.domain import SnippetGrid
from wtal_core.features import lite0, motion
from wtal_core.features.motion_rows import described
from wtal_core.features.snippets import TimedPicture, pictures, shown_size
from wtal_core.features.timebase import Progress, TimeTable

Floats = NDArray[np.float32]

PER_SNIPPET = 2
"""Pictures of a snippet that go through the network: the first of each half's middle."""
LONG_SIDE = 640
"""Pixels of the pictures from which parts are cut; larger videos are scaled down to it."""
DIM = lite0.DIM + motion.DIM - motion.N_APPEARANCE
_BATCH = 8  # snippets that go through the network at a time
_AHEAD = 2  # batches at most that wait for it, so that memory stays constant


def rows(path: Path, table: TimeTable, grid: SnippetGrid, progress: Progress) -> Iterator[Floats]:
    """Rows of the extractor ``deep``; the network runs in a thread beside decoding and flow."""
    shown = shown_size(path, table)
    looks = _Looks(grid, _cut_size(*shown))
    network = lite0.network()

    def through(cuts: list[NDArray[np.uint8]]) -> Floats:
        return network(np.stack(cuts))

    with ThreadPoolExecutor(1) as beside:
        waiting: deque[tuple[Future[Floats], list[int], list[Floats]]] = deque()
        cuts: list[NDArray[np.uint8]] = []
        counts: list[int] = []
        flows: list[Floats] = []
        watched = looks.watch(pictures(path, table, motion.working_size(*shown)))
        for t, snippet in enumerate(described(watched, grid, progress)):
            found = [cut(picture, motion.focus(snippet.energy())) for picture in looks.take(t)]
            cuts += found
            counts.append(len(found))
            flows.append(snippet.vector()[motion.N_APPEARANCE :])
            if len(flows) == _BATCH or t == grid.n_snippets - 1:
                waiting.append((beside.submit(through, cuts), counts, flows))
                cuts, counts, flows = [], [], []
            while len(waiting) > (0 if t == grid.n_snippets - 1 else _AHEAD):
                features, numbers, motions = waiting.popleft()
                yield from _joined(features.result(), numbers, motions)


def _joined(features: Floats, counts: list[int], flows: list[Floats]) -> Iterator[Floats]:
    """Rows (DIM,) from the features (B, lite0.DIM) of the pictures and the motion of their snippets."""
    start = 0
    for count, flow in zip(counts, flows, strict=True):
        mean = np.sqrt(np.maximum(features[start : start + count].mean(axis=0), 0.0))
        yield np.concatenate([mean / max(float(np.linalg.norm(mean)), 1e-6), flow]).astype(np.float32)
        start += count


def _cut_size(width: int, height: int) -> tuple[int, int]:
    """Size, in the proportions of the video, of the pictures from which parts are cut."""
    share = min(1.0, LONG_SIDE / max(width, height))
    return max(1, round(width * share)), max(1, round(height * share))


def cut(picture: NDArray[np.uint8], place: tuple[tuple[float, float], tuple[float, float]]) -> NDArray[np.uint8]:
    """The square around a place, scaled to the network's input; beyond the border its pixels are repeated.

    Parameters
    ----------
    picture
        Shape (H, W, 3).
    place
        From :func:`wtal_core.features.motion.focus`; the larger half extent counts, so that nothing is stretched.

    Returns
    -------
    NDArray[np.uint8]
        Shape (lite0.SIZE, lite0.SIZE, 3).
    """
    (y, half_y), (x, half_x) = place
    h, w = picture.shape[:2]
    half = max(half_y * h, half_x * w, 1.0)
    scale = lite0.SIZE / (2 * half)
    place_of = np.array([[scale, 0.0, (half - x * w) * scale], [0.0, scale, (half - y * h) * scale]])
    size = (lite0.SIZE, lite0.SIZE)
    return np.asarray(
        cv2.warpAffine(picture, place_of, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


class _Looks:
    """The pictures kept for each snippet while it is being described."""

    def __init__(self, grid: SnippetGrid, size: tuple[int, int]) -> None:
        self._grid, self._size = grid, size
        self._kept: dict[int, list[NDArray[np.uint8]]] = {}
        self._newest: TimedPicture | None = None
        self._last: list[NDArray[np.uint8]] = []

    def watch(self, seen: Iterable[TimedPicture]) -> Iterator[TimedPicture]:
        """Pass the pictures on, keeping the first one at or after the middle of each part of a cell."""
        for picture in seen:
            t = self._grid.cell(picture.time)
            kept = self._kept.setdefault(t, [])
            start, end = self._grid.start(t), self._grid.end(t)
            due = start + (end - start) * (2 * len(kept) + 1) // (2 * PER_SNIPPET)
            if len(kept) < PER_SNIPPET and picture.time >= due:
                kept.append(picture.scaled(self._size))
            self._newest = picture
            yield picture

    def take(self, t: int) -> list[NDArray[np.uint8]]:
        """The pictures of snippet ``t``; where there are none, the one last seen that stays on screen."""
        kept = self._kept.pop(t, [])
        if not kept and not self._last and self._newest is not None:
            kept = [self._newest.scaled(self._size)]
        self._last = kept[-1:] or self._last
        return kept or self._last
