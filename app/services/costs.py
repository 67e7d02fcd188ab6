"""What labels have cost: active annotation time of a project, derived from its raw events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.services.clock import idle_cutoff
from db.records import ActivityRecord, VideoRecord
from db.unit_of_work import UnitOfWork
from wtal_core.domain import MICROSECONDS, Subset, SupervisionLevel
from wtal_core.evaluation.cost import PERSON, SIMULATED, ActivityEvent, VideoCost, active_times


@dataclass(frozen=True, slots=True)
class AnnotationCost:
    """Active annotation time of a project, by the side of the split it was spent on.

    Attributes
    ----------
    training_seconds
        On training videos: the x axis of the cost chart.
    validation_seconds
        On validation videos, shown apart.
    video_seconds
        Duration of the training videos that were worked on.
    is_simulated
        Whether any of it comes from the demo's simulated annotator.
    n_events
        Raw events it was derived from.
    """

    training_seconds: float
    validation_seconds: float
    video_seconds: float
    is_simulated: bool
    n_events: int


def annotation_cost(unit: UnitOfWork, project: int, until: float | None = None) -> AnnotationCost:
    """What the labels of a project had cost at a moment (now, if None), from its raw events."""
    videos = measurable_videos(unit, project)
    events = [e for e in unit.activity.of_project(project) if until is None or e.server_time <= until]
    costs = _costs(unit, project, events, videos)
    seconds = dict.fromkeys(Subset, 0.0)
    for cost in costs:
        seconds[Subset(videos[cost.video].subset or Subset.TRAINING)] += cost.active / MICROSECONDS
    worked_on = {cost.video for cost in costs if videos[cost.video].subset != Subset.VALIDATION}
    return AnnotationCost(
        seconds[Subset.TRAINING],
        seconds[Subset.VALIDATION],
        sum(videos[video].duration for video in worked_on) / MICROSECONDS,
        any(cost.source == SIMULATED for cost in costs),
        len(events),
    )


def project_costs(unit: UnitOfWork, project: int) -> list[VideoCost]:
    """Active time per video (its number as text), annotator, level, assisted or not, and source."""
    return _costs(unit, project, unit.activity.of_project(project), measurable_videos(unit, project))


def _costs(
    unit: UnitOfWork, project: int, events: Iterable[ActivityRecord], videos: Mapping[str, VideoRecord]
) -> list[VideoCost]:
    """Active time per video, annotator and level; ``videos`` by their number as text."""
    names = {annotator.id: annotator.name for annotator in unit.annotators.all()}
    cutoff = idle_cutoff(unit.projects.get(project))
    known = [_event(event, names) for event in events if str(event.video_id) in videos]
    durations = {key: video.duration for key, video in videos.items()}
    return active_times(known, durations, idle_cutoff=cutoff)


def measurable_videos(unit: UnitOfWork, project: int) -> dict[str, VideoRecord]:
    """Videos whose length is known, by their number as text."""
    return {str(video.id): video for video in unit.videos.of_project(project) if video.duration > 0}


def _event(event: ActivityRecord, names: Mapping[int, str]) -> ActivityEvent:
    return ActivityEvent(
        session=event.session,
        kind=event.kind,
        monotonic=event.monotonic,
        video=str(event.video_id),
        annotator=names.get(event.annotator_id, ""),
        level=SupervisionLevel(event.level),
        visible=event.visible,
        assisted=event.assisted,
        source=SIMULATED if event.source == SIMULATED else PERSON,
    )
