"""From an annotation file to edits: matching its videos, classes, subsets and times with those of a project."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.services import split
from app.services.views import ClassList
from db.records import VideoRecord
from db.state import Mark, VideoState
from db.unit_of_work import UnitOfWork
from wtal_core.domain import Annotation, Coverage, Segment, Subset, VideoLabels, to_seconds
from wtal_core.formats import AnnotationSet

DURATION_TOLERANCE = 1_000_000
"""Microseconds by which a file may differ from the video about its length without being asked about it."""

NAMED = 5
"""Names spelled out in a sentence about many."""


def matched(found: AnnotationSet, videos: Iterable[VideoRecord], notes: list[str]) -> dict[str, VideoRecord]:
    """The project's video of every video of the file that has one.

    Raises
    ------
    ValueError
        If no video of the file is in the project.
    """
    by_name: dict[str, VideoRecord] = {}
    stems: dict[str, list[VideoRecord]] = {}
    for video in videos:
        by_name[video.name] = video
        stem = Path(video.name).stem
        for key in {stem, stem.removeprefix("v_")}:
            stems.setdefault(key, []).append(video)
    matched: dict[str, VideoRecord] = {}
    missing, unread = [], []
    for name in found.videos:
        near = stems.get(name) or stems.get(Path(name).stem) or stems.get(name.removeprefix("v_")) or []
        video_of = by_name.get(name) or (near[0] if len(near) == 1 else None)
        if video_of is None:
            missing.append(name)
        elif video_of.duration <= 0:
            unread.append(name)
        else:
            matched[name] = video_of
    if missing:
        notes.append(f"{len(missing)} videos of the file are not in the project: {_some(missing)}")
    if unread:
        notes.append(f"{len(unread)} videos have not been read yet; import again when they have: {_some(unread)}")
    if not matched:
        raise ValueError("no video of the file is in the project; " + "; ".join(notes[-2:]))
    return matched


def in_todays_classes(unit: UnitOfWork, project: int, found: AnnotationSet, notes: list[str]) -> AnnotationSet:
    """The file's labels in today's class names: a class that was merged into another counts as that.

    Raises
    ------
    ValueError
        If the file uses a class that was retired.
    """
    classes = ClassList.of(unit, project)
    today: dict[str, str] = {}
    for entry in unit.projects.classes(project, retired=True):
        current = classes.current(entry.id)
        if not entry.is_active and entry.name in found.classes:
            if current is None:
                raise ValueError(f"class {entry.name!r} was retired; restore it, or take it out of the file")
            today[entry.name] = current.name
            notes.append(f"class {entry.name!r} was merged into {current.name!r} and is imported as that")
    if not today:
        return found
    videos = {name: replace(entry, labels=_relabelled(entry.labels, today)) for name, entry in found.videos.items()}
    return replace(found, videos=videos, classes=tuple(dict.fromkeys(today.get(c, c) for c in found.classes)))


def _relabelled(said: VideoLabels, today: Mapping[str, str]) -> VideoLabels:
    spans: dict[str, tuple[Segment, ...]] = {}
    for label, covered in said.coverage.spans.items():
        if label not in today:  # what was judged for a part was not judged for the whole
            spans[label] = covered
    return replace(
        said,
        classes=None if said.classes is None else frozenset(today.get(label, label) for label in said.classes),
        annotations=tuple(replace(a, label=today.get(a.label, a.label)) for a in said.annotations),
        coverage=Coverage(spans),
    )


def take_subsets(
    unit: UnitOfWork, project: int, found: AnnotationSet, videos: Mapping[str, VideoRecord], notes: list[str]
) -> None:
    """Put the matched videos on the sides the file names; the file's split is the split where none was made."""
    sides: dict[int, str] = {}
    foreign: set[str] = set()
    for name, video in videos.items():
        subset = found.videos[name].subset
        if subset in list(Subset):
            sides[video.id] = str(subset)
        elif subset is not None:
            foreign.add(subset)
    if foreign:
        notes.append(f"subsets that are none of {', '.join(Subset)} were left out: {_some(sorted(foreign))}")
    notes += split.assign_in(unit, project, sides)
    if set(sides.values()) - {Subset.TRAINING.value}:
        unit.projects.change(project, is_split=True)


def fitted(found: AnnotationSet, videos: Mapping[str, VideoRecord], notes: list[str]) -> AnnotationSet:
    """The matched videos of a file with times and coverage that fit the videos, as raw presentation times.

    Coverage up to the length the file gives is coverage up to the end of the video, even where the file rounds it.
    """
    known = replace(found, videos={name: found.videos[name] for name in videos})
    known = known.with_durations({name: video.duration for name, video in videos.items()})
    entries = {}
    for name, video in videos.items():
        entry = known.videos[name]
        length = entry.duration or video.duration
        if abs(length - video.duration) > DURATION_TOLERANCE:
            notes.append(
                f"{video.name}: the file says it is {to_seconds(length):.2f} s long, and it is "
                f"{to_seconds(video.duration):.2f} s; check that it is the same video"
            )
        whole = Segment(0, video.duration)
        spans = {
            label: tuple(
                part
                for span in covered
                if (
                    part := (Segment(span.start, video.duration) if _reaches(span, length, video) else span).clipped(
                        whole
                    )
                )
            )
            for label, covered in entry.labels.coverage.spans.items()
        }
        said = _inside(replace(entry.labels, coverage=Coverage(spans)), video, notes)
        entries[name] = replace(entry, labels=said, duration=video.duration)
    origins = {name: video.origin for name, video in videos.items()}
    return replace(found, videos=entries).shifted(origins)


