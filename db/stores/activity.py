"""Raw clock events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import Select, func, insert, select
from sqlalchemy.orm import Session

from db import tables
from db.records import ActivityRecord, records


class ActivityStore:
    """The activity log: only ever added to."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, events: Sequence[ActivityRecord]) -> int:
        """Store the events whose id is new; how many that were."""
        wanted = {event.event: event for event in events}
        known = set(self._session.scalars(select(tables.Activity.event).where(tables.Activity.event.in_(list(wanted)))))
        fresh = [asdict(event) for key, event in wanted.items() if key not in known]
        if fresh:
            self._session.execute(insert(tables.Activity), fresh)
        return len(fresh)

    def since(self, video_id: int, annotator_id: int, number: int = 0) -> tuple[tuple[int, ActivityRecord], ...]:
        """One annotator's events of a video stored after row ``number``, with their own, by session and its clock."""
        a = tables.Activity
        names = [item.name for item in fields(ActivityRecord)]
        query = select(a.id, *(getattr(a, name) for name in names)).where(
            a.video_id == video_id, a.annotator_id == annotator_id, a.id > number
        )
        rows = self._session.execute(query.order_by(a.session, a.monotonic, a.id))
        return tuple((row[0], ActivityRecord(*row[1:])) for row in rows)

    def name_of(self, number: int) -> str | None:
        """The id of the event in row ``number``, or None if there is none."""
        return self._session.scalar(select(tables.Activity.event).where(tables.Activity.id == number))

    def of_project(self, project_id: int) -> tuple[ActivityRecord, ...]:
        """Events of a whole project, by session and its clock."""
        query = select(tables.Activity).where(tables.Activity.project_id == project_id)
        return self._records(query.order_by(tables.Activity.session, tables.Activity.monotonic, tables.Activity.id))

    def first_of_project(self, project_id: int) -> dict[int, float]:
        """When the first event of each video came that has one, seconds."""
        table = tables.Activity
        rows = self._session.execute(
            select(table.video_id, func.min(table.server_time))
            .where(table.project_id == project_id)
            .group_by(table.video_id)
        )
        return {row[0]: row[1] for row in rows}

    def _records(self, query: Select[Any]) -> tuple[ActivityRecord, ...]:
        return records(ActivityRecord, tables.Activity, self._session, query)
