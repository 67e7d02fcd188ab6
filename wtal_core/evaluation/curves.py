"""Precision over recall of each class at one tIoU threshold: what average precision is the area of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wtal_core.evaluation.ground_truth import GroundTruth, Predictions
from wtal_core.evaluation.matching import claim, nearest_first, overlapping_pairs, tables
from wtal_core.evaluation.report import thresholds


@dataclass(frozen=True, eq=False)
class PrecisionRecall:
    """The curve of one class, best proposal first.

    Attributes
    ----------
    recall
        Share of the instances found by the first n proposals, n = 1 .. N, shape (N,).
    precision
        Share of these n proposals that are right, shape (N,).
    envelope
        The best precision at that recall or a higher one, shape (N,): its area is the AP of ActivityNet's protocol.
    n_instances
        Instances of the class.
    """

    recall: NDArray[np.float64]
    precision: NDArray[np.float64]
    envelope: NDArray[np.float64]
    n_instances: int

    @property
    def average_precision(self) -> float:
        """Area under the envelope, 0 to 1."""
        return float((np.diff(self.recall, prepend=0.0) * self.envelope).sum())


def precision_recall(
    ground_truth: GroundTruth, predictions: Predictions, tiou: float = 0.5
) -> dict[str, PrecisionRecall]:
    """The curves of all classes of the ground truth, matched as ActivityNet does.

    Raises
    ------
    ValueError
        If the threshold is outside (0, 1].
    """
    instances, proposals = tables(ground_truth, predictions)
    pairs = nearest_first(overlapping_pairs(proposals, instances), proposals, instances)
    hits = claim(pairs, len(proposals), len(instances), thresholds([tiou])).hits[0]
    found = {}
    for index, label in enumerate(ground_truth.labels):
        first, stop = np.searchsorted(proposals.label, (index, index + 1))  # proposals ascend by class, best first
        n_instances = int((instances.label == index).sum())
        right = np.cumsum(hits[first:stop])
        precision = right / np.arange(1, stop - first + 1)
        envelope = np.maximum.accumulate(precision[::-1])[::-1]
        found[label] = PrecisionRecall(right / max(1, n_instances), precision, envelope, n_instances)
    return found
