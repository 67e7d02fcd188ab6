"""The demo project: rendered videos with known boundaries, labelled by a simulated annotator, and a first model.

It goes the way of every project, as jobs one can watch: render, read, extract, label, train. Labels and clock events
carry ``source=simulated``: they are drawn hollow and never enter a measured phi.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from app import jobs, worker
from app.services import annotating, clock, library, runs
from app.services.classes import ensure_classes_in
from app.services.identity import SIMULATION
from app.services.split import assign_in
from app.workspace import Workspace
from db.records import JobRecord, VideoRecord
from wtal_core.domain import MICROSECONDS, Segment, SupervisionLevel
from wtal_core.evaluation.cost import PAPER_PHI

NAME = "Demo"
N_VIDEOS = 10
SEED = 0
EXTRACTOR = "motion"  # drawn figures are no photographs; the faster one shows them as well
METHOD = "mixed"
PRESET = "contrast"  # with so few videos no order can be learned; three rounds in place of six
LEVELS = (
    SupervisionLevel.FULL,
    SupervisionLevel.TWO_SEGMENT,
    SupervisionLevel.ONE_SEGMENT,
    SupervisionLevel.FULL,
    SupervisionLevel.VIDEO,
)
"""Levels the training videos are labelled at, one after the other; validation videos are annotated in full."""
HEARTBEAT = 5.0  # seconds between two simulated clock events


def start(workspace: Workspace) -> int:
    """Ask for the demo project; its number. Asked again, it changes nothing, or lets what had failed go on."""
    with workspace.write() as unit:
        project = unit.projects.by_name(NAME) or unit.projects.add(NAME, SupervisionLevel.FULL.value, time.time())
        known = [job for job in unit.jobs.list(project_id=project.id) if job.payload.get("demo")]
        job = None if known else jobs.add(unit, "demo", {"demo": True, "n_videos": N_VIDEOS, "seed": SEED}, project.id)
    if job is not None:
        jobs.announce(workspace, job)
    for broken in known:
        if broken.status in ("failed", "cancelled"):
            jobs.resume(workspace, broken.id)
    return project.id


def make(workspace: Workspace, on_job: Callable[[JobRecord], object] | None = None) -> int:
    """Make the demo project here and now, beside a running worker or without one; its number.

    Parameters
    ----------
    on_job
        Told every job that ends here.

    Raises
    ------
    RuntimeError
        If a job of it failed, with the job's reason.
    """
    project = start(workspace)
    while jobs.active(workspace, project):
        if not worker.drain(workspace, on_end=on_job):
            time.sleep(0.2)  # a worker elsewhere is at it
    for job in jobs.recent(workspace, project):
        if job.payload.get("demo") and job.status == "failed":
            raise RuntimeError(f"the demo stopped in its {job.kind} job: {job.error}")
    failed = [view.run for view in runs.history(workspace, project) if view.run.status == "failed"]
    if failed and not any(view.run.status == "done" for view in runs.history(workspace, project)):
        raise RuntimeError(f"the demo's training failed: {failed[0].error}")
    return project


def folder(workspace: Workspace) -> Path:
    """Where the demo's videos are."""
    return workspace.uploads / "demo"


def label(workspace: Workspace, project: int) -> None:
    """Say what the simulated annotator says of every video and how long it took, then train; harmless when repeated."""
    database = json.loads((folder(workspace) / "annotations.json").read_text(encoding="utf-8"))["database"]
    names = sorted({each["label"] for video in database.values() for each in video["annotations"]})
    videos = {Path(v.name).stem: v for v in library.all_videos(workspace, project) if v.status == "ready"}
    with workspace.write() as unit:
        ensure_classes_in(unit, project, names)
        assign_in(unit, project, {videos[stem].id: said["subset"] for stem, said in database.items() if stem in videos})
        unit.projects.change(project, is_split=True)
    n_training = 0
    for stem, said in sorted(database.items()):
        if stem not in videos:
            continue
        level = SupervisionLevel.FULL
        if said["subset"] == "training":
            level = LEVELS[n_training % len(LEVELS)]
            n_training += 1
        rng = np.random.default_rng([SEED, videos[stem].id])
        edits = edits_of(videos[stem], said["annotations"], level, names, rng)
        refused = annotating.apply_edits(workspace, SIMULATION, videos[stem].id, edits, session="demo").refused
        if refused:
            raise ValueError(f"the demo's labels of {stem} were refused: {refused[0]['error']}")
        clock.activity(workspace, SIMULATION, activity_of(videos[stem], level, rng))
    if not runs.history(workspace, project):
        runs.start(workspace, project, METHOD, preset=PRESET, folds=False)


def edits_of(
    video: VideoRecord,
    annotations: list[Mapping[str, Any]],
    level: SupervisionLevel,
    names: list[str],
    rng: np.random.Generator,
) -> list[dict[str, Any]]:
    """What labelling a video at a level comes to, as edits whose ids are the same every time."""
    occurring = {each["label"] for each in annotations}
    edits: list[dict[str, Any]] = [
        {"kind": "label.set", "label": name, "present": name in occurring}
        for name in names
        if level is SupervisionLevel.VIDEO or name in occurring
    ]
    for number, each in enumerate(annotations):
        if level is not SupervisionLevel.VIDEO:
            span = Segment.from_seconds(*each["segment"])
            mark = {"id": f"demo-{video.id}-{number}", "label": each["label"], "level": level.value}
            edits.append({"kind": "annotation.put", "annotation": mark | _times(video, span, level, rng)})
    if level is SupervisionLevel.FULL:
        edits.append({"kind": "complete.set", "complete": True})
    return [edit | {"id": f"demo-{video.id}-e{number}"} for number, edit in enumerate(edits)]


def _times(
    video: VideoRecord, span: Segment, level: SupervisionLevel, rng: np.random.Generator
) -> dict[str, int | list[int]]:
    """The boundaries, or clicks at random inside them, in raw time."""
    start, end = video.origin + span.start, min(video.origin + span.end, video.extent.end)
    if level is SupervisionLevel.FULL:
        return {"start": start, "end": end}
    n_clicks = 1 if level is SupervisionLevel.ONE_SEGMENT else 2
    return {"clicks": sorted(int(start + share * (end - start)) for share in rng.uniform(0.1, 0.9, n_clicks))}


def activity_of(video: VideoRecord, level: SupervisionLevel, rng: np.random.Generator) -> dict[str, Any]:
    """Clock events of labelling a video for about as long as the papers' annotators took."""
    seconds = PAPER_PHI["thumos14"][level] * video.duration / MICROSECONDS * rng.uniform(0.8, 1.2)
    moments = [*np.arange(0.0, seconds, HEARTBEAT).tolist(), seconds]
    kinds = ["open", *["heartbeat"] * (len(moments) - 2), "close"]
    events = [
        {"id": f"demo-{video.id}-a{i}", "kind": kind, "monotonic": 1000.0 * moment, "level": level.value}
        for i, (kind, moment) in enumerate(zip(kinds, moments, strict=True))
    ]
    return {"session": f"demo-{video.id}", "video": video.id, "events": events}
