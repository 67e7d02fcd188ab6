"""What a pass over the training videos costs W-TALC, RSKP and GauFuse, beside the public codes' figures.

OMP_NUM_THREADS=1 python benchmarks/passes.py [--width 512] [--rounds 3] [--method topk_mil]

CPU seconds of one thread over the 200 training videos of ucf15-features, and the same in calibration steps
(``calibration.py``), in which the public codes' figures are given, too. Bar: half of theirs at the same width.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from calibration import calibration_seconds
from data import Yardstick, read

from wtal_core.models import METHODS
from wtal_core.models.method import Setup, configured
from wtal_core.predict import predictor
from wtal_core.training.dataset import TrainingSet, TrainingVideo
from wtal_core.training.sampling import sampler_of

PUBLIC = {
    512: {"pass of topk_mil": 1.64, "pass without memory": 4.2, "pass with memory": 5.5},
    2048: {"pass without memory": 11.4, "pass with memory": 17.0, "pass with memory and labels": 15.3, "labels": 7.9},
}
"""Seconds at .346 s a calibration step (data README): a pass of RSKP, then one of GauFuse, and GauFuse's labels.

W-TALC's hidden layer is as wide as its features: 512 on this data set, where the paper's I3D features have 2048.
"""
PUBLIC_STEP = 0.346
PUBLISHED_BATCHES = {"training.class_pairs": 3, "training.batch_size": 10, "training.max_length": 320}
"""W-TALC's: three pairs that share a class and four others, crops of at most 320, padded to the batch's longest."""


class Passes:
    """A method under training, and passes of it over the training videos."""

    def __init__(self, name: str, settings: dict[str, Any], yardstick: Yardstick, videos: list[TrainingVideo]) -> None:
        torch.manual_seed(0)
        self.set, self.rng = TrainingSet(videos), np.random.default_rng(0)
        config, self.training = configured(METHODS[name], None, settings)
        setup = Setup(self.set.features.shape[1], yardstick.class_names)
        self.method = METHODS[name].build(config, setup).train()
        self.adam = torch.optim.Adam(self.method.parameters(), 1e-4, weight_decay=5e-4)
        self.sampler = sampler_of(self.set, self.training.stages[0], self.training, self.rng)

    def one(self) -> None:
        """One pass: as many steps as batches hold all videos."""
        for indices in self.sampler.one_pass():
            batch = self.set.batch(indices, self.training.max_length, self.rng)
            losses = self.method.losses(self.method(batch.features, batch.mask), batch)
            self.adam.zero_grad()
            torch.stack(list(losses.values())).sum().backward()
            self.adam.step()


def in_steps(name: str, work: Callable[[], None]) -> float:
    """CPU time of some work in calibration steps, timed before and after: what else the machine does cancels."""
    before = calibration_seconds(1, 5)
    begun = time.process_time()
    work()
    spent = time.process_time() - begun
    print(f"  {name:28} {spent:6.2f} s, calibration step {before:.3f} s", flush=True)
    return spent / ((before + calibration_seconds(1, 5)) / 2)


def of_topk_mil(width: int, n_rounds: int, yardstick: Yardstick, videos: list[TrainingVideo]) -> dict[str, list[float]]:
    """Passes of W-TALC in its own batches."""
    passes = Passes("topk_mil", {"width": width} | PUBLISHED_BATCHES, yardstick, videos)
    return {"pass of topk_mil": [in_steps("pass of topk_mil", passes.one) for _ in range(n_rounds)]}


def of_gaufuse(width: int, n_rounds: int, yardstick: Yardstick, videos: list[TrainingVideo]) -> dict[str, list[float]]:
    """Passes of RSKP without memory and with it, the labels of all videos, and passes that learn from them."""
    passes = Passes(
        "gaufuse",
        {"base_settings": f"width={width},memory_from=1", "label_epochs": "1", "beside": "false"},
        yardstick,
        videos,
    )
    method = passes.method

    def labels() -> None:
        positions = {video.video_id: index for index, video in enumerate(videos)}
        predict = predictor(method, yardstick.class_names, passes.set.features_of, positions.__getitem__)
        method.after_stage(0, predict, videos)

    method.base.after_epoch(method.base.config.memory_from, None, videos)
    method.round.fill_(0)
    found: dict[str, list[float]] = {}
    made: dict[str, torch.Tensor] = {}
    for number in range(n_rounds):
        for name in ("pass without memory", "pass with memory", "labels", "pass with memory and labels"):
            if name == "labels" and number:
                continue
            method.base.has_memory.fill_(name != "pass without memory")
            method._targets = made if name == "pass with memory and labels" else {}
            found.setdefault(name, []).append(in_steps(name, labels if name == "labels" else passes.one))
            made = method._targets or made
    return found


def main() -> None:
    """Print the median cost of each kind of pass, and its ratio to the public code's where one is known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--method", default="gaufuse", choices=("gaufuse", "topk_mil"))
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    yardstick = read("ucf15-features")
    passes = {"gaufuse": of_gaufuse, "topk_mil": of_topk_mil}[options.method]
    found = passes(options.width, options.rounds, yardstick, yardstick.labelled("video", 0))
    print(f"width {options.width}, medians over {options.rounds} rounds")
    for name, ours in found.items():
        cal, public = statistics.median(ours), PUBLIC.get(options.width, {}).get(name)
        told = f"; public {public / PUBLIC_STEP:.1f} cal, ratio {public / PUBLIC_STEP / cal:.2f}" if public else ""
        print(f"{name:28} {cal:6.2f} cal{told}")


if __name__ == "__main__":
    main()
