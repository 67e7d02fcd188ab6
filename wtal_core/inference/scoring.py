"""How much a segment stands out: its mean inside minus the mean of two strips beside it (outer-inner contrast).

Sources: AutoLoc's OIC, as RSKP and GauFuse use it (FACTS 6.6, 7.3) with the exact, half-open ends of FACTS 7.6; the
public codes' ends stay available under the name ``published``.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Ends = Literal["exact", "published"]

RSKP_STRIP = (0.25, 1.0)
"""Width of an outer strip ``a * length ** b`` as ``(a, b)``: RSKP and the BaS-Net family."""

GAUFUSE_STRIP = (0.0785, 0.9)
"""The same for GauFuse."""


def outer_inner_contrast(
    trace: NDArray[np.floating],
    segments: NDArray[np.integer],
    *,
    strip: tuple[float, float] = RSKP_STRIP,
    ends: Ends = "exact",
) -> NDArray[np.float64]:
    """Mean of a trace inside each segment minus its mean in the two outer strips.

    Parameters
    ----------
    trace
        Un-thresholded values of one class, shape (T,).
    segments
        Runs ``(first, stop)`` inside ``[0, T]``, int (N, 2).
    strip
        Width of each outer strip in snippets as ``(a, b)`` of ``w = a * length ** b``.
    ends
        ``exact``: inside is ``[p, q)``; ``n = max(1, ceil(w))`` snippets on either side, clipped to the video.
        ``published``: the public codes' arithmetic, in which the inside holds the snippet after the run and the right
        strip begins one late; they then store the segment as :func:`stored` says.
        Where both strips are empty the outer mean is 0, either way.

    Returns
    -------
    NDArray
        Scores, float64 (N,), in the unit of the trace.
    """
    trace = np.asarray(trace, np.float64)
    segments = checked_segments(segments, trace.size)
    first, stop = segments[:, 0], segments[:, 1]
    width = strip[0] * (stop - first).astype(np.float64) ** strip[1]
    n_trace = trace.size
    if ends == "exact":
        snippets = np.maximum(1, np.ceil(width)).astype(np.int64)
        inner = (first, stop)
        left = (np.maximum(0, first - snippets), first)
        right = (stop, np.minimum(n_trace, stop + snippets))
    elif ends == "published":
        inner = (first, np.minimum(n_trace, stop + 1))
        left = (np.maximum(0, np.trunc(first - width)).astype(np.int64), first)
        right = (stop + 1, np.minimum(n_trace - 1, np.trunc(stop + width + 1)).astype(np.int64))
        right = (right[0], np.maximum(right[0], right[1]))  # an empty strip, not a reversed one
    else:
        raise ValueError(f"ends must be exact or published, got {ends!r}")
    total = np.concatenate([[0.0], np.cumsum(trace)])  # total[q] - total[p] is the sum over [p, q)
    outer_sum = _sum(total, *left) + _sum(total, *right)
    outer_count = (left[1] - left[0]) + (right[1] - right[0])
    inner_mean = _sum(total, *inner) / (inner[1] - inner[0])
    return np.asarray(inner_mean - outer_sum / np.maximum(outer_count, 1))


def inner_mean(trace: NDArray[np.floating], segments: NDArray[np.integer], ends: Ends = "exact") -> NDArray[np.float64]:
    """Mean of a trace (T,) inside each segment (N, 2), as :func:`outer_inner_contrast` takes it."""
    trace = np.asarray(trace, np.float64)
    checked = checked_segments(segments, trace.size)
    first, stop = checked[:, 0], np.minimum(stored(checked, ends)[:, 1], trace.size)
    total = np.concatenate([[0.0], np.cumsum(trace)])
    return np.asarray(_sum(total, first, stop) / (stop - first))


def _sum(total: NDArray[np.float64], first: NDArray[np.int64], stop: NDArray[np.int64]) -> NDArray[np.float64]:
    """Sums over half-open intervals from a running total; indices past the end belong to empty intervals."""
    last = total.size - 1
    return np.asarray(total[np.minimum(stop, last)] - total[np.minimum(first, last)])


def stored(segments: NDArray[np.integer], ends: Ends = "exact") -> NDArray[np.int64]:
    """The segments as a code stores them: as they are, or one snippet longer at the end (``published``).

    A published segment may end one snippet past the video (FACTS 7.6).
    """
    shift = 1 if ends == "published" else 0
    return np.asarray(np.reshape(segments, (-1, 2)) + np.array([0, shift]), np.int64)


def checked_segments(segments: NDArray[np.integer], n_snippets: int) -> NDArray[np.int64]:
    """Segments as int64 (N, 2), refused unless ``0 <= first < stop <= n_snippets``."""
    runs = np.asarray(segments, np.int64).reshape(-1, 2)
    bad = (runs[:, 0] < 0) | (runs[:, 1] <= runs[:, 0]) | (runs[:, 1] > n_snippets)
    if bad.any():
        raise ValueError(
            f"segments must lie inside a trace of {n_snippets} snippets and be half-open, got {runs[bad][0].tolist()}"
        )
    return runs
