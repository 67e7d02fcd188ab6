"""Who labels."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import tables
from db.errors import NotFoundError
from db.records import AnnotatorRecord, record, records


class AnnotatorStore:
    """People, and the two sources of labels that are none: ``import`` and ``simulation``."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: tuple[AnnotatorRecord, ...] | None = None  # read once per unit of work

    def get(self, annotator_id: int) -> AnnotatorRecord:
        """One annotator."""
        for annotator in self.all():
            if annotator.id == annotator_id:
                return annotator
        raise NotFoundError("annotator", annotator_id)

    def by_name(self, name: str) -> AnnotatorRecord | None:
        """The annotator of that name, or None."""
        return next((annotator for annotator in self.all() if annotator.name == name), None)

    def add(self, name: str, at: float, kind: str = "person") -> AnnotatorRecord:
        """A new annotator."""
        row = tables.Annotator(name=name, kind=kind, created_at=at, settings={})
        self._session.add(row)
        self._session.flush()
        self._known = None
        return record(AnnotatorRecord, row)

    def all(self) -> tuple[AnnotatorRecord, ...]:
        """Everybody, by name."""
        if self._known is None:
            query = select(tables.Annotator).order_by(func.lower(tables.Annotator.name))
            self._known = records(AnnotatorRecord, tables.Annotator, self._session, query)
        return self._known
