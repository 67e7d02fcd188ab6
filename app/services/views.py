"""Labels as one annotator sees them, and as the trainer may know them.

An annotator sees their own layer and the shared ones (imports, simulations). The trainer is told one set of labels per
video, merged from all layers by this rule:

1. Each person's view is their layer with the shared layers under it; without a person, the shared layers alone.
2. For each class, one view speaks: the one that judged most of the video for that class, then the one with the higher
   level, then the one with more instances, then whoever labelled first. Its annotations and coverage of that class are
   taken, those of the others are not: two people's boundaries of one instance would be two instances.
3. A class occurs if any view says so, unless the view that speaks judged the whole video for it and found nothing.
4. Ambiguous time of any view is ambiguous.
5. Where a class has clicks, judged time says that every instance was clicked, not where each ends: the trainer is told
   no coverage of that class, so that the rest of an instance is unknown and never background.

Merged classes count as the class they were merged into; time is judged for that class where it was judged for all of
its parts, or since they were merged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from db.records import ClassRecord, VideoRecord
from db.state import Mark, Spans, VideoState
from db.unit_of_work import UnitOfWork
from wtal_core.domain import Annotation, Coverage, Segment, SupervisionLevel, VideoLabels, merged


class ClassList:
    """A class list that knows what every class, retired ones included, counts as now.

    Parameters
    ----------
    entries
        All classes of a project, retired ones too.
    version
        Of the list.
    """

    def __init__(self, entries: Iterable[ClassRecord], version: int) -> None:
        self.version = version
        self._by_id = {entry.id: entry for entry in entries}
        self.active = tuple(entry for entry in self._by_id.values() if entry.is_active)
        self._by_name = {entry.name: entry for entry in self.active}
        self._parts: dict[int, list[int]] = {entry.id: [] for entry in self.active}
        for class_id in self._by_id:
            current = self.current(class_id)
            if current is not None:
                self._parts[current.id].append(class_id)

    @classmethod
    def of(cls, unit: UnitOfWork, project: int) -> ClassList:
        """The class list of a project."""
        return cls(unit.projects.classes(project, retired=True), unit.projects.get(project).class_list_version)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the classes in use, in their order."""
        return tuple(entry.name for entry in self.active)

    @property
    def newest(self) -> int:
        """The version that added the newest class in use; 0 for an empty list."""
        return max((entry.added_in for entry in self.active), default=0)

    def current(self, class_id: int) -> ClassRecord | None:
        """What a class counts as now, or None where it was retired."""
        entry = self._by_id.get(class_id)
        for _ in range(len(self._by_id)):
            if entry is None or entry.is_active:
                break
            entry = self._by_id.get(entry.merged_into) if entry.merged_into is not None else None
        return entry if entry is not None and entry.is_active else None

    def find(self, name: str) -> ClassRecord | None:
        """The class in use of that name, or None."""
        return self._by_name.get(name)

    def parts(self, class_id: int) -> tuple[int, ...]:
        """All classes that count as this one now, itself included."""
        return tuple(self._parts.get(class_id, (class_id,)))

    def merged_since(self, class_id: int) -> int:
        """The version in which the last part was merged into this class; 0 if nothing was."""
        retired = (self._by_id[part].retired_in for part in self.parts(class_id) if part != class_id)
        return max((version for version in retired if version is not None), default=0)


@dataclass(frozen=True, slots=True)
class View:
    """The labels of one video as some layers together say them, by class number.

    Attributes
    ----------
    marks
        Annotations by id, with the class each counts as now.
    labels
        Classes said to occur (True), not to (False); what is not in it is unknown.
    coverage
        Judged spans of each class.
    ambiguous
        Neither action nor background.
    """

    marks: Mapping[str, tuple[int, Mark]] = field(default_factory=dict)
    labels: Mapping[int, bool] = field(default_factory=dict)
    coverage: Mapping[int, Spans] = field(default_factory=dict)
    ambiguous: Spans = ()

    def is_complete(self, classes: ClassList, extent: Segment) -> bool:
        """Whether all of the video is judged for every class in use; never of an empty class list."""
        return bool(classes.active) and all(
            any(s.start <= extent.start and s.end >= extent.end for s in self.coverage.get(entry.id, ()))
            for entry in classes.active
        )


def view(state: VideoState, own: int | None, shared: frozenset[int], classes: ClassList) -> View:
    """What an annotator (or, with ``own`` None, nobody in particular) sees of a video."""
    layers = shared if own is None else shared | {own}
    marks = {
        mark_id: (current.id, mark)
        for mark_id, mark in state.marks.items()
        if mark.annotator_id in layers and (current := classes.current(mark.class_id)) is not None
    }
    labels: dict[int, bool] = {}
    coverage: dict[int, Spans] = {}
    for entry in classes.active:
        said = _said(state, own, shared, classes.parts(entry.id))
        if said is not None:
            labels[entry.id] = said
        spans = _covered(state, layers, classes, entry.id)
        if spans:
            coverage[entry.id] = spans
    labels.update({class_id: True for class_id, _ in marks.values()})
    return View(marks, labels, coverage, merged(s for layer in layers for s in state.ambiguous.get(layer, ())))


def _said(state: VideoState, own: int | None, shared: frozenset[int], parts: tuple[int, ...]) -> bool | None:
    """Present if any part is; absent only if every part is."""
    answers: list[bool | None] = []
    for part in parts:
        if own is not None and (own, part) in state.labels:
            answers.append(state.labels[own, part])
            continue
        given = [state.labels.get((layer, part)) for layer in shared]
        answers.append(True if True in given else False if False in given else None)
    return True if True in answers else False if all(answer is False for answer in answers) else None


