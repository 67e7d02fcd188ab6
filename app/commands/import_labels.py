"""Import labels from an annotation file into a project: all of it or, with a reason, nothing.

Videos are matched by name, with or without the ending of the file; times in FILE count from the first picture. Classes
the project lacks are added.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from app.commands.annotation_files import add_format_argument, format_name
from app.commands.console import say_notes
from app.commands.workspaces import add_project_argument, annotator_name, chosen_project, workspace

COMPLETE = "the file's annotations are all there is in each video: mark them complete"
SUMMARY = "import labels from an annotation file"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("file", metavar="FILE", type=Path, help="annotation file")
    add_format_argument(parser)
    add_project_argument(parser)
    parser.add_argument("--complete", action="store_true", help=COMPLETE)
    parser.add_argument("--annotator", metavar="NAME", help="who imports it (default: the account's name)")


def run(options: argparse.Namespace) -> int:
    """Import and say what came in."""
    from app.services import exchange

    with workspace() as opened:
        project = chosen_project(opened, options.project)
        name = format_name(options.file, options.format)
        by = annotator_name(options.annotator)
        imported = exchange.import_labels(opened, project.id, options.file, name, by=by, complete=options.complete)
    say_notes(imported.notes)
    print(f"videos       {imported.n_videos}")
    print(f"annotations  {imported.n_annotations}")
    print(f"new classes  {', '.join(imported.new_classes) or 'none'}")
    return 0
