"""Training runs: asking for one, watching it, its history, comparing two, and which one a project shows."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app import jobs
from app.services import snapshot as snapshots
from app.services.costs import annotation_cost
from app.services.split import make_split
from app.workspace import Workspace
from db.records import EvaluationRecord, JobRecord, MethodRecord, RunLogRecord, RunRecord
from db.unit_of_work import UnitOfWork

ACTIVE = ("queued", "training", "evaluating")
LABELLING = ("annotation.put", "label.set", "proposal.accept", "complete.set", "coverage.add")
"""Kinds of edits that count as a new label."""


@dataclass(frozen=True, slots=True)
class RunView:
    """A run with its job and its evaluation.

    Attributes
    ----------
    run
        The row.
    job
        Its background job: progress, message, seconds left; None once it was deleted.
    evaluation
        The stored evaluation on validation videos, or None.
    """

    run: RunRecord
    job: JobRecord | None
    evaluation: EvaluationRecord | None

    @property
    def average_mAP(self) -> float | None:
        """Average mAP on the validation videos, 0 to 1, or None."""
        return None if self.evaluation is None else float(self.evaluation.report["average_mAP"])

    @property
    def fold_score(self) -> float | None:
        """Average mAP on the held-out fold of the training videos, 0 to 1, or None."""
        score = self.run.metrics.get("fold_score")
        return None if score is None else float(score)


@dataclass(frozen=True, slots=True)
class LabelUsage:
    """What a run made of the labels.

    Attributes
    ----------
    levels
        For each level ``{"given", "used"}``: annotations; at level ``video`` videos.
    notes
        What was not used and why, one sentence each.
    """

    levels: Mapping[str, Mapping[str, int]]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs side by side.

    Attributes
    ----------
    a, b
        The runs, the older first.
    changed
        Settings that differ: name to (of a, of b).
    average_mAP
        Of both, or None where there is no evaluation.
    by_class
        Average AP of each class both were evaluated on: (of a, of b).
    is_comparable
        Whether both were evaluated on the same truth: protocol, thresholds and number of instances.
    """

    a: RunView
    b: RunView
    changed: Mapping[str, tuple[Any, Any]]
    average_mAP: tuple[float | None, float | None]
    by_class: Mapping[str, tuple[float, float]]
    is_comparable: bool


def methods(workspace: Workspace) -> tuple[MethodRecord, ...]:
    """The methods a worker can train, the default first; empty until a worker has started once."""
    with workspace.read() as unit:
        return tuple(sorted(unit.runs.methods(), key=lambda method: (not method.is_default, method.position)))


def start(
    workspace: Workspace,
    project: int,
    method: str = "mixed",
    options: Mapping[str, Any] | None = None,
    seed: int = 0,
    *,
    preset: str | None = None,
    warm_start: bool = False,
    folds: bool = True,
    extractor: str | None = None,
    annotator: str = "",
) -> int:
    """Ask for a training on the labels as they stand; the number of the run.

    Parameters
    ----------
    options
        Settings by name, ``method.field`` or ``training.field`` as the catalogue lists them; values may be text.
    preset
        Named settings of the method, under the options.
    warm_start
        Begin with the network of the project's newest run of this method and these classes.
    folds
        Train a second time without a held-out part of the training videos, so that a worse model is not promoted.
    extractor
        Whose features; None takes those most videos have.

    Raises
    ------
    ValueError
        If there is nothing to learn from, or no such method, preset or setting.
    """
    make_split(workspace, project)
    chosen = dict(options or {})
    _refuse_unknown(workspace, method, preset, chosen)
    with workspace.write() as unit:
        taken = snapshots.take(unit, project)
        _refuse_unlabelled(taken)
        cost = annotation_cost(unit, project)
        earlier = _last_done(unit, project, method, list(taken.class_names)) if warm_start else None
        run = unit.runs.add(
            project,
            method,
            time.time(),
            annotator=annotator,
            preset=preset or "",
            config=chosen,
            seed=seed,
            warm_start=None if earlier is None else earlier.id,
            class_names=list(taken.class_names),
            label_sequence=taken.sequence,
            label_snapshot=taken.summary(),
            notes=list(taken.notes),
            cost_seconds=cost.training_seconds,
            video_seconds=cost.video_seconds,
            status="queued",
        )
        snapshots.write(workspace.runs / str(run.id), taken)
        payload = {"run": run.id, "settings": chosen, "folds": folds, "extractor": extractor}
        job = jobs.add(unit, "train", payload, project)
        unit.runs.change(run.id, job_id=job.id, folder=str(run.id))
    jobs.announce(workspace, job)
    return run.id


