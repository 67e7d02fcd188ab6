"""Average recall of proposals, whatever their class (ActivityNet's proposal task)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from wtal_core.evaluation.ground_truth import GroundTruth, Predictions
from wtal_core.evaluation.matching import overlapping_pairs, tables
from wtal_core.evaluation.report import thresholds

ACTIVITYNET_TIOU = tuple(round(0.5 + 0.05 * index, 2) for index in range(10))


def average_recall(
    ground_truth: GroundTruth,
    predictions: Predictions,
    numbers: Iterable[int] = (1, 5, 10, 50, 100),
    tiou: Iterable[float] = ACTIVITYNET_TIOU,
) -> dict[int, float]:
    """Share of the instances that the best N proposals of a video overlap enough, mean over the thresholds.

    Classes are not looked at, not even whether the ground truth has them, and one proposal may find several instances.

    Parameters
    ----------
    numbers
        Proposals per video, each at least 1.

    Raises
    ------
    ValueError
        If a number is below 1 or a threshold outside (0, 1].
    """
    levels = np.asarray(thresholds(tiou))
    wanted = list(numbers)
    if not wanted or min(wanted) < 1:
        raise ValueError(f"average recall counts the best N proposals of a video, N at least 1, got {wanted}")
    instances, proposals = tables(ground_truth, predictions, any_label=True)
    order = np.lexsort((proposals.label, proposals.end, proposals.start, -proposals.score, proposals.video))
    proposals = proposals.take(order)
    rank = np.arange(len(proposals)) - np.searchsorted(proposals.video, proposals.video)
    pairs = overlapping_pairs(proposals, instances, any_label=True)
    recalls = {}
    for number in wanted:
        best = np.zeros(len(instances))
        among = rank[pairs.prediction] < number
        np.maximum.at(best, pairs.instance[among], pairs.tiou[among])
        recalls[number] = float((best[:, None] >= levels).mean())
    return recalls
