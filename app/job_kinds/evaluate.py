"""Evaluating a run on the validation videos, and storing what its labels had cost at that moment."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from app.services import snapshot as snapshots
from app.services.costs import annotation_cost
from app.task import Task
from db.records import RunRecord
from wtal_core.domain import Proposal, Subset
from wtal_core.evaluation import EvaluationReport, GroundTruth, evaluate

PROTOCOL = "activitynet"


def run(task: Task) -> Mapping[str, Any]:
    """Evaluate ``payload["run"]`` against the validation labels as they stand now."""
    with task.workspace.read() as unit:
        row = unit.runs.get(int(task.payload["run"]))
        taken = snapshots.take(unit, row.project_id)
    report = evaluate_run(task, row, taken)
    if report is None:
        raise ValueError(
            "no validation video is complete yet; label some of them in full, without the model's proposals, "
            "then evaluate"
        )
    return {"average_mAP": report.average_mAP}


def evaluate_run(task: Task, row: RunRecord, taken: snapshots.Snapshot) -> EvaluationReport | None:
    """Evaluate a run's stored proposals and store the report; None if no validation video can serve as truth.

    An earlier evaluation of the run is replaced.
    """
    with task.workspace.read() as unit:
        found = unit.runs.all_proposals(row.id)
    proposals = {name: found[video.id] for name, video in taken.validation.items() if video.id in found}
    report = score(taken.validation.values(), proposals, row.class_names, Subset.VALIDATION)
    if report is None:
        return None
    with task.write() as unit:
        cost = annotation_cost(unit, row.project_id, row.created_at)
        for earlier in unit.runs.evaluations(run_id=row.id):
            unit.runs.delete_evaluation(earlier.id)
        unit.runs.add_evaluation(
            row.id,
            time.time(),
            protocol=report.protocol,
            subset=Subset.VALIDATION.value,
            report=report.to_json(),
            cost_seconds=cost.training_seconds,
            video_seconds=cost.video_seconds,
            details={
                "videos": len(proposals),
                "is_simulated": cost.is_simulated,
                "validation_cost_seconds": cost.validation_seconds,
                "label_sequence": taken.sequence,
            },
        )
    return report


def score(
    videos: Iterable[snapshots.SnapshotVideo],
    proposals: Mapping[str, list[Proposal]],
    class_names: Iterable[str],
    subset: Subset,
) -> EvaluationReport | None:
    """Evaluate proposals of fully annotated videos; None if no action instance is among them."""
    known = set(class_names)
    labels = [video.labels for video in videos if video.labels.video_id in proposals]
    if not any(annotation.label in known for each in labels for annotation in each.annotations):
        return None
    truth = GroundTruth.from_labels(labels, subset=subset.value)
    return evaluate(truth, proposals, protocol=PROTOCOL)
