"""The benchmarks, and whether a data set is one: a number is a benchmark's only on the benchmark's own videos."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wtal_core.layouts import FeatureDataset
from wtal_core.layouts.problems import some
from wtal_core.reproduction.activitynet import PAPERS_12, PAPERS_13
from wtal_core.reproduction.published import Paper
from wtal_core.reproduction.thumos14 import PAPERS as PAPERS_THUMOS

THUMOS_CLASSES = (
    *("BaseballPitch", "BasketballDunk", "Billiards", "CleanAndJerk", "CliffDiving", "CricketBowling", "CricketShot"),
    *("Diving", "FrisbeeCatch", "GolfSwing", "HammerThrow", "HighJump", "JavelinThrow", "LongJump", "PoleVault"),
    *("Shotput", "SoccerPenalty", "TennisSwing", "ThrowDiscus", "VolleyballSpiking"),
)


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A published data set and the papers' rows on it.

    Attributes
    ----------
    title
        Its name.
    papers
        Rows by paper.
    tiou
        Thresholds every row is evaluated at.
    n_classes
        Number of action classes.
    class_names
        Their names where the field agrees on them, else empty.
    training, evaluated
        Fewest and most videos of each side that the field's folders hold.
    instances
        Fewest and most evaluated instances, or None.
    names
        Pattern of the names of training and evaluated videos, or None.
    known
        What the field's versions of it differ in.
    """

    title: str
    papers: tuple[Paper, ...]
    tiou: tuple[float, ...]
    n_classes: int
    training: tuple[int, int]
    evaluated: tuple[int, int]
    class_names: tuple[str, ...] = ()
    instances: tuple[int, int] | None = None
    names: tuple[str, str] | None = None
    known: str = ""

    def differences(self, dataset: FeatureDataset) -> list[str]:
        """Why a data set is not this benchmark, one sentence each; empty if it is."""
        found = []
        names = dataset.class_names
        if self.class_names and set(names) != set(self.class_names):
            foreign, absent = set(names) - set(self.class_names), set(self.class_names) - set(names)
            said = [f"lacks {some(sorted(absent))}"] if absent else []
            said += [f"has {some(sorted(foreign))}"] if foreign else []
            found.append(f"its class list {' and '.join(said)}")
        elif len(names) != self.n_classes:
            found.append(f"{len(names)} classes where there are {self.n_classes}")
        sides = (("training", "training", self.training), ("evaluated", dataset.evaluated, self.evaluated))
        for index, (word, side, (fewest, most)) in enumerate(sides):
            videos = dataset.of_side(side)
            if not fewest <= len(videos) <= most:
                wanted = str(most) if fewest == most else f"{fewest} to {most}"
                found.append(f"{len(videos)} {word} videos with features where the field has {wanted}")
            if self.names is not None:
                foreign_names = [video for video in videos if not re.fullmatch(self.names[index], video)]
                if foreign_names:
                    found.append(f"{len(foreign_names)} {word} videos are not called as its are: {some(foreign_names)}")
        if self.instances is not None and not found:
            n_instances = dataset.ground_truth(dataset.evaluated).n_instances
            if not self.instances[0] <= n_instances <= self.instances[1]:
                found.append(f"{n_instances} evaluated instances, not {self.instances[0]} to {self.instances[1]}")
        if dataset.missing and self.names is not None:
            found.append(f"{len(dataset.missing)} annotated videos have no features: {some(dataset.missing)}")
        return found


def _range(first: int, last: int, step: int) -> tuple[float, ...]:
    """TIoU thresholds in hundredths, both ends included."""
    return tuple(value / 100 for value in range(first, last + 1, step))


BENCHMARKS: Mapping[str, Benchmark] = {
    "thumos14": Benchmark(
        *("THUMOS'14", PAPERS_THUMOS, _range(10, 70, 10), 20, (200, 200), (210, 213)),
        class_names=THUMOS_CLASSES,
        instances=(3311, 3358),
        names=(r"video_validation_\d{7}", r"video_test_\d{7}"),
        known="test videos 270, 1292 and 1496 are in some folders only, so 210 to 213 test videos are right",
    ),
    "activitynet12": Benchmark(
        *("ActivityNet 1.2", PAPERS_12, _range(50, 95, 5), 100, (4578, 4819), (2264, 2383)),
        known="videos that have left the web are missing in most copies; up to one in twenty may be",
    ),
    "activitynet13": Benchmark(
        *("ActivityNet 1.3", PAPERS_13, _range(50, 95, 5), 200, (9523, 10024), (4680, 4926)),
        known="videos that have left the web are missing in most copies; up to one in twenty may be",
    ),
}


def protocol_lines(papers: Sequence[Paper]) -> list[str]:
    """How each paper's rows are evaluated, one sentence a paper."""
    return [f"{paper.title}: protocol `{paper.protocol}` ({paper.protocol_note})" for paper in papers]
