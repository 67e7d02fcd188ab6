"""A small project for tests: planted actions in feature sequences, labels at several levels, no video files."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.services import annotating, library
from app.workspace import Workspace
from wtal_core.domain import MICROSECONDS

STEP = 640_000  # microseconds of a snippet: 16 frames at 25 per second
CLASSES = ("wave", "jump")


@dataclass(frozen=True)
class Scene:
    """The project, its videos by name, and where the actions really are: name to (class, first cell, stop cell)."""

    project: int
    videos: dict[str, int]
    truth: dict[str, list[tuple[str, int, int]]]


def planted(
    workspace: Workspace, *, n_training: int = 8, n_validation: int = 3, n_snippets: int = 24, seed: int = 0
) -> Scene:
    """Videos in which each action lifts features of its own; half the training videos in full, half by one click,
    validation in full."""
    rng = np.random.default_rng(seed)
    project = library.create_project(workspace, "planted", class_names=CLASSES).id
    names = [f"t{i}" for i in range(n_training)] + [f"v{i}" for i in range(n_validation)]
    videos: dict[str, int] = {}
    truth: dict[str, list[tuple[str, int, int]]] = {}
    for i, name in enumerate(names):
        first = int(rng.integers(2, n_snippets - 9))
        truth[name] = [(CLASSES[i % 2], first, first + int(rng.integers(4, 7)))]
        values = rng.normal(0, 0.3, (n_snippets, 12)).astype(np.float32)
        for label, start, stop in truth[name]:
            values[start:stop, 6 * CLASSES.index(label) : 6 * CLASSES.index(label) + 6] += 1.5
        videos[name] = add_features(workspace, project, name, values, "validation" if name[0] == "v" else "training")
    with workspace.write() as unit:
        unit.projects.change(project, is_split=True)
    for i, name in enumerate(names):
        is_full = name[0] == "v" or i % 2 == 0
        say(workspace, videos[name], truth[name], level="full" if is_full else "one-segment")
    return Scene(project, videos, truth)


def add_features(workspace: Workspace, project: int, name: str, values: np.ndarray, subset: str | None) -> int:
    """A video known by its features only."""
    path = workspace.features / f"{name}.npy"
    np.save(path, values)
    with workspace.write() as unit:
        video = unit.videos.add(
            project,
            name,
            0.0,
            status="ready",
            duration=len(values) * STEP,
            subset=subset,
            content_hash=f"hash of {name}",
        )
        unit.features.put(
            video.id,
            extractor="planted",
            fingerprint="f1",
            path=f"features/{name}.npy",
            n_snippets=len(values),
            n_features=values.shape[1],
            at=0.0,
            meta={"fps": 25.0, "snippet_frames": 16, "stride_frames": 16, "streams": {"rgb": [0, 6], "flow": [6, 12]}},
        )
    return video.id


def say(workspace: Workspace, video: int, truth: list[tuple[str, int, int]], *, level: str, who: str = "ada") -> None:
    """Label a video as a person would at a level."""
    edits: list[dict[str, object]] = []
    for k, (label, first, stop) in enumerate(truth):
        mark: dict[str, object] = {"id": f"{video}-{k}-{level}", "label": label, "level": level}
        middle = (first + stop) * STEP // 2
        mark |= {"start": first * STEP, "end": stop * STEP} if level == "full" else {"clicks": [middle]}
        edits.append({"id": f"e{video}-{k}-{level}", "kind": "annotation.put", "annotation": mark})
    if level == "full":
        edits.append({"id": f"c{video}", "kind": "complete.set", "complete": True})
    taken = annotating.apply_edits(workspace, who, video, edits)
    assert not taken.refused, taken.refused


def work(workspace: Workspace, video: int, seconds: float, *, level: str = "full", who: str = "ada") -> None:
    """Clock events of somebody working on a video."""
    from app.services import clock

    times = np.arange(0, seconds + 1e-9, 5.0)
    events = [
        {"id": f"a{video}-{who}-{level}-{i}", "kind": "heartbeat", "monotonic": 1000.0 * t, "level": level}
        for i, t in enumerate(times)
    ]
    stored = clock.activity(workspace, who, {"session": f"s{video}-{who}-{level}", "video": video, "events": events})
    assert not stored["refused"], stored
    assert MICROSECONDS == 1_000_000
