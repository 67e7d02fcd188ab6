"""What the trainer costs beyond its arithmetic: a pass of a method against a loop of the same matrix products.

OMP_NUM_THREADS=1 python benchmarks/training.py [--snippets 320 --features 2048 --width 512]

The hand-written loop has ready-made padded batches of the same shape, the same layers and the same optimiser, and the
cheapest loss there is (a mean of squares): no crops, no masks, no named terms. Bar: ratio <= 1.3.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from wtal_core.domain import FeatureSequence, SnippetGrid, VideoLabels
from wtal_core.models import METHODS
from wtal_core.models.method import configured
from wtal_core.training.config import Stage
from wtal_core.training.dataset import TrainingVideo
from wtal_core.training.targets import training_video
from wtal_core.training.trainer import train


def scene(n_videos: int, n_snippets: int, n_features: int, n_classes: int) -> tuple[list[TrainingVideo], list[str]]:
    """Noise, with a video label each."""
    rng = np.random.default_rng(0)
    names = [f"class{index}" for index in range(n_classes)]
    grid = SnippetGrid.regular(n_snippets, n_snippets * 640_000)
    videos = []
    for index in range(n_videos):
        values = rng.standard_normal((n_snippets, n_features), dtype=np.float32)
        labels = VideoLabels(f"v{index}", frozenset({names[index % n_classes]}))
        videos.append(training_video(FeatureSequence(f"v{index}", values, grid), labels, names)[0])
    return videos, names


def by_trainer(method: str, videos: list[TrainingVideo], names: list[str], width: int, n_passes: int) -> float:
    """CPU seconds of a pass; the first pass and what comes before it are not counted."""
    settings = {"width": width, "training.stages": (Stage(1 + n_passes, 1e-4),), "max_length": None, "batch_size": 10}
    config, training = configured(METHODS[method], None, settings)
    ends: list[float] = []
    train(
        method,
        videos,
        names,
        config=config,
        training=training,
        device="cpu",
        progress=lambda _: ends.append(time.process_time()),
    )
    return (ends[-1] - ends[-(-len(videos) // 10) - 1]) / n_passes


def by_hand(method: str, videos: list[TrainingVideo], n_classes: int, width: int, n_passes: int) -> float:
    """CPU seconds of a pass of the same matrix products."""
    features = torch.stack([torch.from_numpy(np.asarray(video.features.values)) for video in videos])
    first = nn.Linear(features.shape[2], width)
    conv = nn.Conv1d(width, width, 3, padding=1) if method == "ttc_loc" else None
    last = nn.Linear(width, n_classes + (method == "ttc_loc"))
    layers = nn.ModuleList([layer for layer in (first, conv, last) if layer is not None])
    adam = torch.optim.Adam(layers.parameters(), weight_decay=5e-4)
    seconds = 0.0
    for number in range(1 + n_passes):
        begun = time.process_time()
        for batch in features.split(10):
            hidden = F.relu(first(batch))
            if conv is not None:
                hidden = hidden + F.relu(conv(hidden.transpose(1, 2)).transpose(1, 2))
            loss = last(F.dropout(hidden, 0.7)).square().mean()
            adam.zero_grad()
            loss.backward()
            adam.step()
        seconds += (time.process_time() - begun) * (number > 0)
    return seconds / n_passes


def main() -> None:
    """Print both and their ratio for the methods with a network of two or three layers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snippets", type=int, default=320)
    parser.add_argument("--features", type=int, default=2048)
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--videos", type=int, default=30)
    parser.add_argument("--passes", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(1)
    for method in ("topk_mil", "ttc_loc"):
        videos, names = scene(options.videos, options.snippets, options.features, 20)
        ours = by_trainer(method, videos, names, options.width, options.passes)
        plain = by_hand(method, videos, 20, options.width, options.passes)
        print(
            f"{method}: {options.videos} videos x {options.snippets} x {options.features}, width {options.width}: "
            f"{ours:.2f} CPU s a pass, by hand {plain:.2f}, ratio {ours / plain:.2f}"
        )


if __name__ == "__main__":
    main()
