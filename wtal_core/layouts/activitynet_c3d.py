"""ActivityNet's own C3D features: one hdf5 file with ``v_<id>/c3d_features`` (T, 500), and the ActivityNet json.

Facts (FACTS 10.4): C3D fc7 reduced by PCA, clips of 16 frames every 8 frames at the rate of the video, which nobody
states: the windows are spread from the start of a video to its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from wtal_core.features.folder import FolderMeta
from wtal_core.formats import activitynet
from wtal_core.layouts.assembly import Parts, assembled, even_rate
from wtal_core.layouts.dataset import Choice, FeatureDataset, StoredFeatures
from wtal_core.layouts.problems import LayoutError, Need, some

TITLE = "ActivityNet C3D (hdf5)"
FEATURES = Need(
    "the C3D feature file (sub_activitynet_v1-3.c3d.hdf5)",
    ("*c3d*.hdf5", "*c3d*.h5", "*.hdf5", "*.h5"),
    "the C3D features on http://activity-net.org/challenges/2016/download.html",
    is_telling=True,
)
ANNOTATIONS = Need(
    "the ActivityNet annotation json",
    ("activity_net*.json", "*/activity_net*.json", "*.json"),
    "http://activity-net.org/download.html (activity_net.v1-3.min.json, activity_net.v1-2.min.json)",
)
NEEDS: tuple[Need, ...] = (FEATURES, ANNOTATIONS)
ENTRY = "c3d_features"
META = FolderMeta(Fraction(30), 16, 8)


def read(folder: Path, choice: Choice) -> FeatureDataset:
    """The data set in a folder.

    Raises
    ------
    LayoutError, FormatError
        If a file is missing, damaged, or disagrees with another; the message names it.
    """
    path = FEATURES.one(folder)
    annotations = activitynet.read(choice.annotations or ANNOTATIONS.one(folder))
    meta = replace(
        META,
        stride_frames=choice.stride or META.stride_frames,
        snippet_frames=choice.window or META.snippet_frames,
    )
    stored = _stored(path, annotations.videos)
    if not stored:
        raise LayoutError(
            f"{path}: none of its entries is named like an annotated video (looked for v_{some(annotations.videos)}); "
            "check that features and annotations are of the same data set"
        )
    rates = {}
    for video, features in stored.items():
        duration = annotations.videos[video].duration
        if duration is None:
            raise LayoutError(f"{path}: the annotations do not say how long {video} is, so its features have no times")
        rates[video] = even_rate(features.shape[0], duration, meta)
    return assembled(Parts("c3d", "c3d", folder, annotations, stored, replace(meta, video_fps=rates)))


def _stored(path: Path, videos: Mapping[str, object]) -> dict[str, StoredFeatures]:
    """Features of the annotated videos of an hdf5 file, by their shapes."""
    import h5py

    stored = {}
    try:
        with h5py.File(path, "r") as file:
            there = set(file)
            for video in videos:
                entry = next((name for name in (f"v_{video}", video) if name in there), None)
                if entry is None:
                    continue
                place = f"{path}, {entry}"
                found = file[entry].get(ENTRY) if isinstance(file[entry], h5py.Group) else None
                if not isinstance(found, h5py.Dataset):
                    raise LayoutError(f"{place}: it holds no {ENTRY!r}; these are not ActivityNet's C3D features")
                if len(found.shape) != 2 or min(found.shape) < 1:
                    raise LayoutError(f"{place}: expected a matrix (T, D) with at least one row, got {found.shape}")
                shape = (int(found.shape[0]), int(found.shape[1]))
                stored[video] = StoredFeatures(place, shape, partial(_load, path, entry))
    except OSError as error:
        raise LayoutError(f"{path}: not an hdf5 file, or cut off ({error}); get it again") from error
    return stored


def _load(path: Path, entry: str) -> NDArray[Any]:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            values: NDArray[Any] = file[entry][ENTRY][()]
            return values
    except OSError as error:
        raise LayoutError(f"{path}, {entry}: it cannot be read ({error}); get the file again") from error
