"""Labels of a lower level drawn from full annotations, as the papers do (FACTS T8, T9).

For one video and one generator state, the one-segment click is one of the two-segment clicks, and both lie in the cells
the full segment covers: one is inside two is inside full.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wtal_core.domain import Annotation, SnippetGrid, SupervisionLevel, VideoLabels
from wtal_core.training.cells import segment_cells


def simulate_labels(
    full_labels: VideoLabels, level: SupervisionLevel, grid: SnippetGrid, rng: np.random.Generator
) -> VideoLabels:
    """What a person labelling at ``level`` would have said of a fully annotated video.

    Parameters
    ----------
    full_labels
        Segments; clicks that are already there stay as they are.
    level
        ``VIDEO`` keeps the classes only; ``ONE_SEGMENT`` and ``TWO_SEGMENT`` draw clicks uniformly over the snippets of
        each instance (two: without replacement; a single snippet counts twice); ``FULL`` changes nothing.
    grid
        Grid of the video's features: clicks are drawn by snippet, and lie in the middle of what the segment
        covers of it.
    rng
        The same state gives nested labels at every level: each instance uses the same two draws.

    Returns
    -------
    VideoLabels
        Without coverage and ambiguous spans below ``FULL``: who only clicks has judged nothing else. An instance past
        the features cannot be drawn from and keeps its class only.
    """
    level = SupervisionLevel(level)
    if level is SupervisionLevel.FULL:
        return full_labels
    if level is SupervisionLevel.VIDEO:
        return VideoLabels(full_labels.video_id, full_labels.classes)
    edges = grid.edges
    drawn: list[Annotation] = []
    for annotation in full_labels.annotations:
        if annotation.segment is None:
            drawn.append(annotation)
            continue
        cells = segment_cells(annotation.segment, edges)
        if not cells.size:
            continue
        first, second = rng.choice(cells, 2, replace=False) if cells.size > 1 else (cells[0], cells[0])
        chosen = (first,) if level is SupervisionLevel.ONE_SEGMENT else (first, second)
        clicks = tuple(_middle(annotation, edges, int(cell)) for cell in chosen)
        drawn.append(replace(annotation, level=level, clicks=clicks, segment=None))
    return VideoLabels(full_labels.video_id, full_labels.classes, tuple(drawn))


def _middle(annotation: Annotation, edges: NDArray[np.int64], cell: int) -> int:
    """The middle of what a segment covers of a cell, microseconds."""
    start, end = annotation.span
    return (max(start, int(edges[cell])) + min(end, int(edges[cell + 1]))) // 2


def semi_selection(
    labels: Mapping[str, VideoLabels],
    class_names: Sequence[str],
    k: int,
    rng: np.random.Generator | None = None,
) -> frozenset[str]:
    """Videos to annotate fully: the first ``k`` that contain each class, together at most ``k * C`` (FACTS T8).

    Parameters
    ----------
    labels
        Labels by video, in the order of the annotation file.
    class_names
        The action classes.
    k
        Videos for each class; a class with fewer gives all it has.
    rng
        Draw the ``k`` at random instead of taking the first.

    Raises
    ------
    ValueError
        If ``k`` is negative.
    """
    if k < 0:
        raise ValueError(f"the number of fully annotated videos for each class must not be negative, got {k}")
    chosen: set[str] = set()
    for name in class_names:
        holding = [video_id for video_id, said in labels.items() if name in (said.classes or ())]
        chosen.update(holding[:k] if rng is None else rng.permutation(np.array(holding, object))[:k])
    return frozenset(chosen)


def simulated(
    full_labels: Mapping[str, VideoLabels],
    level: SupervisionLevel,
    grids: Mapping[str, SnippetGrid],
    class_names: Sequence[str],
    *,
    seed: int = 0,
    semi: int | None = None,
    semi_random: bool = False,
) -> dict[str, VideoLabels]:
    """A whole set of fully annotated videos at ``level``, but for ``semi`` videos of each class that stay full.

    Every video draws from a generator of its own, made of the seed and its name, so that a video's clicks do not
    depend on which other videos are there.
    """
    kept: frozenset[str] = frozenset()
    if semi is not None:
        kept = semi_selection(full_labels, class_names, semi, np.random.default_rng(seed) if semi_random else None)
    return {
        video_id: said
        if video_id in kept
        else simulate_labels(said, level, grids[video_id], np.random.default_rng([seed, zlib.crc32(video_id.encode())]))
        for video_id, said in full_labels.items()
    }
