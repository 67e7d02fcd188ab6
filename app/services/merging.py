"""Labels as the trainer may know them: one set per video, merged from the layers of all annotators by this rule.

1. Each person's view is their layer with the shared layers under it; without a person, the shared layers alone.
2. For each class, one view speaks: the one that judged most of the video for that class, then the one with the higher
   level, then the one with more instances, then whoever labelled first. Its annotations and coverage of that class are
   taken, those of the others are not: two people's boundaries of one instance would be two instances.
3. A class occurs if any view says so, unless the view that speaks judged the whole video for it and found nothing.
4. Ambiguous time of any view is ambiguous.
5. Where a class has clicks, judged time says that every instance was clicked, not where each ends: the trainer is told
   no coverage of that class, so that the rest of an instance is unknown and never background.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.services.views import ClassList, View, shared_layers, view
from app.workspace import Workspace
from db.errors import NotFoundError
from db.records import ClassRecord, VideoRecord
from db.state import Mark, Spans, Tally, VideoState, replay
from db.unit_of_work import UnitOfWork
from wtal_core.domain import Annotation, Coverage, Segment, Subset, SupervisionLevel, VideoLabels, merged


@dataclass(frozen=True, slots=True)
class MergedLabels:
    """Labels of one video for the trainer, and what the merge left out, in words."""

    labels: VideoLabels
    is_complete: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What the layers together say of one class of one video.

    Attributes
    ----------
    speaker
        Whose annotations and coverage are taken.
    counts
        The speaker's annotations by level.
    spans
        Time without the class outside its annotations.
    occurs
        True, False, or None where nothing is known.
    is_judged
        Whether the speaker judged the whole video.
    """

    entry: ClassRecord
    speaker: int | None
    counts: Counter[str]
    spans: Spans
    occurs: bool | None
    is_judged: bool


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
    views = _views(state, shared, classes, state.tallies)
    verdicts = [_verdict(entry, views, video) for entry in classes.active]
    annotations: list[Annotation] = []
    notes = []
    for verdict in verdicts:
        entry, speaks = verdict.entry, views[verdict.speaker]
        marks = {key: mark for key, (class_id, mark) in speaks.marks.items() if class_id == entry.id}
        annotations += [to_annotation(key, mark, entry.name, names) for key, mark in marks.items()]
        dropped = any(v.counts.get(entry.id) for who, v in views.items() if who != verdict.speaker)
        if dropped:
            who = names.get(verdict.speaker or 0, "")
            notes.append(f"{video.name}: {entry.name} is taken from {who}; others' annotations of it are set aside")
    annotations.sort(key=lambda annotation: (annotation.span, annotation.label, annotation.id))
    ambiguous = merged(span for seen in views.values() for span in seen.ambiguous)
    labels = VideoLabels(video.name, _known(verdicts), tuple(annotations), _coverage(verdicts), ambiguous)
    return MergedLabels(labels, _is_complete(verdicts), tuple(notes))


def merged_in(unit: UnitOfWork, project: int, videos: Sequence[VideoRecord]) -> dict[int, MergedLabels]:
    """The merged labels of some videos of a project, by their number."""
    classes, shared = ClassList.of(unit, project), shared_layers(unit)
    names = {annotator.id: annotator.name for annotator in unit.annotators.all()}
    labelled = set(unit.edits.videos(project))
    states = unit.labels.states(video.id for video in videos if video.id in labelled)
    return {
        video.id: merge(states[video.id], video, classes, shared=shared, names=names)
        if video.id in states
        else MergedLabels(VideoLabels(video.name), False)
        for video in videos
    }


def labels(
    workspace: Workspace, project: int, *, subset: str | None = None, annotator: str | None = None
) -> dict[str, MergedLabels]:
    """Labels by video name: merged from all annotators, or of one of them.

    Parameters
    ----------
    subset
        Only videos on this side of the split.
    annotator
        Only the layer of this annotator; nothing shared, nothing merged.

    Raises
    ------
    NotFoundError
        If there is no such annotator.
    """
    with workspace.read() as unit:
        videos = [v for v in unit.videos.of_project(project) if v.duration > 0 and subset in (None, v.subset)]
        found = _of_one(unit, project, videos, annotator) if annotator else merged_in(unit, project, videos)
        return {video.name: found[video.id] for video in videos}


def labels_for_training(workspace: Workspace, project: int) -> dict[str, VideoLabels]:
    """What the trainer may know: labels of the labelled videos of the training subset, by video name."""
    found = labels(workspace, project, subset=Subset.TRAINING.value)
    return {name: item.labels for name, item in found.items() if item.labels.classes is not None}


