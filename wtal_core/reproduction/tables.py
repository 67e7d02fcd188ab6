"""Ours beside the published rows: markdown for a person, csv for a spreadsheet, json for a program."""

from __future__ import annotations

import csv
import io
import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wtal_core.evaluation.protocols import PROTOCOLS
from wtal_core.reproduction.benchmarks import Benchmark, protocol_lines
from wtal_core.reproduction.published import Paper, Row


@dataclass(frozen=True, slots=True)
class Outcome:
    """A row of the table.

    Attributes
    ----------
    paper, row
        Which.
    results
        What is known by seed.
    missing
        Why the row is not complete, or empty.
    """

    paper: Paper
    row: Row
    results: Mapping[int, Mapping[str, Any]]
    missing: str = ""

    def values(self, protocol: str, tiou: float) -> list[float]:
        """MAP in percent of each seed at a tIoU."""
        return [100 * float(each["reports"][protocol]["mAP"][f"{tiou:g}"]) for each in self.results.values()]

    def averages(self, protocol: str, thresholds: Sequence[float]) -> list[float]:
        """Average mAP in percent of each seed over the row's own range."""
        first, last = self.row.average_over
        inside = [tiou for tiou in thresholds if first - 1e-9 <= tiou <= last + 1e-9]
        columns = [self.values(protocol, tiou) for tiou in inside]
        return [statistics.mean(column[index] for column in columns) for index in range(len(self.results))]

    @property
    def classification(self) -> dict[int, float]:
        """Video classification mAP in percent of each seed; results of older versions have none."""
        return {
            seed: 100 * float(each["classification_mAP"])
            for seed, each in self.results.items()
            if "classification_mAP" in each
        }


@dataclass(frozen=True, slots=True)
class Table:
    """All rows, and what must be said with them.

    Attributes
    ----------
    benchmark
        Whose rows they are.
    outcomes
        In the order of the papers.
    seeds
        Asked for.
    differences
        Why the data are not the benchmark; then no number of the table is one of it.
    data
        One line about the data: layout, features, videos.
    settings
        Settings of the caller, over the published ones.
    """

    benchmark: Benchmark
    outcomes: tuple[Outcome, ...]
    seeds: tuple[int, ...]
    differences: tuple[str, ...]
    data: str
    settings: Mapping[str, Any]

    @property
    def title(self) -> str:
        """The benchmark, or that it is not."""
        if self.differences:
            return f"Rows of {self.benchmark.title} on other data: NOT a {self.benchmark.title} result"
        return f"{self.benchmark.title}: the papers' rows"

    def warnings(self) -> list[str]:
        """What keeps a number here from being a published one."""
        said = [f"not {self.benchmark.title}: {each}" for each in self.differences]
        if self.settings:
            changed = ", ".join(f"{name}={value}" for name, value in self.settings.items())
            said.append(f"settings of the published rows were changed: {changed}")
        return said


def percent(value: float | None) -> str:
    """One decimal, or a dash."""
    return "-" if value is None else f"{value:.1f}"


def spread(values: Sequence[float]) -> str:
    """Mean, and standard deviation where there are several."""
    if not values:
        return "-"
    mean = percent(statistics.mean(values))
    return f"{mean} ± {percent(statistics.stdev(values))}" if len(values) > 1 else mean


def markdown(table: Table) -> str:
    """The whole table as a document."""
    lines = [f"# {table.title}", "", table.data, ""]
    lines += [f"**{each}**  " for each in table.warnings()]
    lines += ["", "mAP in percent; *ours* is the mean over the seeds that are done, *class* video classification.", ""]
    for paper in dict.fromkeys(outcome.paper.key for outcome in table.outcomes):
        lines += _paper([outcome for outcome in table.outcomes if outcome.paper.key == paper], table)
    missing = _grouped((outcome.missing, f"{outcome.paper.key}/{outcome.row.key}") for outcome in table.outcomes)
    if missing:
        lines += ["## Missing", "", *(f"- {reason}: {names}" for reason, names in missing.items()), ""]
    return "\n".join(lines)


