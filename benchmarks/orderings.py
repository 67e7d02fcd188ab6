"""Does an ordering of a paper hold here? A paired interval over the runs that both sides have.

The two sides of a pair share data set and seed, so what a seed does to both cancels. The interval is Student's over the
differences: two-sided, 95 %. It holds or is reversed only where the interval leaves out 0.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from scipy.stats import t as student

CONFIDENCE = 0.95


class Claims(Protocol):
    """What a table says: see ``paper_tables.table.PaperTable``."""

    rows: Mapping[str, float | None]

    @property
    def claims(self) -> list[tuple[str, str]]: ...


@dataclass(frozen=True)
class Verdict:
    """What the pairs say of "worse < better".

    Attributes
    ----------
    word
        ``one pair`` and ``missing`` are no evidence.
    gain
        Mean of better - worse, in the unit of the results.
    low, high
        Ends of its interval; infinite for less than two pairs.
    n_ordered, n
        Pairs in the claimed order, and pairs.
    """

    word: Literal["holds", "reversed", "within noise", "one pair", "missing"]
    gain: float = math.nan
    low: float = -math.inf
    high: float = math.inf
    n_ordered: int = 0
    n: int = 0

    def __str__(self) -> str:
        if not self.n:
            return self.word
        interval = f" [{self.low:+.1f}, {self.high:+.1f}]" if self.n > 1 else ""
        return f"{self.word}: {self.gain:+.1f}{interval}, {self.n_ordered} of {self.n} in order"


def judge(worse: Mapping[Hashable, float], better: Mapping[Hashable, float]) -> Verdict:
    """The verdict on "worse < better".

    Parameters
    ----------
    worse, better
        Results by what pairs them (data set and seed); keys only one side has are not used.
    """
    gains = [better[key] - worse[key] for key in worse if key in better]
    if not gains:
        return Verdict("missing")
    mean, n, n_ordered = statistics.mean(gains), len(gains), sum(gain > 0 for gain in gains)
    if n == 1:
        return Verdict("one pair", mean, n_ordered=n_ordered, n=1)
    half = float(student.ppf((1 + CONFIDENCE) / 2, n - 1)) * statistics.stdev(gains) / math.sqrt(n)
    low, high = mean - half, mean + half
    word = "holds" if low > 0 else "reversed" if high < 0 else "within noise"
    return Verdict(word, mean, low, high, n_ordered, n)


def verdicts(table: Claims, results: Mapping[str, Mapping[Hashable, float]]) -> list[str]:
    """One line for every ordering the table claims, with the numbers it prints.

    Parameters
    ----------
    table
        A paper's table.
    results
        Cell to its results by what pairs them; a cell that is not there was not run.
    """
    return [
        f"{worse} < {better} ({table.rows[worse]} < {table.rows[better]}): "
        f"{judge(results.get(worse, {}), results.get(better, {}))}"
        for worse, better in table.claims
    ]
