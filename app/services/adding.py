"""Adding videos to a project: single files, folders, lists of paths."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.workspace import Workspace
from db.records import VideoRecord

VIDEO_SUFFIXES = (
    *(".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts"),
    *(".mts", ".m2ts", ".wmv", ".asf", ".flv", ".3gp", ".ogv", ".vob", ".mxf"),
)
"""What a folder is searched for; a file named by itself may be called anything."""

LONGEST_NAME = 255
LONGEST_PATH = 4096
Enqueue = Callable[[Workspace, str, Mapping[str, Any], int], int]
"""Workspace, kind of job, payload, project: the number of the job."""


@dataclass(frozen=True, slots=True)
class Added:
    """What adding came to.

    Attributes
    ----------
    videos
        New rows.
    problems
        What was not added, or not as it was, one sentence each; also kept in the project.
    n_known
        Files the project held already.
    job
        The job that works on them, or None if nothing is to be done.
    """

    videos: tuple[VideoRecord, ...]
    problems: tuple[str, ...]
    n_known: int = 0
    job: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What has become of added videos by now.

    Attributes
    ----------
    n_ready, n_waiting, n_failed
        Read, still to be read, and of no use (each listed with its reason).
    n_gone
        No longer there: their content was in the project already, or somebody deleted them.
    """

    n_ready: int
    n_waiting: int
    n_failed: int
    n_gone: int


def outcome(workspace: Workspace, project: int, ids: Collection[int]) -> Outcome:
    """How far the reading of added videos has come."""
    with workspace.read() as unit:
        counts = Counter(video.status for video in unit.videos.of_project(project, ids=ids))
    return Outcome(counts["ready"], counts["queued"], counts["failed"], len(ids) - counts.total())


def enqueue_job(workspace: Workspace, kind: str, payload: Mapping[str, Any], project: int) -> int:
    """Hand work to the background."""
    from app import jobs

    return jobs.enqueue(workspace, kind, dict(payload), project)


def add_videos(
    workspace: Workspace, project: int, paths: Iterable[Path | str], *, enqueue: Enqueue = enqueue_job
) -> Added:
    """Add files, folders (searched to the bottom for videos) and ``.txt`` lists of paths, one a line.

    Every file becomes a row with status ``queued``; one ``probe`` job with ``{"videos": [numbers]}`` reads them. A file
    that cannot be added is listed with its reason and harms nothing.

    Raises
    ------
    NotFoundError
        If there is no such project.
    """
    complaints: list[tuple[str, str]] = []
    files = list(_files(workspace, paths, complaints))
    rows: list[dict[str, Any]] = []
    n_known = 0
    with workspace.write() as unit:
        unit.projects.get(project)
        taken = unit.videos.taken(project)
        held = set(taken.values()) - {""}
        now = time.time()
        for file in files:
            if str(file) in held:
                n_known += 1
                continue
            name = free_name(file.name, taken)
            note = "" if name == file.name else f"another video is called {file.name!r}; this one is listed as {name!r}"
            if note:
                complaints.append((str(file), note))
            taken[name] = str(file)
            held.add(str(file))
            rows.append({"project_id": project, "name": name, "path": str(file), "added_at": now, "note": note})
        unit.videos.add_many(rows)
        for path, reason in complaints:
            unit.videos.add_problem(project, path, reason, now)
        names = {row["name"] for row in rows}
        made = tuple(video for video in unit.videos.of_project(project) if video.name in names) if names else ()
    job = enqueue(workspace, "probe", {"videos": [video.id for video in made]}, project) if made else None
    return Added(made, tuple(f"{path}: {reason}" for path, reason in complaints), n_known, job)


def free_name(name: str, taken: Mapping[str, str]) -> str:
    """``name``, or with the first free number behind its stem: ``a.mp4``, ``a (2).mp4``."""
    if name not in taken:
        return name
    stem, suffix = os.path.splitext(name)
    number = 2
    while f"{stem} ({number}){suffix}" in taken:
        number += 1
    return f"{stem} ({number}){suffix}"


def checked_path(workspace: Workspace, path: Path | str) -> Path:
    """A path a person gave, links followed, inside a media root.

    Raises
    ------
    ValueError
        If it cannot be a path.
    PermissionError
        If it lies outside every media root.
    FileNotFoundError
        If nothing is there.
    """
    text = os.fspath(path)
    if not text.strip() or "\0" in text or len(text) > LONGEST_PATH:
        raise ValueError(f"{text[:80]!r} is no path; give a file or a folder")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{text!r} is not named in UTF-8; rename it") from None
    resolved = Path(text).expanduser().resolve()
    if not workspace.may_serve(resolved):
        roots = ", ".join(str(root) for root in workspace.settings.media_roots)
        raise PermissionError(
            f"lies outside the media roots ({roots}); name its folder in WTAL_MEDIA_ROOTS and restart"
        )
    if not resolved.exists():
        raise FileNotFoundError("there is no such file or folder; check the spelling")
    return resolved


def _files(workspace: Workspace, paths: Iterable[Path | str], complaints: list[tuple[str, str]]) -> Iterator[Path]:
    """Resolved files, in order, each once; what is wrong goes to ``complaints`` as (path, reason)."""
    seen: set[Path] = set()
    for given in paths:
        try:
            root = checked_path(workspace, given)
            found = _listed(root)
        except (ValueError, OSError) as error:
            complaints.append((_shown(given), str(error)))
            continue
        if not found:
            complaints.append((str(root), f"holds no video; looked for {' '.join(VIDEO_SUFFIXES)}"))
        for file in found:
            try:
                checked = root if file == root else checked_path(workspace, file)
                _refuse_odd(checked)
            except (ValueError, OSError) as error:
                complaints.append((_shown(file), str(error)))
                continue
            if checked not in seen:
                seen.add(checked)
                yield checked


def _listed(path: Path) -> list[Path]:
    """The files a path stands for."""
    if path.is_dir():
        files = [Path(folder) / name for folder, _, names in os.walk(path) for name in names]
        return sorted(f for f in files if f.suffix.lower() in VIDEO_SUFFIXES and not f.name.startswith("."))
    if path.suffix.lower() == ".txt":
        lines = path.read_text(encoding="utf-8").splitlines()
        return [path.parent / line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return [path]


def _refuse_odd(file: Path) -> None:
    if not file.is_file():
        raise ValueError("is not a file")
    if file.stat().st_size == 0:
        raise ValueError("is empty; copy it again")
    if len(file.name) > LONGEST_NAME - 8:
        raise ValueError(f"has a name of more than {LONGEST_NAME - 8} characters; rename it")


def _shown(path: Path | str) -> str:
    """A path as every database can keep it."""
    return os.fspath(path).encode("utf-8", "replace").decode().replace("\0", "\\0")[:LONGEST_PATH]
