"""One row of a published table, trained and evaluated; what is done is kept and never done twice.

A result is a small json named by data, method, settings, supervision and seed: rows of several tables that are set
alike share it, and a row whose data or settings have changed has none. A network is named by what it was trained with:
rows that differ at test only share it. An interrupted training goes on from its checkpoint.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wtal_core.domain import FeatureSequence, Proposal, VideoLabels
from wtal_core.evaluation import GroundTruth, Predictions, SnippetRate, evaluate
from wtal_core.evaluation.average_precision import classification_map
from wtal_core.evaluation.protocols import PROTOCOLS
from wtal_core.features.files import whole_or_nothing
from wtal_core.layouts import FeatureDataset
from wtal_core.predict import predict
from wtal_core.reproduction.published import Row
from wtal_core.reproduction.sampling import sampled
from wtal_core.reproduction.study import RowMissing, Study, name_of, settings_of, supervision_of, training_of
from wtal_core.training import checkpoint
from wtal_core.training.checkpoint import TrainedMethod
from wtal_core.training.dataset import TrainingVideo
from wtal_core.training.targets import simulated, training_videos
from wtal_core.training.trainer import Progress, train

TRAINED = "trained.json"
"""Beside the weights once a training is over: what it cost, and what it was given."""


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
    dataset = study.dataset if row.sampled_to is None else sampled(study.dataset, row.sampled_to)
    trained, cost = _network(study, row, seed, dataset, progress)
    trained.module.config, _ = settings_of(row, study.settings)  # an earlier row's may differ at test
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
        **cost,
        "n_evaluated": len(truth.instances),
        "reports": reports(truth, proposals, study),
        "classification_mAP": classification(dataset, scores),
    }
    _keep(study.out / "rows" / f"{name_of(study, row, seed)}.json", result)
    return result


def _network(
    study: Study, row: Row, seed: int, dataset: FeatureDataset, progress: Progress | None
) -> tuple[TrainedMethod, dict[str, Any]]:
    """The network of a row, trained unless an earlier row has trained it, and what is to be told of its training."""
    folder = study.out / "runs" / training_of(study, row, seed)
    done = _trained(folder)
    if done is not None:
        return done
    config, training = settings_of(row, study.settings)
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
    cost = {"seconds": round(time.monotonic() - begun, 1), "n_training": len(videos), "not_used": notes}
    _keep(folder / TRAINED, cost)
    (folder / checkpoint.POSITION).unlink(missing_ok=True)  # the weights stay; the optimiser is of no more use
    return trained, cost


def _trained(folder: Path) -> tuple[TrainedMethod, dict[str, Any]] | None:
    """The network in a folder and what is to be told of its training, or None where none is finished and whole."""
    try:
        cost = json.loads((folder / TRAINED).read_text(encoding="utf-8"))
        return checkpoint.load(folder), {name: cost[name] for name in ("seconds", "n_training", "not_used")}
    except (FileNotFoundError, KeyError, TypeError, ValueError):  # damaged: as if it were not there
        return None


def _keep(path: Path, content: Mapping[str, Any]) -> None:
    with whole_or_nothing(path) as partial:
        partial.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


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
