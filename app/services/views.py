"""Labels as one annotator sees them: their own layer and the shared ones (imports, simulations).

Merged classes count as the class they were merged into; time is judged for that class where it was judged for all of
its parts, or since they were merged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from db.records import ClassRecord
from db.state import Mark, Spans, Tally, VideoState
from db.unit_of_work import UnitOfWork
from wtal_core.domain import Segment, merged


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
    counts
        How many annotations of each level a class has; also where the annotations themselves were not read.
    labels
        Classes said to occur (True), not to (False); what is not in it is unknown.
    coverage
        Judged spans of each class.
    ambiguous
        Neither action nor background.
    """

    marks: Mapping[str, tuple[int, Mark]] = field(default_factory=dict)
    counts: Mapping[int, Counter[str]] = field(default_factory=dict)
    labels: Mapping[int, bool] = field(default_factory=dict)
    coverage: Mapping[int, Spans] = field(default_factory=dict)
    ambiguous: Spans = ()

    def is_complete(self, classes: ClassList, extent: Segment) -> bool:
        """Whether all of the video is judged for every class in use; never of an empty class list."""
        return bool(classes.active) and all(
            any(s.start <= extent.start and s.end >= extent.end for s in self.coverage.get(entry.id, ()))
            for entry in classes.active
        )


def view(
    state: VideoState,
    own: int | None,
    shared: frozenset[int],
    classes: ClassList,
    tallies: Iterable[Tally] | None = None,
) -> View:
    """What an annotator (or, with ``own`` None, nobody in particular) sees of a video.

    Parameters
    ----------
    tallies
        The annotations counted, where ``state`` was read without them.
    """
    layers = shared if own is None else shared | {own}
    marks = {
        mark_id: (current.id, mark)
        for mark_id, mark in state.marks.items()
        if mark.annotator_id in layers and (current := classes.current(mark.class_id)) is not None
    }
    counts: dict[int, Counter[str]] = {}
    for tally in state.tallies if tallies is None else tallies:
        if tally.annotator_id in layers and (entry := classes.current(tally.class_id)) is not None:
            counts.setdefault(entry.id, Counter())[tally.level] += tally.count
    labels: dict[int, bool] = {}
    coverage: dict[int, Spans] = {}
    for entry in classes.active:
        said = _said(state, own, shared, classes.parts(entry.id))
        if said is not None:
            labels[entry.id] = said
        spans = _covered(state, layers, classes, entry.id)
        if spans:
            coverage[entry.id] = spans
    labels.update(dict.fromkeys(counts, True))
    ambiguous = merged(span for layer in layers for span in state.ambiguous.get(layer, ()))
    return View(marks, counts, labels, coverage, ambiguous)


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


def shared_layers(unit: UnitOfWork) -> frozenset[int]:
    """Annotators who are no persons: everybody sees what they said."""
    return frozenset(annotator.id for annotator in unit.annotators.all() if annotator.kind != "person")