def _refuse_unknown(workspace: Workspace, method: str, preset: str | None, options: Mapping[str, Any]) -> None:
    """Refuse names the worker's catalogue does not hold; before any worker ran, the job itself will say it."""
    known = {entry.name: entry for entry in methods(workspace)}
    if not known:
        return
    if method not in known:
        raise ValueError(f"there is no method {method!r}; there are {', '.join(known)}")
    if preset and preset not in known[method].presets:
        raise ValueError(f"{method} has no preset {preset!r}; it has {', '.join(known[method].presets) or 'none'}")
    fields = {entry["name"] for entry in known[method].fields}
    fields |= {name.split(".")[1] for name in fields}  # a bare name is understood as well
    unknown = [name for name in options if name not in fields]
    if unknown:
        raise ValueError(
            f"{method} has no setting {unknown[0]!r}; it has {', '.join(each['name'] for each in known[method].fields)}"
        )


def _refuse_unlabelled(taken: snapshots.Snapshot) -> None:
    if not taken.class_names:
        raise ValueError("the class list is empty; add the actions to look for, then label some videos")
    if not taken.training:
        elsewhere = sum(video.labels.classes is not None for video in taken.videos)
        where = f" ({elsewhere} labelled videos are on the validation side)" if elsewhere else ""
        raise ValueError(f"no training video has a label yet{where}; label some, at any level, then train")


def _last_done(unit: UnitOfWork, project: int, method: str, class_names: list[str]) -> RunRecord | None:
    done = unit.runs.of_project(project, ("done",))
    return next((run for run in done if run.method == method and run.class_names == class_names), None)


def label_summary(workspace: Workspace, project: int) -> dict[str, Any]:
    """What a run started now would learn from: counts of videos and of instances of each level."""
    with workspace.read() as unit:
        return snapshots.take(unit, project).summary()


def show(workspace: Workspace, run_id: int) -> RunView:
    """One run."""
    with workspace.read() as unit:
        return _view(unit, unit.runs.get(run_id))


def history(workspace: Workspace, project: int) -> tuple[RunView, ...]:
    """All runs of a project, newest first."""
    with workspace.read() as unit:
        return tuple(_view(unit, run) for run in unit.runs.of_project(project))


def active(workspace: Workspace, project: int) -> tuple[RunView, ...]:
    """Runs that wait, train or are evaluated, newest first."""
    with workspace.read() as unit:
        return tuple(_view(unit, run) for run in unit.runs.of_project(project, ACTIVE))


def _view(unit: UnitOfWork, run: RunRecord) -> RunView:
    evaluations = unit.runs.evaluations(run_id=run.id)
    job = None if run.job_id is None else unit.jobs.get(run.job_id)
    return RunView(run, job, evaluations[0] if evaluations else None)


def log(workspace: Workspace, run_id: int, after_step: int = -1) -> tuple[RunLogRecord, ...]:
    """Loss terms of a run in the order of steps, those after ``after_step``."""
    with workspace.read() as unit:
        return unit.runs.log_of(run_id, after_step)


def usage(workspace: Workspace, run_id: int) -> LabelUsage:
    """How many labels of each level a run used, which it did not use, and why."""
    with workspace.read() as unit:
        run = unit.runs.get(run_id)
    return LabelUsage(run.label_usage, tuple(str(note) for note in run.notes))


def cancel(workspace: Workspace, run_id: int) -> None:
    """Stop a run that waits or works; what it has learned so far stays, and it can go on later."""
    jobs.cancel(workspace, _job_of(workspace, run_id))


def resume(workspace: Workspace, run_id: int) -> None:
    """Let a failed or cancelled run go on from its checkpoint, on the labels it began with."""
    jobs.resume(workspace, _job_of(workspace, run_id))


def _job_of(workspace: Workspace, run_id: int) -> int:
    with workspace.read() as unit:
        job = unit.runs.get(run_id).job_id
    if job is None:
        raise ValueError(f"run {run_id} has no background job any more; start a new run")
    return job


