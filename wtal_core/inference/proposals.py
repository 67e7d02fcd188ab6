"""From arrays of snippet coordinates to proposals in time."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from wtal_core.domain import Proposal, Segment, SnippetGrid


def to_proposals(
    label: str, segments: NDArray[np.floating] | NDArray[np.integer], scores: NDArray[np.floating], grid: SnippetGrid
) -> list[Proposal]:
    """Segments of one class as proposals, inside the video.

    Parameters
    ----------
    label
        The class.
    segments
        ``(start, end)`` in snippet coordinates: integers are edges between cells, fractions lie in between (fused
        proposals). What lies outside ``[0, T]`` is clipped. Shape (N, 2).
    scores
        Shape (N,), finite.
    grid
        Time base of the video.

    Returns
    -------
    list
        In the order given, each at least one microsecond long.
    """
    edges = grid.edges
    times = np.rint(np.interp(np.asarray(segments, np.float64), np.arange(edges.size), edges)).astype(np.int64)
    extent = grid.extent
    found = []
    for (start, end), score in zip(times.reshape(-1, 2), scores, strict=True):
        first = min(max(int(start), extent.start), extent.end - 1)
        found.append(Proposal(label, Segment(first, min(max(int(end), first + 1), extent.end)), float(score)))
    return found


def ranked(proposals: Iterable[Proposal]) -> list[Proposal]:
    """Best first; ties by start, end and label, so that one set has one order."""
    return sorted(proposals, key=lambda proposal: (-proposal.score, proposal.segment, proposal.label))
