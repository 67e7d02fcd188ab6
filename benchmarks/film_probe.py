"""How far a linear reading tells inside from outside of the one annotated instance of two real films.

OMP_NUM_THREADS=1 python benchmarks/film_probe.py DIR [DIR...]

DIR is a feature folder of ``real-videos`` (``wtal extract``). Inside and outside are cut into four stretches each; each
pair of stretches is left out in turn with the snippets beside it, the others train a ridge regression, and the area
under the ROC curve says how often a left-out snippet from inside is scored above one from outside. As any stretch of a
film has its look, the same is done for the instance put elsewhere (tIoU with its place under .5): only what is gained
over that tells of the action.
"""

from __future__ import annotations

import argparse
from itertools import product
from pathlib import Path

import numpy as np
from snippet_probe import ridge

from wtal_core.domain import SnippetGrid, to_microseconds
from wtal_core.features.folder import read_folder

FILMS = {"v_GGSY1Qvo990": ("Clean and jerk", 5.82, 16.20), "highjump": ("HighJump", 8.86, 15.01)}
"""Class, start and end in seconds."""
N_STRETCHES = 4
STRENGTH = 10.0  # of the ridge


def area(above: np.ndarray, below: np.ndarray) -> float:
    """Share of pairs in which the first is the greater; a tie is half."""
    difference = above[:, None] - below[None, :]
    return float(np.mean((difference > 0) + 0.5 * (difference == 0)))


def separation(values: np.ndarray, inside: np.ndarray) -> float:
    """Mean area over the pairs of stretches left out; features (T, D), inside (T,) bool."""
    within, without = (np.array_split(np.flatnonzero(each), N_STRETCHES) for each in (inside, ~inside))
    areas = []
    for ours, others in product(within, without):
        held = np.concatenate([ours, others])
        beside = np.concatenate([held - 1, held, held + 1])
        known = np.ones(len(values), bool)
        known[beside[(beside >= 0) & (beside < len(values))]] = False
        scores = ridge(values, inside[:, None].astype(float), known, STRENGTH)[:, 0]
        areas.append(area(scores[ours], scores[others]))
    return float(np.mean(areas))


def snippets_inside(grid: SnippetGrid, start: float, end: float) -> np.ndarray:
    """Whether the middle of each snippet lies in ``[start, end)`` seconds, (T,)."""
    middles = np.array([(grid.start(t) + grid.end(t)) // 2 for t in range(grid.n_snippets)])
    return (to_microseconds(start) <= middles) & (middles < to_microseconds(end))


def elsewhere(inside: np.ndarray) -> list[np.ndarray]:
    """The same stretch at each other place whose tIoU with its own is under .5."""
    first, length = int(np.argmax(inside)), int(inside.sum())
    places = range(len(inside) - length + 1)
    far = [start for start in places if 3 * abs(start - first) > length]  # (length - s) / (length + s) < 1 / 2
    return [(np.arange(len(inside)) >= start) & (np.arange(len(inside)) < start + length) for start in far]


def main() -> None:
    """Print one line per folder, film and stream."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR")
    for folder in parser.parse_args().folders:
        sequences = read_folder(folder)
        for film, (label, start, end) in FILMS.items():
            sequence = sequences[film]
            values = np.asarray(sequence.values, np.float64)
            inside = snippets_inside(sequence.grid, start, end)
            for name, (first, stop) in {**sequence.streams, "all": (0, values.shape[1])}.items():
                there = separation(values[:, first:stop], inside)
                others = [separation(values[:, first:stop], each) for each in elsewhere(inside)]
                print(
                    f"{folder.name:16} {label:14} {name:5} {inside.sum():3} of {len(inside)} snippets  "
                    f"area {there:.2f}, elsewhere {np.mean(others):.2f} ({min(others):.2f} to {max(others):.2f}, "
                    f"{len(others)} places)",
                    flush=True,
                )


if __name__ == "__main__":
    main()