def promote(workspace: Workspace, run_id: int) -> None:
    """Make this the run whose curves and proposals the project shows.

    Raises
    ------
    ValueError
        If it has not come to an end.
    """
    with workspace.write() as unit:
        run = unit.runs.get(run_id)
        if run.status != "done":
            raise ValueError(f"run {run_id} is {run.status}; only a run that is done can be shown")
        unit.runs.promote(run_id)


def delete(workspace: Workspace, run_id: int) -> None:
    """Remove a run with its predictions and evaluation from the project; its folder stays.

    Raises
    ------
    ValueError
        If it is still at work.
    """
    with workspace.write() as unit:
        run = unit.runs.get(run_id)
        if run.status in ACTIVE:
            raise ValueError(f"run {run_id} is {run.status}; cancel it first")
        unit.runs.delete(run_id)


def compare(workspace: Workspace, one: int, other: int) -> Comparison:
    """Two runs side by side, the older first."""
    a, b = (show(workspace, each) for each in sorted((one, other)))
    settings = [
        {"method": view.run.method, "seed": view.run.seed, "preset": view.run.preset}
        | _settings(view.run.config)
        | {f"training.{name}": value for name, value in view.run.training.items()}
        | {f"labels.{name}": value for name, value in view.run.label_snapshot.items()}
        for view in (a, b)
    ]
    names = dict.fromkeys([*settings[0], *settings[1]])
    changed = {n: (settings[0].get(n), settings[1].get(n)) for n in names if settings[0].get(n) != settings[1].get(n)}
    by_class: dict[str, tuple[float, float]] = {}
    comparable = False
    if a.evaluation is not None and b.evaluation is not None:
        first, second = a.evaluation.report, b.evaluation.report
        comparable = all(first[key] == second[key] for key in ("protocol", "tiou", "n_ground_truth"))
        by_class = {c: (_mean(first["ap"][c]), _mean(second["ap"][c])) for c in first["ap"] if c in second["ap"]}
    return Comparison(a, b, changed, (a.average_mAP, b.average_mAP), by_class, comparable)


def _settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """``method.field`` to value; those of a base, a list of NAME=VALUE, one by one as ``base.name``."""
    found = {f"method.{name}": value for name, value in config.items()}
    pairs = [str(pair).partition("=") for pair in found.pop("method.base_settings", None) or ()]
    return found | {f"base.{name}": value for name, _, value in pairs}


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def retrain_where_due(workspace: Workspace) -> tuple[int, ...]:
    """Start the runs that projects asked for after so many new labels; the worker looks every few seconds."""
    with workspace.read() as unit:
        projects = [project.id for project in unit.projects.all() if project.settings.get("retrain_after")]
    started = (retrain_if_due(workspace, project) for project in projects)
    return tuple(run for run in started if run is not None)


def retrain_if_due(workspace: Workspace, project: int) -> int | None:
    """Start a run when the project asks for one after ``retrain_after`` new labels and they are there; its number."""
    with workspace.read() as unit:
        wanted = unit.projects.get(project).settings.get("retrain_after")
        if not wanted:
            return None
        newest = next(iter(unit.runs.of_project(project)), None)
        if newest is not None and newest.status in ACTIVE:
            return None
        counts = unit.edits.counts(project, after=0 if newest is None else newest.label_sequence)
        asked = _asked_like_shown(unit, project)
    if sum(counts.get(kind, 0) for kind in LABELLING) < int(wanted):
        return None
    try:
        return start(workspace, project, **asked)
    except ValueError:  # labels that no training video can use: the next ones may
        return None


def _asked_like_shown(unit: UnitOfWork, project: int) -> dict[str, Any]:
    """How the run that is shown was asked for, else the newest one: what a retrain repeats on newer labels."""
    known = unit.runs.of_project(project)
    run = next((each for each in known if each.promoted), next(iter(known), None))
    if run is None:
        return {"method": "mixed"}
    job = None if run.job_id is None else unit.jobs.get(run.job_id)
    asked = {} if job is None else job.payload
    return {
        "method": run.method,
        "preset": run.preset or None,
        "options": asked.get("settings"),
        "seed": run.seed,
        "extractor": asked.get("extractor"),
    }
