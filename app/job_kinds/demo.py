"""The two jobs of the demo that no other project has: rendering its videos, and labelling them as if by a person.

Between them its videos are read and extracted like all others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app import crew
from app.task import Task


def render(task: Task) -> Mapping[str, Any]:
    """Render the videos and add them; reading, extraction and labels follow."""
    from app.services import adding, demo, library
    from wtal_core.rendering import render_demo, render_video

    workspace, n_videos, seed = task.workspace, int(task.payload["n_videos"]), int(task.payload["seed"])
    folder = demo.folder(workspace)

    def progress(done: float, _n_ended: int = 0) -> None:
        task.progress(done, f"rendering {n_videos} videos")

    calls = [{"folder": str(folder), "index": index, "seed": seed} for index in range(n_videos)]
    for outcome in crew.spread(render_video, calls, progress):
        if outcome.error is not None:
            raise outcome.error
    report = render_demo(folder, n_videos, seed)  # the annotations; the videos are there
    added = adding.add_videos(workspace, task.project, report.videos, enqueue=lambda *_: 0)
    if added.problems:
        raise ValueError(f"the demo's videos could not be added: {added.problems[0]}")
    videos = [video.id for video in library.all_videos(workspace, task.project)]
    then = [["demo labels", {"demo": True}]]
    task.follow("probe", {"videos": videos, "demo": True, "extract": demo.EXTRACTOR, "then": then})
    return {"videos": len(videos)}


def label(task: Task) -> None:
    """Label the videos as the simulated annotator does, and start the first training."""
    from app.services import demo

    task.progress(0.0, "labelling as a simulated annotator")
    demo.label(task.workspace, task.project)
