"""Which time counts as work: the raw events of annotation sessions, each with a clock of its own.

A person has one attention. Where several of their windows were in sight at once, a moment belongs to the window they
used last and counts once, so that two windows side by side do not make a video twice as expensive.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from wtal_core.domain import SupervisionLevel

PERSON = "person"
SIMULATED = "simulated"
BY_HAND = frozenset(("open", "key", "pointer", "play", "pause", "seek", "visible"))
"""Kinds of events that say that the person is at this window; a heartbeat only says that it plays."""


class Work(NamedTuple):
    """What active time was spent on."""

    video: str
    annotator: str
    level: SupervisionLevel
    assisted: bool
    source: str


@dataclass(frozen=True, slots=True)
class ActivityEvent:
    """One raw event of an annotation session.

    Attributes
    ----------
    session
        One page load; clocks of two sessions are not comparable.
    kind
        ``heartbeat open close key pointer play pause seek hidden visible loading ready``.
    monotonic
        Milliseconds of the session's own clock.
    video, annotator, level
        What was on the screen, who was there, which level was asked for.
    visible
        Whether the tab could be seen.
    assisted
        Whether model output was shown.
    source
        ``simulated`` for demo events, which never enter a measured phi.
    received
        When it arrived, milliseconds of the server's clock; None where nobody knows, and then the session is taken
        for the only one of its time.
    """

    session: str
    kind: str
    monotonic: float
    video: str
    annotator: str
    level: SupervisionLevel
    visible: bool = True
    assisted: bool = False
    source: str = PERSON
    received: float | None = None

    @property
    def work(self) -> Work:
        """What the time after this event is spent on."""
        return Work(self.video, self.annotator, self.level, self.assisted, self.source)


@dataclass(frozen=True, slots=True)
class Gap:
    """Counted time between two events: milliseconds of the session's clock, and when a hand was last seen before."""

    start: float
    length: float
    used: float
    work: Work


class Session:
    """Says which time of one session counts, event by event in the order of the session's clock.

    Attributes
    ----------
    gaps, spent
        What counts, gap by gap and as milliseconds of each work.
    first, last
        When its first and its last event arrived; a session whose arrivals are unknown is never beside another.
    zero
        The server's time at which its clock read 0, by the event that arrived soonest after it happened.
    """

    def __init__(self, idle_cutoff: float) -> None:
        self.idle_cutoff = idle_cutoff
        self.gaps: list[Gap] = []
        self.spent: dict[Work, float] = defaultdict(float)
        self.first, self.last, self.zero = inf, -inf, inf
        self.annotator = ""
        self._before: ActivityEvent | None = None
        self._used = -inf
        self._loading = self._closed = self._counts = False

    def follows(self, event: ActivityEvent) -> bool:
        """Whether an event is not older than the last one taken."""
        return self._before is None or event.monotonic >= self._before.monotonic

    def take(self, event: ActivityEvent) -> None:
        """One more event; the time since the last one counts for what was on the screen when it began."""
        if self._before is not None and self._counts and event.monotonic > self._before.monotonic:
            start, work = self._before.monotonic, self._before.work
            gap = Gap(start, min(event.monotonic - start, self.idle_cutoff), self._used, work)
            self.gaps.append(gap)
            self.spent[work] += gap.length
        self._loading = (self._loading or event.kind == "loading") and event.kind not in ("ready", "open")
        self._closed = (self._closed or event.kind == "close") and event.kind not in ("open", "ready")
        self._counts = not (self._loading or self._closed or event.kind == "hidden" or not event.visible)
        if event.kind in BY_HAND:
            self._used = event.monotonic
        if event.received is not None:
            self.first, self.last = min(self.first, event.received), max(self.last, event.received)
            self.zero = min(self.zero, event.received - event.monotonic)
        self._before, self.annotator = event, event.annotator


def sessions_of(events: Iterable[ActivityEvent], idle_cutoff: float) -> list[Session]:
    """The sessions of some events, which may come in any order; the cut-off in milliseconds."""
    found: dict[str, Session] = defaultdict(lambda: Session(idle_cutoff))
    for event in sorted(events, key=lambda event: (event.session, event.monotonic)):
        found[event.session].take(event)
    return list(found.values())


def time_spent(sessions: Iterable[Session]) -> dict[Work, float]:
    """Milliseconds of work; where sessions of one annotator lie beside each other, each moment once."""
    totals: dict[Work, float] = defaultdict(float)
    for beside in _beside_each_other(sessions):
        for work, milliseconds in beside[0].spent.items() if len(beside) == 1 else _each_moment_once(beside):
            totals[work] += milliseconds
    return totals


def _beside_each_other(sessions: Iterable[Session]) -> Iterator[list[Session]]:
    """Sessions of one annotator whose arrivals interleave: windows open at once. One after the other is no overlap."""
    group: list[Session] = []
    last = -inf
    for session in sorted(sessions, key=lambda session: (session.annotator, session.first)):
        if group and session.annotator == group[0].annotator and session.first < last:
            group.append(session)
        else:
            if group:
                yield group
            group, last = [session], -inf
        last = max(last, session.last)
    if group:
        yield group


def _each_moment_once(sessions: Iterable[Session]) -> Iterator[tuple[Work, float]]:
    """The union of the sessions' gaps on the server's clock; a moment of several belongs to the window used last."""
    gaps = [(session.zero + gap.start, session.zero + gap.used, gap) for session in sessions for gap in session.gaps]
    borders = sorted(
        [(start, True, i) for i, (start, _, _) in enumerate(gaps)]
        + [(start + gap.length, False, i) for i, (start, _, gap) in enumerate(gaps)]
    )
    running: set[int] = set()
    before = -inf
    for moment, begins, i in borders:
        if running:
            owner = max(running, key=lambda number: (gaps[number][1], number))
            yield gaps[owner][2].work, moment - before
        before = moment
        (running.add if begins else running.remove)(i)
