"""Extracting features, video by video; what is stored is not made again, so an interrupted job loses one video."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from app.job_kinds.probe import MACHINE_TROUBLE
from app.task import Task
from db.errors import NotFoundError
from db.records import VideoRecord

EXTRACTOR = "motion"


def run(task: Task) -> Mapping[str, Any]:
    """Extract features of ``payload["videos"]`` (None: of all videos of the project) by ``payload["extractor"]``.

    Seconds left are reckoned from the seconds of video done so far. A video that cannot be extracted is noted in the
    library and harms nothing. ``payload["then"]``, pairs of kind and payload, follows.
    """
    extractor = task.payload.get("extractor") or EXTRACTOR
    videos = _videos(task)
    total = sum(video.duration for video in videos) or 1
    done, begun, failed = 0, time.monotonic(), 0
    for i, video in enumerate(videos):

        def progress(share: float, before: int = done, this: VideoRecord = video, number: int = i) -> None:
            overall = (before + share * this.duration) / total
            spent = time.monotonic() - begun
            left = spent * (1 - overall) / overall if overall > 0 and spent > 1 else None
            task.progress(overall, f"extracting {this.name} ({number + 1} of {len(videos)})", left)

        progress(0.0)
        try:
            _extract(task, video, extractor, progress)
        except NotFoundError:  # deleted from the library meanwhile
            pass
        except (ValueError, OSError) as error:
            if isinstance(error, OSError) and error.errno in MACHINE_TROUBLE:
                raise
            failed += 1
            _note(task, video, str(error))
        done += video.duration
    task.progress(1.0, f"{len(videos) - failed} videos have features")
    if failed and failed == len(videos):
        raise ValueError(f"none of {failed} videos could be extracted; the library lists why")
    for kind, payload in task.payload.get("then", ()):
        task.follow(kind, payload)
    return {"extracted": len(videos) - failed, "failed": failed}


def _videos(task: Task) -> list[VideoRecord]:
    """The videos to extract that are there and could be read."""
    wanted = task.payload.get("videos")
    with task.workspace.read() as unit:
        found = unit.videos.of_project(task.project, ids=None if wanted is None else [int(each) for each in wanted])
    return [video for video in found if video.path and video.status == "ready"]


def _extract(task: Task, video: VideoRecord, extractor: str, progress: Callable[[float], None]) -> None:
    """Features of one video into the store, and their place into the database."""
    from wtal_core.features.extractors import find
    from wtal_core.features.store import FeatureStore

    how = find(extractor)
    store = FeatureStore(task.workspace.features)
    sequence = store.extract(video.name, Path(video.path), video.content_hash, extractor, progress)
    path = task.workspace.features / how.fingerprint / f"{video.content_hash}.npy"
    n_snippets, n_features = sequence.values.shape
    with task.write() as unit:
        unit.videos.get(video.id)  # gone: NotFoundError
        unit.features.put(
            video.id,
            extractor=how.name,
            fingerprint=how.fingerprint,
            path=path.relative_to(task.workspace.home).as_posix(),
            n_snippets=n_snippets,
            n_features=n_features,
            at=time.time(),
            meta=dict(how.meta),
        )


def _note(task: Task, video: VideoRecord, reason: str) -> None:
    """Say in the library why a video has no features."""
    with task.write() as unit:
        unit.videos.add_problem(video.project_id, video.path, f"no features: {reason}", time.time())
