"""Feature extractors by name: a video in, one row of features per snippet out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from wtal_core.domain import FeatureSequence, SnippetGrid
from wtal_core.features import motion
from wtal_core.features.snippets import SNIPPET_FRAMES, SNIPPET_RATE, pictures, shown_size, snippet_grid
from wtal_core.features.timebase import Progress, TimeTable, read_table

Rows = Callable[[Path, TimeTable, SnippetGrid, Progress], Iterator[NDArray[np.float32]]]

_APPEARANCE_EVERY = 4  # pictures; looks change slowly, and this is a quarter of the time
_PAIR = 40_000  # microseconds; flow is in pixels per this
_LONGEST_PAIR = 500_000  # microseconds; pictures further apart say nothing about motion


@dataclass(frozen=True)
class Extractor:
    """One way to describe snippets.

    Attributes
    ----------
    name
        Its key in :data:`EXTRACTORS`.
    version
        Raised with every change of code that changes a feature.
    parameters
        What it was run with; plain values.
    streams
        Columns of each stream, ``{"rgb": (0, a), "flow": (a, D)}``.
    rows
        Yields the ``T`` rows of a video in order, reading it once, in constant memory.
    """

    name: str
    version: int
    parameters: Mapping[str, float]
    streams: Mapping[str, tuple[int, int]]
    rows: Rows

    @property
    def dim(self) -> int:
        """``D``."""
        return max(stop for _, stop in self.streams.values())

    @property
    def fingerprint(self) -> str:
        """Changes whenever a feature may: name, version, parameters and streams, 16 hexadecimal digits."""
        said = json.dumps([self.name, self.version, dict(self.parameters), dict(self.streams)], sort_keys=True)
        return hashlib.blake2b(said.encode(), digest_size=8).hexdigest()

    @property
    def meta(self) -> dict[str, object]:
        """What ``meta.json`` of a feature folder says."""
        return {
            "extractor": self.name,
            "fingerprint": self.fingerprint,
            "fps": float(SNIPPET_RATE),
            "snippet_frames": SNIPPET_FRAMES,
            "stride_frames": SNIPPET_FRAMES,
            "streams": {name: list(columns) for name, columns in self.streams.items()},
        }


def extract(path: Path, extractor_name: str, progress: Progress | None = None) -> FeatureSequence:
    """Features of one video, float16 (T, D), in memory; its id is the file's name without suffix.

    Parameters
    ----------
    path
        The video.
    extractor_name
        A key of :data:`EXTRACTORS`.
    progress
        Told the share done, 0 to 1; what it raises cancels.

    Raises
    ------
    UnreadableVideo
        If the file cannot serve as a video.
    ValueError
        If there is no such extractor.
    """
    extractor, path = find(extractor_name), Path(path)
    table = read_table(path)
    grid = snippet_grid(table)
    values = np.zeros((grid.n_snippets, extractor.dim), np.float16)
    for t, row in enumerate(extractor.rows(path, table, grid, progress or _silent)):
        values[t] = row
    return FeatureSequence(path.stem, values, grid, extractor.streams)


def find(name: str) -> Extractor:
    """The extractor called ``name``."""
    if name not in EXTRACTORS:
        raise ValueError(f"there is no extractor {name!r}; choose from {', '.join(EXTRACTORS)}")
    return EXTRACTORS[name]


def _silent(done: float) -> None:
    """Progress nobody listens to."""


def _motion_rows(path: Path, table: TimeTable, grid: SnippetGrid, progress: Progress) -> Iterator[NDArray[np.float32]]:
    """Rows of the extractor ``motion``: a picture belongs to the cell of its time, a pair to that of its middle."""
    width, height = motion.working_size(*shown_size(path, table))
    cells = motion.fine_cells(height, width)
    residual_flow = motion.ResidualFlow()
    snippet, t = motion.SnippetDescriptor(), 0
    before: tuple[int, NDArray[np.uint8], motion.PictureCounts] | None = None
    for number, picture in enumerate(pictures(path, table, (width, height))):
        grey = np.asarray(cv2.cvtColor(picture.rgb, cv2.COLOR_RGB2GRAY), np.uint8)
        if before is None or number % _APPEARANCE_EVERY == 0 or grid.cell(picture.time) > t:
            counts = motion.describe_picture(picture.rgb, grey, cells)
        steps: list[tuple[int, NDArray[np.float32] | None]] = [(grid.cell(picture.time), None)]
        if before is not None and (gap := picture.time - before[0]) <= _LONGEST_PAIR:
            flow, _ = residual_flow(before[1], grey)
            steps.insert(0, (grid.cell(before[0] + gap // 2), motion.describe_flow(flow * (_PAIR / gap), cells)))
        for cell, pair in steps:
            while t < cell:
                if not snippet.n_pictures and before is not None:
                    snippet.add_picture(before[2])  # nothing new in this cell: the picture before stays on screen
                yield snippet.vector()
                snippet, t = motion.SnippetDescriptor(), t + 1
            if pair is None:
                snippet.add_picture(counts)
            else:
                snippet.add_flow(pair)
        before = (picture.time, grey, counts)
        progress(min(1.0, (picture.time - grid.origin) / grid.duration))
    while t < grid.n_snippets:
        if not snippet.n_pictures and before is not None:
            snippet.add_picture(before[2])
        yield snippet.vector()
        snippet, t = motion.SnippetDescriptor(), t + 1
    progress(1.0)


EXTRACTORS: dict[str, Extractor] = {
    "motion": Extractor(
        name="motion",
        version=1,
        parameters={"area": motion.AREA, "snippet_frames": SNIPPET_FRAMES, "rate": SNIPPET_RATE},
        streams={"rgb": (0, motion.N_APPEARANCE), "flow": (motion.N_APPEARANCE, motion.DIM)},
        rows=_motion_rows,
    ),
}
"""Every extractor by name; a new one is its function and one entry, and the contract test then runs it."""
