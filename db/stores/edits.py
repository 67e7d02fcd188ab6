"""The append-only log of edits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from db import tables
from db.records import EventRecord, TurnRecord, records

Event = tables.EditEvent
_BATCH = 500


class EditStore:
    """Log entries are added and read, never changed."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def append(self, events: Sequence[dict[str, Any]]) -> None:
        """Add events in order; their sequence numbers follow."""
        if events:
            self._session.execute(insert(Event), list(events))

    def known(self, ids: Iterable[str]) -> dict[str, int]:
        """Those of ``ids`` that are stored already, with the video each belongs to."""
        wanted = list(ids)
        found: dict[str, int] = {}
        for first in range(0, len(wanted), _BATCH):
            rows = self._session.execute(
                select(Event.id, Event.video_id).where(Event.id.in_(wanted[first : first + _BATCH]))
            )
            found |= {row.id: row.video_id for row in rows}
        return found

    def last_sequence(self, video_id: int) -> int:
        """Number of the newest event of a video, 0 if there is none."""
        return self._session.scalar(select(func.max(Event.sequence)).where(Event.video_id == video_id)) or 0

    def last_sequence_of_project(self, project_id: int) -> int:
        """Number of the newest event of a project, 0 if there is none."""
        return self._session.scalar(select(func.max(Event.sequence)).where(Event.project_id == project_id)) or 0

    def of_video(self, video_id: int, *, after: int = 0, but_session: str = "") -> tuple[EventRecord, ...]:
        """Events of a video after a sequence number (and of other sessions than one), oldest first."""
        query = select(Event).where(Event.video_id == video_id, Event.sequence > after, Event.session != but_session)
        return records(EventRecord, Event, self._session, query.order_by(Event.sequence))

    def deeds(self, video_id: int, annotator_id: int) -> tuple[TurnRecord, ...]:
        """Which groups one annotator's events of a video belong to, oldest first."""
        query = select(Event).where(Event.video_id == video_id, Event.annotator_id == annotator_id)
        return records(TurnRecord, Event, self._session, query.order_by(Event.sequence))

    def inverses(self, sequences: Iterable[int]) -> dict[int, list[dict[str, Any]]]:
        """The edits that take back each of some events, by their number."""
        wanted = list(sequences)
        found: dict[int, list[dict[str, Any]]] = {}
        for first in range(0, len(wanted), _BATCH):
            query = select(Event.sequence, Event.inverse).where(Event.sequence.in_(wanted[first : first + _BATCH]))
            found |= {row.sequence: row.inverse for row in self._session.execute(query)}
        return found

    def counts(self, project_id: int, *, after: int = 0) -> dict[str, int]:
        """How many events of each kind a project has after a sequence number."""
        rows = self._session.execute(
            select(Event.kind, func.count())
            .where(Event.project_id == project_id, Event.sequence > after)
            .group_by(Event.kind)
        )
        return {row[0]: row[1] for row in rows}

    def videos(self, project_id: int) -> tuple[int, ...]:
        """Videos of a project that have events."""
        return tuple(self._session.scalars(select(Event.video_id).where(Event.project_id == project_id).distinct()))

    def first_of(self, project_id: int, source: str) -> dict[int, float]:
        """When the first event of a source came to each video of a project that has one, seconds."""
        rows = self._session.execute(
            select(Event.video_id, func.min(Event.server_time))
            .where(Event.project_id == project_id, Event.source == source)
            .group_by(Event.video_id)
        )
        return {row[0]: row[1] for row in rows}
