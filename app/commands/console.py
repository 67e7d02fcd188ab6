"""What commands print and how: results to stdout, everything else to stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Sequence

LONGEST_NOTES = 10
"""Notes of one kind shown before the rest is only counted."""


class CommandError(ValueError):
    """A command cannot do what was asked: what came, why not, what to do."""


def one_line(error: BaseException) -> str:
    """An error as one line for a person."""
    if isinstance(error, KeyError) and error.args:
        message = str(error.args[0])  # str() of a KeyError puts it in quotes
    elif isinstance(error, OSError) and error.strerror:
        message = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    else:
        message = str(error)
    return " ".join(message.split()) or type(error).__name__


def say(message: str) -> None:
    """A line for the person who waits."""
    print(f"wtal: {message}", file=sys.stderr, flush=True)


def say_notes(notes: Sequence[str]) -> None:
    """Notes, the first few in full."""
    for note in notes[:LONGEST_NOTES]:
        say(note)
    if len(notes) > LONGEST_NOTES:
        say(f"and {len(notes) - LONGEST_NOTES} more of this kind")


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in plain text: columns of numbers to the right, others to the left."""
    body = [[str(cell) for cell in row] for row in rows]
    cells = [list(header), *body]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    numeric = [bool(body) and all(_is_number(row[column]) for row in body) for column in range(len(header))]
    lines = []
    for row in cells:
        placed = [
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        ]
        lines.append("  ".join(placed).rstrip())
    return "\n".join(lines)


def _is_number(cell: str) -> bool:
    return bool(cell) and not cell.strip("0123456789.-")


class Progress:
    """How far something is: one line that renews itself on a terminal, a line every ten seconds elsewhere."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.is_terminal = sys.stderr.isatty()
        self.shown = time.monotonic() if not self.is_terminal else 0.0

    def __call__(self, done: float, more: str = "") -> None:
        """Show that the share ``done`` (0 to 1) is done."""
        now = time.monotonic()
        if now - self.shown < (0.1 if self.is_terminal else 10.0):
            return
        self.shown = now
        line = f"{self.title}: {100 * done:.0f} %{', ' + more if more else ''}"
        print(f"\r\x1b[K{line}" if self.is_terminal else line, end="" if self.is_terminal else "\n", file=sys.stderr)
        sys.stderr.flush()

    def end(self) -> None:
        """Leave the terminal's line."""
        if self.is_terminal and self.shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
