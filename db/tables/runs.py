"""Background jobs, training runs, what they predicted and how they scored, and the methods the worker can train."""

from __future__ import annotations

from sqlalchemy import Double, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base, BigKey, Json, JsonList, Key, Microseconds, Moment, Name, Word


class Job(Base):
    """One background task: the truth about it. The queue only carries its number."""

    __tablename__ = "job"
    __table_args__ = (Index(None, "status", "lane", "id"), Index(None, "project_id", "status"))

    id: Mapped[Key]
    project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    kind: Mapped[Word]
    lane: Mapped[Word]
    payload: Mapped[Json] = mapped_column(default=dict)
    status: Mapped[Word] = mapped_column(default="queued")
    progress: Mapped[float] = mapped_column(Double, default=0.0)
    message: Mapped[str] = mapped_column(Text, default="")
    seconds_left: Mapped[float | None] = mapped_column(Double)
    error: Mapped[str] = mapped_column(Text, default="")
    checkpoint: Mapped[Json] = mapped_column(default=dict)
    result: Mapped[Json] = mapped_column(default=dict)
    cancel: Mapped[bool] = mapped_column(default=False)
    attempts: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int] = mapped_column(default=5)
    worker: Mapped[Name] = mapped_column(default="")
    lease_until: Mapped[float] = mapped_column(Double, default=0.0)
    heartbeat_at: Mapped[float | None] = mapped_column(Double)
    created_at: Mapped[Moment]
    started_at: Mapped[float | None] = mapped_column(Double)
    finished_at: Mapped[float | None] = mapped_column(Double)


class Run(Base):
    """One training: what it was asked, what it learned from, what that had cost, and how it ended."""

    __tablename__ = "run"
    __table_args__ = (Index(None, "project_id", "created_at"),)

    id: Mapped[Key]
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id", ondelete="SET NULL"))
    annotator: Mapped[Name] = mapped_column(default="")
    method: Mapped[Name]
    preset: Mapped[Name] = mapped_column(default="")
    config: Mapped[Json] = mapped_column(default=dict)
    training: Mapped[Json] = mapped_column(default=dict)
    seed: Mapped[int] = mapped_column(default=0)
    warm_start: Mapped[int | None]
    class_names: Mapped[JsonList] = mapped_column(default=list)
    label_sequence: Mapped[int] = mapped_column(default=0)
    label_snapshot: Mapped[Json] = mapped_column(default=dict)
    label_usage: Mapped[Json] = mapped_column(default=dict)
    notes: Mapped[JsonList] = mapped_column(default=list)
    cost_seconds: Mapped[float] = mapped_column(Double, default=0.0)
    video_seconds: Mapped[float] = mapped_column(Double, default=0.0)
    status: Mapped[Word] = mapped_column(default="queued")
    error: Mapped[str] = mapped_column(Text, default="")
    folder: Mapped[str] = mapped_column(String(4096), default="")
    environment: Mapped[Json] = mapped_column(default=dict)
    metrics: Mapped[Json] = mapped_column(default=dict)
    promoted: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[Moment]
    started_at: Mapped[float | None] = mapped_column(Double)
    finished_at: Mapped[float | None] = mapped_column(Double)


class RunLog(Base):
    """Loss terms of one moment of a training."""

    __tablename__ = "run_log"
    __table_args__ = (Index(None, "run_id", "step"),)

    id: Mapped[BigKey]
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"))
    step: Mapped[int]
    n_steps: Mapped[int]
    epoch: Mapped[int]
    terms: Mapped[Json]
    at: Mapped[Moment]


class Prediction(Base):
    """Where the arrays of a run's prediction of a video lie."""

    __tablename__ = "prediction"
    __table_args__ = (UniqueConstraint("run_id", "video_id"), Index(None, "video_id"))

    id: Mapped[Key]
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"))
    video_id: Mapped[int] = mapped_column(ForeignKey("video.id", ondelete="CASCADE"))
    path: Mapped[str] = mapped_column(String(4096))
    n_snippets: Mapped[int]
    created_at: Mapped[Moment]


class ProposalRow(Base):
    """A proposal of a prediction; ``rank`` 0 is the best and names the proposal within its run and video."""

    __tablename__ = "proposal"

    prediction_id: Mapped[int] = mapped_column(ForeignKey("prediction.id", ondelete="CASCADE"), primary_key=True)
    rank: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[Name]
    start: Mapped[Microseconds] = mapped_column("start_time")
    end: Mapped[Microseconds] = mapped_column("end_time")
    score: Mapped[float] = mapped_column(Double)


class Evaluation(Base):
    """A stored evaluation of a run, with the annotation cost its labels had at that moment."""

    __tablename__ = "evaluation"
    __table_args__ = (Index(None, "project_id", "created_at"), Index(None, "run_id"))

    id: Mapped[Key]
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"))
    protocol: Mapped[Word]
    subset: Mapped[Word]
    report: Mapped[Json]
    cost_seconds: Mapped[float] = mapped_column(Double)
    video_seconds: Mapped[float] = mapped_column(Double)
    details: Mapped[Json] = mapped_column(default=dict)
    created_at: Mapped[Moment]


class MethodRow(Base):
    """A method the worker can train; written by the worker, so that the web process never imports torch."""

    __tablename__ = "method"

    name: Mapped[Name] = mapped_column(primary_key=True)
    position: Mapped[int]
    is_default: Mapped[bool]
    title: Mapped[Name]
    summary: Mapped[str] = mapped_column(Text)
    levels: Mapped[JsonList]
    fields: Mapped[JsonList]
    training: Mapped[Json]
    presets: Mapped[Json]
    updated_at: Mapped[Moment]
