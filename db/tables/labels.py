"""The append-only log of edits, the current state derived from it, and the raw activity events.

Every state table is keyed by video and annotator: each annotator has a layer of their own. Classes are kept as they
were said; merging is looked up when labels are read, so it loses nothing.
"""

from __future__ import annotations

from sqlalchemy import Double, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base, BigKey, Json, JsonList, Microseconds, Moment, Uuid, Word


class EditEvent(Base):
    """One edit. Its number is the sequence number clients compare; rows are only ever added."""

    __tablename__ = "edit_event"
    __table_args__ = (
        Index(None, "video_id", "annotator_id", "sequence"),
        Index(None, "video_id", "sequence"),
        Index(None, "project_id", "sequence"),
        {"sqlite_autoincrement": True},
    )

    sequence: Mapped[BigKey]
    id: Mapped[Uuid] = mapped_column(unique=True)
    group: Mapped[Uuid] = mapped_column("group_id")
    undoes: Mapped[Uuid | None]
    redoes: Mapped[Uuid | None]
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    video_id: Mapped[int] = mapped_column(ForeignKey("video.id", ondelete="CASCADE"))
    annotator_id: Mapped[int] = mapped_column(ForeignKey("annotator.id"))
    kind: Mapped[Word]
    payload: Mapped[Json]
    inverse: Mapped[JsonList]
    session: Mapped[Uuid]
    client_time: Mapped[float] = mapped_column(Double)
    server_time: Mapped[Moment]
    source: Mapped[Word]


class Annotation(Base):
    """A segment or clicks, as they stand; ``pressed`` holds the times before reaction-time compensation, if any."""

    __tablename__ = "annotation"
    __table_args__ = (Index(None, "video_id", "annotator_id", "class_id", "level"),)

    video_id: Mapped[int] = mapped_column(ForeignKey("video.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[Uuid] = mapped_column(primary_key=True)
    annotator_id: Mapped[int] = mapped_column(ForeignKey("annotator.id"))
    class_id: Mapped[int] = mapped_column(ForeignKey("action_class.id", ondelete="CASCADE"))
    level: Mapped[Word]
    first_time: Mapped[Microseconds]
    last_time: Mapped[Microseconds]
    model_assisted: Mapped[bool]
    source: Mapped[Word]
    pressed: Mapped[JsonList] = mapped_column(server_default="[]")
    compensation: Mapped[Microseconds] = mapped_column(server_default="0")


class VideoLabel(Base):
    """Whether a class occurs in a video; ``present`` is null where an annotator took the statement back."""

    __tablename__ = "video_label"

    video_id: Mapped[int] = mapped_column(ForeignKey("video.id", ondelete="CASCADE"), primary_key=True)
    annotator_id: Mapped[int] = mapped_column(ForeignKey("annotator.id"), primary_key=True)
    class_id: Mapped[int] = mapped_column(ForeignKey("action_class.id", ondelete="CASCADE"), primary_key=True)
    present: Mapped[bool | None]


class Coverage(Base):
    """A span judged for one class under one version of the class list."""

    __tablename__ = "coverage"

    video_id: Mapped[int] = mapped_column(ForeignKey("video.id", ondelete="CASCADE"), primary_key=True)
    annotator_id: Mapped[int] = mapped_column(ForeignKey("annotator.id"), primary_key=True)
    class_id: Mapped[int] = mapped_column(ForeignKey("action_class.id", ondelete="CASCADE"), primary_key=True)
    class_list_version: Mapped[int] = mapped_column(primary_key=True)
    start: Mapped[Microseconds] = mapped_column("start_time", primary_key=True)
    end: Mapped[Microseconds] = mapped_column("end_time")


class Ambiguous(Base):
    """A span that is neither action nor background."""

    __tablename__ = "ambiguous"

    video_id: Mapped[int] = mapped_column(ForeignKey("video.id", ondelete="CASCADE"), primary_key=True)
    annotator_id: Mapped[int] = mapped_column(ForeignKey("annotator.id"), primary_key=True)
    start: Mapped[Microseconds] = mapped_column("start_time", primary_key=True)
    end: Mapped[Microseconds] = mapped_column("end_time")


class ProposalDecision(Base):
    """What an annotator decided about a proposal: ``accepted`` or ``rejected``; no row is open."""

    __tablename__ = "proposal_decision"

    video_id: Mapped[int] = mapped_column(ForeignKey("video.id", ondelete="CASCADE"), primary_key=True)
    annotator_id: Mapped[int] = mapped_column(ForeignKey("annotator.id"), primary_key=True)
    run_id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[Word]


class LayerNote(Base):
    """The level an annotator now labels a video at, and their comment on it."""

    __tablename__ = "layer_note"

    video_id: Mapped[int] = mapped_column(ForeignKey("video.id", ondelete="CASCADE"), primary_key=True)
    annotator_id: Mapped[int] = mapped_column(ForeignKey("annotator.id"), primary_key=True)
    level: Mapped[Word | None]
    comment: Mapped[str] = mapped_column(Text, default="")


class Activity(Base):
    """A raw clock event of the annotation page; active time is derived from these and never stored."""

    __tablename__ = "activity"
    __table_args__ = (
        Index(None, "video_id", "annotator_id", "session", "monotonic"),
        Index(None, "video_id", "annotator_id", "id"),
        Index(None, "project_id", "server_time"),
    )

    id: Mapped[BigKey]
    event: Mapped[str] = mapped_column(String(64), unique=True)
    session: Mapped[Uuid]
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    video_id: Mapped[int] = mapped_column(ForeignKey("video.id", ondelete="CASCADE"))
    annotator_id: Mapped[int] = mapped_column(ForeignKey("annotator.id"))
    kind: Mapped[Word]
    monotonic: Mapped[float] = mapped_column(Double)
    playing: Mapped[bool]
    visible: Mapped[bool]
    level: Mapped[Word]
    assisted: Mapped[bool]
    source: Mapped[Word]
    server_time: Mapped[Moment]
