"""Representative snippet knowledge propagation: RSKP (Huang, Wang, Li, CVPR 2022), the backbone of GauFuse; FACTS 6.

A few representative snippets of a video are found by expectation maximisation, their knowledge is spread to all of its
snippets by a random walk, and what the walk says teaches the plain branch. A memory keeps the best representatives of
each class over videos. The random walk is solved in the space of the K representatives (Woodbury), exactly. The public
code's memory always read class 0; here each video reads its own classes. Segments have exact ends (FACTS 7.6); the
public arithmetic is ``ends=published``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from wtal_core.domain import Proposal, SupervisionLevel, VideoPrediction
from wtal_core.inference.contrast import Cut, contrast_proposals
from wtal_core.inference.fusion import FusionRule
from wtal_core.models import wtalc
from wtal_core.models.blocks import Dropout, linear
from wtal_core.models.method import MethodEntry, Output, Predict, Setup
from wtal_core.models.rskp_config import THRESHOLDS, RskpConfig, both_levels
from wtal_core.models.rskp_presets import PRESETS
from wtal_core.models.rskp_walk import EPSILON, Embedded, Walk, random_walk, representatives
from wtal_core.training.dataset import Batch, TrainingVideo


class Rskp(nn.Module):
    """Embedding, representatives, random walk and cosine heads.

    Parameters
    ----------
    config
        Settings.
    setup
        D and the classes.
    """

    levels = frozenset({SupervisionLevel.VIDEO})
    memory: Tensor
    memory_scores: Tensor
    has_memory: Tensor

    def __init__(self, config: RskpConfig, setup: Setup) -> None:
        super().__init__()
        self.config = config
        self.n_classes = len(setup.class_names)
        self.embedding = linear(setup.n_features, config.width)
        self.dropout = Dropout(config.dropout)
        self.start = nn.Parameter(nn.init.xavier_uniform_(torch.empty(config.representatives, config.width)))
        self.centres = nn.Parameter(nn.init.xavier_uniform_(torch.empty(self.n_classes + 1, config.width)))
        self.foreground = nn.Parameter(-self.centres.detach()[-1:])  # starts against the background, then on its own
        slots = self.n_classes * config.memory_slots
        self.register_buffer("memory", torch.zeros(slots, config.width))
        self.register_buffer("memory_scores", torch.full((slots,), -1.0))  # -1 marks an empty slot
        self.register_buffer("has_memory", torch.tensor(False))

    def forward(self, features: Tensor, mask: Tensor) -> Output:
        """Features (B, T, D) and mask (B, T) to the mean of both branches' frame logits, (B, T, C) and (B, T)."""
        config = self.config
        embedded = Embedded.of(self.dropout(F.relu(self.embedding(features))), mask)
        mu = representatives(embedded, self.start, config.iterations)  # (B, K, H)
        heads = F.normalize(torch.cat([self.centres, self.foreground]), dim=-1)  # (C + 2, H)
        along = embedded.x @ heads.T  # (B, T, C + 2)
        both = self._heads_on(embedded, heads, along, [None, random_walk(embedded, mu, config.walk)])
        plain, spread = both["frames"].unbind(2)  # (B, T, C + 1)
        mix = along.new_tensor([config.mix, 1 - config.mix])
        video = mix @ both["pooled"].softmax(-1)  # (B, C + 1)
        logits = config.mix * plain + (1 - config.mix) * spread
        attention = both["attention"][..., 0]
        used = both | {"plain.frames": plain, "spread.frames": spread, "plain.attention": attention}
        used |= {"x": embedded.x, "size": embedded.size, "mu": mu, "heads": heads, "along": along}
        extras = {"plain": plain, "spread": spread, "attention": attention}
        return Output(logits[..., :-1], logits[..., -1], video[:, :-1], extras, used)

    def _heads_on(
        self, embedded: Embedded, heads: Tensor, along: Tensor, walks: Sequence[Walk | None]
    ) -> dict[str, Tensor]:
        """Cosine heads on a sequence after each of S walks, or on itself: (B, ..., S, ...), all in the same operations.

        Sums over time and products with H numbers are all that is needed of a walked sequence, so it is never made.

        Parameters
        ----------
        embedded
            x.
        heads
            Directions of the classes, the background and the foreground, (C + 2, H).
        along
            ``x @ heads.T``, (B, T, C + 2), which all walks share.
        walks
            None is the sequence itself.
        """
        scale = self.config.scale
        lengths = torch.cat([embedded.size if walk is None else walk.size(embedded) for walk in walks], -1)  # (B, T, S)
        moved = [along if walk is None else along + walk.shares @ (walk.means @ heads.T) for walk in walks]
        cosines = scale * torch.stack(moved, 2) / lengths[..., None]  # (B, T, S, C + 2)
        weight = torch.sigmoid(cosines) * embedded.real[..., None]
        shares = weight / (weight.sum(1, keepdim=True) + 1e-5)
        gathered = (shares.flatten(2).mT @ embedded.x).view(len(along), *shares.shape[2:], -1)  # (B, S, C + 2, H)
        added = [
            gathered[:, s] if walk is None else gathered[:, s] + (shares[:, :, s].mT @ walk.shares) @ walk.means
            for s, walk in enumerate(walks)
        ]
        pooled = F.normalize(torch.stack(added, 1), dim=-1, eps=EPSILON)
        return {
            "frames": cosines[..., :-1],  # (B, T, S, C + 1)
            "attention": weight[..., -1],  # (B, T, S)
            "pooled": scale * pooled[:, :, -1] @ heads[:-1].T,  # (B, S, C + 1), of what the attention gathers
            "own": scale * (pooled[:, :, :-1] * heads[:-1]).sum(-1),  # (B, S, C + 1), of what each class gathers
        }

    def losses(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        """L_f + .2 L_b + .1 L_att + lam L_spl, already weighted (FACTS 6.3); then the memory learns of this batch."""
        config, extras, mask = self.config, output.loss_extras, batch.mask
        actions = F.pad(batch.video_label, (0, 1))  # (y, 0)
        everything = F.pad(batch.video_label, (0, 1), value=1.0)  # (y, 1)
        foreground, background = _nce(extras["pooled"], actions), _nce(extras["own"], everything)
        teacher, weight = extras["spread.frames"], config.propagation_weight
        if bool(self.has_memory):
            remembered = self._remembered(
                Embedded(extras["x"], extras["size"], mask[..., None].to(extras["x"].dtype)), extras, batch
            )
            foreground = foreground + 0.5 * _nce(remembered["pooled"], actions)
            background = background + 0.5 * _nce(remembered["own"], everything)
            teacher = 0.2 * remembered["frames"][:, :, 0].detach() + 0.8 * teacher
            weight = config.late_propagation_weight
        soft = (teacher.detach() / config.temperature).softmax(-1)
        if config.propagation_classes == "labelled":  # what else the walk sees is none of the video's actions
            occurring = soft[..., :-1] * batch.video_label[:, None, :]
            soft = torch.cat([occurring, 1 - occurring.sum(-1, keepdim=True)], -1)
        per_snippet = -(soft * F.log_softmax(extras["plain.frames"] / config.temperature, -1)).sum(-1)  # (B, T)
        imitation = ((per_snippet * mask).sum(1) / batch.lengths).mean()
        if self.training and bool(self.has_memory):  # the memory must not learn of a held-out fold
            self._remember(extras["mu"].detach(), batch.video_label)
        return {
            "foreground": foreground,
            "background": config.background_weight * background,
            "attention": config.attention_weight * attention_contrast(extras["plain.attention"], mask),
            "propagation": weight * imitation,
        }

    def _remembered(self, embedded: Embedded, extras: Mapping[str, Tensor], batch: Batch) -> dict[str, Tensor]:
        """The heads on a walk over each video's own remembered representatives; detached memory (FACTS 6.4)."""
        slots, label = self.config.memory_slots, batch.video_label
        labelled, own = label.topk(max(1, int(label.sum(1).max())), dim=1)  # (B, most classes of a video)
        memory = self.memory.view(self.n_classes, slots, -1)[own].flatten(1, 2)  # a copy, as before this batch enters
        usable = (self.memory_scores.view(self.n_classes, slots)[own] >= 0) & (labelled > 0)[..., None]
        walk = random_walk(embedded, memory, self.config.walk, usable.flatten(1))
        return self._heads_on(embedded, extras["heads"], extras["along"], [walk])

    def _remember(self, mu: Tensor, video_label: Tensor) -> None:
        """Keep the best representatives of each class among the old ones and those of these videos."""
        n_slots = self.config.memory_slots
        scores = (self.config.scale * F.normalize(mu, dim=-1) @ F.normalize(self.centres.detach(), dim=-1).T).softmax(
            -1
        )
        offered = scores[..., :-1].masked_fill(video_label[:, None, :] == 0, -1.0)  # (B, K, C)
        offered = offered.flatten(0, 1).T  # (C, B K)
        merged = torch.cat([self.memory_scores.view(self.n_classes, n_slots), offered], dim=1)
        vectors = torch.cat(
            [
                self.memory.view(self.n_classes, n_slots, -1),
                mu.flatten(0, 1).expand(self.n_classes, -1, -1),
            ],
            dim=1,
        )
        best, index = merged.topk(n_slots, dim=1)
        self.memory.copy_(vectors.gather(1, index[..., None].expand(-1, -1, vectors.shape[-1])).flatten(0, 1))
        self.memory_scores.copy_(best.flatten())

    def forget(self) -> None:
        """Empty the memory; the next batches fill it again."""
        self.memory_scores.fill_(-1.0)

    def warm_started(self) -> None:
        """A memory comes when it is due in this run, and what it holds is of this run's videos."""
        self.has_memory.fill_(False)
        self.forget()

    @torch.no_grad()
    def after_epoch(self, epoch: int, predict: Predict, videos: Sequence[TrainingVideo]) -> None:
        """Fill the memory from all training videos once, after ``memory_from`` epochs, without dropout."""
        if epoch != self.config.memory_from:
            return
        was_training = self.training
        self.eval()
        for video in videos:
            x = torch.from_numpy(np.asarray(video.features.values, np.float32))[None].to(self.start.device)
            mask = torch.ones(x.shape[:2], dtype=torch.bool, device=x.device)
            mu = representatives(Embedded.of(F.relu(self.embedding(x)), mask), self.start, self.config.iterations)
            self._remember(mu, torch.from_numpy(video.video_label)[None].to(x.device))
        self.has_memory.fill_(True)
        self.train(was_training)

    def traces(self, prediction: VideoPrediction, mix: float | None = None) -> NDArray[np.float32]:
        """What is thresholded, (T, C): both branches' probabilities times the attention (FACTS 6.6).

        ``mix`` is the share of the plain branch, by default the config's.
        """
        return self.frame_scores(prediction, mix)[:, :-1]

    def frame_scores(self, prediction: VideoPrediction, mix: float | None = None) -> NDArray[np.float32]:
        """:meth:`traces` and the same of the background behind them, (T, C + 1)."""
        share, extras = self.config.mix if mix is None else mix, prediction.extras
        frames = share * _softmax(extras["plain"]) + (1 - share) * _softmax(extras["spread"])
        return np.asarray(frames * extras["attention"][:, None], np.float32)

    @property
    def cut(self) -> Cut:
        """How its traces are cut into candidates."""
        scale, power = self.config.strip
        if self.config.levels == "both":
            return both_levels((scale, power), self.config.ends)
        return Cut(THRESHOLDS, "absolute", (scale, power), self.config.ends)

    def localize(self, prediction: VideoPrediction) -> list[Proposal]:
        """Runs of the frame score above many thresholds, scored by contrast, suppressed (FACTS 6.6)."""
        config = self.config
        return contrast_proposals(
            self.traces(prediction),
            np.flatnonzero(prediction.video_scores >= config.class_threshold).tolist(),
            prediction.activation,
            cut=self.cut,
            rule=FusionRule("nms", iou_threshold=config.nms_threshold, overlap="lower"),
        )


def attention_contrast(attention: Tensor, mask: Tensor) -> Tensor:
    """Mean of the lowest eighth of the attention minus mean of the highest, (B, T) to a mean over videos."""
    lengths = mask.sum(1)
    k = (lengths // 8).clamp(min=1)
    rank = torch.arange(attention.shape[1], device=attention.device)
    ascending = attention.masked_fill(~mask, torch.inf).sort(1).values
    lowest = ascending.masked_fill(rank >= k[:, None], 0.0).sum(1) / k
    in_top = (rank < lengths[:, None]) & (rank >= (lengths - k)[:, None])
    highest = ascending.masked_fill(~in_top, 0.0).sum(1) / k
    return (lowest - highest).mean()


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Over the last axis."""
    exponent = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(exponent / exponent.sum(axis=-1, keepdims=True))


def _nce(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy of S branches (B, S, C + 1) with labels (B, C + 1) of any sum, normalised; summed over branches."""
    shares = labels / (labels.sum(-1, keepdim=True) + 1e-8)
    return -(shares[:, None] * F.log_softmax(logits, -1)).sum() / len(labels)


ENTRY = MethodEntry(
    title="RSKP (CVPR 2022)",
    summary="Learns from video labels: representative snippets of a video and of its classes teach all its snippets.",
    config=RskpConfig,
    build=Rskp,
    training=wtalc.short_training(6e-4, epochs=20, min_steps=300, bucket=4),  # with memory more passes lose
    levels=Rskp.levels,
    presets=PRESETS,
    test_only=("levels", "strip", "nms_threshold", "class_threshold", "mix"),
)
