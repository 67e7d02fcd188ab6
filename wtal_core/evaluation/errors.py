"""What goes wrong: the kind of every false positive, and how well instances of each length are found.

References
----------
Kinds and cut-offs follow DETAD (Alwassel et al., "Diagnosing Error in Temporal Action Detectors"), with its confusion
error counted as wrong class. Matching is ActivityNet's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from wtal_core.domain import MICROSECONDS
from wtal_core.evaluation.average_precision import interpolated
from wtal_core.evaluation.ground_truth import GroundTruth, Predictions
from wtal_core.evaluation.matching import Table, claim, nearest_first, overlapping_pairs, tables
from wtal_core.evaluation.report import thresholds

BACKGROUND_TIOU = 0.1
"""A prediction that overlaps every instance by less lies on background."""

LENGTH_EDGES = (0.0, 2.0, 5.0, 15.0, 60.0)
"""Seconds; the last group is open."""


class PredictionKind(StrEnum):
    """What one prediction is, the kindest explanation first."""

    CORRECT = "correct"
    DUPLICATE = "duplicate"
    WRONG_CLASS = "wrong class"
    LOCALIZATION = "localization"
    BACKGROUND = "background"


@dataclass(frozen=True, slots=True)
class FalsePositiveProfile:
    """Kinds of the best predictions.

    Attributes
    ----------
    tiou
        Overlap that counts as found.
    multiples
        Row ``i`` holds the best ``multiples[i] x (number of instances)`` predictions of each class.
    counts
        Predictions of each kind, per row.
    """

    tiou: float
    multiples: tuple[int, ...]
    counts: dict[PredictionKind, tuple[int, ...]]

    def shares(self) -> dict[PredictionKind, tuple[float, ...]]:
        """Counts as fractions of their row; 0 in a row without predictions."""
        totals = np.sum(list(self.counts.values()), axis=0)
        return {kind: tuple((np.asarray(row) / np.maximum(totals, 1)).tolist()) for kind, row in self.counts.items()}


@dataclass(frozen=True, slots=True)
class LengthGroup:
    """How well instances of one length are found.

    Attributes
    ----------
    shortest, longest
        Seconds, half-open; ``longest`` is infinite in the last group.
    n_instances
        Instances of these lengths.
    recall
        Share of them that any prediction finds.
    mAP
        Mean AP over classes with such instances, other lengths set aside: neither they nor predictions of them count.
    """

    shortest: float
    longest: float
    n_instances: int
    recall: float
    mAP: float


def false_positive_profile(
    ground_truth: GroundTruth, predictions: Predictions, *, tiou: float = 0.5, n_multiples: int = 10
) -> FalsePositiveProfile:
    """Kinds of the best G, 2G, ... predictions of each class, G being its number of instances.

    A prediction is *correct* if it claims an instance; *duplicate* if it reaches ``tiou`` with one that is claimed
    already; *wrong class* if it reaches it with an instance of another class; *localization* if it overlaps one of its
    own class by at least .1; *wrong class* again if only one of another class; else *background*.
    """
    (level,) = thresholds([tiou])
    instances, proposals = tables(ground_truth, predictions)
    kinds = _kinds(proposals, instances, level)
    per_class = np.bincount(instances.label, minlength=len(ground_truth.labels))
    first = np.searchsorted(proposals.label, np.arange(len(per_class)))
    rank = np.arange(len(proposals)) - first[proposals.label]  # within the class, best is 0
    multiples = tuple(range(1, n_multiples + 1))
    counts = {
        kind: tuple(int((kinds[rank < multiple * per_class[proposals.label]] == index).sum()) for multiple in multiples)
        for index, kind in enumerate(PredictionKind)
    }
    return FalsePositiveProfile(level, multiples, counts)


def _kinds(proposals: Table, instances: Table, tiou: float) -> NDArray[np.int64]:
    """Index into :class:`PredictionKind` of each prediction."""
    correct, duplicate, wrong, localization, background = range(5)
    same = overlapping_pairs(proposals, instances)
    any_class = overlapping_pairs(proposals, instances, any_label=True)
    of_another = proposals.label[any_class.prediction] != instances.label[any_class.instance]
    other = any_class.take(of_another)
    best_same = _largest(same.prediction, same.tiou, len(proposals))
    best_other = _largest(other.prediction, other.tiou, len(proposals))
    hits = claim(nearest_first(same, proposals, instances), len(proposals), len(instances), [tiou]).hits[0]
    kinds = np.full(len(proposals), background, dtype=np.int64)
    kinds[best_other >= BACKGROUND_TIOU] = wrong
    kinds[best_same >= BACKGROUND_TIOU] = localization
    kinds[best_other >= tiou] = wrong
    kinds[best_same >= tiou] = duplicate
    kinds[hits] = correct
    return kinds


def _largest(rows: NDArray[np.int64], values: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    largest = np.zeros(n)
    np.maximum.at(largest, rows, values)
    return largest


def length_sensitivity(
    ground_truth: GroundTruth,
    predictions: Predictions,
    *,
    tiou: float = 0.5,
    edges: Sequence[float] = LENGTH_EDGES,
) -> list[LengthGroup]:
    """How well short and long instances are found.

    Parameters
    ----------
    edges
        Ascending lengths in seconds where a new group begins; the first is 0.

    Raises
    ------
    ValueError
        If the edges do not ascend from 0.
    """
    if not edges or edges[0] != 0 or list(edges) != sorted(set(edges)):
        raise ValueError(f"length groups begin at ascending seconds from 0, got {list(edges)}")
    (level,) = thresholds([tiou])
    instances, proposals = tables(ground_truth, predictions)
    pairs = nearest_first(overlapping_pairs(proposals, instances), proposals, instances)
    pairs = pairs.take(pairs.tiou >= level)
    claims = claim(pairs, len(proposals), len(instances), [level])
    groups = []
    for shortest, longest in zip(edges, (*edges[1:], np.inf), strict=True):
        inside = _of_length(instances, shortest, longest)
        # a prediction belongs elsewhere if it found an instance of another length, or found none and has another length
        reached = np.zeros(len(proposals), dtype=bool)
        reached[pairs.prediction[inside[pairs.instance]]] = True
        elsewhere = np.zeros(len(proposals), dtype=bool)
        elsewhere[pairs.prediction[~inside[pairs.instance]]] = True
        counted = reached | (~elsewhere & _of_length(proposals, shortest, longest))
        groups.append(
            LengthGroup(
                shortest,
                longest,
                int(inside.sum()),
                float(claims.found[0][inside].mean()) if inside.any() else 0.0,
                _mean_ap(proposals.take(counted), instances.take(inside), level),
            )
        )
    return groups


def _of_length(table: Table, shortest: float, longest: float) -> NDArray[np.bool_]:
    seconds = (table.end - table.start) / MICROSECONDS
    return np.asarray((seconds >= shortest) & (seconds < longest))


def _mean_ap(proposals: Table, instances: Table, tiou: float) -> float:
    if not len(instances):
        return 0.0
    pairs = nearest_first(overlapping_pairs(proposals, instances), proposals, instances)
    hits = claim(pairs, len(proposals), len(instances), [tiou]).hits
    ap = [
        interpolated(hits[:, proposals.label == label], int((instances.label == label).sum()))[0]
        for label in np.unique(instances.label)
    ]
    return float(np.mean(ap))
