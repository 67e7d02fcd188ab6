"""Add videos to a project, list them, or check files without adding them.

`add` takes videos, folders, and .txt lists of paths; it reads each file in this command and lists what could not be
used with the reason. `check` needs no project.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from app.commands.console import CommandError, say, say_notes, table
from app.commands.feature_folders import find_videos
from app.commands.workspaces import add_project_argument, chosen_project, run_jobs, workspace

SUMMARY = "add, list or check videos"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add = actions.add_parser("add", help="add videos to a project", allow_abbrev=False)
    add.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a video, a folder, or a .txt list of paths")
    add.add_argument("--queue", action="store_true", help="leave reading the files to a running worker")
    listed = actions.add_parser("list", help="the videos of a project", allow_abbrev=False)
    for action in (add, listed):
        add_project_argument(action)
    check = actions.add_parser("check", help="can these files be used?", allow_abbrev=False)
    check.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a video, or a folder of videos")


def run(options: argparse.Namespace) -> int:
    """Do what was asked."""
    actions = {"add": _add, "list": _list, "check": _check}
    return actions[options.action](options)


def _add(options: argparse.Namespace) -> int:
    from app.services import library

    missing = [path for path in options.paths if not path.exists()]
    if missing:
        raise CommandError(f"{missing[0]}: there is no such file or folder")
    with workspace() as opened:
        project = chosen_project(opened, options.project)
        added = library.add_videos(opened, project.id, options.paths)
        say_notes(added.problems)
        if added.n_known:
            say(f"{added.n_known} videos were in the project already")
        if not options.queue:
            run_jobs(opened, ["long"])
        now = {video.id: video for video in library.all_videos(opened, project.id)}
        for video in added.videos:
            found = now.get(video.id)
            state = "duplicate" if found is None else found.status
            print("\t".join(filter(None, (video.name, state, found.problem or found.note if found else ""))))
        bad = [video for video in added.videos if (found := now.get(video.id)) is None or found.status == "failed"]
        refused = len(bad) + len(added.problems)
    if refused and refused >= len(added.videos) + len(added.problems):
        raise CommandError("none of the files could be added; the reasons are above")
    return 0


def _list(options: argparse.Namespace) -> int:
    from app.services import library

    with workspace() as opened:
        project = chosen_project(opened, options.project)
        rows = [
            (
                video.name,
                video.status,
                f"{video.duration / 1e6:.3f}",
                video.subset or "-",
                video.label_level or "-",
                video.n_annotations,
            )
            for video in library.all_videos(opened, project.id)
        ]
    print(table(("video", "status", "seconds", "subset", "level", "annotations"), rows))
    return 0


def _check(options: argparse.Namespace) -> int:
    from wtal_core.features.video import probe

    videos = find_videos(options.paths)
    rows, failed = [], []
    for path in videos:
        try:
            facts = probe(path)
        except ValueError as unreadable:
            say(str(unreadable))
            failed.append(path.name)
            continue
        playable = "plays in a browser" if facts.browser_playable else "needs a proxy"
        rows.append(
            (
                path.name,
                facts.codec,
                f"{facts.width}x{facts.height}",
                facts.n_frames,
                f"{facts.duration / 1e6:.3f}",
                f"{facts.origin / 1e6:.3f}",
                playable,
            )
        )
    if rows:
        print(table(("video", "codec", "size", "frames", "seconds", "first at", ""), rows))
    if failed:
        raise CommandError(f"{len(failed)} of {len(videos)} videos cannot be used: {', '.join(failed)}")
    return 0
