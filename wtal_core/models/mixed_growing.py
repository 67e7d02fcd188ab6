"""The E-step of ``mixed``: grow what is known of a training video into a whole segmentation.

One idea for every level: an instance reaches from its peak to where the margin ``d = s - b`` of a trained network falls
under a share of that peak (RECIPE 2; why a share of its own peak and not one threshold: RECIPE 3.3). A click says where
the peak is; a video label says only that there is one, so peaks are taken in falling order until they fade.

Arrays in, arrays out: nothing here knows a network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from wtal_core.training.dataset import Instance

MIN_GROWN = 3
"""Snippets of the shortest grown click instance."""

MAX_REACH = 32
"""Snippets a click instance may grow to either side."""

MIN_FOUND = 2
"""Snippets of the shortest instance found from a video label."""

MAX_COVERED = 0.3
"""An instance found from a video label is dropped when more than this share of it is already taken."""


@dataclass(frozen=True, slots=True)
class GrowthRule:
    """How far instances reach.

    Attributes
    ----------
    click_share
        A clicked instance ends where the margin falls under this share of its peak.
    peak_share
        Peaks of a video-level class are taken down to this share of the highest ones.
    found_share
        An instance found at such a peak ends at this share of the peak.
    """

    click_share: float = 0.55
    peak_share: float = 0.3
    found_share: float = 0.3


@dataclass(frozen=True, eq=False)
class Knowledge:
    """What a person said of one video, in snippets (see ``TrainingVideo``).

    Attributes
    ----------
    action, background
        (T, C) bool, disjoint; neither means unknown.
    instances
        Annotated instances.
    present
        Classes known to occur, (C,) bool.
    complete
        Whether all of the video was judged for every class; what is still unknown then is ambiguous.
    ambiguous
        Snippets nobody can judge, (T,) bool, where the video says so; None: none are known.
    """

    action: NDArray[np.bool_]
    background: NDArray[np.bool_]
    instances: Sequence[Instance]
    present: NDArray[np.bool_]
    complete: bool = False
    ambiguous: NDArray[np.bool_] | None = None

    @property
    def undecided(self) -> NDArray[np.bool_]:
        """Snippets that are ambiguous and hold no known action: neither action nor background there, (T,) bool."""
        silent = np.zeros(len(self.action), bool) if self.ambiguous is None else self.ambiguous
        if self.complete:
            silent = silent | ~self.background.any(axis=1)
        return np.asarray(silent & ~self.action.any(axis=1))

    @property
    def searched(self) -> NDArray[np.bool_]:
        """Classes that may have instances nobody has marked, (C,) bool.

        They occur, not all of the video is judged for them, and no click of theirs is there: who clicks a class clicks
        each of its instances.
        """
        known = self.action | self.background | self.undecided[:, None]
        judged = np.asarray(known.all(axis=0) | self.complete)
        searched = np.asarray(self.present & ~judged)
        for instance in self.instances:
            searched[instance.class_index] &= instance.exact
        return searched


def segmentation(margin: NDArray[np.floating], known: Knowledge, rule: GrowthRule) -> NDArray[np.bool_]:
    """Where each class happens, as far as knowledge and network together can say.

    Parameters
    ----------
    margin
        ``d = s - b`` of a trained network in evaluation mode, (T, C).
    known
        What a person said.
    rule
        How far instances reach.

    Returns
    -------
    NDArray
        (T, C) bool. Annotated action is always in it, checked background never.
    """
    grown = known.action.copy()
    for instance, (first, stop) in zip(known.instances, grow_clicks(margin, known, rule.click_share), strict=True):
        grown[first:stop, instance.class_index] = True
    grown &= ~(known.background | known.undecided[:, None]) | known.action
    taken = np.asarray(grown.any(axis=1) | known.undecided)
    found = [
        (float(margin[first:stop, c].mean()), int(c), first, stop)
        for c in np.flatnonzero(known.searched)
        for first, stop in find_instances(margin[:, c], ~taken & ~known.background[:, c], rule)
    ]
    for _, c, first, stop in sorted(found, key=lambda each: (-each[0], each[2], each[1])):
        if taken[first:stop].mean() <= MAX_COVERED:
            grown[first:stop, c] = ~taken[first:stop]
            taken[first:stop] = True
    return grown


def grow_clicks(margin: NDArray[np.floating], known: Knowledge, share: float) -> list[tuple[int, int]]:
    """Grow every instance that was clicked; exact ones stay.

    Parameters
    ----------
    margin
        (T, C).
    known
        What a person said.
    share
        An instance ends where the margin falls under this share of its peak, 0 to 1.

    Returns
    -------
    list
        ``(first, stop)`` of each of ``known.instances``, in their order. Two that overlap are split in the middle of
        what they share, never inside what was clicked.
    """
    order = sorted(range(len(known.instances)), key=lambda i: (known.instances[i].first, known.instances[i].stop))
    spans: dict[int, list[int]] = {}
    for place, index in enumerate(order):
        instance = known.instances[index]
        if instance.exact:
            spans[index] = [instance.first, instance.stop]
            continue
        earlier = (known.instances[other] for other in reversed(order[:place]))
        later = (known.instances[other] for other in order[place + 1 :])
        before = next((other for other in earlier if not _holds(other, instance)), None)
        after = next((other for other in later if not _holds(other, instance)), None)
        low, high = _limits(margin, known.background[:, instance.class_index], instance, before, after)
        spans[index] = list(_grow(margin[:, instance.class_index], instance, low, high, share))
    for left, right in pairwise(order):
        a, b = known.instances[left], known.instances[right]
        if spans[left][1] > spans[right][0] and not _holds(a, b):
            middle = (spans[left][1] + spans[right][0]) // 2
            spans[left][1] = max(a.stop, min(middle, spans[left][1]))
            spans[right][0] = min(b.first, max(middle, spans[right][0]))
    return [(spans[index][0], spans[index][1]) for index in range(len(known.instances))]


def _holds(other: Instance, instance: Instance) -> bool:
    """Whether an exact instance of another class has all of this one inside it: both happen, neither ends the other."""
    inside = other.first <= instance.first and instance.stop <= other.stop
    return other.exact and other.class_index != instance.class_index and inside


def _limits(
    margin: NDArray[np.floating],
    checked: NDArray[np.bool_],
    instance: Instance,
    before: Instance | None,
    after: Instance | None,
) -> tuple[int, int]:
    """The interval ``[low, high)`` a clicked instance may fill: its reach, its neighbours, checked background."""
    low, high = max(0, instance.first - MAX_REACH), min(len(margin), instance.stop + MAX_REACH)
    trace = margin[:, instance.class_index]
    if before is not None:
        low = max(low, _border(trace, before, instance, instance))
    if after is not None:
        high = min(high, _border(trace, instance, after, instance))
    low, high = min(low, instance.first), max(high, instance.stop)
    left, right = np.flatnonzero(checked[low : instance.first]), np.flatnonzero(checked[instance.stop : high])
    return (low + int(left[-1]) + 1 if left.size else low), (instance.stop + int(right[0]) if right.size else high)


def _border(trace: NDArray[np.floating], left: Instance, right: Instance, growing: Instance) -> int:
    """Where two neighbours must part: the deepest snippet between clicks of one class, else the other's own span."""
    if left.class_index == right.class_index and not (left.exact or right.exact):
        between = slice(left.stop, right.first)
        if between.start >= between.stop:
            return right.first
        framed = np.pad(trace[between].astype(np.float64), 1, mode="edge")
        return left.stop + int((0.25 * framed[:-2] + 0.5 * framed[1:-1] + 0.25 * framed[2:]).argmin())
    return left.stop if growing is right else right.first


