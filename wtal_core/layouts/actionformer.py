"""ActionFormer and OpenTAD: ``<video>.npy`` (T, D) in one folder, and an annotation json with duration and fps.

Facts (FACTS 10.3): I3D features of THUMOS'14 are windows of 16 frames every 4 frames at the video's own rate (about 30
fps), so snippet t is centred on frame 4 t + 8. OpenTAD's THUMOS'14 calls the test side ``validation``, has 211 test
videos (270 and 1292 removed), and holds the label ``Ambiguous``, which is ambiguous time and no class.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from wtal_core.features.folder import META, FolderMeta, read_meta
from wtal_core.formats import AnnotationSet, activitynet
from wtal_core.layouts.arrays import stored_arrays
from wtal_core.layouts.assembly import Parts, assembled, even_rate
from wtal_core.layouts.dataset import Choice, FeatureDataset, StoredFeatures
from wtal_core.layouts.problems import LayoutError, Need, some

TITLE = "ActionFormer and OpenTAD (npy and json)"
SOURCE = (
    "the data links in the README of https://github.com/happyharrycn/actionformer_release "
    "or https://github.com/sming256/OpenTAD"
)
ANNOTATIONS = Need(
    "the annotation json",
    (
        *("annotations/*.json", "thumos14.json", "thumos_14_anno.json", "anet1.3_*.json"),
        *("*/annotations/thumos*.json", "*/annotations/a*net*.json"),
    ),
    SOURCE,
    is_telling=True,
)
FEATURES = Need(
    "the feature folder (<video>.npy)",
    (
        *("i3d_features/*.npy", "*_features/*.npy", "features/*stride*/*.npy", "*stride*/*.npy"),
        *("*/i3d_features/*.npy", "*/*_features/*.npy", "features/*i3d*/*.npy", "features/*tsp*/*.npy"),
        "features/*.npy",
    ),
    SOURCE,
    is_telling=True,
)
NEEDS: tuple[Need, ...] = (ANNOTATIONS, FEATURES)
STRIDE, WINDOW = 4, 16
"""Frames, for I3D features of THUMOS'14."""
I3D = {"rgb": (0, 1024), "flow": (1024, 2048)}


def read(folder: Path, choice: Choice) -> FeatureDataset:
    """The data set in a folder.

    Raises
    ------
    LayoutError, FormatError, FeatureFolderError
        If a file is missing, damaged, or disagrees with another; the message names it.
    """
    annotations = activitynet.read(choice.annotations or ANNOTATIONS.one(folder))
    place = _feature_folder(folder)
    stored = stored_arrays(place, annotations.videos)
    if not stored:
        raise LayoutError(
            f"{place}: no file is named like an annotated video (looked for {some(annotations.videos)}); check that "
            "features and annotations are of the same data set"
        )
    width = next(iter(stored.values())).shape[1]
    said = read_meta(place) if (place / META).is_file() else None
    meta = FolderMeta(
        Fraction(30),
        choice.window or (said.snippet_frames if said else WINDOW),
        choice.stride or (said.stride_frames if said else STRIDE),
        I3D if width == I3D["flow"][1] else {},
    )
    notes: list[str] = []
    meta = replace(meta, video_fps=_rates(annotations, stored, meta, notes))
    kind = "i3d" if width == I3D["flow"][1] else ""
    return assembled(Parts("actionformer", kind, folder, annotations, stored, meta, notes=tuple(notes)))


def _feature_folder(folder: Path) -> Path:
    """The one folder with npy files among those that could be it."""
    found = sorted({path.parent for path in FEATURES.find(folder)})
    if not found and any(folder.glob("*.npy")):
        return folder
    if not found:
        raise LayoutError(FEATURES.missing(folder))
    if len(found) > 1:
        names = some(str(path.relative_to(folder)) for path in found)
        raise LayoutError(f"{folder}: several feature folders ({names}); give a folder with one of them")
    return found[0]


def _rates(
    annotations: AnnotationSet, stored: dict[str, StoredFeatures], meta: FolderMeta, notes: list[str]
) -> dict[str, Fraction]:
    """Frames per second of each video: what the json says, else what makes its snippets reach from start to end."""
    rates: dict[str, Fraction] = {}
    spread = []
    for video, features in stored.items():
        entry = annotations.videos[video]
        if entry.fps is not None:
            if entry.fps <= 0:
                raise LayoutError(f"{features.place}: its annotations say {entry.fps} frames per second")
            rates[video] = Fraction(entry.fps).limit_denominator(100_000)
        elif entry.duration is not None:
            rates[video] = even_rate(features.shape[0], entry.duration, meta)
            spread.append(video)
    if spread:
        notes.append(f"no fps for {len(spread)} videos: their snippets are spread over the duration: {some(spread)}")
    return rates
