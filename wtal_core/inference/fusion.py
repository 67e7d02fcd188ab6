"""Gaussian weighted fusion: overlapping proposals become one, a weighted mean of them (GauFuse, FACTS 7.1 (1)-(4)).

The best remaining proposal gathers those that overlap it by more than a threshold (1). Their scores become weights by a
softmax with a temperature (3); score, start and end of the fused proposal are what the chosen template says of the
weighted values, for independent Gaussians of free mean the weighted means (2, 4). The gathered are removed, and again.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from wtal_core.inference.nms import Overlap, best_first, overlaps

Template = Literal["gaussian", "exponential", "t", "uniform"]

STUDENT_FREEDOM = 3.0
"""nu of the t template; its scale is 1 snippet for both ends and .1 for the score (FACTS 7.1)."""

STUDENT_SCALES = (1.0, 1.0, 0.1)


def fuse(
    segments: NDArray[np.floating],
    scores: NDArray[np.floating],
    *,
    iou_threshold: float = 0.5,
    temperature: float = 0.1,
    template: Template = "gaussian",
    overlap: Overlap = "iou",
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fuse the proposals of one class.

    Parameters
    ----------
    segments
        ``(start, end)`` in snippets, shape (N, 2).
    scores
        Outer-inner contrast, shape (N,).
    iou_threshold
        What overlaps the best by more than this joins it, 0 to below 1.
    temperature
        tau of the weights, > 0 (the paper: .1 in training, .03 at test).
    template
        ``gaussian``: weighted mean. ``exponential``: weighted median, the lower at ties. ``t``: Student's t, nu = 3.
        ``uniform``: mid-range, weights unused. The last three are table 3 of the paper.
    overlap
        See :func:`wtal_core.inference.nms.overlaps`.

    Returns
    -------
    tuple
        Fused ``(start, end)`` as floats, (n, 2), and scores (n,), best first.
    """
    if not 0 <= iou_threshold < 1 or temperature <= 0:
        raise ValueError(
            f"fusion needs an overlap threshold in [0, 1) and a positive temperature, got {iou_threshold} and "
            f"{temperature}"
        )
    segments = np.asarray(segments, np.float64).reshape(-1, 2)
    scores = np.asarray(scores, np.float64).reshape(-1)
    order = best_first(segments, scores)
    fused: list[NDArray[np.float64]] = []
    while order.size:
        joined = overlaps(segments[order[0]], segments[order], overlap) > iou_threshold
        joined[0] = True  # (1) includes the best itself, also when it is empty
        group = order[joined]
        values = np.column_stack([segments[group], scores[group]])
        fused.append(_centre(values, _weights(scores[group], temperature), template))
        order = order[~joined]
    table = np.array(fused, np.float64).reshape(-1, 3)
    rank = best_first(table[:, :2], table[:, 2])
    return table[rank, :2], table[rank, 2]


def _weights(scores: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Softmax of the scores (3)."""
    exponent = np.exp((scores - scores.max()) / temperature)
    return np.asarray(exponent / exponent.sum())


def _centre(values: NDArray[np.float64], weights: NDArray[np.float64], template: Template) -> NDArray[np.float64]:
    """One (start, end, score) for a group of them, (n, 3) -> (3,), always within the range of the group."""
    if template == "gaussian":
        centre = weights @ values
    elif template == "uniform":
        centre = 0.5 * (values.min(axis=0) + values.max(axis=0))
    elif template == "exponential":
        centre = np.array([_weighted_median(column, weights) for column in values.T])
    elif template == "t":
        centre = _student_centre(values, weights)
    else:
        raise ValueError(f"template must be gaussian, exponential, t or uniform, got {template!r}")
    return np.clip(centre, values.min(axis=0), values.max(axis=0))  # a sum of rounded weights may leave it by an ulp


def _weighted_median(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """The least value with at least half of the weight at or below it."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order]) >= 0.5 - 1e-12  # a tie at exactly one half survives rounding
    return float(values[order][reached.argmax()])


def _student_centre(values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fixed point of ``mu = sum w x / sum w`` with ``w = p / (nu sigma^2 + (x - mu)^2)``, from the weighted mean."""
    spread = STUDENT_FREEDOM * np.square(STUDENT_SCALES)
    centre = weights @ values
    for _ in range(200):
        pull = weights[:, None] / (spread + np.square(values - centre))
        renewed = (pull * values).sum(axis=0) / pull.sum(axis=0)
        if np.abs(renewed - centre).max() < 1e-10:
            return np.asarray(renewed)
        centre = renewed
    return np.asarray(centre)
