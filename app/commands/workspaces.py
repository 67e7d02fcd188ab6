"""The workspace and its projects as commands see them."""

from __future__ import annotations

import argparse
import getpass
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from app.commands.console import CommandError, say

if TYPE_CHECKING:
    from app.workspace import Workspace
    from db.records import JobRecord, ProjectRecord, VideoRecord


@contextmanager
def workspace() -> Iterator[Workspace]:
    """The workspace of the environment, closed at the end."""
    from app.settings import Settings
    from app.workspace import Workspace

    opened = Workspace(Settings.from_environment())
    try:
        yield opened
    finally:
        opened.close()


def add_project_argument(parser: argparse.ArgumentParser) -> None:
    """``--project``, which may be left out where there is only one."""
    parser.add_argument("--project", metavar="NAME", help="project (default: the only one)")


def chosen_project(opened: Workspace, name: str | None) -> ProjectRecord:
    """The named project, or the only one.

    Raises
    ------
    CommandError
        If there is no such project, or several and none is named.
    """
    from app.services import library

    known = library.projects(opened)
    names = ", ".join(repr(project.name) for project in known)
    if not known:
        raise CommandError(f"{opened.home}: no project yet; `wtal project create NAME` makes one")
    if name is None:
        if len(known) > 1:
            raise CommandError(f"which project? --project is one of {names}")
        return known[0]
    for project in known:
        if project.name == name.strip():
            return project
    raise CommandError(f"there is no project {name!r}; there are {names}")


def chosen_video(opened: Workspace, project: ProjectRecord, name: str) -> VideoRecord:
    """The video of that name, with or without the suffix of its file.

    Raises
    ------
    CommandError
        If there is none, or a name without suffix fits several.
    """
    from app.services import library

    videos = library.all_videos(opened, project.id)
    fitting = [video for video in videos if video.name == name] or [
        video for video in videos if video.name.rpartition(".")[0] == name
    ]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise CommandError(f"{name!r} fits {', '.join(video.name for video in fitting)}; give the whole name")
    raise CommandError(f"project {project.name!r} has no video {name!r}; `wtal video list` names its {len(videos)}")


def annotator_name(given: str | None) -> str:
    """The name labels are stored under: the given one, else that of the account."""
    if given:
        return given
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise CommandError("who labels? this account has no name; pass --annotator NAME") from None


def run_jobs(opened: Workspace, lanes: Sequence[str], on_job: Callable[[JobRecord], object] | None = None) -> None:
    """Run what waits in this process and tell how each job ended.

    Raises
    ------
    CommandError
        If a job failed.
    """
    from app.worker import drain

    failed = []
    for job in drain(opened, lanes, on_job):
        if job.status != "done":
            failed.append(f"{job.kind} {job.status}: {job.error or job.message}")
            say(failed[-1])
    if failed:
        raise CommandError(failed[-1])
