"""Is a new model better than the one that is shown? Asked of training videos that neither has seen.

Validation videos are for reporting. So a run trains again without a part of the training videos, and is scored on those
of the part that are annotated in full, its judges. The parts are drawn by the videos' names, hence the same for every
run of a project: the fold models of the run that is shown have not seen them either, and both are scored on the same
videos. One part of three is held out where it has judges enough; where it has not, the others are in turn, each by a
model of its own, and the judges of all parts are scored together. A shown run that lacks a fold model, like the demo's
first, which was asked for without one, gets it then.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
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
from wtal_core.domain import Proposal, Subset

if TYPE_CHECKING:
    from wtal_core.training.checkpoint import TrainedMethod
    from wtal_core.training.dataset import TrainingVideo

FOLDS = 3  # one part in three is held out
JUDGES = 6  # complete held-out videos looked for, part after part
LEAST_JUDGES = 4  # that a score needs; docs/results/folds.md
LEAST_TAUGHT = 2  # labelled videos left to train on
MARGIN = 0.02  # average mAP; a smaller loss may be noise and does not hold a newer model back

_Scores = Mapping[str, list[Proposal]] | None


@dataclass(frozen=True, eq=False)
class Part:
    """Training videos that are held out together.

    Attributes
    ----------
    number
        0 to ``FOLDS`` - 1.
    judges
        Those annotated in full.
    """

    number: int
    judges: Sequence[TrainingVideo]

    @property
    def folder(self) -> str:
        """Where a run keeps the model that has not seen this part."""
        return f"fold-{self.number}" if self.number else "fold"

    def others(self, videos: Sequence[TrainingVideo]) -> list[TrainingVideo]:
        """Those that are not in this part."""
        return [video for video in videos if part_of(video.video_id) != self.number]


def part_of(video: str) -> int:
    """The part that a training video belongs to, by its name."""
    return zlib.crc32(video.encode()) % FOLDS


def parts_held_out(videos: Sequence[TrainingVideo]) -> list[Part]:
    """As few parts as have ``JUDGES`` judges together; every part that has one, where all do not."""
    parts: list[Part] = []
    for number in range(FOLDS):
        part = Part(number, [video for video in videos if video.is_complete and part_of(video.video_id) == number])
        if part.judges and len(part.others(videos)) >= LEAST_TAUGHT:
            parts.append(part)
        if _n_judges(parts) >= JUDGES:
            break
    return parts


def fold_scores(
    task: Task, row: RunRecord, taken: Snapshot, learning: Learning, progress: Callable[[float, str], None]
) -> dict[str, Any]:
    """Score this run's fold models, and those of the run now shown, on the held-out complete videos.

    Returns
    -------
    dict
        ``fold_score`` and ``shown_fold_score`` (average mAP, 0 to 1, or None where there is none) and
        ``fold_note``: on what they stand, or why there is none.
    """
    parts = parts_held_out(learning.videos)
    n_judges = _n_judges(parts)
    if n_judges < LEAST_JUDGES:
        why = f"it needs {LEAST_JUDGES} training videos annotated in full that can be held out, there are {n_judges}"
        return {"fold_score": None, "shown_fold_score": None, "fold_note": f"no fold score: {why}"}
    fold = _Fold(task, row, learning, parts, progress)
    shown = shown_run(task, row)
    is_late = shown is not None and not all(fold.is_stored(shown, part) for part in parts)
    try:
        own = fold.own((0.0, 0.5 if is_late else 1.0))
    except (ValueError, ArithmeticError) as error:  # e.g. a stage that needs complete videos, and all are held out
        return {"fold_score": None, "shown_fold_score": None, "fold_note": f"no fold score: {error}"}
    judged = f"average mAP on {n_judges} held-out training videos"
    if len(parts) > 1:
        judged += f", in {len(parts)} parts, each by a model that has not seen it"
    else:
        judged += f", after training on {len(parts[0].others(learning.videos))} others"
    other, why = (None, "") if shown is None else fold.of_shown(shown)
    found, shown_score = _score(own, taken), _score(other, taken)
    if shown is not None:
        _tell_of_shown(task, shown, shown_score, f"{judged}, read when run {row.id} was compared with it")
    return {"fold_score": found, "shown_fold_score": shown_score, "fold_note": f"{judged}{why}"}


def shown_run(task: Task, row: RunRecord) -> RunRecord | None:
    """The run that is shown now in the project of another."""
    with task.workspace.read() as unit:
        done = unit.runs.of_project(row.project_id, ("done",))
    return next((run for run in done if run.promoted and run.id != row.id), None)


def _tell_of_shown(task: Task, shown: RunRecord, score: float | None, note: str) -> None:
    """Write its score to a run that had none, so that the history shows what decided."""
    if score is None or shown.metrics.get("fold_score") is not None:
        return
    with task.write() as unit, suppress(NotFoundError):  # it may have been deleted meanwhile
        told = {"fold_score": score, "fold_note": note}
        unit.runs.change(shown.id, metrics={**unit.runs.get(shown.id).metrics, **told})


def verdict(metrics: Mapping[str, Any], row: RunRecord, shown: RunRecord | None) -> tuple[bool, str]:
    """Whether a run is shown by itself in the place of the one shown now, and if not, why.

    Where the fold compares the two: if it is not worse. Where nothing does: newer labels are a reason to show the same
    method anew, and none to show another; a run that finds other classes than the project has gives way.
    """
    if shown is None or list(shown.class_names) != list(row.class_names):
        return True, ""
    own, other = metrics.get("fold_score"), metrics.get("shown_fold_score")
    if own is not None and other is not None:
        why = f"run {shown.id} stays shown, which has {100 * other:.1f} there"
        return (True, "") if is_no_worse(own, other) else (False, why)
    if row.method == shown.method:
        return True, ""
    return False, f"run {shown.id} stays shown, since nothing compares {row.method} with its {shown.method}"


def is_no_worse(own: float, shown: float) -> bool:
    """Whether a newer run takes the place of the shown one by their scores on the same judges."""
    return own >= shown - MARGIN


@dataclass(frozen=True)
class _Fold:
    """The fold models that a run is judged by: its own and those of the run shown now."""

    task: Task
    row: RunRecord
    learning: Learning
    parts: Sequence[Part]
    progress: Callable[[float, str], None]

    def own(self, share: tuple[float, float]) -> _Scores:
        """Proposals of the judges by networks that have not seen them; training these fills this share of the bar.

        A warm start begins with the earlier run's network of the same part: that one has not seen the held-out videos
        either.
        """
        found: dict[str, list[Proposal]] = {}
        for index, part in enumerate(self.parts):
            begin = None if self.row.warm_start is None else self._stored(self.row.warm_start, part)
            folder = self.task.workspace.runs / self.row.folder / part.folder
            tell = self._telling("training without a held-out fold", share, index)
            taught = part.others(self.learning.videos)
            found |= _judged(_trained(folder, folder, self.learning, taught, tell, begin=begin), part) or {}
        return found

    def is_stored(self, run: RunRecord, part: Part) -> bool:
        """Whether a run has a model that has not seen this part."""
        from wtal_core.training import checkpoint

        return (self.task.workspace.runs / str(run.id) / part.folder / checkpoint.RUN).exists()

    def of_shown(self, shown: RunRecord) -> tuple[_Scores, str]:
        """The same of another run, whose fold models are made now where it lacks any; None and why not where there can
        be none.

        So it is where that run finds other classes, learned from other features, had too few labelled videos to hold
        some out, went on from another run (whose network may have seen the fold), was deleted meanwhile, or cannot be
        read or trained again.
        """
        refused = f"; not compared with run {shown.id}: "
        if list(shown.class_names) != list(self.row.class_names):
            return None, refused + "it finds other classes"
        found: dict[str, list[Proposal]] = {}
        try:
            for index, part in enumerate(self.parts):
                trained = self._stored(shown.id, part) or self._late(shown, part, index)
                judged = _judged(trained, part)
                if judged is None:
                    return None, refused + "it was trained on other features"
                found |= judged
        except (ValueError, ArithmeticError, OSError, LookupError, TypeError) as error:
            return None, f"{refused}{error}"
        return found, ""

    def _late(self, shown: RunRecord, part: Part, index: int) -> TrainedMethod:
        """The model of a run that has not seen a part, made after the run was done.

        Raises
        ------
        ValueError, OSError, LookupError, TypeError
            If it cannot be made.
        """
        from wtal_core.training import checkpoint

        features = self.learning.features
        told = tuple(shown.environment.get(key) for key in ("extractor", "fingerprint"))
        if shown.warm_start is not None or told != (features.extractor, features.fingerprint):
            raise ValueError("it cannot be trained without the fold")
        runs = self.task.workspace.runs
        folder = runs / shown.folder
        words = f"training run {shown.id}, which is shown, without a held-out fold"
        tell = self._telling(words, (0.5, 1.0), index)
        learning = Learning.again(shown, snapshots.read(folder), features, checkpoint.load(folder))
        taught = part.others(learning.videos)
        if len(taught) < LEAST_TAUGHT:
            raise ValueError("too few of its videos are outside the fold")
        aside = runs / self.row.folder / f"{part.folder} of {shown.id}"  # another job may be at the same
        return _trained(folder / part.folder, aside, learning, taught, tell)

    def _stored(self, run: int, part: Part) -> TrainedMethod | None:
        """A run's network that has not seen this part; None if it was trained without."""
        from wtal_core.training import checkpoint

        try:
            return checkpoint.load(self.task.workspace.runs / str(run) / part.folder)
        except checkpoint.BadCheckpoint:
            return None

    def _telling(self, words: str, share: tuple[float, float], index: int) -> Callable[[Any], None]:
        """What a training tells of itself, for the part with this index; each fills as much of the bar."""
        width = (share[1] - share[0]) / len(self.parts)
        first = share[0] + index * width
        if len(self.parts) > 1:
            words += f", {index + 1} of {len(self.parts)}"
        self.progress(first, words)
        return lambda step: self.progress(
            first + width * step.step / max(1, step.n_steps), f"{words}, step {step.step} of {step.n_steps}"
        )


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


def _n_judges(parts: Sequence[Part]) -> int:
    return sum(len(part.judges) for part in parts)


def _judged(trained: TrainedMethod, part: Part) -> _Scores:
    """Proposals of a part's judges; None if the network takes other features."""
    from wtal_core.predict import predict

    sequences = [video.features for video in part.judges]
    if sequences[0].values.shape[1] != trained.n_features:
        return None
    names = [video.video_id for video in part.judges]
    return {name: found for name, (_, found) in zip(names, predict(trained, sequences), strict=True)}


def _score(proposals: _Scores, taken: Snapshot) -> float | None:
    """Average mAP of all judges together."""
    if proposals is None:
        return None
    report = score([taken.training[name] for name in proposals], proposals, taken.class_names, Subset.TRAINING)
    return None if report is None else report.average_mAP
