"""What a person and a model say of a video: classes, annotations, proposals, coverage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import isfinite
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wtal_core.domain.times import Segment, merged


class SupervisionLevel(StrEnum):
    """How much a person said about a video, least first; ``LEVEL < OTHER`` compares that."""

    VIDEO = "video"
    ONE_SEGMENT = "one-segment"
    TWO_SEGMENT = "two-segment"
    FULL = "full"

    @property
    def rank(self) -> int:
        """0 for a video-level label to 3 for full boundaries."""
        return list(SupervisionLevel).index(self)

    def __lt__(self, other: str) -> bool:
        return self.rank < SupervisionLevel(other).rank

    def __le__(self, other: str) -> bool:
        return self.rank <= SupervisionLevel(other).rank

    def __gt__(self, other: str) -> bool:
        return self.rank > SupervisionLevel(other).rank

    def __ge__(self, other: str) -> bool:
        return self.rank >= SupervisionLevel(other).rank


class Subset(StrEnum):
    """Which side of the split a video is on."""

    TRAINING = "training"
    VALIDATION = "validation"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class ActionClass:
    """One entry of a project's class list.

    Attributes
    ----------
    name
        Unique in its project.
    colour
        ``#rrggbb``.
    key
        The key that marks it, one digit or letter, or empty.
    description
        What counts as this action, in the lab's words.
    """

    name: str
    colour: str = "#e69f00"
    key: str = ""
    description: str = ""

    def __post_init__(self) -> None:
        if not self.name.strip() or self.name != self.name.strip():
            raise ValueError(f"a class needs a name without surrounding blanks, got {self.name!r}")
        if (
            len(self.colour) != 7
            or self.colour[0] != "#"
            or not set(self.colour[1:].lower()) <= set("0123456789abcdef")
        ):
            raise ValueError(f"a class colour is written #rrggbb, got {self.colour!r}")
        if len(self.key) > 1:
            raise ValueError(f"a class key is one character, got {self.key!r}")


@dataclass(frozen=True, slots=True)
class Annotation:
    """A **person** says that an action happens here.

    Attributes
    ----------
    id
        Unique; made where the annotation is made.
    label
        Name of the action class.
    level
        ``ONE_SEGMENT``: one click; ``TWO_SEGMENT``: two clicks in one instance; ``FULL``: a segment. What is said about
        the whole video (level ``VIDEO``) is in :attr:`VideoLabels.classes`, not here.
    clicks
        Times inside the instance, microseconds, ascending (reversed clicks are swapped).
    segment
        Start and end of the instance, at level ``FULL`` only.
    annotator
        Who said so.
    model_assisted
        Whether it began as an accepted proposal.
    """

    id: str
    label: str
    level: SupervisionLevel
    clicks: tuple[int, ...] = ()
    segment: Segment | None = None
    annotator: str = ""
    model_assisted: bool = False

    def __post_init__(self) -> None:
        wanted = {SupervisionLevel.ONE_SEGMENT: 1, SupervisionLevel.TWO_SEGMENT: 2, SupervisionLevel.FULL: 0}
        if self.level not in wanted:
            raise ValueError(
                f"annotation {self.id}: a video-level label has no time; put {self.label!r} in VideoLabels.classes"
            )
        if len(self.clicks) != wanted[self.level] or (self.segment is not None) != (
            self.level is SupervisionLevel.FULL
        ):
            raise ValueError(
                f"annotation {self.id} at level {self.level} needs "
                + (
                    "a segment and no clicks"
                    if self.level is SupervisionLevel.FULL
                    else f"{wanted[self.level]} click(s)"
                )
                + f", got clicks {self.clicks} and segment {self.segment}"
            )
        object.__setattr__(self, "clicks", tuple(sorted(int(click) for click in self.clicks)))

    @property
    def span(self) -> tuple[int, int]:
        """First and last time said to be inside the instance; the end is exclusive only for a segment."""
        if self.segment is not None:
            return self.segment.start, self.segment.end
        return self.clicks[0], self.clicks[-1]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A **model** says that an action happens here."""

    label: str
    segment: Segment
    score: float

    def __post_init__(self) -> None:
        if not isfinite(self.score):
            raise ValueError(f"proposal of {self.label!r}: the score must be finite, got {self.score}")


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which spans a person has judged, per class. Time that is not in it is unknown, never background."""

    spans: Mapping[str, tuple[Segment, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "spans", {label: merged(spans) for label, spans in self.spans.items()})

    @classmethod
    def complete(cls, labels: Iterable[str], extent: Segment) -> Coverage:
        """All of a video (its :attr:`Video.extent`) judged for every class of ``labels``."""
        return cls(dict.fromkeys(labels, (extent,)))

    def of(self, label: str) -> tuple[Segment, ...]:
        """Judged spans of one class, disjoint, ascending."""
        return self.spans.get(label, ())

    def is_complete(self, labels: Iterable[str], extent: Segment) -> bool:
        """Whether all of ``extent`` is judged for every class of ``labels``."""
        return all(
            any(span.start <= extent.start and span.end >= extent.end for span in self.of(label)) for label in labels
        )


@dataclass(frozen=True, slots=True)
class VideoLabels:
    """All that the trainer may know of one video.

    Attributes
    ----------
    video_id
        Which video.
    classes
        Action classes known to occur (the video-level label; classes of annotations are always in it). ``None`` when
        nobody has said which classes occur: the video then carries no label at all.
    annotations
        Segments and clicks.
    coverage
        What has been judged.
    ambiguous
        Time that must be neither action nor background.
    """

    video_id: str
    classes: frozenset[str] | None = None
    annotations: tuple[Annotation, ...] = ()
    coverage: Coverage = field(default_factory=Coverage)
    ambiguous: tuple[Segment, ...] = ()

    def __post_init__(self) -> None:
        said = frozenset(annotation.label for annotation in self.annotations)
        if self.classes is not None or said:
            object.__setattr__(self, "classes", frozenset(self.classes or ()) | said)
        object.__setattr__(self, "ambiguous", merged(self.ambiguous))

    @property
    def level(self) -> SupervisionLevel | None:
        """The least level among the annotations (a video is as strong as its weakest instance); None if unlabelled."""
        if self.classes is None:
            return None
        if not self.annotations:
            return SupervisionLevel.FULL if self.coverage.spans and not self.classes else SupervisionLevel.VIDEO
        return min((annotation.level for annotation in self.annotations), key=lambda level: level.rank)


@dataclass(frozen=True, eq=False)
class Video:
    """One untrimmed video.

    Attributes
    ----------
    id
        Unique in its project.
    duration
        Microseconds from the first picture to the end of the last.
    origin
        Raw presentation time of the first picture, microseconds; 0 for most files and for features without a video.
    path
        The file, or None for a video known by its features only.
    frame_times
        Raw presentation time of every frame in microseconds, ascending int64 (N,), or None.
    subset
        Side of the split, or None before it is made.
    """

    id: str
    duration: int
    origin: int = 0
    path: Path | None = None
    frame_times: NDArray[np.int64] | None = None
    subset: Subset | None = None

    def __post_init__(self) -> None:
        if self.duration <= 0:
            raise ValueError(f"video {self.id}: the duration must be positive, got {self.duration} microseconds")

    @property
    def extent(self) -> Segment:
        """All of the video."""
        return Segment(self.origin, self.origin + self.duration)
