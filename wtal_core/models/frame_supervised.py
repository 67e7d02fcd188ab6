"""frame_supervised: what all boundaries are worth to a plain network, the ceiling of the cost chart.

Every snippet is one of the classes or background: cross-entropy on what a person judged, and nothing else. Proposals
are runs of a class's probability above many thresholds, by how much they stand out and how sure the class is in the
video. No guessing, no ensemble, no rounds: what a method for fewer labels has to be held against.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from wtal_core.domain import ActivationSequence, Proposal, SupervisionLevel, VideoPrediction
from wtal_core.inference import multi_threshold, outer_inner_contrast, ranked, soft_nms, to_proposals
from wtal_core.losses.judged import known_loss
from wtal_core.losses.masked import top_k_mean
from wtal_core.models.blocks import ResidualConv, feature_scale, linear
from wtal_core.models.method import MethodEntry, Output, Setup
from wtal_core.training.config import Stage, TrainingConfig, check_number, check_whole
from wtal_core.training.dataset import Batch


@dataclass(frozen=True, slots=True)
class FrameSupervisedConfig:
    """Settings; chosen on ucf15-dev and Weizmann folds (docs/results/frame_supervised.md)."""

    width: int = field(default=128, metadata={"help": "hidden channels"})
    dilations: tuple[int, ...] = field(
        default=(1, 2, 4), metadata={"help": "dilation of each residual convolution over 3 snippets; none: each alone"}
    )
    noise: float = field(
        default=0.3, metadata={"help": "deviation of Gaussian input noise in training, in deviations of the features"}
    )
    input_dropout: float = field(default=0.3, metadata={"help": "share of inputs dropped in training"})
    block_dropout: float = field(
        default=0.2, metadata={"help": "share of channels dropped before each convolution in training"}
    )
    head_dropout: float = field(default=0.5, metadata={"help": "share of channels dropped before the last layer"})
    class_share: float = field(default=0.2, metadata={"help": "test: classes at least this share of the video's best"})
    outer_ratio: float = field(default=0.75, metadata={"help": "test: outer strips, share of a proposal's length"})
    suppression: float = field(default=0.4, metadata={"help": "test: sigma of the Gaussian soft-NMS"})

    def __post_init__(self) -> None:
        check_whole(1, width=self.width)
        for dilation in self.dilations:
            check_whole(1, dilations=dilation)
        drops = {"input_dropout": self.input_dropout, "block_dropout": self.block_dropout}
        check_number(0, 1, open_end=True, head_dropout=self.head_dropout, **drops)
        check_number(0, noise=self.noise, outer_ratio=self.outer_ratio)
        check_number(0, 1, class_share=self.class_share)
        check_number(1e-6, suppression=self.suppression)


class FrameSupervised(nn.Module):
    """The network, its losses and its inference.

    Parameters
    ----------
    config
        Settings.
    setup
        D, the classes and the training videos.

    Raises
    ------
    ValueError
        If nobody has judged a single snippet of the training videos.
    """

    levels = frozenset({SupervisionLevel.FULL})
    centre: Tensor
    scale: Tensor

    def __init__(self, config: FrameSupervisedConfig, setup: Setup) -> None:
        super().__init__()
        if setup.videos and not any(video.action.any() or video.background.any() for video in setup.videos):
            raise ValueError(
                f"frame_supervised learns from judged snippets, and none of the {len(setup.videos)} training videos "
                "has one; annotate boundaries, or train mixed or topk_mil"
            )
        self.config = config
        self.n_classes = len(setup.class_names)
        centre, scale = feature_scale([video.features for video in setup.videos])
        self.register_buffer("centre", centre.expand(setup.n_features).clone())
        self.register_buffer("scale", scale)
        self.input_dropout = nn.Dropout(config.input_dropout)
        self.inlet = linear(setup.n_features, config.width)
        self.blocks = nn.ModuleList(
            ResidualConv(config.width, dilation=dilation, dropout=config.block_dropout) for dilation in config.dilations
        )
        self.dropout = nn.Dropout(config.head_dropout)
        self.classifier = linear(config.width, self.n_classes + 1)

    def project(self, features: Tensor) -> Tensor:
        """Raw features (..., D), centred and of unit size."""
        return (features - self.centre) / self.scale

    def forward(self, features: Tensor, mask: Tensor) -> Output:
        """Features (B, T, D) and mask (B, T) to class logits (B, T, C) and background (B, T)."""
        if self.training and self.config.noise > 0:
            features = features + self.config.noise * torch.randn_like(features)
        hidden = F.relu(self.inlet(self.input_dropout(features)))  # (B, T, H)
        for block in self.blocks:
            hidden = block(hidden, mask)
        logits = self.classifier(self.dropout(hidden))  # (B, T, C + 1)
        probability = torch.softmax(logits, dim=-1)[..., :-1]
        scores = top_k_mean(probability, mask, (mask.sum(1) // 8).clamp(min=1))
        return Output(logits[..., :-1], logits[..., -1], scores)

    def losses(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        """Cross-entropy of the judged snippets."""
        log_p = torch.log_softmax(torch.cat([output.cas, output.background[..., None]], dim=-1), dim=-1)
        return {"frames": known_loss(log_p, batch.action, batch.background)}

    def localize(self, prediction: VideoPrediction) -> list[Proposal]:
        """Runs of the classes that seem to occur, after soft-NMS, best first."""
        config, activation, scores = self.config, prediction.activation, prediction.video_scores
        p = probabilities(activation)
        found: list[Proposal] = []
        for index in np.flatnonzero(scores >= config.class_share * scores.max(initial=0.0)):
            cut = multi_threshold(p[:, index])
            marks = outer_inner_contrast(p[:, index], cut, strip=(config.outer_ratio, 1.0)) * float(scores[index])
            kept, final = soft_nms(cut, marks, config.suppression)
            found += to_proposals(activation.class_names[index], cut[kept], final, activation.grid)
        return ranked(found)


def probabilities(activation: ActivationSequence) -> NDArray[np.float64]:
    """Softmax over the classes and background of every snippet, without background, (T, C)."""
    logits = np.concatenate([activation.cas, activation.threshold[:, None]], axis=1).astype(np.float64)
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray((p / p.sum(axis=1, keepdims=True))[:, :-1])


ENTRY = MethodEntry(
    title="Frame-level supervision",
    summary="The plain reference for all boundaries: tells classes and background apart in every snippet.",
    config=FrameSupervisedConfig,
    build=FrameSupervised,
    training=TrainingConfig(
        stages=(Stage(epochs=16, min_steps=400, learning_rate=3e-3, warmup=0.05, final=0.02),),
        optimizer="adamw",
        weight_decay=1e-3,
        batch_size=8,
        bucket=4,
    ),
    levels=FrameSupervised.levels,
    presets=MappingProxyType({"snippet_alone": {"method.dilations": ()}}),
)
