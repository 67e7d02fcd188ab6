"""What an edit and a batch of clock events cost the server, by how much the video holds already.

Run it with ``python -m benchmarks.edits``. Each figure is the time from the call of the service to its answer, which
follows the commit (SQLite, ``synchronous=FULL``), so that it is the server's share of "key press to committed row";
``python -m benchmarks.annotator --events N`` measures the whole way from a key in Chromium.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from app import jobs  # noqa: F401 - the background jobs name their services, so they are loaded first
from app.services import annotating, clock, library
from app.settings import Settings
from app.workspace import Workspace

DURATION = 3 * 3_600_000_000
LEVELS = ("one-segment", "two-segment", "full")


def video_of(workspace: Workspace, name: str) -> int:
    """A project of its own with one video of three hours."""
    project = library.create_project(workspace, name, class_names=("Run", "Jump", "Throw")).id
    with workspace.write() as unit:
        return unit.videos.add(
            project, "long.mp4", time.time(), status="ready", duration=DURATION, subset="training"
        ).id


def put(number: int) -> dict[str, Any]:
    """An annotation of a level in turn, somewhere in the video."""
    level, start = LEVELS[number % 3], 1_000_000 * (number % 10_000)
    clicks = {"one-segment": [start], "two-segment": [start, start + 500_000]}.get(level, [])
    ends = {"start": start, "end": start + 500_000} if level == "full" else {"start": None, "end": None}
    annotation = {"id": uuid.uuid4().hex, "label": ("Run", "Jump", "Throw")[number % 3], "level": level, **ends}
    return edit("annotation.put", annotation={**annotation, "clicks": clicks, "model_assisted": False})


def edit(kind: str, **fields: Any) -> dict[str, Any]:
    """An edit in a group of its own."""
    return {"id": uuid.uuid4().hex, "group": uuid.uuid4().hex, "kind": kind, **fields}


def tick(number: int) -> dict[str, Any]:
    """A heartbeat, one a second."""
    return {"id": uuid.uuid4().hex, "kind": "heartbeat", "monotonic": 1000.0 * number, "level": "full"}


def milliseconds(call: Callable[[], object], rounds: int) -> dict[str, float]:
    """Quantiles of the time one call takes."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - began))
    p50, p95 = np.quantile(times, (0.5, 0.95))
    return {"p50_ms": round(float(p50), 1), "p95_ms": round(float(p95), 1)}


def measured(workspace: Workspace, n_events: int, rounds: int) -> dict[str, Any]:
    """One mark, one undo, one batch of three clock events, and opening, on a video with so many of each."""
    video, session = video_of(workspace, f"{n_events} events"), uuid.uuid4().hex
    for first in range(0, n_events, 1000):
        some = [put(number) for number in range(first, min(first + 1000, n_events))]
        assert not annotating.apply_edits(workspace, "ada", video, some).refused
        ticks = [tick(number) for number in range(first, min(first + 1000, n_events))]
        clock.activity(workspace, "ada", {"session": session, "video": video, "events": ticks})
    sequence, numbers, ticking = 0, itertools.count(), itertools.count(n_events)
    marks: list[dict[str, Any]] = []

    def post(given: dict[str, Any]) -> None:
        nonlocal sequence
        batch = {"session": session, "video": video, "sequence": sequence, "edits": [given]}
        answer = annotating.edit(workspace, "ada", batch)
        assert answer["saved"] == [given["id"]], answer
        sequence = answer["sequence"]

    def mark() -> None:
        marks.append(put(next(numbers)))
        post(marks[-1])

    def undo() -> None:
        done = marks.pop()
        post(edit("annotation.delete", annotation_id=done["annotation"]["id"]) | {"undoes": done["group"]})

    def activity() -> None:
        events = [tick(next(ticking)) for _ in range(3)]
        clock.activity(workspace, "ada", {"session": session, "video": video, "events": events})

    return {
        "events": n_events,
        "mark": milliseconds(mark, rounds),
        "undo": milliseconds(undo, rounds),
        "activity": milliseconds(activity, rounds),
        "open": milliseconds(lambda: annotating.open_video(workspace, video, "ada"), 5),
    }


def main() -> None:
    """Measure, print one JSON object a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, nargs="+", default=[1, 1000, 10_000])
    parser.add_argument("--rounds", type=int, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        environment = {"WTAL_HOME": str(Path(folder) / "home"), "WTAL_SECRET": "benchmark"}
        workspace = Workspace(Settings.from_environment(environment))
        for n_events in options.events:
            json.dump(measured(workspace, n_events, options.rounds), sys.stdout)
            print(flush=True)
        workspace.close()


if __name__ == "__main__":
    main()
