"""How good are proposals: mAP by the field's protocols, kinds of error, recall, and what the labels cost.

Conventions: times are integer microseconds on one clock for truth and predictions; scores only rank; all values are
fractions. :func:`evaluate` is validated, deterministic (equal scores are ordered by video, start and end, so the order
of the input never matters) and exact at decimal thresholds.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

import numpy as np

from wtal_core.domain import Proposal
from wtal_core.evaluation.ground_truth import ActionInstance, GroundTruth, Predictions, unused_predictions
from wtal_core.evaluation.matching import Table, table, tables
from wtal_core.evaluation.protocols import PROTOCOLS, SnippetRate
from wtal_core.evaluation.report import MAX_THRESHOLDS, EvaluationReport, parse_thresholds, thresholds

__all__ = [
    "PROTOCOLS",
    "ActionInstance",
    "EvaluationReport",
    "GroundTruth",
    "Predictions",
    "SnippetRate",
    "evaluate",
    "parse_thresholds",
    "unused_predictions",
]

DEFAULT_TIOU = (0.3, 0.4, 0.5, 0.6, 0.7)


def evaluate(
    ground_truth: GroundTruth,
    predictions: Predictions,
    *,
    protocol: str = "activitynet",
    tiou: Iterable[float] = DEFAULT_TIOU,
    rate: SnippetRate | None = None,
) -> EvaluationReport:
    """Mean average precision of proposals.

    Videos and classes that the ground truth does not hold are left out (:func:`unused_predictions` lists them); a class
    without predictions has AP 0 and stays in the mean.

    Parameters
    ----------
    ground_truth
        The evaluated videos.
    predictions
        Proposals of each video, in any order.
    protocol
        A name in :data:`PROTOCOLS`.
    tiou
        Thresholds.
    rate
        Snippets of the W-TALC protocols; 16 frames at 25 fps unless given.

    Raises
    ------
    ValueError
        If the protocol is unknown or a threshold is outside (0, 1].
    TypeError
        If a prediction is not a :class:`~wtal_core.domain.Proposal`.
    """
    if protocol not in PROTOCOLS:
        raise ValueError(f"no evaluation protocol {protocol!r}; choose one of {', '.join(PROTOCOLS)}")
    levels = thresholds(tiou)
    if len(levels) > MAX_THRESHOLDS:
        raise ValueError(f"at most {MAX_THRESHOLDS} tIoU thresholds at once, got {len(levels)}")
    for proposal in chain.from_iterable(predictions.get(video, ()) for video in ground_truth.instances):
        if not isinstance(proposal, Proposal):
            raise TypeError(f"predictions are Proposals, got {proposal!r}")
    instances, proposals = tables(ground_truth, predictions)
    rule = PROTOCOLS[protocol]
    match = rule.match(proposals, instances, _ambiguous(ground_truth), levels, rate or SnippetRate())
    ap: dict[str, tuple[float, ...]] = {}
    for index, label in enumerate(ground_truth.labels):
        first, stop = np.searchsorted(match.predictions.label, (index, index + 1))  # predictions ascend by class
        hits, counted = match.hits[:, first:stop], match.counted[:, first:stop]
        n_positives = int((instances.label == index).sum())
        if counted.all():
            values = rule.average_precision(hits, n_positives)
        else:  # what counts differs by threshold
            rows = zip(hits, counted, strict=True)
            values = np.array([rule.average_precision(hit[None, kept], n_positives)[0] for hit, kept in rows])
        ap[label] = tuple(values.tolist())
    mean = np.mean(list(ap.values()), axis=0)
    return EvaluationReport(
        protocol,
        ground_truth.subset,
        levels,
        tuple(mean.tolist()),
        float(mean.mean()),
        ap,
        len(instances),
        len(proposals),
    )


def _ambiguous(ground_truth: GroundTruth) -> Table:
    spans = [
        (index, 0, span.start, span.end, 0.0)
        for index, video in enumerate(sorted(ground_truth.instances))
        for span in ground_truth.ambiguous.get(video, ())
    ]
    return table(spans)
