"""Is a new model better than the one that is shown? Asked of a part of the training videos that neither has seen.

Validation videos are for reporting. So a run trains a second time without the training videos of one fold, and is
scored on those of them that are annotated in full. The fold is drawn by the videos' names, hence the same for every run
of a project: the fold model of the run that is shown has not seen them either, and both are scored on the same videos.
A shown run that has no fold model, like the demo's first, which was asked for without one, gets it then.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.job_kinds.evaluate import score
from app.job_kinds.learning import Learning
from app.services import snapshot as snapshots
from app.services.snapshot import Snapshot
from app.task import Task
from db.errors import NotFoundError
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
    task: Task, row: RunRecord, taken: Snapshot, learning: Learning, progress: Callable[[float, str], None]
) -> dict[str, Any]:
    """Score this run's fold model, and that of the run now shown, on the held-out complete videos.

    Returns
    -------
    dict
        ``fold_score`` and ``shown_fold_score`` (average mAP, 0 to 1, or None where there is none) and
        ``fold_note``: on what they stand, or why there is none.
    """
    judges = [video for video in learning.videos if is_held_out(video.video_id) and video.is_complete]
    taught = _taught(learning)
    if len(judges) < LEAST_JUDGES or len(taught) < LEAST_TAUGHT:
        why = f"it needs {LEAST_JUDGES} held-out training videos annotated in full, there are {len(judges)}"
        return {"fold_score": None, "shown_fold_score": None, "fold_note": f"no fold score: {why}"}
    fold = _Fold(task, row, learning, progress)
    shown = fold.shown()
    is_late = shown is not None and not fold.is_stored(shown)
    try:
        trained = fold.own(taught, (0.0, 0.5 if is_late else 1.0))
    except (ValueError, ArithmeticError) as error:  # e.g. a stage that needs complete videos, and all are held out
        return {"fold_score": None, "shown_fold_score": None, "fold_note": f"no fold score: {error}"}
    judged = f"average mAP on {len(judges)} held-out training videos"
    other, why = (None, "") if shown is None else fold.of_shown(shown)
    score, shown_score = _score(trained, judges, taken), None if other is None else _score(other, judges, taken)
    if shown is not None:
        _tell_of_shown(task, shown, shown_score, f"{judged}, read when run {row.id} was compared with it")
    return {
        "fold_score": score,
        "shown_fold_score": shown_score,
        "fold_note": f"{judged}, after training on {len(taught)} others{why}",
    }


def _tell_of_shown(task: Task, shown: RunRecord, score: float | None, note: str) -> None:
    """Write its score to a run that had none, so that the history shows what decided."""
    if score is None or shown.metrics.get("fold_score") is not None:
        return
    with task.write() as unit, suppress(NotFoundError):  # it may have been deleted meanwhile
        told = {"fold_score": score, "fold_note": note}
        unit.runs.change(shown.id, metrics={**unit.runs.get(shown.id).metrics, **told})


def is_worth_promoting(metrics: dict[str, Any]) -> bool:
    """Whether a run may be shown by itself: not if the fold says that the one shown now is better."""
    score, shown = metrics.get("fold_score"), metrics.get("shown_fold_score")
    return score is None or shown is None or score >= shown - MARGIN


@dataclass(frozen=True)
class _Fold:
    """The fold models that a run is judged by: its own and that of the run shown now."""

    task: Task
    row: RunRecord
    learning: Learning
    progress: Callable[[float, str], None]

    def own(self, taught: Sequence[TrainingVideo], part: tuple[float, float]) -> TrainedMethod:
        """The network that has not seen the fold; its training fills this part of the bar.

        A warm start begins with the fold's network of the earlier run: that one has not seen the held-out videos
        either.
        """
        begin = None if self.row.warm_start is None else _stored(self.task, self.row.warm_start)
        folder = self.task.workspace.runs / self.row.folder / FOLDER
        tell = self._telling("training without a held-out fold", part)
        return _trained(folder, folder, self.learning, taught, tell, begin=begin)

    def shown(self) -> RunRecord | None:
        """The run that is shown now, if it can be compared."""
        with self.task.workspace.read() as unit:
            done = unit.runs.of_project(self.row.project_id, ("done",))
        shown = next((run for run in done if run.promoted and run.id != self.row.id), None)
        return shown if shown is not None and list(shown.class_names) == list(self.row.class_names) else None

    def is_stored(self, run: RunRecord) -> bool:
        """Whether a run has a fold model."""
        return _stored(self.task, run.id) is not None

    def of_shown(self, shown: RunRecord) -> tuple[TrainedMethod | None, str]:
        """The fold model of another run, made now if it has none; None and why not where there can be none.

        So it is where that run learned from other features, had too few labelled videos to hold some out, went on from
        another run (whose network may have seen the fold), was deleted meanwhile, or cannot be read or trained again.
        """
        from wtal_core.training import checkpoint

        features, refused = self.learning.features, f"; not compared with run {shown.id}: "
        trained = _stored(self.task, shown.id)
        told = tuple(shown.environment.get(key) for key in ("extractor", "fingerprint"))
        if trained is not None or shown.warm_start is not None or told != (features.extractor, features.fingerprint):
            return trained, "" if trained is not None else refused + "it cannot be trained without the fold"
        runs = self.task.workspace.runs
        folder = runs / shown.folder
        tell = self._telling(f"training run {shown.id}, which is shown, without a held-out fold", (0.5, 1.0))
        try:
            learning = Learning.again(shown, snapshots.read(folder), features, checkpoint.load(folder))
            taught = _taught(learning)
            if len(taught) < LEAST_TAUGHT:
                return None, refused + "too few of its videos are outside the fold"
            aside = runs / self.row.folder / f"fold of {shown.id}"  # another job may be at the same
            return _trained(folder / FOLDER, aside, learning, taught, tell), ""
        except (ValueError, ArithmeticError, OSError, LookupError, TypeError) as error:
            return None, f"{refused}{error}"

    def _telling(self, words: str, part: tuple[float, float]) -> Callable[[Any], None]:
        first, last = part
        self.progress(first, words)

        def tell(step: Any) -> None:
            done = first + (last - first) * step.step / max(1, step.n_steps)
            self.progress(done, f"{words}, step {step.step} of {step.n_steps}")

        return tell


def _trained(
    folder: Path,
    aside: Path,
    learning: Learning,
    taught: Sequence[TrainingVideo],
    tell: Callable[[Any], None],
    *,
    begin: TrainedMethod | None = None,
) -> TrainedMethod:
    """The model in ``folder``, trained if it is not there; ``aside`` holds what an interruption leaves."""
    from wtal_core.training import checkpoint

    if (folder / checkpoint.RUN).exists():
        return checkpoint.load(folder)
    trained = learning.train(aside / "checkpoint", taught, tell, warm_start=begin)
    checkpoint.save(folder, trained)
    return trained


def _stored(task: Task, run: int) -> TrainedMethod | None:
    """The fold's network of an earlier run; None if it was trained without folds."""
    from wtal_core.training import checkpoint

    try:
        return checkpoint.load(task.workspace.runs / str(run) / FOLDER)
    except checkpoint.BadCheckpoint:
        return None


def _taught(learning: Learning) -> list[TrainingVideo]:
    return [video for video in learning.videos if not is_held_out(video.video_id)]


def _score(trained: TrainedMethod, judges: list[TrainingVideo], taken: Snapshot) -> float | None:
    from wtal_core.predict import predict

    sequences = [video.features for video in judges]
    if sequences[0].values.shape[1] != trained.n_features:
        return None
    names = [video.video_id for video in judges]
    proposals = {name: found for name, (_, found) in zip(names, predict(trained, sequences), strict=True)}
    report = score([taken.training[name] for name in names], proposals, taken.class_names, Subset.TRAINING)
    return None if report is None else report.average_mAP
