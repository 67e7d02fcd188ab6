"""The ``wtal`` command: results on stdout, progress on stderr, one line for what went wrong.

Exit status 0 is success and nothing else; 2 is a bad argument or input; 1 an error of the program; 130 Ctrl-C. Modules
of subcommands import what they need when they run, so that ``wtal --help`` answers at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from app.commands import COMMANDS
from app.commands.console import CommandError, one_line
from app.settings import one_thread_each


class Parser(argparse.ArgumentParser):
    """A parser whose refusals are one line."""

    def error(self, message: str) -> NoReturn:
        """Refuse the arguments, naming the help that says which are right."""
        raise CommandError(f"{message}; see {self.prog} --help")


class Overview(argparse.HelpFormatter):
    """A help that keeps a command and its summary on one line: argparse measures names without their indentation."""

    def add_argument(self, action: argparse.Action) -> None:
        """Take an argument in, and leave room for the longest command."""
        super().add_argument(action)
        self._action_max_length = max(self._action_max_length, 4 + max(map(len, COMMANDS)))


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    top = Parser(
        prog="wtal",
        description="WTAL Studio: label videos at four levels of effort, train temporal action localizers, see what "
        "the labels have bought.",
        epilog="Each command has --help. Environment: WTAL_HOME (workspace folder, default ./workspace), "
        "WTAL_DATABASE_URL, WTAL_QUEUE_URL, WTAL_MEDIA_ROOTS, WTAL_SECRET; WTAL_DEBUG=1 shows tracebacks.",
        allow_abbrev=False,
        formatter_class=Overview,
    )
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=Parser)
    for name, module in COMMANDS.items():
        added = commands.add_parser(name, help=module.SUMMARY, description=module.__doc__, allow_abbrev=False)
        added.formatter_class = argparse.RawDescriptionHelpFormatter
        module.configure(added)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    one_thread_each()
    try:
        options = parser().parse_args(arguments)
        status: int = COMMANDS[options.command].run(options)
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        return _refused("interrupted", 130)
    except BrokenPipeError:  # whoever read stdout has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if os.environ.get("WTAL_DEBUG") == "1":
            raise
        if isinstance(error, (ValueError, OSError, LookupError, ArithmeticError)):
            return _refused(one_line(error), 2)
        return _refused(
            f"unexpected {type(error).__name__}: {one_line(error)}; run again with WTAL_DEBUG=1 and report it", 1
        )


def _refused(message: str, status: int) -> int:
    print(f"wtal: {message}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
