"""Times: integer microseconds, and half-open segments of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite

import numpy as np

MICROSECONDS = 1_000_000


def to_microseconds(seconds: float | Fraction) -> int:
    """Round seconds to integer microseconds: the one rounding of the project (halves go to even).

    Raises
    ------
    ValueError
        If the number is not finite.
    """
    if isinstance(seconds, float) and not isfinite(seconds):
        raise ValueError(f"a time must be a finite number of seconds, got {seconds}")
    return round(Fraction(seconds) * MICROSECONDS)


def to_seconds(microseconds: int) -> float:
    """Seconds as the nearest float."""
    return microseconds / MICROSECONDS


@dataclass(frozen=True, order=True, slots=True)
class Segment:
    """A half-open interval of time ``[start, end)`` in microseconds.

    Raises
    ------
    TypeError
        If an end is not an integer.
    ValueError
        If it is empty or reversed.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        for name in ("start", "end"):
            if isinstance(getattr(self, name), bool) or not isinstance(getattr(self, name), (int, np.integer)):
                raise TypeError(
                    f"segment {name} must be integer microseconds, got {getattr(self, name)!r}; "
                    "use Segment.from_seconds for seconds"
                )
            object.__setattr__(self, name, int(getattr(self, name)))
        if self.end <= self.start:
            raise ValueError(
                f"a segment must end after it starts, got start {self.start} and end {self.end} microseconds"
            )

    @classmethod
    def from_seconds(cls, start: float | Fraction, end: float | Fraction) -> Segment:
        """The segment of two times in seconds, each rounded to the microsecond."""
        return cls(to_microseconds(start), to_microseconds(end))

    @property
    def duration(self) -> int:
        """Length in microseconds."""
        return self.end - self.start

    @property
    def seconds(self) -> tuple[float, float]:
        """Both ends in seconds."""
        return to_seconds(self.start), to_seconds(self.end)

    def __contains__(self, time: int) -> bool:
        return self.start <= time < self.end

    def intersection(self, other: Segment) -> int:
        """Microseconds both share; 0 if they only touch."""
        return max(0, min(self.end, other.end) - max(self.start, other.start))

    def overlaps(self, other: Segment) -> bool:
        """Whether they share any time."""
        return self.intersection(other) > 0

    def tiou(self, other: Segment) -> float:
        """Temporal intersection over union, 0 to 1."""
        shared = self.intersection(other)
        return shared / (self.duration + other.duration - shared)

    def clipped(self, bounds: Segment) -> Segment | None:
        """The part inside ``bounds``, or None if there is none."""
        start, end = max(self.start, bounds.start), min(self.end, bounds.end)
        return Segment(start, end) if end > start else None


def merged(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """The same time as ``segments``, as few disjoint ascending segments; touching ones join."""
    joined: list[Segment] = []
    for segment in sorted(segments):
        if joined and segment.start <= joined[-1].end:
            joined[-1] = Segment(joined[-1].start, max(joined[-1].end, segment.end))
        else:
            joined.append(segment)
    return tuple(joined)
