"""What a pass over the training videos costs RSKP and GauFuse, beside the public codes' figures, and what labels cost.

OMP_NUM_THREADS=1 python benchmarks/passes.py [--width 512]

CPU seconds of one thread over the 200 training videos of ucf15-features, and the same in calibration steps
(``calibration.py``), in which the public codes' figures are given, too. Bar: half of theirs at the same width.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import torch
from calibration import calibration_seconds
from data import read

from wtal_core.models import METHODS
from wtal_core.models.method import Setup, configured
from wtal_core.predict import predictor
from wtal_core.training.dataset import Sampler, TrainingSet

PUBLIC = {512: (4.2, 5.5, None), 2048: (10.5, 15.3, 7.9)}
"""Seconds of a pass before and with the memory, and of making labels, at .346 s a calibration step (data README): RSKP
at 512, GauFuse at 2048."""
PUBLIC_STEP = 0.346


def main() -> None:
    """Print three rows: a pass without memory, one with, and the labels of all videos."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width", type=int, default=512, choices=sorted(PUBLIC))
    width = parser.parse_args().width
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

    step = calibration_seconds()
    rows = {}
    for name, work in (("pass without memory", one_pass), ("pass with memory", one_pass), ("labels", labels)):
        if name == "pass with memory":
            method.base.after_epoch(method.base.config.memory_from, None, videos)
        begun = time.process_time()
        work()
        rows[name] = time.process_time() - begun
    step = (step + calibration_seconds()) / 2
    print(f"width {width}, calibration step {step:.3f} s")
    for (name, seconds), public in zip(rows.items(), PUBLIC[width], strict=True):
        told = f"{seconds:6.2f} s, {seconds / step:6.1f} cal"
        if public is not None:
            told += f"; public {public / PUBLIC_STEP:.1f} cal, ratio {public / PUBLIC_STEP / (seconds / step):.2f}"
        print(f"{name:20} {told}")


if __name__ == "__main__":
    main()
