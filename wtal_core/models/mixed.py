"""mixed: one network for every level of supervision, the default method.

The levels differ only in what is known of the segmentation of a training video. Networks are trained in turn, each from
scratch; between them the unknown part of each segmentation is filled in (RECIPE 2, measured in docs/results/mixed.md):

round 0   cross-entropy on the snippets that are known + multiple-instance learning on the videos that are not complete
E-step    every instance grows to where d = s - b falls under a share of its own peak (``mixed_growing``)
round 1+  cross-entropy on all snippets, with the segmentation as target
round 2+  the same targets; each network leaves out a part of the videos

Proposals: runs of sg(d) and sg(d / 4) above many thresholds, scored by the tIoU they are expected to have times the
video's class score, Gaussian soft-NMS. What tIoU to expect is learned from the curves of the videos that a network left
out (``mixed_quality``). Where classes have too few videos to leave any out, outer-inner contrast stands in for it, of
runs of a softmax at four samples a snippet (``contrast``). The networks of the last rounds vote.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from wtal_core.domain import Proposal, SupervisionLevel, VideoPrediction
from wtal_core.inference import ranked, runs, soft_nms, to_proposals
from wtal_core.inference.contrast import Cut, softmax_traces
from wtal_core.losses.judged import known_loss
from wtal_core.models.method import MethodEntry, Output, Predict, Setup
from wtal_core.models.mixed_config import MOST_POSITIVE, MixedConfig
from wtal_core.models.mixed_growing import GrowthRule, Knowledge, segmentation, soft_targets
from wtal_core.models.mixed_losses import balanced_mil_loss, segmentation_loss, top_mean
from wtal_core.models.mixed_network import MixedNetwork, leading_components, surroundings
from wtal_core.models.mixed_presets import PRESETS, TRAINING
from wtal_core.models.mixed_quality import (
    N_DESCRIBED,
    TEMPERATURES,
    QualityHead,
    best_overlap,
    by_contrast,
    candidates,
    describe,
    parts_by_class,
    squashed,
)
from wtal_core.models.mixed_share import by_labels
from wtal_core.training.dataset import Batch, TrainingVideo

_FIRST_PART = 2
"""The first round, counted from 0, that leaves out a part of the videos."""

_SAMPLES = 4
"""Of a snippet, where fine contrast cuts."""

_NO_PART = -1
"""What a network of all videos leaves out."""

_Scored = Callable[[int], tuple[NDArray[Any], NDArray[np.float64]]]
"""Segments in snippets (n, 2) and scores (n,) of a class column."""


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
        mean, rotation = leading_components(setup.videos, setup.n_features, n_kept)
        self.register_buffer("mean", mean)
        self.register_buffer("rotation", rotation)
        self.networks = nn.ModuleList(
            MixedNetwork(
                n_kept,
                len(setup.class_names),
                has_surroundings=config.reach > 0,
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
        self.quality = QualityHead(N_DESCRIBED)
        self.register_load_state_dict_pre_hook(_of_earlier_form)  # type: ignore[no-untyped-call]
        self._stage = 0
        self._targets: dict[str, Tensor] = {}
        self._parts = _divided(setup.videos, config.parts, config.part_videos)
        self._left_out = [_NO_PART] * config.voters  # by each network

    def project(self, features: Tensor) -> Tensor:
        """Rotate and scale raw features of a whole video, (T, D) to (T, D'); with ``reach`` the same averaged over the
        surroundings stands behind it, (T, 2D'). Frozen, done once per video by the trainer.
        """
        x = (features - self.mean) @ self.rotation
        return torch.cat([x, surroundings(x, self.config.reach)], dim=-1) if self.config.reach else x

    def forward(self, features: Tensor, mask: Tensor) -> Output:
        """What ``project`` gives: in training the round's own network, else the mean logits of all that vote."""
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
            "mil": balanced_mil_loss(log_p, batch, self.positive_share, self.config.background_share),
        }

    @property
    def positive_share(self) -> float:
        """Share of a video that round 0 takes as each class it is said to hold."""
        told = self.config.positive_share
        return MOST_POSITIVE if told is None else told

    def after_stage(self, stage: int, predict: Predict, videos: Sequence[TrainingVideo]) -> None:
        """E-step: renew the targets of every training video from the networks that vote.

        The rounds that leave videos out share the last targets that networks of all videos have given.
        """
        self._stage = stage + 1
        if stage < _FIRST_PART:
            self._targets = {
                video.video_id: torch.from_numpy(
                    soft_targets(_logits(prediction), _knowledge(video), self._rule, self.config.teacher_share)
                )
                for video, prediction in zip(videos, predict(videos), strict=True)
            }
        if stage == 0:
            # Round 0 has seen hints only, unless there was nothing to guess; networks of a warm start are older still.
            self.votes.zero_()
            self.votes[self._slot] = all(video.is_complete for video in videos)

    def finish(self, predict: Predict, videos: Sequence[TrainingVideo]) -> None:
        """Learn how good a segment is from the curves of left-out videos."""
        self.quality.forget()
        known = {
            video.video_id: self._instances(video, said) for video, said in zip(videos, predict(videos), strict=True)
        }
        described, overlap = [], []
        votes = self.votes.clone()
        for slot, part in enumerate(self._left_out):
            self.votes.copy_(torch.arange(len(votes)) == slot)
            for prediction in predict([video for video in videos if self._parts.get(video.video_id) == part]):
                margin, scores = prediction.activation.margin, prediction.video_scores
                for c in self._likely(scores):
                    segments = candidates(margin[:, c])
                    described.append(describe(margin, c, scores, segments))
                    overlap.append(best_overlap(segments, known[prediction.activation.video_id][c]))
        self.votes.copy_(votes)
        if described:
            self.quality.fit(np.concatenate(described), np.concatenate(overlap), self.config.quality_steps)

    def restart(self) -> None:
        """Begin the next round with a fresh network; those of earlier rounds stay and vote."""
        self.round += 1
        network = self.networks[self._slot]
        network.restart()  # type: ignore[operator]
        self.votes[self._slot] = True
        if self._parts and self._stage >= _FIRST_PART:
            self._left_out[self._slot] = (self._stage - _FIRST_PART) % self.config.parts
        else:
            self._left_out[self._slot] = _NO_PART

    @property
    def _slot(self) -> int:
        """Which network the present round trains."""
        return int(self.round) % len(self.networks)

    @property
    def _rule(self) -> GrowthRule:
        """Round 0 knows no ends, so its curves fall off slowly. Networks that learned from grown instances put 0 near
        their ends: the share of round 0, taken again and again, would cut an instance shorter each time.
        """
        share = self.config.click_share if self._stage <= 1 else self.config.learned_share
        return GrowthRule(share, self.config.peak_share, self.config.found_share)

    def _instances(self, video: TrainingVideo, prediction: VideoPrediction) -> list[list[tuple[int, int]]]:
        """Instances of each class as far as they are known or can be grown, in snippets."""
        if video.is_complete:
            exact = video.instances
            return [[(i.first, i.stop) for i in exact if i.class_index == c] for c in range(len(self.class_names))]
        grown = segmentation(prediction.activation.margin, _knowledge(video), self._rule)
        return [[(int(first), int(stop)) for first, stop in runs(column)] for column in grown.T]

    def _likely(self, scores: NDArray[np.float32]) -> list[int]:
        """Classes that give proposals."""
        return [int(c) for c in np.flatnonzero(scores >= self.config.class_share * scores.max(initial=0.0))]

    def extra_state(self) -> dict[str, Tensor]:
        """What a resumed run needs: the stage, what each network has left out, and the targets."""
        targets = {f"targets/{video_id}": target for video_id, target in self._targets.items()}
        return {"stage": torch.tensor(self._stage), "left_out": torch.tensor(self._left_out), **targets}

    def load_extra_state(self, state: Mapping[str, Tensor]) -> None:
        """Take :meth:`extra_state` of an earlier run."""
        if len(state["left_out"]) != len(self.networks):
            raise ValueError(
                f"the interrupted run has {len(state['left_out'])} voters and this one {len(self.networks)}; start"
                " without resume, or in another folder"
            )
        self._stage = int(state["stage"])
        self._left_out = state["left_out"].tolist()
        self._targets = {k.removeprefix("targets/"): value for k, value in state.items() if k.startswith("targets/")}

    def localize(self, prediction: VideoPrediction) -> list[Proposal]:
        """Multi-threshold proposals of the classes that seem to occur, best first."""
        scores = prediction.video_scores
        scored = self._by_quality(prediction) if self.quality.is_fitted else self._by_contrast(prediction)
        found: list[Proposal] = []
        for c in self._likely(scores):
            segments, score = scored(c)
            kept, left = soft_nms(segments, score, self.config.suppression)
            once = np.sort(np.unique(segments[kept], axis=0, return_index=True)[1])  # a run of two traces came twice
            kept, left = kept[once], left[once]
            left *= float(scores[c]) ** self.config.class_power
            found += to_proposals(self.class_names[c], segments[kept], left, prediction.activation.grid)
        return ranked(found)

    def _by_quality(self, prediction: VideoPrediction) -> _Scored:
        margin = prediction.activation.margin.astype(np.float64)

        def scored(c: int) -> tuple[NDArray[Any], NDArray[np.float64]]:
            segments = candidates(margin[:, c])
            return segments, self.quality.expected(describe(margin, c, prediction.video_scores, segments))

        return scored

    def _by_contrast(self, prediction: VideoPrediction) -> _Scored:
        is_fine = self.config.contrast == "fine"
        margin = prediction.activation.margin
        traces = [softmax_traces(prediction)] if is_fine else [squashed(margin, each) for each in TEMPERATURES]
        cut = Cut(strip=(self.config.outer_ratio, 1.0), upsample=_SAMPLES if is_fine else 1)
        return lambda c: by_contrast([trace[:, c] for trace in traces], cut)

    def _batch_targets(self, batch: Batch) -> Tensor:
        """Targets of the batch's crops, zero in the padding and in videos this round leaves out: (B, T, C + 1)."""
        left_out = self._left_out[self._slot]
        rows = [
            self._targets[video.video_id][start : start + int(length)]
            * float(left_out == _NO_PART or self._parts[video.video_id] != left_out)
            for video, start, length in zip(batch.videos, batch.starts, batch.lengths, strict=True)
        ]
        return nn.utils.rnn.pad_sequence(rows, batch_first=True).to(batch.features)


def _of_earlier_form(module: Mixed, state: dict[str, Tensor], prefix: str, *_: object) -> None:
    """Let a network load that was stored before quality was learned or surroundings were seen.

    Its head is one that learned nothing, and its surroundings weigh nothing.
    """
    for name, value in module.state_dict().items():
        if name.startswith("quality.") or ".against." in name:
            state.setdefault(f"{prefix}{name}", value if name.startswith("quality.") else torch.zeros_like(value))


def _divided(videos: Sequence[TrainingVideo], n_parts: int, part_videos: int) -> dict[str, int]:
    """The part of each video; empty where some class has too few videos to leave any out."""
    if not videos or not n_parts:
        return {}
    present = np.stack([video.video_label > 0 for video in videos])  # (V, C)
    count = present.sum(axis=0)
    if not count.any() or count[count > 0].min() < n_parts * part_videos:
        return {}
    return dict(zip((video.video_id for video in videos), parts_by_class(present, n_parts).tolist(), strict=True))


def _logits(prediction: VideoPrediction) -> NDArray[np.float32]:
    """(T, C + 1), background last."""
    activation = prediction.activation
    return np.concatenate([activation.cas, activation.threshold[:, None]], axis=1)


def _knowledge(video: TrainingVideo) -> Knowledge:
    present = video.video_label > 0
    return Knowledge(
        video.action, video.background, video.instances, present, video.is_complete, ambiguous=video.ambiguous
    )


ENTRY = MethodEntry(
    title="Mixed supervision",
    summary="Learns from video labels, clicks and boundaries at once: grows each instance, then trains anew.",
    config=MixedConfig,
    build=Mixed,
    training=TRAINING,
    levels=Mixed.levels,
    presets=PRESETS,
    resolve=by_labels,
    test_only=("class_power", "contrast", "outer_ratio", "suppression"),
)
