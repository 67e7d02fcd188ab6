"""What stores hand out where the domain has no type of its own: frozen, free of the session, safe to keep.

Moments (``*_at``) are seconds since 1970; positions and durations of videos are microseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from sqlalchemy import Select
from sqlalchemy.orm import Session

from wtal_core.domain import ActionClass, Segment

R = TypeVar("R")


def record(kind: type[R], row: object) -> R:
    """A record of ``kind`` from the attributes of a row that bear the same names."""
    return kind(**{item.name: getattr(row, item.name) for item in fields(kind)})  # type: ignore[arg-type]


def records(kind: type[R], table: Any, session: Session, query: Select[Any]) -> tuple[R, ...]:
    """Records of ``kind`` for the rows of ``table`` that ``query`` finds.

    Asks for columns, not for rows with an identity: several times as fast where there are thousands.
    """
    columns = [getattr(table, item.name) for item in fields(kind)]  # type: ignore[arg-type]
    return tuple(kind(*row) for row in session.execute(query.with_only_columns(*columns)))


@dataclass(frozen=True, slots=True)
class ProjectRecord:
    """A project. ``settings`` holds ``keys``, ``idle_cutoff_seconds`` and what else a project chose."""

    id: int
    name: str
    created_at: float
    class_list_version: int
    default_level: str
    is_split: bool
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ClassRecord:
    """An entry of a class list; ``retired_in`` and ``merged_into`` are None while it is in use."""

    id: int
    project_id: int
    name: str
    colour: str
    key: str
    description: str
    example: str
    position: int
    added_in: int
    retired_in: int | None
    merged_into: int | None

    @property
    def is_active(self) -> bool:
        """Whether it is in the current class list."""
        return self.retired_in is None

    @property
    def action_class(self) -> ActionClass:
        """The domain's word for it."""
        return ActionClass(self.name, self.colour, self.key, self.description)


@dataclass(frozen=True, slots=True)
class ClassChangeRecord:
    """One change of a class list: ``add``, ``rename``, ``merge``, ``retire``, ``restore`` or ``restyle``."""

    version: int
    kind: str
    class_id: int
    before: str
    after: str
    annotator: str
    at: float


@dataclass(frozen=True, slots=True)
class AnnotatorRecord:
    """Who labels. ``kind`` is ``person``, ``import`` or ``simulation``."""

    id: int
    name: str
    kind: str
    created_at: float
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class VideoRecord:
    """A video as the library knows it; ``status`` is queued, ready or failed."""

    id: int
    project_id: int
    name: str
    path: str
    added_at: float
    status: str
    problem: str
    note: str
    content_hash: str
    subset: str | None
    origin: int
    duration: int
    n_frames: int
    width: int
    height: int
    rotation: int
    fps: float
    codec: str
    is_playable: bool
    proxy_path: str
    thumbnail_path: str
    strip_path: str
    strip: Mapping[str, Any]
    n_annotations: int
    label_level: str | None
    complete_version: int | None
    labelled_at: float | None

    @property
    def extent(self) -> Segment:
        """All of the video; only once it is probed."""
        return Segment(self.origin, self.origin + self.duration)


@dataclass(frozen=True, slots=True)
class FeatureRecord:
    """Where a feature sequence lies."""

    id: int
    video_id: int
    extractor: str
    fingerprint: str
    path: str
    n_snippets: int
    n_features: int
    meta: Mapping[str, Any]
    created_at: float


@dataclass(frozen=True, slots=True)
class ProblemRecord:
    """A file that was not imported as it was, and why."""

    id: int
    path: str
    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class EventRecord:
    """One entry of the edit log."""

    sequence: int
    id: str
    group: str
    undoes: str | None
    redoes: str | None
    project_id: int
    video_id: int
    annotator_id: int
    kind: str
    payload: Mapping[str, Any]
    inverse: list[dict[str, Any]]
    session: str
    client_time: float
    server_time: float
    source: str


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """What undo needs to know of a log entry."""

    sequence: int
    group: str
    undoes: str | None
    redoes: str | None


@dataclass(frozen=True, slots=True)
class ActivityRecord:
    """A raw clock event; ``monotonic`` is milliseconds of the browser's own clock, comparable within a session."""

    event: str
    session: str
    project_id: int
    video_id: int
    annotator_id: int
    kind: str
    monotonic: float
    playing: bool
    visible: bool
    level: str
    assisted: bool
    source: str
    server_time: float


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A background task."""

    id: int
    project_id: int | None
    kind: str
    lane: str
    payload: Mapping[str, Any]
    status: str
    progress: float
    message: str
    seconds_left: float | None
    error: str
    checkpoint: Mapping[str, Any]
    result: Mapping[str, Any]
    cancel: bool
    attempts: int
    max_attempts: int
    worker: str
    lease_until: float
    heartbeat_at: float | None
    created_at: float
    started_at: float | None
    finished_at: float | None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A training run."""

    id: int
    project_id: int
    job_id: int | None
    annotator: str
    method: str
    preset: str
    config: Mapping[str, Any]
    training: Mapping[str, Any]
    seed: int
    warm_start: int | None
    class_names: list[str]
    label_sequence: int
    label_snapshot: Mapping[str, Any]
    label_usage: Mapping[str, Any]
    notes: list[Any]
    cost_seconds: float
    video_seconds: float
    status: str
    error: str
    folder: str
    environment: Mapping[str, Any]
    metrics: Mapping[str, Any]
    promoted: bool
    created_at: float
    started_at: float | None
    finished_at: float | None


@dataclass(frozen=True, slots=True)
class RunLogRecord:
    """Loss terms at one step of a training."""

    step: int
    n_steps: int
    epoch: int
    terms: Mapping[str, float]
    at: float


@dataclass(frozen=True, slots=True)
class PredictionRecord:
    """Where the arrays of a run's prediction of a video lie."""

    id: int
    run_id: int
    video_id: int
    path: str
    n_snippets: int
    created_at: float


@dataclass(frozen=True, slots=True)
class EvaluationRecord:
    """A stored evaluation."""

    id: int
    project_id: int
    run_id: int
    protocol: str
    subset: str
    report: Mapping[str, Any]
    cost_seconds: float
    video_seconds: float
    details: Mapping[str, Any]
    created_at: float


@dataclass(frozen=True, slots=True)
class MethodRecord:
    """A method the worker can train, as plain data."""

    name: str
    position: int
    is_default: bool
    title: str
    summary: str
    levels: list[str]
    fields: list[dict[str, Any]] = field(default_factory=list)
    training: Mapping[str, Any] = field(default_factory=dict)
    presets: Mapping[str, Any] = field(default_factory=dict)
