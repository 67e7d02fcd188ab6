"""Who labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
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
        """A new annotator; the one of that name if another process was faster."""
        row = tables.Annotator(name=name, kind=kind, created_at=at, settings={})
        self._known = None
        try:
            with self._session.begin_nested():  # so that the transaction outlives a refusal
                self._session.add(row)
        except IntegrityError:
            found = self.by_name(name)
            if found is None:
                raise
            return found
        return record(AnnotatorRecord, row)

    def change(self, annotator_id: int, *, settings: Mapping[str, Any]) -> None:
        """Replace what an annotator chose for themselves."""
        self._session.execute(
            update(tables.Annotator).where(tables.Annotator.id == annotator_id).values(settings=dict(settings))
        )
        self._known = None

    def all(self) -> tuple[AnnotatorRecord, ...]:
        """Everybody, by name."""
        if self._known is None:
            query = select(tables.Annotator).order_by(func.lower(tables.Annotator.name))
            self._known = records(AnnotatorRecord, tables.Annotator, self._session, query)
        return self._known
