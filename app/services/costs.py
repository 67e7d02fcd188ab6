"""What labels have cost: active annotation time and phi, derived from raw events and never stored.

While somebody labels, the time on their video is asked for every few seconds. What the events up to the last one
amounted to is then remembered by this process, and only newer ones are read. The log stays the truth: what is
remembered counts only while the log still ends, or goes on, where it was left.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.services.identity import IMPORT, SHARED
from db.records import ActivityRecord, AnnotatorRecord, ProjectRecord, VideoRecord
from db.unit_of_work import UnitOfWork
from wtal_core.domain import MICROSECONDS, Subset, SupervisionLevel, to_seconds
from wtal_core.evaluation.activity import PERSON, SIMULATED, ActivityEvent, Session, time_spent
from wtal_core.evaluation.cost import IDLE_CUTOFF, VideoCost, active_times

REMEMBERED = 256
"""Pairs of video and annotator whose time this process remembers."""


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


def imported_first(unit: UnitOfWork, project: int) -> frozenset[str]:
    """Videos, by their number as text, that had imported labels before anybody worked on them.

    To look such labels through takes seconds and says nothing of what labelling takes.
    """
    imported, begun = unit.edits.first_of(project, SHARED[IMPORT]), unit.activity.first_of_project(project)
    return frozenset(str(video) for video, at in imported.items() if at <= begun.get(video, at))


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


def idle_cutoff(project: ProjectRecord) -> int:
    """The longest gap that counts, microseconds: the project's setting, else 30 s."""
    chosen = project.settings.get("idle_cutoff_seconds")
    return IDLE_CUTOFF if chosen is None else round(float(chosen) * MICROSECONDS)


def phi_of(unit: UnitOfWork, video: VideoRecord, who: AnnotatorRecord, project: ProjectRecord) -> dict[str, Any]:
    """One annotator's active time on one video and its ratio to the video's length, in all and per level.

    Windows on this video are counted once. That another of their windows, on another video, was used meanwhile is told
    by :func:`project_costs` only, which reads all events.
    """
    cutoff = idle_cutoff(project)
    levels: dict[str, dict[str, float]] = {}
    for (said, assisted), active in _remembered.active(unit, video.id, who.id, cutoff).items():
        level = levels.setdefault(said.value, {"active_seconds": 0.0, "ratio": 0.0, "assisted_seconds": 0.0})
        level["active_seconds"] += to_seconds(active)
        level["ratio"] += active / max(video.duration, 1)
        level["assisted_seconds"] += to_seconds(active) if assisted else 0.0
    return {
        "active_seconds": sum(level["active_seconds"] for level in levels.values()),
        "ratio": sum(level["ratio"] for level in levels.values()),
        "levels": levels,
        "cutoff_seconds": to_seconds(cutoff),
    }


class _Tally:
    """The sessions of one annotator on one video, up to the event ``last``."""

    def __init__(self, cutoff: int) -> None:
        self.last: tuple[int, str] = (0, "")
        self._sessions: dict[str, Session] = defaultdict(lambda: Session(cutoff / 1000))

    def add(self, events: Iterable[ActivityEvent]) -> bool:
        """Follow more events; False if one of them is older than its session's last, so that all must be read anew."""
        for event in events:
            session = self._sessions[event.session]
            if not session.follows(event):
                return False
            session.take(event)
        return True

    def active(self) -> dict[tuple[SupervisionLevel, bool], int]:
        """Microseconds of work by level, and assisted or not."""
        found: dict[tuple[SupervisionLevel, bool], float] = defaultdict(float)
        for work, milliseconds in time_spent(self._sessions.values()).items():
            found[work.level, work.assisted] += 1000 * milliseconds
        return {key: round(active) for key, active in sorted(found.items())}


class _Remembered:
    """Tallies by database, video, annotator and cut-off; the oldest are forgotten."""

    def __init__(self) -> None:
        self._tallies: OrderedDict[tuple[str, int, int, int], _Tally] = OrderedDict()
        self._lock = threading.Lock()

    def active(
        self, unit: UnitOfWork, video: int, annotator: int, cutoff: int
    ) -> dict[tuple[SupervisionLevel, bool], int]:
        """Microseconds of work by level, and assisted or not."""
        key = (unit.database, video, annotator, cutoff)
        with self._lock:
            tally = self._tallies.pop(key, None)
            if tally is None or not self._follow(unit, tally, video, annotator):
                tally = _Tally(cutoff)
                self._follow(unit, tally, video, annotator)
            self._tallies[key] = tally
            while len(self._tallies) > REMEMBERED:
                self._tallies.popitem(last=False)
            return tally.active()

    @staticmethod
    def _follow(unit: UnitOfWork, tally: _Tally, video: int, annotator: int) -> bool:
        """Bring a tally up to date; False if the log is not one that goes on from it."""
        number, event = tally.last
        if number and unit.activity.name_of(number) != event:
            return False
        newer = unit.activity.since(video, annotator, number)
        if not tally.add(_event(record, {}) for _, record in newer):
            return False
        tally.last = max([tally.last, *((row, record.event) for row, record in newer)])
        return True


_remembered = _Remembered()


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
        received=1000 * event.server_time,
    )
