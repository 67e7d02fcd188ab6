"""The current labels of videos: tables that hold what the log amounts to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import delete, insert, select, tuple_
from sqlalchemy.orm import Session

from db import tables
from db.state import Mark, Spans, VideoState
from wtal_core.domain import Segment

_BATCH = 400


class LabelStore:
    """Current state, read and written as :class:`~db.state.VideoState`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def state(self, video_id: int) -> VideoState:
        """The labels of one video."""
        return self.states([video_id])[video_id]

    def states(self, video_ids: Iterable[int]) -> dict[int, VideoState]:
        """The labels of some videos, one statement per table and batch."""
        wanted = list(dict.fromkeys(video_ids))
        found = {video: VideoState() for video in wanted}
        for first in range(0, len(wanted), _BATCH):
            self._read(found, wanted[first : first + _BATCH])
        return found

    def save(self, video_id: int, before: VideoState, after: VideoState) -> None:
        """Write what differs between two states of a video."""
        a, v, c = tables.Annotation, tables.VideoLabel, tables.Coverage
        m, d, n = tables.Ambiguous, tables.ProposalDecision, tables.LayerNote
        coverage = (c.annotator_id, c.class_id, c.class_list_version)
        decision = (d.annotator_id, d.run_id, d.proposal_id)
        changes: tuple[tuple[Any, tuple[Any, ...], Any, Any, Any], ...] = (
            (a, (a.id,), before.marks, after.marks, _mark_row),
            (v, (v.annotator_id, v.class_id), before.labels, after.labels, _label_row),
            (c, coverage, before.coverage, after.coverage, _span_rows),
            (m, (m.annotator_id,), before.ambiguous, after.ambiguous, _span_rows),
            (d, decision, before.decisions, after.decisions, _decision_row),
            (n, (n.annotator_id,), _notes(before), _notes(after), _note_row),
        )
        for table, columns, old, new, rows in changes:
            self._replace(table, columns, video_id=video_id, before=old, after=new, rows=rows)

    def rebuild(self, video_id: int, state: VideoState) -> None:
        """Forget the tables' state of a video and write this one."""
        self.save(video_id, self.state(video_id), VideoState())
        self.save(video_id, VideoState(), state)

    def _replace(
        self,
        table: Any,
        columns: tuple[Any, ...],
        *,
        video_id: int,
        before: Mapping[Any, Any],
        after: Mapping[Any, Any],
        rows: Callable[[Any], list[dict[str, Any]]],
    ) -> None:
        """Delete the rows of every key that changed and insert what the key holds now."""
        changed = [key for key in {**before, **after} if before.get(key, _ABSENT) != after.get(key, _ABSENT)]
        gone = [key for key in changed if key in before]
        single = len(columns) == 1
        for first in range(0, len(gone), _BATCH):
            some = gone[first : first + _BATCH]
            match_keys = columns[0].in_(some) if single else tuple_(*columns).in_(some)
            self._session.execute(delete(table).where(table.video_id == video_id, match_keys))
        names = [column.key for column in columns]
        values: list[dict[str, Any]] = []
        for key in changed:
            if key in after:
                head = {"video_id": video_id} | dict(zip(names, (key,) if single else key, strict=True))
                values += [head | tail for tail in rows(after[key])]
        if values:
            self._session.execute(insert(table), values)

    def _read(self, found: dict[int, VideoState], ids: list[int]) -> None:
        def rows(table: Any, *order: Any) -> Iterable[Any]:
            columns = [getattr(table, attribute.key) for attribute in table.__mapper__.column_attrs]
            return self._session.execute(select(*columns).where(table.video_id.in_(ids)).order_by(*order))

        for r in rows(tables.Annotation):
            found[r.video_id].marks[r.id] = Mark(
                r.annotator_id, r.class_id, r.level, r.first_time, r.last_time, r.model_assisted, r.source
            )
        for r in rows(tables.VideoLabel):
            found[r.video_id].labels[r.annotator_id, r.class_id] = r.present
        for r in rows(tables.Coverage, tables.Coverage.start):
            _append(found[r.video_id].coverage, (r.annotator_id, r.class_id, r.class_list_version), r.start, r.end)
        for r in rows(tables.Ambiguous, tables.Ambiguous.start):
            _append(found[r.video_id].ambiguous, r.annotator_id, r.start, r.end)
        for r in rows(tables.ProposalDecision):
            found[r.video_id].decisions[r.annotator_id, r.run_id, r.proposal_id] = r.state
        for r in rows(tables.LayerNote):
            if r.level is not None:
                found[r.video_id].levels[r.annotator_id] = r.level
            if r.comment:
                found[r.video_id].comments[r.annotator_id] = r.comment


_ABSENT = object()


def _append(table: dict[Any, Spans], key: Any, start: int, end: int) -> None:
    table[key] = (*table.get(key, ()), Segment(start, end))


def _mark_row(mark: Mark) -> list[dict[str, Any]]:
    return [
        {
            "annotator_id": mark.annotator_id,
            "class_id": mark.class_id,
            "level": mark.level,
            "first_time": mark.first,
            "last_time": mark.last,
            "model_assisted": mark.model_assisted,
            "source": mark.source,
        }
    ]


def _label_row(present: bool | None) -> list[dict[str, Any]]:
    return [{"present": present}]


def _decision_row(state: str) -> list[dict[str, Any]]:
    return [{"state": state}]


def _span_rows(spans: Spans) -> list[dict[str, Any]]:
    return [{"start": span.start, "end": span.end} for span in spans]


def _notes(state: VideoState) -> dict[int, tuple[str | None, str]]:
    return {who: (state.levels.get(who), state.comments.get(who, "")) for who in {*state.levels, *state.comments}}


def _note_row(note: tuple[str | None, str]) -> list[dict[str, Any]]:
    return [{"level": note[0], "comment": note[1]}]
