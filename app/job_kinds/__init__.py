"""The kinds of background jobs: one file each, one row here.

``run`` gets the running job (:class:`app.task.Task`) and may return what is stored as its result; ``settle`` is called
in the transaction that changes a job's status, so that what the job is about follows it. Nothing here imports torch
before a job runs: the web process asks for jobs too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.job_kinds import demo, evaluate, extract, import_labels, probe, train
from app.task import Task
from db.records import JobRecord
from db.unit_of_work import UnitOfWork

LANES = ("long", "short")
"""Two queues with a process each: a long extraction never blocks a retrain."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of job is.

    Attributes
    ----------
    lane
        Which queue it waits in.
    title
        What pages call it.
    run
        Does the work.
    settle
        Follows a change of status that :mod:`app.jobs` made, in the same transaction.
    """

    lane: str
    title: str
    run: Callable[[Task], Mapping[str, Any] | None]
    settle: Callable[[UnitOfWork, JobRecord], None] | None = None


KINDS: dict[str, Kind] = {
    "probe": Kind("long", "Reading videos", probe.run),
    "extract": Kind("long", "Extracting features", extract.run),
    "train": Kind("short", "Training", train.run, train.settle),
    "demo": Kind("long", "Rendering the demo", demo.render),
    "demo labels": Kind("long", "Labelling the demo", demo.label),
    "evaluate": Kind("short", "Evaluating", evaluate.run),
    "import": Kind("short", "Importing labels", import_labels.run),
}
