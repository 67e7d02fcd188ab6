"""How long a label file of many videos takes to import in the background, and what whoever labels meanwhile notices.

Run it with ``python -m benchmarks.label_import``: a file with fifteen instances in each of a thousand videos, and a
second annotator who saves an edit every twentieth of a second while it is stored.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import numpy as np

from app import jobs
from app.services import annotating, exchange, library
from app.settings import Settings
from app.workspace import Workspace

LENGTH = 200_000_000


def annotation_file(n_videos: int) -> bytes:
    """ActivityNet JSON: fifteen instances of twenty classes in each video."""
    segments = [[10 * number + 1, 10 * number + 6] for number in range(15)]
    videos = {
        f"v{i:05}": {
            "duration": LENGTH / 1e6,
            "subset": "training",
            "annotations": [{"label": f"c{(i + k) % 20}", "segment": segment} for k, segment in enumerate(segments)],
        }
        for i in range(n_videos)
    }
    return json.dumps({"database": videos}).encode()


def main() -> None:
    """Measure, print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=int, default=1000)
    n_videos = parser.parse_args().videos
    with tempfile.TemporaryDirectory() as folder:
        environment = {"WTAL_HOME": str(Path(folder) / "home"), "WTAL_SECRET": "benchmark"}
        workspace = Workspace(Settings.from_environment(environment))
        print(json.dumps(measured(workspace, n_videos)))
        workspace.close()


def measured(workspace: Workspace, n_videos: int) -> dict[str, Any]:
    """The import as the worker runs it, beside an annotator."""
    project = library.create_project(workspace, "Import").id
    facts = {"status": "ready", "duration": LENGTH}
    with workspace.write() as unit:
        for number in range(n_videos):
            unit.videos.add(project, f"v{number:05}.mp4", 0.0, content_hash=str(number), **facts)
        other = unit.videos.add(project, "other.mp4", 0.0, content_hash="other", **facts).id
    waits: list[float] = []
    ended = threading.Event()

    def label() -> None:
        while not ended.wait(0.05):
            began = time.perf_counter()
            edit = {"id": uuid.uuid4().hex, "kind": "comment.set", "text": str(len(waits))}
            annotating.apply_edits(workspace, "ada", other, [edit])
            waits.append(1000 * (time.perf_counter() - began))

    annotator = threading.Thread(target=label)
    annotator.start()
    began, cpu = time.monotonic(), time.process_time()
    job = exchange.request_import(workspace, project, annotation_file(n_videos), "labels.json", "activitynet")
    done = jobs.run(workspace, job, "benchmark")
    seconds, cpu_seconds = time.monotonic() - began, time.process_time() - cpu
    ended.set()
    annotator.join()
    assert done is not None and done.status == "done", done
    p50, p95 = np.quantile(waits, (0.5, 0.95))
    return {
        "annotations": done.result["annotations"],
        "seconds": round(seconds, 1),
        "cpu_seconds": round(cpu_seconds, 1),
        "edits_meanwhile": len(waits),
        "edit_p50_ms": round(float(p50)),
        "edit_p95_ms": round(float(p95)),
        "edit_longest_ms": round(max(waits)),
    }


if __name__ == "__main__":
    main()
