"""Pseudo labels of one video: candidates of each class, fused, then the least activation that explains them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from wtal_core.inference.contrast import Cut, contrast_candidates
from wtal_core.inference.fusion import FusionRule, fuse_by


@dataclass(frozen=True, slots=True)
class Program:
    """What becomes of fused instances; see :func:`wtal_core.inference.linpro.linpro` for the first two.

    Attributes
    ----------
    normalised, upper
        Rows of means, and the bound on y.
    solved
        False: no linear program, each snippet has the best score of the instances it lies in.
    to_peak
        Divide each class's label by its greatest value.
    """

    normalised: bool = True
    upper: float = math.inf
    solved: bool = True
    to_peak: bool = False


def pseudo_label(
    traces: NDArray[np.floating], kept: Iterable[int], cut: Cut, rule: FusionRule, program: Program
) -> NDArray[np.float32]:
    """Y of one video.

    Parameters
    ----------
    traces
        (T, C), 0 to 1.
    kept
        Class columns that may have instances.
    cut, rule, program
        How candidates are made, fused and turned into a label.

    Returns
    -------
    NDArray
        (T, C), 0 where nothing is said.
    """
    label = np.zeros(traces.shape, np.float32)
    for index in kept:
        some = contrast_candidates(traces[:, index], cut)
        segments, scores = fuse_by(rule, some.segments, some.scores, some.inner)
        column = _column(segments, scores, len(traces), cut, program)
        top = float(column.max(initial=0.0))
        label[:, index] = column / top if program.to_peak and top > 0 else column
    return label


def _column(
    segments: NDArray[np.float64], scores: NDArray[np.float64], n_snippets: int, cut: Cut, program: Program
) -> NDArray[np.float64]:
    """The label of one class, (T,)."""
    if program.solved:
        from wtal_core.inference.linpro import linpro  # late: a worker's start should not load a solver

        return linpro(
            segments,
            scores,
            n_snippets,
            strip=cut.strip,
            upper=program.upper,
            normalised=program.normalised,
        )
    column = np.zeros(n_snippets)
    for (start, end), score in zip(segments[::-1], scores[::-1], strict=True):  # the best comes last and stays
        first = min(max(0, math.floor(start + 0.5)), n_snippets - 1)
        column[first : max(first + 1, math.floor(end + 0.5))] = max(0.0, score)
    return column


def change(label: Tensor, before: Tensor | None, factor: float) -> Tensor:
    """Target of a round: the label where ``factor`` is 0, else ``factor`` times its change, clipped to [-1, 1] first.

    Cross-entropy with a negative target has no lower bound, so a change is clipped and belongs to small learning rates
    (FACTS 7.1).
    """
    if factor == 0:
        return label
    return factor * (label if before is None else label - before).clamp(-1.0, 1.0)
