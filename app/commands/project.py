"""Make, list, show and delete projects of the workspace (WTAL_HOME)."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from app.commands.console import CommandError, say, table
from app.commands.workspaces import chosen_project, workspace

if TYPE_CHECKING:
    from app.workspace import Workspace

SUMMARY = "create, list, show or delete projects"
LEVELS = ("video", "one-segment", "two-segment", "full")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    create = actions.add_parser("create", help="make a project", allow_abbrev=False)
    create.add_argument("name", metavar="NAME")
    create.add_argument("--class", dest="classes", action="append", default=[], metavar="NAME", help="an action class")
    create.add_argument("--level", choices=LEVELS, default="full", help="level to label at unless chosen otherwise")
    actions.add_parser("list", help="all projects", allow_abbrev=False)
    show = actions.add_parser("show", help="what is in a project", allow_abbrev=False)
    show.add_argument("name", metavar="NAME")
    delete = actions.add_parser("delete", help="remove a project with its labels and runs", allow_abbrev=False)
    delete.add_argument("name", metavar="NAME")
    delete.add_argument("--yes", action="store_true", help="needed: labels cannot be brought back")


def run(options: argparse.Namespace) -> int:
    """Do what was asked."""
    from app.services import library

    with workspace() as opened:
        if options.action == "create":
            made = library.create_project(opened, options.name, level=options.level, class_names=options.classes)
            print(made.name)
        elif options.action == "list":
            found = library.projects(opened)
            for project in found:
                print(project.name)
            if not found:
                say("there is no project here yet; make one with `wtal project create NAME`, or see `wtal demo`")
        elif options.action == "show":
            print(_summary(opened, options.name))
        else:
            project = chosen_project(opened, options.name)
            if not options.yes:
                raise CommandError(f"deleting {project.name!r} removes its labels and runs for good; add --yes")
            library.delete_project(opened, project.id)
            print(f"deleted {project.name}")
    return 0


def _summary(opened: Workspace, name: str) -> str:
    from app.services import classes, library, runs

    project = chosen_project(opened, name)
    videos = library.all_videos(opened, project.id)
    labels = runs.label_summary(opened, project.id)
    failed = sum(video.status == "failed" for video in videos)
    subsets = {side: sum(video.subset == side for video in videos) for side in ("training", "validation", "test")}
    facts = [
        ("level", project.default_level),
        ("classes", ", ".join(found.name for found in classes.classes(opened, project.id)) or "none"),
        ("videos", f"{len(videos)}" + (f" ({failed} failed)" if failed else "")),
        ("split", ", ".join(f"{count} {side}" for side, count in subsets.items() if count) or "not made yet"),
        ("features", len(library.features(opened, project.id))),
        *((f"labels {level}", count) for level, count in labels["levels"].items()),
        ("complete", labels["complete"]),
        ("runs", len(runs.history(opened, project.id))),
    ]
    return table((project.name, ""), facts)
