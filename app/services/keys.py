"""The keys of the annotator's commands, where a project changed them."""

from __future__ import annotations

import re
from typing import Any

from app.services.library import change_settings
from app.workspace import Workspace

MOST = 200
LONGEST = 40
COMMAND = re.compile(r"[a-z0-9_]{1,40}")


def change(workspace: Workspace, project: int, keys: Any) -> dict[str, str]:
    """Store the keys a project's annotators use, as command to chord; commands left out keep their usual key.

    Which commands there are, and their usual keys, is known by the front end alone (``annotator/keys.js``).

    Raises
    ------
    ValueError
        If it is no such table, two commands share a key, or a key already marks a class.
    """
    if not isinstance(keys, dict) or len(keys) > MOST:
        raise ValueError(f"keys are an object of at most {MOST} commands and their chords, got {str(keys)[:60]}")
    taken: dict[str, str] = {}
    for command, chord in keys.items():
        if not COMMAND.fullmatch(command):
            raise ValueError(f"a command is named by small letters, digits and _, got {command[:40]!r}")
        if not isinstance(chord, str) or not chord.strip() or len(chord) > LONGEST or not chord.isprintable():
            raise ValueError(f"the key of {command} is written like Ctrl+Shift+Z, got {str(chord)[:40]!r}")
        other = taken.setdefault(chord.casefold(), command)
        if other != command:
            raise ValueError(f"key {chord!r} cannot do both {other} and {command}; give one of them another key")
    change_settings(workspace, project, keys=keys)
    return dict(keys)
