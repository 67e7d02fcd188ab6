"""MMAction2's ActivityNet: ``csv_mean_100/v_<id>.csv``, 100 rows of 400 features, and one json per side.

Facts (FACTS 10.5): every video is rescaled to 100 snippets, a header ``f0 .. f399`` stands above them. The features
cover ``feature_frame`` of the video's ``duration_frame`` frames, so a snippet lasts
``duration_second * feature_frame / duration_frame / 100``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wtal_core.domain import Annotation, SupervisionLevel, VideoLabels
from wtal_core.features.folder import FolderMeta
from wtal_core.formats import AnnotationSet, VideoEntry
from wtal_core.formats import reading as checked
from wtal_core.layouts.assembly import Parts, assembled
from wtal_core.layouts.dataset import Choice, FeatureDataset, StoredFeatures
from wtal_core.layouts.problems import LayoutError, Need

TITLE = "MMAction2 ActivityNet (csv)"
SOURCE = "tools/data/activitynet of https://github.com/open-mmlab/mmaction2"
FEATURES = Need(
    "the feature folder (csv_mean_100)",
    ("csv_mean_100", "*/csv_mean_100", "*/*/csv_mean_100"),
    SOURCE,
    is_telling=True,
)
SIDES = {
    side: Need(
        f"the annotations of the {side} videos (anet_anno_{word}.json)",
        (f"anet_anno_{word}.json", f"*/anet_anno_{word}.json"),
        SOURCE,
        is_telling=True,
    )
    for side, word in (("training", "train"), ("validation", "val"))
}
NEEDS: tuple[Need, ...] = (FEATURES, *SIDES.values())
N_SNIPPETS = 100


@dataclass(frozen=True, slots=True)
class _Video:
    """One entry of the json: labels, and how long its hundredth part lasts, exact seconds."""

    entry: VideoEntry
    step: Fraction


def read(folder: Path, choice: Choice) -> FeatureDataset:
    """The data set in a folder.

    Raises
    ------
    LayoutError, FormatError
        If a file is missing, damaged, or disagrees with another; the message names it.
    """
    place = FEATURES.one(folder)
    notes: list[str] = []
    videos: dict[str, _Video] = {}
    for side, need in SIDES.items():
        path = need.one(folder)
        for name, value in checked.mapping(checked.read_json(path), str(path)).items():
            video = checked.video_id(name, str(path))
            if video in videos:
                raise LayoutError(f"{path}: {video} is a training video, too")
            videos[video] = _video(video, value, f"{path}, video {video!r}", side, notes)
    classes = sorted({label for each in videos.values() for label in each.entry.labels.classes or ()})
    annotations = AnnotationSet({name: each.entry for name, each in videos.items()}, tuple(classes))
    stored = {name: _stored(place / f"{name}.csv") for name in videos if (place / f"{name}.csv").is_file()}
    rates = {name: 1 / each.step for name, each in videos.items() if name in stored}
    meta = FolderMeta(Fraction(1), 1, 1, video_fps=rates)
    return assembled(Parts("mmaction2", "tsn", folder, annotations, stored, meta, notes=tuple(notes)))


def _video(video: str, value: Any, place: str, side: str, notes: list[str]) -> _Video:
    fields: Mapping[str, Any] = checked.mapping(value, place)
    for key in ("duration_second", "duration_frame", "feature_frame", "annotations"):
        if key not in fields:
            raise LayoutError(f"{place}: the key {key!r} is missing; MMAction2's anet_anno files have it")
    duration = checked.duration(fields["duration_second"], f"{place}, duration_second")
    frames = checked.number(fields["duration_frame"], f"{place}, duration_frame")
    covered = checked.number(fields["feature_frame"], f"{place}, feature_frame")
    if not 0 < covered <= 2 * frames:
        raise LayoutError(f"{place}: features of {covered} frames in a video of {frames}; check the file")
    marks: list[Annotation] = []
    known: set[str] = set()
    for index, row in enumerate(checked.sequence(fields["annotations"], f"{place}, annotations")):
        where = f"{place}, annotations[{index}]"
        each = checked.mapping(row, where)
        label = checked.label(each.get("label"), f"{where}.label")
        start, end = checked.ends(each.get("segment"), f"{where}.segment")
        known.add(label)
        if start == end:
            notes.append(f"{where}: {label!r} has no length; kept as a class that occurs, without boundaries")
            continue
        segment = checked.segment(each["segment"], f"{where}.segment")
        mark = checked.imported_id(video, label, start, end, index)
        marks.append(Annotation(mark, label, SupervisionLevel.FULL, segment=segment))
    labels = VideoLabels(video, frozenset(known), tuple(marks))
    entry = VideoEntry(labels, duration, side, complete=True)
    return _Video(entry, Fraction(duration, 1_000_000) * covered / frames / N_SNIPPETS)


def _stored(path: Path) -> StoredFeatures:
    with path.open(encoding="utf-8", errors="replace") as file:
        header = file.readline().strip().split(",")
    if header[0].strip('"') != "f0":
        raise LayoutError(f"{path}: the first line should be f0,f1,..., got {checked.shown(','.join(header))}")
    return StoredFeatures(str(path), (N_SNIPPETS, len(header)), partial(_load, path))


def _load(path: Path) -> NDArray[Any]:
    try:
        values: NDArray[Any] = np.loadtxt(path, dtype=np.float32, delimiter=",", skiprows=1, ndmin=2)
    except ValueError as error:
        raise LayoutError(f"{path}: not a table of numbers, or cut off ({error}); get it again") from error
    return values
