"""What models and labels are worth: stored evaluations, the measured cost of labels, and cost against mAP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app import jobs
from app.services.costs import AnnotationCost, annotation_cost, imported_first, measurable_videos, project_costs
from app.workspace import Workspace
from db.records import EvaluationRecord
from wtal_core.domain import MICROSECONDS, Subset, SupervisionLevel
from wtal_core.evaluation import EvaluationReport
from wtal_core.evaluation.activity import SIMULATED
from wtal_core.evaluation.cost import PAPER_PHI, Phi, expected_phi, phi, phi_by

__all__ = [
    "AnnotationCost",
    "CostPoint",
    "LevelPhi",
    "annotation_cost",
    "cost_curve",
    "delete",
    "phi_by_annotator",
    "phi_by_level",
    "report",
    "reports",
    "start",
]


@dataclass(frozen=True, slots=True)
class CostPoint:
    """One run on the cost chart: there only while both its evaluation and the event log are.

    Attributes
    ----------
    run, method
        Which run.
    seconds
        Active annotation time on training videos when the run took its labels.
    share
        The same over the duration of all training videos.
    average_mAP
        0 to 1.
    is_simulated
        Drawn hollow.
    created_at
        When the run was asked for.
    """

    run: int
    method: str
    seconds: float
    share: float
    average_mAP: float
    is_simulated: bool
    created_at: float


@dataclass(frozen=True, slots=True)
class LevelPhi:
    """Annotation-duration ratio of one level.

    Attributes
    ----------
    level
        Supervision level.
    measured, assisted
        From people's events without and with help, which is model output on the screen or labels that were imported
        before; None where there are none.
    simulated
        From the demo's events, never mixed with the others.
    paper
        The papers' value by data set.
    expected, is_measured
        What to reckon with: the measured ratio from ten videos on, the papers' before.
    """

    level: SupervisionLevel
    measured: Phi | None
    assisted: Phi | None
    simulated: Phi | None
    paper: Mapping[str, float]
    expected: float
    is_measured: bool


# ------------------------------------------------------------------------------------------------------ evaluations


def reports(workspace: Workspace, project: int) -> tuple[EvaluationRecord, ...]:
    """Stored evaluations of a project, newest first."""
    with workspace.read() as unit:
        return unit.runs.evaluations(project_id=project)


def report(workspace: Workspace, run: int) -> EvaluationReport | None:
    """The evaluation of a run on the validation videos, or None."""
    with workspace.read() as unit:
        stored = unit.runs.evaluations(run_id=run)
    return EvaluationReport.from_json(dict(stored[0].report)) if stored else None


def start(workspace: Workspace, run: int) -> int:
    """Ask for an evaluation of a run against the validation labels as they stand now; the number of the job."""
    with workspace.read() as unit:
        project = unit.runs.get(run).project_id
    return jobs.enqueue(workspace, "evaluate", {"run": run}, project)


def delete(workspace: Workspace, evaluation: int) -> None:
    """Remove a stored evaluation; its point on the cost chart goes with it."""
    with workspace.write() as unit:
        unit.runs.delete_evaluation(evaluation)


# ------------------------------------------------------------------------------------------------------------- cost


def cost_curve(workspace: Workspace, project: int) -> tuple[CostPoint, ...]:
    """Every evaluated run with the annotation time its labels had cost, oldest first.

    The time is derived anew from the event log up to the moment the run took its labels; a run without a stored
    evaluation, or without an event before it, has no point.
    """
    with workspace.read() as unit:
        newest: dict[int, EvaluationRecord] = {}
        for evaluation in unit.runs.evaluations(project_id=project):
            newest.setdefault(evaluation.run_id, evaluation)
        videos = measurable_videos(unit, project).values()
        total = sum(v.duration for v in videos if v.subset != Subset.VALIDATION) / MICROSECONDS
        points = []
        for run_id, evaluation in sorted(newest.items()):
            run = unit.runs.get(run_id)
            cost = annotation_cost(unit, project, run.created_at)
            if cost.n_events and total:
                average = float(evaluation.report["average_mAP"])
                points.append(
                    CostPoint(
                        run_id,
                        run.method,
                        cost.training_seconds,
                        cost.training_seconds / total,
                        average,
                        cost.is_simulated,
                        run.created_at,
                    )
                )
        return tuple(points)


def phi_by_level(workspace: Workspace, project: int, *, prior: str = "thumos14") -> tuple[LevelPhi, ...]:
    """Phi of each level with its bootstrap interval, people's apart from simulated, beside the papers' values."""
    with workspace.read() as unit:
        costs, imported = project_costs(unit, project), imported_first(unit, project)
    helped = [cost.assisted or cost.video in imported for cost in costs]
    alone = phi_by([c for c, is_helped in zip(costs, helped, strict=True) if not is_helped], lambda cost: cost.level)
    assisted = phi_by([c for c, is_helped in zip(costs, helped, strict=True) if is_helped], lambda cost: cost.level)
    found = []
    for level in SupervisionLevel:
        simulated = [cost for cost in costs if cost.source == SIMULATED and cost.level == level]
        expected, is_measured = expected_phi(level, alone, prior=prior)
        paper = {data_set: values[level] for data_set, values in PAPER_PHI.items()}
        pretended = phi(simulated) if simulated else None
        found.append(LevelPhi(level, alone.get(level), assisted.get(level), pretended, paper, expected, is_measured))
    return tuple(found)


def phi_by_annotator(workspace: Workspace, project: int) -> dict[tuple[str, SupervisionLevel], Phi]:
    """Phi of each annotator and level, model-assisted work included, simulated left out."""
    with workspace.read() as unit:
        return phi_by(project_costs(unit, project), lambda cost: (cost.annotator, cost.level))
