"""Files of videos: what reading one found out, its pictures and copy for the browser, and why it cannot be played."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.services.split import side_of
from app.workspace import Workspace
from db.records import VideoRecord

if TYPE_CHECKING:
    from wtal_core.features.video import VideoFacts


def record_probe(
    workspace: Workspace,
    video_id: int,
    facts: VideoFacts,
    *,
    proxy: Path | None = None,
    thumbnail: Path | None = None,
    strip: Path | None = None,
    strip_times: Sequence[int] = (),
    strip_size: tuple[int, int] = (0, 0),
) -> VideoRecord | None:
    """Store what a probe learned: the video is ready, on its frozen side of the split, or in training if that is made.

    Parameters
    ----------
    strip_times, strip_size
        Microseconds of each picture of the frame strip; width and height of one.

    Returns
    -------
    VideoRecord or None
        None if the project has this very content already: the newer row is removed and noted among the problems.
    """
    with workspace.write() as unit:
        found = unit.videos.get(video_id)
        twins = [twin for twin in unit.videos.by_hash(found.project_id, facts.content_hash) if twin.id < video_id]
        if twins:
            reason = f"has the same content as {twins[0].name!r}, which the project holds already; not added twice"
            unit.videos.delete(video_id)
            unit.videos.add_problem(found.project_id, found.path, reason, time.time())
            return None
        unit.videos.set_frame_times(video_id, np.asarray(facts.frame_times, np.int64))
        unit.videos.change(
            video_id,
            status="ready",
            problem="",
            content_hash=facts.content_hash,
            subset=found.subset or side_of(unit, found.project_id, facts.content_hash),
            origin=facts.origin,
            duration=facts.duration,
            n_frames=len(facts.frame_times),
            width=facts.width,
            height=facts.height,
            rotation=facts.rotation,
            fps=float(facts.fps),
            codec=facts.codec,
            is_playable=facts.browser_playable,
            note=found.note if facts.browser_playable else _joined(found.note, facts.playable_reason),
            **_pictures(workspace, proxy=proxy, thumbnail=thumbnail, strip=strip),
            **({"strip": _strip(strip_times, strip_size)} if strip is not None else {}),
        )
        return unit.videos.get(video_id)


def record_media(
    workspace: Workspace,
    video_id: int,
    *,
    proxy: Path | None = None,
    thumbnail: Path | None = None,
    strip: Path | None = None,
    strip_times: Sequence[int] = (),
    strip_size: tuple[int, int] = (0, 0),
) -> None:
    """Store where a proxy or pictures made after the probe lie; what is None stays."""
    with workspace.write() as unit:
        values = _pictures(workspace, proxy=proxy, thumbnail=thumbnail, strip=strip)
        if strip is not None:
            values["strip"] = _strip(strip_times, strip_size)
        unit.videos.change(video_id, **values)


def record_failure(workspace: Workspace, video_id: int, reason: str) -> None:
    """Store that a video cannot be used, and why; it stays listed and harms nothing."""
    with workspace.write() as unit:
        found = unit.videos.get(video_id)
        unit.videos.change(video_id, status="failed", problem=reason)
        unit.videos.add_problem(found.project_id, found.path, reason, time.time())


def playable_path(workspace: Workspace, video_id: int) -> Path:
    """The file a browser can play: the proxy where there is one, else the source.

    Raises
    ------
    LookupError
        If there is none, or it does not lie inside a media root (any more).
    """
    found = _video(workspace, video_id)
    reason = media_problem(workspace, found)
    if reason is not None:
        raise LookupError(f"{found.name}: {reason}")
    return _local(workspace, found.proxy_path) if found.proxy_path else Path(found.path)


def media_problem(workspace: Workspace, found: VideoRecord) -> str | None:
    """Why a video cannot be played now, or None if it can."""
    if not found.path and not found.proxy_path:
        return "there are features but no video; the timeline works without a player"
    if found.status == "failed":
        return found.problem
    if found.proxy_path and _local(workspace, found.proxy_path).is_file():
        return None
    if found.status != "ready":
        return "the video is still being read; it opens by itself when that is done"
    source = Path(found.path)
    if not found.is_playable:
        return "the browser cannot play this codec; a copy that it can play is being made"
    if not source.is_file():
        return f"the file {source.name} is gone; put it back, or remove the video from the project"
    if not workspace.may_serve(source):
        return "the file lies outside the media roots; name its folder in WTAL_MEDIA_ROOTS and restart"
    return None


def thumbnail_path(workspace: Workspace, video_id: int) -> Path:
    """The thumbnail of a video."""
    return _picture(workspace, video_id, "thumbnail_path", "thumbnail")


def strip_path(workspace: Workspace, video_id: int) -> Path:
    """The frame strip of a video."""
    return _picture(workspace, video_id, "strip_path", "frame strip")


def _video(workspace: Workspace, video_id: int) -> VideoRecord:
    with workspace.read() as unit:
        return unit.videos.get(video_id)


def _picture(workspace: Workspace, video_id: int, column: str, what: str) -> Path:
    found = _video(workspace, video_id)
    stored = getattr(found, column)
    path = _local(workspace, stored) if stored else None
    if path is None or not path.is_file():
        raise LookupError(f"{found.name} has no {what}; it is made when the video is probed")
    return path


def _pictures(workspace: Workspace, **paths: Path | None) -> dict[str, Any]:
    """Columns of files the workspace made: kept relative to it, so that the folder can move."""
    return {
        f"{name}_path": str(path.resolve().relative_to(workspace.home)) if path.is_absolute() else str(path)
        for name, path in paths.items()
        if path is not None
    }


def _local(workspace: Workspace, stored: str) -> Path:
    return workspace.home / stored


def _strip(times: Sequence[int], size: tuple[int, int]) -> dict[str, Any]:
    return {"times": [int(moment) for moment in times], "width": int(size[0]), "height": int(size[1])}


def _joined(*notes: str) -> str:
    return "; ".join(note for note in notes if note)
