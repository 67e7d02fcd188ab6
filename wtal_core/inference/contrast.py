"""Proposals as RSKP and GauFuse make them: many absolute thresholds, outer-inner contrast, suppression."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wtal_core.domain import ActivationSequence, Proposal
from wtal_core.inference.nms import nms
from wtal_core.inference.proposals import ranked, to_proposals
from wtal_core.inference.scoring import Ends, outer_inner_contrast, stored
from wtal_core.inference.thresholds import multi_threshold


def contrast_candidates(
    trace: NDArray[np.floating], levels: tuple[float, ...], strip: tuple[float, float], ends: Ends = "exact"
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Runs of one trace (T,) above any of the absolute ``levels`` with their contrast: segments (N, 2), scores (N,)."""
    cut = multi_threshold(trace, levels, scale="absolute")
    return stored(cut, ends), outer_inner_contrast(trace, cut, strip=strip, ends=ends)


def contrast_proposals(
    traces: NDArray[np.floating],
    kept: NDArray[np.integer],
    activation: ActivationSequence,
    *,
    levels: tuple[float, ...],
    strip: tuple[float, float],
    ends: Ends = "exact",
    nms_threshold: float = 0.5,
) -> list[Proposal]:
    """Cut, score and suppress the kept classes of one video.

    Parameters
    ----------
    traces
        What is thresholded, (T, C).
    kept
        Class columns to cut.
    activation
        Names and time base.
    levels, strip, ends
        See :func:`contrast_candidates`.
    nms_threshold
        Largest overlap that survives, shared over the lower-scored segment's length.

    Returns
    -------
    list
        Best first.
    """
    found: list[Proposal] = []
    for index in kept:
        segments, scores = contrast_candidates(traces[:, index], levels, strip, ends)
        best = nms(segments.astype(np.float64), scores, nms_threshold, overlap="lower")
        found += to_proposals(activation.class_names[index], segments[best], scores[best], activation.grid)
    return ranked(found)
