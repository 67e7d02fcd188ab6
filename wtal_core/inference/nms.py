"""Non-maximum suppression of the segments of one class, hard and soft, with deterministic ties."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Overlap = Literal["iou", "lower"]


def overlaps(one: NDArray[np.floating], many: NDArray[np.floating], overlap: Overlap = "iou") -> NDArray[np.float64]:
    """How far each of many segments overlaps one.

    Parameters
    ----------
    one
        ``(start, end)``, shape (2,), any unit.
    many
        Shape (N, 2).
    overlap
        ``iou``: shared over union. ``lower``: shared over the length of the other segment (RSKP and GauFuse, whose
        other segment is the lower-scored one; FACTS 6.6, without their +1).

    Returns
    -------
    NDArray
        Shape (N,), 0 to 1; 0 where nothing is shared.
    """
    one, many = np.asarray(one, np.float64), np.asarray(many, np.float64).reshape(-1, 2)
    shared = np.maximum(0.0, np.minimum(one[1], many[:, 1]) - np.maximum(one[0], many[:, 0]))
    lengths = many[:, 1] - many[:, 0]
    whole = lengths if overlap == "lower" else lengths + (one[1] - one[0]) - shared
    return np.asarray(np.divide(shared, whole, out=np.zeros_like(shared), where=whole > 0))


def best_first(segments: NDArray[np.floating], scores: NDArray[np.floating]) -> NDArray[np.intp]:
    """Order by falling score; ties by start, then by end, so that the order of the input never matters."""
    return np.lexsort((segments[:, 1], segments[:, 0], -np.asarray(scores)))


def nms(
    segments: NDArray[np.floating] | NDArray[np.integer],
    scores: NDArray[np.floating],
    threshold: float = 0.5,
    *,
    overlap: Overlap = "iou",
) -> NDArray[np.intp]:
    """Hard suppression: keep the best, drop what overlaps it by more than the threshold, repeat.

    Parameters
    ----------
    segments
        Shape (N, 2), one class, any unit.
    scores
        Shape (N,).
    threshold
        Largest overlap that survives, 0 to 1.
    overlap
        See :func:`overlaps`.

    Returns
    -------
    NDArray
        Indices of the kept segments, best first.
    """
    segments, scores = _checked(segments, scores)
    order = best_first(segments, scores)
    kept: list[int] = []
    while order.size:
        kept.append(int(order[0]))
        rest = order[1:]
        order = rest[overlaps(segments[order[0]], segments[rest], overlap) <= threshold]
    return np.array(kept, np.intp)


def soft_nms(
    segments: NDArray[np.floating] | NDArray[np.integer],
    scores: NDArray[np.floating],
    sigma: float = 0.4,
    *,
    min_score: float = 1e-3,
    max_segments: int = 100,
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Gaussian soft suppression: every later segment loses by ``exp(-IoU ** 2 / sigma)`` to each one kept before it.

    Parameters
    ----------
    segments
        Shape (N, 2), one class, any unit.
    scores
        Shape (N,). Segments below ``min_score`` are never returned.
    sigma
        Width of the Gaussian, > 0; small suppresses hard (RECIPE 2: 0.4; HR-Pro and DELU: 0.3).
    min_score, max_segments
        Where to stop.

    Returns
    -------
    tuple
        Indices of the kept segments and their new scores (n,), falling.
    """
    segments, scores = _checked(segments, scores)
    if sigma <= 0:
        raise ValueError(f"soft-NMS needs a positive sigma, got {sigma}; use nms for hard suppression")
    order = best_first(segments, scores)
    segments, left = segments[order], scores[order].astype(np.float64)
    kept: list[int] = []
    final: list[float] = []
    while len(kept) < min(max_segments, order.size):
        best = int(left.argmax())  # the first of equals: ties keep the order of best_first
        if left[best] < min_score:
            break
        kept.append(best)
        final.append(float(left[best]))
        # A kept segment is out; negative scores stay where they are, for a decay would raise them.
        decay = np.exp(-(overlaps(segments[best], segments) ** 2) / sigma)
        left = np.where(left > 0, left * decay, left)
        left[best] = -np.inf
    return order[np.array(kept, np.intp)], np.array(final, np.float64)


def _checked(
    segments: NDArray[np.floating] | NDArray[np.integer], scores: NDArray[np.floating]
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Both as arrays of matching length, refused when a score is not finite."""
    segments = np.asarray(segments, np.float64).reshape(-1, 2)
    scores = np.asarray(scores, np.float64).reshape(-1)
    if len(segments) != len(scores) or not np.isfinite(scores).all():
        raise ValueError(
            f"suppression needs one finite score per segment, got {len(segments)} segments and "
            f"{int(np.isfinite(scores).sum())} finite of {len(scores)} scores"
        )
    return segments, scores
