"""Videos, their frame times and features, the frozen split, and what could not be imported."""

from __future__ import annotations

from sqlalchemy import Double, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base, Json, Key, Microseconds, Moment, Name, Word


class Video(Base):
    """One untrimmed video, or a feature sequence without one (``path`` is empty then).

    The last four columns summarise its labels for the library; they are written together with the labels.
    """

    __tablename__ = "video"
    __table_args__ = (
        UniqueConstraint("project_id", "name"),
        Index(None, "project_id", "status"),
        Index(None, "project_id", "subset"),
        Index(None, "project_id", "content_hash"),
        Index(None, "project_id", "path"),
        Index(None, "project_id", "duration"),
        Index(None, "project_id", "added_at"),
        Index(None, "project_id", "n_annotations"),
        Index(None, "project_id", "label_level"),
        Index(None, "project_id", "complete_version"),
    )

    id: Mapped[Key]
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    name: Mapped[Name]
    path: Mapped[str] = mapped_column(String(4096), default="")
    added_at: Mapped[Moment]
    status: Mapped[Word] = mapped_column(default="queued")
    problem: Mapped[str] = mapped_column(Text, default="")
    note: Mapped[str] = mapped_column(Text, default="")
    content_hash: Mapped[str] = mapped_column(String(128), default="")
    subset: Mapped[Word | None]
    origin: Mapped[Microseconds] = mapped_column(default=0)
    duration: Mapped[Microseconds] = mapped_column(default=0)
    n_frames: Mapped[int] = mapped_column(default=0)
    width: Mapped[int] = mapped_column(default=0)
    height: Mapped[int] = mapped_column(default=0)
    rotation: Mapped[int] = mapped_column(default=0)
    fps: Mapped[float] = mapped_column(Double, default=0.0)
    codec: Mapped[Word] = mapped_column(default="")
    is_playable: Mapped[bool] = mapped_column(default=False)
    proxy_path: Mapped[str] = mapped_column(String(4096), default="")
    thumbnail_path: Mapped[str] = mapped_column(String(4096), default="")
    strip_path: Mapped[str] = mapped_column(String(4096), default="")
    strip: Mapped[Json] = mapped_column(default=dict)
    n_annotations: Mapped[int] = mapped_column(default=0)
    label_level: Mapped[Word | None]
    complete_version: Mapped[int | None]
    labelled_at: Mapped[float | None] = mapped_column(Double)


class VideoFrames(Base):
    """Presentation times of all frames, apart from the row that lists read."""

    __tablename__ = "video_frames"

    video_id: Mapped[int] = mapped_column(ForeignKey("video.id", ondelete="CASCADE"), primary_key=True)
    times: Mapped[bytes] = mapped_column(LargeBinary)


class SplitAssignment(Base):
    """The side of the split a content belongs to; outlives the video, so that adding it again changes nothing."""

    __tablename__ = "split_assignment"

    project_id: Mapped[int] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"), primary_key=True)
    content_hash: Mapped[str] = mapped_column(String(128), primary_key=True)
    subset: Mapped[Word]
    assigned_at: Mapped[Moment]


class ImportProblem(Base):
    """A file that was not added, or not as it was, and why."""

    __tablename__ = "import_problem"
    __table_args__ = (Index(None, "project_id"),)

    id: Mapped[Key]
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    path: Mapped[str] = mapped_column(String(4096))
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[Moment]


class Features(Base):
    """A feature sequence of a video on disk."""

    __tablename__ = "features"
    __table_args__ = (UniqueConstraint("video_id", "fingerprint"),)

    id: Mapped[Key]
    video_id: Mapped[int] = mapped_column(ForeignKey("video.id", ondelete="CASCADE"))
    extractor: Mapped[Name]
    fingerprint: Mapped[str] = mapped_column(String(128))
    path: Mapped[str] = mapped_column(String(4096))
    n_snippets: Mapped[int]
    n_features: Mapped[int]
    meta: Mapped[Json] = mapped_column(default=dict)
    created_at: Mapped[Moment]
