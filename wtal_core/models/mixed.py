"""mixed: one network for every level of supervision, the default method.

The levels differ only in what is known of the segmentation of a training video. Networks are trained in turn, each from
scratch; between them the unknown part of each segmentation is filled in (RECIPE 2, measured in docs/results/mixed.md):

round 0   cross-entropy on the snippets that are known + multiple-instance learning on the videos that are not complete
E-step    every instance grows to where d = s - b falls under a share of its own peak (``mixed_growing``)
round 1+  cross-entropy on all snippets, with the segmentation as target

Proposals: runs of sg(d) and sg(d / 4) above many thresholds, scored by outer-inner contrast times the video's class
score, Gaussian soft-NMS. The networks of the last rounds vote.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from wtal_core.domain import Proposal, SupervisionLevel, VideoPrediction
from wtal_core.inference import multi_threshold, outer_inner_contrast, ranked, soft_nms, to_proposals
from wtal_core.models.method import MethodEntry, Output, Predict, Setup
from wtal_core.models.mixed_growing import GrowthRule, Knowledge, soft_targets
from wtal_core.models.mixed_losses import balanced_mil_loss, known_loss, segmentation_loss, top_mean
from wtal_core.models.mixed_network import MixedNetwork
from wtal_core.training.config import Stage, TrainingConfig, check_number, check_whole
from wtal_core.training.dataset import Batch, TrainingVideo


def _setting(default: Any, help_text: str) -> Any:
    return field(default=default, metadata={"help": help_text})


@dataclass(frozen=True, slots=True)
class MixedConfig:
    """Settings of ``mixed``; the defaults were chosen on ucf15-dev and Weizmann folds (docs/results/mixed.md)."""

    components: int = _setting(256, "principal components kept of the features, at most D; 0 keeps the raw features")
    width: int = _setting(128, "hidden channels of each member")
    dilations: tuple[int, ...] = _setting((1, 2), "dilation of each residual convolution, snippets")
    voters: int = _setting(3, "networks of the last rounds kept to vote together, 1 or more")
    noise: float = _setting(0.27, "deviation of the Gaussian input noise in training, in deviations of the features")
    input_dropout: float = _setting(0.3, "share of inputs dropped in training")
    block_dropout: float = _setting(0.2, "share of channels dropped before each convolution in training")
    head_dropout: float = _setting(0.5, "share of channels dropped before the last layer in training")
    positive_share: float = _setting(1 / 6, "round 0: share of snippets taken as a class, of a video said to hold it")
    background_share: float = _setting(0.5, "round 0: share of snippets taken as background")
    click_share: float = _setting(0.55, "a clicked instance reaches to this share of its peak, 0 to 1")
    peak_share: float = _setting(0.3, "video labels: peaks down to this share of the highest become instances")
    found_share: float = _setting(0.3, "video labels: an instance reaches to this share of its peak")
    teacher_share: float = _setting(0.5, "video labels: weight of the last network's probabilities in the targets")
    class_share: float = _setting(0.2, "test: classes at least this share of the video's best give proposals")
    class_power: float = _setting(1.0, "test: power of the video score a proposal's score is multiplied with; 0 is off")
    outer_ratio: float = _setting(0.75, "test: outer strips, share of the length of a proposal")
    suppression: float = _setting(0.4, "test: sigma of the Gaussian soft-NMS; 0.3 in HR-Pro")

    def __post_init__(self) -> None:
        check_whole(0, components=self.components)
        check_whole(1, width=self.width, voters=self.voters)
        for dilation in self.dilations:
            check_whole(1, dilations=dilation)
        drops = {"input_dropout": self.input_dropout, "block_dropout": self.block_dropout}
        check_number(0, 1, open_end=True, head_dropout=self.head_dropout, **drops)
        check_number(0, noise=self.noise, class_power=self.class_power, outer_ratio=self.outer_ratio)
        shares = ("positive", "background", "click", "peak", "found", "teacher", "class")
        check_number(0, 1, **{f"{name}_share": getattr(self, f"{name}_share") for name in shares})
        check_number(1e-6, suppression=self.suppression)


class Mixed(nn.Module):
    """The method of this file; see the module's docstring."""

    levels = frozenset(SupervisionLevel)
    mean: Tensor
    rotation: Tensor
    round: Tensor
    votes: Tensor

    def __init__(self, config: MixedConfig, setup: Setup) -> None:
        super().__init__()
        self.config, self.class_names = config, setup.class_names
        n_kept = min(config.components, setup.n_features) or setup.n_features
        mean, rotation = _rotation(setup.videos, setup.n_features, n_kept)
        self.register_buffer("mean", mean)
        self.register_buffer("rotation", rotation)
        self.networks = nn.ModuleList(
            MixedNetwork(
                n_kept,
                len(setup.class_names),
                width=config.width,
                dilations=config.dilations,
                noise=config.noise,
                input_dropout=config.input_dropout,
                block_dropout=config.block_dropout,
                head_dropout=config.head_dropout,
            )
            for _ in range(config.voters)
        )
        self.register_buffer("round", torch.tensor(0))
        self.register_buffer("votes", torch.arange(config.voters) == 0)
        self._targets: dict[str, Tensor] = {}

    def project(self, features: Tensor) -> Tensor:
        """Rotate and scale raw features (..., D) to (..., D'); frozen, done once per video by the trainer."""
        return (features - self.mean) @ self.rotation

    def forward(self, features: Tensor, mask: Tensor) -> Output:
        """Projected features (B, T, D'): in training the round's own network, else the mean logits of all that vote."""
        if self.training:
            logits = self.networks[self._slot](features, mask)  # (B, T, C + 1)
        else:
            votes = self.votes.tolist()
            votes[self._slot] |= not any(votes)  # a schedule without a restart leaves one network, and that decides
            voting = [network for network, vote in zip(self.networks, votes, strict=True) if vote]
            logits = torch.stack([network(features, mask) for network in voting]).mean(dim=0)
        probabilities = torch.softmax(logits, dim=-1)[..., :-1].masked_fill(~mask[..., None], 0.0)
        return Output(logits[..., :-1], logits[..., -1], top_mean(probabilities, mask, 1 / 8))

    def losses(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        """Round 0: known snippets and multiple-instance learning. Later: the grown segmentation.

        A held-out fold has no targets, so in evaluation mode what a person said of it is the measure in every round.
        """
        log_p = torch.log_softmax(torch.cat([output.cas, output.background[..., None]], dim=-1), dim=-1)
        if self._targets and self.training:
            return {"segmentation": segmentation_loss(log_p, self._batch_targets(batch))}
        return {
            "known": known_loss(log_p, batch.action, batch.background),
            "mil": balanced_mil_loss(log_p, batch, self.config.positive_share, self.config.background_share),
        }

    def after_stage(self, stage: int, predict: Predict, videos: Sequence[TrainingVideo]) -> None:
        """E-step: renew the targets of every training video from the networks that vote."""
        rule = GrowthRule(self.config.click_share, self.config.peak_share, self.config.found_share)
        self._targets = {
            video.video_id: torch.from_numpy(
                soft_targets(_logits(prediction), _knowledge(video), rule, self.config.teacher_share)
            )
            for video, prediction in zip(videos, predict(videos), strict=True)
        }
        if stage == 0:
            # Round 0 has seen hints only, unless there was nothing to guess; networks of a warm start are older still.
            self.votes.zero_()
            self.votes[self._slot] = all(video.is_complete for video in videos)

    def restart(self) -> None:
        """Begin the next round with a fresh network; those of earlier rounds stay and vote."""
        self.round += 1
        network = self.networks[self._slot]
        network.restart()  # type: ignore[operator]
        self.votes[self._slot] = True

    @property
    def _slot(self) -> int:
        """Which network the present round trains."""
        return int(self.round) % len(self.networks)

    def extra_state(self) -> dict[str, Tensor]:
        """The targets a resumed run needs."""
        return {f"targets/{video_id}": target for video_id, target in self._targets.items()}

    def load_extra_state(self, state: Mapping[str, Tensor]) -> None:
        """Take :meth:`extra_state` of an earlier run."""
        self._targets = {name.removeprefix("targets/"): value for name, value in state.items()}

    def localize(self, prediction: VideoPrediction) -> list[Proposal]:
        """Multi-threshold proposals of the classes that seem to occur, best first."""
        margin, scores = prediction.activation.margin.astype(np.float64), prediction.video_scores
        found: list[Proposal] = []
        for c in np.flatnonzero(scores >= self.config.class_share * scores.max(initial=0.0)):
            segments, confidence = propose(margin[:, c], self.config)
            confidence = confidence * float(scores[c]) ** self.config.class_power
            found += to_proposals(self.class_names[c], segments, confidence, prediction.activation.grid)
        return ranked(found)

    def _batch_targets(self, batch: Batch) -> Tensor:
        """Targets of the batch's crops, zero in the padding: (B, T, C + 1)."""
        rows = [
            self._targets[video.video_id][start : start + int(length)]
            for video, start, length in zip(batch.videos, batch.starts, batch.lengths, strict=True)
        ]
        return nn.utils.rnn.pad_sequence(rows, batch_first=True).to(batch.features)


def _rotation(videos: Sequence[TrainingVideo], n_features: int, n_kept: int) -> tuple[Tensor, Tensor]:
    """Mean (D,) and rotation (D, D') onto the leading principal components, divided by one number.

    Components keep their own deviations: whitening or standardising costs 10 to 40 points (RECIPE 0.6). The one number
    makes their root mean square 1, so that noise and initialisation mean the same for any features.
    """
    if not videos:
        return torch.zeros(n_features), torch.zeros(n_features, n_kept)
    count, total, square = 0, np.zeros(n_features), np.zeros((n_features, n_features))
    for video in videos:
        values = video.features.values.astype(np.float64)
        count, total, square = count + len(values), total + values.sum(axis=0), square + values.T @ values
    mean = total / count
    variances, axes = np.linalg.eigh(square / count - np.outer(mean, mean))
    axes, variances = axes[:, ::-1][:, :n_kept], np.maximum(variances[::-1][:n_kept], 0.0)
    signs = np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(n_kept)])  # an axis has no sign of its own: fix one
    scale = float(np.sqrt(variances.mean())) or 1.0
    return torch.from_numpy(mean).float(), torch.from_numpy(axes * signs / scale).float()


