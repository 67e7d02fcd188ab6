"""Published feature folders into a project: the videos, their features, the split, and the labels at a chosen level."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from app.services import exchange, feature_folder
from app.services.adding import checked_path
from app.workspace import Workspace
from wtal_core.domain import Coverage, Subset, VideoLabels
from wtal_core.features.folder import META
from wtal_core.formats import AnnotationSet, VideoEntry, activitynet
from wtal_core.layouts import FeatureDataset
from wtal_core.layouts.conversion import convert

LEVELS = ("full", "one-segment", "video", "none")
"""What of a data set's labels its training videos get in a project; the evaluated side is always complete."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import came to.

    Attributes
    ----------
    folder
        Where the features lie now.
    n_videos
        Videos that were added.
    n_known
        Videos the project held already; they got features, too.
    n_labelled, n_annotations
        Videos that got labels, and annotations stored.
    notes
        What is odd, was left out or changed, one sentence each.
    """

    folder: Path
    n_videos: int
    n_known: int
    n_labelled: int
    n_annotations: int
    notes: tuple[str, ...]


def import_published(
    workspace: Workspace,
    project: int,
    dataset: FeatureDataset,
    folder: Path,
    *,
    level: str = "full",
    by: str = "",
    progress: Callable[[float, str], object] = lambda done, name: None,
) -> Imported:
    """Convert a data set into a plain feature folder and add its videos, features, split and labels to a project.

    THUMOS'14's test side becomes the project's validation side, for that is what a project reports on.

    Parameters
    ----------
    workspace, project
        Where to.
    dataset
        What :func:`~wtal_core.layouts.read_layout` read.
    folder
        Where the converted features go; a plain folder of the data set itself is used as it is.
    level
        One of :data:`LEVELS`: what the training videos are labelled with.
    by
        Who imports it.
    progress
        Called as videos are converted.

    Raises
    ------
    ValueError
        If the level is none of these, or asks for clicks the data set does not bring.
    PermissionError
        If the folder lies outside the media roots.
    """
    labels = for_project(dataset, level)  # refuses before anything is written
    notes = list(dataset.notes)
    if not is_plain(folder):
        folder.mkdir(parents=True, exist_ok=True)
        checked_path(workspace, folder)
        refused = convert(dataset, folder, progress).refused
        notes += [f"{video}: not converted: {reason}" for video, reason in refused.items()]
    added = feature_folder.add_features(workspace, project, folder)
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "annotations.json"
        activitynet.write(path, labels)
        said = exchange.import_labels(workspace, project, path, "activitynet", by=by)
    notes += [note.replace(str(path), str(folder)) for note in (*added.problems, *said.notes)]
    return Imported(folder, len(added.videos), added.n_known, said.n_videos, said.n_annotations, tuple(notes))


def is_plain(folder: Path) -> bool:
    """Whether a folder can be mapped as it is: our own layout."""
    return (folder / META).is_file() and any(folder.glob("*.npy"))


def for_project(dataset: FeatureDataset, level: str) -> AnnotationSet:
    """Labels of a data set as a project takes them: our words for the sides, training videos at a level.

    Raises
    ------
    ValueError
        If the level is none of :data:`LEVELS`, or the data set brings no clicks where they are asked for.
    """
    if level not in LEVELS:
        raise ValueError(f"there is no level {level!r} to import; choose one of {', '.join(LEVELS)}")
    if level == "one-segment" and not dataset.clicks:
        raise ValueError(
            "the data set brings no clicks; LACP's point_labels.csv and fps_dict.json are some, and `wtal train "
            "--level one-segment` draws them from full labels"
        )
    videos = {
        video: _at_level(dataset, video, entry, level)
        if entry.subset == Subset.TRAINING
        else replace(entry, subset=str(Subset.VALIDATION))
        for video, entry in dataset.annotations.videos.items()
    }
    return replace(dataset.annotations, videos=videos)


def _at_level(dataset: FeatureDataset, video: str, entry: VideoEntry, level: str) -> VideoEntry:
    if level == "full":
        return entry
    said = VideoLabels(video)
    if level == "video":
        said = VideoLabels(video, dataset.video_labels.get(video) or entry.labels.classes)
    elif level == "one-segment":
        clicks = dataset.clicks.get(video)
        said = VideoLabels(video, entry.labels.classes, clicks.annotations if clicks else (), Coverage())
    return replace(entry, labels=said, complete=False)
