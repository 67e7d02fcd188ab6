"""From curves and one threshold to proposals: runs of the classes a video has (TTC-Loc, LPAT; FACTS 2.5)."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from wtal_core.domain import ActivationSequence, Proposal
from wtal_core.inference.proposals import ranked, to_proposals
from wtal_core.inference.runs import runs

SegmentScore = Literal["peak", "margin", "gate"]
SCORE_HELP = "peak: max s + 0.7 class score (W-TALC); margin: mean of s - b; gate: p times mean gate"


def kept_classes(video_scores: NDArray[np.float32]) -> NDArray[np.intp]:
    """Classes above the mean of the C action classes; if none is (all equal), the first best (FACTS 2.5, T13).

    With one class, it is kept iff it beats the background, whose share is what is missing to 1.
    """
    if video_scores.size == 1:
        return np.flatnonzero(video_scores > 1 - video_scores.sum())
    mean = video_scores.mean(dtype=np.float64)
    kept = np.flatnonzero(video_scores - mean > 1e-6 * mean)  # equal but for rounding is not above
    return kept if kept.size else np.array([int(np.argmax(video_scores))])


def threshold_proposals(
    activation: ActivationSequence,
    kept: NDArray[np.intp],
    *,
    video_scores: NDArray[np.float32],
    totals: NDArray[np.float32],
    margin: NDArray[np.float32],
    gate: NDArray[np.float32],
    score: SegmentScore,
    class_weight: float = 0.7,
) -> list[Proposal]:
    """Runs where a kept class beats the threshold of ``activation``, best first; no length filter, no suppression.

    Parameters
    ----------
    activation
        CAS and the threshold that cuts, which may be another than the one that scores.
    kept
        Columns of the classes the video has.
    video_scores, totals
        Probability and pooled score of each class, (C,).
    margin, gate
        s - b and its gate, which score the runs, (T, C).
    score
        How (T5): ``peak``, ``margin`` or ``gate``.
    class_weight
        Share of ``totals`` in ``peak``.
    """
    above, cas = activation.margin > 0, activation.cas
    found: list[Proposal] = []
    for column in kept:
        cut = runs(above[:, column])
        if score == "peak":
            marks = [cas[first:stop, column].max() + class_weight * totals[column] for first, stop in cut]
        elif score == "margin":
            marks = [margin[first:stop, column].mean() for first, stop in cut]
        else:
            marks = [video_scores[column] * gate[first:stop, column].mean() for first, stop in cut]
        found += to_proposals(activation.class_names[column], cut, np.array(marks), activation.grid)
    return ranked(found)
