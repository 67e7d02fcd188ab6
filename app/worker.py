"""The worker: ``python -m app.worker`` runs both lanes, each in a process of its own; ``--lane NAME`` runs one here.

A lane takes job ids from its queue one at a time. SIGTERM and SIGINT put the running job back into the queue at its
next step, so that a restart costs seconds. With SQLite the worker runs on the host of the web; with PostgreSQL anywhere
that sees the workspace folder.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence

from app import catalogue, jobs, recovery
from app.job_kinds import LANES
from app.services import runs
from app.settings import Settings, one_thread_each
from app.supervisor import supervise, worker_command
from app.workspace import Workspace
from db.records import JobRecord

logger = logging.getLogger(__name__)

SWEEP = 2.0  # seconds between two looks for jobs that were left behind
TRAINS = "short"  # the lane that trains, and so knows the methods
NICENESS = {"long": 10, "short": 5}  # the web comes first, then training, then extraction


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the worker until SIGTERM or SIGINT; returns the exit status."""
    parser = argparse.ArgumentParser(prog="wtal worker", description="Run background jobs.")
    parser.add_argument("--lane", choices=LANES, help="run this lane only, in this process")
    lane = parser.parse_args(arguments).lane
    one_thread_each()
    if lane is None:
        return supervise([worker_command(each) for each in LANES])
    logging.basicConfig(level=logging.INFO, format=f"%(asctime)s worker ({lane}) %(levelname)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells its plug-ins at every start
    came: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _frame: came.append(number))
    os.nice(NICENESS[lane])
    run_lane(Workspace(Settings.from_environment()), lane, is_stopping=lambda: bool(came))
    return 0


def run_lane(workspace: Workspace, lane: str, *, is_stopping: Callable[[], bool]) -> None:
    """Take jobs of one lane and run them until ``is_stopping``."""
    name = recovery.worker_name(lane)
    if lane == TRAINS:
        catalogue.publish(workspace, time.time())
    closed = threading.Event()
    sweeper = threading.Thread(target=_sweep, args=(workspace, lane, name, closed), daemon=True)
    sweeper.start()
    logger.info("waiting for jobs")
    while not is_stopping():
        try:
            job_id = jobs.carrier(workspace, lane).receive(1.0)
            if job_id is not None:
                jobs.run(workspace, job_id, name, is_stopping=is_stopping)
        except Exception:  # queue or database out of reach: the rows are safe, so go on when it is back
            logger.exception("could not take the next job; trying again")
            time.sleep(1.0)
    closed.set()
    sweeper.join(SWEEP)


def _sweep(workspace: Workspace, lane: str, name: str, closed: threading.Event) -> None:
    """Look for jobs that were left behind, at once and then every few seconds; and for projects due for a retrain."""
    while True:
        try:
            recovery.sweep(workspace, lane, name)
            if lane == TRAINS:
                runs.retrain_where_due(workspace)
        except Exception:
            logger.exception("could not look for jobs that were left behind; trying again")
        if closed.wait(SWEEP):
            return


def drain(
    workspace: Workspace, lanes: Sequence[str] = LANES, on_end: Callable[[JobRecord], object] | None = None
) -> list[JobRecord]:
    """Run all that waits in this process, what follows included; the jobs in the order they ended."""
    ended: list[JobRecord] = []
    while waiting := [job for job in jobs.active(workspace) if job.status == "queued" and job.lane in lanes]:
        for job in waiting:
            result = jobs.run(workspace, job.id, recovery.worker_name("here"))
            if result is not None:
                ended.append(result)
                if on_end is not None:
                    on_end(result)
    return ended


if __name__ == "__main__":
    sys.exit(main())
