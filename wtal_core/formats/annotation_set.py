"""What an annotation file holds, in domain types, and what a format is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from wtal_core.domain import Annotation, Coverage, Proposal, Segment, VideoLabels

SUBSETS = {
    "train": "training",
    "training": "training",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
}


class FormatError(ValueError):
    """A file that cannot be taken as what it claims to be; names the file and the place in it."""


def subset_name(text: str | None) -> str | None:
    """The project's word for a subset (``Test`` and ``testing`` are ``test``); a foreign word stays as it is."""
    if text is None or not text.strip():
        return None
    return SUBSETS.get(text.strip().lower(), text.strip())


@dataclass(frozen=True, slots=True)
class VideoEntry:
    """One video of an annotation file.

    Attributes
    ----------
    labels
        What people said about it.
    duration
        Microseconds, or None where the file does not say.
    subset
        ``training``, ``validation``, ``test``, a foreign word, or None.
    fps
        Frames per second, or None.
    complete
        The file claims that every instance of every one of its classes is listed. Coverage says the same once the
        duration is known (:meth:`AnnotationSet.with_durations`).
    """

    labels: VideoLabels
    duration: int | None = None
    subset: str | None = None
    fps: float | None = None
    complete: bool = False

    def __post_init__(self) -> None:
        if self.duration is not None and self.duration <= 0:
            raise ValueError(
                f"video {self.labels.video_id}: the duration must be positive, got {self.duration} microseconds"
            )


@dataclass(frozen=True, slots=True)
class AnnotationSet:
    """All of an annotation file.

    Attributes
    ----------
    videos
        Entries by video id, in file order.
    classes
        The class list: the file's own, else every class that occurs, sorted.
    problems
        What was read but is odd, one sentence each, with its place.
    """

    videos: Mapping[str, VideoEntry]
    classes: tuple[str, ...] = ()
    problems: tuple[str, ...] = field(default=(), compare=False)

    @property
    def labels(self) -> dict[str, VideoLabels]:
        """Labels of every video."""
        return {video: entry.labels for video, entry in self.videos.items()}

    @property
    def durations(self) -> dict[str, int]:
        """Microseconds of the videos whose duration is known."""
        return {video: entry.duration for video, entry in self.videos.items() if entry.duration is not None}

    @property
    def subsets(self) -> tuple[str, ...]:
        """Subsets that occur, sorted."""
        return tuple(sorted({entry.subset for entry in self.videos.values() if entry.subset is not None}))

    def of_subset(self, subset: str | None) -> AnnotationSet:
        """The videos of one subset; all of them for None.

        Raises
        ------
        ValueError
            If there is no video of it; lists the subsets that exist.
        """
        if subset is None:
            return self
        wanted = subset_name(subset)
        chosen = {video: entry for video, entry in self.videos.items() if entry.subset == wanted}
        if not chosen:
            raise ValueError(
                f"no video of subset {subset!r}; the annotations have {', '.join(self.subsets) or 'no subsets at all'}"
            )
        return replace(self, videos=chosen)

    def with_durations(self, durations: Mapping[str, int]) -> AnnotationSet:
        """With the durations the file does not give (microseconds), and so the coverage of its complete videos."""
        videos = {}
        for video, entry in self.videos.items():
            duration = entry.duration if entry.duration is not None else durations.get(video)
            videos[video] = covered(replace(entry, duration=duration), self.classes)
        return replace(self, videos=videos)

    def shifted(self, origins: Mapping[str, int]) -> AnnotationSet:
        """All times of a video moved on by its origin: from "since the first picture" to raw presentation time."""
        videos = {
            video: replace(entry, labels=shift_labels(entry.labels, origins.get(video, 0)))
            for video, entry in self.videos.items()
        }
        return replace(self, videos=videos)


def covered(entry: VideoEntry, classes: Iterable[str]) -> VideoEntry:
    """A complete entry of known duration with coverage of every class, but for those known only to occur."""
    if not entry.complete or entry.duration is None or entry.labels.coverage.spans:
        return entry
    located = {annotation.label for annotation in entry.labels.annotations}
    unlocated = (entry.labels.classes or frozenset()) - located
    extent = Segment(0, entry.duration)
    coverage = Coverage.complete((label for label in classes if label not in unlocated), extent)
    return replace(entry, labels=replace(entry.labels, coverage=coverage))


def shift_segment(segment: Segment, by: int) -> Segment:
    """The segment, ``by`` microseconds later."""
    return Segment(segment.start + by, segment.end + by)


def shift_labels(labels: VideoLabels, by: int) -> VideoLabels:
    """All times of a video's labels, ``by`` microseconds later."""
    if by == 0:
        return labels
    return replace(
        labels,
        annotations=tuple(_shift_annotation(annotation, by) for annotation in labels.annotations),
        coverage=Coverage(
            {label: tuple(shift_segment(span, by) for span in spans) for label, spans in labels.coverage.spans.items()}
        ),
        ambiguous=tuple(shift_segment(span, by) for span in labels.ambiguous),
    )


def _shift_annotation(annotation: Annotation, by: int) -> Annotation:
    segment = None if annotation.segment is None else shift_segment(annotation.segment, by)
    return replace(annotation, clicks=tuple(click + by for click in annotation.clicks), segment=segment)


def class_list(listed: Sequence[str], entries: Iterable[VideoEntry]) -> tuple[str, ...]:
    """The file's own class list, followed by classes that occur without being on it, sorted."""
    seen = {label for entry in entries for label in (entry.labels.classes or frozenset())}
    return (*listed, *sorted(seen - set(listed)))


@dataclass(frozen=True, slots=True)
class LossReport:
    """What a written file does not hold; iterating gives all sentences.

    Attributes
    ----------
    lost
        Gone from the file.
    hidden
        In the file under keys of our own: we read it back, other tools do not see it.
    """

    lost: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[str]:
        return iter((*self.lost, *self.hidden))


class Format(Protocol):
    """A file format: a module with these members, one file each.

    Times in a file count from the first picture. ``read`` returns them so (see :meth:`AnnotationSet.shifted`); the
    writers take raw times and the origin of each video. A reader returns everything or raises :class:`FormatError`;
    a writer replaces the file in one step or leaves what was there.
    """

    TITLE: str
    SUFFIX: str

    def read(self, path: Path | str) -> AnnotationSet:
        """All annotations of a file."""
        ...

    def write(
        self, path: Path | str, annotations: AnnotationSet, origins: Mapping[str, int] | None = None
    ) -> LossReport:
        """Write annotations and say what the format does not hold."""
        ...

    def read_predictions(self, path: Path | str) -> dict[str, list[Proposal]]:
        """All proposals of a file, per video in file order."""
        ...

    def write_predictions(
        self,
        path: Path | str,
        predictions: Mapping[str, Sequence[Proposal]],
        origins: Mapping[str, int] | None = None,
    ) -> LossReport:
        """Write proposals."""
        ...
