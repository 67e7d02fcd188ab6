"""One npy of features per video, as most layouts keep them: looked at by its header, read when it is needed."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wtal_core.features.folder import mapped_features
from wtal_core.layouts.dataset import StoredFeatures

FLOATS: tuple[type[np.floating[Any]], ...] = (np.float16, np.float32, np.float64)
"""What other tools save; float64 becomes float32 when it is read."""


def header_of(path: Path) -> NDArray[np.floating[Any]]:
    """An npy file, memory-mapped: its shape costs a header, its values are read where they are touched.

    Raises
    ------
    FeatureFolderError
        If it is not there, cut off, a pickle, or no matrix of numbers with a fraction.
    """
    return mapped_features(path, FLOATS)


def stored_arrays(folder: Path, videos: Iterable[str]) -> dict[str, StoredFeatures]:
    """Features of the videos that have a file in the folder, with or without ActivityNet's leading ``v_``.

    Raises
    ------
    FeatureFolderError
        With the first damaged file named.
    """
    there = {path.stem: path for path in folder.glob("*.npy") if not path.name.startswith(".")}
    stored = {}
    for video in videos:
        path = there.get(video) or there.get(f"v_{video}")
        if path is not None:
            mapped = header_of(path)
            stored[video] = StoredFeatures(str(path), (mapped.shape[0], mapped.shape[1]), partial(header_of, path))
    return stored
