"""A published data set as a plain feature folder: read once, memory-mapped ever after."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wtal_core.features.files import whole_or_nothing
from wtal_core.features.folder import META, FeatureFolderError, read_features
from wtal_core.formats import activitynet
from wtal_core.layouts import plain
from wtal_core.layouts.dataset import FeatureDataset, StoredFeatures
from wtal_core.layouts.problems import LayoutError, some

ANNOTATIONS = "annotations.json"


@dataclass(frozen=True, slots=True)
class Converted:
    """What a conversion came to.

    Attributes
    ----------
    n_written, n_kept
        Videos written now, and videos that were there from an earlier, interrupted conversion.
    refused
        Why a video could not be converted, by video.
    """

    n_written: int
    n_kept: int
    refused: Mapping[str, str]


def convert(
    dataset: FeatureDataset, out: Path, progress: Callable[[float, str], object] = lambda done, name: None
) -> Converted:
    """Write ``<video>.npy``, ``meta.json``, ``annotations.json`` and ``published.json``.

    A video whose features hold NaN or are damaged is refused and stays in the annotations. What is there already of
    the same features is kept, so that an interrupted conversion goes on where it was.

    Parameters
    ----------
    dataset
        What to write.
    out
        A folder of its own: empty, absent, or of an earlier conversion of the same data set.
    progress
        Called after each video with the share that is done and its name.

    Raises
    ------
    LayoutError
        If ``out`` holds something else, or no video can be converted.
    """
    _refuse_foreign(dataset, out)
    out.mkdir(parents=True, exist_ok=True)
    _write(out / plain.PUBLISHED, plain.published(dataset))  # first: it says whose folder this is
    _write(out / META, json.dumps(plain.meta_of(dataset), indent=1) + "\n")
    activitynet.write(out / ANNOTATIONS, dataset.annotations)
    n_kept = 0
    refused: dict[str, str] = {}
    for index, (video, stored) in enumerate(dataset.stored.items(), start=1):
        path = out / f"{video}.npy"
        try:
            is_there = _is_there(path, stored)
            values = None if is_there else stored.values()
        except (LayoutError, FeatureFolderError) as error:
            refused[video] = str(error)
            continue
        if values is None:
            n_kept += 1
        else:
            with whole_or_nothing(path) as partial:
                np.save(partial, values, allow_pickle=False)
        progress(index / len(dataset.stored), video)
    if len(refused) == len(dataset.stored):
        raise LayoutError(f"none of {len(refused)} videos can be converted; {refused[min(refused)]}")
    return Converted(len(dataset.stored) - n_kept - len(refused), n_kept, refused)


def _refuse_foreign(dataset: FeatureDataset, out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise LayoutError(f"{out}: this is a file; name a folder")
    there = [path.name for path in out.iterdir() if not path.name.startswith(".")] if out.is_dir() else []
    if not there:
        return
    said = out / plain.PUBLISHED
    if not said.is_file() or said.read_text(encoding="utf-8") != plain.published(dataset):
        raise LayoutError(f"{out}: the folder holds something else ({some(sorted(there))}); name an empty or new one")


def _is_there(path: Path, stored: StoredFeatures) -> bool:
    """Whether a file of an earlier conversion is of these features: same shape, same first, middle and last row."""
    if not path.is_file():
        return False
    try:
        kept = read_features(path)
    except FeatureFolderError:
        return False
    rows = [0, stored.shape[0] // 2, -1]
    return kept.shape == stored.shape and np.array_equal(kept[rows], stored.load()[rows].astype(kept.dtype))


def _write(path: Path, text: str) -> None:
    with whole_or_nothing(path) as partial:
        partial.write_text(text, encoding="utf-8")
