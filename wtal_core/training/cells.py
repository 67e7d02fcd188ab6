"""Where a time lies on a snippet grid: segments and clicks to cells (FACTS 0.1, T9)."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from wtal_core.domain import MICROSECONDS, FeatureSequence, Segment, SnippetGrid

FRAME = 40_000
"""One frame at 25 fps, microseconds: how far past the end of a video a click may lie and still count."""


class GridMismatch(ValueError):
    """Features and video disagree about how long the video is."""


def fitted(features: FeatureSequence) -> tuple[FeatureSequence, str | None]:
    """Features on a grid that agrees with the duration of their video.

    Parameters
    ----------
    features
        Features of one video on the grid they claim.

    Returns
    -------
    features, note
        The same within one snippet of agreement; within 2 % the step becomes ``duration / T`` and the note says so.

    Raises
    ------
    GridMismatch
        Beyond 2 %.
    """
    grid = features.grid
    duration = Fraction(grid.duration, MICROSECONDS)
    wanted = min(
        (
            duration / grid.step,
            (duration - 2 * grid.lead) / grid.step,
        ),  # with and without the ends windows cannot reach
        key=lambda count: abs(count - grid.n_snippets),
    )
    if abs(wanted - grid.n_snippets) <= 1:
        return features, None
    told = (
        f"{features.video_id}: {grid.n_snippets} snippets of {float(grid.step):.4g} s, but a duration of "
        f"{float(duration):.3f} s asks for {float(wanted):.1f}"
    )
    if abs(wanted - grid.n_snippets) > Fraction(2, 100) * wanted:
        raise GridMismatch(f"{told}; pass the features' own fps, stride_frames and snippet_frames (meta.json)")
    step = duration / grid.n_snippets
    note = f"{told}; within 2 %, so a snippet is taken to last {float(step):.4g} s"
    return replace(features, grid=replace(grid, step=step, lead=Fraction(0))), note


def segment_cells(segment: Segment, edges: NDArray[np.int64]) -> NDArray[np.intp]:
    """Cells of a segment: their centre lies in it, or the one of largest overlap; empty if it touches none.

    Parameters
    ----------
    segment
        Half-open, microseconds.
    edges
        Cell edges, microseconds, shape (T + 1,).
    """
    twice_centre = edges[:-1] + edges[1:]
    inside = np.flatnonzero((twice_centre >= 2 * segment.start) & (twice_centre < 2 * segment.end))
    if inside.size:
        return inside
    overlap = np.minimum(edges[1:], segment.end) - np.maximum(edges[:-1], segment.start)
    best = int(np.argmax(overlap))
    return np.array([best] if overlap[best] > 0 else [], np.intp)


def click_cell(click: int, grid: SnippetGrid, frame: int = FRAME) -> int | None:
    """The cell of a click, or None where there is no cell.

    A lead or tail shorter than a step belongs to the first or last cell; in a longer one nothing is known of the click.
    Where the last cell reaches the end of the video, so does a click up to ``frame`` microseconds past it.
    """
    last = grid.end(grid.n_snippets - 1)
    latest = last + frame if last == grid.extent.end else last
    earliest = grid.extent.start if grid.lead < grid.step else grid.start(0)
    return grid.cell(click) if earliest <= click < latest else None
