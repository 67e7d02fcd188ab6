"""What a run says of the videos it was measured on: one video at a time, and what goes wrong over all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.services import snapshot as snapshots
from app.services.curves import StoredCurves
from app.services.merging import merged_in
from app.services.views import ClassList
from app.workspace import Workspace
from db.errors import NotFoundError
from db.records import VideoRecord
from wtal_core.domain import MICROSECONDS, Annotation, Proposal, Subset
from wtal_core.evaluation import GroundTruth, curves
from wtal_core.evaluation.curves import PrecisionRecall
from wtal_core.evaluation.errors import FalsePositiveProfile, false_positive_profile


@dataclass(frozen=True, eq=False)
class VideoReview:
    """One video as people and a run see it.

    Attributes
    ----------
    video
        The video.
    is_complete
        Whether people judged all of it for every class in use.
    annotations
        What people said, merged over annotators as the trainer hears it.
    proposals
        What the run proposes, best first.
    class_names
        Classes of the run, in column order.
    cas, threshold
        Shape (T, C) each; a threshold that all classes share is repeated.
    edges
        Start of every snippet and the end of the last, seconds from the first picture, shape (T + 1,).
    """

    video: VideoRecord
    is_complete: bool
    annotations: tuple[Annotation, ...]
    proposals: tuple[Proposal, ...]
    class_names: tuple[str, ...]
    cas: NDArray[np.float32]
    threshold: NDArray[np.float32]
    edges: NDArray[np.float64]

    def seconds(self, time: int) -> float:
        """A raw time as seconds from the first picture."""
        return (time - self.video.origin) / MICROSECONDS

    def occurring(self, most: int) -> tuple[str, ...]:
        """At most ``most`` classes worth drawing: those people found, then those proposed, best first."""
        said = [annotation.label for annotation in self.annotations]
        proposed = [proposal.label for proposal in self.proposals]
        names = [name for name in dict.fromkeys([*said, *proposed, *self.class_names]) if name in self.class_names]
        return tuple(names[:most])


def predicted_videos(workspace: Workspace, run: int) -> tuple[VideoRecord, ...]:
    """Videos a run predicted whose model output may be seen, validation first, then by name.

    A validation video stays out until it is complete: who labels it must not have seen what the model thinks.
    """
    with workspace.read() as unit:
        project = unit.runs.get(run).project_id
        newest = ClassList.of(unit, project).newest
        found = unit.videos.of_project(project, ids=unit.runs.predictions(run))
    shown = [video for video in found if not _is_hidden(video, newest)]
    return tuple(sorted(shown, key=lambda video: (video.subset != Subset.VALIDATION, video.name)))


def review_video(workspace: Workspace, run: int, video_id: int) -> VideoReview:
    """One video with labels, proposals and curves of a run.

    Raises
    ------
    NotFoundError
        If the run did not predict it.
    PermissionError
        If it is a validation video that is not complete.
    """
    with workspace.read() as unit:
        video = unit.videos.get(video_id)
        prediction = unit.runs.prediction(run, video_id)
        if prediction is None:
            raise NotFoundError(f"prediction of run {run} for video", video_id)
        if _is_hidden(video, ClassList.of(unit, video.project_id).newest):
            raise PermissionError(f"{video.name} is a validation video: model output is shown once it is complete")
        said = merged_in(unit, video.project_id, [video])[video.id]
        proposals = tuple(unit.runs.proposals(run, video_id))
    stored = StoredCurves.load(workspace.runs / prediction.path)
    threshold = stored.threshold if stored.threshold.ndim == 2 else stored.threshold[:, None]
    return VideoReview(
        video=video,
        is_complete=said.is_complete,
        annotations=said.labels.annotations,
        proposals=proposals,
        class_names=stored.class_names,
        cas=stored.cas,
        threshold=np.broadcast_to(threshold, stored.cas.shape),
        edges=(stored.edges - video.origin) / MICROSECONDS,
    )


def error_profile(workspace: Workspace, run: int) -> FalsePositiveProfile | None:
    """What the best proposals of a run are (correct, or wrong in which way); None if there is nothing to measure on."""
    found = _measurable(workspace, run)
    return None if found is None else false_positive_profile(*found)


def precision_recall(workspace: Workspace, run: int, tiou: float) -> Mapping[str, PrecisionRecall]:
    """Precision over recall of each class at a tIoU threshold; empty if there is nothing to measure on."""
    found = _measurable(workspace, run)
    return {} if found is None else curves.precision_recall(*found, tiou)


def _measurable(workspace: Workspace, run: int) -> tuple[GroundTruth, Mapping[str, list[Proposal]]] | None:
    """Ground truth of the complete validation videos a run predicted, and its proposals; None without an instance."""
    with workspace.read() as unit:
        row = unit.runs.get(run)
        taken = snapshots.take(unit, row.project_id)
        proposals: Mapping[int, list[Proposal]] = unit.runs.all_proposals(run)
    found = {name: proposals[video.id] for name, video in taken.validation.items() if video.id in proposals}
    truth = [taken.validation[name].labels for name in found]
    if not any(labels.annotations for labels in truth):
        return None
    return GroundTruth.from_labels(truth, subset=Subset.VALIDATION.value), found


def _is_hidden(video: VideoRecord, newest_class: int) -> bool:
    complete = video.complete_version is not None and video.complete_version >= newest_class
    return video.subset == Subset.VALIDATION and not complete
