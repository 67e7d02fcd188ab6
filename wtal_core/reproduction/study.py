"""What all rows of a table share, and what makes two rows one result or one training."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wtal_core.domain import SupervisionLevel
from wtal_core.layouts import FeatureDataset
from wtal_core.models import METHODS
from wtal_core.models.method import configured
from wtal_core.reproduction.benchmarks import Benchmark
from wtal_core.reproduction.published import Row
from wtal_core.training.config import TrainingConfig, to_data


class RowMissing(ValueError):
    """A row that cannot be run by this program as it is; the message says why."""


@dataclass(frozen=True, eq=False)
class Study:
    """What all rows share.

    Attributes
    ----------
    benchmark
        The rows' benchmark.
    dataset
        The data.
    out
        Folder of results and runs.
    fingerprint
        Changes with any label, split or feature file.
    settings
        Settings of the caller, over those of every row.
    device
        Where to train, or None.
    """

    benchmark: Benchmark
    dataset: FeatureDataset
    out: Path
    fingerprint: str
    settings: Mapping[str, Any]
    device: str | None = None


def fingerprint(dataset: FeatureDataset) -> str:
    """A short text that changes with any label, split, grid, or the first and last row of any video's features."""
    code = 0
    for video, entry in dataset.annotations.videos.items():
        mapped = dataset.stored[video].load()
        told = repr((video, entry.subset, entry.labels.annotations, entry.labels.ambiguous, dataset.grids[video]))
        official = sorted(dataset.video_labels.get(video, ()))
        code = zlib.crc32(f"{told}{official}{mapped.shape}".encode(), code)
        code = zlib.crc32(mapped[0].tobytes() + mapped[-1].tobytes(), code)
    return f"{code:08x}"


def settings_of(row: Row, extra: Mapping[str, Any]) -> tuple[Any, TrainingConfig]:
    """Method config and training config of a row.

    Raises
    ------
    RowMissing
        If the method, a preset or a setting does not exist here.
    """
    if row.method not in METHODS:
        raise RowMissing(f"method {row.method} is not installed")
    entry = METHODS[row.method]
    chosen: dict[str, Any] = {}
    for preset in row.presets:
        if preset not in entry.presets:
            raise RowMissing(f"method {row.method} has no preset {preset!r}")
        chosen |= entry.presets[preset]
    level = supervision_of(row.supervision)[0]
    if level not in entry.levels:
        raise RowMissing(f"method {row.method} does not learn from {level} labels")
    try:
        return configured(entry, None, {**chosen, **row.settings, **extra})
    except ValueError as error:
        raise RowMissing(f"method {row.method} does not take these settings: {error}") from error


def supervision_of(name: str) -> tuple[SupervisionLevel, int | None]:
    """Level, and fully annotated videos of each class."""
    if name.startswith("semi"):
        return SupervisionLevel.VIDEO, int(name.removeprefix("semi"))
    if name == "clicks":
        return SupervisionLevel.ONE_SEGMENT, None
    return SupervisionLevel(name), None


def name_of(study: Study, row: Row, seed: int) -> str:
    """The name of a result: rows of different tables that are set alike share it.

    Raises
    ------
    RowMissing
        If the row cannot be run here at all.
    """
    config, training = settings_of(row, study.settings)
    return _named(study, row, seed, to_data(config), training)


def training_of(study: Study, row: Row, seed: int) -> str:
    """The name of a training: rows that differ at test only share it.

    Raises
    ------
    RowMissing
        If the row cannot be run here at all.
    """
    config, training = settings_of(row, study.settings)
    return _named(study, row, seed, METHODS[row.method].learned(config), training)


def _named(study: Study, row: Row, seed: int, settings: Mapping[str, Any], training: TrainingConfig) -> str:
    """Method, supervision and seed in words, and a short hash of all that must be the same."""
    told = [study.fingerprint, row.method, row.supervision, seed, settings, to_data(training)]
    told += [] if row.sampled_to is None else [row.sampled_to]
    key = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]
    return f"{row.method}.{row.supervision}.seed{seed}.{key}"
