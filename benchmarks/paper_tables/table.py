"""What a paper's table is here: cells to run, the numbers printed for them, and the orderings those numbers claim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal


@dataclass(frozen=True)
class PaperTable:
    """One table of a paper.

    Attributes
    ----------
    title
        What the table compares.
    rows
        Cell of ``tables.py`` (method:supervision with one supervision, preset and settings) to the number the paper
        prints for it, on its own data set; None where it prints none.
    orderings
        Chains of cells, each claimed to be worse than the next.
    printed
        What the printed numbers are.
    metric
        What orderings are judged by here.
    phi
        Annotation time over video duration of each row that stands in a chart of time against mAP.
    """

    title: str
    rows: Mapping[str, float | None]
    orderings: tuple[tuple[str, ...], ...] = ()
    printed: str = "THUMOS14, average mAP .3-.7"
    metric: Literal["average_mAP", "classification_mAP"] = "average_mAP"
    phi: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        named = [("an ordering", cell) for chain in self.orderings for cell in chain]
        for who, cell in (*named, *(("phi", cell) for cell in self.phi)):
            if cell not in self.rows:
                raise ValueError(f"{self.title}: {who} names {cell}, which is no row of the table")

    @property
    def claims(self) -> list[tuple[str, str]]:
        """Every (worse, better) pair of neighbours in the chains, once."""
        return list(dict.fromkeys(pair for chain in self.orderings for pair in pairwise(chain)))
