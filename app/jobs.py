"""Background jobs: ask for one, run one.

The truth about a job is its row: status, lease, heartbeat, checkpoint, attempts. The queue (:mod:`app.carrier`) carries
its id only, so that a lost or doubled message, a killed worker or a restarted web loses nothing::

    queued --claim--> running --finish--> done | failed | cancelled
       ^                 |
       +---- worker stopped, or its lease ran out (then failed after ``max_attempts``)

What a job of each kind does is in :mod:`app.job_kinds`; what mends jobs that were left behind in :mod:`app.recovery`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from errno import EDQUOT, ENOSPC
from functools import lru_cache
from typing import Any

from app.carrier import Carrier
from app.job_kinds import KINDS, Kind
from app.task import LEASE, StoppedError, Task
from app.workspace import Workspace
from db.errors import CancelledError, LeaseLostError
from db.records import JobRecord
from db.unit_of_work import UnitOfWork

logger = logging.getLogger(__name__)

OURS = ("app.", "db.", "wtal_core.")
ENDED = ("done", "failed", "cancelled")


# ---------------------------------------------------------------------------------------------------- ask for a job


def enqueue(workspace: Workspace, kind: str, payload: Mapping[str, Any], project: int | None = None) -> int:
    """Ask for a job; returns its id."""
    with workspace.write() as unit:
        job = add(unit, kind, payload, project)
    announce(workspace, job)
    return job.id


def add(unit: UnitOfWork, kind: str, payload: Mapping[str, Any], project: int | None = None) -> JobRecord:
    """Write the row of a job inside a larger transaction; call :func:`announce` after its commit."""
    return unit.jobs.add(kind, _kind(kind).lane, payload, at=time.time(), project_id=project)


def announce(workspace: Workspace, *jobs: JobRecord) -> None:
    """Tell the workers of jobs; if the queue does not answer, a worker's sweep finds them."""
    for job in jobs:
        try:
            carrier(workspace, job.lane).send(job.id)
        except Exception:  # whatever the queue's driver raises: the row is safe
            logger.exception("job %s waits, but the queue did not take its message", job.id)


def cancel(workspace: Workspace, job_id: int) -> None:
    """Stop a job: at once if it waits, within about a second if it runs; one that has ended stays as it is."""
    with workspace.write() as unit:
        if unit.jobs.change(job_id, while_in=("queued",), status="cancelled", cancel=True, finished_at=time.time()):
            settle(unit, unit.jobs.get(job_id))
        elif not unit.jobs.change(job_id, while_in=("running",), cancel=True):
            unit.jobs.get(job_id)  # raises if there is none


def resume(workspace: Workspace, job_id: int) -> None:
    """Let a failed or cancelled job go on from its checkpoint.

    Raises
    ------
    ValueError
        If it has not failed and was not cancelled.
    """
    fresh = {"status": "queued", "cancel": False, "attempts": 0, "error": "", "finished_at": None}
    with workspace.write() as unit:
        if not unit.jobs.change(job_id, while_in=("failed", "cancelled"), **fresh):
            status = unit.jobs.get(job_id).status
            raise ValueError(f"job {job_id} is {status}; only a failed or cancelled job can go on")
        job = unit.jobs.get(job_id)
        settle(unit, job)
    announce(workspace, job)


def get(workspace: Workspace, job_id: int) -> JobRecord:
    """One job as it stands."""
    with workspace.read() as unit:
        return unit.jobs.get(job_id)


def active(workspace: Workspace, project: int | None = None) -> tuple[JobRecord, ...]:
    """Jobs that wait or run, oldest first."""
    with workspace.read() as unit:
        return unit.jobs.active(project)


def recent(workspace: Workspace, project: int | None = None, limit: int = 50) -> tuple[JobRecord, ...]:
    """The newest jobs, ended ones included, newest first."""
    with workspace.read() as unit:
        return unit.jobs.list(project_id=project, limit=limit)


