"""Average mAP of methods at every supervision, by seed: one resumable driver for every table.

OMP_NUM_THREADS=1 python benchmarks/tables.py --dataset ucf15-dev --cells topk_mil:video ttc_loc:video,semi1,semi3,full

OMP_NUM_THREADS=1 python benchmarks/tables.py --dataset ucf15-dev --table ttc_loc:3 ttc_loc:4b --budget-minutes 8

A cell is method:supervision[@preset][+name=value...]. What is done is kept as one JSON line per run under --out and
never run twice while method, settings and data are the same; what the budget did not reach is listed as missing.
--table takes the cells of a paper's table (paper_tables/) and ends with a verdict on every ordering it claims, by the
metric the table is of; --figure draws one of annotation time against mAP (cost_figure.py). Choose on ucf15-dev and
the weizmann folds; the validation of ucf15-features and weizmann is for the row that is reported.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import torch
from calibration import calibration_seconds
from cell import Cell, seeds, trained, trained_alike
from cost_figure import Point, drawing, lines, points
from data import SHARES, SUPERVISIONS, Yardstick, read
from orderings import verdicts
from paper_tables import TABLES

from wtal_core.models import METHODS
from wtal_core.models.gaufuse_config import GauFuseConfig
from wtal_core.training.checkpoint import TrainedMethod
from wtal_core.training.config import to_data

DEFAULT_OUT = Path.home() / ".cache" / "wtal-studio" / "tables"


def cells(datasets: list[str], texts: list[str], seeds: list[int]) -> Iterator[Cell]:
    """Cells seed by seed, so that a budget that runs out leaves whole columns."""
    for seed in seeds:
        for dataset in datasets:
            for text in texts:
                method, _, rest = text.partition(":")
                cut = min((rest.index(mark) for mark in "@+" if mark in rest), default=len(rest))
                for supervision in rest[:cut].split(","):
                    if method not in METHODS or supervision not in SUPERVISIONS | SHARES:
                        there = f"methods {', '.join(METHODS)}; supervisions {', '.join(SUPERVISIONS | SHARES)}"
                        raise SystemExit(f"no cell {text!r}: {there}")
                    yield Cell(dataset, method, supervision, rest[cut:], seed)


def key(cell: Cell, fingerprint: str) -> str:
    """What must be the same for a result to stand."""
    config, training = cell.settings()
    told = [fingerprint, cell.method, cell.supervision, cell.seed, to_data(config), to_data(training)]
    if isinstance(config, GauFuseConfig):  # what its settings leave to the base, and to the base's defaults
        told += [asdict(config.form), to_data(config.base_config), to_data(config.base_training)]
    return json.dumps(told, sort_keys=True)


def measure(cell: Cell, yardstick: Yardstick, networks: dict[str, tuple[TrainedMethod, float]]) -> dict:
    """Train, unless an earlier cell of this call has trained the same network, and evaluate."""
    alike = trained_alike(cell)
    if alike not in networks:
        network, spent = trained(cell, yardstick.labelled(cell.supervision, cell.seed), yardstick.class_names)
        networks[alike] = network, spent.cpu
    network, seconds = networks[alike]
    network.module.config = cell.settings()[0]
    report, classes = yardstick.score_with_classes(network)
    return {
        "average_mAP": report.average_mAP,
        "mAP": list(report.mAP),
        "tiou": list(report.tiou),
        "classification_mAP": classes,
        "seconds": seconds,
    }


def table(wanted: list[Cell], done: dict[Cell, dict], step: float) -> str:
    """Rows of the table, in percent, and the cells that are missing."""
    lines = [
        f"{'dataset':16} {'method':40} {'labels':7} {'avg .3-.7':>12} {'@.5':>6} {'class':>6} {'seeds':>22} "
        f"{'CPU s':>7} {'cal':>6}"
    ]
    for row in dict.fromkeys(cell.row for cell in wanted):
        found = [done[cell] for cell in wanted if cell.row == row and cell in done]
        if not found:
            continue
        values = [100 * each["average_mAP"] for each in found]
        half = 100 * statistics.mean(each["mAP"][each["tiou"].index(0.5)] for each in found)
        seconds = statistics.mean(each["seconds"] for each in found)
        spread = statistics.stdev(values) if len(values) > 1 else 0.0
        seeds = " ".join(f"{value:.1f}" for value in values)
        classes = [100 * each["classification_mAP"] for each in found if "classification_mAP" in each]  # older runs: no
        videos = f"{statistics.mean(classes):6.1f}" if classes else f"{'-':>6}"
        lines.append(
            f"{row[0]:16} {row[1]:40} {row[2]:7} {statistics.mean(values):6.1f} ±{spread:4.1f} {half:6.1f} {videos} "
            f"{seeds:>22} {seconds:7.1f} {seconds / step:6.0f}"
        )
    missing = [
        f"{cell.row[0]} {cell.row[1]}:{cell.supervision} seed {cell.seed}" for cell in wanted if cell not in done
    ]
    if missing:
        lines += [f"missing ({len(missing)}):", *(f"  {each}" for each in missing)]
    return "\n".join(lines)


def by_cell(done: dict[Cell, dict], dataset: str, metric: str) -> dict[str, dict[int, float]]:
    """A metric in percent on one data set, by cell and seed; older runs have no classification mAP."""
    found: dict[str, dict[int, float]] = {}
    for cell, each in done.items():
        if cell.dataset == dataset and metric in each:
            found.setdefault(cell.text, {})[cell.seed] = 100 * each[metric]
    return found


def judged(name: str, done: dict[Cell, dict], datasets: list[str]) -> dict[str, list[Point]]:
    """Print the verdicts of one of the papers' tables, and mAP beside annotation time where it is about that.

    Returns
    -------
    dict
        Data set to its points of annotation time against mAP, if any.
    """
    told, charts = TABLES[name], {}
    print(f"\n{name}: {told.title} (paper: {told.printed}; here: {told.metric})")
    for dataset in datasets:
        found = by_cell(done, dataset, told.metric)
        charts[dataset] = points(told.phi, found)
        print(dataset, *lines(charts[dataset]), *verdicts(told, found), sep="\n  ")
    return {dataset: found for dataset, found in charts.items() if found}


def main() -> None:
    """Run what is not known yet within the budget, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", nargs="+", default=["ucf15-dev"])
    parser.add_argument("--cells", nargs="+", help="default: every method at every supervision, or those of --table")
    parser.add_argument(
        "--table", nargs="+", default=[], choices=TABLES, metavar="METHOD:NUMBER", help=", ".join(TABLES)
    )
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--features", type=Path, help="feature folder of weizmann")
    parser.add_argument("--budget-minutes", type=float, default=float("inf"), help="start no run after this")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT)
    parser.add_argument("--figure", type=Path, help="draw the --table of annotation time against mAP into this SVG")
    options = parser.parse_args()
    figured = next((name for name in options.table if TABLES[name].phi), "")
    if options.figure and not figured:
        charted = ", ".join(name for name, told in TABLES.items() if told.phi)
        parser.error(f"--figure needs a --table of annotation time against mAP: {charted}")
    torch.set_num_threads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    store = options.out / "cells.jsonl"
    known = {}
    if store.exists():
        known = {line["key"]: line for line in map(json.loads, store.read_text().splitlines())}
    texts = options.cells or [cell for name in options.table for cell in TABLES[name].rows]
    texts = texts or [f"{name}:{','.join(SUPERVISIONS)}" for name in METHODS]
    wanted = list(dict.fromkeys(cells(options.dataset, texts, seeds(options.seeds))))
    yardsticks = {
        name: read(name, options.features if name.startswith("weizmann") else None) for name in options.dataset
    }
    prints = {name: yardstick.fingerprint for name, yardstick in yardsticks.items()}
    begun, done, networks = time.monotonic(), {}, {}
    for cell in wanted:
        name = key(cell, prints[cell.dataset])
        if name not in known and time.monotonic() - begun < 60 * options.budget_minutes:
            known[name] = {"key": name, "dataset": cell.dataset, **measure(cell, yardsticks[cell.dataset], networks)}
            with store.open("a") as file:
                file.write(json.dumps(known[name]) + "\n")
        if name in known:
            done[cell] = known[name]
    print(table(wanted, done, calibration_seconds()))
    charts = {name: judged(name, done, options.dataset) for name in options.table}
    if options.figure and not charts[figured]:
        raise SystemExit(f"{options.figure} was not drawn: no cell of {figured} has been run under {options.out}")
    if options.figure:
        options.figure.write_text(drawing(charts[figured]), encoding="utf-8")


if __name__ == "__main__":
    main()