def tell_incomplete(found: AnnotationSet, classes: Sequence[str], notes: list[str]) -> None:
    """Say that a file which lists all there is of its own classes leaves open what it says nothing of."""
    open_classes = [name for name in classes if name not in found.classes]
    if open_classes and any(entry.complete for entry in found.videos.values()):
        notes.append(
            f"no video was marked complete; the file says nothing of {_some(open_classes)}: if its annotations are all "
            "there is in each video, import it again and mark them complete"
        )


def edits(
    said: VideoLabels,
    video: VideoRecord,
    state: VideoState,
    importer: int,
    notes: list[str],
    *,
    key: str,
    complete: bool = False,
) -> list[dict[str, Any]]:
    """Edits that store what a file says of a video, as one group.

    Parameters
    ----------
    key
        Names the import. Ids of edits follow from it and from what they say, so that an import that is interrupted
        and begun again stores nothing twice.
    complete
        Mark the video complete, if the file says which classes occur in it and where.
    """
    group = _identity(key, video.id)
    made: list[dict[str, Any]] = []

    def add(kind: str, **fields: Any) -> None:
        made.append({"id": _identity(key, video.id, kind, fields), "group": group, "kind": kind, **fields})

    kept = 0
    for annotation in said.annotations:
        present = state.marks.get(annotation.id)
        if present is not None and present.annotator_id != importer:
            kept += not _is_alike(present, annotation)
            continue
        add("annotation.put", annotation=_spoken(annotation))
    if kept:
        notes.append(
            f"{video.name}: {kept} annotations are otherwise here than in the file, and stay as somebody has put them"
        )
    for label in sorted(said.classes or ()):
        add("label.set", label=label, present=True)
    by_span: dict[Segment, list[str]] = {}
    for label, spans in said.coverage.spans.items():
        for span in spans:
            by_span.setdefault(span, []).append(label)
    for span, names in sorted(by_span.items()):
        add("coverage.add", labels=sorted(names), start=span.start, end=span.end)
    for span in said.ambiguous:
        add("ambiguous.add", start=span.start, end=span.end)
    if complete and said.classes is not None and said.classes <= {found.label for found in said.annotations}:
        add("complete.set", complete=True)
    elif complete:
        notes.append(f"{video.name} was not marked complete: the file does not say which classes occur in it and where")
    return made


def _identity(*parts: Any) -> str:
    return hashlib.blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=16).hexdigest()


def _reaches(span: Segment, length: int, video: VideoRecord) -> bool:
    return span.end >= min(length, video.duration) and span.start < video.duration


def _inside(said: VideoLabels, video: VideoRecord, notes: list[str]) -> VideoLabels:
    """Labels cut to a video that starts at 0; what lies outside leaves only the class behind."""
    whole = Segment(0, video.duration)
    inside: list[Annotation] = []
    cut = outside = 0
    for annotation in said.annotations:
        if annotation.segment is None:
            fits = all(click in whole for click in annotation.clicks)
            inside += [annotation] if fits else []
            outside += not fits
            continue
        segment = annotation.segment.clipped(whole)
        outside += segment is None
        if segment is not None:
            cut += segment != annotation.segment
            inside.append(replace(annotation, segment=segment))
    if cut:
        notes.append(f"{video.name}: {cut} annotations reached past the video and were cut at its ends")
    if outside:
        notes.append(f"{video.name}: {outside} annotations lie outside the video and were left out")
    ambiguous = tuple(part for span in said.ambiguous if (part := span.clipped(whole)) is not None)
    return replace(said, annotations=tuple(inside), ambiguous=ambiguous)


def _spoken(annotation: Annotation) -> dict[str, Any]:
    segment = annotation.segment
    return {
        "id": annotation.id,
        "label": annotation.label,
        "level": annotation.level.value,
        "clicks": list(annotation.clicks),
        "start": None if segment is None else segment.start,
        "end": None if segment is None else segment.end,
        "model_assisted": annotation.model_assisted,
    }


def _is_alike(mark: Mark, annotation: Annotation) -> bool:
    """Whether an annotation of the file stands where somebody has it here."""
    segment, clicks = annotation.segment, annotation.clicks
    times = (clicks[0], clicks[-1]) if segment is None else (segment.start, segment.end)
    return (mark.level, (mark.first, mark.last)) == (annotation.level.value, times)


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:NAMED])
    return shown if len(names) <= NAMED else f"{shown} and {len(names) - NAMED} more"
