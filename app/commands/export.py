"""Export the labels of a project, or the proposals of one of its runs; what the format cannot hold is listed.

Times in the file count from the first picture of each video.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from app.commands.annotation_files import add_format_argument, format_name
from app.commands.console import CommandError, say_notes
from app.commands.workspaces import add_project_argument, chosen_project, workspace

if TYPE_CHECKING:
    from app.workspace import Workspace
    from db.records import ProjectRecord

SUMMARY = "export labels or proposals to a file"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--out", required=True, type=Path, metavar="FILE", help="file to write")
    add_format_argument(parser)
    add_project_argument(parser)
    parser.add_argument("--subset", help="labels of this side of the split only")
    parser.add_argument("--run", type=int, metavar="N", help="the proposals of this run instead of labels")


def run(options: argparse.Namespace) -> int:
    """Write the file."""
    from app.services import exchange, runs

    if options.run is not None and options.subset is not None:
        raise CommandError("--subset goes with labels, not with --run")
    with workspace() as opened:
        project = chosen_project(opened, options.project)
        if options.run is None:
            return export_labels(opened, project, options.out, options.format, options.subset)
        if options.run not in {known.run.id for known in runs.history(opened, project.id)}:
            raise CommandError(f"project {project.name!r} has no run {options.run}")
        exported = exchange.export_proposals(opened, options.run, options.out, format_name(options.out, options.format))
    say_notes(exported.losses)
    print(f"proposals  {exported.n_rows} in {exported.n_videos} videos")
    print(f"file       {options.out}")
    return 0


def export_labels(opened: Workspace, project: ProjectRecord, out: Path, form: str | None, subset: str | None) -> int:
    """Write the labels of a project, and tell what the format does not hold."""
    from app.services import exchange

    exported = exchange.export_labels(opened, project.id, out, format_name(out, form), subset=subset)
    say_notes(exported.losses)
    print(f"annotations  {exported.n_rows} in {exported.n_videos} videos")
    print(f"file         {out}")
    return 0
