"""What a pass over the training videos costs RSKP and GauFuse, beside the public codes' figures, and what labels cost.

OMP_NUM_THREADS=1 python benchmarks/passes.py [--width 512] [--rounds 3]

CPU seconds of one thread over the 200 training videos of ucf15-features, and the same in calibration steps
(``calibration.py``), in which the public codes' figures are given, too. Bar: half of theirs at the same width.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np
import torch
from calibration import calibration_seconds
from data import read

from wtal_core.models import METHODS
from wtal_core.models.method import Setup, configured
from wtal_core.predict import predictor
from wtal_core.training.dataset import TrainingSet
from wtal_core.training.sampling import Sampler

PUBLIC = {
    512: {"pass without memory": 4.2, "pass with memory": 5.5},
    2048: {"pass without memory": 11.4, "pass with memory": 17.0, "pass with memory and labels": 15.3, "labels": 7.9},
}
"""Seconds at .346 s a calibration step (data README): a pass of RSKP, then one of GauFuse, and GauFuse's labels."""
PUBLIC_STEP = 0.346


def main() -> None:
    """Print four rows: passes without memory, with it, with labels to learn from, and the labels of all videos."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width", type=int, default=512, choices=sorted(PUBLIC))
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    width = options.width
    torch.set_num_threads(1)
    yardstick = read("ucf15-features")
    videos = yardstick.labelled("video", 0)
    packed = TrainingSet(videos)
    settings = {"base_settings": f"width={width}", "label_epochs": "1"}
    config, training = configured(METHODS["gaufuse"], None, settings)
    torch.manual_seed(0)
    method = METHODS["gaufuse"].build(config, Setup(packed.features.shape[1], yardstick.class_names)).train()
    adam = torch.optim.Adam(method.parameters(), 1e-4)
    sampler = Sampler(
        packed.lengths.numpy(),
        packed.is_complete.numpy(),
        training,
        np.arange(len(packed)),
        np.random.default_rng(0),
    )

    def one_pass() -> None:
        for indices in sampler.one_pass():
            batch = packed.batch(indices)
            loss = torch.stack(list(method.losses(method(batch.features, batch.mask), batch).values())).sum()
            adam.zero_grad()
            loss.backward()
            adam.step()

    def labels() -> None:
        positions = {video.video_id: index for index, video in enumerate(videos)}
        predict = predictor(method, yardstick.class_names, packed.features_of, positions.__getitem__)
        method.after_stage(0, predict, videos)

    memory = method.base.has_memory
    method.base.after_epoch(method.base.config.memory_from, None, videos)
    method.round.fill_(0)
    found: dict[str, list[float]] = {}
    made: dict[str, torch.Tensor] = {}
    for number in range(options.rounds):  # a calibration step beside each: what the machine does meanwhile cancels
        for name in ("pass without memory", "pass with memory", "labels", "pass with memory and labels"):
            if name == "labels" and number:
                continue
            memory.fill_(name != "pass without memory")
            method._targets = made if name == "pass with memory and labels" else {}
            before = calibration_seconds(1, 5)
            begun = time.process_time()
            labels() if name == "labels" else one_pass()
            spent = time.process_time() - begun
            found.setdefault(name, []).append(spent / ((before + calibration_seconds(1, 5)) / 2))
            print(f"  {name:28} {spent:6.2f} s, calibration step {before:.3f} s", flush=True)
            made = method._targets or made
    print(f"width {width}, medians over {options.rounds} rounds")
    for name, ours in found.items():
        cal, public = statistics.median(ours), PUBLIC[width].get(name)
        told = f"; public {public / PUBLIC_STEP:.1f} cal, ratio {public / PUBLIC_STEP / cal:.2f}" if public else ""
        print(f"{name:28} {cal:6.2f} cal{told}")


if __name__ == "__main__":
    main()
