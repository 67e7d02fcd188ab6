"""What a linear reading finds in a snippet's features: average precision per class, actors left out in turn.

OMP_NUM_THREADS=1 python benchmarks/snippet_probe.py DIR [DIR...]

DIR is a feature folder of the Weizmann videos (``wtal extract``). Only training videos are read. A method can do more
with features than this, but not see what is not there; it takes seconds where a training takes minutes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from data import Yardstick, read

STRENGTHS = (1.0, 10.0, 100.0)  # of the ridge; the best is reported, for every folder alike


def snippets(yardstick: Yardstick) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features (N, D), classes at each snippet's centre (N, C), and actor (N,) of all training snippets."""
    values, classes, actors = [], [], []
    for video_id, sequence in yardstick.training.items():
        grid = sequence.grid
        centres = np.array([(grid.start(t) + grid.end(t)) // 2 for t in range(grid.n_snippets)])
        happens = np.zeros((grid.n_snippets, len(yardstick.class_names)))
        for each in yardstick.labels[video_id].annotations:
            inside = (each.segment.start <= centres) & (centres < each.segment.end)
            happens[inside, yardstick.class_names.index(each.label)] = 1
        values.append(np.asarray(sequence.values, np.float64))
        classes.append(happens)
        actors += [video_id.partition("_")[0]] * grid.n_snippets
    return np.concatenate(values), np.concatenate(classes), np.array(actors)


def precision(values: np.ndarray, classes: np.ndarray, actors: np.ndarray, strength: float) -> float:
    """Mean over classes of the average precision per snippet of a ridge regression on the other actors."""
    scores = np.zeros_like(classes)
    for actor in np.unique(actors):
        known = actors != actor
        scores[~known] = ridge(values, classes, known, strength)[~known]
    return float(np.mean([average_precision(s, c) for s, c in zip(scores.T, classes.T, strict=True) if c.any()]))


def ridge(values: np.ndarray, classes: np.ndarray, known: np.ndarray, strength: float) -> np.ndarray:
    """Scores (N, C) of all snippets by a ridge regression on the known ones; all features scaled alike."""
    centred = values - values[known].mean(axis=0)
    centred *= 16 / (centred[known].std() * np.sqrt(centred.shape[1]))
    given = np.hstack([centred, np.ones((len(centred), 1))])
    rows = given[known]
    if len(rows) < rows.shape[1]:  # the same by its dual, whose matrix is smaller
        weights = rows.T @ np.linalg.solve(rows @ rows.T + strength * np.eye(len(rows)), classes[known])
    else:
        weights = np.linalg.solve(rows.T @ rows + strength * np.eye(rows.shape[1]), rows.T @ classes[known])
    return np.asarray(given @ weights)


def average_precision(scores: np.ndarray, happens: np.ndarray) -> float:
    """Mean of the precision at each positive, best scores first."""
    hits = happens[np.argsort(-scores, kind="stable")]
    return float((np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits > 0].mean())


def main() -> None:
    """Print one line per folder and stream."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR")
    for folder in parser.parse_args().folders:
        yardstick = read("weizmann", folder)
        values, classes, actors = snippets(yardstick)
        streams = dict(next(iter(yardstick.training.values())).streams)
        for name, (first, stop) in {**streams, "all": (0, values.shape[1])}.items():
            best = max(precision(values[:, first:stop], classes, actors, strength) for strength in STRENGTHS)
            print(f"{folder.name:24} {name:6} {stop - first:6} columns  AP {best:.3f}", flush=True)


if __name__ == "__main__":
    main()
