"""The words of temporal action localization, read first.

Everything here is frozen and checked in its constructor: a wrong value dies where it is made, with a message that says
what came and what to do. Times are integer microseconds of raw presentation time, half-open ``[start, end)``; what is
shown and exported counts from the first picture (:attr:`Video.origin`) and is converted at that border only.
:class:`SnippetGrid` is the only converter between times and snippets. What a person says (:class:`Annotation`) and what
a model says (:class:`Proposal`) are different types and never share a list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from math import isfinite, lcm
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MICROSECONDS = 1_000_000


def to_microseconds(seconds: float | Fraction) -> int:
    """Round seconds to integer microseconds: the one rounding of the project (halves go to even).

    Raises
    ------
    ValueError
        If the number is not finite.
    """
    if isinstance(seconds, float) and not isfinite(seconds):
        raise ValueError(f"a time must be a finite number of seconds, got {seconds}")
    return round(Fraction(seconds) * MICROSECONDS)


def to_seconds(microseconds: int) -> float:
    """Seconds as the nearest float."""
    return microseconds / MICROSECONDS


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


@dataclass(frozen=True, order=True, slots=True)
class Segment:
    """A half-open interval of time ``[start, end)`` in microseconds.

    Raises
    ------
    TypeError
        If an end is not an integer.
    ValueError
        If it is empty or reversed.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        for name in ("start", "end"):
            if isinstance(getattr(self, name), bool) or not isinstance(getattr(self, name), (int, np.integer)):
                raise TypeError(
                    f"segment {name} must be integer microseconds, got {getattr(self, name)!r}; "
                    "use Segment.from_seconds for seconds"
                )
            object.__setattr__(self, name, int(getattr(self, name)))
        if self.end <= self.start:
            raise ValueError(
                f"a segment must end after it starts, got start {self.start} and end {self.end} microseconds"
            )

    @classmethod
    def from_seconds(cls, start: float | Fraction, end: float | Fraction) -> Segment:
        """The segment of two times in seconds, each rounded to the microsecond."""
        return cls(to_microseconds(start), to_microseconds(end))

    @property
    def duration(self) -> int:
        """Length in microseconds."""
        return self.end - self.start

    @property
    def seconds(self) -> tuple[float, float]:
        """Both ends in seconds."""
        return to_seconds(self.start), to_seconds(self.end)

    def __contains__(self, time: int) -> bool:
        return self.start <= time < self.end

    def intersection(self, other: Segment) -> int:
        """Microseconds both share; 0 if they only touch."""
        return max(0, min(self.end, other.end) - max(self.start, other.start))

    def overlaps(self, other: Segment) -> bool:
        """Whether they share any time."""
        return self.intersection(other) > 0

    def tiou(self, other: Segment) -> float:
        """Temporal intersection over union, 0 to 1."""
        shared = self.intersection(other)
        return shared / (self.duration + other.duration - shared)

    def clipped(self, bounds: Segment) -> Segment | None:
        """The part inside ``bounds``, or None if there is none."""
        start, end = max(self.start, bounds.start), min(self.end, bounds.end)
        return Segment(start, end) if end > start else None


