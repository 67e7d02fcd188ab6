"""Videos: rows of the library, frame times, the frozen split, import problems."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, delete, exists, func, insert, select, update
from sqlalchemy.orm import Session

from db import tables
from db.errors import NotFoundError
from db.records import ProblemRecord, VideoRecord, record, records

Video = tables.Video
ORDERS: Mapping[str, Any] = {
    "name": Video.name,
    "duration": Video.duration,
    "added": Video.added_at,
    "status": Video.status,
    "subset": Video.subset,
    "annotations": Video.n_annotations,
    "level": Video.label_level,
    "labelled": Video.labelled_at,
}
_BATCH = 500  # names or numbers in one `IN (...)`: far below every database's limit


@dataclass(frozen=True, slots=True)
class VideoFilter:
    """Which videos a list shows; an empty field is no condition.

    Attributes
    ----------
    text
        Part of the name, without regard to case.
    level
        ``none`` for unlabelled, else a supervision level.
    is_complete
        Judged in full for every class, or not.
    """

    text: str = ""
    status: str = ""
    subset: str = ""
    level: str = ""
    is_complete: bool | None = None
    has_features: bool | None = None
    has_prediction: bool | None = None


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The videos before and after one, by name.

    Attributes
    ----------
    previous, next
        Their numbers, or None at the ends.
    place
        Which one it is, from 1, of how many; None for a video that cannot be annotated (yet).
    """

    previous: int | None
    next: int | None
    place: tuple[int, int] | None


