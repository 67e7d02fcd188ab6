"""Which extractors there are, which of them a project's features came from, and asking for features."""

from __future__ import annotations

from collections.abc import Sequence

from app import jobs
from app.services.adding import checked_path
from app.workspace import Workspace

CHOICES = {
    "deep": "deep: ImageNet where the motion is, and flow",
    "motion": "motion: gradients, colour and flow; faster",
}
"""The built-in extractors as a person chooses them; the first is the default. The web process must not import what they
need, so that their names stand here a second time; a test holds them together."""
FROM_FILE = "onnx:"


def start(workspace: Workspace, project: int, extractor: str, videos: Sequence[int] = ()) -> int | None:
    """Ask for features of videos, or of all readable ones of the project that have none by this extractor.

    Parameters
    ----------
    extractor
        A key of :data:`CHOICES`, or ``onnx:FILE``: a network inside a media root with its description beside it.

    Returns
    -------
    int or None
        The job; None if every video has these features already.

    Raises
    ------
    ValueError, OSError
        If there is no such extractor, or its file is not there or must not be read.
    """
    name = checked_name(workspace, extractor)
    ids = list(videos) or without_features(workspace, project, name)
    return jobs.enqueue(workspace, "extract", {"videos": ids, "extractor": name}, project) if ids else None


def checked_name(workspace: Workspace, extractor: str) -> str:
    """The extractor's name, that of a file made absolute; whether its network can be run shows in the job."""
    if not extractor.startswith(FROM_FILE):
        if extractor not in CHOICES:
            raise ValueError(f"there is no extractor {extractor!r}; choose {', '.join(CHOICES)} or onnx:FILE")
        return extractor
    path = checked_path(workspace, extractor.removeprefix(FROM_FILE).strip())
    if not path.is_file():
        raise ValueError(f"{path} is no file; give the network itself, NAME.onnx")
    if not path.with_suffix(".json").is_file():
        raise ValueError(
            f"beside {path.name} there is no {path.stem}.json that says what the network wants; see docs/extractors.md"
        )
    return f"{FROM_FILE}{path}"


def without_features(workspace: Workspace, project: int, extractor: str) -> list[int]:
    """Numbers of the readable videos of a project that have no features by an extractor."""
    with workspace.read() as unit:
        have = unit.features.of_project(project, extractor)
        found = unit.videos.of_project(project)
    return [video.id for video in found if video.status == "ready" and video.path and video.id not in have]


def in_use(workspace: Workspace, project: int) -> tuple[str, ...]:
    """Extractors by which videos of a project have features, those of most videos first."""
    with workspace.read() as unit:
        return unit.features.in_use(project)


def usual(workspace: Workspace, project: int) -> str:
    """The built-in extractor most videos of a project have features by, else the default: a model reads one kind."""
    return next((name for name in in_use(workspace, project) if name in CHOICES), next(iter(CHOICES)))
