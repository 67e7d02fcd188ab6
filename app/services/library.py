"""The library: projects, their videos, and the split of the videos into training and validation."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.services.adding import Added, add_videos
from app.services.media import (
    media_problem,
    playable_path,
    record_failure,
    record_media,
    record_probe,
    strip_path,
    thumbnail_path,
)
from app.services.split import Split, make_split
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
    "counts",
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
    """Some lines of the library, and how many match."""

    rows: tuple[VideoRow, ...]
    total: int


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
        return LibraryPage(rows, total)


def counts(workspace: Workspace, project_id: int) -> Mapping[str, int]:
    """How many videos of a project, by what is of interest at a glance (see ``VideoStore.counts``)."""
    with workspace.read() as unit:
        return unit.videos.counts(project_id, ClassList.of(unit, project_id).newest)


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
