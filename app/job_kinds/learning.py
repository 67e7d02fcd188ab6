"""What a run trains on: its labels as snippet targets, its settings in full, and how much of the labels was usable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.job_kinds.sequences import ProjectFeatures
from app.services.snapshot import Snapshot
from app.task import Task
from db.records import RunRecord
from wtal_core.domain import SupervisionLevel

if TYPE_CHECKING:
    from wtal_core.training.checkpoint import TrainedMethod
    from wtal_core.training.config import TrainingConfig
    from wtal_core.training.dataset import TrainingVideo


@dataclass(frozen=True, eq=False)
class Learning:
    """All that a training of a run needs, but where it keeps its checkpoint.

    Attributes
    ----------
    method, class_names, seed
        As the run asked.
    config, training
        The method's settings and how to optimise, preset and options applied.
    videos
        Labelled training videos with features.
    features
        Of the project, which they were taken from.
    notes
        What was not used, and why.
    """

    method: str
    class_names: tuple[str, ...]
    seed: int
    config: Any
    training: TrainingConfig
    videos: Sequence[TrainingVideo]
    features: ProjectFeatures
    notes: tuple[str, ...]

    @classmethod
    def prepare(cls, task: Task, row: RunRecord, taken: Snapshot, features: ProjectFeatures) -> Learning:
        """Labels to targets, options to settings.

        Raises
        ------
        ValueError
            If nothing can be learned from, or a setting does not fit.
        """
        from wtal_core.models import METHODS
        from wtal_core.models.method import configured

        if row.method not in METHODS:
            raise ValueError(f"there is no method {row.method!r}; there are {', '.join(METHODS)}")
        config, training = configured(METHODS[row.method], row.preset or None, dict(task.payload.get("settings", {})))
        return cls._of(row, taken, features, config, training)

    @classmethod
    def again(cls, row: RunRecord, taken: Snapshot, features: ProjectFeatures, trained: TrainedMethod) -> Learning:
        """The same of a run that is done, by the settings its network was trained with.

        Raises
        ------
        ValueError
            As :meth:`prepare`.
        """
        return cls._of(row, taken, features, trained.config, trained.training)

    def by(self, trained: TrainedMethod) -> Learning:
        """The same with what the labels of all videos decided among the settings, so that a part decides no other."""
        return replace(self, config=trained.config)

    @classmethod
    def _of(
        cls, row: RunRecord, taken: Snapshot, features: ProjectFeatures, config: Any, training: TrainingConfig
    ) -> Learning:
        from wtal_core.training.targets import training_videos

        labelled = {name: video.labels for name, video in taken.training.items()}
        sequences = [sequence for name, sequence in features.sequences.items() if name in labelled]
        videos, notes = training_videos(sequences, labelled, taken.class_names)
        if not videos:
            raise ValueError(
                "no labelled training video has features that can be used; wait for the extraction, or label others"
            )
        return cls(row.method, tuple(taken.class_names), row.seed, config, training, videos, features, tuple(notes))

    def train(
        self,
        checkpoint: Path,
        videos: Sequence[TrainingVideo],
        progress: Callable[[Any], None],
        *,
        warm_start: TrainedMethod | None = None,
    ) -> TrainedMethod:
        """Train on some of the videos, from the checkpoint if there is one."""
        from wtal_core.training.trainer import train

        return train(
            self.method,
            videos,
            self.class_names,
            config=self.config,
            training=self.training,
            seed=self.seed,
            checkpoint_dir=checkpoint,
            resume=True,
            progress=progress,
            warm_start=warm_start,
        )


def label_usage(taken: Snapshot, learning: Learning) -> dict[str, Mapping[str, int]]:
    """Labels of each level that the training side holds, and how many of them the run uses.

    At level ``video`` videos are counted, above it annotations.
    """
    used_videos = {video.video_id for video in learning.videos}
    given: Counter[str] = Counter()
    used: Counter[str] = Counter()
    for name, video in taken.training.items():
        given["video"] += 1
        used["video"] += name in used_videos
        for annotation in video.labels.annotations:
            given[annotation.level.value] += 1
            is_noted = any(f" {annotation.id} of " in note for note in learning.notes)
            used[annotation.level.value] += name in used_videos and not is_noted
    return {level.value: {"given": given[level.value], "used": used[level.value]} for level in SupervisionLevel}