class VideoStore:
    """The videos of all projects."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, project_id: int, name: str, at: float, **values: Any) -> VideoRecord:
        """A new video."""
        row = Video(project_id=project_id, name=name, added_at=at, **values)
        self._session.add(row)
        self._session.flush()
        return record(VideoRecord, row)

    def add_many(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Many new videos in one statement; all rows name the same columns, with project_id, name and added_at."""
        if rows:
            self._session.execute(insert(Video), [dict(row) for row in rows])

    def get(self, video_id: int) -> VideoRecord:
        """One video."""
        row = self._session.get(Video, video_id)
        if row is None:
            raise NotFoundError("video", video_id)
        return record(VideoRecord, row)

    def lock(self, video_id: int) -> VideoRecord:
        """One video whose labels are about to change: on PostgreSQL other writers of it wait, as all do on SQLite."""
        row = self._session.scalar(select(Video).where(Video.id == video_id).with_for_update())
        if row is None:
            raise NotFoundError("video", video_id)
        return record(VideoRecord, row)

    def by_name(self, project_id: int, name: str) -> VideoRecord | None:
        """The video of that name in a project, or None."""
        row = self._session.scalar(select(Video).where(Video.project_id == project_id, Video.name == name))
        return None if row is None else record(VideoRecord, row)

    def by_hash(self, project_id: int, content_hash: str) -> tuple[VideoRecord, ...]:
        """Videos of that content in a project, oldest first."""
        found = select(Video).where(Video.project_id == project_id, Video.content_hash == content_hash)
        return self._records(found.order_by(Video.id))

    def of_project(self, project_id: int, *, ids: Iterable[int] | None = None) -> tuple[VideoRecord, ...]:
        """All videos of a project (or those of ``ids``), by name."""
        query = select(Video).where(Video.project_id == project_id).order_by(Video.name, Video.id)
        if ids is None:
            return self._records(query)
        wanted = sorted(set(ids))
        parts = (wanted[first : first + _BATCH] for first in range(0, len(wanted), _BATCH))
        found = [video for some in parts for video in self._records(query.where(Video.id.in_(some)))]
        return tuple(sorted(found, key=lambda video: (video.name, video.id)))

    def taken(self, project_id: int) -> dict[str, str]:
        """Path of every video of a project by its name."""
        rows = self._session.execute(select(Video.name, Video.path).where(Video.project_id == project_id))
        return {row[0]: row[1] for row in rows}

    def ids_by_name(self, project_id: int) -> dict[str, int]:
        """Number of every video of a project by its name."""
        rows = self._session.execute(select(Video.name, Video.id).where(Video.project_id == project_id))
        return {row[0]: row[1] for row in rows}

    def change(self, video_id: int, **values: Any) -> None:
        """Set columns of a video."""
        row = self._session.get(Video, video_id)
        if row is None:
            raise NotFoundError("video", video_id)
        for name, value in values.items():
            setattr(row, name, value)
        self._session.flush()

    def assign(self, video_ids: Sequence[int], subset: str) -> None:
        """Put videos on a side of the split."""
        for first in range(0, len(video_ids), _BATCH):
            some = video_ids[first : first + _BATCH]
            self._session.execute(update(Video).where(Video.id.in_(some)).values(subset=subset))

    def delete(self, video_id: int) -> None:
        """Remove a video with its labels, features and predictions; files stay."""
        self._session.expunge_all()
        self._session.execute(delete(Video).where(Video.id == video_id))

    def page(
        self,
        project_id: int,
        wanted: VideoFilter,
        *,
        newest_class: int,
        order: str = "name",
        descending: bool = False,
        offset: int = 0,
        limit: int = 50,
    ) -> tuple[tuple[VideoRecord, ...], int]:
        """Some videos of a project in an order, and how many there are in all.

        Parameters
        ----------
        newest_class
            Class-list version that added the newest class in use: a video complete since then is complete.
        order
            One of :data:`ORDERS`.
        """
        if order not in ORDERS:
            raise ValueError(f"cannot sort videos by {order!r}; use one of {', '.join(ORDERS)}")
        where = [Video.project_id == project_id, *_conditions(wanted, newest_class)]
        total = self._session.scalar(select(func.count()).select_from(Video).where(*where)) or 0
        column = ORDERS[order]
        by = (column.desc().nulls_last(), Video.id.desc()) if descending else (column.asc().nulls_first(), Video.id)
        return self._records(select(Video).where(*where).order_by(*by).offset(offset).limit(limit)), total

    def neighbours(self, video: VideoRecord) -> Neighbours:
        """Where a video stands among those of its project that one can annotate, by name."""
        ready = (Video.project_id == video.project_id, Video.status == "ready")
        before, after = (*ready, Video.name < video.name), (*ready, Video.name > video.name)
        previous = self._session.scalar(select(Video.id).where(*before).order_by(Video.name.desc()).limit(1))
        following = self._session.scalar(select(Video.id).where(*after).order_by(Video.name).limit(1))
        if video.status != "ready":
            return Neighbours(previous, following, None)
        n_before = self._session.scalar(select(func.count()).select_from(Video).where(*before)) or 0
        n_ready = self._session.scalar(select(func.count()).select_from(Video).where(*ready)) or 0
        return Neighbours(previous, following, (n_before + 1, n_ready))

    def counts(self, project_id: int, newest_class: int) -> dict[str, int]:
        """How many videos, by what is of interest at a glance: total, each status, each subset, labelled, complete."""
        ours = Video.project_id == project_id
        sides = [  # one question for each index: grouping by all at once reads and sorts the rows themselves
            dict(self._session.execute(select(column, func.count()).where(ours).group_by(column)).all())
            for column in (Video.status, Video.subset)
        ]
        counts = {word: n for side in sides for word, n in side.items() if word}
        complete = select(func.count()).select_from(Video).where(ours, Video.complete_version >= newest_class)
        return counts | {
            "total": sum(sides[0].values()),
            "labelled": self._session.scalar(select(func.count(Video.label_level)).where(ours)) or 0,
            "complete": self._session.scalar(complete) or 0,
        }

    def set_frame_times(self, video_id: int, times: NDArray[np.int64]) -> None:
        """Keep the presentation times of all frames, microseconds, ascending (N,)."""
        steps = np.diff(times.astype("<i8"), prepend=np.int64(0)).astype("<i8")
        self._session.merge(tables.VideoFrames(video_id=video_id, times=zlib.compress(steps.tobytes(), 6)))

    def frame_times(self, video_id: int) -> NDArray[np.int64] | None:
        """Presentation times of all frames, microseconds, ascending (N,); None where there is no video."""
        row = self._session.get(tables.VideoFrames, video_id)
        return None if row is None else np.cumsum(np.frombuffer(zlib.decompress(row.times), "<i8"), dtype=np.int64)

    def split(self, project_id: int) -> dict[str, str]:
        """Frozen side of every content of a project."""
        assigned = tables.SplitAssignment
        rows = self._session.execute(
            select(assigned.content_hash, assigned.subset).where(assigned.project_id == project_id)
        )
        return {row[0]: row[1] for row in rows}

    def freeze(self, project_id: int, sides: Mapping[str, str], at: float) -> None:
        """Freeze contents that have no side yet on the given ones."""
        known = self.split(project_id)
        rows = [
            {"project_id": project_id, "content_hash": content, "subset": subset, "assigned_at": at}
            for content, subset in sides.items()
            if content and content not in known
        ]
        if rows:
            self._session.execute(insert(tables.SplitAssignment), rows)

    def add_problem(self, project_id: int, path: str, reason: str, at: float) -> None:
        """Note a file that was not imported as it was; the same complaint is noted once."""
        problem = tables.ImportProblem
        same = (problem.project_id == project_id, problem.path == path, problem.reason == reason)
        if not self._session.scalar(select(exists().where(*same))):
            self._session.add(problem(project_id=project_id, path=path, reason=reason, at=at))

    def problems(self, project_id: int) -> tuple[ProblemRecord, ...]:
        """Import problems, newest first."""
        problem = tables.ImportProblem
        rows = self._session.scalars(
            select(problem).where(problem.project_id == project_id).order_by(problem.id.desc())
        )
        return tuple(record(ProblemRecord, row) for row in rows)

    def clear_problems(self, project_id: int) -> None:
        """Forget the import problems that were read."""
        self._session.execute(delete(tables.ImportProblem).where(tables.ImportProblem.project_id == project_id))

    def _records(self, query: Any) -> tuple[VideoRecord, ...]:
        return records(VideoRecord, Video, self._session, query)


def _conditions(wanted: VideoFilter, newest_class: int) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.text:
        found.append(Video.name.icontains(wanted.text, autoescape=True))
    if wanted.status:
        found.append(Video.status == wanted.status)
    if wanted.subset:
        found.append(Video.subset.is_(None) if wanted.subset == "none" else Video.subset == wanted.subset)
    if wanted.level:
        found.append(Video.label_level.is_(None) if wanted.level == "none" else Video.label_level == wanted.level)
    if wanted.is_complete is not None:
        complete = func.coalesce(Video.complete_version >= newest_class, False)
        found.append(complete if wanted.is_complete else ~complete)
    for table, condition in ((tables.Features, wanted.has_features), (tables.Prediction, wanted.has_prediction)):
        if condition is not None:
            there = exists().where(table.video_id == Video.id)
            found.append(there if condition else ~there)
    return found
