"""The current labels of videos: tables that hold what the log amounts to."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import delete, func, insert, select, tuple_
from sqlalchemy.orm import Session

from db import tables
from db.state import Mark, Spans, Tally, VideoState
from wtal_core.domain import Segment

_BATCH = 400
K = TypeVar("K", bound=Hashable)


class LabelStore:
    """Current state, read and written as :class:`~db.state.VideoState`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def state(self, video_id: int) -> VideoState:
        """The labels of one video."""
        return self.states([video_id])[video_id]

    def states(self, video_ids: Iterable[int]) -> dict[int, VideoState]:
        """The labels of some videos, one statement per table and batch."""
        found = {video: VideoState() for video in video_ids}
        for some in _batches(found):
            self._read_marks(found, tables.Annotation.video_id.in_(some))
            self._read_decisions(found, tables.ProposalDecision.video_id.in_(some))
            self._read_rest(found, some)
        return found

    def touched(self, video_id: int, marks: Iterable[str], decisions: Iterable[tuple[int, int]]) -> VideoState:
        """The labels of one video, of its annotations and decisions only those that some edits name.

        What an edit costs then does not grow with what the video holds.

        Parameters
        ----------
        marks
            Ids of annotations.
        decisions
            (run, proposal) of proposals.
        """
        a, d = tables.Annotation, tables.ProposalDecision
        found = {video_id: VideoState()}
        for some in _batches(marks):
            self._read_marks(found, a.video_id == video_id, a.id.in_(some))
        for pairs in _batches(decisions):
            self._read_decisions(found, d.video_id == video_id, tuple_(d.run_id, d.proposal_id).in_(pairs))
        self._read_rest(found, [video_id])
        return found[video_id]

    def tallies(self, video_ids: Iterable[int]) -> dict[int, tuple[Tally, ...]]:
        """How many annotations of each annotator, class and level some videos have, counted by the database."""
        a = tables.Annotation
        keys = (a.video_id, a.annotator_id, a.class_id, a.level)
        found: dict[int, list[Tally]] = {video: [] for video in video_ids}
        for some in _batches(found):
            query = select(*keys, func.count()).where(a.video_id.in_(some)).group_by(*keys)
            for video, annotator, class_id, level, count in self._session.execute(query):
                found[video].append(Tally(annotator, class_id, level, count))
        return {video: tuple(rows) for video, rows in found.items()}

    def outlines(self, video_ids: Iterable[int]) -> dict[int, VideoState]:
        """The labels of some videos without their annotations and decisions."""
        found = {video: VideoState() for video in video_ids}
        for some in _batches(found):
            self._read_rest(found, some)
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
        for some in _batches(gone):
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

    def _rows(self, table: Any, *conditions: Any, order: Any = None) -> Iterable[Any]:
        columns = [getattr(table, attribute.key) for attribute in table.__mapper__.column_attrs]
        return self._session.execute(select(*columns).where(*conditions).order_by(order))

    def _read_marks(self, found: dict[int, VideoState], *conditions: Any) -> None:
        for r in self._rows(tables.Annotation, *conditions):
            found[r.video_id].marks[r.id] = Mark(
                r.annotator_id,
                r.class_id,
                r.level,
                r.first_time,
                r.last_time,
                r.model_assisted,
                r.source,
                tuple(r.pressed),
                r.compensation,
            )

    def _read_decisions(self, found: dict[int, VideoState], *conditions: Any) -> None:
        for r in self._rows(tables.ProposalDecision, *conditions):
            found[r.video_id].decisions[r.annotator_id, r.run_id, r.proposal_id] = r.state

    def _read_rest(self, found: dict[int, VideoState], ids: Sequence[int]) -> None:
        v, c, m, n = tables.VideoLabel, tables.Coverage, tables.Ambiguous, tables.LayerNote
        for r in self._rows(v, v.video_id.in_(ids)):
            found[r.video_id].labels[r.annotator_id, r.class_id] = r.present
        for r in self._rows(c, c.video_id.in_(ids), order=c.start):
            _append(found[r.video_id].coverage, (r.annotator_id, r.class_id, r.class_list_version), r.start, r.end)
        for r in self._rows(m, m.video_id.in_(ids), order=m.start):
            _append(found[r.video_id].ambiguous, r.annotator_id, r.start, r.end)
        for r in self._rows(n, n.video_id.in_(ids)):
            if r.level is not None:
                found[r.video_id].levels[r.annotator_id] = r.level
            if r.comment:
                found[r.video_id].comments[r.annotator_id] = r.comment


_ABSENT = object()


def _batches(keys: Iterable[K]) -> Iterator[list[K]]:
    wanted = list(dict.fromkeys(keys))
    for first in range(0, len(wanted), _BATCH):
        yield wanted[first : first + _BATCH]


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
            "pressed": list(mark.pressed),
            "compensation": mark.compensation,
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
