"""Training videos and padded batches of them, at any mixture of supervision levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from wtal_core.domain import FeatureSequence, VideoLabels


@dataclass(frozen=True, slots=True)
class Instance:
    """What is known of one action instance, in snippets.

    Attributes
    ----------
    class_index
        Column of its class.
    first, stop
        Cells ``first`` to ``stop - 1`` are known to be inside it.
    exact
        True when these are its boundaries, False when it may reach further on both sides (clicks).
    """

    class_index: int
    first: int
    stop: int
    exact: bool


@dataclass(frozen=True, eq=False)
class TrainingVideo:
    """One labelled feature sequence, as a method sees it.

    Attributes
    ----------
    features
        Feature sequence, (T, D).
    labels
        What a person said (times).
    action, background
        The same in snippets (FACTS T9), (T, C) bool, disjoint; neither means unknown.
    instances
        Annotated instances in snippets.
    video_label
        1.0 for every class known to occur, shape (C,).
    is_complete
        Every snippet is known for every class.
    """

    features: FeatureSequence
    labels: VideoLabels
    action: NDArray[np.bool_]
    background: NDArray[np.bool_]
    instances: tuple[Instance, ...]
    video_label: NDArray[np.float32]
    is_complete: bool

    @property
    def video_id(self) -> str:
        """Which video."""
        return self.features.video_id


@dataclass(frozen=True, slots=True)
class Batch:
    """Videos (or crops of them), padded at the end to the longest.

    Attributes
    ----------
    videos
        The whole training videos the rows come from, length B.
    starts
        First snippet of each crop; ``lengths`` real snippets follow.
    lengths
        Shape (B,), int64.
    features
        Shape (B, T, D), zero in the padding.
    mask
        True where there is a snippet, (B, T).
    video_label
        (B, C), 1.0 for classes of the whole video, also when the crop holds none of them.
    action, background
        (B, T, C) bool; both False where unknown and in the padding.
    n_instances
        Annotated instances of each class that touch the crop, (B, C).
    is_complete
        (B,) bool: every snippet known.
    """

    videos: Sequence[TrainingVideo]
    starts: tuple[int, ...]
    lengths: Tensor
    features: Tensor
    mask: Tensor
    video_label: Tensor
    action: Tensor
    background: Tensor
    n_instances: Tensor
    is_complete: Tensor
