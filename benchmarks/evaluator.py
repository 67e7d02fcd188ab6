"""Speed of mAP beside a table-per-class evaluator in the manner of ActivityNet's.

    python -m benchmarks.evaluator [--rounds 1] [--json]

12,000 predictions, 1,500 instances of 20 classes in 200 videos, 7 tIoU thresholds. Both evaluators are run in turns on
the same data, from the same start (domain objects on one side, data frames on the other, both in memory), and must
agree to 1e-9. The reference follows the algorithm of FACTS 9.1 the way that evaluator works: data frames grouped by
class and video, a loop over predictions, a loop over thresholds. A round of it takes a minute of CPU time.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import pandas as pd

from wtal_core.domain import Proposal, Segment, to_seconds
from wtal_core.evaluation import ActionInstance, GroundTruth, evaluate

N_VIDEOS, N_CLASSES, N_INSTANCES, N_PREDICTIONS = 200, 20, 1_500, 12_000
TIOU = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
DURATION = 180_000_000
T = TypeVar("T")


def scene(seed: int = 0) -> tuple[GroundTruth, dict[str, list[Proposal]]]:
    """Instances, and predictions of which most lie near one; no two overlaps or scores are equal."""
    rng = np.random.default_rng(seed)
    videos = [f"video_{index:04d}" for index in range(N_VIDEOS)]
    instances: dict[str, list[ActionInstance]] = {video: [] for video in videos}
    predictions: dict[str, list[Proposal]] = {video: [] for video in videos}
    true = []
    for index in range(N_INSTANCES):
        video = videos[int(rng.integers(N_VIDEOS))]
        label = f"class {(hash_of(video) + index % 2) % N_CLASSES:02d}"  # two classes to a video, as in THUMOS14
        start, length = int(rng.integers(DURATION)), int(rng.integers(500_000, 15_000_000))
        instances[video].append(ActionInstance(label, Segment(start, start + length)))
        true.append((video, instances[video][-1]))
    for _ in range(N_PREDICTIONS):
        video, near = true[int(rng.integers(len(true)))]
        shift, stretch = rng.normal(0, 0.4), rng.lognormal(0, 0.4)
        length = max(1, round(near.segment.duration * stretch))
        start = near.segment.start + round(near.segment.duration * shift)
        predictions[video].append(Proposal(near.label, Segment(start, start + length), float(rng.random())))
    return GroundTruth({video: tuple(found) for video, found in instances.items()}), predictions


def hash_of(video: str) -> int:
    """A number of a video's name, the same in every process."""
    return int(video.rpartition("_")[2]) * 7


