"""Extracting features, video by video; what is stored is not made again, so an interrupted job loses one video."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from app import crew
from app.job_kinds.probe import MACHINE_TROUBLE
from app.task import Task
from db.errors import NotFoundError
from db.records import VideoRecord
from wtal_core.domain import MICROSECONDS

ALONE = 30.0  # seconds of video that are extracted before further processes have started


def run(task: Task) -> Mapping[str, Any]:
    """Extract features of ``payload["videos"]`` (None: of all videos of the project).

    By ``payload["extractor"]``, else by the one the project uses. Several videos at a time where there are cores.
    Seconds left are reckoned from the seconds of video done so far. A video that cannot be extracted is noted in the
    library and harms nothing. ``payload["then"]``, pairs of kind and payload, follows.
    """
    from app.services import extracting

    extractor = task.payload.get("extractor") or extracting.usual(task.workspace, task.project)
    videos = _videos(task)
    failed = 0
    told = _Told(task, videos)
    for i, trouble in _stored(task, videos, extractor, told):
        video = videos[i]
        try:
            if trouble is not None:
                raise trouble
            _extract(task, video, extractor, told.about(i))
        except NotFoundError:  # deleted from the library meanwhile
            pass
        except (ValueError, OSError) as error:
            if isinstance(error, OSError) and error.errno in MACHINE_TROUBLE:
                raise
            failed += 1
            _note(task, video, str(error))
    task.progress(1.0, f"{len(videos) - failed} videos have features")
    if failed and failed == len(videos):
        raise ValueError(f"none of {failed} videos could be extracted; the library lists why")
    for kind, payload in task.payload.get("then", ()):
        task.follow(kind, payload)
    return {"extracted": len(videos) - failed, "failed": failed}


class _Told:
    """What is said of the progress: by seconds of video, with the seconds left at the pace so far."""

    def __init__(self, task: Task, videos: list[VideoRecord]) -> None:
        self._task, self._videos = task, videos
        self._total = sum(video.duration for video in videos) or 1
        self._begun = time.monotonic()

    def about(self, i: int) -> Callable[[float], None]:
        """Progress of one video, those before it being done."""
        before, video = sum(each.duration for each in self._videos[:i]), self._videos[i]
        words = f"extracting {video.name} ({i + 1} of {len(self._videos)})"
        return lambda share: self._say((before + share * video.duration) / self._total, words)

    def about_all(self, share: float, n_ended: int) -> None:
        """Progress of several at a time."""
        self._say(share, f"extracting {len(self._videos)} videos, {n_ended} done")

    def _say(self, share: float, words: str) -> None:
        spent = time.monotonic() - self._begun
        self._task.progress(share, words, spent * (1 - share) / share if share > 0 and spent > 1 else None)


def _stored(
    task: Task, videos: list[VideoRecord], extractor: str, told: _Told
) -> Iterator[tuple[int, Exception | None]]:
    """Positions of the videos, each when its turn has come, and why one has no features.

    Several processes put features into the store first where that pays; a few short videos are extracted right here.
    """
    seconds = [video.duration / MICROSECONDS for video in videos]
    if sum(seconds) < ALONE or crew.size_for(len(videos)) == 1:
        for i in range(len(videos)):
            told.about(i)(0.0)
            yield i, None
        return
    calls = [
        {
            "root": str(task.workspace.features),
            "video_id": video.name,
            "path": video.path,
            "content_hash": video.content_hash,
            "extractor_name": extractor,
        }
        for video in videos
    ]
    from wtal_core.features.store import store_features

    for outcome in crew.spread(store_features, calls, told.about_all, weights=seconds):
        yield outcome.index, outcome.error


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
