"""Small projects for tests of the database and the services: videos without files, edits as a browser sends them."""

from __future__ import annotations

import tempfile
import uuid
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from app.services import annotating, library
from app.settings import Settings
from app.workspace import Workspace

SECOND = 1_000_000


@cache
def migrated() -> bytes:
    """An empty database with all tables: migrating anew for every test would cost more than the tests."""
    with tempfile.TemporaryDirectory() as folder:
        Workspace(Settings.at(Path(folder))).close()
        return (Path(folder) / "wtal.db").read_bytes()


def open_workspace(folder: Path, **settings: Any) -> Workspace:
    """A workspace below a test's own folder, which is the only media root unless ``settings`` say otherwise."""
    if not settings.get("database_url"):
        (folder / "home").mkdir(parents=True, exist_ok=True)
        (folder / "home" / "wtal.db").write_bytes(migrated())
    return Workspace(Settings.at(folder / "home", **{"media_roots": [folder]} | settings))


def facts(content_hash: str = "h", *, seconds: int = 10, origin: int = 0, **other: Any) -> Any:
    """What a probe says of a 25 fps video."""
    times = origin + np.arange(seconds * 25) * 40_000
    said = {"width": 160, "height": 120, "rotation": 0, "fps": 25, "codec": "h264", "browser_playable": True}
    said |= {"playable_reason": "", "frame_times": times, "origin": origin, "duration": seconds * SECOND}
    return SimpleNamespace(**said | {"content_hash": content_hash} | other)


def add_video(workspace: Workspace, project: int, name: str = "a.mp4", **probed: Any) -> int:
    """A probed video whose file holds nothing of interest."""
    path = workspace.home.parent / name
    path.write_bytes(name.encode())
    made = library.add_videos(workspace, project, [path], enqueue=lambda *_: 1).videos[0].id
    library.record_probe(workspace, made, facts(probed.pop("content_hash", name), **probed))
    return made


def edit(kind: str, **fields: Any) -> dict[str, Any]:
    """One edit with ids of its own."""
    return {"id": uuid.uuid4().hex, "group": uuid.uuid4().hex, "kind": kind, "client_time": 0.0, **fields}


def put(
    mark: str, label: str = "run", level: str = "full", start: int = 1, end: int = 2, **fields: Any
) -> dict[str, Any]:
    """Put an annotation; start and end in seconds, clicks for the click levels."""
    clicks = {"one-segment": [start * SECOND], "two-segment": [start * SECOND, end * SECOND]}.get(level, [])
    span = {"start": start * SECOND, "end": end * SECOND} if level == "full" else {"start": None, "end": None}
    return edit(
        "annotation.put", annotation={"id": mark, "label": label, "level": level, "clicks": clicks, **span, **fields}
    )


def send(workspace: Workspace, video: int, *edits: dict[str, Any], who: str = "ada", **batch: Any) -> dict[str, Any]:
    """Post edits as the browser of one annotator does."""
    return annotating.edit(workspace, who, {"session": f"tab-{who}", "video": video, "edits": list(edits), **batch})


def seen(workspace: Workspace, video: int, who: str = "ada") -> dict[str, Any]:
    """The labels an annotator sees, without who made them."""
    shown = annotating.open_video(workspace, video, who)
    marks = [{k: v for k, v in mark.items() if k != "annotator"} for mark in shown["annotations"]]
    kept = {key: shown[key] for key in ("video_labels", "coverage", "ambiguous", "complete", "comment", "level")}
    return {"annotations": marks, **kept}
