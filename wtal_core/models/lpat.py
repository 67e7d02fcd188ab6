"""LPAT: learning to predict adaptive thresholds (seed paper 002, an earlier text of TTC-Loc's authors); FACTS 3.

TTC-Loc's network and its first two losses, for video-level labels alone: plain, with a temporal convolution (+TemConv),
with W-TALC's co-activity similarity (+CASL), and any share lambda of the two losses. What differs from TTC-Loc is the
margin (0.5), no convolution by default, and no localization loss.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from torch import Tensor, nn

from wtal_core.domain import Proposal, SupervisionLevel, VideoPrediction
from wtal_core.inference.predicted_threshold import SCORE_HELP, SegmentScore
from wtal_core.losses.gated import Regularizer
from wtal_core.losses.mil import coactivity_loss
from wtal_core.models.method import MethodEntry, Output, Setup
from wtal_core.models.threshold_network import (
    ThresholdNetwork,
    ThresholdTest,
    gated_losses,
    gated_output,
    localize_gated,
)
from wtal_core.models.ttc_loc_presets import TRAINING, strategy
from wtal_core.training.config import check_number, check_whole
from wtal_core.training.dataset import Batch


@dataclass(frozen=True, slots=True)
class LpatConfig:
    """Settings; "paper" in a help text is the published value."""

    width: int = field(default=128, metadata={"help": "hidden units; paper 2048"})
    temporal: bool = field(default=False, metadata={"help": "+TemConv: residual convolution over 3 snippets"})
    dropout: float = field(default=0.7, metadata={"help": "share of hidden units dropped while training; paper 0.7"})
    input_scaling: bool = field(
        default=True, metadata={"help": "centre the features and divide by one number; paper false"}
    )
    classification_weight: float = field(
        default=0.2, metadata={"help": "lambda, 0..1; text 0.5, best of its tables 0.2 THUMOS14, 0.4 ActivityNet"}
    )
    background_weight_total: float | None = field(
        default=1.0, metadata={"help": "W of T1; (5) as printed: 1; none: 1/C as its text intends"}
    )
    regularizer: Regularizer = field(
        default="inner_held",
        metadata={"help": "form of L_conf; paper inner; per_snippet: (7) exactly as printed, singular at 0"},
    )
    regularizer_rise: int = field(
        default=100, metadata={"help": "steps over which L_conf comes in, so that classes find their side; paper 0"}
    )
    margin: float = field(default=0.5, metadata={"help": "margin of L_conf; paper 0.5"})
    similarity: float = field(
        default=0.0, metadata={"help": "+CASL: weight of co-activity similarity, at least 0; unstated, W-TALC 0.5"}
    )
    threshold_test: ThresholdTest = field(
        default="predicted",
        metadata={"help": "cut at the predicted threshold or a class's mid-range (table 3)"},
    )
    centred: bool = field(
        default=True, metadata={"help": "move the threshold at test half way between open and shut gates; paper false"}
    )
    segment_score: SegmentScore = field(default="margin", metadata={"help": SCORE_HELP})

    def __post_init__(self) -> None:
        check_whole(1, width=self.width)
        check_whole(0, regularizer_rise=self.regularizer_rise)
        check_number(0, 1, open_end=True, dropout=self.dropout)
        check_number(0, 1, classification_weight=self.classification_weight)
        check_number(0, margin=self.margin, similarity=self.similarity)
        if self.background_weight_total is not None:
            check_number(0, background_weight_total=self.background_weight_total)


class Lpat(nn.Module):
    """The network, its losses and its inference.

    Parameters
    ----------
    config
        Settings.
    setup
        D and the classes.
    """

    levels = frozenset({SupervisionLevel.VIDEO})

    def __init__(self, config: LpatConfig, setup: Setup) -> None:
        super().__init__()
        self.config = config
        self.network = ThresholdNetwork(
            setup.n_features,
            len(setup.class_names),
            width=config.width,
            dropout=config.dropout,
            temporal=config.temporal,
            videos=setup.videos if config.input_scaling else (),
        )
        self.project = self.network.project

    def forward(self, features: Tensor, mask: Tensor) -> Output:
        """Features (B, T, D) and mask (B, T) to s (B, T, C) and b (B, T); equations (1) to (4)."""
        config = self.config
        return gated_output(
            self.network, features, mask, gate="sigmoid", test=config.threshold_test, centred=config.centred
        )

    def losses(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        """(8) and, with +CASL, co-activity similarity of what the scores are computed from; already weighted."""
        config = self.config
        terms = gated_losses(
            self.network,
            output,
            batch,
            weight=config.classification_weight,
            background_weight_total=config.background_weight_total,
            form=config.regularizer,
            margin=config.margin,
            rise=config.regularizer_rise,
        )
        if config.similarity > 0:
            embedding = output.loss_extras["embedding"]
            similarity = coactivity_loss(embedding, output.cas, batch.mask, batch.video_label)
            terms["similarity"] = config.similarity * similarity
        return terms

    def localize(self, prediction: VideoPrediction) -> list[Proposal]:
        """Runs of ``s > b`` of the classes above the mean probability (FACTS 2.5)."""
        return localize_gated(prediction, gate="sigmoid", score=self.config.segment_score, class_weight=0.7)


_PRINTED: Mapping[str, Any] = {
    "method.input_scaling": False,
    "method.centred": False,
    "method.regularizer": "inner",
    "method.regularizer_rise": 0,
    "method.segment_score": "peak",
}


def _paper(classification_weight: float, max_length: int, n_steps: int, **more: Any) -> dict[str, Any]:
    """A headline row: lambda is the best of the paper's own table; iterations are not stated."""
    return {
        **_PRINTED,
        "method.width": 2048,
        "method.classification_weight": classification_weight,
        "training.max_length": max_length,
        "training.stages": strategy("joint", n_steps, 1e-4),
        **{f"method.{name}": value for name, value in more.items()},
    }


ENTRY = MethodEntry(
    title="LPAT (arXiv 1910.11285, first text)",
    summary="Predicts the threshold a class must beat from video labels alone; the plain form of TTC-Loc.",
    config=LpatConfig,
    build=Lpat,
    training=TRAINING,
    levels=Lpat.levels,
    presets=MappingProxyType(
        {
            "published": _PRINTED,
            "temconv": {"method.temporal": True},
            "casl": {"method.similarity": 0.5},
            "text": {"method.classification_weight": 0.5},
            "thumos14": _paper(0.2, 320, 10_000),
            "thumos14_temconv": _paper(0.2, 320, 10_000, temporal=True),
            "thumos14_casl": _paper(0.2, 320, 10_000, similarity=0.5),
            "activitynet12": _paper(0.4, 750, 20_000),
            "activitynet12_temconv": _paper(0.4, 750, 20_000, temporal=True),
        }
    ),
    test_only=("threshold_test", "centred", "segment_score"),
)
