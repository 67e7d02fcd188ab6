"""Top-k multiple instance learning with co-activity similarity: W-TALC (Paul, Roy, Roy-Chowdhury, ECCV 2018).

Learns from video-level labels only; FACTS 1. Switches: attention pooling in the manner of STPN (Nguyen et al., CVPR
2018) in place of top-k, and the weight of the similarity loss. A softmax over one class teaches nothing: with one class
the loss is :func:`wtal_core.losses.mil.one_class_loss`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from wtal_core.domain import ActivationSequence, Proposal, SupervisionLevel, VideoPrediction
from wtal_core.inference.mid_range import mid_range_proposals
from wtal_core.inference.thresholds import mid_range_threshold
from wtal_core.losses.masked import mid_range, top_k_mean
from wtal_core.losses.mil import coactivity_of_rows, one_class_loss, video_cross_entropy, video_probabilities
from wtal_core.models import wtalc
from wtal_core.models.blocks import Dropout, linear
from wtal_core.models.method import MethodEntry, Output, Setup
from wtal_core.training.config import check_number, check_whole
from wtal_core.training.dataset import Batch


@dataclass(frozen=True, slots=True)
class TopKMilConfig:
    """W-TALC's settings; the paper's value stands first in each help text where it differs from the default."""

    width: int = field(default=256, metadata={"help": "hidden units; paper 2048 (as wide as its features)"})
    dropout: float = field(default=0.7, metadata={"help": "share of hidden units dropped while training; paper 0.7"})
    pooling: Literal["topk", "attention"] = field(
        default="topk", metadata={"help": "topk: mean of the k largest scores (paper); attention: STPN-style weights"}
    )
    share: int = field(default=8, metadata={"help": "k = snippets / share, at least 1; paper 8"})
    similarity: float = field(default=0.5, metadata={"help": "weight of co-activity similarity, 0..1; paper 0.5"})
    margin: float = field(default=0.5, metadata={"help": "margin of co-activity similarity; paper 0.5"})
    sparsity: float = field(
        default=1e-4, metadata={"help": "weight of the mean attention (attention pooling); STPN 1e-4"}
    )
    class_weight: float = field(default=0.7, metadata={"help": "share of the class score in a segment's score; 0.7"})
    min_length: int = field(default=2, metadata={"help": "shortest proposal, snippets; paper 2"})
    smoothing: int = field(
        default=0,
        metadata={"help": "test: snippets the CAS is smoothed over; 0: not, ActivityNet 351"},
    )

    def __post_init__(self) -> None:
        check_whole(1, width=self.width, share=self.share, min_length=self.min_length)
        check_whole(0, smoothing=self.smoothing)
        check_number(0, 1, open_end=True, dropout=self.dropout)
        check_number(0, 1, similarity=self.similarity)
        check_number(0, margin=self.margin, sparsity=self.sparsity, class_weight=self.class_weight)


class TopKMil(nn.Module):
    """The network, its losses and its inference.

    Parameters
    ----------
    config
        Settings.
    setup
        D and the classes.
    """

    levels = frozenset({SupervisionLevel.VIDEO})

    def __init__(self, config: TopKMilConfig, setup: Setup) -> None:
        super().__init__()
        self.config = config
        self.hidden = linear(setup.n_features, config.width)
        self.dropout = Dropout(config.dropout)
        self.head = linear(config.width, len(setup.class_names))
        self.attention = linear(config.width, 1) if config.pooling == "attention" else None

    def forward(self, features: Tensor, mask: Tensor) -> Output:
        """Features (B, T, D) and mask (B, T) to CAS (B, T, C) and mid-range thresholds (B, T, C).

        The layers see the N real snippets only: of a batch of videos of any length, two fifths are padding.
        """
        real = mask.flatten().nonzero()[:, 0]  # (N,), of B * T cells
        rows = features.flatten(0, 1)
        rows = rows[real] if len(real) < len(rows) else rows
        hidden = self.dropout(self.hidden(rows).relu_())  # (N, H)

        def padded(values: Tensor) -> Tensor:
            """(N, K) to (B, T, K), zero in the padding."""
            cells = values.new_zeros(mask.numel(), values.shape[1])
            return cells.index_copy(0, real, values).view(*mask.shape, -1)

        scores = self.head(hidden)  # (N, C)
        cas = padded(scores)
        extras: dict[str, Tensor] = {}
        if self.attention is None:
            pooled = top_k_mean(cas, mask, self._k(mask.sum(1)))
        else:
            weight = padded(torch.sigmoid(self.attention(hidden)))  # (B, T, 1)
            pooled = (weight * cas).sum(1) / (weight.sum(1) + 1e-8)
            cas = weight * cas  # weighted T-CAM
            extras["attention"] = weight[..., 0]
        used = {"embedding": hidden, "scores": cas.flatten(0, 1)[real], "owner": real // mask.shape[1]}
        used["video_logits"] = pooled  # (B, C)
        return Output(cas, mid_range(cas, mask).expand_as(cas), video_probabilities(pooled), extras, used)

    def _k(self, lengths: Tensor) -> Tensor:
        """Snippets pooled: rounded up while training, down afterwards, as the reference code does; at least 1."""
        count = -(-lengths // self.config.share) if self.training else lengths // self.config.share
        return count.clamp(min=1)

    def losses(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        """MIL and co-activity similarity, already weighted."""
        config, used = self.config, output.loss_extras
        terms = {"mil": (1 - config.similarity) * self._classification(output, batch)}
        if config.similarity > 0:
            rows = used["embedding"], used["scores"], used["owner"]  # (N, H), (N, C), (N,)
            similarity = coactivity_of_rows(*rows, batch.video_label, config.margin)
            terms["similarity"] = config.similarity * similarity
        if "attention" in output.extras:
            terms["sparsity"] = config.sparsity * output.extras["attention"].sum() / batch.mask.sum()
        return terms

    def _classification(self, output: Output, batch: Batch) -> Tensor:
        """Cross-entropy over classes; the only class there is, is held against background, however it is pooled."""
        if output.cas.shape[-1] == 1:
            return one_class_loss(output.cas, batch.mask, batch.video_label, self.config.share)
        return video_cross_entropy(output.loss_extras["video_logits"], batch.video_label)

    def localize(self, prediction: VideoPrediction) -> list[Proposal]:
        """Runs above the mid-range of each class whose score is positive, best first (FACTS 1.2)."""
        activation = prediction.activation
        return mid_range_proposals(smoothed(activation, self.config.smoothing), self.config)


def smoothed(activation: ActivationSequence, window: int) -> ActivationSequence:
    """The CAS under a Savitzky-Golay filter of order 1, as W-TALC does on ActivityNet, and the mid-range of that.

    Parameters
    ----------
    activation
        CAS (T, C) and any threshold.
    window
        Snippets; cut to the video and made odd. Under 3, nothing is changed.
    """
    from scipy.signal import savgol_filter  # late: a worker's start should not load filters

    window = min(window, len(activation.cas))
    window -= 1 - window % 2
    if window < 3:
        return activation
    cas = savgol_filter(activation.cas, window, polyorder=1, axis=0).astype(np.float32)
    return replace(activation, cas=cas, threshold=np.broadcast_to(mid_range_threshold(cas), cas.shape))


_PUBLISHED: Mapping[str, Any] = {**wtalc.PUBLISHED, "training.epochs": 200, "training.class_pairs": 3}

ENTRY = MethodEntry(
    title="Top-k MIL (W-TALC, ECCV 2018)",
    summary="Learns from video-level labels: the highest-scoring snippets of a class stand for the video.",
    config=TopKMilConfig,
    build=TopKMil,
    training=wtalc.short_training(),
    levels=TopKMil.levels,
    presets=MappingProxyType(
        {
            "thumos14": _PUBLISHED,
            "activitynet12": {**_PUBLISHED, "method.smoothing": 351},
            "stpn": {"method.pooling": "attention", "method.similarity": 0.0},
        }
    ),
)
