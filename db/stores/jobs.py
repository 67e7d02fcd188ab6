"""Background tasks and their leases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from db import tables
from db.errors import CancelledError, LeaseLostError, NotFoundError
from db.records import JobRecord, record

Job = tables.Job
ACTIVE = ("queued", "running")


class JobStore:
    """The truth about jobs. Whoever runs one holds a lease, and every write of theirs is guarded by it."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(
        self,
        kind: str,
        lane: str,
        payload: Mapping[str, Any],
        *,
        at: float,
        project_id: int | None = None,
        **values: Any,
    ) -> JobRecord:
        """A new waiting job."""
        row = Job(kind=kind, lane=lane, payload=dict(payload), project_id=project_id, created_at=at, **values)
        self._session.add(row)
        self._session.flush()
        return record(JobRecord, row)

    def get(self, job_id: int) -> JobRecord:
        """One job, as it stands in the database."""
        row = self._session.scalar(select(Job).where(Job.id == job_id).execution_options(populate_existing=True))
        if row is None:
            raise NotFoundError("job", job_id)
        return record(JobRecord, row)

    def list(
        self,
        *,
        project_id: int | None = None,
        statuses: Sequence[str] = (),
        kinds: Sequence[str] = (),
        limit: int = 500,
    ) -> tuple[JobRecord, ...]:
        """Jobs, newest first; each condition left empty is no condition."""
        query = select(Job).order_by(Job.id.desc()).limit(limit).execution_options(populate_existing=True)
        if project_id is not None:
            query = query.where(Job.project_id == project_id)
        if statuses:
            query = query.where(Job.status.in_(statuses))
        if kinds:
            query = query.where(Job.kind.in_(kinds))
        return tuple(record(JobRecord, row) for row in self._session.scalars(query))

    def active(self, project_id: int | None = None) -> tuple[JobRecord, ...]:
        """Jobs that wait or run, oldest first."""
        return self.list(project_id=project_id, statuses=ACTIVE, limit=10_000)[::-1]

    def claim(self, job_id: int, worker: str, *, now: float, lease: float) -> bool:
        """Take the job if it waits, or if the lease of who had it has run out."""
        free = or_(Job.status == "queued", and_(Job.status == "running", Job.lease_until < now))
        taken = (
            update(Job)
            .where(Job.id == job_id, free)
            .values(
                status="running",
                worker=worker,
                lease_until=now + lease,
                heartbeat_at=now,
                started_at=now,
                attempts=Job.attempts + 1,
            )
            .returning(Job.id)
        )
        return self._session.execute(taken).scalar() is not None

    def beat(self, job_id: int, worker: str, *, now: float, lease: float, **values: Any) -> None:
        """Keep the lease and store ``values`` (progress, message, seconds_left, checkpoint).

        Raises
        ------
        LeaseLostError
            If another worker has the job.
        CancelledError
            If a person asked to stop it.
        """
        mine = (
            update(Job)
            .where(Job.id == job_id, Job.worker == worker, Job.status == "running")
            .values(lease_until=now + lease, heartbeat_at=now, **values)
            .returning(Job.cancel)
        )
        cancel = self._session.execute(mine).scalar()
        if cancel is None:
            raise LeaseLostError(f"job {job_id} is no longer held by {worker}")
        if cancel:
            raise CancelledError(f"job {job_id} was cancelled")

    def finish(self, job_id: int, worker: str, status: str, *, now: float, **values: Any) -> bool:
        """End the job under the guard of :meth:`beat` (status ``queued`` puts it back); False if it is not held."""
        ended = {} if status == "queued" else {"finished_at": now}
        mine = (
            update(Job)
            .where(Job.id == job_id, Job.worker == worker, Job.status == "running")
            .values(status=status, lease_until=0.0, **ended, **values)
            .returning(Job.id)
        )
        return self._session.execute(mine).scalar() is not None

    def change(self, job_id: int, *, while_in: Sequence[str] = (), **values: Any) -> bool:
        """Set columns of a job, if its status is one of ``while_in``; whether it was."""
        query = update(Job).where(Job.id == job_id).values(**values).returning(Job.id)
        if while_in:
            query = query.where(Job.status.in_(while_in))
        return self._session.execute(query).scalar() is not None

    def stranded(self, now: float, queued_before: float) -> tuple[JobRecord, ...]:
        """Running jobs whose lease has run out, and jobs that have waited since before ``queued_before``."""
        lost = and_(Job.status == "running", Job.lease_until < now)
        forgotten = and_(Job.status == "queued", Job.created_at < queued_before)
        rows = self._session.scalars(select(Job).where(or_(lost, forgotten)).order_by(Job.id))
        return tuple(record(JobRecord, row) for row in rows)
