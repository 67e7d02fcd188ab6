"""Our own: ``<video>.npy`` (T, D), ``meta.json``, ``annotations.json``; what a conversion writes.

``published.json``, where there is one, keeps what the other two cannot: which layout it was, what made the features,
official video-level labels, clicks that people gave.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from wtal_core.domain import VideoLabels
from wtal_core.features.folder import FolderMeta, read_meta
from wtal_core.formats import activitynet, point_files
from wtal_core.formats import reading as checked
from wtal_core.layouts.arrays import stored_arrays
from wtal_core.layouts.assembly import Parts, assembled
from wtal_core.layouts.dataset import Choice, FeatureDataset
from wtal_core.layouts.problems import LayoutError, Need

TITLE = "WTAL Studio feature folder"
PUBLISHED = "published.json"
ANNOTATIONS = Need(
    "the annotations (annotations.json)",
    ("annotations.json",),
    "`wtal features convert`, or ActivityNet-style json of your own; in a part of a published folder, give the whole",
    is_telling=True,
)
FEATURES = Need(
    "the features (<video>.npy)",
    ("*.npy", "features/*.npy"),
    "`wtal extract` or `wtal features convert`",
    is_telling=True,
)
NEEDS: tuple[Need, ...] = (FEATURES, ANNOTATIONS)


def read(folder: Path, choice: Choice) -> FeatureDataset:
    """The data set in a folder.

    Raises
    ------
    LayoutError, FormatError, FeatureFolderError
        If a file is missing, damaged, or disagrees with another; the message names it.
    """
    files = FEATURES.find(folder)
    if not files:
        raise LayoutError(FEATURES.missing(folder))
    place = files[0].parent
    annotations = activitynet.read(choice.annotations or ANNOTATIONS.one(folder))
    meta = read_meta(place)
    if choice.stride or choice.window:
        stride = choice.stride or meta.stride_frames
        meta = FolderMeta(meta.fps, choice.window or stride, stride, meta.streams, meta.video_fps)
    stored = stored_arrays(place, annotations.videos)
    layout, kind, video_labels, clicks = _published(folder)
    return assembled(Parts(layout, kind, folder, annotations, stored, meta, video_labels, clicks))


def _published(folder: Path) -> tuple[str, str, dict[str, frozenset[str]], dict[str, VideoLabels]]:
    path = folder / PUBLISHED
    if not path.is_file():
        return "plain", "", {}, {}
    said = checked.mapping(checked.read_json(path), str(path))
    try:
        labels = {str(video): frozenset(map(str, names)) for video, names in dict(said["video_labels"]).items()}
        clicks = {
            str(video): point_files.clicked(str(video), [(str(label), int(time)) for label, time in rows])
            for video, rows in dict(said["clicks"]).items()
        }
        return str(said["layout"]), str(said["kind"]), labels, clicks
    except (KeyError, TypeError, ValueError) as error:
        raise LayoutError(f"{path}: damaged ({error}); convert the data set again") from error


def published(dataset: FeatureDataset) -> str:
    """The text of ``published.json`` for a data set."""
    content = {
        "layout": dataset.layout,
        "kind": dataset.kind,
        "video_labels": {video: sorted(names) for video, names in dataset.video_labels.items()},
        "clicks": {
            video: [[each.label, each.clicks[0]] for each in said.annotations] for video, said in dataset.clicks.items()
        },
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def meta_of(dataset: FeatureDataset) -> Mapping[str, Any]:
    """``meta.json`` of a data set, exact."""

    def written(rate: Fraction) -> float | str:
        return float(rate) if rate.denominator == 1 else str(rate)

    rates = {video: rate for video, rate in dataset.meta.video_fps.items() if video in dataset.stored}
    said: dict[str, Any] = {
        "fps": written(dataset.meta.fps),
        "snippet_frames": dataset.meta.snippet_frames,
        "stride_frames": dataset.meta.stride_frames,
        "streams": {name: list(columns) for name, columns in dataset.meta.streams.items()},
    }
    return said | ({"video_fps": {video: str(rate) for video, rate in rates.items()}} if rates else {})
