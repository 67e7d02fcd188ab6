"""The annotation clock: raw events stored, active time and phi derived from them, never the other way round."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

from app.services.edits import IDENTIFIER
from app.services.identity import SHARED, annotator_in
from app.workspace import Workspace
from db.records import ActivityRecord, AnnotatorRecord, ProjectRecord, VideoRecord
from db.unit_of_work import UnitOfWork
from wtal_core.domain import MICROSECONDS, SupervisionLevel, to_seconds
from wtal_core.evaluation.cost import IDLE_CUTOFF, PERSON, SIMULATED, ActivityEvent, VideoCost, active_times

KINDS = frozenset(
    ("heartbeat", "open", "close", "key", "pointer", "play", "pause", "seek", "hidden", "visible", "loading", "ready")
)
LONGEST_BATCH = 5_000


def activity(workspace: Workspace, annotator: str, batch: Mapping[str, Any]) -> dict[str, Any]:
    """Store clock events of one session on one video, each once.

    Parameters
    ----------
    batch
        ``{"session", "video", "events"}`` as in ``docs/http-api.md``.

    Returns
    -------
    dict
        ``{"stored": n, "refused": [{"id", "error"}], "phi": {...}}``.

    Raises
    ------
    ValueError
        If the batch as a whole makes no sense.
    NotFoundError
        If there is no such video.
    """
    session, video_id, events = batch.get("session"), batch.get("video"), batch.get("events")
    if not isinstance(session, str) or not IDENTIFIER.fullmatch(session):
        raise ValueError("a session is 1 to 64 letters, digits and _ . : -; make a uuid when the page is loaded")
    if isinstance(video_id, bool) or not isinstance(video_id, int):
        raise ValueError(f"the video is a number, got {str(video_id)[:40]!r}")
    if not isinstance(events, list) or len(events) > LONGEST_BATCH:
        raise ValueError(f"events are a list of at most {LONGEST_BATCH}; send them more often")
    with workspace.write() as unit:
        video = unit.videos.lock(video_id)
        project = unit.projects.get(video.project_id)
        who = annotator_in(unit, annotator)
        rows: list[ActivityRecord] = []
        refused: list[dict[str, str]] = []
        for event in events:
            try:
                rows.append(_event(event, session, video, project, who))
            except ValueError as error:
                given = event.get("id") if isinstance(event, dict) else None
                refused.append({"id": str(given)[:64], "error": str(error)})
        stored = unit.activity.add(rows)
        return {"stored": stored, "refused": refused, "phi": phi_of(unit, video, who, project)}


def phi_of(unit: UnitOfWork, video: VideoRecord, who: AnnotatorRecord, project: ProjectRecord) -> dict[str, Any]:
    """One annotator's active time on one video and its ratio to the video's length, in all and per level."""
    cutoff = idle_cutoff(project)
    events = [_spoken(event, video.name, who.name) for event in unit.activity.of_video(video.id, who.id)]
    costs = active_times(events, {video.name: max(video.duration, 1)}, idle_cutoff=cutoff)
    levels: dict[str, dict[str, float]] = {}
    for cost in costs:
        level = levels.setdefault(cost.level.value, {"active_seconds": 0.0, "ratio": 0.0, "assisted_seconds": 0.0})
        level["active_seconds"] += to_seconds(cost.active)
        level["ratio"] += cost.active / cost.duration
        level["assisted_seconds"] += to_seconds(cost.active) if cost.assisted else 0.0
    return {
        "active_seconds": sum(level["active_seconds"] for level in levels.values()),
        "ratio": sum(level["ratio"] for level in levels.values()),
        "levels": levels,
        "cutoff_seconds": to_seconds(cutoff),
    }


def costs(
    workspace: Workspace, project: int, *, idle_cutoff_seconds: float | None = None, subset: str | None = None
) -> list[VideoCost]:
    """Active time of a project per video (by name), annotator, level, assisted or not, and source.

    Parameters
    ----------
    subset
        Only videos on this side of the split.
    """
    with workspace.read() as unit:
        found = unit.projects.get(project)
        cutoff = idle_cutoff(found) if idle_cutoff_seconds is None else round(idle_cutoff_seconds * MICROSECONDS)
        videos = {v.id: v for v in unit.videos.of_project(project) if subset is None or v.subset == subset}
        names = {annotator.id: annotator.name for annotator in unit.annotators.all()}
        events = [
            _spoken(event, videos[event.video_id].name, names[event.annotator_id])
            for event in unit.activity.of_project(project)
            if event.video_id in videos
        ]
    durations = {video.name: max(video.duration, 1) for video in videos.values()}
    return active_times(events, durations, idle_cutoff=cutoff)


def event_table(workspace: Workspace, project: int) -> list[dict[str, Any]]:
    """The raw events of a project as rows of a table, for whoever wants to derive phi by another rule."""
    with workspace.read() as unit:
        names = {annotator.id: annotator.name for annotator in unit.annotators.all()}
        videos = {video.id: video.name for video in unit.videos.of_project(project)}
        return [
            {
                "session": event.session,
                "video": videos[event.video_id],
                "annotator": names[event.annotator_id],
                "kind": event.kind,
                "monotonic_ms": event.monotonic,
                "playing": event.playing,
                "visible": event.visible,
                "level": event.level,
                "assisted": event.assisted,
                "source": event.source,
                "server_time": event.server_time,
            }
            for event in unit.activity.of_project(project)
        ]


def idle_cutoff(project: ProjectRecord) -> int:
    """The longest gap that counts, microseconds: the project's setting, else 30 s."""
    chosen = project.settings.get("idle_cutoff_seconds")
    return IDLE_CUTOFF if chosen is None else round(float(chosen) * MICROSECONDS)


