"""What a network reads and says: snippet grid, feature sequence, class activation sequence, prediction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wtal_core.domain.times import MICROSECONDS, Segment, to_microseconds


@dataclass(frozen=True, slots=True)
class SnippetGrid:
    """Snippet index <-> time, the only converter (FACTS 0.1, T9).

    With ``o = origin + lead``, cell ``t`` is ``[o + t * step, o + (t + 1) * step)``; the last cell is cut at the end of
    the video, or stretched to it when the tail is shorter than a step.

    Attributes
    ----------
    step
        Seconds from one snippet to the next, exact (stride_frames / fps).
    n_snippets
        ``T``.
    duration
        Microseconds from the first picture to the end of the last.
    origin
        Raw presentation time of the first picture, microseconds.
    lead
        Seconds from the first picture to the start of cell 0, exact: (window - step) / 2.
    """

    step: Fraction
    n_snippets: int
    duration: int
    origin: int = 0
    lead: Fraction = Fraction(0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "step", Fraction(self.step))
        object.__setattr__(self, "lead", Fraction(self.lead))
        if self.step <= 0 or self.n_snippets < 1 or self.duration <= 0:
            raise ValueError(
                f"a snippet grid needs a positive step, at least one snippet and a positive duration, got step "
                f"{self.step} s, {self.n_snippets} snippets, {self.duration} microseconds"
            )

    @classmethod
    def regular(
        cls,
        n_snippets: int,
        duration: int,
        *,
        fps: float | Fraction = 25,
        stride_frames: int = 16,
        snippet_frames: int | None = None,
        origin: int = 0,
    ) -> SnippetGrid:
        """The grid of snippets of ``snippet_frames`` frames every ``stride_frames`` frames at ``fps``."""
        rate = Fraction(fps).limit_denominator(1_000_000)
        window = stride_frames if snippet_frames is None else snippet_frames
        return cls(
            Fraction(stride_frames) / rate, n_snippets, duration, origin, Fraction(window - stride_frames, 2) / rate
        )

    @property
    def extent(self) -> Segment:
        """All of the video."""
        return Segment(self.origin, self.origin + self.duration)

    def start(self, index: int) -> int:
        """Where cell ``index`` starts, microseconds, never past the end of the video."""
        return self.time(index)

    def end(self, index: int) -> int:
        """Where cell ``index`` ends (exclusive), microseconds."""
        if index < self.n_snippets - 1:
            return self.start(index + 1)
        natural = self.origin + to_microseconds(self.lead + self.n_snippets * self.step)
        tail = self.extent.end - natural
        return self.extent.end if tail < to_microseconds(self.step) else natural

    @property
    def edges(self) -> NDArray[np.int64]:
        """Start of every cell and the end of the last, microseconds, shape (T + 1,)."""
        lead, step = self.lead * MICROSECONDS, self.step * MICROSECONDS
        parts = lcm(lead.denominator, step.denominator)  # edges are whole multiples of 1 / parts microseconds
        first, stride = int(lead * parts), int(step * parts)
        fits = max(abs(first) + stride * self.n_snippets, 2 * parts) < 2**62
        exact = first + stride * np.arange(self.n_snippets, dtype=np.int64 if fits else object)
        times, rest = exact // parts, exact % parts
        times = times + (
            (2 * rest > parts) | ((2 * rest == parts) & (times % 2 == 1))
        )  # halves go to even, as everywhere
        starts = np.clip((times + self.origin).astype(np.int64), self.extent.start, self.extent.end)
        return np.append(starts, np.int64(self.end(self.n_snippets - 1)))

    def cell(self, time: int) -> int:
        """The cell that holds ``time`` microseconds (the later one on an edge), clipped to the grid."""
        index = (Fraction(time - self.origin, MICROSECONDS) - self.lead) / self.step
        return min(max(index.__floor__(), 0), self.n_snippets - 1)

    def segment(self, first: int, stop: int) -> Segment:
        """The time of cells ``first`` to ``stop - 1``."""
        if not 0 <= first < stop <= self.n_snippets:
            raise ValueError(f"cells {first} to {stop} do not lie in a grid of {self.n_snippets} snippets")
        return Segment(self.start(first), max(self.end(stop - 1), self.start(first) + 1))

    def time(self, coordinate: float) -> int:
        """Microseconds of a snippet coordinate (integers are edges between cells), inside the video."""
        raw = self.origin + to_microseconds(self.lead + Fraction(coordinate) * self.step)
        return min(max(raw, self.extent.start), self.extent.end)


@dataclass(frozen=True, eq=False)
class FeatureSequence:
    """Snippet features of one video.

    Attributes
    ----------
    values
        Shape (T, D), float16 or float32, may be memory-mapped.
    grid
        Its time base; ``grid.n_snippets == T``.
    streams
        Columns of each stream, e.g. ``{"rgb": (0, 1024), "flow": (1024, 2048)}``.
    """

    video_id: str
    values: NDArray[Any]
    grid: SnippetGrid
    streams: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[0] != self.grid.n_snippets:
            raise ValueError(
                f"features of {self.video_id}: expected shape ({self.grid.n_snippets}, D), got {self.values.shape}"
            )
        for name, (first, stop) in self.streams.items():
            if not 0 <= first < stop <= self.values.shape[1]:
                raise ValueError(
                    f"features of {self.video_id}: stream {name!r} names columns {first} to {stop} "
                    f"of {self.values.shape[1]}"
                )


@dataclass(frozen=True, eq=False)
class ActivationSequence:
    """The class activation sequence (CAS) of one video and what a class must beat.

    Attributes
    ----------
    class_names
        The ``C`` action classes, in column order.
    cas
        Class scores, shape (T, C).
    threshold
        Predicted threshold or background score, shape (T,); a method with a fixed threshold per class gives (T, C).
    """

    video_id: str
    class_names: tuple[str, ...]
    cas: NDArray[np.float32]
    threshold: NDArray[np.float32]
    grid: SnippetGrid

    def __post_init__(self) -> None:
        shape = (self.grid.n_snippets, len(self.class_names))
        if self.cas.shape != shape or self.threshold.shape not in (shape[:1], shape):
            raise ValueError(
                f"activation sequence of {self.video_id}: expected CAS {shape} and threshold {shape[:1]} or {shape}, "
                f"got {self.cas.shape} and {self.threshold.shape}"
            )

    @property
    def margin(self) -> NDArray[np.float32]:
        """CAS minus threshold, shape (T, C)."""
        threshold = self.threshold if self.threshold.ndim == 2 else self.threshold[:, None]
        return self.cas - threshold

    @property
    def gate(self) -> NDArray[np.float32]:
        """Where a class beats the threshold, logistic of the margin, shape (T, C), 0 to 1."""
        return np.asarray(0.5 * (1.0 + np.tanh(0.5 * self.margin)), np.float32)


@dataclass(frozen=True, eq=False)
class VideoPrediction:
    """All that a trained method says of one video before proposals are cut.

    Attributes
    ----------
    activation
        CAS and threshold.
    video_scores
        How sure the method is that a class occurs, shape (C,), 0 to 1.
    extras
        What a method's own ``localize`` asks for (attention, features), first axis T.
    """

    activation: ActivationSequence
    video_scores: NDArray[np.float32]
    extras: Mapping[str, NDArray[Any]] = field(default_factory=dict)
