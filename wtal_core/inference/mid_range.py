"""W-TALC's way from a CAS to proposals: one threshold per class, half way between its extremes (FACTS 1.2)."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from wtal_core.domain import ActivationSequence, Proposal
from wtal_core.inference.proposals import ranked, to_proposals
from wtal_core.inference.runs import runs


def top_share_means(cas: NDArray[np.float32], share: int = 8) -> NDArray[np.float32]:
    """Mean of the ``floor(T / share)`` (at least 1) largest scores of each class, (T, C) to (C,)."""
    k = max(1, len(cas) // share)
    return np.asarray(np.sort(cas, axis=0)[-k:].mean(axis=0), np.float32)


class MidRangeRule(Protocol):
    """The settings of this module, as fields of a method's config."""

    @property
    def share(self) -> int:
        """See :func:`top_share_means`."""

    @property
    def class_weight(self) -> float:
        """Segment score = greatest CAS in the run + this times the class score."""

    @property
    def min_length(self) -> int:
        """Shorter runs are dropped, snippets."""


def mid_range_proposals(activation: ActivationSequence, rule: MidRangeRule) -> list[Proposal]:
    """Runs above the threshold of each class whose score, the mean of its top share, is positive; best first.

    Parameters
    ----------
    activation
        CAS and the threshold of each class, (T, C).
    rule
        How scores are pooled and weighted, and what is too short.
    """
    class_scores, above = top_share_means(activation.cas, rule.share), activation.margin > 0
    found: list[Proposal] = []
    for index in np.flatnonzero(class_scores > 0):
        cut = runs(above[:, index])
        cut = cut[cut[:, 1] - cut[:, 0] >= rule.min_length]
        peaks = np.array([activation.cas[first:stop, index].max() for first, stop in cut])
        marks = peaks + rule.class_weight * class_scores[index]
        found += to_proposals(activation.class_names[index], cut, marks, activation.grid)
    return ranked(found)
