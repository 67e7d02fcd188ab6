"""Retrain after ten new labels: seconds, and average mAP beside a run from scratch on the same labels.

OMP_NUM_THREADS=1 python benchmarks/retrain.py [--dataset ucf15-dev] [--method mixed] [--variants @quick] [--seeds 0,1]

The project before: all training videos (200 of about 130 snippets x 512 in ucf15-features) with a click per instance,
but for ten that nobody has opened yet. The ten new labels: their clicks. Three runs of a variant: the project's last
model on the labels before, a warm start from it on all labels, and a run from scratch on all labels. Bar: the warm
start within 60 s of wall time, and within one point of the run from scratch.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cell import Cell
    from data import Yardstick

    from wtal_core.training.checkpoint import TrainedMethod
    from wtal_core.training.dataset import TrainingVideo

N_NEW = 10
MOST_SECONDS = 60.0
MOST_POINTS = 1.0


@dataclass(frozen=True)
class Run:
    """Average mAP in percent, CPU and wall seconds of a training."""

    average_mAP: float
    cpu: float
    wall: float

    def __str__(self) -> str:
        return f"{self.average_mAP:5.1f} in {self.cpu:5.1f} CPU s, {self.wall:5.1f} s wall"


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
    import torch
    from cell import Cell, seeds
    from data import read

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
    for variant in options.variants:
        runs = []
        for seed in seeds(options.seeds):
            runs.append(three_runs(Cell(options.dataset, options.method, "one", variant, seed), yardstick))
            for name, found in runs[-1].items():
                print(f"{options.method}{variant} seed {seed} {name:12} {found}", flush=True)
        told = verdict([each["warm"] for each in runs], [each["from scratch"] for each in runs])
        print(f"{options.method}{variant} {told}", flush=True)


def three_runs(cell: Cell, yardstick: Yardstick) -> dict[str, Run]:
    """The model before the new labels, then a warm start and a run from scratch on all of them, at one other seed."""
    import numpy as np
    from cell import trained

    def run(cell: Cell, videos: list[TrainingVideo], last: TrainedMethod | None = None) -> tuple[TrainedMethod, Run]:
        network, spent = trained(cell, videos, yardstick.class_names, last)
        return network, Run(100 * yardstick.score(network).average_mAP, spent.cpu, spent.wall)

    videos, later = yardstick.labelled(cell.supervision, cell.seed), replace(cell, seed=cell.seed + 100)
    new = set(np.random.default_rng([cell.seed, N_NEW]).permutation(len(videos))[:N_NEW].tolist())
    last, before = run(cell, [video for index, video in enumerate(videos) if index not in new])
    return {"before": before, "warm": run(later, videos, last)[1], "from scratch": run(later, videos)[1]}


if __name__ == "__main__":
    main()
