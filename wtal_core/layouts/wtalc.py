"""W-TALC's object arrays (also 3C-Net's ActivityNet 1.2, RSKP, GauFuse, DELU): one npy per property, one row per video.

Facts (FACTS 10.1): features are one object array of (T, 2048) matrices, columns 0-1023 RGB and 1024-2047 flow. I3D
features are 16 frames at 25 fps, UntrimmedNet features 4 frames at 10 fps; ``extracted_fps.npy`` says 10 in both cases,
because it tells of the UntrimmedNet extraction, and is therefore not read. ``labels_all.npy`` is the video-level label
and differs from the labels of the segments in 28 THUMOS'14 videos: training at video level uses it, as the papers did,
and the ground truth uses the segments. ``video_test_0000270`` has no video-level label and instances past its end,
``video_test_0001292`` is absent, and ``video_test_0001496`` is labelled FrisbeeCatch and annotated CricketShot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wtal_core.domain import Annotation, Segment, SupervisionLevel, VideoLabels
from wtal_core.features.folder import FolderMeta
from wtal_core.formats import AnnotationSet, VideoEntry, subset_name, thumos_text
from wtal_core.formats import reading as checked
from wtal_core.layouts.assembly import Parts, assembled
from wtal_core.layouts.dataset import Choice, FeatureDataset, StoredFeatures
from wtal_core.layouts.object_npy import read_array
from wtal_core.layouts.problems import LayoutError, Need, some

TITLE = "W-TALC object arrays (npy)"
REPOSITORY = "https://github.com/sujoyp/wtalc-pytorch (3C-Net's for ActivityNet 1.2: https://github.com/naraysa/3c-net)"
FEATURES = Need(
    "the feature array",
    ("*JOINTFeatures*.npy", "*-I3D-*.npy", "*-UNT-*.npy", "*/*JOINTFeatures*.npy"),
    f"the links in the README of {REPOSITORY}",
    is_telling=True,
)


def _array(name: str, what: str, *, is_telling: bool = False, is_optional: bool = False) -> Need:
    patterns = (f"{name}.npy", f"*Annotations*/{name}.npy", f"*/{name}.npy")
    return Need(what, patterns, f"the annotation folder of {REPOSITORY}", is_telling, is_optional)


ARRAYS = {
    "videoname": _array("videoname", "the list of videos (videoname.npy)", is_telling=True),
    "classlist": _array("classlist", "the class list (classlist.npy)", is_telling=True),
    "subset": _array("subset", "the split (subset.npy)"),
    "segments": _array("segments", "the boundaries (segments.npy)"),
    "labels": _array("labels", "the class of each segment (labels.npy)"),
    "labels_all": _array("labels_all", "the video-level labels (labels_all.npy)"),
    "duration": _array("duration", "the durations (duration.npy)"),
}
AMBIGUOUS = Need(
    "the ambiguous time of THUMOS'14 (Ambiguous_test.txt)",
    ("Ambiguous_test.txt", "*Annotations*/Ambiguous_test.txt", "*/Ambiguous_test.txt"),
    f"the annotation folder of {REPOSITORY}, or the THUMOS'14 test annotations",
    is_optional=True,
)
NEEDS: tuple[Need, ...] = (*ARRAYS.values(), FEATURES, AMBIGUOUS)

RATES = {
    "i3d": FolderMeta(Fraction(25), 16, 16, {"rgb": (0, 1024), "flow": (1024, 2048)}),
    "unt": FolderMeta(Fraction(10), 4, 4, {"rgb": (0, 1024), "flow": (1024, 2048)}),
}
"""How the features were cut (FACTS 10.6), by their kind."""


def read(folder: Path, choice: Choice) -> FeatureDataset:
    """The data set in a folder: feature array, and the annotation arrays in it or in one folder below.

    Raises
    ------
    LayoutError
        If a file is missing, damaged, no array of plain content, or disagrees with another.
    """
    path, kind = _features(folder, choice)
    home = _annotation_folder(folder, path)
    rows = {name: read_array(need.one(home)) for name, need in ARRAYS.items()}
    for name, array in rows.items():
        if array.ndim < 1:
            raise LayoutError(f"{home}: {name}.npy is one value; it must have a row for each video or class")
    n_videos = len(rows["videoname"])
    for name, array in rows.items():
        if name != "classlist" and len(array) != n_videos:
            raise LayoutError(
                f"{home}: {name}.npy has {len(array)} rows and videoname.npy {n_videos}; they are of different versions"
            )
    matrices = read_array(path)
    if len(matrices) != n_videos or matrices.dtype != object:
        raise LayoutError(
            f"{path}: {len(matrices)} videos ({matrices.dtype}) where the annotations list {n_videos}; the array must "
            "hold one (T, D) matrix per video, in the order of videoname.npy"
        )
    names = [
        checked.video_id(_text(name), f"{home}/videoname.npy, row {i}") for i, name in enumerate(rows["videoname"])
    ]
    if len(set(names)) != n_videos:
        raise LayoutError(f"{home}: videoname.npy lists {n_videos - len(set(names))} videos twice")
    annotations, video_labels, notes = _annotations(home, rows, names)
    meta = RATES[kind]
    if choice.stride or choice.window:
        stride = choice.stride or meta.stride_frames
        meta = FolderMeta(meta.fps, choice.window or stride, stride, meta.streams)
    stored = {name: _stored(path, name, matrix) for name, matrix in zip(names, matrices, strict=True)}
    return assembled(Parts("wtalc", kind, folder, annotations, stored, meta, video_labels, notes=tuple(notes)))


def _features(folder: Path, choice: Choice) -> tuple[Path, str]:
    """The feature array, and what made it by its name."""
    found = {path: next((kind for kind in RATES if kind in path.name.lower()), "") for path in FEATURES.find(folder)}
    if not found:
        raise LayoutError(FEATURES.missing(folder))
    chosen = [path for path, kind in found.items() if choice.features in (None, kind)]
    names = some(path.name for path in found)
    if not chosen:
        raise LayoutError(f"{folder}: no {choice.features} features here; there are {names}")
    if len(chosen) > 1:
        raise LayoutError(f"{folder}: several feature arrays ({names}); say which with --features i3d or unt")
    if not found[chosen[0]]:
        raise LayoutError(
            f"{chosen[0]}: the name does not say whether these are I3D (16 frames at 25 fps) or UNT (4 frames at 10 "
            "fps) features; rename it as it was published, e.g. Thumos14reduced-I3D-JOINTFeatures.npy"
        )
    return chosen[0], found[chosen[0]]


def _annotation_folder(folder: Path, features: Path) -> Path:
    """Where videoname.npy lies: the folder itself, or the one below it that is named like the features."""
    places = [path.parent for path in ARRAYS["videoname"].find(folder)]
    if len(places) > 1:
        stem = features.name.split("-")[0]
        places = [place for place in places if place.name.split("-")[0] == stem] or places
    if not places:
        raise LayoutError(ARRAYS["videoname"].missing(folder))
    if len(places) > 1:
        raise LayoutError(
            f"{folder}: annotations in {some(place.name for place in places)}; keep those of one data set"
        )
    return places[0]


def _annotations(
    home: Path, rows: Mapping[str, NDArray[Any]], names: Sequence[str]
) -> tuple[AnnotationSet, dict[str, frozenset[str]], list[str]]:
    classes = tuple(checked.label(_text(name), f"{home}/classlist.npy") for name in rows["classlist"])
    ambiguous = {}
    problems = []
    texts = AMBIGUOUS.find(home) or AMBIGUOUS.find(home.parent)
    if texts:
        ambiguous = thumos_text.read_spans(texts[0])
    entries: dict[str, VideoEntry] = {}
    video_labels: dict[str, frozenset[str]] = {}
    for index, name in enumerate(names):
        place = f"{home}, {name}"
        said = {key: _listed(rows[key][index], f"{place}, {key}.npy") for key in ("labels_all", "segments", "labels")}
        official = frozenset(_known(label, classes, f"{place}, labels_all.npy") for label in said["labels_all"])
        marks = _instances(name, said["segments"], said["labels"], classes, place)
        located = frozenset(each.label for each in marks)
        length = _length(rows["duration"][index], f"{place}, duration.npy")
        past = [each for each in marks if each.segment is not None and each.segment.end > length + 1_000_000]
        if past:
            problems.append(f"{name}: {len(past)} of {len(marks)} segments end after the video ({length / 1e6:g} s)")
        labels = VideoLabels(name, official | located, marks, ambiguous=ambiguous.get(name, ()))
        subset = subset_name(_text(rows["subset"][index]))
        entries[name] = VideoEntry(labels, length, subset, complete=True)
        video_labels[name] = official
    differing = [
        name
        for name, entry in entries.items()
        if video_labels[name] != frozenset(each.label for each in entry.labels.annotations)
    ]
    notes = []
    if differing:
        notes.append(
            f"{len(differing)} videos have other classes in labels_all.npy than in labels.npy: {some(differing)}; "
            "training at video level uses labels_all.npy, the ground truth the segments"
        )
    return AnnotationSet(entries, classes, tuple(problems)), video_labels, notes


def _instances(name: str, segments: Any, labels: Any, classes: tuple[str, ...], place: str) -> tuple[Annotation, ...]:
    """The instances of one video; one of no length is left out, its class is in the video-level label."""
    if len(segments) != len(labels):
        raise LayoutError(f"{place}: {len(segments)} segments and {len(labels)} labels; they must be as many")
    found = []
    for index, (pair, label) in enumerate(zip(segments, labels, strict=True)):
        where = f"{place}, segments.npy[{index}]"
        start, end = checked.ends([_number(value, where) for value in np.ravel(pair)], where)
        if start < end:
            known = _known(label, classes, f"{place}, labels.npy[{index}]")
            mark = checked.imported_id(name, known, start, end, index)
            found.append(Annotation(mark, known, SupervisionLevel.FULL, segment=Segment(start, end)))
    return tuple(found)


def _known(label: Any, classes: tuple[str, ...], place: str) -> str:
    text = checked.label(_text(label), place)
    if text not in classes:
        raise LayoutError(f"{place}: class {text!r} is not in classlist.npy ({some(classes)})")
    return text


def _listed(value: Any, place: str) -> list[Any]:
    """What an object array holds for one video."""
    if isinstance(value, (list, tuple)) or (isinstance(value, np.ndarray) and value.ndim > 0):
        return list(value)
    raise LayoutError(f"{place}: expected a list, got {checked.shown(value)}")


def _length(value: Any, place: str) -> int:
    """A duration, alone or in an array of one; microseconds."""
    numbers = np.ravel(value)
    if numbers.size != 1:
        raise LayoutError(f"{place}: expected one number of seconds, got {numbers.size}")
    return checked.duration(_number(numbers[0], place), place)


def _number(value: Any, place: str) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise LayoutError(f"{place}: expected seconds, got {checked.shown(value)}") from None


def _text(value: Any) -> str:
    """Text the way Python 2 and 3 stored it."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


def _stored(path: Path, name: str, matrix: Any) -> StoredFeatures:
    place = f"{path}, {name}"
    if not isinstance(matrix, np.ndarray) or matrix.ndim != 2 or min(matrix.shape) < 1:
        shape = matrix.shape if isinstance(matrix, np.ndarray) else type(matrix).__name__
        raise LayoutError(f"{place}: expected a matrix (T, D) with at least one row, got {shape}")
    return StoredFeatures(place, (matrix.shape[0], matrix.shape[1]), lambda: matrix)
