"""Projects and their class lists."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from db import tables
from db.errors import NotFoundError
from db.records import ClassChangeRecord, ClassRecord, ProjectRecord, record

Project, ActionClass, ClassChange = tables.Project, tables.ActionClass, tables.ClassChange


class ProjectStore:
    """Projects, each with its class list and the history of that list."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, name: str, default_level: str, at: float) -> ProjectRecord:
        """A new, empty project."""
        row = Project(name=name, default_level=default_level, created_at=at, settings={})
        self._session.add(row)
        self._session.flush()
        return record(ProjectRecord, row)

    def get(self, project_id: int) -> ProjectRecord:
        """One project."""
        row = self._session.get(Project, project_id)
        if row is None:
            raise NotFoundError("project", project_id)
        return record(ProjectRecord, row)

    def by_name(self, name: str) -> ProjectRecord | None:
        """The project of that name, or None."""
        row = self._session.scalar(select(Project).where(Project.name == name))
        return None if row is None else record(ProjectRecord, row)

    def all(self) -> tuple[ProjectRecord, ...]:
        """All projects, oldest first."""
        return tuple(record(ProjectRecord, row) for row in self._session.scalars(select(Project).order_by(Project.id)))

    def change(self, project_id: int, **values: Any) -> None:
        """Set columns of a project."""
        row = self._session.get(Project, project_id)
        if row is None:
            raise NotFoundError("project", project_id)
        for name, value in values.items():
            setattr(row, name, value)

    def delete(self, project_id: int) -> None:
        """Remove a project with all that belongs to it."""
        self._session.expunge_all()
        self._session.execute(update(ActionClass).where(ActionClass.project_id == project_id).values(merged_into=None))
        self._session.execute(delete(Project).where(Project.id == project_id))

    def next_class_list_version(self, project_id: int) -> int:
        """Count the version of the class list up; the new one."""
        version = self.get(project_id).class_list_version + 1
        self.change(project_id, class_list_version=version)
        return version

    def classes(self, project_id: int, *, retired: bool = False) -> tuple[ClassRecord, ...]:
        """The class list in its order; with ``retired`` also what is no longer in it."""
        query = select(ActionClass).where(ActionClass.project_id == project_id)
        if not retired:
            query = query.where(ActionClass.retired_in.is_(None))
        rows = self._session.scalars(query.order_by(ActionClass.position, ActionClass.id))
        return tuple(record(ClassRecord, row) for row in rows)

    def add_class(self, project_id: int, name: str, version: int, **values: Any) -> ClassRecord:
        """A new entry at the end of the class list."""
        last = self._session.scalar(select(func.max(ActionClass.position)).where(ActionClass.project_id == project_id))
        position = 0 if last is None else last + 1
        row = ActionClass(project_id=project_id, name=name, added_in=version, position=position, **values)
        self._session.add(row)
        self._session.flush()
        return record(ClassRecord, row)

    def find_class(self, class_id: int) -> ClassRecord | None:
        """One class of any project, or None."""
        row = self._session.get(ActionClass, class_id)
        return None if row is None else record(ClassRecord, row)

    def change_class(self, class_id: int, **values: Any) -> None:
        """Set columns of a class."""
        row = self._session.get(ActionClass, class_id)
        if row is None:
            raise NotFoundError("class", class_id)
        for name, value in values.items():
            setattr(row, name, value)
        self._session.flush()

    def log_class_change(self, project_id: int, class_id: int, **values: Any) -> None:
        """Add to the history of the class list."""
        self._session.add(ClassChange(project_id=project_id, class_id=class_id, **values))

    def class_history(self, project_id: int) -> tuple[ClassChangeRecord, ...]:
        """What was done to the class list, oldest first."""
        rows = self._session.scalars(
            select(ClassChange).where(ClassChange.project_id == project_id).order_by(ClassChange.id)
        )
        return tuple(record(ClassChangeRecord, row) for row in rows)
