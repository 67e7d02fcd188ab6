"""How often the held-out fold shows the right run: by the number of complete training videos that judge.

OMP_NUM_THREADS=1 python benchmarks/judges.py --features DIR [--dataset weizmann-fold0 weizmann-fold1]

Each cell is trained on all training videos of a set and without each of the app's three parts. Its average mAP on the
set's other side, where nobody chooses, is the truth. For a pair of cells, one shown and one newer, judges are drawn
from the first part or from all: by them the newer one is shown or held back, as `app.job_kinds.folds` does. Wrong is
to hold back what is better by more than the margin, and to show what is worse by more.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from data import Yardstick

    from wtal_core.domain import Proposal

CELLS = ("mixed:video", "mixed:full", "ttc_loc:video", "ttc_loc:full", "topk_mil:video", "lpat:video")
COUNTS = (2, 3, 4, 5, 6, 8, 10)


@dataclass(frozen=True)
class Read:
    """What a cell came to.

    Attributes
    ----------
    average_mAP
        Of the network of all training videos, on the other side.
    proposals
        Of each training video, by the network that has not seen its part.
    """

    average_mAP: float
    proposals: Mapping[str, list[Proposal]]


def read_cell(yardstick: Yardstick, text: str) -> Read:
    """Train a cell once for the truth and once for each part."""
    from cell import trained
    from tables import cells

    from app.job_kinds import folds
    from wtal_core.predict import predict

    (cell,) = cells([yardstick.name], [text], [0])
    videos = yardstick.labelled(cell.supervision, 0)
    proposals: dict[str, list[Proposal]] = {}
    for number in range(folds.FOLDS):
        held = [video for video in videos if folds.part_of(video.video_id) == number]
        network, _ = trained(cell, folds.Part(number, held).others(videos), yardstick.class_names)
        for video, (_, found) in zip(held, predict(network, [video.features for video in held]), strict=True):
            proposals[video.video_id] = found
    network, _ = trained(cell, videos, yardstick.class_names)
    return Read(yardstick.score(network).average_mAP, proposals)


def wrong(is_shown: bool, gap: float, margin: float) -> tuple[bool, bool]:
    """Whether a run that is better by ``gap`` is held back, and whether one that is worse is shown."""
    return gap > margin and not is_shown, gap < -margin and is_shown


def judged(
    yardstick: Yardstick, runs: Sequence[Read], names: Sequence[str]
) -> tuple[list[float], list[tuple[bool, bool]]]:
    """One draw of judges: how much better each newer run of a pair is in truth, and what the judges get wrong."""
    from app.job_kinds import folds
    from wtal_core.evaluation import GroundTruth, evaluate

    truth = GroundTruth.from_labels([yardstick.labels[name] for name in names])
    scores = [evaluate(truth, {name: run.proposals[name] for name in names}).average_mAP for run in runs]
    pairs = list(permutations(range(len(runs)), 2))
    gaps = [runs[new].average_mAP - runs[old].average_mAP for new, old in pairs]
    shown = [folds.is_no_worse(scores[new], scores[old]) for new, old in pairs]
    return gaps, [wrong(*each, folds.MARGIN) for each in zip(shown, gaps, strict=True)]


def main() -> None:
    """Measure and print."""
    import torch
    from data import read

    from app.job_kinds import folds

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", nargs="+", default=[f"weizmann-fold{number}" for number in range(4)])
    parser.add_argument("--features", type=Path, help="feature folder of weizmann")
    parser.add_argument("--cells", nargs="+", default=list(CELLS))
    parser.add_argument("--draws", type=int, default=40)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    told: dict[tuple[str, int], list[tuple[float, bool, bool]]] = {}
    for name in options.dataset:
        yardstick = read(name, options.features if name.startswith("weizmann") else None)
        runs = [read_cell(yardstick, text) for text in options.cells]
        print(name, {text: round(100 * run.average_mAP, 1) for text, run in zip(options.cells, runs, strict=True)})
        everyone = sorted(runs[0].proposals)
        sides = {"first part": [v for v in everyone if folds.part_of(v) == 0], "all parts": everyone}
        for side, names in sides.items():
            for count in (count for count in COUNTS if count <= len(names)):
                for _ in range(options.draws):
                    drawn = rng.choice(names, count, replace=False).tolist()
                    gaps, found = judged(yardstick, runs, drawn)
                    told.setdefault((side, count), []).extend((g, *w) for g, w in zip(gaps, found, strict=True))
    for (side, count), rows in told.items():
        gap, held, shown = np.array(rows, float).T
        better, worse = gap > folds.MARGIN, gap < -folds.MARGIN
        print(f"{side:10} {count:2} judges: better held back {held[better].mean():4.0%}, ", end="")
        print(f"worse shown {shown[worse].mean():4.0%}", flush=True)


if __name__ == "__main__":
    main()
