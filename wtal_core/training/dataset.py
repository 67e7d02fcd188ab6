"""Training videos and padded batches of them, at any mixture of supervision levels.

:class:`TrainingSet` holds every video one after the other in one tensor, so that a batch is one gather: no loop over
videos, whatever the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
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
        Judged everywhere for every class. Ambiguous snippets stay unknown in a complete video too.
    ambiguous
        Snippets that touch time nobody can judge, (T,) bool; None where there is no such time.
    """

    features: FeatureSequence
    labels: VideoLabels
    action: NDArray[np.bool_]
    background: NDArray[np.bool_]
    instances: tuple[Instance, ...]
    video_label: NDArray[np.float32]
    is_complete: bool
    ambiguous: NDArray[np.bool_] | None = None

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
        (B,) bool: judged everywhere for every class.
    indices
        Position of each row's video in the training set, (B,).
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
    indices: tuple[int, ...] = ()

    @property
    def known(self) -> Tensor:
        """Where a person has said action or background, (B, T, C) bool."""
        return self.action | self.background


class BadFeatures(ValueError):
    """Features that no network can learn from."""


class TrainingSet:
    """Labelled videos packed one after the other, ready to be cut into batches.

    Parameters
    ----------
    videos
        At least one; all with the same number of features and classes.
    device
        Where batches are made.
    project
        A frozen projection (N, D) -> (N, D'), applied once here.

    Raises
    ------
    BadFeatures
        On NaN or infinite features, or videos that disagree about D or C; the message names the video.
    """

    def __init__(
        self,
        videos: Sequence[TrainingVideo],
        device: torch.device | str = "cpu",
        project: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        _check(videos)
        self.videos = list(videos)
        self.device = torch.device(device)
        lengths = np.array([len(video.features.values) for video in videos])
        self.lengths = torch.from_numpy(lengths).to(self.device)
        self.offsets = torch.from_numpy(np.concatenate([[0], np.cumsum(lengths)[:-1]])).to(self.device)
        rows = [self._packed(video, project) for video in videos]
        self.features = torch.cat(rows)  # (N, D')
        self.action = self._cat([video.action for video in videos])  # (N, C)
        self.background = self._cat([video.background for video in videos])  # (N, C)
        self.video_label = torch.from_numpy(np.stack([video.video_label for video in videos])).to(self.device)
        self.is_complete = torch.tensor([video.is_complete for video in videos], device=self.device)
        table = [
            (index, each.class_index, each.first, each.stop)
            for index, video in enumerate(videos)
            for each in video.instances
        ]
        self.instances = torch.tensor(table, dtype=torch.int64, device=self.device).reshape(-1, 4)

    def __len__(self) -> int:
        return len(self.videos)

    def features_of(self, index: int) -> Tensor:
        """Projected features of one whole video, (T, D')."""
        first = int(self.offsets[index])
        return self.features[first : first + int(self.lengths[index])]

    def _packed(self, video: TrainingVideo, project: Callable[[Tensor], Tensor] | None) -> Tensor:
        """Features of one video, float32, projected."""
        values = torch.from_numpy(np.array(video.features.values, np.float32)).to(self.device)
        if not bool(torch.isfinite(values).all()):
            bad = int((~torch.isfinite(values)).any(-1).nonzero()[0])
            raise BadFeatures(
                f"{video.video_id}: snippet {bad} holds NaN or infinite features; "
                "extract the video again or leave it out"
            )
        if project is None:
            return values
        with torch.no_grad():
            return project(values)

    def _cat(self, arrays: list[NDArray[np.bool_]]) -> Tensor:
        return torch.from_numpy(np.concatenate(arrays)).to(self.device)

    def batch(
        self, indices: Sequence[int], max_length: int | None = None, rng: np.random.Generator | None = None
    ) -> Batch:
        """The padded batch of these videos.

        Parameters
        ----------
        indices
            Positions in the set, length B.
        max_length
            Longest crop, snippets; None takes whole videos.
        rng
            Draws where the crops start; without it they start at 0.
        """
        chosen = torch.as_tensor(list(indices), device=self.device)
        whole = self.lengths[chosen]
        lengths = whole if max_length is None else whole.clamp(max=max_length)
        if rng is None or max_length is None:
            starts = torch.zeros_like(whole)
        else:
            slack = (whole - lengths).cpu().numpy()
            starts = torch.from_numpy(rng.integers(0, slack + 1)).to(self.device)
        time = torch.arange(int(lengths.max()), device=self.device)
        mask = time < lengths[:, None]  # (B, T)
        cells = torch.where(mask, (self.offsets[chosen] + starts)[:, None] + time, 0)  # (B, T)
        inside = mask[..., None]
        features = self.features.index_select(0, cells.flatten())
        features.index_fill_(0, (~mask).flatten().nonzero()[:, 0], 0.0)  # a fill of every masked number costs twice
        return Batch(
            videos=[self.videos[index] for index in indices],
            starts=tuple(starts.tolist()),
            lengths=lengths,
            features=features.view(*mask.shape, -1),
            mask=mask,
            video_label=self.video_label[chosen],
            action=self.action[cells] & inside,
            background=self.background[cells] & inside,
            n_instances=self._count(chosen, starts, lengths),
            is_complete=self.is_complete[chosen],
            indices=tuple(int(index) for index in indices),
        )

    def _count(self, chosen: Tensor, starts: Tensor, lengths: Tensor) -> Tensor:
        """Annotated instances of each class that touch each crop, (B, C)."""
        video, label, first, stop = self.instances.unbind(1)
        touches = (  # (B, number of instances)
            (video == chosen[:, None]) & (first < (starts + lengths)[:, None]) & (stop > starts[:, None])
        )
        counts = torch.zeros(len(chosen), self.action.shape[1], dtype=torch.int64, device=self.device)
        return counts.index_add_(1, label, touches.long())


def _check(videos: Sequence[TrainingVideo]) -> None:
    """Refuse an empty set and videos that do not belong together."""
    if not videos:
        raise ValueError("there is no labelled video to train on; label at least one")
    wanted = (videos[0].features.values.shape[1], videos[0].action.shape[1])
    for video in videos:
        got = (video.features.values.shape[1], video.action.shape[1])
        if got != wanted:
            raise BadFeatures(
                f"{video.video_id} has {got[0]} features and {got[1]} classes, but {videos[0].video_id} has "
                f"{wanted[0]} and {wanted[1]}; use one extractor and one class list for a run"
            )
