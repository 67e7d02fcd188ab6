"""Who labels."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import tables
from db.errors import NotFoundError
from db.records import AnnotatorRecord, record


class AnnotatorStore:
    """People, and the two sources of labels that are none: ``import`` and ``simulation``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, annotator_id: int) -> AnnotatorRecord:
        """One annotator."""
        row = self._session.get(tables.Annotator, annotator_id)
        if row is None:
            raise NotFoundError("annotator", annotator_id)
        return record(AnnotatorRecord, row)

    def by_name(self, name: str) -> AnnotatorRecord | None:
        """The annotator of that name, or None."""
        row = self._session.scalar(select(tables.Annotator).where(tables.Annotator.name == name))
        return None if row is None else record(AnnotatorRecord, row)

    def add(self, name: str, at: float, kind: str = "person") -> AnnotatorRecord:
        """A new annotator."""
        row = tables.Annotator(name=name, kind=kind, created_at=at, settings={})
        self._session.add(row)
        self._session.flush()
        return record(AnnotatorRecord, row)

    def all(self) -> tuple[AnnotatorRecord, ...]:
        """Everybody, by name."""
        rows = self._session.scalars(select(tables.Annotator).order_by(func.lower(tables.Annotator.name)))
        return tuple(record(AnnotatorRecord, row) for row in rows)
