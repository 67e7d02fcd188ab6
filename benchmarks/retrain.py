"""Retrain after ten new labels: seconds, and average mAP beside a run from scratch on the same labels.

OMP_NUM_THREADS=1 python benchmarks/retrain.py [--dataset ucf15-dev] [--method mixed] [--variants @quick] [--seeds 0,1]

The project before: all training videos (200 of about 130 snippets x 512 in ucf15-features) with a click per instance,
but for ten that nobody has opened yet. The ten new labels: their clicks. Three runs of a variant: the project's last
model on the labels before, a warm start from it on all labels, and a run from scratch on all labels. Bar: the warm
start within 60 s of wall time, and within one point of the run from scratch.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass

N_NEW = 10
MOST_SECONDS = 60.0
MOST_POINTS = 1.0


@dataclass(frozen=True)
class Run:
    """Average mAP in percent, CPU and wall seconds of a training."""

    average_mAP: float
    cpu: float
    wall: float


def verdict(warm: Sequence[Run], scratch: Sequence[Run]) -> str:
    """Means over seeds, and whether they keep the bar."""
    n = len(warm)
    behind = sum(b.average_mAP - a.average_mAP for a, b in zip(warm, scratch, strict=True)) / n
    wall, cpu = sum(run.wall for run in warm) / n, sum(run.cpu for run in warm) / n
    fresh = sum(run.cpu for run in scratch) / n
    kept = "holds" if wall <= MOST_SECONDS and behind <= MOST_POINTS else "misses"
    return (
        f"{kept}: {wall:.1f} s wall ({cpu:.1f} CPU s; from scratch {fresh:.1f}), {behind:+.1f} points behind "
        f"(bar {MOST_SECONDS:g} s, {MOST_POINTS:g} point)"
    )


def main() -> None:
    """Measure and print."""
    import numpy as np
    import torch
    from data import read

    from wtal_core.models import METHODS
    from wtal_core.models.method import configured
    from wtal_core.training.checkpoint import TrainedMethod
    from wtal_core.training.dataset import TrainingVideo
    from wtal_core.training.trainer import train

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="ucf15-features")
    parser.add_argument("--method", default="mixed")
    parser.add_argument(
        "--variants", nargs="+", default=[""], help="as benchmarks/tables.py writes them; '' is default"
    )
    parser.add_argument("--seeds", default="0")
    options = parser.parse_args()
    torch.set_num_threads(1)
    yardstick = read(options.dataset)

    def run(
        videos: Sequence[TrainingVideo], variant: str, seed: int, last: TrainedMethod | None
    ) -> tuple[TrainedMethod, Run]:
        preset, *pairs = variant.removeprefix("@").split("+")
        config, training = configured(METHODS[options.method], preset or None, dict(p.split("=", 1) for p in pairs))
        cpu, wall = time.process_time(), time.monotonic()
        trained = train(
            options.method,
            videos,
            yardstick.class_names,
            config=config,
            training=training,
            seed=seed,
            device="cpu",
            warm_start=last,
        )
        spent = time.process_time() - cpu, time.monotonic() - wall
        return trained, Run(100 * yardstick.score(trained).average_mAP, *spent)

    for variant in options.variants:
        warm, scratch = [], []
        for seed in map(int, options.seeds.split(",")):
            videos = yardstick.labelled("one", seed)
            new = set(np.random.default_rng([seed, N_NEW]).permutation(len(videos))[:N_NEW].tolist())
            last, before = run([video for i, video in enumerate(videos) if i not in new], variant, seed, None)
            warm.append(run(videos, variant, seed + 100, last)[1])
            scratch.append(run(videos, variant, seed + 100, None)[1])
            for name, found in (("before", before), ("warm", warm[-1]), ("from scratch", scratch[-1])):
                print(
                    f"{options.method}{variant} seed {seed} {name:12} {found.average_mAP:5.1f} in {found.cpu:5.1f} CPU "
                    f"s, {found.wall:5.1f} s wall",
                    flush=True,
                )
        print(f"{options.method}{variant} {verdict(warm, scratch)}", flush=True)


if __name__ == "__main__":
    main()
