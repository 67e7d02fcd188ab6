"""A running job, as the function that does its work sees it: progress, checkpoints and guarded writes.

A worker holds a job by a lease. A thread keeps the lease while a step is longer than it; whatever ends the job (a
person's cancel, a lost lease, a worker told to stop) is raised by the next :meth:`Task.progress`, :meth:`Task.save` or
:meth:`Task.write`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

from app.workspace import Workspace
from db.errors import CancelledError, LeaseLostError
from db.records import JobRecord
from db.unit_of_work import UnitOfWork

logger = logging.getLogger(__name__)

LEASE = 30.0  # seconds a job stays with a worker that is not heard of
REPORT = 0.5  # seconds between two writes of progress


class StoppedError(RuntimeError):
    """The worker was told to stop: the job goes back to the queue and on from its checkpoint."""


class Task:
    """A job while it runs; a context manager that keeps the lease.

    Parameters
    ----------
    workspace
        Where the job's rows and files are.
    job
        The row, just claimed.
    worker
        Who holds it.
    lease
        Seconds until the job is taken to be dead when nothing is heard of it.
    is_stopping
        Whether the worker was told to stop.

    Attributes
    ----------
    payload
        What was asked.
    checkpoint
        What an earlier attempt had saved; empty at first.
    """

    def __init__(
        self,
        workspace: Workspace,
        job: JobRecord,
        worker: str,
        *,
        lease: float = LEASE,
        is_stopping: Callable[[], bool] = bool,
    ) -> None:
        self.workspace = workspace
        self.job = job
        self.payload: Mapping[str, Any] = job.payload
        self.checkpoint: dict[str, Any] = dict(job.checkpoint)
        self.follow_ups: list[tuple[str, dict[str, Any]]] = []
        self._worker = worker
        self._lease = lease
        self._is_stopping = is_stopping
        self._reported = 0.0
        self._end: Exception | None = None
        self._closed = threading.Event()
        self._heart = threading.Thread(target=self._keep_lease, name=f"lease of job {job.id}", daemon=True)

    @property
    def project(self) -> int:
        """The project the job belongs to."""
        if self.job.project_id is None:
            raise ValueError(f"a {self.job.kind} job needs a project; enqueue it with project=...")
        return self.job.project_id

    def __enter__(self) -> Self:
        self._heart.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._heart.join()

    def progress(self, done: float, message: str = "", seconds_left: float | None = None) -> None:
        """Say how far the job is (0 to 1); cheap enough to be called at every step.

        Raises
        ------
        CancelledError, LeaseLostError, StoppedError
            When the job has to end here.
        """
        self._check()
        now = time.monotonic()
        if now - self._reported >= REPORT or done >= 1:
            self._reported = now
            self._beat(progress=min(max(float(done), 0.0), 1.0), message=message, seconds_left=seconds_left)

    def save(self, **checkpoint: Any) -> None:
        """Store where to go on from when the job is interrupted; replaces these entries of the checkpoint."""
        self._check()
        self.checkpoint = {**self.checkpoint, **checkpoint}
        self._beat(checkpoint=self.checkpoint)

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        """One transaction that is committed only while the lease is held: a stale worker writes nothing."""
        self._check()
        with self.workspace.write() as unit:
            unit.jobs.beat(self.job.id, self._worker, now=time.time(), lease=self._lease)
            yield unit

    def follow(self, kind: str, payload: Mapping[str, Any]) -> None:
        """Enqueue a job of the same project once this one is done."""
        self.follow_ups.append((kind, dict(payload)))

    def _check(self) -> None:
        if self._end is not None:
            raise self._end
        if self._is_stopping():
            raise StoppedError(f"job {self.job.id} was interrupted: its worker is stopping")

    def _beat(self, **values: Any) -> None:
        with self.workspace.write() as unit:
            unit.jobs.beat(self.job.id, self._worker, now=time.time(), lease=self._lease, **values)

    def _keep_lease(self) -> None:
        """Beat a few times per lease, whatever the job is doing; remember why it has to end."""
        while not self._closed.wait(min(self._lease / 4, 1.0)):
            try:
                self._beat()
            except (CancelledError, LeaseLostError) as end:
                self._end = end
                return
            except Exception:  # a busy or full database: the next beat may get through, else the lease runs out
                logger.exception("could not keep the lease of job %s", self.job.id)