def _grow(trace: NDArray[np.floating], instance: Instance, low: int, high: int, share: float) -> tuple[int, int]:
    """The interval around a click that gathers most margin above ``share`` of the peak near the click."""
    near = trace[max(0, instance.first - 2) : instance.stop + 2]
    total = np.concatenate([[0.0], np.cumsum(trace[low:high].astype(np.float64) - share * float(near.max()))])
    firsts, stops = np.arange(low, instance.first + 1), np.arange(instance.stop, high + 1)
    gathered = total[stops - low][None, :] - total[firsts - low][:, None]  # (F, S)
    lengths = stops[None, :] - firsts[:, None]
    gathered[lengths < min(MIN_GROWN, high - low)] = -np.inf
    first, stop = np.unravel_index(int(gathered.argmax()), gathered.shape)
    return int(firsts[first]), int(stops[stop])


def find_instances(trace: NDArray[np.floating], free: NDArray[np.bool_], rule: GrowthRule) -> list[tuple[int, int]]:
    """Instances of a class of which only the video label is known.

    The highest free peak grows to both sides while the 3-snippet mean stays above a share of it; it and one snippet on
    either side are closed; again, until the next peak is under a share of the video's highest ones.

    Parameters
    ----------
    trace
        Margin of the class, (T,).
    free
        Where it may happen, (T,) bool.
    rule
        How far instances reach.

    Returns
    -------
    list
        ``(first, stop)``, highest peak first.
    """
    n_snippets = trace.size
    padded = np.pad(trace.astype(np.float64), 1, mode="edge")
    smooth = (padded[:-2] + padded[1:-1] + padded[2:]) / 3
    n_top = max(min(3, n_snippets), n_snippets // 20)
    top = float(np.sort(smooth)[-n_top:].mean())
    open_ = free.copy()
    found: list[tuple[int, int]] = []
    for peak in np.argsort(-smooth, kind="stable").tolist():
        if smooth[peak] <= max(0.0, rule.peak_share * top):
            break
        if not open_[peak]:
            continue
        level = rule.found_share * float(trace[max(0, peak - 1) : peak + 2].max())
        first, stop = peak, peak + 1
        while first > 0 and open_[first - 1] and smooth[first - 1] > level:
            first -= 1
        while stop < n_snippets and open_[stop] and smooth[stop] > level:
            stop += 1
        open_[max(0, first - 1) : stop + 1] = False
        if stop - first >= min(MIN_FOUND, n_snippets):
            found.append((first, stop))
    return found


def soft_targets(
    logits: NDArray[np.floating], known: Knowledge, rule: GrowthRule, teacher_share: float
) -> NDArray[np.float32]:
    """Probabilities to train the next network on.

    Parameters
    ----------
    logits
        Class and background logits of the last network, (T, C + 1), background last.
    known
        What a person said.
    rule
        How far instances reach.
    teacher_share
        Weight of the network's own probabilities where a class of which only the video label is known may happen,
        0 to 1; the rest is the segmentation, one-hot.

    Returns
    -------
    NDArray
        (T, C + 1), rows sum to 1, but ambiguous snippets without a known action are 0. Two actions share their mass.
    """
    n_classes = logits.shape[1] - 1
    grown = segmentation(logits[:, :n_classes] - logits[:, n_classes:], known, rule)
    hard = np.concatenate([grown, ~grown.any(axis=1, keepdims=True)], axis=1).astype(np.float64)
    hard /= hard.sum(axis=1, keepdims=True)
    hard[known.undecided] = 0.0
    if not known.searched.any():
        return hard.astype(np.float32)
    possible = known.present & ~known.background  # (T, C)
    allowed = np.concatenate([possible, np.ones((len(logits), 1), bool)], axis=1)
    shifted = np.where(allowed, logits.astype(np.float64), -np.inf)
    soft = np.exp(shifted - shifted.max(axis=1, keepdims=True))
    soft /= soft.sum(axis=1, keepdims=True)
    settled = known.action.any(axis=1, keepdims=True) | known.undecided[:, None]
    return np.where(settled, hard, (1 - teacher_share) * hard + teacher_share * soft).astype(np.float32)
