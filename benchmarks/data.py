"""The yardsticks: real features with exact boundaries, beside the checkout and never committed.

``ucf15-dev`` is the set to choose on, ``ucf15-features`` the one to report (composed sequences, not a published
benchmark). ``weizmann`` needs its videos' features in a folder (``wtal extract``); ``weizmann-fold0`` to ``-fold3``
hold out actors of its training videos, so that nothing is chosen on its validation subset.
"""

from __future__ import annotations

import math
import os
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from wtal_core.domain import FeatureSequence, SupervisionLevel, VideoLabels
from wtal_core.evaluation import EvaluationReport, GroundTruth, evaluate
from wtal_core.evaluation.average_precision import classification_map
from wtal_core.features.folder import read_folder
from wtal_core.formats import activitynet
from wtal_core.predict import predict
from wtal_core.training.checkpoint import TrainedMethod
from wtal_core.training.dataset import TrainingVideo
from wtal_core.training.targets import simulated, training_videos

N_FOLDS = 4
STREAMS = {name: {"rgb": (0, 256), "flow": (256, 512)} for name in ("ucf15-dev", "ucf15-features")}
"""Columns of appearance and of its temporal differences, where a feature folder does not name them itself."""
SUPERVISIONS = {
    "video": (SupervisionLevel.VIDEO, None),
    "one": (SupervisionLevel.ONE_SEGMENT, None),
    "two": (SupervisionLevel.TWO_SEGMENT, None),
    "semi1": (SupervisionLevel.VIDEO, 1),
    "semi2": (SupervisionLevel.VIDEO, 2),
    "semi3": (SupervisionLevel.VIDEO, 3),
    "full": (SupervisionLevel.FULL, None),
}
"""How much is said of the training videos: a level, and videos of each class that are fully annotated (``--semi``)."""
SHARES = {"full50": 0.5, "full25": 0.25, "full10": 0.1}
"""Fully annotated videos alone, drawn by seed; the others are not there."""


@dataclass(frozen=True, eq=False)
class Yardstick:
    """A data set, split."""

    name: str
    class_names: tuple[str, ...]
    training: dict[str, FeatureSequence]
    validation: dict[str, FeatureSequence]
    labels: dict[str, VideoLabels]

    @property
    def fingerprint(self) -> str:
        """Changes with any feature or label, and not with the order in which a process happens to hold a set."""
        code = 0
        for video_id, sequence in (self.training | self.validation).items():
            said = self.labels[video_id]
            told = repr((sorted(said.classes or ()), replace(said, classes=None, annotations=()), said.annotations))
            code = zlib.crc32(sequence.values.tobytes(), zlib.crc32(told.encode(), code))
        return f"{code:08x}"

    def labelled(self, supervision: str, seed: int) -> list[TrainingVideo]:
        """Training videos at a supervision, clicks drawn by seed."""
        level, semi = SUPERVISIONS["full" if supervision in SHARES else supervision]
        n_kept = math.ceil(SHARES.get(supervision, 1.0) * len(self.training))
        order = np.random.default_rng(seed).permutation(len(self.training))[:n_kept]
        kept = {video_id for index, video_id in enumerate(self.training) if index in set(order.tolist())}
        labels = {video_id: self.labels[video_id] for video_id in self.training if video_id in kept}
        grids = {video_id: sequence.grid for video_id, sequence in self.training.items()}
        said = simulated(labels, level, grids, self.class_names, seed=seed, semi=semi)
        return training_videos([self.training[video_id] for video_id in labels], said, self.class_names)[0]

    def score(self, trained: TrainedMethod) -> EvaluationReport:
        """mAP at tIoU .3 to .7 on the validation side, ActivityNet protocol."""
        return self.score_with_classes(trained)[0]

    def score_with_classes(self, trained: TrainedMethod) -> tuple[EvaluationReport, float]:
        """The same, and the video classification mAP (FACTS 9.5)."""
        found = list(predict(trained, self.validation.values()))
        proposals = {prediction.activation.video_id: each for prediction, each in found}
        labels = [self.labels[prediction.activation.video_id] for prediction, _ in found]
        occurs = np.array([[name in (said.classes or ()) for name in self.class_names] for said in labels])
        scores = np.stack([prediction.video_scores for prediction, _ in found])
        classes, _ = classification_map(occurs, scores, self.class_names)
        return evaluate(GroundTruth.from_labels(labels), proposals), classes


def shared() -> Path:
    """The folder of shared data: ``WTAL_SHARED``, else ``shared`` beside the checkout."""
    base = Path(os.environ.get("WTAL_SHARED", Path(__file__).resolve().parents[2] / "shared"))
    if not (base / "data").is_dir():
        raise SystemExit(f"shared data absent: {base / 'data'}; put it beside the checkout or set WTAL_SHARED")
    return base / "data"


def read(name: str, features: Path | None = None) -> Yardstick:
    """A yardstick by name.

    Parameters
    ----------
    name
        ``ucf15-dev``, ``ucf15-features``, ``weizmann`` or ``weizmann-foldN``.
    features
        Folder of ``<video>.npy``; the data set's own where it brings one.
    """
    base, _, fold = name.partition("-fold")
    folder = shared() / {"weizmann": "weizmann-untrimmed"}.get(base, base)
    source = features or folder / "features"
    if not source.is_dir():
        raise SystemExit(
            f"{name}: no features in {source}; run `wtal extract {folder} --out DIR` and give --features DIR"
        )
    annotations = activitynet.read(folder / "annotations.json")
    sequences = {
        video_id: sequence if sequence.streams else replace(sequence, streams=STREAMS.get(base, {}))
        for video_id, sequence in read_folder(source, annotations.durations).items()
    }
    side = {video_id: str(entry.subset) for video_id, entry in annotations.videos.items()}
    kept = {side_name: [v for v in sequences if side[v] == side_name] for side_name in ("training", "validation")}
    training, validation = kept["training"], kept["validation"]
    if fold:
        actors = sorted({video_id.partition("_")[0] for video_id in training})
        held = {actor for index, actor in enumerate(actors) if index % N_FOLDS == int(fold)}
        validation = [video_id for video_id in training if video_id.partition("_")[0] in held]
        training = [video_id for video_id in training if video_id not in set(validation)]
    return Yardstick(
        name,
        tuple(annotations.classes),
        {video_id: sequences[video_id] for video_id in annotations.videos if video_id in set(training)},
        {video_id: sequences[video_id] for video_id in annotations.videos if video_id in set(validation)},
        annotations.labels,
    )