def _paper(outcomes: Sequence[Outcome], table: Table) -> list[str]:
    paper = outcomes[0].paper
    shown = {tiou for outcome in outcomes for tiou in outcome.row.published}
    columns = [tiou for tiou in table.benchmark.tiou if tiou in shown] or list(table.benchmark.tiou)
    header = ["row", "", *(f"{tiou:g}" for tiou in columns), "average", "over", "class", "seeds", "s"]
    lines = [f"## {paper.title}", "", protocol_lines([paper])[0] + ".", ""]
    lines += ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    for outcome in outcomes:
        row, protocol = outcome.row, paper.protocol
        over = f"{row.average_over[0]:g}-{row.average_over[1]:g}"
        if row.published or row.average is not None:
            cells = [percent(row.published.get(tiou)) for tiou in columns]
            lines.append(
                "| "
                + " | ".join(
                    [
                        *(f"{row.title} (`{row.key}`)", "published", *cells),
                        *(percent(row.average), over, percent(row.classification), "", ""),
                    ]
                )
                + " |"
            )
        cells = [spread(outcome.values(protocol, tiou)) for tiou in columns]
        average = spread(outcome.averages(protocol, table.benchmark.tiou)) if outcome.results else "-"
        name = "" if row.published or row.average is not None else f"{row.title} (`{row.key}`)"
        seconds = [float(result["seconds"]) for result in outcome.results.values()]
        taken = f"{statistics.mean(seconds):.0f}" if seconds else "-"
        done = f"{len(outcome.results)}/{len(table.seeds)}"
        videos = spread(list(outcome.classification.values()))
        lines.append("| " + " | ".join([name, "ours", *cells, average, over, videos, done, taken]) + " |")
    notes = _grouped((outcome.row.note, outcome.row.key) for outcome in outcomes)
    return [*lines, "", *(f"- {note}: {names}" for note, names in notes.items()), *([""] if notes else [])]


def _grouped(said: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Each sentence once, with the names of the rows it is said of."""
    names: dict[str, list[str]] = {}
    for sentence, name in said:
        if sentence:
            names.setdefault(sentence, []).append(f"`{name}`")
    return {sentence: ", ".join(each) for sentence, each in names.items()}


CSV_COLUMNS = ("paper", "row", "method", "supervision", "protocol", "seed", "tiou", "published", "ours", "missing")


def comma_separated(table: Table) -> str:
    """One line per row, seed and tIoU (and ``average``), every protocol; percent."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*CSV_COLUMNS, "is_benchmark"))
    is_benchmark = str(not table.differences).lower()
    for outcome in table.outcomes:
        row = outcome.row
        about = (outcome.paper.key, row.key, row.method, row.supervision)
        if not outcome.results:
            writer.writerow((*about, outcome.paper.protocol, "", "", "", "", outcome.missing, is_benchmark))
        for index, seed in enumerate(outcome.results):
            for protocol in PROTOCOLS:
                own = protocol == outcome.paper.protocol
                for tiou in table.benchmark.tiou:
                    published = row.published.get(tiou, "") if own else ""
                    ours = f"{outcome.values(protocol, tiou)[index]:.4f}"
                    writer.writerow((*about, protocol, seed, f"{tiou:g}", published, ours, "", is_benchmark))
                published = row.average if own and row.average is not None else ""
                ours = f"{outcome.averages(protocol, table.benchmark.tiou)[index]:.4f}"
                writer.writerow((*about, protocol, seed, "average", published, ours, "", is_benchmark))
            if seed in outcome.classification:
                published, ours = row.classification or "", f"{outcome.classification[seed]:.4f}"
                writer.writerow((*about, "", seed, "classification", published, ours, "", is_benchmark))
    return text.getvalue()


def as_json(table: Table) -> str:
    """Everything, results as they are kept."""
    content = {
        "title": table.title,
        "benchmark": table.benchmark.title,
        "is_benchmark": not table.differences,
        "warnings": table.warnings(),
        "data": table.data,
        "seeds": list(table.seeds),
        "rows": [
            {
                "paper": outcome.paper.key,
                "row": outcome.row.key,
                "title": outcome.row.title,
                "method": outcome.row.method,
                "supervision": outcome.row.supervision,
                "protocol": outcome.paper.protocol,
                "published": {f"{tiou:g}": value for tiou, value in outcome.row.published.items()},
                "published_average": outcome.row.average,
                "published_classification": outcome.row.classification,
                "average_over": list(outcome.row.average_over),
                "note": outcome.row.note,
                "missing": outcome.missing,
                "results": {str(seed): result for seed, result in outcome.results.items()},
            }
            for outcome in table.outcomes
        ],
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"