def wait(
    workspace: Workspace,
    job_id: int,
    timeout: float | None = None,
    on_progress: Callable[[JobRecord], object] | None = None,
) -> JobRecord:
    """Wait until a job has ended.

    Raises
    ------
    TimeoutError
        If it has not ended after ``timeout`` seconds.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    while True:
        job = get(workspace, job_id)
        if on_progress is not None:
            on_progress(job)
        if job.status in ENDED:
            return job
        if deadline is not None and time.monotonic() > deadline:
            raise TimeoutError(
                f"job {job_id} ({job.kind}) is still {job.status} after {timeout:g} s; is a worker running?"
            )
        time.sleep(0.1)


@lru_cache(maxsize=64)
def _carrier(url: str, lane: str) -> Carrier:
    return Carrier(url, lane)


def carrier(workspace: Workspace, lane: str) -> Carrier:
    """The queue of a lane, opened once per process."""
    return _carrier(workspace.settings.queue_url, lane)


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise ValueError(f"there is no job kind {name!r}; there are {', '.join(KINDS)}")
    return KINDS[name]


# ---------------------------------------------------------------------------------------------------------- run one


def run(
    workspace: Workspace,
    job_id: int,
    worker: str,
    *,
    lease: float = LEASE,
    is_stopping: Callable[[], bool] = bool,
) -> JobRecord | None:
    """Claim a job and do its work; the job as it ended, or None if another has it or it was lost on the way.

    Parameters
    ----------
    worker
        Who runs it, from :func:`app.recovery.worker_name`.
    lease
        Seconds until others may take it when nothing is heard of this worker.
    is_stopping
        Asked at every step; True puts the job back into the queue.
    """
    with workspace.write() as unit:
        if not unit.jobs.claim(job_id, worker, now=time.time(), lease=lease):
            return None
        job = unit.jobs.get(job_id)
    logger.info("job %s (%s) begins, attempt %s", job.id, job.kind, job.attempts)
    task = Task(workspace, job, worker, lease=lease, is_stopping=is_stopping)
    try:
        with task:
            result = _kind(job.kind).run(task)
    except CancelledError:
        return _end(task, "cancelled", worker, message="cancelled")
    except StoppedError:
        return _end(task, "queued", worker, attempts=job.attempts - 1)
    except LeaseLostError:
        logger.warning("job %s was taken over by another worker; nothing more is written here", job.id)
        return None
    except Exception as error:
        logger.exception("job %s (%s) failed", job.id, job.kind)
        return _end(task, "failed", worker, error=in_words(error))
    except BaseException:
        _end(task, "queued", worker, attempts=job.attempts - 1)
        raise
    return _end(task, "done", worker, progress=1.0, seconds_left=None, result=dict(result or {}))


def _end(task: Task, status: str, worker: str, **values: Any) -> JobRecord | None:
    """Write how the job ended, and what follows it, in one transaction; None if the lease was lost before."""
    with task.workspace.write() as unit:
        if not unit.jobs.finish(task.job.id, worker, status, now=time.time(), **values):
            return None
        job = unit.jobs.get(task.job.id)
        settle(unit, job)
        ups = task.follow_ups if status == "done" else []
        following = [add(unit, kind, payload, job.project_id) for kind, payload in ups]
    logger.info("job %s (%s) %s", job.id, job.kind, status)
    announce(task.workspace, *following, *([job] if status == "queued" else []))
    return job


def settle(unit: UnitOfWork, job: JobRecord) -> None:
    """Let what the job was about (a run, say) follow the job's status, in the same transaction."""
    kind = KINDS.get(job.kind)
    if kind is not None and kind.settle is not None:
        kind.settle(unit, job)


def in_words(error: Exception) -> str:
    """What a person reads when a job has failed."""
    if isinstance(error, OSError) and error.errno in (ENOSPC, EDQUOT):
        return f"the disk is full ({error}); free some space, then let the job go on"
    if isinstance(error, MemoryError):
        return "the memory did not suffice; close other programs or choose a smaller setting, then let the job go on"
    text = str(error).strip()
    is_told = isinstance(error, (ValueError, OSError)) or type(error).__module__.startswith(OURS)
    if is_told and text:
        return text
    return f"{type(error).__name__}: {text or 'no message'}; the worker's log has the details"
