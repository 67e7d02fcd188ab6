"""Start the web pages and the worker under one supervisor; Ctrl-C ends both.

It listens on this machine only unless --host says otherwise. A worker that dies is started again.
"""

from __future__ import annotations

import argparse

from app.commands.console import CommandError

SUMMARY = "start the web pages and the worker"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8501, help="port (default: %(default)s)")
    parser.add_argument("--demo", action="store_true", help="ask for the demo project, too (see `wtal demo`)")
    parser.add_argument("--no-worker", action="store_true", help="web only; run `wtal worker` elsewhere")


def run(options: argparse.Namespace) -> int:
    """Serve until told to stop."""
    from app import supervisor

    if not 0 < options.port < 65536:
        raise CommandError(f"--port is a number from 1 to 65535, got {options.port}")
    return supervisor.serve(options.host, options.port, worker=not options.no_worker, demo=options.demo)
