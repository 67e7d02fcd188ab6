"""RSKP's settings and the thresholds its traces are cut at (FACTS 6)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from wtal_core.inference.contrast import Cut
from wtal_core.inference.scoring import GAUFUSE_STRIP, Ends
from wtal_core.training.config import check_number, check_whole

THRESHOLDS = tuple(round(0.001 + 0.002 * k, 4) for k in range(20))
"""Of the frame score, absolute (FACTS 6.6)."""
LOW_SHARES = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3)
"""Of a trace's maximum: where a trace never falls below .039 between two actions, no absolute threshold parts them."""
SHARE_UPSAMPLE = 4
"""Samples a snippet where those are cut; the absolute thresholds are cut at one."""


@dataclass(frozen=True, slots=True)
class RskpConfig:
    """Settings; the public code's value stands in the help text where it differs from the default."""

    width: int = field(default=1024, metadata={"help": "embedding size; public code 2048 (as wide as its features)"})
    dropout: float = field(default=0.6, metadata={"help": "share of the embedding dropped while training; 0.6"})
    representatives: int = field(default=8, metadata={"help": "K, Gaussians of a video; 8"})
    iterations: int = field(default=2, metadata={"help": "EM iterations; 2"})
    walk: float = field(default=0.5, metadata={"help": "w of the random walk, 0..1; 0.5"})
    scale: float = field(default=20.0, metadata={"help": "factor of cosine similarities; THUMOS14 20, ActivityNet 10"})
    memory_slots: int = field(default=5, metadata={"help": "representatives remembered for each class; 5"})
    memory_from: int = field(
        default=21,
        metadata={
            "help": "epochs without memory; 0: it is never used; public code 101 of 200. By default only sets of so few"
            " videos have one that their least steps are more epochs"
        },
    )
    background_weight: float = field(default=0.2, metadata={"help": "of the background-aware loss; 0.2"})
    attention_weight: float = field(default=0.1, metadata={"help": "of the attention contrast; 0.1"})
    propagation_weight: float = field(default=1.0, metadata={"help": "of the branch's imitation of the walk; 1"})
    late_propagation_weight: float = field(default=0.5, metadata={"help": "the same with memory; 0.5"})
    propagation_classes: Literal["labelled", "all"] = field(
        default="labelled",
        metadata={
            "help": "what is imitated of the walk: all classes (public code), or labelled: what it gives to classes"
            " that the video is said not to hold goes to the background",
            "before": "all",
        },
    )
    temperature: float = field(default=0.2, metadata={"help": "of the imitation's softmax; 0.2"})
    class_threshold: float = field(default=0.1, metadata={"help": "least video score of a kept class; 0.1"})
    levels: Literal["absolute", "both"] = field(
        default="both",
        metadata={
            "help": "thresholds: .001 to .039 (public code, absolute), or also shares to .3 of the maximum: both"
        },
    )
    strip: tuple[float, ...] = field(
        default=GAUFUSE_STRIP, metadata={"help": "outer strips, a * length ** b; public code .25,1"}
    )
    nms_threshold: float = field(
        default=0.5, metadata={"help": "largest overlap kept, of the lower-scored length; 0.5"}
    )
    ends: Ends = field(default="exact", metadata={"help": "exact, or the public code's ends one snippet late"})
    mix: float = field(
        default=1.0,
        metadata={"help": "test: share of the plain branch, 0..1, the walk has the rest; public .6, ActivityNet .8"},
    )

    def __post_init__(self) -> None:
        check_whole(1, width=self.width, representatives=self.representatives, memory_slots=self.memory_slots)
        check_whole(1, iterations=self.iterations)
        check_whole(0, memory_from=self.memory_from)
        if len(self.strip) != 2 or min(self.strip) <= 0:
            raise ValueError(f"strip is two positive numbers, got {self.strip}")
        check_number(0, 1, open_end=True, dropout=self.dropout, walk=self.walk, nms_threshold=self.nms_threshold)
        check_number(0, 1, mix=self.mix, class_threshold=self.class_threshold)
        check_number(0, background_weight=self.background_weight, attention_weight=self.attention_weight)
        check_number(
            0, propagation_weight=self.propagation_weight, late_propagation_weight=self.late_propagation_weight
        )
        check_number(1e-6, scale=self.scale, temperature=self.temperature)


def both_levels(strip: tuple[float, float], ends: Ends, upsample: int = 1) -> Cut:
    """The absolute thresholds, and the low shares of the maximum besides.

    Parameters
    ----------
    strip, ends, upsample
        See :class:`wtal_core.inference.contrast.Cut`; the shares are cut at ``SHARE_UPSAMPLE`` samples or more.
    """
    shares = Cut(LOW_SHARES, "maximum", strip, ends, max(upsample, SHARE_UPSAMPLE))
    return Cut(THRESHOLDS, "absolute", strip, ends, upsample, shares)
