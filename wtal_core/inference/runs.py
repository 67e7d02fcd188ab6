"""Maximal runs of a mask: from "which snippets" to "which intervals", half-open."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def runs(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Maximal runs of True.

    Parameters
    ----------
    mask
        Shape (T,), bool; T may be 0.

    Returns
    -------
    NDArray
        ``(first, stop)`` of every run in ascending order, ``stop`` exclusive, int64 (N, 2).
    """
    mask = np.asarray(mask)
    if mask.ndim != 1:
        raise ValueError(f"runs need a mask of shape (T,), got {mask.shape}; use row_runs for one mask per row")
    return row_runs(mask[None, :])[1]


def row_runs(masks: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Maximal runs of True of many masks at once.

    Parameters
    ----------
    masks
        Shape (K, T), bool.

    Returns
    -------
    tuple
        The row of every run, int64 (N,), ascending; its ``(first, stop)``, ``stop`` exclusive, int64 (N, 2), ascending
        within a row.
    """
    masks = np.asarray(masks, dtype=bool)
    if masks.ndim != 2:
        raise ValueError(f"row_runs needs masks of shape (K, T), got {masks.shape}")
    framed = np.zeros((masks.shape[0], masks.shape[1] + 2), np.int8)
    framed[:, 1:-1] = masks
    steps = np.diff(framed, axis=1)  # +1 where a run begins, -1 one past its last snippet
    rows, first = np.nonzero(steps == 1)
    stop = np.nonzero(steps == -1)[1]  # as many as begin, in the same order
    return rows.astype(np.int64), np.stack([first, stop], axis=1).astype(np.int64)
