"""The library: projects, their videos, and the split of the videos into training and validation."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.services.adding import Added, add_videos
from app.services.split import Split, make_split, side_of
from app.services.views import ClassList
from app.workspace import Workspace
from db.errors import ConflictError, NotFoundError
from db.records import FeatureRecord, ProblemRecord, ProjectRecord, VideoRecord
from db.stores.videos import VideoFilter
from wtal_core.domain import SupervisionLevel

__all__ = [
    "Added",
    "LibraryPage",
    "Split",
    "VideoFilter",
    "VideoRow",
    "add_videos",
    "all_videos",
    "change_settings",
    "clear_problems",
    "create_project",
    "delete_project",
    "delete_video",
    "features",
    "find_project",
    "make_split",
    "media_problem",
    "playable_path",
    "problems",
    "project",
    "projects",
    "record_failure",
    "record_media",
    "record_probe",
    "strip_path",
    "thumbnail_path",
    "video",
    "videos",
]

if TYPE_CHECKING:
    from wtal_core.features.video import VideoFacts

LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class VideoRow:
    """One line of the library.

    Attributes
    ----------
    video
        The video.
    is_complete
        Judged in full for every class in use.
    extractors
        Names of the extractors whose features it has.
    run
        Newest run that predicted it, or None.
    """

    video: VideoRecord
    is_complete: bool
    extractors: tuple[str, ...]
    run: int | None


@dataclass(frozen=True, slots=True)
class LibraryPage:
    """Some lines of the library, how many match, and counts over the whole project (see ``VideoStore.counts``)."""

    rows: tuple[VideoRow, ...]
    total: int
    counts: Mapping[str, int]


def projects(workspace: Workspace) -> tuple[ProjectRecord, ...]:
    """All projects, oldest first."""
    with workspace.read() as unit:
        return unit.projects.all()


def project(workspace: Workspace, project_id: int) -> ProjectRecord:
    """One project.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    with workspace.read() as unit:
        return unit.projects.get(project_id)


def find_project(workspace: Workspace, name: str) -> ProjectRecord:
    """The project of that name."""
    with workspace.read() as unit:
        found = unit.projects.by_name(name.strip())
    if found is None:
        raise NotFoundError("project", name)
    return found


def create_project(
    workspace: Workspace, name: str, *, level: str = SupervisionLevel.FULL, class_names: Iterable[str] = ()
) -> ProjectRecord:
    """A new project, labelled at ``level`` unless an annotator chooses another.

    Raises
    ------
    ValueError
        If the name is empty, too long or taken.
    """
    from app.services.classes import ensure_classes_in

    wanted = " ".join(name.split())
    if not 1 <= len(wanted) <= LONGEST_NAME:
        raise ValueError(f"a project name is 1 to {LONGEST_NAME} characters long, got {len(wanted)}")
    with workspace.write() as unit:
        if unit.projects.by_name(wanted) is not None:
            raise ConflictError(f"there is a project {wanted!r} already; choose another name")
        made = unit.projects.add(wanted, SupervisionLevel(level).value, time.time())
        ensure_classes_in(unit, made.id, class_names)
        return unit.projects.get(made.id)


def delete_project(workspace: Workspace, project_id: int) -> None:
    """Remove a project with its labels, runs and jobs. Video files, and folders of features and runs, stay."""
    with workspace.write() as unit:
        unit.projects.get(project_id)
        unit.projects.delete(project_id)


def change_settings(workspace: Workspace, project_id: int, **settings: Any) -> ProjectRecord:
    """Change what a project chose: ``default_level``, ``idle_cutoff_seconds``, ``keys``, and what other services read.

    A value of None removes the setting.

    Raises
    ------
    ValueError
        If the level is none, the cut-off is not positive, or a command key is also a class key.
    """
    with workspace.write() as unit:
        found = unit.projects.get(project_id)
        level = SupervisionLevel(settings.pop("default_level", found.default_level))
        cutoff = settings.get("idle_cutoff_seconds")
        if cutoff is not None and not 0 < float(cutoff) <= 3600:
            raise ValueError(f"the idle cut-off is more than 0 and at most 3600 seconds, got {cutoff}")
        class_keys = {entry.key: entry.name for entry in unit.projects.classes(project_id) if entry.key}
        for command, key in (settings.get("keys") or {}).items():
            if str(key).lower() in class_keys:
                raise ValueError(f"key {key!r} for {command} already marks {class_keys[str(key).lower()]!r}")
        kept = {name: value for name, value in {**found.settings, **settings}.items() if value is not None}
        unit.projects.change(project_id, settings=kept, default_level=level.value)
        return unit.projects.get(project_id)


def videos(
    workspace: Workspace,
    project_id: int,
    wanted: VideoFilter | None = None,
    *,
    order: str = "name",
    descending: bool = False,
    offset: int = 0,
    limit: int = 50,
) -> LibraryPage:
    """Some lines of the library; the database filters, sorts and counts.

    Parameters
    ----------
    order
        ``name duration added status subset annotations level labelled``.
    """
    with workspace.read() as unit:
        newest = ClassList.of(unit, project_id).newest
        found, total = unit.videos.page(
            project_id,
            wanted or VideoFilter(),
            newest_class=newest,
            order=order,
            descending=descending,
            offset=max(0, offset),
            limit=max(1, min(limit, 1000)),
        )
        ids = [video.id for video in found]
        extractors, runs = unit.features.extractors(ids), unit.runs.newest_predictions(ids)
        rows = tuple(
            VideoRow(
                video,
                video.complete_version is not None and video.complete_version >= newest,
                extractors.get(video.id, ()),
                runs.get(video.id),
            )
            for video in found
        )
        return LibraryPage(rows, total, unit.videos.counts(project_id, newest))


def all_videos(workspace: Workspace, project_id: int) -> tuple[VideoRecord, ...]:
    """Every video of a project, by name."""
    with workspace.read() as unit:
        unit.projects.get(project_id)
        return unit.videos.of_project(project_id)


def video(workspace: Workspace, video_id: int) -> VideoRecord:
    """One video."""
    with workspace.read() as unit:
        return unit.videos.get(video_id)


def features(workspace: Workspace, project_id: int, extractor: str | None = None) -> dict[int, FeatureRecord]:
    """The newest features of each video of a project, of one extractor if it is named."""
    with workspace.read() as unit:
        return unit.features.of_project(project_id, extractor)


def delete_video(workspace: Workspace, video_id: int) -> None:
    """Take a video with its labels out of its project. The file stays, and so does the side of the split it was on."""
    with workspace.write() as unit:
        unit.videos.get(video_id)
        unit.videos.delete(video_id)


def problems(workspace: Workspace, project_id: int) -> tuple[ProblemRecord, ...]:
    """Files that were not imported as they were, and why, newest first."""
    with workspace.read() as unit:
        return unit.videos.problems(project_id)


def clear_problems(workspace: Workspace, project_id: int) -> None:
    """Forget the import problems that were read."""
    with workspace.write() as unit:
        unit.videos.clear_problems(project_id)


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
    found = video(workspace, video_id)
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


def _picture(workspace: Workspace, video_id: int, column: str, what: str) -> Path:
    found = video(workspace, video_id)
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