def summarise(unit: UnitOfWork, videos: Iterable[VideoRecord], classes: ClassList, at: float | None) -> None:
    """Write what the library shows of videos' labels into their rows; ``at`` is when they changed, None if not.

    The annotations are counted by the database and never read: the cost does not grow with what a video holds.
    """
    shared, rows = shared_layers(unit), {video.id: video for video in videos if video.duration > 0}
    states, tallies = unit.labels.outlines(rows), unit.labels.tallies(rows)
    for video in rows.values():
        views = _views(states[video.id], shared, classes, tallies[video.id])
        verdicts = [_verdict(entry, views, video) for entry in classes.active]
        level = _level(verdicts)
        values: dict[str, object] = {
            "n_annotations": sum(verdict.counts.total() for verdict in verdicts),
            "label_level": None if level is None else level.value,
            "complete_version": classes.version if _is_complete(verdicts) else None,
        }
        unit.videos.change(video.id, **values, **({} if at is None else {"labelled_at": at}))


def refresh(unit: UnitOfWork, project: int) -> None:
    """Summarise all labelled videos of a project anew: what counts as what has changed."""
    videos = unit.videos.of_project(project, ids=unit.edits.videos(project))
    summarise(unit, videos, ClassList.of(unit, project), None)


def rebuild(workspace: Workspace, project: int) -> int:
    """Derive the current labels of a project anew from its log; how many videos that were."""
    with workspace.write() as unit:
        shared, videos = shared_layers(unit), unit.edits.videos(project)
        for video_id in videos:
            unit.labels.rebuild(video_id, replay(unit.edits.of_video(video_id), shared))
        refresh(unit, project)
        return len(videos)


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


def _views(
    state: VideoState, shared: frozenset[int], classes: ClassList, tallies: Iterable[Tally]
) -> dict[int | None, View]:
    counted = tuple(tallies)
    everybody = state.annotators | {tally.annotator_id for tally in counted}
    people: list[int | None] = [*sorted(everybody - shared)]
    return {who: view(state, who, shared, classes, counted) for who in people or [None]}


def _verdict(entry: ClassRecord, views: Mapping[int | None, View], video: VideoRecord) -> _Verdict:
    speaker, speaks = max(views.items(), key=lambda item: _authority(item[1], entry.id))
    spans, counts = speaks.coverage.get(entry.id, ()), speaks.counts.get(entry.id, Counter())
    judged = any(s.start <= video.extent.start and s.end >= video.extent.end for s in spans)
    said = speaks.labels.get(entry.id)
    elsewhere = any(seen.labels.get(entry.id) is True for seen in views.values())
    occurs: bool | None
    if counts or said is True or (elsewhere and not judged):
        occurs = True
    elif judged:
        occurs = False
    else:
        occurs = said
        if said is False:
            spans = (video.extent,)  # "does not occur" says so of the whole video
    told = spans if all(level == SupervisionLevel.FULL for level in counts) else ()
    return _Verdict(entry, speaker, counts, told, occurs, judged)


def _authority(seen: View, class_id: int) -> tuple[int, int, int]:
    counts = seen.counts.get(class_id, Counter())
    level = max((SupervisionLevel(level).rank for level in counts), default=-1)
    return sum(span.duration for span in seen.coverage.get(class_id, ())), level, counts.total()


def _known(verdicts: Sequence[_Verdict]) -> frozenset[str] | None:
    """Classes that occur; None where none is known to and some are open."""
    present = frozenset(verdict.entry.name for verdict in verdicts if verdict.occurs)
    is_settled = bool(verdicts) and all(verdict.occurs is not None for verdict in verdicts)
    return present if present or is_settled else None


def _coverage(verdicts: Iterable[_Verdict]) -> Coverage:
    return Coverage({verdict.entry.name: verdict.spans for verdict in verdicts if verdict.spans})


def _is_complete(verdicts: Sequence[_Verdict]) -> bool:
    return bool(verdicts) and all(verdict.is_judged for verdict in verdicts)


def _level(verdicts: Sequence[_Verdict]) -> SupervisionLevel | None:
    """A video is as strong as its weakest instance; without one, what its other labels make it."""
    levels = {SupervisionLevel(level) for verdict in verdicts for level in verdict.counts}
    if levels:
        return min(levels, key=lambda level: level.rank)
    return VideoLabels("", _known(verdicts), (), _coverage(verdicts)).level


def _of_one(unit: UnitOfWork, project: int, videos: Sequence[VideoRecord], annotator: str) -> dict[int, MergedLabels]:
    only = unit.annotators.by_name(annotator)
    if only is None:
        raise NotFoundError("annotator", annotator)
    classes, shared, states = ClassList.of(unit, project), shared_layers(unit), unit.labels.states(v.id for v in videos)
    layers = {number: state.layer(only.id) for number, state in states.items()}
    return {v.id: merge(layers[v.id], v, classes, shared=shared, names={only.id: annotator}) for v in videos}
