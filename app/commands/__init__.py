"""The subcommands of ``wtal``: one file each. A command is a module with ``SUMMARY``, ``configure`` and ``run``."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Protocol

from app.commands import (
    demo,
    doctor,
    evaluate,
    export,
    extract,
    features,
    import_labels,
    label,
    predict,
    project,
    reproduce,
    serve,
    train,
    video,
    worker,
)


class Command(Protocol):
    """What a module of this package offers; its docstring is its ``--help``."""

    SUMMARY: str

    def configure(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's arguments."""
        ...

    def run(self, options: argparse.Namespace) -> int:
        """Do it; the exit status."""
        ...


COMMANDS: Mapping[str, Command] = {
    "demo": demo,
    "serve": serve,
    "worker": worker,
    "doctor": doctor,
    "project": project,
    "video": video,
    "label": label,
    "extract": extract,
    "features": features,
    "train": train,
    "predict": predict,
    "evaluate": evaluate,
    "reproduce": reproduce,
    "import": import_labels,
    "export": export,
}
