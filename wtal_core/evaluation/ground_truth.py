"""What predictions are held against: the true action instances of each evaluated video."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from wtal_core.domain import Proposal, Segment, VideoLabels

Predictions = Mapping[str, Sequence[Proposal]]
"""Proposals of each video, in any order."""


@dataclass(frozen=True, order=True, slots=True)
class ActionInstance:
    """One true occurrence of an action."""

    label: str
    segment: Segment


@dataclass(frozen=True, slots=True)
class GroundTruth:
    """The evaluated videos and what truly happens in them.

    Attributes
    ----------
    instances
        Action instances of each evaluated video, in the order of their file (the THUMOS and W-TALC protocols depend on
        it). A video without any action is listed with none: whatever is proposed there is a false positive.
    ambiguous
        Time that is neither action nor background, for the protocols that know of it.
    subset
        Name of the subset, for the report.
    """

    instances: Mapping[str, tuple[ActionInstance, ...]]
    ambiguous: Mapping[str, tuple[Segment, ...]] = field(default_factory=dict)
    subset: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "instances", {video: tuple(found) for video, found in self.instances.items()})
        object.__setattr__(self, "ambiguous", {video: tuple(spans) for video, spans in self.ambiguous.items()})
        if not any(self.instances.values()):
            raise ValueError(
                f"no action instance among {len(self.instances)} videos"
                + (f" of subset {self.subset!r}" if self.subset else "")
                + ": mAP is not defined without one; choose a subset with annotated videos"
            )

    @classmethod
    def from_labels(cls, labels: Iterable[VideoLabels], subset: str | None = None) -> GroundTruth:
        """The truth in fully annotated videos.

        Raises
        ------
        ValueError
            If an annotation has no boundaries, or a video has a class but none of its instances.
        """
        instances: dict[str, tuple[ActionInstance, ...]] = {}
        ambiguous: dict[str, tuple[Segment, ...]] = {}
        for video in labels:
            found = []
            for annotation in video.annotations:
                if annotation.segment is None:
                    raise ValueError(
                        f"video {video.video_id}: annotation {annotation.id} of {annotation.label!r} is at level "
                        f"{annotation.level}, without boundaries; evaluate against fully annotated videos only"
                    )
                found.append(ActionInstance(annotation.label, annotation.segment))
            missing = (video.classes or frozenset()) - {instance.label for instance in found}
            if missing:
                raise ValueError(
                    f"video {video.video_id} is said to show {', '.join(sorted(missing))} but no boundaries of it are "
                    "given; evaluate against fully annotated videos only"
                )
            instances[video.video_id] = tuple(found)
            ambiguous[video.video_id] = video.ambiguous
        return cls(instances, ambiguous, subset)

    @property
    def labels(self) -> tuple[str, ...]:
        """Classes that occur, sorted."""
        return tuple(sorted({instance.label for found in self.instances.values() for instance in found}))

    @property
    def n_instances(self) -> int:
        """Number of action instances."""
        return sum(len(found) for found in self.instances.values())

    def without_duplicates(self, tolerance: int = 1_000) -> GroundTruth:
        """The same truth with every instance once, as ActionFormer and OpenTAD count (FACTS 9.1).

        Parameters
        ----------
        tolerance
            Two instances of one class are one if both ends differ by at most this many microseconds.
        """
        kept: dict[str, tuple[ActionInstance, ...]] = {}
        for video, found in self.instances.items():
            unique: list[ActionInstance] = []
            for instance in found:
                if not any(_same(instance, other, tolerance) for other in unique):
                    unique.append(instance)
            kept[video] = tuple(unique)
        return GroundTruth(kept, self.ambiguous, self.subset)


def _same(one: ActionInstance, other: ActionInstance, tolerance: int) -> bool:
    return (
        one.label == other.label
        and abs(one.segment.start - other.segment.start) <= tolerance
        and abs(one.segment.end - other.segment.end) <= tolerance
    )


def unused_predictions(ground_truth: GroundTruth, predictions: Predictions) -> list[str]:
    """What of the predictions is not evaluated and why, in sentences for a person; empty if all of it is."""
    known = set(ground_truth.labels)
    elsewhere = sorted(video for video, found in predictions.items() if found and video not in ground_truth.instances)
    notes = []
    if elsewhere:
        count = sum(len(predictions[video]) for video in elsewhere)
        notes.append(
            f"{count} predictions in {len(elsewhere)} videos outside the ground truth are not evaluated "
            f"({_some(elsewhere)})"
        )
    foreign: dict[str, int] = {}
    for video in ground_truth.instances:
        for proposal in predictions.get(video, ()):
            if proposal.label not in known:
                foreign[proposal.label] = foreign.get(proposal.label, 0) + 1
    if foreign:
        notes.append(
            f"{sum(foreign.values())} predictions of classes that never occur in the ground truth are not evaluated "
            f"({_some(sorted(foreign))})"
        )
    return notes


def _some(names: Sequence[str], limit: int = 5) -> str:
    shown = ", ".join(names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"
