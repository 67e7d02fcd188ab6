"""Importing an annotation file that a browser sent, batch by batch beside those who label.

An import that is cancelled or fails keeps the batches it has stored; let go on, it stores the rest and nothing twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.services import exchange
from app.task import Task

NOTES = 200
"""Sentences kept about what was left out or changed; the rest is counted."""


def run(task: Task) -> Mapping[str, Any]:
    """Import the file ``payload["key"]`` of the workspace's imports, called ``payload["name"]`` by who sent it."""
    key, name = str(task.payload["key"]), str(task.payload["name"])
    path = task.workspace.imports / key
    if not path.is_file():
        raise ValueError(f"the file {name} is no longer here; import it again")

    def named(text: str) -> str:
        """A sentence with the file's own name in place of where the workspace keeps it."""
        return text.replace(str(path), name)

    try:
        done = exchange.import_labels(
            task.workspace,
            task.project,
            path,
            str(task.payload["format"]),
            by=str(task.payload.get("by", "")),
            key=key,
            complete=bool(task.payload.get("complete", False)),
            step=lambda share, words: task.progress(share, f"{name}: {words}"),
        )
    except ValueError as error:
        raise ValueError(named(str(error))) from error
    path.unlink(missing_ok=True)
    left = len(done.notes) - NOTES
    notes = [*map(named, done.notes[:NOTES]), *([f"and {left} more"] if left > 0 else [])]
    return {
        "name": name,
        "videos": done.n_videos,
        "annotations": done.n_annotations,
        "classes": list(done.new_classes),
        "notes": notes,
    }
