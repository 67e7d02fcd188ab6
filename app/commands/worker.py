"""Run background jobs without the web pages: both lanes, or one of them in this process.

With SQLite the worker must run on the machine that holds the workspace.
"""

from __future__ import annotations

import argparse

SUMMARY = "run background jobs"
LANES = ("long", "short")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--lane", choices=LANES, help="long: probe, extract; short: train, evaluate, export")


def run(options: argparse.Namespace) -> int:
    """Work until told to stop."""
    from app import worker

    return worker.main([] if options.lane is None else ["--lane", options.lane])
