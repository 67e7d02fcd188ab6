"""Gaussian weighted fusion: overlapping proposals become one, a weighted mean of them (GauFuse, FACTS 7.1 (1)-(4)).

The best remaining proposal gathers those that overlap it by more than a threshold (1). Their scores become weights by a
softmax with a temperature (3); score, start and end of the fused proposal are what the chosen template says of the
weighted values, for independent Gaussians of free mean the weighted means (2, 4). The gathered are removed, and again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from wtal_core.inference.nms import Overlap, best_first, overlaps

Template = Literal["gaussian", "exponential", "t", "uniform", "nms"]

STUDENT_FREEDOM = 3.0
"""nu of the t template; its scale is 1 snippet for both ends and .1 for the score (FACTS 7.1)."""

STUDENT_SCALES = (1.0, 1.0, 0.1)


@dataclass(frozen=True, slots=True)
class FusionRule:
    """How overlapping proposals become one.

    Attributes
    ----------
    template, temperature, iou_threshold, overlap
        See :func:`fuse`.
    weighed
        Whether the contrasts make the weights (the paper), or the means inside alone (the public code).
    """

    template: Template = "gaussian"
    temperature: float = 0.03
    iou_threshold: float = 0.5
    overlap: Overlap = "iou"
    weighed: Literal["contrast", "inner"] = "contrast"

    def __post_init__(self) -> None:
        if not 0 <= self.iou_threshold < 1 or self.temperature <= 0:
            raise ValueError(
                "fusion needs an overlap threshold in [0, 1) and a positive temperature, got "
                f"{self.iou_threshold} and {self.temperature}"
            )


def fuse_by(
    rule: FusionRule,
    segments: NDArray[np.floating],
    scores: NDArray[np.floating],
    inner: NDArray[np.floating],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """:func:`fuse` with the settings of a rule; ``inner`` are the means inside, (N,)."""
    return fuse(
        segments,
        scores,
        iou_threshold=rule.iou_threshold,
        temperature=rule.temperature,
        template=rule.template,
        overlap=rule.overlap,
        marks=inner if rule.weighed == "inner" else None,
    )


def fuse(
    segments: NDArray[np.floating],
    scores: NDArray[np.floating],
    *,
    iou_threshold: float = 0.5,
    temperature: float = 0.1,
    template: Template = "gaussian",
    overlap: Overlap = "iou",
    marks: NDArray[np.floating] | None = None,
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
        ``uniform``: mid-range, weights unused. ``nms``: the best alone. The last four are table 3 of the paper.
    overlap
        See :func:`wtal_core.inference.nms.overlaps`.
    marks
        What the weights are the softmax of, (N,); the scores by default (the public code: the mean inside alone).

    Returns
    -------
    tuple
        Fused ``(start, end)`` as floats, (n, 2), and scores (n,), best first.
    """
    FusionRule(template, temperature, iou_threshold, overlap)  # refuses what is out of range
    segments = np.asarray(segments, np.float64).reshape(-1, 2)
    scores = np.asarray(scores, np.float64).reshape(-1)
    marks = scores if marks is None else np.asarray(marks, np.float64).reshape(-1)
    order = best_first(segments, scores)
    fused: list[NDArray[np.float64]] = []
    while order.size:
        joined = overlaps(segments[order[0]], segments[order], overlap) > iou_threshold
        joined[0] = True  # (1) includes the best itself, also when it is empty
        group = order[joined]
        values = np.column_stack([segments[group], scores[group]])
        fused.append(_centre(values, _weights(marks[group], temperature), template))
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
    elif template == "nms":
        centre = values[0]  # a group comes best first
    else:
        raise ValueError(f"template must be gaussian, exponential, t, uniform or nms, got {template!r}")
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
