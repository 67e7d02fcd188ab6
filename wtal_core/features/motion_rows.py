"""The extractor ``motion``: from the pictures of a video to the descriptors of its snippets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from wtal_core.domain import SnippetGrid
from wtal_core.features import motion
from wtal_core.features.snippets import TimedPicture, pictures, shown_size
from wtal_core.features.timebase import Progress, TimeTable

_APPEARANCE_EVERY = 4  # pictures; looks change slowly, and this is a quarter of the time
_PAIR = 40_000  # microseconds; flow is in pixels per this
_LONGEST_PAIR = 500_000  # microseconds; pictures further apart say nothing about motion


def rows(path: Path, table: TimeTable, grid: SnippetGrid, progress: Progress) -> Iterator[NDArray[np.float32]]:
    """Rows of the extractor ``motion``."""
    size = motion.working_size(*shown_size(path, table))
    for snippet in described(pictures(path, table, size), grid, progress):
        yield snippet.vector()


def described(
    seen: Iterable[TimedPicture], grid: SnippetGrid, progress: Progress
) -> Iterator[motion.SnippetDescriptor]:
    """One descriptor per snippet: a picture belongs to the cell of its time, a pair to that of its middle.

    Parameters
    ----------
    seen
        The pictures at their working size, in order.
    grid
        Whose cells; a descriptor comes as soon as a picture of a later cell has been seen.
    progress
        Told the share done; what it raises cancels.
    """
    residual_flow = motion.ResidualFlow()
    snippet, t = motion.SnippetDescriptor(), 0
    before: tuple[int, NDArray[np.uint8], motion.PictureCounts] | None = None
    cells = np.empty(0, np.int64)
    for number, picture in enumerate(seen):
        grey = np.asarray(cv2.cvtColor(picture.rgb, cv2.COLOR_RGB2GRAY), np.uint8)
        if before is None:
            cells = motion.fine_cells(*grey.shape)
        if before is None or number % _APPEARANCE_EVERY == 0 or grid.cell(picture.time) > t:
            counts = motion.describe_picture(picture.rgb, grey, cells)
        steps: list[tuple[int, NDArray[np.float32] | None]] = [(grid.cell(picture.time), None)]
        if before is not None and (gap := picture.time - before[0]) <= _LONGEST_PAIR:
            flow, _ = residual_flow(before[1], grey)
            steps.insert(0, (grid.cell(before[0] + gap // 2), motion.describe_flow(flow * (_PAIR / gap), cells)))
        for cell, pair in steps:
            while t < cell:
                yield _with_looks(snippet, before)
                snippet, t = motion.SnippetDescriptor(), t + 1
            if pair is None:
                snippet.add_picture(counts)
            else:
                snippet.add_flow(pair)
        before = (picture.time, grey, counts)
        progress(min(1.0, (picture.time - grid.origin) / grid.duration))
    while t < grid.n_snippets:
        yield _with_looks(snippet, before)
        snippet, t = motion.SnippetDescriptor(), t + 1
    progress(1.0)


def _with_looks(
    snippet: motion.SnippetDescriptor, before: tuple[int, NDArray[np.uint8], motion.PictureCounts] | None
) -> motion.SnippetDescriptor:
    """The snippet; where nothing new came in its cell, the picture before stays on screen."""
    if not snippet.n_pictures and before is not None:
        snippet.add_picture(before[2])
    return snippet
