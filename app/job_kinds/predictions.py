"""What a trained method says of every video of a project: arrays on disk, proposals in the database."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.job_kinds.sequences import ProjectFeatures
from app.task import Task
from wtal_core.domain import Proposal, VideoPrediction

if TYPE_CHECKING:
    from wtal_core.training.checkpoint import TrainedMethod

TOGETHER = 16  # videos written in one transaction


def store_predictions(
    task: Task, run: int, trained: TrainedMethod, features: ProjectFeatures, progress: Callable[[float], None]
) -> int:
    """Predict every video that has features and no stored prediction of this run yet; how many are stored now."""
    from wtal_core.predict import predict

    with task.workspace.read() as unit:
        stored = set(unit.runs.predictions(run))
    waiting = [sequence for name, sequence in features.sequences.items() if features.ids[name] not in stored]
    pending: list[tuple[int, str, VideoPrediction, list[Proposal]]] = []
    for i, (prediction, proposals) in enumerate(predict(trained, waiting)):
        video = features.ids[prediction.activation.video_id]
        path = Path(str(run)) / "predictions" / f"{video}.npz"
        write_arrays(task.workspace.runs / path, prediction)
        pending.append((video, path.as_posix(), prediction, proposals))
        if len(pending) == TOGETHER:
            _store(task, run, pending)
            pending = []
        progress((i + 1) / len(waiting))
    _store(task, run, pending)
    return len(stored) + len(waiting)


def write_arrays(path: Path, prediction: VideoPrediction) -> None:
    """CAS, threshold, edges and video scores as an npz without pickles; whole or not at all.

    The floats are stored as they are: what a hover shows is what the model said.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    activation = prediction.activation
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    with partial.open("wb") as file:
        np.savez(
            file,
            cas=activation.cas.astype(np.float32, copy=False),
            threshold=activation.threshold.astype(np.float32, copy=False),
            edges=activation.grid.edges.astype(np.int64, copy=False),
            class_names=np.array(activation.class_names, dtype=np.str_),
            video_scores=prediction.video_scores.astype(np.float32, copy=False),
        )
    partial.replace(path)


def _store(task: Task, run: int, pending: list[tuple[int, str, VideoPrediction, list[Proposal]]]) -> None:
    if not pending:
        return
    with task.write() as unit:
        for video, path, prediction, proposals in pending:
            n_snippets = prediction.activation.grid.n_snippets
            unit.runs.put_prediction(run, video, path=path, n_snippets=n_snippets, proposals=proposals, at=time.time())
