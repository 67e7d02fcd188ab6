"""Training runs, what they predicted, how they scored, and the methods there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from db import tables
from db.errors import NotFoundError
from db.records import EvaluationRecord, MethodRecord, PredictionRecord, RunLogRecord, RunRecord, record
from wtal_core.domain import Proposal, Segment

Run, Prediction, ProposalRow, Evaluation = tables.Run, tables.Prediction, tables.ProposalRow, tables.Evaluation


class RunStore:
    """Runs and all that hangs on them."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, project_id: int, method: str, at: float, **values: Any) -> RunRecord:
        """A new run."""
        row = Run(project_id=project_id, method=method, created_at=at, **values)
        self._session.add(row)
        self._session.flush()
        return record(RunRecord, row)

    def get(self, run_id: int) -> RunRecord:
        """One run, as it stands in the database."""
        row = self._session.scalar(select(Run).where(Run.id == run_id).execution_options(populate_existing=True))
        if row is None:
            raise NotFoundError("run", run_id)
        return record(RunRecord, row)

    def of_project(self, project_id: int, statuses: Sequence[str] = ()) -> tuple[RunRecord, ...]:
        """Runs of a project, newest first."""
        query = select(Run).where(Run.project_id == project_id).order_by(Run.id.desc())
        if statuses:
            query = query.where(Run.status.in_(statuses))
        return tuple(record(RunRecord, row) for row in self._session.scalars(query))

    def change(self, run_id: int, **values: Any) -> None:
        """Set columns of a run."""
        self._session.execute(update(Run).where(Run.id == run_id).values(**values))

    def promote(self, run_id: int) -> None:
        """Make this the run whose predictions a project shows, and no other."""
        run = self.get(run_id)
        self._session.execute(update(Run).where(Run.project_id == run.project_id).values(promoted=False))
        self._session.execute(update(Run).where(Run.id == run_id).values(promoted=True))

    def delete(self, run_id: int) -> None:
        """Remove a run with its log, predictions and evaluations; its folder stays."""
        self._session.expunge_all()
        self._session.execute(delete(Run).where(Run.id == run_id))

    def log(self, run_id: int, *, step: int, n_steps: int, epoch: int, terms: Mapping[str, float], at: float) -> None:
        """Add the loss terms of one step."""
        row = {"run_id": run_id, "step": step, "n_steps": n_steps, "epoch": epoch, "terms": dict(terms), "at": at}
        self._session.execute(insert(tables.RunLog), [row])

    def log_of(self, run_id: int, after_step: int = -1) -> tuple[RunLogRecord, ...]:
        """Loss terms of a run in the order of steps."""
        log = tables.RunLog
        rows = self._session.scalars(
            select(log).where(log.run_id == run_id, log.step > after_step).order_by(log.step, log.id)
        )
        return tuple(record(RunLogRecord, row) for row in rows)

    def forget_log(self, run_id: int, from_step: int) -> None:
        """Drop log entries from a step on: a resumed run writes them again."""
        log = tables.RunLog
        self._session.execute(delete(log).where(log.run_id == run_id, log.step >= from_step))

    def put_prediction(
        self, run_id: int, video_id: int, *, path: str, n_snippets: int, proposals: Sequence[Proposal], at: float
    ) -> PredictionRecord:
        """Store a prediction and its proposals, best first; an earlier one of the same run and video is replaced."""
        self._session.execute(delete(Prediction).where(Prediction.run_id == run_id, Prediction.video_id == video_id))
        row = Prediction(run_id=run_id, video_id=video_id, path=path, n_snippets=n_snippets, created_at=at)
        self._session.add(row)
        self._session.flush()
        values = [
            {
                "prediction_id": row.id,
                "rank": rank,
                "label": proposal.label,
                "start": proposal.segment.start,
                "end": proposal.segment.end,
                "score": float(proposal.score),
            }
            for rank, proposal in enumerate(proposals)
        ]
        if values:
            self._session.execute(insert(ProposalRow), values)
        return record(PredictionRecord, row)

    def prediction(self, run_id: int, video_id: int) -> PredictionRecord | None:
        """Where a run's prediction of a video lies, or None."""
        row = self._session.scalar(
            select(Prediction).where(Prediction.run_id == run_id, Prediction.video_id == video_id)
        )
        return None if row is None else record(PredictionRecord, row)

    def predictions(self, run_id: int) -> dict[int, PredictionRecord]:
        """A run's predictions by video."""
        rows = self._session.scalars(select(Prediction).where(Prediction.run_id == run_id))
        return {row.video_id: record(PredictionRecord, row) for row in rows}

    def runs_with_prediction(self, video_id: int) -> tuple[RunRecord, ...]:
        """Runs that predicted a video, newest first."""
        rows = self._session.scalars(
            select(Run)
            .join(Prediction, Prediction.run_id == Run.id)
            .where(Prediction.video_id == video_id)
            .order_by(Run.id.desc())
        )
        return tuple(record(RunRecord, row) for row in rows)

    def newest_predictions(self, video_ids: Iterable[int]) -> dict[int, int]:
        """The newest run that predicted each of some videos."""
        rows = self._session.execute(
            select(Prediction.video_id, func.max(Prediction.run_id))
            .where(Prediction.video_id.in_(list(video_ids)))
            .group_by(Prediction.video_id)
        )
        return {row[0]: row[1] for row in rows}

    def proposals(self, run_id: int, video_id: int) -> tuple[Proposal, ...]:
        """Proposals of a run for a video, best first; the place in this order names a proposal."""
        rows = self._session.execute(
            select(ProposalRow.label, ProposalRow.start, ProposalRow.end, ProposalRow.score)
            .join(Prediction, Prediction.id == ProposalRow.prediction_id)
            .where(Prediction.run_id == run_id, Prediction.video_id == video_id)
            .order_by(ProposalRow.rank)
        )
        return tuple(Proposal(label, Segment(start, end), score) for label, start, end, score in rows)

    def n_proposals(self, run_id: int, video_id: int) -> int | None:
        """How many proposals a run has for a video; None if it did not predict it."""
        found = self.prediction(run_id, video_id)
        if found is None:
            return None
        count = select(func.count()).select_from(ProposalRow).where(ProposalRow.prediction_id == found.id)
        return self._session.scalar(count) or 0

    def all_proposals(self, run_id: int) -> dict[int, list[Proposal]]:
        """Proposals of a run by video, best first."""
        rows = self._session.execute(
            select(Prediction.video_id, ProposalRow.label, ProposalRow.start, ProposalRow.end, ProposalRow.score)
            .join(ProposalRow, Prediction.id == ProposalRow.prediction_id)
            .where(Prediction.run_id == run_id)
            .order_by(Prediction.video_id, ProposalRow.rank)
        )
        found: dict[int, list[Proposal]] = {video: [] for video in self.predictions(run_id)}
        for video, label, start, end, score in rows:
            found[video].append(Proposal(label, Segment(start, end), score))
        return found

    def add_evaluation(self, run_id: int, at: float, **values: Any) -> EvaluationRecord:
        """Store an evaluation: protocol, subset, report, cost_seconds, video_seconds, details."""
        row = Evaluation(run_id=run_id, project_id=self.get(run_id).project_id, created_at=at, **values)
        self._session.add(row)
        self._session.flush()
        return record(EvaluationRecord, row)

    def evaluations(self, *, project_id: int | None = None, run_id: int | None = None) -> tuple[EvaluationRecord, ...]:
        """Evaluations of a project or of a run, newest first."""
        query = select(Evaluation).order_by(Evaluation.id.desc())
        if project_id is not None:
            query = query.where(Evaluation.project_id == project_id)
        if run_id is not None:
            query = query.where(Evaluation.run_id == run_id)
        return tuple(record(EvaluationRecord, row) for row in self._session.scalars(query))

    def delete_evaluation(self, evaluation_id: int) -> None:
        """Remove one evaluation."""
        self._session.execute(delete(Evaluation).where(Evaluation.id == evaluation_id))

    def put_methods(self, methods: Sequence[MethodRecord], at: float) -> None:
        """Replace the list of methods by what this worker can train."""
        self._session.execute(delete(tables.MethodRow))
        for method in methods:
            values = {name: getattr(method, name) for name in MethodRecord.__dataclass_fields__}
            self._session.add(tables.MethodRow(**values, updated_at=at))

    def methods(self) -> tuple[MethodRecord, ...]:
        """The methods a worker has announced, in their order; empty before any worker ran."""
        rows = self._session.scalars(select(tables.MethodRow).order_by(tables.MethodRow.position))
        return tuple(record(MethodRecord, row) for row in rows)
