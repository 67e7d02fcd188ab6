"""The settings of ``mixed``; its schedule and named settings are in ``mixed_presets``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from wtal_core.training.config import check_number, check_whole

MOST_POSITIVE, LEAST_POSITIVE = 0.42, 1 / 6
"""Shares of a video taken as its class in round 0, where much of it is action and where little is."""
LITTLE = 0.32
"""Of a video; ``mixed_share`` reads .35 and more of whole Weizmann videos, .28 and less of those with little action."""


def _setting(default: Any, help_text: str) -> Any:
    return field(default=default, metadata={"help": help_text})


@dataclass(frozen=True, slots=True)
class MixedConfig:
    """Settings of ``mixed``; the defaults were chosen on ucf15-dev and Weizmann folds (docs/results/mixed.md)."""

    components: int = _setting(256, "principal components kept of the features, at most D; 0 keeps the raw features")
    reach: int = _setting(0, "each snippet is also seen against the mean of so many to either side; 0 is off")
    width: int = _setting(128, "hidden channels of each member")
    dilations: tuple[int, ...] = _setting((1, 2), "dilation of each residual convolution, snippets")
    voters: int = _setting(4, "networks of the last rounds kept to vote together, 1 or more")
    parts: int = _setting(4, "parts of the videos, each left out by one of the rounds from the third on; 0 is off")
    part_videos: int = _setting(3, "videos of each class a part needs; with fewer of any class nothing is left out")
    quality_steps: int = _setting(1200, "steps in which the quality of segments is learned from left-out videos")
    noise: float = _setting(0.27, "deviation of the Gaussian input noise in training, in deviations of the features")
    input_dropout: float = _setting(0.3, "share of inputs dropped in training")
    block_dropout: float = _setting(0.2, "share of channels dropped before each convolution in training")
    head_dropout: float = _setting(0.5, "share of channels dropped before the last layer in training")
    positive_share: float | None = _setting(
        None,
        "round 0: share of snippets taken as each class a video is said to hold; none: 0.42, or 1/6 (the"
        " recipe) where the labels of 24 videos and more show that little of a video is action",
    )
    background_share: float = _setting(0.5, "round 0: share of snippets taken as background")
    click_share: float = _setting(0.55, "a clicked instance reaches to this share of its peak, 0 to 1")
    learned_share: float = _setting(0.35, "the same for networks that have learned from grown instances")
    peak_share: float = _setting(0.3, "video labels: peaks down to this share of the highest become instances")
    found_share: float = _setting(0.3, "video labels: an instance reaches to this share of its peak")
    teacher_share: float = _setting(0.5, "video labels: weight of the last network's probabilities in the targets")
    class_share: float = _setting(0.2, "test: classes at least this share of the video's best give proposals")
    class_power: float = _setting(0.5, "test: power of the video score a proposal's score is multiplied with; 0 is off")
    contrast: Literal["fine", "coarse"] = _setting(
        "fine", "test, no order learned: runs of the softmax at 4 samples a snippet, or of sg(d), sg(d / 4) at one"
    )
    outer_ratio: float = _setting(0.25, "test, no order learned: outer strips, share of the length of a proposal")
    suppression: float = _setting(0.4, "test: sigma of the Gaussian soft-NMS; 0.3 in HR-Pro")

    def __post_init__(self) -> None:
        if self.contrast not in ("fine", "coarse"):
            raise ValueError(f"contrast must be fine or coarse, got {self.contrast!r}")
        check_whole(0, components=self.components, parts=self.parts, reach=self.reach)
        check_whole(1, width=self.width, voters=self.voters, part_videos=self.part_videos, steps=self.quality_steps)
        if self.parts == 1:
            raise ValueError("parts must be 0 or at least 2, got 1: a network must have something left to learn from")
        for dilation in self.dilations:
            check_whole(1, dilations=dilation)
        drops = {"input_dropout": self.input_dropout, "block_dropout": self.block_dropout}
        check_number(0, 1, open_end=True, head_dropout=self.head_dropout, **drops)
        check_number(0, noise=self.noise, class_power=self.class_power, outer_ratio=self.outer_ratio)
        if self.positive_share is not None:
            check_number(0, 1, positive_share=self.positive_share)
        shares = ("background", "click", "learned", "peak", "found", "teacher", "class")
        check_number(0, 1, **{f"{name}_share": getattr(self, f"{name}_share") for name in shares})
        check_number(1e-6, suppression=self.suppression)