def _covered(state: VideoState, layers: frozenset[int], classes: ClassList, class_id: int) -> Spans:
    since = classes.merged_since(class_id)
    by_part: dict[int, list[Segment]] = {part: [] for part in classes.parts(class_id)}
    recent: list[Segment] = []
    for (layer, part, version), spans in state.coverage.items():
        if layer in layers and part in by_part:
            by_part[part] += spans
            if part == class_id and since and version >= since:
                recent += spans
    common: Spans | None = None
    for spans_of_part in by_part.values():
        joined = merged(spans_of_part)
        common = joined if common is None else _intersection(common, joined)
    return merged([*(common or ()), *recent])


def _intersection(one: Spans, other: Spans) -> Spans:
    return tuple(part for a in one for b in other if (part := a.clipped(b)) is not None)


@dataclass(frozen=True, slots=True)
class MergedLabels:
    """Labels of one video for the trainer, and what the merge left out, in words."""

    labels: VideoLabels
    is_complete: bool
    notes: tuple[str, ...] = ()


def merge(
    state: VideoState,
    video: VideoRecord,
    classes: ClassList,
    *,
    shared: frozenset[int],
    names: Mapping[int, str],
) -> MergedLabels:
    """All layers of a video as one set of labels, by the rule at the top of this module.

    Parameters
    ----------
    names
        Annotators' names by number.
    """
    people: list[int | None] = [*sorted(state.annotators - shared)]
    views = {who: view(state, who, shared, classes) for who in people or [None]}
    annotations: list[Annotation] = []
    coverage: dict[str, Spans] = {}
    present: set[str] = set()
    is_settled, is_complete, notes = True, bool(classes.active), []
    for entry in classes.active:
        speaker, speaks = max(views.items(), key=lambda item: _authority(item[1], entry.id))
        spans = speaks.coverage.get(entry.id, ())
        marks = {key: mark for key, (class_id, mark) in speaks.marks.items() if class_id == entry.id}
        annotations += [to_annotation(key, mark, entry.name, names) for key, mark in marks.items()]
        judged = any(s.start <= video.origin and s.end >= video.origin + video.duration for s in spans)
        occurs = any(v.labels.get(entry.id) is True for v in views.values())
        if marks or (occurs and not judged) or (speaks.labels.get(entry.id) is True):
            present.add(entry.name)
        elif not judged and speaks.labels.get(entry.id) is False:
            spans = (video.extent,)  # "does not occur" says so of the whole video
        elif not judged:
            is_settled = False
        is_complete = is_complete and judged
        if spans and all(mark.level == SupervisionLevel.FULL for mark in marks.values()):
            coverage[entry.name] = spans
        dropped = sum(c == entry.id for who, v in views.items() if who != speaker for c, _ in v.marks.values())
        if dropped and len(views) > 1:
            who = names.get(speaker or 0, "")
            notes.append(f"{video.name}: {entry.name} is taken from {who}; others' annotations of it are set aside")
    known = frozenset(present) if present or (is_settled and classes.active) else None
    annotations.sort(key=lambda annotation: (annotation.span, annotation.label, annotation.id))
    ambiguous = merged(span for v in views.values() for span in v.ambiguous)
    labels = VideoLabels(video.name, known, tuple(annotations), Coverage(coverage), ambiguous)
    return MergedLabels(labels, is_complete, tuple(notes))


def _authority(labels: View, class_id: int) -> tuple[int, int, int]:
    marks = [mark for current, mark in labels.marks.values() if current == class_id]
    level = max((SupervisionLevel(mark.level).rank for mark in marks), default=-1)
    return sum(span.duration for span in labels.coverage.get(class_id, ())), level, len(marks)


def to_annotation(mark_id: str, mark: Mark, label: str, names: Mapping[int, str]) -> Annotation:
    """The domain's word for a stored annotation."""
    level = SupervisionLevel(mark.level)
    clicks = {SupervisionLevel.ONE_SEGMENT: (mark.first,), SupervisionLevel.TWO_SEGMENT: (mark.first, mark.last)}
    return Annotation(
        mark_id,
        label,
        level,
        clicks.get(level, ()),
        Segment(mark.first, mark.last) if level is SupervisionLevel.FULL else None,
        names.get(mark.annotator_id, ""),
        mark.model_assisted,
    )


def summarise(unit: UnitOfWork, video: VideoRecord, state: VideoState, classes: ClassList, at: float | None) -> None:
    """Write what the library shows of a video's labels into its row; ``at`` is when they changed, None if not."""
    if video.duration <= 0:
        return
    shared = shared_layers(unit)
    found = merge(state, video, classes, shared=shared, names={})
    level = found.labels.level
    values: dict[str, object] = {
        "n_annotations": len(found.labels.annotations),
        "label_level": None if level is None else level.value,
        "complete_version": classes.version if found.is_complete else None,
    }
    unit.videos.change(video.id, **values, **({} if at is None else {"labelled_at": at}))


def refresh(unit: UnitOfWork, project: int) -> None:
    """Summarise all labelled videos of a project anew: what counts as what has changed."""
    classes = ClassList.of(unit, project)
    videos = unit.videos.of_project(project, ids=unit.edits.videos(project))
    states = unit.labels.states(video.id for video in videos)
    for video in videos:
        summarise(unit, video, states[video.id], classes, None)


def shared_layers(unit: UnitOfWork) -> frozenset[int]:
    """Annotators who are no persons: everybody sees what they said."""
    return frozenset(annotator.id for annotator in unit.annotators.all() if annotator.kind != "person")
