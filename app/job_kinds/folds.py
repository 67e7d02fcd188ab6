"""Is a new model better than the one that is shown? Asked of a part of the training videos that neither has seen.

Validation videos are for reporting. So a run trains a second time without the training videos of one fold, and is
scored on those of them that are annotated in full. The fold is drawn by the videos' names, hence the same for every run
of a project: the fold model of the run that is shown has not seen them either, and both are scored on the same videos.
A shown run that has no fold model, like the demo's first, which was asked for without one, gets it then.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.job_kinds.evaluate import score
from app.job_kinds.learning import Learning
from app.job_kinds.sequences import ProjectFeatures
from app.services import snapshot as snapshots
from app.services.snapshot import Snapshot
from app.task import Task
from db.records import RunRecord
from wtal_core.domain import Subset

if TYPE_CHECKING:
    from wtal_core.training.checkpoint import TrainedMethod
    from wtal_core.training.dataset import TrainingVideo

FOLDS = 3  # one part in three is held out
LEAST_JUDGES = 2  # complete videos a score needs
LEAST_TAUGHT = 2  # labelled videos left to train on
MARGIN = 0.02  # average mAP; a smaller loss may be noise and does not hold a newer model back
FOLDER = "fold"


def is_held_out(video: str) -> bool:
    """Whether a training video, by its name, belongs to the held-out fold."""
    return zlib.crc32(video.encode()) % FOLDS == 0


def fold_scores(
    task: Task,
    row: RunRecord,
    taken: Snapshot,
    learning: Learning,
    features: ProjectFeatures,
    progress: Callable[[float, str], None],
) -> dict[str, Any]:
    """Score this run's fold model, and that of the run now shown, on the held-out complete videos.

    Parameters
    ----------
    features
        Of the project, those ``learning`` learns from.

    Returns
    -------
    dict
        ``fold_score`` and ``shown_fold_score`` (average mAP, 0 to 1, or None where there is none) and
        ``fold_note``: on what they stand, or why there is none.
    """
    judges = [video for video in learning.videos if is_held_out(video.video_id) and video.is_complete]
    taught = [video for video in learning.videos if not is_held_out(video.video_id)]
    if len(judges) < LEAST_JUDGES or len(taught) < LEAST_TAUGHT:
        why = f"it needs {LEAST_JUDGES} held-out training videos annotated in full, there are {len(judges)}"
        return {"fold_score": None, "shown_fold_score": None, "fold_note": f"no fold score: {why}"}
    folder = task.workspace.runs / row.folder / FOLDER
    words = "training without a held-out fold"
    progress(0.0, words)
    try:
        begin = None if row.warm_start is None else _stored(task, row.warm_start)
        trained = _fold_model(folder, learning, taught, progress, words, begin)
    except (ValueError, ArithmeticError) as error:  # e.g. a stage that needs complete videos, and all are held out
        return {"fold_score": None, "shown_fold_score": None, "fold_note": f"no fold score: {error}"}
    note = f"average mAP on {len(judges)} held-out training videos, after training on {len(taught)} others"
    return {
        "fold_score": _score(trained, judges, taken),
        "shown_fold_score": _shown_score(task, row, judges, taken, features, progress),
        "fold_note": note,
    }


def is_worth_promoting(metrics: dict[str, Any]) -> bool:
    """Whether a run may be shown by itself: not if the fold says that the one shown now is better."""
    score, shown = metrics.get("fold_score"), metrics.get("shown_fold_score")
    return score is None or shown is None or score >= shown - MARGIN


def _fold_model(
    folder: Path,
    learning: Learning,
    taught: list[TrainingVideo],
    progress: Callable[[float, str], None],
    words: str,
    begin: TrainedMethod | None,
) -> TrainedMethod:
    """The network that has not seen the fold.

    A warm start begins with the fold's network of the earlier run: that one has not seen the held-out videos either.
    """
    from wtal_core.training import checkpoint

    if (folder / checkpoint.RUN).exists():
        return checkpoint.load(folder)

    def tell(step: Any) -> None:
        progress(step.step / max(1, step.n_steps), f"{words}, step {step.step} of {step.n_steps}")

    trained = learning.train(folder / "checkpoint", taught, tell, warm_start=begin)
    checkpoint.save(folder, trained)
    return trained


def _shown_score(
    task: Task,
    row: RunRecord,
    judges: list[TrainingVideo],
    taken: Snapshot,
    features: ProjectFeatures,
    progress: Callable[[float, str], None],
) -> float | None:
    """The same for the run that is shown now; None where it cannot be compared."""
    with task.workspace.read() as unit:
        shown = next((run for run in unit.runs.of_project(row.project_id) if run.promoted and run.id != row.id), None)
    if shown is None or list(shown.class_names) != list(row.class_names):
        return None
    trained = _stored(task, shown.id)
    if trained is not None:
        return _score(trained, judges, taken)
    trained = _late_fold(task, shown, features, progress)
    score = None if trained is None else _score(trained, judges, taken)
    if score is not None:
        with task.write() as unit:  # so that the history shows what the choice was made by
            late = {"fold_score": score, "fold_note": f"scored when run {row.id} was compared with it"}
            unit.runs.change(shown.id, metrics={**unit.runs.get(shown.id).metrics, **late})
    return score


def _late_fold(
    task: Task, shown: RunRecord, features: ProjectFeatures, progress: Callable[[float, str], None]
) -> TrainedMethod | None:
    """Train the fold model of a run that has none, from its own labels and settings; None where that cannot be done.

    It cannot where the run learned from other features, had too few labelled videos to hold some out, went on from
    another run (whose network may have seen the fold), or its labels or settings are no longer there to be read.
    """
    told = (features.extractor, features.fingerprint)
    if shown.warm_start is not None or told != tuple(shown.environment.get(k) for k in ("extractor", "fingerprint")):
        return None
    folder = task.workspace.runs / shown.folder
    try:
        learning = Learning.again(shown, snapshots.read(folder), features)
        taught = [video for video in learning.videos if not is_held_out(video.video_id)]
        if len(taught) < LEAST_TAUGHT:
            return None
        words = f"training run {shown.id}, which is shown, without a held-out fold"
        return _fold_model(folder / FOLDER, learning, taught, progress, words, None)
    except (ValueError, ArithmeticError, OSError):
        return None


def _stored(task: Task, run: int) -> TrainedMethod | None:
    """The fold's network of an earlier run; None if it was trained without folds."""
    from wtal_core.training import checkpoint

    try:
        return checkpoint.load(task.workspace.runs / str(run) / FOLDER)
    except checkpoint.BadCheckpoint:
        return None


def _score(trained: TrainedMethod, judges: list[TrainingVideo], taken: Snapshot) -> float | None:
    from wtal_core.predict import predict

    sequences = [video.features for video in judges]
    if sequences[0].values.shape[1] != trained.n_features:
        return None
    names = [video.video_id for video in judges]
    proposals = {name: found for name, (_, found) in zip(names, predict(trained, sequences), strict=True)}
    report = score([taken.training[name] for name in names], proposals, taken.class_names, Subset.TRAINING)
    return None if report is None else report.average_mAP
