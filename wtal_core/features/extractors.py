"""Feature extractors by name: a video in, one row of features per snippet out."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from wtal_core.domain import FeatureSequence
from wtal_core.features import deep, lite0, motion, motion_rows
from wtal_core.features.extractor import Extractor
from wtal_core.features.snippets import SNIPPET_FRAMES, SNIPPET_RATE, snippet_grid
from wtal_core.features.timebase import Progress, read_table

__all__ = ["DEFAULT", "EXTRACTORS", "Extractor", "extract", "find"]

DEFAULT = "deep"
"""What is extracted with unless one is named."""
FROM_FILE = "onnx:"
"""Begins the name of an extractor whose network is a file."""


def extract(
    path: Path, extractor_name: str, progress: Progress | None = None, description: str | None = None
) -> FeatureSequence:
    """Features of one video, float16 (T, D), in memory; its id is the file's name without suffix.

    Parameters
    ----------
    path
        The video.
    extractor_name, description
        What :func:`find` takes.
    progress
        Told the share done, 0 to 1; what it raises cancels.

    Raises
    ------
    UnreadableVideo
        If the file cannot serve as a video.
    ValueError
        If there is no such extractor.
    """
    extractor, path = find(extractor_name, description), Path(path)
    table = read_table(path)
    grid = snippet_grid(table)
    values = np.zeros((grid.n_snippets, extractor.dim), np.float16)
    for t, row in enumerate(extractor.rows(path, table, grid, progress or _silent)):
        values[t] = row
    return FeatureSequence(path.stem, values, grid, extractor.streams)


def find(name: str, description: str | None = None) -> Extractor:
    """The extractor called ``name``: a key of :data:`EXTRACTORS`, or ``onnx:FILE``, a network of one's own.

    Parameters
    ----------
    name
        What it is asked for by.
    description
        Of a network in a file: what it wants to be given, JSON text in place of the file beside it.

    Raises
    ------
    ValueError
        If there is none, or the file or its description cannot serve.
    """
    if name.startswith(FROM_FILE):
        from wtal_core.features.onnx_file import from_file

        return from_file(Path(name.removeprefix(FROM_FILE)), description)
    if name not in EXTRACTORS:
        raise ValueError(f"there is no extractor {name!r}; choose from {', '.join(EXTRACTORS)}, or give onnx:FILE")
    return EXTRACTORS[name]


def _silent(done: float) -> None:
    """Progress nobody listens to."""


_GRID = {"snippet_frames": SNIPPET_FRAMES, "rate": SNIPPET_RATE}

EXTRACTORS: dict[str, Extractor] = {
    "motion": Extractor(
        name="motion",
        version=1,
        parameters={"area": motion.AREA, **_GRID},
        streams={"rgb": (0, motion.N_APPEARANCE), "flow": (motion.N_APPEARANCE, motion.DIM)},
        rows=motion_rows.rows,
    ),
    "deep": Extractor(
        name="deep",
        version=1,
        parameters={
            "area": motion.AREA,
            "weights": lite0.WEIGHTS,
            "size": lite0.SIZE,
            "pictures": deep.PER_SNIPPET,
            "long_side": deep.LONG_SIDE,
            **_GRID,
        },
        streams={"rgb": (0, lite0.DIM), "flow": (lite0.DIM, deep.DIM)},
        rows=deep.rows,
    ),
}
"""Every built-in extractor by name; a new one is its function and one entry, and the contract test then runs it."""
