"""Videos brought to a fixed number of snippets, as the field does on ActivityNet (FACTS 6.6, 7.3)."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from wtal_core.domain import SnippetGrid
from wtal_core.layouts import FeatureDataset
from wtal_core.layouts.dataset import StoredFeatures


def sampled(dataset: FeatureDataset, n_segments: int) -> FeatureDataset:
    """The data set with every longer video uniformly sampled to ``n_segments`` snippets; shorter ones are as they were.

    Segment ``i`` of ``n`` has the features of snippet ``floor(i T / n)``, as in ACM-Net's test. Its cell is an nth of
    the time all snippets took, so that labels and proposals stay in seconds. ``meta`` still says how the features were
    extracted.
    """
    stored, grids = dict(dataset.stored), dict(dataset.grids)
    for video, grid in dataset.grids.items():
        if grid.n_snippets > n_segments:
            grids[video] = _coarser(grid, n_segments)
            stored[video] = _every(dataset.stored[video], np.arange(n_segments) * grid.n_snippets // n_segments)
    return replace(dataset, stored=stored, grids=grids)


def _coarser(grid: SnippetGrid, n_snippets: int) -> SnippetGrid:
    """The same span of time in fewer cells."""
    return replace(grid, step=grid.step * Fraction(grid.n_snippets, n_snippets), n_snippets=n_snippets)


def _every(features: StoredFeatures, rows: NDArray[np.int64]) -> StoredFeatures:
    """Some rows of one video, read and checked when they are asked for."""
    return StoredFeatures(features.place, (len(rows), features.shape[1]), lambda: features.values()[rows])
