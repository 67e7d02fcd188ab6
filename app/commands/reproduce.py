"""The papers' tables from the field's public features, a row of ours beside each published one.

FOLDER is laid out as it was published (W-TALC, BaS-Net/CoLA/LACP, ActionFormer/OpenTAD, ActivityNet C3D, MMAction2) or
converted by `wtal features convert`. Splits, protocol, ambiguous time and settings of each row are the paper's. A row
that is done is never trained again, an interrupted one goes on from its checkpoint; tables are written after each row
to DIR/table.md, table.csv and table.json. --list shows the rows and protocols without running anything.

Numbers of other data than the benchmark's own videos are refused, or with --unofficial marked as what they are.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.commands.console import CommandError, Progress, say, table
from app.commands.published_folders import add_layout_arguments, converted, read_folder
from app.commands.train import settings_given

if TYPE_CHECKING:
    from wtal_core.layouts import FeatureDataset
    from wtal_core.reproduction.benchmarks import Benchmark
    from wtal_core.reproduction.published import Paper, Row
    from wtal_core.reproduction.tables import Table
    from wtal_core.training.trainer import TrainingProgress

SUMMARY = "the papers' tables from the field's public features"
BENCHMARK_NAMES = ("thumos14", "activitynet12", "activitynet13")
"""Keys of ``wtal_core.reproduction.benchmarks.BENCHMARKS``, here so that ``--help`` need not import it."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("benchmark", choices=BENCHMARK_NAMES, help="whose tables")
    parser.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help="the data set as it was published")
    parser.add_argument(
        "--features-dir", "--features", dest="features_dir", type=Path, metavar="DIR", help="same as FOLDER"
    )
    add_layout_arguments(parser)
    parser.add_argument("--paper", nargs="+", metavar="NAME", help="rows of these papers only (see --list)")
    parser.add_argument("--rows", nargs="+", metavar="PATTERN", help="these rows only, e.g. 'table1-*'")
    parser.add_argument(
        "--seeds", default="0", metavar="N,N", help="seeds of each row (default: 0; the papers say none)"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("reproduced"), metavar="DIR", help="results (default: reproduced)"
    )
    parser.add_argument("--budget-minutes", type=float, metavar="N", help="start no run after N minutes")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="change a setting of every row; tables say so"
    )
    parser.add_argument("--any-features", action="store_true", help="also rows published with features of another kind")
    parser.add_argument(
        "--unofficial", action="store_true", help="run on data that are not the benchmark; tables say so"
    )
    parser.add_argument("--list", action="store_true", help="list rows, published numbers and protocols, run nothing")
    parser.add_argument("--device", help="cpu, cuda or cuda:N (default: cuda where there is one)")


def run(options: argparse.Namespace) -> int:
    """Reproduce, or list."""
    seeds = _seeds(options.seeds)
    if options.budget_minutes is not None and not options.budget_minutes >= 0:
        raise CommandError(f"--budget-minutes is a number of minutes, at least 0, got {options.budget_minutes}")
    settings = settings_given(options.set)
    from wtal_core.reproduction.benchmarks import BENCHMARKS, protocol_lines

    benchmark = BENCHMARKS[options.benchmark]
    chosen = _chosen(benchmark, options)
    if options.list:
        return _list(benchmark, chosen)
    _check_settings(chosen, settings)
    folder = _folder(options)
    dataset = read_folder(folder, options)
    differences = _checked(benchmark, dataset, options)
    for line in protocol_lines(_papers(chosen)):
        say(line)
    dataset = converted(dataset, folder, options.out / "features")
    from wtal_core.reproduction.driver import Plan, reproduce
    from wtal_core.reproduction.study import Study, fingerprint

    study = Study(benchmark, dataset, options.out, fingerprint(dataset), settings, options.device)
    plan = Plan(tuple(chosen), seeds, differences, options.any_features, options.budget_minutes)
    try:
        finished = reproduce(study, plan, say, _told, lambda table: _written(table, options.out))
    except KeyboardInterrupt:
        say(f"stopped; what is done is kept in {options.out}, the same command goes on from there")
        raise
    print(_written(finished, options.out))
    n_missing = sum(bool(outcome.missing) for outcome in finished.outcomes)
    n_rows = len(finished.outcomes)
    say(f"{n_rows - n_missing} of {n_rows} rows complete; {options.out}/table.md, table.csv and table.json")
    return 0


def _seeds(text: str) -> tuple[int, ...]:
    try:
        seeds = tuple(dict.fromkeys(int(part) for part in text.split(",")))
    except ValueError:
        raise CommandError(f"--seeds are whole numbers with commas between, e.g. 0,1,2, got {text!r}") from None
    if any(seed < 0 for seed in seeds):
        raise CommandError(f"--seeds must not be negative, got {text!r}")
    return seeds


