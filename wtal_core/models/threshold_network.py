"""The network that predicts class scores and the threshold they must beat, as TTC-Loc and LPAT share it (FACTS 2, 3).

What both do with it stands below the network: :func:`gated_output`, :func:`gated_losses`, :func:`localize_gated`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wtal_core.domain import Proposal, VideoPrediction
from wtal_core.inference.predicted_threshold import SegmentScore, kept_classes, threshold_proposals
from wtal_core.losses.gated import (
    EPSILON,
    Gate,
    Regularizer,
    classification_loss,
    gate_of,
    threshold_regularizer,
    video_logits,
)
from wtal_core.losses.masked import mid_range
from wtal_core.models.blocks import ResidualConv, feature_scale, linear
from wtal_core.models.method import Output
from wtal_core.training.dataset import Batch, TrainingVideo

ThresholdTest = Literal["predicted", "manual"]


class Curves(NamedTuple):
    """What the network says.

    Attributes
    ----------
    hidden
        What the scores are computed from, (B, T, H).
    scores, threshold
        s (B, T, C) and b (B, T).
    margin
        s - b without dropout and without gradient, (B, T, C).
    """

    hidden: Tensor
    scores: Tensor
    threshold: Tensor
    margin: Tensor


class GateCentre(nn.Module):
    """The middle between the mean s - b of open and of shut gates, over recent training batches (no labels in time).

    The losses are content with any s - b far enough from 0 on its side. Background is most of a video and shared by
    all classes, so shut gates lie about three times as far from 0 as open ones, and what a new video shows less clearly
    than the training videos did falls on the shut side. Moving the threshold to the middle gives both sides the same
    room. Boundaries teach the level itself, so videos that have them are left out of the means and weaken the move by
    their share (docs/results/ttc_loc.md).
    """

    sums: Tensor
    counts: Tensor
    videos: Tensor

    def __init__(self, decay: float = 0.99) -> None:
        super().__init__()
        self.decay = decay
        self.register_buffer("sums", torch.zeros(2))
        self.register_buffer("counts", torch.zeros(2))
        self.register_buffer("videos", torch.zeros(2))

    @torch.no_grad()
    def observe(self, margin: Tensor, mask: Tensor, video_label: Tensor, is_complete: Tensor) -> None:
        """Add a batch.

        Parameters
        ----------
        margin, mask
            s - b (B, T, C) and real snippets (B, T).
        video_label, is_complete
            Classes of each video (B, C), and whether its boundaries are known (B,).
        """
        own = (mask & ~is_complete[:, None])[..., None] & (video_label > 0)[:, None, :]
        sides = torch.stack([own & (margin > 0), own & (margin <= 0)]).float()  # open, shut: (2, B, T, C)
        n_weak = (~is_complete).sum()
        seen = torch.stack([n_weak, torch.full_like(n_weak, len(is_complete))]).float()
        self.sums.mul_(self.decay).add_((sides * margin).sum((1, 2, 3)))
        self.counts.mul_(self.decay).add_(sides.sum((1, 2, 3)))
        self.videos.mul_(self.decay).add_(seen)

    @property
    def shift(self) -> Tensor:
        """What the threshold is moved by, shape (); 0 until both sides were seen."""
        middle = (self.sums / self.counts.clamp(min=1e-6)).mean()
        weak_share = self.videos[0] / self.videos[1].clamp(min=1e-6)
        return torch.where((self.counts > 0).all(), weak_share * middle, 0.0)


class ThresholdNetwork(nn.Module):
    """FC, ReLU, a residual convolution over time or none, dropout, FC to C + 1.

    Parameters
    ----------
    n_features, n_classes
        D and C.
    width
        Hidden units H.
    dropout
        Share of hidden units dropped while training.
    temporal
        With the convolution.
    videos
        Those the features' mean and size are taken from; none leaves the features as they are.
    """

    centre: Tensor
    scale: Tensor
    steps: Tensor

    def __init__(
        self,
        n_features: int,
        n_classes: int,
        *,
        width: int,
        dropout: float,
        temporal: bool,
        videos: Sequence[TrainingVideo] = (),
    ) -> None:
        super().__init__()
        self.n_classes = n_classes
        self.hidden = linear(n_features, width)
        self.conv = ResidualConv(width) if temporal else None
        self.dropout = nn.Dropout(dropout)
        self.head = linear(width, n_classes + 1)
        self.gates = GateCentre()
        centre, scale = feature_scale([video.features for video in videos])
        self.register_buffer("centre", centre.expand(n_features).clone())
        self.register_buffer("scale", scale)
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))

    def project(self, features: Tensor) -> Tensor:
        """Raw features (..., D), centred and of unit size where the training videos were given."""
        return (features - self.centre) / self.scale

    def forward(self, features: Tensor, mask: Tensor) -> Curves:
        """Features (B, T, D) and mask (B, T) to curves."""
        hidden = F.relu(self.hidden(features))  # (B, T, H)
        if self.conv is not None:
            hidden = self.conv(hidden, mask)
        dropped = self.dropout(hidden)
        scores, threshold = self.head(dropped).split([self.n_classes, 1], dim=-1)  # (B, T, C), (B, T, 1)
        with torch.no_grad():
            clean = self.head(hidden)
        return Curves(dropped, scores, threshold[..., 0], clean[..., :-1] - clean[..., -1:])


def gated_output(
    network: ThresholdNetwork, features: Tensor, mask: Tensor, *, gate: Gate, test: ThresholdTest, centred: bool
) -> Output:
    """Equations (1) to (4) on padded features.

    Parameters
    ----------
    network
        Gives the curves.
    features, mask
        (B, T, D) and (B, T).
    gate
        Form of (1).
    test
        The threshold shown and cut at: the predicted one, or the mid-range of each class.
    centred
        Move the predicted threshold to the middle of its gates, in evaluation mode.
    """
    curves = network(features, mask)
    passed = gate_of(curves.scores - curves.threshold[..., None], gate)
    log_p = torch.log_softmax(video_logits(curves.scores, curves.threshold, passed, mask), dim=-1)  # (B, C + 1)
    predicted = curves.threshold
    if centred and not network.training:
        predicted = predicted + network.gates.shift
    shown = predicted if test == "predicted" else mid_range(curves.scores, mask).expand_as(curves.scores)
    used = {"gate": passed, "log_p": log_p, "embedding": curves.hidden, "margin": curves.margin}
    return Output(
        curves.scores,
        shown,
        log_p.exp()[:, :-1],
        {"predicted": predicted},
        {**used, "threshold": curves.threshold},
    )


def gated_losses(
    network: ThresholdNetwork,
    output: Output,
    batch: Batch,
    *,
    weight: float,
    background_weight_total: float | None,
    form: Regularizer,
    margin: float,
    rise: int,
) -> dict[str, Tensor]:
    """The sum of lambda L_clas and (1 - lambda) L_reg as two terms, and a look at the gates while training.

    Parameters
    ----------
    network, output, batch
        What :func:`gated_output` was made with, what it gave, and its labels.
    weight
        lambda, 0 to 1.
    background_weight_total
        W of T1; None: 1/C.
    form, margin
        Of the regularizer.
    rise
        Training steps over which the regularizer comes in, linearly; 0: it is there at once.
    """
    used = output.loss_extras
    share: Tensor | float = 1.0  # a held-out fold is compared at the full weight throughout
    if network.training:
        network.steps += 1
        share = (network.steps / max(1, rise)).clamp(max=1.0)
        network.gates.observe(used["margin"], batch.mask, batch.video_label, batch.is_complete)
    total = 1 / network.n_classes if background_weight_total is None else background_weight_total
    regular = threshold_regularizer(
        output.cas, used["threshold"], batch.mask, batch.video_label, form=form, margin=margin
    )
    return {
        "classification": weight * classification_loss(used["log_p"], batch.video_label, total),
        "regularizer": (1 - weight) * share * regular,
    }


def localize_gated(
    prediction: VideoPrediction, *, gate: Gate, score: SegmentScore, class_weight: float
) -> list[Proposal]:
    """Where a kept class beats the threshold shown; gates and scores are those of s - b, whatever cuts (FACTS 2.5)."""
    activation = prediction.activation
    margin = activation.cas - prediction.extras["predicted"][:, None]
    passed = gate_of(torch.from_numpy(margin), gate).numpy()
    return threshold_proposals(
        activation,
        kept_classes(prediction.video_scores),
        video_scores=prediction.video_scores,
        totals=(passed * activation.cas).sum(0) / (passed.sum(0) + EPSILON),  # (2), (C,)
        margin=margin,
        gate=passed,
        score=score,
        class_weight=class_weight,
    )
