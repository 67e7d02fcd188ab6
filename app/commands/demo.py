"""Make the demo project: videos with known boundaries, features, a first model, so that the first page shows something.

Rendering, extraction and training run in this command, or with --queue in the worker that `wtal serve` starts. Made
once; running it again goes on where it stopped.
"""

from __future__ import annotations

import argparse

from app.commands.console import say
from app.commands.workspaces import workspace

SUMMARY = "make the demo project and train it once"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--queue", action="store_true", help="only ask for it: the worker of `wtal serve` makes it")


def run(options: argparse.Namespace) -> int:
    """Make the demo."""
    from app.services import demo, library

    with workspace() as opened:
        if options.queue:
            demo.start(opened)
            return 0
        project = library.project(opened, demo.make(opened))
        print(f"project    {project.name}")
        print(f"videos     {len(library.all_videos(opened, project.id))}")
        print(f"workspace  {opened.home}")
    say("`wtal serve` shows it")
    return 0
