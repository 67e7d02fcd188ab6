"""W-TALC's way from a CAS to proposals: one threshold per class, half way between its extremes (FACTS 1.2)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wtal_core.domain import ActivationSequence, Proposal
from wtal_core.inference.proposals import ranked, to_proposals
from wtal_core.inference.runs import runs


def top_share_means(cas: NDArray[np.float32], share: int = 8) -> NDArray[np.float32]:
    """Mean of the ``floor(T / share)`` (at least 1) largest scores of each class, (T, C) to (C,)."""
    k = max(1, len(cas) // share)
    return np.asarray(np.sort(cas, axis=0)[-k:].mean(axis=0), np.float32)


def mid_range_proposals(
    activation: ActivationSequence, class_scores: NDArray[np.float32], *, class_weight: float = 0.7, min_length: int = 2
) -> list[Proposal]:
    """Runs of each class above its threshold, best first.

    Parameters
    ----------
    activation
        CAS and the threshold of each class, (T, C).
    class_scores
        Logit of each class for the whole video, (C,); a class is kept if it is positive.
    class_weight
        Segment score = greatest CAS in the run + ``class_weight`` times the class score.
    min_length
        Shorter runs are dropped, snippets.
    """
    above = activation.margin > 0
    found: list[Proposal] = []
    for index in np.flatnonzero(class_scores > 0):
        cut = runs(above[:, index])
        cut = cut[cut[:, 1] - cut[:, 0] >= min_length]
        peaks = np.array([activation.cas[first:stop, index].max() for first, stop in cut])
        marks = peaks + class_weight * class_scores[index]
        found += to_proposals(activation.class_names[index], cut, marks, activation.grid)
    return ranked(found)
