"""Small labelled feature sequences with planted actions."""

from collections.abc import Sequence

import numpy as np

from wtal_core.domain import (
    Annotation,
    Coverage,
    FeatureSequence,
    SnippetGrid,
    SupervisionLevel,
    VideoLabels,
)
from wtal_core.training.dataset import TrainingVideo
from wtal_core.training.simulation import simulated
from wtal_core.training.targets import training_videos


def planted(
    n_videos: int = 16,
    n_classes: int = 2,
    n_features: int = 12,
    n_snippets: int = 40,
    seed: int = 0,
    prefix: str = "v",
) -> tuple[list[FeatureSequence], dict[str, VideoLabels], tuple[str, ...]]:
    """Videos of one class each: unit noise, and feature ``c`` raised by 4 in the snippets where class ``c`` happens.

    The last feature is raised where nothing happens, so that background is something, too. Two instances a video, of a
    length of an eighth to a quarter of it.
    """
    rng = np.random.default_rng(seed)
    names = tuple(f"action{index}" for index in range(n_classes))
    sequences, labels = [], {}
    for index in range(n_videos):
        video_id, column = f"{prefix}{index:02d}", index % n_classes
        grid = SnippetGrid.regular(n_snippets, n_snippets * 640_000)
        values = rng.normal(size=(n_snippets, n_features)).astype(np.float32)
        inside = np.zeros(n_snippets, bool)
        spans = []
        for half in range(2):
            length = int(rng.integers(max(1, n_snippets // 8), max(2, n_snippets // 4)))
            first = half * (n_snippets // 2) + int(rng.integers(0, max(1, n_snippets // 2 - length)))
            stop = min(first + length, n_snippets)
            if first < stop and not inside[first:stop].any():
                inside[first:stop] = True
                spans.append((first, stop))
        values[inside, column] += 4.0
        values[~inside, -1] += 4.0
        annotations = tuple(
            Annotation(f"{video_id}-{number}", names[column], SupervisionLevel.FULL, segment=grid.segment(*span))
            for number, span in enumerate(spans)
        )
        sequences.append(FeatureSequence(video_id, values, grid))
        labels[video_id] = VideoLabels(video_id, None, annotations, Coverage.complete(names, grid.extent))
    return sequences, labels, names


def at_level(
    sequences: Sequence[FeatureSequence],
    labels: dict[str, VideoLabels],
    names: tuple[str, ...],
    level: str = "video",
    semi: int | None = None,
) -> list[TrainingVideo]:
    """The same as training videos at a level; every label must be used."""
    grids = {sequence.video_id: sequence.grid for sequence in sequences}
    said = simulated(labels, SupervisionLevel(level), grids, names, semi=semi)
    videos, notes = training_videos(sequences, said, names)
    assert notes == []
    return videos


def one_class_videos(
    level: str = "video", n_videos: int = 12, n_snippets: int = 32
) -> tuple[list[FeatureSequence], list[TrainingVideo]]:
    """A class list of one: every other video is judged and holds nothing of the class."""
    sequences, labels, names = planted(n_videos, n_snippets=n_snippets)
    only = names[:1]
    said = {}
    for sequence in sequences:
        kept = tuple(each for each in labels[sequence.video_id].annotations if each.label in only)
        coverage = Coverage.complete(only, sequence.grid.extent)
        said[sequence.video_id] = VideoLabels(sequence.video_id, frozenset(), kept, coverage)
    return sequences, at_level(sequences, said, only, level)