def _folder(options: argparse.Namespace) -> Path:
    given = [path for path in (options.folder, options.features_dir) if path is not None]
    if len(given) != 1:
        raise CommandError("which features? give the FOLDER they lie in, once (--list needs none)")
    folder: Path = given[0]
    if options.out.exists() and not options.out.is_dir():
        raise CommandError(f"{options.out}: this is a file; --out names a folder")
    return folder


def _chosen(benchmark: Benchmark, options: argparse.Namespace) -> list[tuple[Paper, Row]]:
    """The asked rows, in the order of the papers."""
    names = [paper.key for paper in benchmark.papers]
    unknown = [name for name in options.paper or () if name not in names]
    if unknown:
        raise CommandError(f"no rows of paper {unknown[0]!r} on {benchmark.title}; there are {', '.join(names)}")
    rows = [
        (paper, row)
        for paper in benchmark.papers
        for row in paper.rows
        if options.paper is None or paper.key in options.paper
    ]
    for pattern in options.rows or ():
        if not any(_fits(paper, row, pattern) for paper, row in rows):
            raise CommandError(f"no row is called {pattern!r}; --list shows the {len(rows)} there are")
    if options.rows:
        rows = [(paper, row) for paper, row in rows if any(_fits(paper, row, pattern) for pattern in options.rows)]
    return rows


def _papers(chosen: Sequence[tuple[Paper, Row]]) -> list[Paper]:
    """Each paper once, in order."""
    return list({paper.key: paper for paper, _ in chosen}.values())


def _fits(paper: Paper, row: Row, pattern: str) -> bool:
    return fnmatch(row.key, pattern) or fnmatch(f"{paper.key}/{row.key}", pattern)


def _list(benchmark: Benchmark, chosen: Sequence[tuple[Paper, Row]]) -> int:
    from wtal_core.reproduction.benchmarks import protocol_lines
    from wtal_core.reproduction.study import RowMissing, settings_of
    from wtal_core.reproduction.tables import percent

    rows = []
    for paper, row in chosen:
        try:
            settings_of(row, {})
            state = ""
        except RowMissing as missing:
            state = str(missing)
        first, last = row.average_over
        over = f"{first:g}-{last:g}"
        published = percent(row.published.get(0.5))
        rows.append(
            (paper.key, row.key, row.supervision, row.features or "any", published, percent(row.average), over, state)
        )
    print(table(("paper", "row", "labels", "features", "@.5", "average", "over", "missing"), rows))
    print()
    for line in protocol_lines(_papers(chosen)):
        print(line)
    return 0


def _check_settings(chosen: Sequence[tuple[Paper, Row]], settings: dict[str, Any]) -> None:
    """Refuse --set where no row takes it: a typing error, not a row that cannot be run."""
    from wtal_core.reproduction.study import RowMissing, settings_of

    refused = []
    for _, row in chosen if settings else ():
        try:
            settings_of(row, {})
        except RowMissing:
            continue
        try:
            settings_of(row, settings)
            return
        except RowMissing as error:
            refused.append(str(error))
    if refused:
        raise CommandError(f"--set: {refused[0]}")


def _checked(benchmark: Benchmark, dataset: FeatureDataset, options: argparse.Namespace) -> tuple[str, ...]:
    """Why the data are not the benchmark; refused unless the caller says to go on."""
    differences = tuple(benchmark.differences(dataset))
    if differences and not options.unofficial:
        raise CommandError(
            f"this is not {benchmark.title}: {'; '.join(differences)}. Numbers of other videos are no results on it; "
            f"--unofficial runs the rows and says so in every table (known of {benchmark.title}: {benchmark.known})"
        )
    return differences


def _told(label: str) -> Callable[[TrainingProgress], None]:
    progress = Progress(label)

    def told(step: TrainingProgress) -> None:
        progress(step.step / step.n_steps, f"epoch {step.epoch}, {step.seconds_left:.0f} s left")
        if step.step >= step.n_steps:
            progress.end()

    return told


def _written(finished: Table, out: Path) -> str:
    """Write all three tables; the markdown."""
    from wtal_core.features.files import whole_or_nothing
    from wtal_core.reproduction.tables import as_json, comma_separated, markdown

    text = markdown(finished)
    for name, content in (("md", text), ("csv", comma_separated(finished)), ("json", as_json(finished))):
        with whole_or_nothing(out / f"table.{name}") as partial:
            partial.write_text(content, encoding="utf-8")
    return text
