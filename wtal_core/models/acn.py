"""ACN: Action Coherence Network (ICIP 2019; seed paper 004; FACTS 5), learning from video-level labels only.

Each feature stream (RGB, flow) is a method of its own until the end: a head in the manner of UntrimmedNet says which
class a snippet shows and how much it matters, then one small regression network per anchor size moves the boundaries of
anchors to where scores and features change most (:mod:`wtal_core.models.acn_anchors`). At test the proposals of flow
are kept, and those of RGB where flow has none.

What the paper takes from UntrimmedNet's release, scores and attention, is trained here in a first stage; in the second
the heads stand still. Streams share no parameter, so that one loss for both trains each separately.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from wtal_core.domain import Proposal, SupervisionLevel, VideoPrediction
from wtal_core.inference import nms, ranked, runs, to_proposals
from wtal_core.inference.nms import best_first, overlaps
from wtal_core.losses.masked import masked_mean, masked_softmax, normalised_labels
from wtal_core.losses.mil import one_class_loss
from wtal_core.models.acn_anchors import AnchorNetwork, Proposals, best_sizes, coherence, outer_inner, regressed
from wtal_core.models.acn_presets import PRESETS, TRAINING
from wtal_core.models.blocks import feature_scale, linear
from wtal_core.models.method import MethodEntry, Output, Predict, Setup
from wtal_core.training.config import check_number, check_whole
from wtal_core.training.dataset import Batch, TrainingVideo

Segments = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Segments in snippets, half-open, (N, 2), and their scores (N,)."""

LEAST = 1e-6
"""Keeps logarithms of probabilities finite."""


@dataclass(frozen=True, slots=True)
class AcnConfig:
    """Settings; "paper" in a help text is the published value."""

    streams: Literal["fused", "rgb", "flow"] = field(
        default="fused", metadata={"help": "feature streams used; features without named streams are one stream"}
    )
    centred: bool = field(default=True, metadata={"help": "subtract the mean of the features; paper false"})
    head_width: int = field(
        default=256, metadata={"help": "hidden units before the heads, in place of fine-tuned features; paper 0, none"}
    )
    head_dropout: float = field(default=0.5, metadata={"help": "share of inputs dropped before the heads"})
    width: int = field(default=64, metadata={"help": "filters of a regression network; paper 256"})
    anchors: tuple[int, ...] = field(
        default=(1, 2, 4, 8, 16, 32),
        metadata={"help": "anchor sizes, snippets; THUMOS14 1,2,4,8,16,32, ActivityNet 16,32,64,128,256,512"},
    )
    read_at: Literal["boundary", "centre"] = field(
        default="boundary", metadata={"help": "where the shift of a boundary is read: at it (paper) or at the centre"}
    )
    alpha: float = field(
        default=0.6, metadata={"help": "weight of outer-inner contrast against coherence, 0..1; paper 0.6 (table 3)"}
    )
    training_classes: Literal["score", "label"] = field(
        default="label", metadata={"help": "classes boundaries are learned for: above class_threshold (paper) or known"}
    )
    class_threshold: float = field(default=0.1, metadata={"help": "least class score of a video; paper 0.1"})
    snippet_threshold: float = field(default=0.1, metadata={"help": "least class prediction of a snippet; paper 0.1"})
    attention: Literal["weighted", "relative", "absolute", "none"] = field(
        default="weighted",
        metadata={
            "help": "weighted: class predictions times the logistic of attention minus its mean, always; relative: "
            "only snippets with an even share of it, at test; absolute: those above the published numbers (paper)"
        },
    )
    attention_flow: float = field(default=5.0, metadata={"help": "absolute attention of flow (or one stream); paper 5"})
    attention_rgb: float = field(default=7.0, metadata={"help": "absolute attention of RGB; paper 7"})
    localization: Literal["regression", "runs"] = field(
        default="regression", metadata={"help": "anchors (paper), or runs of attended snippets: the heads alone"}
    )
    suppression: float = field(default=0.4, metadata={"help": "test: largest IoU of two proposals; paper 0.4"})
    discount: float = field(default=2.0, metadata={"help": "test: divides scores of the other stream; paper 2"})
    retention: float = field(
        default=0.4, metadata={"help": "test: other stream kept where no flow proposal overlaps by this; paper 0.4"}
    )
    max_proposals: int = field(default=2000, metadata={"help": "test: best proposals of a class and stream looked at"})

    def __post_init__(self) -> None:
        check_whole(1, width=self.width, max_proposals=self.max_proposals)
        check_whole(0, head_width=self.head_width)
        if not self.anchors:
            raise ValueError("acn needs at least one anchor size; the paper has 1,2,4,8,16,32")
        for anchor in self.anchors:
            check_whole(1, anchors=anchor)
        check_number(0, 1, open_end=True, head_dropout=self.head_dropout)
        check_number(0, 1, class_threshold=self.class_threshold, snippet_threshold=self.snippet_threshold)
        check_number(0, 1, alpha=self.alpha, suppression=self.suppression, retention=self.retention)
        check_number(1, discount=self.discount)
        check_number(-np.inf, attention_flow=self.attention_flow, attention_rgb=self.attention_rgb)


