"""Training a run: from the snapshot of its labels to predictions, a fold score, promotion and an evaluation.

Every stage leaves its result on disk or in a row, so that an interrupted job goes on where it was: the trainer from its
checkpoint, the rest from what is already stored.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from app.job_kinds.evaluate import evaluate_run
from app.job_kinds.folds import fold_scores, shown_run, verdict
from app.job_kinds.learning import Learning, label_usage
from app.job_kinds.predictions import store_predictions
from app.job_kinds.sequences import ProjectFeatures, project_features
from app.services import snapshot as snapshots
from app.task import Task
from db.records import JobRecord, RunRecord
from db.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from wtal_core.training.checkpoint import TrainedMethod

SHARES = {"train": (0.0, 0.5), "predict": (0.5, 0.6), "fold": (0.6, 0.95), "evaluate": (0.95, 1.0)}
"""Which part of the progress bar a stage fills."""


def run(task: Task) -> Mapping[str, Any]:
    """Train ``payload["run"]``, predict every video, evaluate it, score it by folds, and show it if it is better."""
    run_id = int(task.payload["run"])
    with task.write() as unit:
        row = unit.runs.get(run_id)
        unit.runs.change(run_id, status="training", error="", started_at=row.started_at or time.time())
    taken = snapshots.read(task.workspace.runs / row.folder)
    said = row.environment
    features = project_features(
        task.workspace,
        row.project_id,
        said.get("extractor") or task.payload.get("extractor"),
        said.get("fingerprint"),
    )
    learning = Learning.prepare(task, row, taken, features)
    _describe(task, row, learning, features, taken)
    trained = _train(task, row, learning)
    from wtal_core.training.config import to_data

    task.progress(SHARES["predict"][0], "predicting all videos")
    store_predictions(
        task, run_id, trained, features, lambda done: _tell(task, "predict", done, "predicting all videos")
    )
    with task.write() as unit:
        unit.runs.change(run_id, status="evaluating", config=to_data(trained.config))  # with what labels decided
        if not any(other.promoted for other in unit.runs.of_project(row.project_id)):
            unit.runs.promote(run_id)
    report = evaluate_run(task, row, taken)
    metrics: dict[str, Any] = {"average_mAP": None if report is None else report.average_mAP}
    if task.payload.get("folds", True):
        metrics |= fold_scores(task, row, taken, learning.by(trained), partial(_tell, task, "fold"))
    shown = shown_run(task, row)
    is_better, why = verdict(metrics, row, shown)
    if why:
        metrics["shown_note"] = why
    with task.write() as unit:
        done = {**unit.runs.get(run_id).metrics, **metrics}
        unit.runs.change(run_id, status="done", metrics=done, finished_at=time.time())
        if is_better:
            unit.runs.promote(run_id)
    return metrics


def settle(unit: UnitOfWork, job: JobRecord) -> None:
    """Let the run follow its job: queued again, cancelled, or failed with the job's reason."""
    if job.status == "done":
        return
    ended = {"finished_at": job.finished_at} if job.status != "queued" else {}
    unit.runs.change(int(job.payload["run"]), status=job.status, error=job.error, **ended)


def _train(task: Task, row: RunRecord, learning: Learning) -> TrainedMethod:
    """The trained method: loaded if this run has it already, else trained from its last checkpoint."""
    from wtal_core.training import checkpoint

    folder = task.workspace.runs / row.folder
    if (folder / checkpoint.RUN).exists():
        return checkpoint.load(folder)
    log = StepLog(task, row.id)
    begun = time.monotonic()
    trained = learning.train(folder / "checkpoint", learning.videos, log.add, warm_start=_warm_start(task, row))
    log.flush()
    checkpoint.save(folder, trained)
    with task.write() as unit:
        seconds = round(time.monotonic() - begun, 1)
        unit.runs.change(row.id, metrics={**unit.runs.get(row.id).metrics, "training_seconds": seconds})
    return trained


def _warm_start(task: Task, row: RunRecord) -> TrainedMethod | None:
    """The network of an earlier run, where the run asked for it and it can still be read."""
    from wtal_core.training import checkpoint

    if row.warm_start is None:
        return None
    try:
        return checkpoint.load(task.workspace.runs / str(row.warm_start))
    except checkpoint.BadCheckpoint as error:
        raise ValueError(f"run {row.warm_start} cannot be gone on from: {error}; start without warm start") from error


class StepLog:
    """Loss terms on their way to the run's log: means over a few steps, written a few times a second at most."""

    EVERY = 0.5  # seconds

    def __init__(self, task: Task, run: int) -> None:
        self._task, self._run = task, run
        self._sums: dict[str, float] = {}
        self._count = 0
        self._last: Any = None
        self._written = 0.0
        self._is_first = True

    def add(self, step: Any) -> None:
        """Take one step of the trainer (:class:`wtal_core.training.trainer.TrainingProgress`)."""
        self._last = step
        for name, value in step.terms.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
        self._count += 1
        words = f"training, pass {step.epoch}, step {step.step} of {step.n_steps}"
        _tell(self._task, "train", step.step / max(1, step.n_steps), words, step.seconds_left)
        if time.monotonic() - self._written >= self.EVERY or step.step >= step.n_steps:
            self.flush()

    def flush(self) -> None:
        """Write what is not written yet; a run that goes on first drops what it is about to repeat."""
        if not self._count:
            return
        step, terms = self._last, {name: value / self._count for name, value in self._sums.items()}
        with self._task.write() as unit:
            if self._is_first:
                unit.runs.forget_log(self._run, step.step)
            unit.runs.log(
                self._run, step=step.step, n_steps=step.n_steps, epoch=step.epoch, terms=terms, at=time.time()
            )
        self._sums, self._count, self._is_first = {}, 0, False
        self._written = time.monotonic()


def _tell(task: Task, stage: str, done: float, words: str, seconds_left: float | None = None) -> None:
    first, last = SHARES[stage]
    task.progress(first + (last - first) * done, words, seconds_left)


def _describe(
    task: Task, row: RunRecord, learning: Learning, features: ProjectFeatures, taken: snapshots.Snapshot
) -> None:
    """Write what the run really uses: settings in full, labels by level and why some are not used, environment."""
    import numpy as np
    import torch

    from wtal_core.training.config import to_data

    notes = [*taken.notes, *features.notes, *learning.notes]
    environment = {
        "extractor": features.extractor,
        "fingerprint": features.fingerprint,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "machine": platform.machine(),
        "system": platform.system(),
        "device": "cuda" if torch.cuda.is_available() else "cpu",
        "processors": os.cpu_count(),
    }
    with task.write() as unit:
        unit.runs.change(
            row.id,
            config=to_data(learning.config),
            training=to_data(learning.training),
            environment=environment,
            label_usage=label_usage(taken, learning),
            notes=notes,
        )
