"""What one of several annotators does in a process of their own."""

from pathlib import Path

from app.services import annotating
from app.settings import Settings
from app.workspace import Workspace


def write_many(home: Path, video: int, number: int, n_edits: int) -> None:
    """Send edits one by one, each of them twice, as a browser does that heard no answer."""
    workspace = Workspace(Settings.at(home))
    for i in range(n_edits):
        mark = {"id": f"{number}-{i}", "label": "run", "level": "full", "start": 0, "end": 1_000_000}
        edits = [{"id": f"e{number}-{i}", "kind": "annotation.put", "annotation": mark}]
        for _ in range(2):
            annotating.edit(workspace, f"w{number}", {"session": f"s{number}", "video": video, "edits": edits})
    workspace.close()
