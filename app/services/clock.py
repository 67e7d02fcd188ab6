"""The annotation clock: raw events in, and out again as a table; :mod:`app.services.costs` derives time from them."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Mapping
from math import isfinite
from typing import Any

from app.services.costs import phi_of
from app.services.edit_kinds import IDENTIFIER, session_and_video
from app.services.identity import SHARED, annotator_in
from app.workspace import Workspace
from db.records import ActivityRecord, AnnotatorRecord, ProjectRecord, VideoRecord
from wtal_core.domain import SupervisionLevel

KINDS = frozenset(
    ("heartbeat", "open", "close", "key", "pointer", "play", "pause", "seek", "hidden", "visible", "loading", "ready")
)
LONGEST_BATCH = 5_000
COLUMNS = (
    *("session", "video", "annotator", "kind", "monotonic_ms", "playing", "visible"),
    *("level", "assisted", "source", "server_time"),
)
"""Of the table of events."""


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
    session, video_id = session_and_video(batch)
    events = batch.get("events")
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


def event_table(workspace: Workspace, project: int) -> list[dict[str, Any]]:
    """The raw events of a project as rows of a table, for whoever wants to derive phi by another rule.

    ``monotonic_ms`` is the browser's own clock, comparable within a session; ``server_time`` seconds since 1970.
    """
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


def events_as_csv(workspace: Workspace, project: int) -> str:
    """The table of raw events as CSV, a header line first; the header alone if there are none."""
    rows = event_table(workspace, project)
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


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
