"""Where a trace is cut: thresholds, single and many, and the runs above them.

A trace is one class over time, shape (T,). "Above" is strict everywhere in this package: a class that only ties with
its threshold has not beaten it (FACTS 2.5).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from wtal_core.inference.runs import row_runs, runs

NINETEEN_LEVELS: tuple[float, ...] = tuple(round(0.05 * k, 2) for k in range(1, 20))
"""0.05, 0.10 ... 0.95 (RECIPE 2, "Test")."""

Scale = Literal["absolute", "maximum", "range"]


def mid_range_threshold(cas: NDArray[np.floating]) -> NDArray[np.floating]:
    """The "manual" threshold of W-TALC: half way between the least and the greatest value over time (FACTS 1.2, T12).

    Parameters
    ----------
    cas
        Real snippets only, shape (T,) or (T, C), T >= 1.

    Returns
    -------
    NDArray
        Shape () or (C,).
    """
    if cas.shape[0] == 0:
        raise ValueError("a mid-range threshold needs at least one snippet, got an empty trace")
    return np.asarray(0.5 * (cas.max(axis=0) + cas.min(axis=0)))


def single_threshold(
    trace: NDArray[np.floating], threshold: float | NDArray[np.floating], *, min_length: int = 1
) -> NDArray[np.int64]:
    """Runs above one threshold: a fixed one, a mid-range one, or one predicted per snippet.

    Parameters
    ----------
    trace
        Shape (T,).
    threshold
        A number, or shape (T,) for a predicted threshold (``mask[t] = s[t] > b[t]``, FACTS 2.5).
    min_length
        Shorter runs are dropped, snippets.

    Returns
    -------
    NDArray
        Runs ``(first, stop)``, int64 (N, 2), ascending.
    """
    found = runs(np.asarray(trace) > threshold)
    return found[found[:, 1] - found[:, 0] >= min_length]


def threshold_values(
    trace: NDArray[np.floating], levels: tuple[float, ...] | NDArray[np.floating], scale: Scale = "maximum"
) -> NDArray[np.float64]:
    """Levels as values of a trace.

    Parameters
    ----------
    trace
        Shape (T,), T >= 1.
    levels
        Shape (K,).
    scale
        ``absolute``: the levels themselves. ``maximum``: shares of the greatest value (for traces >= 0).
        ``range``: 0 is the least value, 1 the greatest (the min-max normalisation of the BaS-Net family, FACTS 8).

    Returns
    -------
    NDArray
        Shape (K,), float64.
    """
    shares = np.asarray(levels, np.float64)
    if scale == "absolute":
        return shares
    top = float(np.max(trace))
    if scale == "maximum":
        return shares * top
    if scale == "range":
        bottom = float(np.min(trace))
        return bottom + shares * (top - bottom)
    raise ValueError(f"scale must be absolute, maximum or range, got {scale!r}")


def multi_threshold(
    trace: NDArray[np.floating],
    levels: tuple[float, ...] | NDArray[np.floating] = NINETEEN_LEVELS,
    *,
    scale: Scale = "maximum",
    min_length: int = 2,
) -> NDArray[np.int64]:
    """Distinct runs above any of many thresholds.

    Parameters
    ----------
    trace
        Shape (T,).
    levels, scale
        See :func:`threshold_values`.
    min_length
        Shorter runs are dropped, snippets. A trace shorter than that may give runs of its whole length: a video of one
        snippet can still hold an action.

    Returns
    -------
    NDArray
        ``(first, stop)`` without duplicates, int64 (N, 2), ascending.
    """
    trace = np.asarray(trace)
    if trace.size == 0:
        return np.empty((0, 2), np.int64)
    values = threshold_values(trace, levels, scale)
    found = row_runs(trace[None, :] > values[:, None])[1]
    found = found[found[:, 1] - found[:, 0] >= min(min_length, trace.size)]
    return np.unique(found, axis=0)
