"""Annotation time against mAP, as in figure 5 of the segment-level paper: points, lines of text, and a picture.

OMP_NUM_THREADS=1 python benchmarks/tables.py --dataset ucf15-features weizmann --features DIR \\
    --table "segment_level:figure 5" --budget-minutes 0 --figure docs/images/phi.svg

draws what is stored and trains nothing.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 56, 24, 40, 60
"""Margins, pixels."""
PHI_ENDS = (0.2, 1.4)
"""Ends of the axis of phi, which is logarithmic: three of four levels cost about the same."""
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")


@dataclass(frozen=True)
class Point:
    """A row of a table in the chart.

    Attributes
    ----------
    cell
        Method, supervision and settings.
    phi
        Annotation time over video duration.
    mean, spread
        Over seeds, percent; the spread is 0 with one.
    n_seeds
        Seeds there are.
    """

    cell: str
    phi: float
    mean: float
    spread: float
    n_seeds: int


def points(phi: Mapping[str, float], results: Mapping[str, Mapping[Hashable, float]]) -> list[Point]:
    """Rows that have been run, cheapest first.

    Parameters
    ----------
    phi
        Of each cell, see ``PaperTable.phi``.
    results
        Cell to its results by seed, percent.
    """
    found = []
    for cell, ratio in phi.items():
        values = list(results.get(cell, {}).values())
        if values:
            spread = statistics.stdev(values) if len(values) > 1 else 0.0
            found.append(Point(cell, ratio, statistics.mean(values), spread, len(values)))
    return sorted(found, key=lambda point: point.phi)


def lines(found: Sequence[Point]) -> list[str]:
    """One line for each point."""
    return [
        f"phi {point.phi:4.2f}  {point.cell:24} {point.mean:6.1f} "
        + (f"±{point.spread:4.1f}  {point.n_seeds} seeds" if point.n_seeds > 1 else "one seed")
        for point in found
    ]


def across(phi: float) -> float:
    """Phi to pixels from the left."""
    low, high = map(math.log, PHI_ENDS)
    return LEFT + (math.log(phi) - low) / (high - low) * (WIDTH - LEFT - RIGHT)


def drawing(panels: Mapping[str, Sequence[Point]]) -> str:
    """An SVG picture: a colour for each data set, a line for each method, bars of one deviation over seeds.

    Parameters
    ----------
    panels
        Data set to its points.
    """
    everything = [point for found in panels.values() for point in found]
    bottom = 10 * math.floor(min(point.mean - point.spread for point in everything) / 10)
    top = 10 * math.ceil(max(point.mean + point.spread for point in everything) / 10)

    def down(value: float) -> float:
        return HEIGHT - BOTTOM - (value - bottom) / (top - bottom) * (HEIGHT - TOP - BOTTOM)

    size, face = f'viewBox="0 0 {WIDTH} {HEIGHT}"', 'font-family="sans-serif" font-size="12"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {face}>',
        "<title>Annotation time against average mAP</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
    ]
    for value in range(bottom, top + 1, 10):
        y = down(value)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#dddddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value}</text>')
    supervisions = {point.phi: _supervision(point.cell) for point in sorted(everything, key=lambda each: each.phi)}
    for number, (phi, name) in enumerate(supervisions.items()):  # in two rows: one and two clicks cost nearly the same
        y = HEIGHT - BOTTOM + 16 + 14 * (number % 2)
        parts.append(f'<text x="{across(phi):.1f}" y="{y}" text-anchor="middle">{escape(name)} {phi:.2f}</text>')
    parts.append(f'<text x="{WIDTH - RIGHT}" y="20" text-anchor="end">average mAP at tIoU .3 to .7, percent</text>')
    parts.append(f'<text x="{LEFT}" y="{HEIGHT - 8}">phi, annotation time / video duration (log)</text>')
    for number, (name, found) in enumerate(panels.items()):
        colour = COLOURS[number % len(COLOURS)]
        parts += _series(found, colour, down)
        parts.append(f'<text x="{LEFT + 150 * number}" y="20" fill="{colour}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _supervision(cell: str) -> str:
    return cell.partition(":")[2].partition("@")[0].partition("+")[0]


def _series(found: Sequence[Point], colour: str, down) -> list[str]:
    """The points of one data set: a method's are joined, its name is over the last or beside the only one."""
    parts = []
    by_method = sorted(found, key=lambda point: point.cell.partition(":")[0])  # stable: phi still rises
    for method, group in groupby(by_method, key=lambda point: point.cell.partition(":")[0]):
        own = list(group)
        path = " ".join(f"{across(point.phi):.1f},{down(point.mean):.1f}" for point in own)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for point in own:
            x, y = across(point.phi), down(point.mean)
            ends = f'y1="{down(point.mean - point.spread):.1f}" y2="{down(point.mean + point.spread):.1f}"'
            parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" {ends} stroke="{colour}"/>')
            fill = colour if len(own) > 1 else "#ffffff"
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{fill}" stroke="{colour}"/>')
        last, height = own[-1], down(own[-1].mean)
        where = f'x="{across(last.phi):.1f}" y="{height - 10:.1f}" text-anchor="middle"'
        if len(own) == 1:
            where = f'x="{across(last.phi) - 8:.1f}" y="{height + 4:.1f}" text-anchor="end"'
        parts.append(f'<text {where} font-size="10" fill="{colour}">{escape(method)}</text>')
    return parts