class StreamNetwork(nn.Module):
    """What one stream has: class scores, attention and a regression network per anchor size."""

    def __init__(self, config: AcnConfig, n_features: int, n_classes: int) -> None:
        super().__init__()
        self.hidden = linear(n_features, config.head_width) if config.head_width else None
        self.dropout = nn.Dropout(config.head_dropout)
        self.classifier = linear(config.head_width or n_features, n_classes)
        self.attention = linear(config.head_width or n_features, 1)
        self.anchors = nn.ModuleList(AnchorNetwork(n_features, config.width, size) for size in config.anchors)

    def heads(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Features (B, T, D) to class prediction of each snippet, 0 to 1, (B, T, C), and raw attention (B, T)."""
        kept = self.dropout(features if self.hidden is None else torch.relu(self.hidden(features)))
        logits = self.classifier(kept)
        if logits.shape[-1] == 1:  # where nothing is told apart but the class from background, that is what matters
            return torch.sigmoid(logits), logits[..., 0]
        return torch.softmax(logits, -1), self.attention(kept)[..., 0]

    def shifts(self, features: Tensor, mask: Tensor) -> Tensor:
        """What every size says of every boundary, (B, T, P, 2)."""
        return torch.stack([network(features, mask) for network in self.anchors], dim=2)


class Acn(nn.Module):
    """The networks of all streams, their losses and inference.

    Parameters
    ----------
    config
        Settings.
    setup
        D, the classes, the streams and the training videos.

    Raises
    ------
    ValueError
        If the features have not the stream that is asked for.
    """

    levels = frozenset({SupervisionLevel.VIDEO})
    centre: Tensor
    scale: Tensor

    def __init__(self, config: AcnConfig, setup: Setup) -> None:
        super().__init__()
        self.config = config
        self.columns = _columns(config.streams, setup)
        self.networks = nn.ModuleList(
            StreamNetwork(config, stop - first, len(setup.class_names)) for first, stop in self.columns.values()
        )
        centre, scale = feature_scale([video.features for video in setup.videos])
        self.register_buffer("centre", centre.expand(setup.n_features) * config.centred)
        self.register_buffer("scale", scale)
        self.localizing = False  # the first stage trains the heads

    def project(self, features: Tensor) -> Tensor:
        """Raw features (..., D), of unit size and centred where the config says so."""
        return (features - self.centre) / self.scale

    def forward(self, features: Tensor, mask: Tensor) -> Output:
        """Features (B, T, D) and mask (B, T) to attended class predictions; proposals of every stream in extras."""
        extras: dict[str, Tensor] = {}
        used: dict[str, Tensor] = {}
        attended, scores = [], []
        for (name, (first, stop)), network in zip(self.columns.items(), self.networks, strict=True):
            own = features[..., first:stop]
            with torch.set_grad_enabled(torch.is_grad_enabled() and not self.localizing):
                scp, attention = network.heads(own)  # type: ignore[operator]
                weight = masked_softmax(attention[..., None], mask)  # (B, T, 1)
                score = (weight * scp).sum(1)  # soft selection, (B, C)
            used |= {f"{name}_score": score, f"{name}_scp": scp}
            foreground = self._foreground(name, attention, weight[..., 0], mask)  # (B, T)
            extras[f"{name}_scp"] = scp.detach() * foreground[..., None]  # what boundaries are sought in
            attended.append(extras[f"{name}_scp"])
            scores.append(score.detach())
            if self.localizing or not self.training:
                shifts = network.shifts(own, mask)  # type: ignore[operator]
                proposals = regressed(shifts, self.config.anchors, mask, self.config.read_at)
                extras |= {f"{name}_{part}": value for part, value in proposals._asdict().items()}
                extras[f"{name}_coherence"] = coherence(proposals, own, mask)
        cas = torch.logit(torch.stack(attended).mean(0), LEAST)
        threshold = torch.logit(cas.new_tensor(self.config.snippet_threshold), LEAST).expand(mask.shape)
        return Output(cas, threshold, torch.stack(scores).mean(0), extras, used)

    def _foreground(self, name: str, attention: Tensor, weight: Tensor, mask: Tensor) -> Tensor:
        """How much a snippet counts by the attention of a stream, raw or as a share of 1, (B, T), 0 to 1."""
        if self.config.attention == "weighted":
            return torch.sigmoid(attention - masked_mean(attention, mask)[:, None]).detach()
        if self.training or self.config.attention == "none":
            return mask
        if self.config.attention == "absolute":
            return attention >= (self.config.attention_rgb if name == "rgb" else self.config.attention_flow)
        return weight * mask.sum(1, keepdim=True) >= 1

    def losses(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        """First the classification of each stream, then the coherence loss of each."""
        if self.localizing:
            return {f"{name}_coherence": self._localization(name, output, batch) for name in self.columns}
        return {f"{name}_classification": self._classification(name, output, batch) for name in self.columns}

    def _classification(self, name: str, output: Output, batch: Batch) -> Tensor:
        """Cross-entropy of the soft selection's class scores."""
        scp, score = output.loss_extras[f"{name}_scp"], output.loss_extras[f"{name}_score"]
        if scp.shape[-1] == 1:
            return one_class_loss(torch.logit(scp, LEAST), batch.mask, batch.video_label)
        return -(normalised_labels(batch.video_label) * score.clamp(min=LEAST).log()).sum(-1).mean()

    def _localization(self, name: str, output: Output, batch: Batch) -> Tensor:
        """Mean of L over the best proposal around every snippet that shows a class of the video (5.5)."""
        config, scp = self.config, output.extras[f"{name}_scp"]
        proposals = Proposals(*(output.extras[f"{name}_{part}"] for part in Proposals._fields))
        loss = coherence_loss(proposals, scp, output.extras[f"{name}_coherence"], batch.mask, config.alpha)
        least, _ = best_sizes(loss, proposals.valid)  # (B, T, C)
        if config.training_classes == "label":
            chosen = batch.video_label > 0
        else:
            chosen = output.loss_extras[f"{name}_score"] > config.class_threshold
        kept = chosen[:, None] & (scp >= config.snippet_threshold) & least.isfinite() & batch.mask[..., None]
        count = kept.sum((1, 2))
        per_video = least.masked_fill(~kept, 0.0).sum((1, 2)) / count.clamp(min=1)
        return per_video.sum() / (count > 0).sum().clamp(min=1)

    def after_stage(self, stage: int, predict: Predict, videos: Sequence[TrainingVideo]) -> None:
        """Heads are trained; from here on they stand still and boundaries are learned."""
        self.localizing = True

    def extra_state(self) -> dict[str, Tensor]:
        """Which of the two a resumed run is at. A warm start begins with the heads again."""
        return {"localizing": torch.tensor(self.localizing)}

    def load_extra_state(self, state: Mapping[str, Tensor]) -> None:
        """Take :meth:`extra_state` of an earlier run."""
        self.localizing = bool(state["localizing"])

    def localize(self, prediction: VideoPrediction) -> list[Proposal]:
        """Proposals of each stream, fused, best first (5.6)."""
        config, activation = self.config, prediction.activation
        found: list[Proposal] = []
        for index in np.flatnonzero(prediction.video_scores > config.class_threshold):
            per_stream = {name: self._proposals(name, int(index), prediction) for name in self.columns}
            primary = per_stream.pop("flow" if "flow" in per_stream else list(per_stream)[-1])
            segments, scores = fuse_streams(primary, list(per_stream.values()), config.discount, config.retention)
            found += to_proposals(activation.class_names[index], segments, scores, activation.grid)
        return ranked(found)

    def _proposals(self, name: str, index: int, prediction: VideoPrediction) -> Segments:
        """Of one class and stream, after suppression."""
        config, extras = self.config, prediction.extras
        trace = extras[f"{name}_scp"][:, index]  # (T,), 0 where attention says so
        if config.localization == "runs":
            cut = runs(trace >= config.snippet_threshold)
            return cut.astype(np.float64), np.array([trace[first:stop].mean() for first, stop in cut], np.float64)
        arrays = {part: extras[f"{name}_{part}"] for part in (*Proposals._fields, "coherence")}
        given = {part: torch.from_numpy(values)[None] for part, values in arrays.items()}  # (1, T, P)
        proposals = Proposals(*(given[part] for part in Proposals._fields))._replace(valid=given["valid"] > 0)
        scp = torch.from_numpy(trace)[None, :, None]
        mask = torch.ones(scp.shape[:2], dtype=torch.bool)
        loss = coherence_loss(proposals, scp, given["coherence"], mask, config.alpha)  # (1, T, P, 1)
        least, size = (each[0, :, 0].numpy() for each in best_sizes(loss, proposals.valid))
        kept = np.flatnonzero((trace >= config.snippet_threshold) & np.isfinite(least))
        ends = [arrays[part][kept, size[kept]].astype(np.float64) for part in ("start", "end")]
        segments, scores = np.stack([ends[0], ends[1] + 1], axis=1), -least[kept].astype(np.float64)
        segments = np.clip(segments, 0, len(trace))
        best = best_first(segments, scores)[: config.max_proposals]
        best = best[nms(segments[best], scores[best], config.suppression)]
        return segments[best], scores[best]


def coherence_loss(proposals: Proposals, scp: Tensor, alike: Tensor, mask: Tensor, alpha: float) -> Tensor:
    """L = alpha L_OIC + (1 - alpha) (L_c - 1): equation 4, for every class.

    Parameters
    ----------
    proposals
        Of every size around every snippet, (B, T, P).
    scp
        Class prediction of every snippet, (B, T, K).
    alike
        L_c, (B, T, P).
    mask
        Real snippets, (B, T).
    alpha
        0 is coherence alone, 1 contrast alone; the paper's 0.6.

    Returns
    -------
    Tensor
        Shape (B, T, P, K); the negative is the score of a proposal.
    """
    return alpha * outer_inner(proposals, scp, mask) + (1 - alpha) * (alike - 1)[..., None]


def fuse_streams(primary: Segments, others: Sequence[Segments], discount: float, retention: float) -> Segments:
    """All proposals of the primary stream, and those of the others that none of them overlaps (equation 7).

    Parameters
    ----------
    primary
        Of one class.
    others
        Of the same class; their scores are divided by ``discount``.
    discount
        At least 1; negative scores stay as they are, for a division would raise them.
    retention
        A proposal of another stream stays when its largest IoU with the primary ones is under this.
    """
    segments, scores = [primary[0]], [primary[1]]
    for other, marks in others:
        alone = np.array([overlaps(each, primary[0]).max(initial=0.0) < retention for each in other], bool)
        segments.append(other[alone])
        scores.append(np.where(marks > 0, marks / discount, marks)[alone])
    return np.concatenate(segments), np.concatenate(scores)


def _columns(wanted: str, setup: Setup) -> dict[str, tuple[int, int]]:
    """Columns of the streams to use; all features are one stream where none has a name."""
    if not setup.streams:
        return {"all": (0, setup.n_features)}
    if wanted == "fused":
        return dict(setup.streams)
    if wanted not in setup.streams:
        raise ValueError(
            f"streams={wanted} is asked for, but the features have {', '.join(setup.streams)}; "
            "use streams=fused, or extract features with that stream"
        )
    return {wanted: setup.streams[wanted]}


ENTRY = MethodEntry(
    title="ACN (ICIP 2019)",
    summary="Learns from video labels: anchors move to where class scores and features change, per feature stream.",
    config=AcnConfig,
    build=Acn,
    training=TRAINING,
    levels=Acn.levels,
    presets=PRESETS,
)
