"""How much of a video is the action it is said to hold, from video labels alone.

A snippet of a video of class c is an action of c, or something that videos without c hold as well. So what the videos
*with* c have and the others do not measures the action in them: the mixture proportion of learning from positive and
unlabelled samples, a lower bound where the others hold the same background, which scenes and other actions upset. A
small linear classifier of the video label, read on videos it was not fitted to, makes both comparable in one number.
Where it cannot tell the videos apart, nothing follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wtal_core.models.mixed_config import LEAST_POSITIVE, LITTLE, MOST_POSITIVE, MixedConfig
from wtal_core.training.dataset import TrainingVideo

LEAST_VIDEOS = 24
LEAST_OF_CLASS = 3
"""Videos with a class and without it: with fewer a classifier knows next to nothing of videos it has not seen."""
LEAST_KNOWN = 0.75
"""Area under the ROC curve of left-out videos, mean over classes; at .5 the classifier knows nothing."""
_COMPONENTS = 64
_RIDGE = 0.01
_PARTS, _SPLITS = 5, 5
_QUANTILE = 0.7  # of the snippets of videos without the class: what scores above is compared
Floats = NDArray[np.float64]


def action_share(videos: Sequence[TrainingVideo]) -> float | None:
    """Share of a video that is the action it is said to hold, mean over classes, 0 to 1; None where nobody can tell.

    On Weizmann's folds it reads .41 to .54 (features ``deep``; ``motion`` .35 to .45) where .33 to .36 is true, and .18
    to .28 where all instances of a class but its first were cut out and .15 to .17 is true (``motion`` cannot tell).
    Scenes that come with an action count as the action (``ucf15-dev``: .7 for .22): what is little may be missed there.
    """
    if len(videos) < LEAST_VIDEOS:
        return None
    present = np.stack([video.video_label > 0 for video in videos])
    n_positive = present.sum(axis=0)
    usable = np.minimum(n_positive, len(videos) - n_positive) >= LEAST_OF_CLASS
    if not usable.any() or 2 * usable.sum() < (n_positive > 0).sum():  # most classes have to be asked
        return None
    present = present[:, usable]
    seen = _components(videos)
    if seen is None:
        return None
    read = [_measured(_left_out_scores(seen, present, seed), present) for seed in range(_SPLITS)]
    share, known = np.mean(read, axis=0)
    return float(np.clip(share, 0.0, 1.0)) if known >= LEAST_KNOWN else None


def by_labels(config: MixedConfig, videos: Sequence[TrainingVideo]) -> MixedConfig:
    """The config with the share of a video that round 0 takes as its class, where it is not given."""
    if config.positive_share is not None:
        return config
    share = None if all(video.is_complete for video in videos) else action_share(videos)
    return replace(config, positive_share=LEAST_POSITIVE if share is not None and share < LITTLE else MOST_POSITIVE)


def _components(videos: Sequence[TrainingVideo]) -> list[Floats] | None:
    """Leading components of each video, smoothed over time, deviation 1, and a column of ones: (T, K + 1).

    None where features never change, or are too large for sums of their squares.
    """
    n_features = videos[0].features.values.shape[1]
    count, total, square = 0, np.zeros(n_features), np.zeros((n_features, n_features))
    with np.errstate(over="ignore", invalid="ignore"):
        for video in videos:
            values = video.features.values.astype(np.float32)
            count, total, square = count + len(values), total + values.sum(axis=0), square + values.T @ values
        mean = total / count
        covariance = square / count - np.outer(mean, mean)
        spread = np.trace(covariance)
    if not (np.isfinite(covariance).all() and spread > 1e-9 * np.trace(square) / count):
        return None
    axes = _leading_axes(covariance / spread)
    found = []
    for video in videos:
        x = np.pad((video.features.values - mean) @ axes, ((1, 1), (0, 0)), mode="edge")
        found.append((x[:-2] + x[1:-1] + x[2:]) / 3)
    deviation = np.concatenate(found).std(axis=0)
    scale = np.divide(1.0, deviation, out=np.zeros_like(deviation), where=deviation > 1e-9 * deviation.max(initial=0))
    return [np.column_stack([x * scale, np.ones(len(x))]) for x in found]


def _leading_axes(covariance: Floats) -> Floats:
    """Leading principal axes (D, K): K of D in a fraction of the time all D take."""
    n_features = len(covariance)
    if n_features <= 2 * _COMPONENTS:
        return np.asarray(np.linalg.eigh(covariance)[1][:, ::-1][:, :_COMPONENTS])
    from scipy.sparse.linalg import eigsh

    start = np.random.default_rng(0).normal(size=n_features)  # fixed, so that twice the same comes out
    return np.asarray(eigsh(covariance, k=_COMPONENTS, v0=start)[1][:, ::-1])


def _left_out_scores(seen: Sequence[Floats], present: NDArray[np.bool_], seed: int) -> list[Floats]:
    """Of each snippet and class, by ridge regression of the video label on the videos of the other parts: (T, C)."""
    part = np.random.default_rng(seed).permutation(len(seen)) % _PARTS
    square = np.stack([x.T @ x for x in seen])
    product = np.stack([np.outer(x.sum(axis=0), label) for x, label in zip(seen, present, strict=True)])
    lengths = np.array([len(x) for x in seen])
    weights = []
    for number in range(_PARTS):
        kept = part != number
        ridge = _RIDGE * lengths[kept].sum() * np.eye(square.shape[1])
        ridge[-1, -1] = 1e-9
        weights.append(np.linalg.solve(square[kept].sum(axis=0) + ridge, product[kept].sum(axis=0)))
    return [x @ weights[number] for x, number in zip(seen, part, strict=True)]


def _measured(scores: Sequence[Floats], present: NDArray[np.bool_]) -> tuple[float, float]:
    """The share of action, and how well left-out videos are told apart; means over classes."""
    best = np.stack([np.sort(each, axis=0)[-max(1, len(each) // 8) :].mean(axis=0) for each in scores])  # (V, C)
    shares, known = [], []
    for c in range(present.shape[1]):
        has = present[:, c]
        inside = np.concatenate([each[:, c] for each, holds in zip(scores, has, strict=True) if holds])
        outside = np.concatenate([each[:, c] for each, holds in zip(scores, has, strict=True) if not holds])
        above = (inside > np.quantile(outside, _QUANTILE)).mean()
        shares.append((above - (1 - _QUANTILE)) / _QUANTILE)
        known.append((best[has, c][:, None] > best[~has, c]).mean())
    return float(np.mean(shares)), float(np.mean(known))