def _logits(prediction: VideoPrediction) -> NDArray[np.float32]:
    """(T, C + 1), background last."""
    activation = prediction.activation
    return np.concatenate([activation.cas, activation.threshold[:, None]], axis=1)


def _knowledge(video: TrainingVideo) -> Knowledge:
    present = video.video_label > 0
    return Knowledge(
        video.action, video.background, video.instances, present, video.is_complete, ambiguous=video.ambiguous
    )


def propose(margin: NDArray[np.float64], config: MixedConfig) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Scored segments of one class.

    Parameters
    ----------
    margin
        d of the class, (T,).
    config
        ``outer_ratio`` and ``suppression``.

    Returns
    -------
    tuple
        Segments in snippets (n, 2) and scores (n,), falling.
    """
    segments, scores = [], []
    for temperature in (1.0, 4.0):
        trace = 0.5 * (1.0 + np.tanh(0.5 * margin / temperature))
        found = multi_threshold(trace)
        segments.append(found)
        scores.append(outer_inner_contrast(trace, found, strip=(config.outer_ratio, 1.0)))
    every = np.concatenate(segments)
    kept, final = soft_nms(every, np.concatenate(scores), config.suppression)
    return every[kept], final


_STAGE = Stage(epochs=8, min_steps=200, learning_rate=3e-3, warmup=0.05, final=0.02)

ENTRY = MethodEntry(
    title="Mixed supervision",
    summary="Learns from video labels, clicks and boundaries at once: grows each instance, then trains anew.",
    config=MixedConfig,
    build=Mixed,
    training=TrainingConfig(
        stages=(_STAGE, replace(_STAGE, restart=True), replace(_STAGE, restart=True, epochs=12, min_steps=300)),
        optimizer="adamw",
        weight_decay=1e-3,
        batch_size=8,
        bucket=4,
    ),
    levels=Mixed.levels,
)
