"""TTC-Loc: train-test consistent localization (Lin et al., ECCV 2020, arXiv 1910.11285); FACTS 2.

The network predicts a threshold ``b[t]`` beside the class scores ``s[t, c]``. Training pools the scores that beat it,
and testing cuts the same comparison into segments, so boundaries of a few videos can teach it directly. Equation
numbers are the paper's, T-numbers the resolutions of what it leaves open. Where the default differs from print,
``docs/results/ttc_loc.md`` has the measurement, and the presets ``published`` and ``thumos14`` have the printed form.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from wtal_core.domain import Proposal, SupervisionLevel, VideoPrediction
from wtal_core.inference import ranked, runs, to_proposals
from wtal_core.inference.mid_range import top_share_means
from wtal_core.losses.localization import gate_distance
from wtal_core.losses.masked import masked_mean, mid_range, normalised_labels, top_k_mean
from wtal_core.losses.mil import coactivity_loss, video_cross_entropy
from wtal_core.models.blocks import ResidualConv, feature_scale, linear
from wtal_core.models.method import MethodEntry, Output, Setup
from wtal_core.models.ttc_loc_presets import PRESETS, TRAINING
from wtal_core.training.config import check_number, check_whole
from wtal_core.training.dataset import Batch

Gate = Literal["sigmoid", "softsign", "straight_through"]
EPSILON = 1e-8
"""Keeps the divisions of (2) and (7) defined."""


@dataclass(frozen=True, slots=True)
class TtcLocConfig:
    """Settings; "paper" in a help text is the published value."""

    width: int = field(default=128, metadata={"help": "hidden units; paper 2048 (as wide as its features)"})
    dropout: float = field(default=0.7, metadata={"help": "share of hidden units dropped while training; paper 0.7"})
    input_scaling: bool = field(
        default=True, metadata={"help": "centre the features and divide them by one number; paper false"}
    )
    input_dropout: float = field(
        default=0.0, metadata={"help": "share of input features dropped while training; paper 0"}
    )
    input_noise: float = field(
        default=0.0, metadata={"help": "deviation of Gaussian noise added to the input while training; paper 0"}
    )
    background_bias: float = field(default=0.0, metadata={"help": "first value of the threshold's bias; paper 0"})
    temporal: bool = field(default=True, metadata={"help": "residual convolution over 3 snippets; paper true"})
    gate: Gate = field(default="sigmoid", metadata={"help": "how s - b becomes a gate; paper sigmoid (table 4c)"})
    background_weight_total: float | None = field(
        default=1.0,
        metadata={"help": "weight of log p_background, W of T1; printed (5): 1; none: 1/C as the text intends"},
    )
    classification_weight: float = field(
        default=0.2, metadata={"help": "lambda of (9), 0..1; THUMOS14 0.2, ActivityNet 0.4"}
    )
    regularizer: Literal["inner", "l1", "l2", "l2_whole", "cosine"] = field(
        default="inner", metadata={"help": "form of L_reg (T10); paper inner (table 4d)"}
    )
    margin: float = field(default=1.0, metadata={"help": "margin of L_reg; paper 1 (LPAT 0.5)"})
    regularizer_delay: int = field(default=0, metadata={"help": "steps over which L_reg rises from 0; paper 0"})
    localization: Literal["balanced", "mean"] = field(
        default="balanced",
        metadata={"help": "L_loc over positives and negatives half and half, or (8) as printed: mean"},
    )
    localization_weight: float = field(default=3.0, metadata={"help": "eta of (9); paper 3"})
    threshold_training: Literal["predicted", "manual", "none"] = field(
        default="predicted", metadata={"help": "what L_loc compares with (table 3); none: W-TALC's losses alone"}
    )
    threshold_test: Literal["predicted", "manual"] = field(
        default="predicted",
        metadata={"help": "cut at the predicted threshold or at the mid-range of each class (table 3)"},
    )
    threshold_gradient: bool = field(
        default=False, metadata={"help": "let the gradient of L_loc reach a manual threshold"}
    )
    segment_score: Literal["peak", "margin", "gate"] = field(
        default="margin",
        metadata={"help": "peak: max s + 0.7 class score (W-TALC); margin: mean of s - b; gate: p times mean gate"},
    )
    class_weight: float = field(default=0.7, metadata={"help": "share of the class score in segment_score=peak; 0.7"})

    def __post_init__(self) -> None:
        if self.threshold_training != "predicted" and self.threshold_test == "predicted":
            raise ValueError(
                f"threshold_training={self.threshold_training} learns no threshold to cut at; set threshold_test=manual"
            )
        check_whole(1, width=self.width)
        check_whole(0, regularizer_delay=self.regularizer_delay)
        check_number(0, 1, open_end=True, dropout=self.dropout, input_dropout=self.input_dropout)
        check_number(0, 1, classification_weight=self.classification_weight)
        check_number(0, input_noise=self.input_noise, margin=self.margin, localization_weight=self.localization_weight)
        check_number(0, class_weight=self.class_weight)
        check_number(-math.inf, background_bias=self.background_bias)
        if self.background_weight_total is not None:
            check_number(0, background_weight_total=self.background_weight_total)


class TtcLoc(nn.Module):
    """The network, its losses and its inference.

    Parameters
    ----------
    config
        Settings.
    setup
        D and the classes.
    """

    levels = frozenset({SupervisionLevel.VIDEO, SupervisionLevel.FULL})
    centre: Tensor
    scale: Tensor
    steps: Tensor

    def __init__(self, config: TtcLocConfig, setup: Setup) -> None:
        super().__init__()
        self.config = config
        self.n_classes = len(setup.class_names)
        self.hidden = linear(setup.n_features, config.width)
        self.conv = ResidualConv(config.width) if config.temporal else None
        self.dropout = nn.Dropout(config.dropout)
        self.input_dropout = nn.Dropout(config.input_dropout)
        self.head = linear(config.width, self.n_classes + 1)
        nn.init.constant_(self.head.bias[-1:], config.background_bias)
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))
        centre, scale = feature_scale([video.features for video in setup.videos] if config.input_scaling else [])
        self.register_buffer("centre", centre.expand(setup.n_features).clone())
        self.register_buffer("scale", scale)

    def project(self, features: Tensor) -> Tensor:
        """Raw features (..., D), centred and of unit size where the config says so."""
        return (features - self.centre) / self.scale

    def forward(self, features: Tensor, mask: Tensor) -> Output:
        """Features (B, T, D) and mask (B, T) to s (B, T, C) and b (B, T); equations (1) to (4)."""
        if self.training and self.config.input_noise > 0:
            features = features + self.config.input_noise * torch.randn_like(features)
        hidden = F.relu(self.hidden(self.input_dropout(features)))  # (B, T, H)
        if self.conv is not None:
            hidden = self.conv(hidden, mask)
        hidden = self.dropout(hidden)
        scores, threshold = self.head(hidden).split([self.n_classes, 1], dim=-1)  # (B, T, C), (B, T, 1)
        if self.config.threshold_training != "predicted":
            return self._without_threshold(hidden, scores, mask)
        gate = gate_of(scores - threshold, self.config.gate)
        log_p = torch.log_softmax(video_logits(scores, threshold[..., 0], gate, mask), dim=-1)  # (B, C + 1)
        extras = {"predicted": threshold[..., 0]}
        shown = threshold[..., 0]
        if self.config.threshold_test == "manual":
            shown = mid_range(scores, mask).expand_as(scores)
        return Output(scores, shown, log_p.exp()[:, :-1], extras, {"gate": gate, "log_p": log_p})

    def _without_threshold(self, hidden: Tensor, scores: Tensor, mask: Tensor) -> Output:
        """What W-TALC's losses and a manual threshold need (T12)."""
        lengths = mask.sum(1)
        k = -(-lengths // 8) if self.training else lengths // 8
        pooled = top_k_mean(scores, mask, k.clamp(min=1))
        threshold = mid_range(scores, mask)
        if not self.config.threshold_gradient:
            threshold = threshold.detach()
        gate = gate_of(scores - threshold, self.config.gate)
        used = {"gate": gate, "embedding": hidden, "video_logits": pooled}
        return Output(scores, threshold.expand_as(scores), torch.softmax(pooled, -1), loss_extras=used)

    def losses(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        """(9): classification, regularisation and localization, already weighted."""
        config, used = self.config, output.loss_extras
        if config.threshold_training == "predicted":
            weight = config.classification_weight
            total = 1 / self.n_classes if config.background_weight_total is None else config.background_weight_total
            regular = threshold_regularizer(
                output.cas,
                output.extras["predicted"],
                batch.mask,
                batch.video_label,
                form=config.regularizer,
                margin=config.margin,
            )
            terms = {
                "classification": weight * classification_loss(used["log_p"], batch.video_label, total),
                "regularizer": (1 - weight) * self._rise() * regular,
            }
        else:
            similarity = coactivity_loss(used["embedding"], output.cas, batch.mask, batch.video_label)
            terms = {
                "mil": 0.5 * video_cross_entropy(used["video_logits"], batch.video_label),
                "similarity": 0.5 * similarity,
            }
        if config.threshold_training != "none":
            distance = gate_distance(
                used["gate"], batch.action, batch.background, batch.is_complete, config.localization
            )
            terms["localization"] = config.localization_weight * distance
        return terms

    def _rise(self) -> Tensor:
        """Share of L_reg at this step, counting training steps."""
        if self.training:
            self.steps += 1
        return (self.steps / max(1, self.config.regularizer_delay)).clamp(max=1.0)

    def localize(self, prediction: VideoPrediction) -> list[Proposal]:
        """Where a kept class beats the threshold (FACTS 2.5): runs of ``s > b``, no length filter, no suppression."""
        activation, config = prediction.activation, self.config
        cas, margin = activation.cas, activation.margin
        above = margin > 0
        if config.threshold_training == "predicted":
            if config.threshold_test == "manual":  # cuts elsewhere; gates and scores stay those of s - b
                margin = cas - prediction.extras["predicted"][:, None]
            kept = kept_classes(prediction.video_scores)
            totals = _gated_mean(cas, margin, config.gate)
        else:
            totals = top_share_means(cas)  # W-TALC's own rule: there is no p (T12)
            kept = np.flatnonzero(totals > 0)
        gate = gate_of(torch.from_numpy(margin), config.gate).numpy()
        found: list[Proposal] = []
        for index in kept:
            cut = runs(above[:, index])
            parts = {
                "peak": lambda a, b, c=index: cas[a:b, c].max() + config.class_weight * totals[c],
                "margin": lambda a, b, c=index: margin[a:b, c].mean(),
                "gate": lambda a, b, c=index: prediction.video_scores[c] * gate[a:b, c].mean(),
            }
            scores = np.array([parts[config.segment_score](first, stop) for first, stop in cut])
            found += to_proposals(activation.class_names[index], cut, scores, activation.grid)
        return ranked(found)


def gate_of(margin: Tensor, kind: Gate = "sigmoid") -> Tensor:
    """Equation (1) and its alternatives of table 4c: s - b of any shape to 0..1."""
    if kind == "softsign":
        return (margin / (1 + margin.abs()) + 1) / 2
    soft = torch.sigmoid(margin)
    if kind == "straight_through":  # hard forwards, the sigmoid's gradient backwards
        return (margin > 0).to(soft.dtype) + soft - soft.detach()
    return soft


def video_logits(scores: Tensor, threshold: Tensor, gate: Tensor, mask: Tensor) -> Tensor:
    """Equations (2) and (3): the mean of what beats the threshold, and the mean threshold.

    s (B, T, C), b (B, T), g (B, T, C) and mask (B, T) to (B, C + 1), background last.
    """
    gate = gate * mask[..., None]
    pooled = (gate * scores).sum(1) / (gate.sum(1) + EPSILON)  # (B, C)
    return torch.cat([pooled, masked_mean(threshold, mask)[:, None]], dim=-1)


def classification_loss(log_p: Tensor, video_label: Tensor, background_weight_total: float) -> Tensor:
    """Equation (5): log p (B, C + 1) and labels (B, C) to a mean over videos, in nats.

    A video without any class trains the background term only (T13).
    """
    action = (normalised_labels(video_label) * log_p[:, :-1]).sum(-1)
    return -(action + background_weight_total * log_p[:, -1]).mean()


def threshold_regularizer(
    scores: Tensor,
    threshold: Tensor,
    mask: Tensor,
    video_label: Tensor,
    *,
    form: str = "inner",
    margin: float = 1.0,
) -> Tensor:
    """Equations (6) and (7) and the forms of table 4d (T10): scores of the video's classes and threshold keep apart.

    Parameters
    ----------
    scores
        s, (B, T, C).
    threshold
        b, (B, T).
    mask
        Real snippets, (B, T).
    video_label
        Multi-hot (B, C); a video without a class adds 0.
    form
        ``inner`` (7), ``l1``, ``l2`` (per snippet), ``l2_whole`` (one norm over the sequence) or ``cosine``.
    margin
        Distance wanted; the paper's is 1.

    Returns
    -------
    Tensor
        Mean over videos, shape ().
    """
    present = video_label > 0
    union = scores.masked_fill(~present[:, None, :], -torch.inf).amax(-1)  # (6), (B, T)
    labelled = present.any(-1)
    union = torch.where(mask & labelled[:, None], union, 0.0)
    threshold = torch.where(mask, threshold, 0.0)
    norms = _norm(union) * _norm(threshold) + EPSILON
    if form == "inner":
        per_video = (F.relu(union * threshold + margin) * mask).sum(1) / norms
    elif form == "cosine":
        per_video = 1 + (union * threshold).sum(1) / norms
    elif form == "l2_whole":
        per_video = F.relu(margin - _norm(union - threshold))
    else:
        apart = (union - threshold).abs() if form == "l1" else (union - threshold).square()
        per_video = masked_mean(F.relu(margin - apart), mask)
    return (per_video * labelled).mean()


def _norm(values: Tensor) -> Tensor:
    """Euclidean norm over time with a finite gradient at zero, (B, T) to (B,)."""
    return (values.square().sum(1) + EPSILON**2).sqrt()


def kept_classes(video_scores: NDArray[np.float32]) -> NDArray[np.intp]:
    """Classes above the mean of the C action classes; if none is (all equal), the first best (FACTS 2.5, T13).

    With one class, it is kept iff it beats the background, whose share is what is missing to 1.
    """
    if video_scores.size == 1:
        return np.flatnonzero(video_scores > 1 - video_scores.sum())
    mean = video_scores.mean(dtype=np.float64)
    kept = np.flatnonzero(video_scores - mean > 1e-6 * mean)  # equal but for rounding is not above
    return kept if kept.size else np.array([int(np.argmax(video_scores))])


def _gated_mean(cas: NDArray[np.float32], margin: NDArray[np.float32], kind: Gate) -> NDArray[np.float32]:
    """Equation (2) of one video, (T, C) to (C,)."""
    gate = gate_of(torch.from_numpy(margin), kind).numpy()
    return np.asarray((gate * cas).sum(0) / (gate.sum(0) + EPSILON))


ENTRY = MethodEntry(
    title="TTC-Loc (ECCV 2020)",
    summary="Predicts the threshold a class must beat; learns from video labels and, better, a few full annotations.",
    config=TtcLocConfig,
    build=TtcLoc,
    training=TRAINING,
    levels=TtcLoc.levels,
    presets=PRESETS,
)
