"""LinPro pseudo label of one class of one video: T = 750, 60 instances. Bar: median < 5 ms (CPU time, one thread).

python benchmarks/linpro.py

Random instances, the same with y <= 1, and instances as they come in training: cut from a trace at nineteen levels and
fused. The trace is smoothed noise through a sigmoid, so wide that about 60 instances remain. *Elastic* are those whose
scores no y meets, which costs two more solves.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator

import numpy as np

from wtal_core.inference.contrast import Cut, contrast_candidates
from wtal_core.inference.fusion import FusionRule, fuse_by
from wtal_core.inference.linpro import linpro
from wtal_core.inference.scoring import GAUFUSE_STRIP, outer_inner_contrast

T = 750
N_PROBLEMS = 100
_SMOOTH = 5  # snippets, standard deviation of the kernel

Instances = tuple[np.ndarray, np.ndarray]
"""Segments (N, 2) in snippets, scores (N,)."""


def drawn(random: np.random.Generator) -> Instances:
    """60 instances of 3 to 59 snippets anywhere, with any scores."""
    length = random.integers(3, 60, 60)
    first = random.integers(0, T - length)
    return np.column_stack([first, first + length]), random.uniform(0.05, 0.9, 60)


def fused(random: np.random.Generator) -> Instances:
    """Instances of a trace, fused with the paper's temperature for labels."""
    reach = 4 * _SMOOTH
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / _SMOOTH) ** 2)
    smooth = np.convolve(random.normal(size=T + 2 * reach), kernel / np.linalg.norm(kernel), "valid")
    some = contrast_candidates(1 / (1 + np.exp(1.5 - 2.5 * smooth)), Cut())
    return fuse_by(FusionRule(temperature=0.1), some.segments, some.scores, some.inner)


def problems(make: Callable[[np.random.Generator], Instances]) -> Iterator[Instances]:
    """The same ones at every call."""
    random = np.random.default_rng(0)
    for _ in range(N_PROBLEMS):
        yield make(random)


def is_elastic(y: np.ndarray, segments: np.ndarray, scores: np.ndarray) -> bool:
    """Whether an instance of whole snippets has not the score it should; of several alike the best counts."""
    first = np.floor(segments[:, 0] + 0.5).astype(np.int64)
    whole = np.column_stack([first, np.maximum(first + 1, np.floor(segments[:, 1] + 0.5).astype(np.int64))])
    distinct, which = np.unique(whole, axis=0, return_inverse=True)
    wanted = np.zeros(len(distinct))
    np.maximum.at(wanted, which.reshape(-1), scores)
    error = np.abs(outer_inner_contrast(y, distinct, strip=GAUFUSE_STRIP) - wanted)
    return bool(error[wanted > 0].max() > 1e-6)


def main() -> None:
    """Print median and spread of each kind."""
    for name, make, upper in (
        ("random", drawn, math.inf),
        ("random, y <= 1", drawn, 1.0),
        ("fused", fused, math.inf),
        ("fused, y <= 1", fused, 1.0),
    ):
        milliseconds, sizes, n_elastic = [], [], 0
        for segments, scores in problems(make):
            start = time.process_time()
            y = linpro(segments, scores, T, upper=upper)
            milliseconds.append(1e3 * (time.process_time() - start))
            sizes.append(int((scores > 0).sum()))
            n_elastic += is_elastic(y, segments, scores)
        print(
            f"{name:15} median {statistics.median(milliseconds):5.2f} ms, least {min(milliseconds):.2f}, most "
            f"{max(milliseconds):.2f}; {statistics.median(sizes):g} instances, {n_elastic} of {N_PROBLEMS} elastic",
            flush=True,
        )


if __name__ == "__main__":
    main()
