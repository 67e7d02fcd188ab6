"""What labels cost: active annotation time from raw events, and its ratio to video time, phi (PRODUCT 6).

Events are facts of a browser: what happened when, by a clock that only runs on. Active time is derived from them here
and nowhere stored, so that the rule can change. The headline is the ratio of the papers, total active time over total
video duration.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from wtal_core.domain import MICROSECONDS, SupervisionLevel
from wtal_core.evaluation.activity import PERSON, SIMULATED, ActivityEvent, sessions_of, time_spent

IDLE_CUTOFF = 30 * MICROSECONDS
"""A longer pause between two events counts as this much, microseconds."""

MEASURED_VIDEOS = 10
"""From this many measured videos of a level on, its phi is measured; below it a paper's value is the prior."""

PAPER_PHI: Mapping[str, Mapping[SupervisionLevel, float]] = {
    "thumos14": {
        SupervisionLevel.VIDEO: 0.24,
        SupervisionLevel.ONE_SEGMENT: 0.30,
        SupervisionLevel.TWO_SEGMENT: 0.32,
        SupervisionLevel.FULL: 1.17,
    },
    "activitynet": {
        SupervisionLevel.VIDEO: 0.25,
        SupervisionLevel.ONE_SEGMENT: 0.33,
        SupervisionLevel.TWO_SEGMENT: 0.38,
        SupervisionLevel.FULL: 1.45,
    },
}
"""Annotation-duration ratios that Ding et al. measured, per data set and level."""


@dataclass(frozen=True, slots=True)
class VideoCost:
    """Active time one annotator spent on one video at one level.

    Attributes
    ----------
    active, duration
        Microseconds of work and of video.
    """

    video: str
    annotator: str
    level: SupervisionLevel
    assisted: bool
    active: int
    duration: int
    source: str = PERSON

    def __post_init__(self) -> None:
        if self.active < 0 or self.duration <= 0:
            raise ValueError(
                f"video {self.video}: active time must not be negative nor the duration zero, got {self.active} and "
                f"{self.duration} microseconds"
            )

    @property
    def ratio(self) -> float:
        """Active time over duration."""
        return self.active / self.duration


@dataclass(frozen=True, slots=True)
class Phi:
    """The annotation-duration ratio of a group of videos.

    Attributes
    ----------
    ratio
        Total active time over total duration.
    low, high
        Bootstrap interval over videos, 95 %; equal to ``ratio`` with a single video.
    median, first_quartile, third_quartile
        Of the ratios of single videos.
    n_videos
        Videos, each once however many annotators had it.
    active, duration
        Totals, microseconds.
    """

    ratio: float
    low: float
    high: float
    median: float
    first_quartile: float
    third_quartile: float
    n_videos: int
    active: int
    duration: int

    @property
    def is_measured(self) -> bool:
        """Whether there are enough videos to stand in for the papers' value."""
        return self.n_videos >= MEASURED_VIDEOS


def active_times(
    events: Iterable[ActivityEvent], durations: Mapping[str, int], *, idle_cutoff: int = IDLE_CUTOFF
) -> list[VideoCost]:
    """Active time per video, annotator, level, assisted or not, and source.

    The gap between two neighbouring events of a session counts for what was on the screen when it began, up to the
    idle cut-off. A gap that begins hidden, loading or after the video was closed does not count. Time in which several
    windows of one annotator count at once is counted once, for the window used last.

    Parameters
    ----------
    events
        In any order; those of one session are sorted by their clock.
    durations
        Microseconds of each video.
    idle_cutoff
        Microseconds.

    Raises
    ------
    ValueError
        If the cut-off is not positive or a video's duration is not given.
    """
    if idle_cutoff <= 0:
        raise ValueError(f"the idle cut-off must be positive, got {idle_cutoff} microseconds")
    totals = time_spent(sessions_of(events, idle_cutoff / 1000))
    missing = sorted({work.video for work in totals} - set(durations))
    if missing:
        raise ValueError(f"the duration of {missing[0]!r} is not given; phi needs that of every video worked on")
    return [
        VideoCost(work.video, work.annotator, work.level, work.assisted, round(1000 * spent), length, work.source)
        for work, spent, length in ((work, spent, durations[work.video]) for work, spent in sorted(totals.items()))
    ]


def phi(costs: Iterable[VideoCost], *, n_bootstrap: int = 2000, seed: int = 0) -> Phi:
    """The ratio of a group, with a bootstrap interval over videos.

    Resampling draws whole videos, all annotators' work on them together, because times on one video are not
    independent.

    Raises
    ------
    ValueError
        If there is no video, or simulated and measured costs are mixed.
    """
    rows = list(costs)
    if len({row.source == SIMULATED for row in rows}) > 1:
        raise ValueError("simulated and measured annotation time never enter one ratio; choose one source")
    active: dict[str, int] = defaultdict(int)
    duration: dict[str, int] = defaultdict(int)
    watched: set[tuple[str, str]] = set()
    for row in rows:
        active[row.video] += row.active
        if (row.video, row.annotator) not in watched:  # several levels or assisted parts share one video's length
            duration[row.video] += row.duration
            watched.add((row.video, row.annotator))
    if not active:
        raise ValueError("phi needs at least one video with annotation time")
    work = np.array([active[video] for video in active], dtype=np.float64)
    length = np.array([duration[video] for video in active], dtype=np.float64)
    draws = np.random.default_rng(seed).integers(0, len(work), (n_bootstrap, len(work)))
    low, high = np.quantile(work[draws].sum(axis=1) / length[draws].sum(axis=1), (0.025, 0.975))
    quartiles = np.quantile(work / length, (0.25, 0.5, 0.75))
    return Phi(
        ratio=float(work.sum() / length.sum()),
        low=float(low),
        high=float(high),
        median=float(quartiles[1]),
        first_quartile=float(quartiles[0]),
        third_quartile=float(quartiles[2]),
        n_videos=len(work),
        active=int(sum(active.values())),
        duration=int(sum(duration.values())),
    )


K = TypeVar("K", bound=Hashable)


def phi_by(costs: Iterable[VideoCost], key: Callable[[VideoCost], K], **options: int) -> dict[K, Phi]:
    """Phi of each group, e.g. ``phi_by(costs, lambda cost: (cost.level, cost.annotator, cost.assisted))``.

    Simulated costs are left out.
    """
    groups: dict[K, list[VideoCost]] = defaultdict(list)
    for cost in costs:
        if cost.source != SIMULATED:
            groups[key(cost)].append(cost)
    return {name: phi(rows, **options) for name, rows in groups.items()}


def expected_phi(
    level: SupervisionLevel, measured: Mapping[SupervisionLevel, Phi], *, prior: str = "thumos14"
) -> tuple[float, bool]:
    """Ratio to reckon with for a level, and whether it was measured: a paper's value until enough videos are.

    Raises
    ------
    ValueError
        If there is no such prior.
    """
    if prior not in PAPER_PHI:
        raise ValueError(f"no prior {prior!r} for phi; choose one of {', '.join(PAPER_PHI)}")
    found = measured.get(level)
    if found is not None and found.is_measured:
        return found.ratio, True
    return PAPER_PHI[prior][level], False
