"""Workspaces that look like a lab's after some days: videos, labels of every level, two runs, clock events, a job.

Everything is made by services and stores, as the application makes it; nothing is decoded and nothing is trained.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass

import numpy as np

from app import jobs  # noqa: F401 - the background jobs name their services, so they are loaded first
from app.services import annotating, library, merging, split
from app.services.evaluating import annotation_cost
from app.workspace import Workspace
from db.records import MethodRecord
from wtal_core.domain import Proposal, Segment
from wtal_core.evaluation import GroundTruth, evaluate

CLASSES = ("Jump", "Run")
SNIPPET = 640_000
LENGTH = 20 * SNIPPET
"""Every video of a scene is as long as 20 snippets of 16 frames at 25 frames a second."""


@dataclass(frozen=True)
class Scene:
    project: int
    videos: tuple[int, ...]
    runs: tuple[int, ...] = ()


def empty_project(workspace: Workspace) -> Scene:
    return Scene(library.create_project(workspace, "Jumps", class_names=CLASSES).id, ())


def with_videos(workspace: Workspace, n: int = 10) -> Scene:
    """``n`` ready videos, split into training and validation, and one that failed."""
    project = empty_project(workspace).project
    with workspace.write() as unit:
        facts = {"status": "ready", "duration": LENGTH, "is_playable": True, "fps": 25.0, "path": "/gone.mp4"}
        made = [
            unit.videos.add(project, f"jump_{i:02}.mp4", time.time(), content_hash=f"hash {i}", **facts).id
            for i in range(n)
        ]
        unit.videos.add(
            project, "broken.mp4", time.time(), status="failed", problem="the file is cut off; copy it again"
        )
        unit.videos.add_problem(project, "/data/empty.mp4", "is empty; copy it again", time.time())
    split.make_split(workspace, project)
    return Scene(project, tuple(made))


def labelled(workspace: Workspace) -> Scene:
    """Validation videos complete, training videos at three levels in turn, and some time spent on each."""
    scene = with_videos(workspace)
    for index, video in enumerate(scene.videos):
        record = library.video(workspace, video)
        level = "full" if record.subset == "validation" else ("full", "one-segment", "two-segment")[index % 3]
        edits = [put(level, CLASSES[index % 2], 2_000_000, 5_000_000)]
        if level == "full":
            edits.append(edit("complete.set", complete=True))
        assert not annotating.apply_edits(workspace, "ada", video, edits).refused
        events = [
            {
                "id": str(uuid.uuid4()),
                "kind": "heartbeat" if tick else "open",
                "monotonic": 1000.0 * tick,
                "playing": True,
                "visible": True,
                "level": level,
                "assisted": False,
            }
            for tick in range(7)
        ]
        annotating.activity(workspace, "ada", {"session": str(uuid.uuid4()), "video": video, "events": events})
    return scene


def edit(kind: str, **fields: object) -> dict[str, object]:
    return {"id": str(uuid.uuid4()), "group": str(uuid.uuid4()), "kind": kind, "client_time": 0, **fields}


def put(level: str, label: str, start: int, end: int) -> dict[str, object]:
    clicks = {"full": [], "one-segment": [start], "two-segment": [start, end]}[level]
    ends = {"start": start, "end": end} if level == "full" else {"start": None, "end": None}
    annotation = {
        "id": str(uuid.uuid4()),
        "label": label,
        "level": level,
        "clicks": clicks,
        "model_assisted": False,
        **ends,
    }
    return edit("annotation.put", annotation=annotation)


def trained(workspace: Workspace) -> Scene:
    """Two runs that are done: the first misses half of what there is, the second finds all; both are measured."""
    scene = labelled(workspace)
    with workspace.write() as unit:
        unit.runs.put_methods([catalogue_entry()], time.time())
    runs = tuple(_run(workspace, scene, shift) for shift in (2_500_000, 0))
    with workspace.write() as unit:
        unit.runs.promote(runs[1])
    return Scene(scene.project, scene.videos, runs)


def catalogue_entry() -> MethodRecord:
    fields = [
        {"name": "method.hidden", "type": "int", "default": 128, "help": "width", "optional": False, "choices": []},
        {"name": "method.rate", "type": "float", "default": 0.5, "help": "", "optional": False, "choices": []},
        {
            "name": "method.gate",
            "type": "choice",
            "default": "soft",
            "help": "",
            "optional": False,
            "choices": ["soft", "hard"],
        },
        {"name": "method.warm", "type": "bool", "default": True, "help": "", "optional": False, "choices": []},
        {"name": "training.max_length", "type": "int", "default": None, "help": "", "optional": True, "choices": []},
    ]
    return MethodRecord(
        "mixed", 0, True, "Mixed", "Learns from all.", ["video", "full"], fields, {}, {"small": {"method.hidden": 8}}
    )


def _run(workspace: Workspace, scene: Scene, shift: int) -> int:
    """A finished run whose proposals lie ``shift`` microseconds beside the truth."""
    usage = {"video": {"given": 0, "used": 0}, "full": {"given": 4, "used": 3}}
    with workspace.write() as unit:
        cost = annotation_cost(unit, scene.project)
        run = unit.runs.add(
            scene.project,
            "mixed",
            time.time(),
            status="done",
            class_names=list(CLASSES),
            config={"shift": shift},
            label_snapshot={"videos": 8, "levels": {"full": 4}},
            label_usage=usage,
            notes=["jump_03.mp4: a click lies past the last snippet; not used"],
            cost_seconds=cost.training_seconds,
            video_seconds=cost.video_seconds,
        ).id
        for step in range(0, 50, 10):
            unit.runs.log(run, step=step, n_steps=50, epoch=0, terms={"total": 1 / (1 + step)}, at=time.time())
        found = {}
        for index, video in enumerate(scene.videos):
            path = workspace.runs / str(run) / f"{video}.npz"
            path.parent.mkdir(parents=True, exist_ok=True)
            _store_curves(path, index)
            segment = Segment(2_000_000 + shift, 5_000_000 + shift)
            found[video] = [Proposal(CLASSES[index % 2], segment, 0.9), Proposal("Jump", Segment(0, SNIPPET), 0.1)]
            relative = str(path.relative_to(workspace.runs))
            unit.runs.put_prediction(run, video, path=relative, n_snippets=20, proposals=found[video], at=time.time())
    _measure(workspace, scene, run, {library.video(workspace, video).name: rows for video, rows in found.items()})
    return run


def _store_curves(path, index):
    cas = np.zeros((20, 2), np.float32)
    cas[3:8, index % 2] = 2.0
    edges = np.arange(21, dtype=np.int64) * SNIPPET
    threshold, scores = np.full(20, 0.5, np.float32), np.ones(2, np.float32)
    np.savez(path, cas=cas, threshold=threshold, edges=edges, class_names=np.array(CLASSES), video_scores=scores)


def _measure(workspace, scene, run, proposals):
    found = merging.labels(workspace, scene.project, subset="validation")
    truth = [item.labels for item in found.values() if item.is_complete]
    report = evaluate(
        GroundTruth.from_labels(truth, subset="validation"), {each.video_id: proposals[each.video_id] for each in truth}
    )
    with workspace.write() as unit:
        cost = annotation_cost(unit, scene.project)
        unit.runs.add_evaluation(
            run,
            time.time(),
            protocol="activitynet",
            subset="validation",
            report=report.to_json(),
            cost_seconds=cost.training_seconds,
            video_seconds=cost.video_seconds,
        )