def merged(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """The same time as ``segments``, as few disjoint ascending segments; touching ones join."""
    joined: list[Segment] = []
    for segment in sorted(segments):
        if joined and segment.start <= joined[-1].end:
            joined[-1] = Segment(joined[-1].start, max(joined[-1].end, segment.end))
        else:
            joined.append(segment)
    return tuple(joined)


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


@dataclass(frozen=True, slots=True)
class SnippetGrid:
    """Snippet index <-> time, the only converter (FACTS 0.1, T9).

    With ``o = origin + lead``, cell ``t`` is ``[o + t * step, o + (t + 1) * step)``; the last cell is cut at the end of
    the video, or stretched to it when the tail is shorter than a step.

    Attributes
    ----------
    step
        Seconds from one snippet to the next, exact (stride_frames / fps).
    n_snippets
        ``T``.
    duration
        Microseconds from the first picture to the end of the last.
    origin
        Raw presentation time of the first picture, microseconds.
    lead
        Seconds from the first picture to the start of cell 0, exact: (window - step) / 2.
    """

    step: Fraction
    n_snippets: int
    duration: int
    origin: int = 0
    lead: Fraction = Fraction(0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "step", Fraction(self.step))
        object.__setattr__(self, "lead", Fraction(self.lead))
        if self.step <= 0 or self.n_snippets < 1 or self.duration <= 0:
            raise ValueError(
                f"a snippet grid needs a positive step, at least one snippet and a positive duration, got step "
                f"{self.step} s, {self.n_snippets} snippets, {self.duration} microseconds"
            )

    @classmethod
    def regular(
        cls,
        n_snippets: int,
        duration: int,
        *,
        fps: float | Fraction = 25,
        stride_frames: int = 16,
        snippet_frames: int | None = None,
        origin: int = 0,
    ) -> SnippetGrid:
        """The grid of snippets of ``snippet_frames`` frames every ``stride_frames`` frames at ``fps``."""
        rate = Fraction(fps).limit_denominator(1_000_000)
        window = stride_frames if snippet_frames is None else snippet_frames
        return cls(
            Fraction(stride_frames) / rate, n_snippets, duration, origin, Fraction(window - stride_frames, 2) / rate
        )

    @property
    def extent(self) -> Segment:
        """All of the video."""
        return Segment(self.origin, self.origin + self.duration)

    def start(self, index: int) -> int:
        """Where cell ``index`` starts, microseconds, never past the end of the video."""
        return self.time(index)

    def end(self, index: int) -> int:
        """Where cell ``index`` ends (exclusive), microseconds."""
        if index < self.n_snippets - 1:
            return self.start(index + 1)
        natural = self.origin + to_microseconds(self.lead + self.n_snippets * self.step)
        tail = self.extent.end - natural
        return self.extent.end if tail < to_microseconds(self.step) else natural

    @property
    def edges(self) -> NDArray[np.int64]:
        """Start of every cell and the end of the last, microseconds, shape (T + 1,)."""
        lead, step = self.lead * MICROSECONDS, self.step * MICROSECONDS
        parts = lcm(lead.denominator, step.denominator)  # edges are whole multiples of 1 / parts microseconds
        first, stride = int(lead * parts), int(step * parts)
        fits = max(abs(first) + stride * self.n_snippets, 2 * parts) < 2**62
        exact = first + stride * np.arange(self.n_snippets, dtype=np.int64 if fits else object)
        times, rest = exact // parts, exact % parts
        times = times + (
            (2 * rest > parts) | ((2 * rest == parts) & (times % 2 == 1))
        )  # halves go to even, as everywhere
        starts = np.clip((times + self.origin).astype(np.int64), self.extent.start, self.extent.end)
        return np.append(starts, np.int64(self.end(self.n_snippets - 1)))

    def cell(self, time: int) -> int:
        """The cell that holds ``time`` microseconds (the later one on an edge), clipped to the grid."""
        index = (Fraction(time - self.origin, MICROSECONDS) - self.lead) / self.step
        return min(max(index.__floor__(), 0), self.n_snippets - 1)

    def segment(self, first: int, stop: int) -> Segment:
        """The time of cells ``first`` to ``stop - 1``."""
        if not 0 <= first < stop <= self.n_snippets:
            raise ValueError(f"cells {first} to {stop} do not lie in a grid of {self.n_snippets} snippets")
        return Segment(self.start(first), max(self.end(stop - 1), self.start(first) + 1))

    def time(self, coordinate: float) -> int:
        """Microseconds of a snippet coordinate (integers are edges between cells), inside the video."""
        raw = self.origin + to_microseconds(self.lead + Fraction(coordinate) * self.step)
        return min(max(raw, self.extent.start), self.extent.end)


@dataclass(frozen=True, eq=False)
class FeatureSequence:
    """Snippet features of one video.

    Attributes
    ----------
    values
        Shape (T, D), float16 or float32, may be memory-mapped.
    grid
        Its time base; ``grid.n_snippets == T``.
    streams
        Columns of each stream, e.g. ``{"rgb": (0, 1024), "flow": (1024, 2048)}``.
    """

    video_id: str
    values: NDArray[Any]
    grid: SnippetGrid
    streams: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[0] != self.grid.n_snippets:
            raise ValueError(
                f"features of {self.video_id}: expected shape ({self.grid.n_snippets}, D), got {self.values.shape}"
            )
        for name, (first, stop) in self.streams.items():
            if not 0 <= first < stop <= self.values.shape[1]:
                raise ValueError(
                    f"features of {self.video_id}: stream {name!r} names columns {first} to {stop} "
                    f"of {self.values.shape[1]}"
                )


@dataclass(frozen=True, eq=False)
class ActivationSequence:
    """The class activation sequence (CAS) of one video and what a class must beat.

    Attributes
    ----------
    class_names
        The ``C`` action classes, in column order.
    cas
        Class scores, shape (T, C).
    threshold
        Predicted threshold or background score, shape (T,); a method with a fixed threshold per class gives (T, C).
    """

    video_id: str
    class_names: tuple[str, ...]
    cas: NDArray[np.float32]
    threshold: NDArray[np.float32]
    grid: SnippetGrid

    def __post_init__(self) -> None:
        shape = (self.grid.n_snippets, len(self.class_names))
        if self.cas.shape != shape or self.threshold.shape not in (shape[:1], shape):
            raise ValueError(
                f"activation sequence of {self.video_id}: expected CAS {shape} and threshold {shape[:1]} or {shape}, "
                f"got {self.cas.shape} and {self.threshold.shape}"
            )

    @property
    def margin(self) -> NDArray[np.float32]:
        """CAS minus threshold, shape (T, C)."""
        threshold = self.threshold if self.threshold.ndim == 2 else self.threshold[:, None]
        return self.cas - threshold

    @property
    def gate(self) -> NDArray[np.float32]:
        """Where a class beats the threshold, logistic of the margin, shape (T, C), 0 to 1."""
        return np.asarray(0.5 * (1.0 + np.tanh(0.5 * self.margin)), np.float32)


@dataclass(frozen=True, eq=False)
class VideoPrediction:
    """All that a trained method says of one video before proposals are cut.

    Attributes
    ----------
    activation
        CAS and threshold.
    video_scores
        How sure the method is that a class occurs, shape (C,), 0 to 1.
    extras
        What a method's own ``localize`` asks for (attention, features), first axis T.
    """

    activation: ActivationSequence
    video_scores: NDArray[np.float32]
    extras: Mapping[str, NDArray[Any]] = field(default_factory=dict)
