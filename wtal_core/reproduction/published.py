"""What a published table is: papers, rows, and what must be named beside a number so that it can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SUPERVISIONS = ("video", "one-segment", "two-segment", "semi1", "semi2", "semi3", "full", "clicks")
WTALC_CODE = "W-TALC's code: whole snippets, first free instance, AP not interpolated, ambiguous time deleted"
"""How W-TALC's rows were evaluated, and those of papers that build on it and name no code."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a paper's table, and how our method is set to make it.

    Attributes
    ----------
    key
        Unique in its paper, e.g. ``table1-i3d-k1``; ``--rows`` matches it.
    title
        What the row is, in the paper's words.
    method
        Key in ``METHODS``.
    published
        mAP in percent by tIoU, as printed; corrected misprints carry a ``note``.
    average
        Printed average mAP in percent, or None.
    supervision
        One of :data:`SUPERVISIONS`.
    presets
        Presets of the method, each over the one before.
    settings
        Settings over the presets.
    features
        What made the paper's features, ``i3d`` or ``unt``; a row of other features than the folder's is left out.
    average_over
        First and last tIoU of ``average``.
    note
        What a reader must know of the row.
    classification
        Printed video classification mAP in percent, or None.
    sampled_to
        Snippets that longer videos are uniformly sampled to, in training and at test; None takes whole videos.
    """

    key: str
    title: str
    method: str
    published: Mapping[float, float] = field(default_factory=dict)
    average: float | None = None
    supervision: str = "video"
    presets: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    features: str = "i3d"
    average_over: tuple[float, float] = (0.3, 0.7)
    note: str = ""
    classification: float | None = None
    sampled_to: int | None = None

    def __post_init__(self) -> None:
        if self.supervision not in SUPERVISIONS:
            raise ValueError(f"row {self.key}: {self.supervision!r} is none of {', '.join(SUPERVISIONS)}")


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper's rows on one benchmark.

    Attributes
    ----------
    key
        ``--paper`` matches it.
    title
        Authors' name of the method, and where it was published.
    protocol
        Key in ``PROTOCOLS``: how the paper's numbers were made.
    protocol_note
        Where that is known from, or that it is our reading.
    rows
        In the order of the paper.
    """

    key: str
    title: str
    protocol: str
    protocol_note: str
    rows: tuple[Row, ...]


def at(first: float, step: float, *values: float) -> dict[float, float]:
    """Printed mAP values from the tIoU ``first`` on, in percent."""
    return {round(first + step * index, 2): value for index, value in enumerate(values)}


def tenths(*values: float) -> dict[float, float]:
    """Percent at tIoU .3, .4, ..."""
    return at(0.3, 0.1, *values)


def from_one(*values: float) -> dict[float, float]:
    """Percent at tIoU .1, .2, ..."""
    return at(0.1, 0.1, *values)


def twentieths(*values: float) -> dict[float, float]:
    """Percent at tIoU .5, .55, ..., as on ActivityNet."""
    return at(0.5, 0.05, *values)
