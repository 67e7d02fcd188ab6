"""Average precision from true-positive patterns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray


def interpolated(hits: NDArray[np.bool_], n_positives: int) -> NDArray[np.float64]:
    """Area under the precision envelope (VOC 2010 and later; ActivityNet, 3C-Net; FACTS 9.1).

    Parameters
    ----------
    hits
        True where a prediction is a true positive, best first, shape (K, N) for K thresholds.
    n_positives
        Instances of the class, at least 1.

    Returns
    -------
    NDArray
        AP, shape (K,).
    """
    precision = _precision(hits)
    envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    return np.asarray((envelope * hits).sum(axis=1) / n_positives)


def at_hits(hits: NDArray[np.bool_], n_positives: int) -> NDArray[np.float64]:
    """Mean precision at the true positives, without interpolation (W-TALC, THUMOS tool; FACTS 9.2, 9.3).

    Shapes as in :func:`interpolated`.
    """
    return np.asarray((_precision(hits) * hits).sum(axis=1) / n_positives)


def _precision(hits: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.cumsum(hits, axis=1) / np.arange(1, hits.shape[1] + 1)  # (K, N)


def classification_map(
    occurs: NDArray[np.bool_], scores: NDArray[np.floating], class_names: Iterable[str]
) -> tuple[float, Mapping[str, float]]:
    """Video classification mAP (FACTS 9.5): per class, mean precision at the videos that show it.

    Parameters
    ----------
    occurs
        Whether a class occurs in a video, shape (N, C).
    scores
        How sure the model is, shape (N, C); ties keep the order of the videos.
    class_names
        The C classes.

    Returns
    -------
    tuple
        Mean over classes that occur, and AP per such class.

    Raises
    ------
    ValueError
        If shapes disagree, a score is not finite, or no class occurs.
    """
    names = tuple(class_names)
    occurs = np.asarray(occurs, dtype=bool)
    scores = np.asarray(scores, dtype=np.float64)
    if occurs.ndim != 2 or occurs.shape != scores.shape or occurs.shape[1] != len(names):
        raise ValueError(
            f"classification mAP needs labels and scores of shape (videos, {len(names)}), got {occurs.shape} and "
            f"{scores.shape}"
        )
    if not np.isfinite(scores).all():
        raise ValueError("classification mAP needs finite scores, got NaN or infinity")
    ap = {}
    for column, name in enumerate(names):
        positives = int(occurs[:, column].sum())
        if positives:
            order = np.argsort(-scores[:, column], kind="stable")
            ap[name] = float(at_hits(occurs[None, order, column], positives)[0])
    if not ap:
        raise ValueError("classification mAP is not defined: no class occurs in any video")
    return float(np.mean(list(ap.values()))), ap
