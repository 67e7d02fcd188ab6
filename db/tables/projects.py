"""Projects, their class lists, annotators and settings."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base, Json, Key, Moment, Name, Word


class Project(Base):
    """One body of work: videos, a class list, labels, runs."""

    __tablename__ = "project"

    id: Mapped[Key]
    name: Mapped[Name] = mapped_column(unique=True)
    created_at: Mapped[Moment]
    class_list_version: Mapped[int] = mapped_column(default=0)
    default_level: Mapped[Word]
    is_split: Mapped[bool] = mapped_column(default=False)
    settings: Mapped[Json] = mapped_column(default=dict)


class Annotator(Base):
    """Who labels: a person, or the source of labels nobody here made (``import``, ``simulation``)."""

    __tablename__ = "annotator"

    id: Mapped[Key]
    name: Mapped[Name] = mapped_column(unique=True)
    kind: Mapped[Word] = mapped_column(default="person")
    created_at: Mapped[Moment]
    settings: Mapped[Json] = mapped_column(default=dict)


class ActionClass(Base):
    """An entry of a class list. Never deleted: it is retired, or merged into another, in some version of the list."""

    __tablename__ = "action_class"
    __table_args__ = (UniqueConstraint("project_id", "name"),)

    id: Mapped[Key]
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    name: Mapped[Name]
    colour: Mapped[Word]
    key: Mapped[Word] = mapped_column(default="")
    description: Mapped[str] = mapped_column(Text, default="")
    example: Mapped[str] = mapped_column(Text, default="")
    position: Mapped[int]
    added_in: Mapped[int]
    retired_in: Mapped[int | None]
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("action_class.id"))


class ClassChange(Base):
    """What was done to a class list, in order: the history that renaming and merging keep."""

    __tablename__ = "class_change"
    __table_args__ = (Index(None, "project_id", "version"),)

    id: Mapped[Key]
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    class_id: Mapped[int] = mapped_column(ForeignKey("action_class.id", ondelete="CASCADE"))
    version: Mapped[int]
    kind: Mapped[Word]
    before: Mapped[str] = mapped_column(Text, default="")
    after: Mapped[str] = mapped_column(Text, default="")
    annotator: Mapped[Name] = mapped_column(default="")
    at: Mapped[Moment]


class Setting(Base):
    """A setting of the whole workspace."""

    __tablename__ = "setting"

    key: Mapped[Name] = mapped_column(primary_key=True)
    value: Mapped[Json]
