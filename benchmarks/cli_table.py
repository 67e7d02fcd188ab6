"""The Weizmann table by the command line alone: extract, train, predict, evaluate, as a lab would do it.

OMP_NUM_THREADS=1 python benchmarks/cli_table.py --out DIR [--budget-minutes N] [--extractor motion]

It calls nothing but ``wtal``, in processes of its own. What is in DIR is kept: features, runs (gone on with where they
stopped), predictions, reports; a cell with a report is not run again, and what the budget did not reach is listed as
missing. Delete a run's folder to have it trained by newer code. Read once: its subset is validation.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SEEDS = (0, 1, 2)
ROWS = (
    ("topk_mil", "video"),
    ("ttc_loc", "video"),
    ("ttc_loc", "semi 1"),
    ("ttc_loc", "semi 3"),
    ("mixed", "video"),
    ("mixed", "one-segment"),
    ("mixed", "two-segment"),
    ("mixed", "semi 3"),
    ("mixed", "full"),
)
"""Method and labels: a level, or how many videos of each class keep all their boundaries."""


@dataclass(frozen=True)
class Cell:
    """One training and its evaluation."""

    method: str
    labels: str
    seed: int

    @property
    def folder(self) -> str:
        """Where its files are."""
        return f"{self.method}-{self.labels.replace(' ', '')}-{self.seed}"

    @property
    def flags(self) -> list[str]:
        """What ``wtal train`` is told of the labels."""
        kind, _, count = self.labels.partition(" ")
        return ["--level", "video", "--semi", count] if kind == "semi" else ["--level", kind]


def wtal(*arguments: object) -> str:
    """Run one command; its stdout. A refusal ends the table with the command's own words."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-m", "app.cli", *map(str, arguments)]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"PYTHONPATH": path}, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"`wtal {' '.join(map(str, arguments))}` ended with status {done.returncode}")
    return done.stdout


def cpu_seconds() -> float:
    """User and system seconds of all commands so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(cell: Cell, features: Path, annotations: Path, out: Path) -> None:
    """Train, predict and evaluate; the report is written last and whole."""
    run, predictions, report = out / "run", out / "predictions.json", out / "report.json"
    out.mkdir(parents=True, exist_ok=True)
    source = ("--features", features, "--annotations", annotations)
    begun = cpu_seconds()
    resume = ["--resume"] if run.exists() else []
    wtal("train", *source, "--method", cell.method, *cell.flags, "--seed", cell.seed, "--out", run, *resume)
    wtal("predict", "--run", run, *source, "--subset", "validation", "--out", predictions)
    said = json.loads(wtal("evaluate", annotations, predictions, "--subset", "validation", "--json"))
    partial = report.with_suffix(".partial")
    partial.write_text(json.dumps(said | {"cpu_seconds": cpu_seconds() - begun}))
    partial.replace(report)


def table(out: Path, wanted: list[Cell]) -> str:
    """Mean and deviation over seeds of average mAP .3 to .7, in percent, and what is missing."""
    lines = [f"{'method':10} {'labels':12} {'avg .3-.7':>12} {'seeds':>20} {'CPU s':>7}"]
    reports = {cell: out / cell.folder / "report.json" for cell in wanted}
    found = {cell: json.loads(path.read_text()) for cell, path in reports.items() if path.exists()}
    for row in dict.fromkeys((cell.method, cell.labels) for cell in wanted):
        told = [each for cell, each in found.items() if (cell.method, cell.labels) == row]
        if not told:
            continue
        values = [100 * each["average_mAP"] for each in told]
        spread = statistics.stdev(values) if len(values) > 1 else 0.0
        seconds = statistics.mean(each["cpu_seconds"] for each in told)
        seeds = " ".join(f"{value:.1f}" for value in values)
        lines.append(
            f"{row[0]:10} {row[1]:12} {statistics.mean(values):6.1f} ±{spread:4.1f} {seeds:>20} {seconds:7.1f}"
        )
    missing = [cell.folder for cell in wanted if cell not in found]
    return "\n".join(lines + ([f"missing ({len(missing)}): {' '.join(missing)}"] if missing else []))


def main() -> None:
    """Run what is missing within the budget, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for features, runs and reports")
    parser.add_argument("--extractor", default="motion", help="of the features (default: %(default)s)")
    parser.add_argument("--budget-minutes", type=float, default=float("inf"), help="start no cell after this")
    options = parser.parse_args()
    from data import shared  # late: it brings torch, and only the commands need that

    options.out = options.out.resolve()
    begun, source = time.monotonic(), shared() / "weizmann-untrimmed"
    features, annotations = options.out / f"features-{options.extractor}", source / "annotations.json"
    if not (options.out / f"features-{options.extractor}.whole").exists():
        wtal("extract", source / "videos", "--extractor", options.extractor, "--out", features)
        (options.out / f"features-{options.extractor}.whole").touch()
    wanted = [Cell(*row, seed) for seed in SEEDS for row in ROWS]
    results = options.out / options.extractor
    for cell in wanted:
        is_due = not (results / cell.folder / "report.json").exists()
        if is_due and time.monotonic() - begun < 60 * options.budget_minutes:
            measure(cell, features, annotations, results / cell.folder)
    print(table(results, wanted))


if __name__ == "__main__":
    main()
