"""Which prediction finds which instance: every threshold at once, by sets of thresholds in the bits of an integer.

A prediction that overlaps an instance by tIoU v may claim it at every threshold up to v. Ascending thresholds make that
set a low run of bits, so one ``&`` decides all thresholds. Only pairs that overlap enough for the lowest threshold are
looked at, and these are found with array arithmetic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wtal_core.evaluation.ground_truth import GroundTruth, Predictions


@dataclass(frozen=True, eq=False)
class Table:
    """Spans of many videos as columns, all of one length.

    Attributes
    ----------
    video, label
        Indices, int64.
    start, end
        Integer times; microseconds, or snippets in the W-TALC protocol.
    score
        For predictions; instances hold zeros.
    """

    video: NDArray[np.int64]
    label: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    score: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.video)

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Table:
        """The given rows, in the given order."""
        return Table(self.video[rows], self.label[rows], self.start[rows], self.end[rows], self.score[rows])

    def best_first(self) -> Table:
        """Rows by class, then by descending score; ties by video, start and end, so that input order never matters."""
        return self.take(np.lexsort((self.end, self.start, self.video, -self.score, self.label)))


def tables(ground_truth: GroundTruth, predictions: Predictions, *, any_label: bool = False) -> tuple[Table, Table]:
    """Instances (file order) and predictions (best first) of the evaluated videos and classes.

    With ``any_label``, proposals of classes that the ground truth does not have stay; their label is the number of
    classes it has.
    """
    videos = {video: index for index, video in enumerate(sorted(ground_truth.instances))}
    labels = {label: index for index, label in enumerate(ground_truth.labels)}
    instances = [
        (index, labels[found.label], found.segment.start, found.segment.end, 0.0)
        for video, index in videos.items()
        for found in ground_truth.instances[video]
    ]
    proposals = [
        (index, labels.get(found.label, len(labels)), found.segment.start, found.segment.end, found.score)
        for video, index in videos.items()
        for found in predictions.get(video, ())
        if any_label or found.label in labels
    ]
    return table(instances), table(proposals).best_first()


def table(rows: Sequence[tuple[int, int, int, int, float]]) -> Table:
    """Columns of (video, label, start, end, score) rows."""
    video, label, start, end, score = zip(*rows, strict=True) if rows else ((), (), (), (), ())
    whole = [np.array(column, dtype=np.int64) for column in (video, label, start, end)]
    return Table(whole[0], whole[1], whole[2], whole[3], np.array(score, dtype=np.float64))


@dataclass(frozen=True, eq=False)
class Pairs:
    """Overlapping (prediction, instance) pairs of one video and class; rows ascend by prediction."""

    prediction: NDArray[np.int64]
    instance: NDArray[np.int64]
    tiou: NDArray[np.float64]

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Pairs:
        """The given rows, in the given order."""
        return Pairs(self.prediction[rows], self.instance[rows], self.tiou[rows])


@dataclass(frozen=True, eq=False)
class Claims:
    """Who claimed and what was claimed at each of K thresholds.

    Attributes
    ----------
    hits
        Predictions that claimed an instance, shape (K, n_predictions).
    found
        Instances that were claimed, shape (K, n_instances).
    """

    hits: NDArray[np.bool_]
    found: NDArray[np.bool_]


def overlapping_pairs(predictions: Table, instances: Table, *, any_label: bool = False) -> Pairs:
    """All pairs with a positive tIoU in one video, of one class unless ``any_label``.

    tIoU is a quotient of integers, correctly rounded: comparing it with a decimal threshold is exact for videos of up
    to years.
    """
    n_labels = 1 if any_label else 1 + max(_last(predictions.label), _last(instances.label))
    wanted = predictions.video * n_labels + (0 if any_label else predictions.label)
    offered = instances.video * n_labels + (0 if any_label else instances.label)
    order = np.argsort(offered, kind="stable")
    first = np.searchsorted(offered[order], wanted, side="left")
    count = np.searchsorted(offered[order], wanted, side="right") - first
    prediction = np.repeat(np.arange(len(predictions)), count)
    within = np.arange(len(prediction)) - np.repeat(np.cumsum(count) - count, count)
    instance = order[np.repeat(first, count) + within]
    shared = np.minimum(predictions.end[prediction], instances.end[instance]) - np.maximum(
        predictions.start[prediction], instances.start[instance]
    )
    kept = shared > 0
    prediction, instance, shared = prediction[kept], instance[kept], shared[kept]
    lengths = predictions.end - predictions.start, instances.end - instances.start
    return Pairs(prediction, instance, shared / (lengths[0][prediction] + lengths[1][instance] - shared))


def nearest_first(pairs: Pairs, predictions: Table, instances: Table) -> Pairs:
    """By prediction, then by descending tIoU.

    A prediction that covers two instances of one length overlaps both equally. ActivityNet's evaluator leaves their
    order to an unstable sort, worth up to .05 points of mAP on THUMOS14. Here the one whose centre is farther off comes
    first, then the later: of the fixed rules tried (earlier, later, nearer, farther) the only one that gives the
    published map of ``golden-map`` to two decimals.
    """
    centres = predictions.start + predictions.end, instances.start + instances.end  # doubled
    distance = np.abs(centres[0][pairs.prediction] - centres[1][pairs.instance])
    later = instances.start[pairs.instance]
    return pairs.take(np.lexsort((-pairs.instance, -later, -distance, -pairs.tiou, pairs.prediction)))


def _last(values: NDArray[np.int64]) -> int:
    return int(values.max()) if len(values) else 0


def claim(pairs: Pairs, n_predictions: int, n_instances: int, tiou: Sequence[float]) -> Claims:
    """Predictions in order each claim the first free instance of their pairs, at each threshold on its own.

    Parameters
    ----------
    pairs
        Rows ascend by prediction; the order within a prediction is the order of preference.
    tiou
        Ascending thresholds, at most 62.
    """
    reached = np.searchsorted(np.asarray(tiou), pairs.tiou, side="right")  # thresholds at or below the tIoU
    near = reached > 0
    claimed = [0] * n_instances
    hits = [0] * n_predictions
    rows = zip(pairs.prediction[near].tolist(), pairs.instance[near].tolist(), reached[near].tolist(), strict=True)
    for prediction, instance, count in rows:
        won = ((1 << count) - 1) & ~claimed[instance] & ~hits[prediction]
        if won:
            claimed[instance] |= won
            hits[prediction] |= won
    return Claims(_unpacked(hits, len(tiou)), _unpacked(claimed, len(tiou)))


def _unpacked(words: list[int], n_thresholds: int) -> NDArray[np.bool_]:
    bits = np.array(words, dtype=np.int64)
    return np.asarray((bits[None, :] >> np.arange(n_thresholds)[:, None]) & 1, dtype=bool)
