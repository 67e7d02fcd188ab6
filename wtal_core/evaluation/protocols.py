"""The field's evaluation protocols: how predictions claim instances, and which average precision is taken.

Numbers of different protocols are comparable to about a point of average mAP only (FACTS 9.4); a report names its own.

References
----------
ActivityNet: ``Evaluation/eval_detection.py`` (FACTS 9.1). THUMOS'14: ``TH14evaldet`` (FACTS 9.2). W-TALC and its heirs
RSKP, GauFuse, 3C-Net: ``detectionMAP`` (FACTS 9.3).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from wtal_core.domain import MICROSECONDS
from wtal_core.evaluation import average_precision
from wtal_core.evaluation.matching import Pairs, Table, claim, nearest_first, overlapping_pairs

FASTEST = 1_000_000
"""Frames per second; with more, snippets late in a video have no 64-bit number."""


@dataclass(frozen=True, slots=True)
class SnippetRate:
    """The snippets the W-TALC protocol rounds times to: ``stride`` frames each, at ``fps``.

    I3D features of the field: 25 and 16; UntrimmedNet features of W-TALC: 10 and 4.
    """

    fps: Fraction = Fraction(25)
    stride: int = 16

    def __post_init__(self) -> None:
        object.__setattr__(self, "fps", Fraction(self.fps))
        if not 0 < self.fps <= FASTEST or self.stride < 1:
            raise ValueError(
                f"snippets need a positive fps of at most {FASTEST:,} and a stride of at least 1 frame, got "
                f"fps {float(self.fps):g} and stride {self.stride}"
            )

    def index(self, times: NDArray[np.int64]) -> NDArray[np.int64]:
        """Nearest snippet edge of each time in microseconds, exact, halves to even."""
        step = Fraction(self.stride) / self.fps * MICROSECONDS  # microseconds
        unique, inverse = np.unique(times, return_inverse=True)
        return np.array([round(Fraction(time) / step) for time in unique.tolist()], dtype=np.int64)[inverse]


@dataclass(frozen=True, eq=False)
class Match:
    """The outcome of one protocol.

    Attributes
    ----------
    predictions
        Those that were judged, by class, best first.
    hits
        True positives, shape (K, N).
    counted
        Whether a prediction counts at a threshold (an ambiguous one does not), shape (K, N).
    """

    predictions: Table
    hits: NDArray[np.bool_]
    counted: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Protocol:
    """A matching rule and an average precision."""

    match: Callable[[Table, Table, Table, Sequence[float], SnippetRate], Match]
    average_precision: Callable[[NDArray[np.bool_], int], NDArray[np.float64]]


def activitynet(predictions: Table, instances: Table, ambiguous: Table, tiou: Sequence[float], _: SnippetRate) -> Match:
    """Best prediction first, each claims the nearest free instance it overlaps by at least the threshold."""
    pairs = nearest_first(overlapping_pairs(predictions, instances), predictions, instances)
    return _all_counted(predictions, claim(pairs, len(predictions), len(instances), tiou).hits)


def thumos14(predictions: Table, instances: Table, ambiguous: Table, tiou: Sequence[float], _: SnippetRate) -> Match:
    """Each instance in file order takes the free prediction of largest overlap, if it is more than the threshold.

    The instance chooses by overlap, not by score, so duplicates cost. False positives that touch ambiguous time are
    not counted.
    """
    pairs = overlapping_pairs(predictions, instances)
    pairs = pairs.take(np.lexsort((pairs.prediction, -pairs.tiou, pairs.instance)))
    # the threshold is exclusive here: the next float up turns "at least" into "more than"
    above = np.nextafter(np.asarray(tiou), np.inf)
    # roles are exchanged: here the instances claim, each at most one prediction
    turned = Pairs(pairs.instance, pairs.prediction, pairs.tiou)
    hits = claim(turned, len(instances), len(predictions), above.tolist()).found
    touching = np.zeros(len(predictions), dtype=bool)
    touching[overlapping_pairs(predictions, ambiguous, any_label=True).prediction] = True
    return Match(predictions, hits, hits | ~touching)


def wtalc(predictions: Table, instances: Table, ambiguous: Table, tiou: Sequence[float], rate: SnippetRate) -> Match:
    """On whole snippets; each prediction claims the first free instance in file order that it overlaps enough."""
    predictions, instances = _on_snippets(predictions, instances, ambiguous, rate)
    pairs = overlapping_pairs(predictions, instances)
    pairs = pairs.take(np.lexsort((pairs.instance, pairs.prediction)))
    return _all_counted(predictions, claim(pairs, len(predictions), len(instances), tiou).hits)


def wtalc_best(
    predictions: Table, instances: Table, ambiguous: Table, tiou: Sequence[float], rate: SnippetRate
) -> Match:
    """On whole snippets; each prediction claims the nearest free instance (3C-Net, RSKP, GauFuse)."""
    predictions, instances = _on_snippets(predictions, instances, ambiguous, rate)
    pairs = nearest_first(overlapping_pairs(predictions, instances), predictions, instances)
    return _all_counted(predictions, claim(pairs, len(predictions), len(instances), tiou).hits)


def _all_counted(predictions: Table, hits: NDArray[np.bool_]) -> Match:
    return Match(predictions, hits, np.ones_like(hits))


def _on_snippets(predictions: Table, instances: Table, ambiguous: Table, rate: SnippetRate) -> tuple[Table, Table]:
    """Both on whole snippets, without the predictions that touch ambiguous snippets, whatever their class."""
    predictions, instances, ambiguous = (
        Table(table.video, table.label, rate.index(table.start), rate.index(table.end), table.score)
        for table in (predictions, instances, ambiguous)
    )
    touching = overlapping_pairs(predictions, ambiguous, any_label=True).prediction
    kept = np.ones(len(predictions), dtype=bool)
    kept[touching] = False
    return predictions.take(kept), instances


PROTOCOLS: Mapping[str, Protocol] = {
    "activitynet": Protocol(activitynet, average_precision.interpolated),
    "thumos14": Protocol(thumos14, average_precision.at_hits),
    "wtalc": Protocol(wtalc, average_precision.at_hits),
    "wtalc-best": Protocol(wtalc_best, average_precision.interpolated),
}