def totals(found: Iterable[VideoCost]) -> tuple[float, float]:
    """Total active seconds, and seconds of the videos worked on, each once."""
    rows = list(found)
    durations = {cost.video: cost.duration for cost in rows}
    return to_seconds(sum(cost.active for cost in rows)), to_seconds(sum(durations.values()))


def _event(
    given: Any, session: str, video: VideoRecord, project: ProjectRecord, who: AnnotatorRecord
) -> ActivityRecord:
    if not isinstance(given, dict) or not isinstance(given.get("id"), str) or not IDENTIFIER.fullmatch(given["id"]):
        raise ValueError("an event needs an id of 1 to 64 letters, digits and _ . : -; make a uuid")
    kind, monotonic = given.get("kind"), given.get("monotonic")
    if kind not in KINDS:
        raise ValueError(f"there is no kind of event {str(kind)[:40]!r}; use one of {', '.join(sorted(KINDS))}")
    if isinstance(monotonic, bool) or not isinstance(monotonic, (int, float)) or not isfinite(monotonic):
        raise ValueError(f"monotonic is a number of milliseconds, got {str(monotonic)[:40]!r}")
    level = given.get("level") or project.default_level
    if level not in list(SupervisionLevel):
        raise ValueError(f"the level is one of {', '.join(SupervisionLevel)}, got {str(level)[:40]!r}")
    return ActivityRecord(
        given["id"],
        session,
        video.project_id,
        video.id,
        who.id,
        kind,
        float(monotonic),
        given.get("playing") is True,
        given.get("visible") is not False,
        level,
        given.get("assisted") is True,
        SHARED.get(who.name, "human"),
        time.time(),
    )


def _spoken(event: ActivityRecord, video: str, annotator: str) -> ActivityEvent:
    return ActivityEvent(
        event.session,
        event.kind,
        event.monotonic,
        video,
        annotator,
        SupervisionLevel(event.level),
        event.visible,
        event.assisted,
        SIMULATED if event.source == "simulated" else PERSON,
    )
