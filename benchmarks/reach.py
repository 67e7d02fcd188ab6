"""How long ``mixed`` takes to reach what each public code reaches, beside the shortest run known of that code.

OMP_NUM_THREADS=1 python benchmarks/reach.py [--dataset ucf15-dev --seeds 0,1] [--variant @quick+...]

Average mAP .3-.7 on the validation side; CPU seconds of one thread from labels to trained network, and the same in
calibration steps, which carry over to another machine. The public codes' levels and costs are those of the shared
data's notes, at .346 s a step. A row holds if the mean over seeds is at or above the code's best known average mAP
and the mean cost is that many times less. Choose a variant on ucf15-dev; validation of ucf15-features is for the row.
"""

from __future__ import annotations

import argparse
import statistics
from dataclasses import dataclass

PUBLIC_STEP = 0.346
"""Seconds of a calibration step where the public codes were run."""
VARIANT = "@quick"
"""Two rounds of 130 small batches with one E-step between them; chosen on ucf15-dev."""


@dataclass(frozen=True)
class Bar:
    """What a public code reaches.

    Attributes
    ----------
    code
        Its name.
    supervision
        What it learned from, as ``benchmarks/data.py`` calls it.
    best
        Average mAP, percent, the best of its runs known.
    seconds
        Its shortest run known to come near that.
    factor
        How many times less it has to be.
    """

    code: str
    supervision: str
    best: float
    seconds: float
    factor: float

    @property
    def steps(self) -> float:
        """The most calibration steps we may take."""
        return self.seconds / PUBLIC_STEP / self.factor


BARS = (
    Bar("W-TALC", "video", 31.5, 84, 10),
    Bar("RSKP", "video", 46.9, 99, 10),
    Bar("RSKP, ends mended", "video", 49.0, 99, 10),
    Bar("GauFuse", "video", 45.2, 157, 10),
    Bar("CoLA", "video", 35.9, 182, 10),
    Bar("LACP", "one", 53.9, 110, 5),
    Bar("HR-Pro", "one", 56.3, 2510, 5),
    Bar("ActionFormer", "full", 61.5, 461, 10),
    Bar("TriDet", "full", 58.8, 10_200, 10),
)
"""ActionFormer's 461 s gave 51.6 and its best is a full run's; HR-Pro and TriDet are known by full runs only."""


@dataclass(frozen=True)
class Reached:
    """One run of ours: average mAP in percent, CPU seconds, and the same in calibration steps."""

    average_mAP: float
    seconds: float
    steps: float

    def __str__(self) -> str:
        step = self.seconds / self.steps
        return f"{self.average_mAP:5.1f} in {self.seconds:5.1f} CPU s, {self.steps:5.1f} cal of {step:.3f} s"


def row(bar: Bar, runs: list[Reached]) -> str:
    """A line of the table, with the verdict."""
    level = statistics.mean(run.average_mAP for run in runs)
    steps = statistics.mean(run.steps for run in runs)
    ratio = bar.seconds / PUBLIC_STEP / steps
    lacking = [word for word, short in (("level", level < bar.best), ("time", ratio < bar.factor)) if short]
    return (
        f"{bar.code:18} {bar.supervision:6} {bar.best:5.1f} in {bar.seconds / PUBLIC_STEP:6.0f} cal | "
        f"{level:5.1f} in {steps:5.1f} cal: {ratio:6.1f}x (bar {bar.factor:g}x) "
        f"{'misses ' + ' and '.join(lacking) if lacking else 'holds'}"
    )


def main() -> None:
    """Train every level once per seed, and hold every code against it."""
    import torch
    from calibration import calibration_seconds
    from cell import Cell, seeds
    from data import read
    from tables import measure

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="ucf15-features")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--levels", nargs="+", default=["video", "one", "full"])
    parser.add_argument("--variant", default=VARIANT, help="of mixed, as benchmarks/tables.py writes it")
    options = parser.parse_args()
    torch.set_num_threads(1)
    yardstick = read(options.dataset)

    def reached(supervision: str, seed: int) -> Reached:
        before = calibration_seconds(1, 5)
        found = measure(Cell(options.dataset, "mixed", supervision, options.variant, seed), yardstick, {})
        step = (before + calibration_seconds(1, 5)) / 2
        return Reached(100 * found["average_mAP"], found["seconds"], found["seconds"] / step)

    print(f"mixed{options.variant} on {options.dataset}", flush=True)
    measure(Cell(options.dataset, "mixed", "video", "@quick+training.steps=2", 0), yardstick, {})  # loads what is lazy
    runs: dict[str, list[Reached]] = {}
    for supervision in options.levels:
        for seed in seeds(options.seeds):
            found = reached(supervision, seed)
            runs.setdefault(supervision, []).append(found)
            print(f"{supervision:6} seed {seed}: {found}", flush=True)
    for bar in BARS:
        if bar.supervision in runs:
            print(row(bar, runs[bar.supervision]))


if __name__ == "__main__":
    main()