def frames(ground_truth: GroundTruth, predictions: dict[str, list[Proposal]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The same as data frames in seconds."""
    true = [
        (video, found.label, to_seconds(found.segment.start), to_seconds(found.segment.end))
        for video, rows in ground_truth.instances.items()
        for found in rows
    ]
    said = [
        (video, found.label, to_seconds(found.segment.start), to_seconds(found.segment.end), found.score)
        for video, rows in predictions.items()
        for found in rows
    ]
    columns = ["video", "label", "start", "end"]
    return pd.DataFrame(true, columns=columns), pd.DataFrame(said, columns=[*columns, "score"])


def reference(true: pd.DataFrame, said: pd.DataFrame) -> dict[str, list[float]]:
    """AP of each class at each threshold."""
    by_label = said.groupby("label")
    return {
        str(label): reference_ap(rows.reset_index(drop=True), by_label.get_group(label).reset_index(drop=True))
        for label, rows in true.groupby("label")
    }


def reference_ap(true: pd.DataFrame, said: pd.DataFrame) -> list[float]:
    """AP of one class at each threshold."""
    claimed = -np.ones((len(TIOU), len(true)))
    said = said.loc[said["score"].to_numpy().argsort()[::-1]].reset_index(drop=True)
    hits, misses = np.zeros((len(TIOU), len(said))), np.zeros((len(TIOU), len(said)))
    by_video = true.groupby("video")
    for row, prediction in said.iterrows():
        try:
            there = by_video.get_group(prediction["video"])
        except KeyError:
            misses[:, row] = 1
            continue
        there = there.reset_index()
        overlap = overlaps(prediction[["start", "end"]].to_numpy(float), there[["start", "end"]].to_numpy())
        nearest = overlap.argsort()[::-1]
        for level, threshold in enumerate(TIOU):
            for place in nearest:
                if overlap[place] < threshold:
                    misses[level, row] = 1
                    break
                index = there.loc[place]["index"]
                if claimed[level, index] >= 0:
                    continue
                hits[level, row] = 1
                claimed[level, index] = row
                break
            if hits[level, row] == 0 and misses[level, row] == 0:
                misses[level, row] = 1
    hit, miss = np.cumsum(hits, axis=1), np.cumsum(misses, axis=1)
    return [
        envelope_area(hit[level] / (hit[level] + miss[level]), hit[level] / len(true)) for level in range(len(TIOU))
    ]


def overlaps(segment: np.ndarray, others: np.ndarray) -> np.ndarray:
    """tIoU of a segment with each of others, seconds."""
    first, last = np.maximum(segment[0], others[:, 0]), np.minimum(segment[1], others[:, 1])
    shared = (last - first).clip(0)
    return shared / ((others[:, 1] - others[:, 0]) + (segment[1] - segment[0]) - shared)


def envelope_area(precision: np.ndarray, recall: np.ndarray) -> float:
    """Area under the interpolated precision-recall curve, VOC 2010."""
    high, along = np.hstack([[0], precision, [0]]), np.hstack([[0], recall, [1]])
    for place in range(len(high) - 1)[::-1]:
        high[place] = max(high[place], high[place + 1])
    steps = np.where(along[1:] != along[:-1])[0] + 1
    return float(((along[steps] - along[steps - 1]) * high[steps]).sum())


def measured(work: Callable[[], T]) -> tuple[float, T]:
    """CPU seconds of one call and what it gave: other work on the machine does not count."""
    begun = time.process_time()
    result = work()
    return time.process_time() - begun, result


def run(rounds: int) -> dict[str, float]:
    """Both evaluators in turns; medians, ratio, and the largest difference of any AP."""
    ground_truth, predictions = scene()
    true, said = frames(ground_truth, predictions)
    ours_seconds, theirs_seconds = [], []
    difference = 0.0
    for _ in range(rounds):
        for _ in range(5):
            seconds, ours = measured(lambda: evaluate(ground_truth, predictions, tiou=TIOU))
            ours_seconds.append(seconds)
        seconds, theirs = measured(lambda: reference(true, said))
        theirs_seconds.append(seconds)
        for label, values in theirs.items():
            difference = max(difference, *(abs(a - b) for a, b in zip(ours.ap[label], values, strict=True)))
    return {
        "seconds": statistics.median(ours_seconds),
        "reference_seconds": statistics.median(theirs_seconds),
        "ratio": statistics.median(theirs_seconds) / statistics.median(ours_seconds),
        "largest_difference": difference,
        "average_mAP": ours.average_mAP,
    }


def main() -> None:
    """Print the comparison; exit status 1 if the bar (50x, 1e-9) is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = run(options.rounds)
    if options.json:
        print(json.dumps(found))
    else:
        print(f"ours       {1000 * found['seconds']:9.1f} ms")
        print(f"reference  {1000 * found['reference_seconds']:9.1f} ms")
        print(f"ratio      {found['ratio']:9.0f} x   (bar: 50)")
        print(f"largest difference of an AP  {found['largest_difference']:.1e}   (bar: 1e-9)")
    raise SystemExit(0 if found["ratio"] >= 50 and found["largest_difference"] <= 1e-9 else 1)


if __name__ == "__main__":
    main()
