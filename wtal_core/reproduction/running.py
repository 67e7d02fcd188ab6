"""One row of a published table, trained and evaluated; what is done is kept and never done twice.

A result is a small json named by data, method, settings, supervision and seed: rows of several tables that are the same
training share it, and a row whose data or settings have changed has none. An interrupted run goes on from its
checkpoint.
"""

from __future__ import annotations

import hashlib
import json
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wtal_core.domain import FeatureSequence, Proposal, SupervisionLevel, VideoLabels
from wtal_core.evaluation import GroundTruth, Predictions, SnippetRate, evaluate
from wtal_core.evaluation.average_precision import classification_map
from wtal_core.evaluation.protocols import PROTOCOLS
from wtal_core.features.files import whole_or_nothing
from wtal_core.layouts import FeatureDataset
from wtal_core.models import METHODS
from wtal_core.models.method import configured
from wtal_core.predict import predict
from wtal_core.reproduction.benchmarks import Benchmark
from wtal_core.reproduction.published import Row
from wtal_core.reproduction.sampling import sampled
from wtal_core.training import checkpoint
from wtal_core.training.config import to_data
from wtal_core.training.dataset import TrainingVideo
from wtal_core.training.targets import simulated, training_videos
from wtal_core.training.trainer import Progress, train


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


def settings_of(row: Row, extra: Mapping[str, Any]) -> tuple[Any, Any]:
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


def key_of(study: Study, row: Row, seed: int) -> str:
    """What must be the same for a result to stand, as a short hash."""
    config, training = settings_of(row, study.settings)
    told = [study.fingerprint, row.method, row.supervision, seed, to_data(config), to_data(training)]
    told += [] if row.sampled_to is None else [row.sampled_to]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def name_of(study: Study, row: Row, seed: int) -> str:
    """The name of a run: rows of different tables that are the same training share it.

    Raises
    ------
    RowMissing
        If the row cannot be run here at all.
    """
    return f"{row.method}.{row.supervision}.seed{seed}.{key_of(study, row, seed)}"


def known_result(study: Study, row: Row, seed: int) -> dict[str, Any] | None:
    """The result of a row and seed, if there is one with these data and settings.

    Raises
    ------
    RowMissing
        If the row cannot be run here at all.
    """
    path = study.out / "rows" / f"{name_of(study, row, seed)}.json"
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:  # half a file of a full disk: as if it were not there
        return None
    return said if isinstance(said, dict) and "reports" in said else None


def run_row(study: Study, row: Row, seed: int, progress: Progress | None = None) -> dict[str, Any]:
    """Train and evaluate a row, and keep what came of it.

    Parameters
    ----------
    study
        Data and folders.
    row, seed
        Which run.
    progress
        Called after every training step; whatever it raises ends the run, which then goes on from its checkpoint.

    Returns
    -------
    dict
        ``reports`` (one per protocol), ``classification_mAP``, ``seconds``, ``n_training`` and what was not used.

    Raises
    ------
    RowMissing
        If it cannot be run here.
    """
    config, training = settings_of(row, study.settings)
    name = name_of(study, row, seed)
    folder = study.out / "runs" / name
    dataset = study.dataset if row.sampled_to is None else sampled(study.dataset, row.sampled_to)
    videos, notes = labelled(dataset, row.supervision, seed)
    begun = time.monotonic()
    trained = train(
        row.method,
        videos,
        dataset.class_names,
        config=config,
        training=training,
        seed=seed,
        checkpoint_dir=folder,
        resume=True,
        progress=progress,
        device=study.device,
    )
    checkpoint.save(folder, trained)
    seconds = time.monotonic() - begun
    sequences = dataset.sequences(dataset.of_side(dataset.evaluated))
    proposals: dict[str, list[Proposal]] = {}
    scores: dict[str, NDArray[np.float32]] = {}
    for prediction, each in predict(trained, sequences, device=study.device):
        proposals[prediction.activation.video_id] = each
        scores[prediction.activation.video_id] = prediction.video_scores
    truth = dataset.ground_truth(dataset.evaluated)
    result = {
        "method": row.method,
        "supervision": row.supervision,
        "seed": seed,
        "seconds": round(seconds, 1),
        "n_training": len(videos),
        "n_evaluated": len(truth.instances),
        "not_used": notes,
        "reports": reports(truth, proposals, study),
        "classification_mAP": classification(dataset, scores),
    }
    with whole_or_nothing(study.out / "rows" / f"{name}.json") as partial:
        partial.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (folder / checkpoint.POSITION).unlink(missing_ok=True)  # the weights stay; the optimiser is of no more use
    return result


def reports(truth: GroundTruth, proposals: Predictions, study: Study) -> dict[str, Any]:
    """MAP by every protocol, so that a number can be held against any paper's: ``{protocol: {"mAP", "n_..."}}``."""
    rate = SnippetRate(Fraction(10), 4) if study.dataset.kind == "unt" else SnippetRate()
    said = {}
    for name in PROTOCOLS:
        report = evaluate(truth, proposals, protocol=name, tiou=study.benchmark.tiou, rate=rate)
        said[name] = {
            "mAP": {f"{tiou:g}": value for tiou, value in zip(report.tiou, report.mAP, strict=True)},
            "n_ground_truth": report.n_ground_truth,
            "n_predictions": report.n_predictions,
        }
    return said


def classification(dataset: FeatureDataset, scores: Mapping[str, NDArray[np.float32]]) -> float:
    """Video classification mAP (FACTS 9.5), against the official video-level labels where the layout has them.

    Parameters
    ----------
    dataset
        Its labels.
    scores
        How sure each class is, (C,), by video.
    """
    segments = {video: dataset.annotations.videos[video].labels.classes or frozenset() for video in scores}
    said = [dataset.video_labels.get(video, segments[video]) for video in scores]
    occurs = np.array([[name in classes for name in dataset.class_names] for classes in said])
    return classification_map(occurs, np.stack(list(scores.values())), dataset.class_names)[0]


def labelled(dataset: FeatureDataset, supervision: str, seed: int) -> tuple[list[TrainingVideo], list[str]]:
    """The training videos at a supervision, and what could not be used.

    Video-level labels are the official ones where the layout has them (W-TALC's ``labels_all``). ``one-segment`` and
    ``two-segment`` are drawn by the seed, as Ding et al. do; ``clicks`` are those the layout brings (LACP); ``semiK``
    keeps the first K videos of each class fully annotated.

    Raises
    ------
    RowMissing
        If clicks are asked for and the folder has none.
    """
    if supervision == "clicks" and not dataset.clicks:
        raise RowMissing("the folder holds no clicks; LACP's point_labels.csv and fps_dict.json are some")
    level, semi = supervision_of(supervision)
    names = dataset.of_side("training")
    full = {name: dataset.annotations.videos[name].labels for name in names}
    grids = {name: dataset.grids[name] for name in names}
    said = simulated(full, level, grids, dataset.class_names, seed=seed, semi=semi)
    for name, labels in said.items():
        official = dataset.video_labels.get(name)
        if labels is not full[name] and not labels.annotations and official:
            said[name] = VideoLabels(name, official)
        if supervision == "clicks" and name in dataset.clicks:
            said[name] = replace(dataset.clicks[name], classes=full[name].classes)
    return training_videos(_in_order(dataset, names), said, dataset.class_names)


def _in_order(dataset: FeatureDataset, names: list[str]) -> list[FeatureSequence]:
    return list(dataset.sequences(names))
