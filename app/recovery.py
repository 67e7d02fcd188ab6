"""Mending jobs that were left behind: by a killed worker, or by a queue that lost its message."""

from __future__ import annotations

import logging
import os
import socket
import sys
import time

from app.jobs import announce, carrier, settle
from app.task import LEASE
from app.workspace import Workspace
from db.records import JobRecord

logger = logging.getLogger(__name__)

FORGOTTEN = 5.0  # seconds a job may wait beside an empty queue before its message is taken to be lost


def worker_name(lane: str) -> str:
    """Who this process is in the job rows: machine, process and lane."""
    return f"{_machine()}:{os.getpid()}:{lane}"


def _machine() -> str:
    """Name of this machine; on Linux with its process-id namespace, since containers may share a host name."""
    namespace = os.readlink("/proc/self/ns/pid") if sys.platform == "linux" else ""
    return socket.gethostname() + namespace.removeprefix("pid:").translate({ord("["): "/", ord("]"): None})


def _is_dead(worker: str) -> bool:
    """Whether the process of that name ran on this machine and is gone: no need to wait for its lease."""
    machine, _, rest = worker.rpartition(":")[0].rpartition(":")
    if machine != _machine() or not rest.isdigit():
        return False
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def sweep(workspace: Workspace, lane: str, worker: str, *, now: float | None = None) -> tuple[int, ...]:
    """Put jobs of dead workers back into the queue, and send lost messages again.

    Parameters
    ----------
    lane
        Which lane's jobs to look after.
    worker
        Who sweeps; holds the row for the moment of the change.
    now
        The present in seconds since 1970; for tests.

    Returns
    -------
    tuple of int
        Jobs that were announced again.
    """
    now = time.time() if now is None else now
    queue_is_empty = carrier(workspace, lane).waiting() == 0
    with workspace.read() as unit:
        stranded = unit.jobs.stranded(now, now - FORGOTTEN if queue_is_empty else 0.0)
        running = unit.jobs.list(statuses=("running",))
    lost = {job.id: job for job in (*stranded, *running) if job.status == "running" and job.lane == lane}
    dead = [job for job in lost.values() if job.lease_until < now or _is_dead(job.worker)]
    again = [job for job in stranded if job.status == "queued" and job.lane == lane]
    for job in dead:
        put_back = _take_from_the_dead(workspace, job, worker, now)
        again += [put_back] if put_back else []
    announce(workspace, *again)
    return tuple(job.id for job in again)


def _take_from_the_dead(workspace: Workspace, job: JobRecord, worker: str, now: float) -> JobRecord | None:
    """Decide over a job whose worker is gone; the job if it is to run again.

    Claiming it with a clock just past the lease that was read is a compare-and-swap: whoever beat or claimed it since
    has set a later lease, and keeps it.
    """
    with workspace.write() as unit:
        if not unit.jobs.claim(job.id, worker, now=max(now, job.lease_until + 1e-3), lease=LEASE):
            return None
        if job.cancel:
            status, values = "cancelled", {"message": "cancelled"}
        elif job.attempts >= job.max_attempts:
            status, values = "failed", {"error": _died(job)}
        else:
            status, values = "queued", {}
        unit.jobs.finish(job.id, worker, status, now=now, attempts=job.attempts, **values)
        ended = unit.jobs.get(job.id)
        settle(unit, ended)
    logger.warning("job %s was left behind by %s; now %s", job.id, job.worker, status)
    return ended if status == "queued" else None


def _died(job: JobRecord) -> str:
    at = f" at {job.progress:.0%}" if job.progress else ""
    return (
        f"the worker died {job.attempts} times while running this job{at} (killed, or out of memory); "
        "look at the worker's log, then let the job go on"
    )
