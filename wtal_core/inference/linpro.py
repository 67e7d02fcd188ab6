"""LinPro pseudo labels: the least activation that gives every fused instance its score (GauFuse; FACTS 7.1, 7.4).

For the instances of one class find ``y >= 0`` in R^T with the least ``sum_t y_t`` such that the outer-inner contrast of
every instance equals its score. Snippets with the same column of the constraint matrix are one variable with a
multiplicity: exact, group-uniform (the paper's separate averaging step), and at most ``4 N + 1`` variables whatever T.
Where no ``y`` meets all scores, the least total slack is found first, then the least activation at that slack.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, eye_array, hstack

from wtal_core.inference.scoring import GAUFUSE_STRIP, checked_segments

Floats = NDArray[np.float64]


def linpro(
    segments: NDArray[np.floating],
    scores: NDArray[np.floating],
    n_snippets: int,
    *,
    strip: tuple[float, float] = GAUFUSE_STRIP,
    upper: float = math.inf,
    normalised: bool = True,
) -> Floats:
    """Pseudo label of one class of one video.

    Parameters
    ----------
    segments
        Fused ``(start, end)`` in snippet coordinates, (N, 2), may be fractional: ``floor(s + 1/2)`` to
        ``max(s + 1, floor(e + 1/2))`` (FACTS 7.6), cut to the video.
    scores
        Their contrasts, (N,). Instances with a score <= 0 or outside the video are dropped; of several with the same
        snippets the highest score counts.
    n_snippets
        ``T``.
    strip
        Width of each outer strip, ``(a, b)`` of ``a * length ** b``, rounded up, at least one snippet.
    upper
        Bound on ``y``; the public code uses 1, the paper none.
    normalised
        False takes the public code's rows of +1 and -1 for means; nested instances then push activation outside.

    Returns
    -------
    NDArray
        ``y``, float64 (T,); zeros without instances.
    """
    instances, wanted = _instances(segments, scores, n_snippets)
    if not len(instances):
        return np.zeros(n_snippets)
    rows, edges = _rows(instances, n_snippets, strip, normalised)
    columns, group = _groups(rows)
    lengths = np.diff(edges)
    sizes = np.bincount(group, weights=lengths, minlength=columns.shape[1]).astype(np.float64)
    values = _solve(csr_array(columns * sizes), wanted, sizes, upper)  # a group's snippets all hold the same value
    return np.repeat(values[group].clip(0.0, upper), lengths)  # the solver keeps bounds to a tolerance


def _instances(
    segments: NDArray[np.floating], scores: NDArray[np.floating], n_snippets: int
) -> tuple[NDArray[np.int64], Floats]:
    """Whole-snippet instances with a positive score, distinct, and that score."""
    ends = np.asarray(segments, np.float64).reshape(-1, 2)
    marks = np.asarray(scores, np.float64).reshape(-1)
    first = np.floor(ends[:, 0] + 0.5).astype(np.int64)
    stop = np.maximum(first + 1, np.floor(ends[:, 1] + 0.5).astype(np.int64))
    whole = np.clip(np.column_stack([first, stop]), 0, n_snippets)
    kept = (marks > 0) & (whole[:, 1] > whole[:, 0])
    distinct, which = np.unique(whole[kept], axis=0, return_inverse=True)
    best = np.zeros(len(distinct))
    np.maximum.at(best, which.reshape(-1), marks[kept])
    return checked_segments(distinct, n_snippets), best


def _rows(
    instances: NDArray[np.int64], n_snippets: int, strip: tuple[float, float], normalised: bool
) -> tuple[Floats, NDArray[np.int64]]:
    """The constraint matrix over the stretches between neighbouring boundaries, (N, K), and their edges (K + 1,)."""
    first, stop = instances[:, 0], instances[:, 1]
    width = np.maximum(1, np.ceil(strip[0] * (stop - first) ** strip[1])).astype(np.int64)
    left, right = np.maximum(0, first - width), np.minimum(n_snippets, stop + width)
    edges = np.unique(np.concatenate([[0, n_snippets], left, first, stop, right]))
    starts = edges[:-1]
    inside = (starts >= first[:, None]) & (starts < stop[:, None])  # (N, K)
    outside = (starts >= left[:, None]) & (starts < right[:, None]) & ~inside
    inner_weight = 1.0 / (stop - first) if normalised else np.ones(len(first))
    outer = np.maximum(1, (right - left) - (stop - first))
    outer_weight = 1.0 / outer if normalised else np.ones(len(first))
    return inside * inner_weight[:, None] - outside * outer_weight[:, None], edges


def _groups(rows: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Distinct columns (N, G) and the group of every stretch (K,)."""
    columns = np.ascontiguousarray(rows.T)
    index: dict[bytes, int] = {}  # ten times faster than np.unique along an axis, at these sizes
    group = np.array([index.setdefault(column.tobytes(), len(index)) for column in columns], np.int64)
    _, first = np.unique(group, return_index=True)
    return np.ascontiguousarray(columns[first].T), group


def _solve(columns: csr_array, wanted: Floats, sizes: Floats, upper: float) -> Floats:
    """Least ``sizes @ v`` with ``columns @ v = wanted``, ``0 <= v <= upper``; at the least slack if that cannot be."""
    found = milp(
        sizes,
        constraints=LinearConstraint(columns, wanted, wanted),
        bounds=Bounds(0, upper),
        options={"presolve": False},  # at this size it costs more than it saves
    )
    if found.status == 0:
        return np.asarray(found.x, np.float64)
    n_rows, n_groups = columns.shape
    slack = eye_array(n_rows)
    elastic = LinearConstraint(hstack([columns, slack, -slack], format="csr"), wanted, wanted)
    top = np.concatenate([np.full(n_groups, upper), np.full(2 * n_rows, np.inf)])
    is_slack = np.concatenate([np.zeros(n_groups), np.ones(2 * n_rows)])
    least = milp(is_slack, constraints=elastic, bounds=Bounds(0, top))
    slack_sum = float(is_slack @ least.x)  # always feasible: the slack alone meets every score
    allowed = LinearConstraint(is_slack[None, :], -np.inf, slack_sum * (1 + 1e-9) + 1e-9)
    cost = np.concatenate([sizes, np.zeros(2 * n_rows)])
    final = milp(cost, constraints=[elastic, allowed], bounds=Bounds(0, top))
    if final.status != 0:  # the first solution is always feasible for the second: a solver's numerical failure only
        raise ArithmeticError(f"LinPro did not converge with {n_rows} instances: {final.message}")
    return np.asarray(final.x[:n_groups], np.float64)
