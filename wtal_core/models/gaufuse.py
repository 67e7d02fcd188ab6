"""GauFuse: Gaussian weighted fusion and LinPro pseudo labels on top of another method (CVPR 2023, seed 003); FACTS 7.

The base method trains as it always does. Then, several times: candidates of every class said to occur are cut out of
its traces, overlapping ones are fused (1)-(4), linear programming turns the fused instances into the least activation
that explains their contrast (5)-(6), and the base goes on with its own losses and cross-entropy towards those labels
(7), later towards their change (8)-(9). Which of it happens when is data in the config (:class:`GauFuseConfig`).

Everything learned is the base's: network, levels, projection, and its own way to proposals where ``test=own``. Beyond
the paper, the network of before the labels may keep a say beside the one that learns from them (``beside``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import fields, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from wtal_core.domain import Proposal, SupervisionLevel, VideoPrediction
from wtal_core.inference.contrast import fused_instead
from wtal_core.inference.fusion import FusionRule
from wtal_core.models.gaufuse_config import BASES, STAGED, GauFuseConfig, traces_of
from wtal_core.models.gaufuse_labels import change, pseudo_label
from wtal_core.models.gaufuse_losses import branches, label_loss, with_rest
from wtal_core.models.gaufuse_presets import PRESETS
from wtal_core.models.method import MethodEntry, Output, Predict, Setup
from wtal_core.training.config import TrainingConfig, as_text
from wtal_core.training.dataset import Batch, TrainingVideo


class GauFuse(nn.Module):
    """A base method and the labels it makes for itself.

    Parameters
    ----------
    config
        Settings.
    setup
        What the base is built from.
    """

    age: Tensor
    round: Tensor

    def __init__(self, config: GauFuseConfig, setup: Setup) -> None:
        super().__init__()
        self.config, self._setup = config, replace(setup, videos=())
        self.base: Any = base_of(config, setup)
        self.levels: frozenset[SupervisionLevel] = self.base.levels
        if hasattr(self.base, "project"):
            self.project = self.base.project
        self.before: Any = None  # the network of before the labels; an ensemble keeps it among its own voters
        if config.form.beside and not config.has_a_voter_more:
            self.before = deepcopy(self.base).requires_grad_(False)
        self.register_load_state_dict_pre_hook(_without_another_voice)  # type: ignore[no-untyped-call]
        self.register_buffer("age", torch.tensor(0))  # epochs of the present network
        self.register_buffer("round", torch.tensor(-1))  # label stages begun, less one
        self._labels: dict[str, Tensor] = {}
        self._targets: dict[str, Tensor] = {}

    def forward(self, features: Tensor, mask: Tensor) -> Output:
        """The base's output; from the first labels on, in evaluation mode, the mean of it and of what it was before."""
        output: Output = self.base(features, mask)
        if self.before is None or self.training or int(self.round) < 0:
            return output
        return mean_output(output, self.before(features, mask))

    def losses(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        """The base's terms, and cross-entropy towards the labels once there are some.

        A held-out fold has no labels: there the base's terms are the measure throughout.
        """
        if self.before is not None and not self.training and int(self.round) >= 0:
            output = self.base(batch.features, batch.mask)  # a held-out fold measures the network that learns, alone
        terms: dict[str, Tensor] = self.base.losses(output, batch)
        if self._targets and self.training:
            weight = self.config.each("label_weight")[int(self.round)]
            is_change = self.config.each("delta")[int(self.round)] > 0
            target = self._batch_targets(batch)
            if not self.config.label_background:
                target = with_rest(target, batch.mask, "silent" if is_change else self.config.form.rest)
            open_ = batch.mask & ~batch.known.any(-1) & ~batch.is_complete[:, None]  # where nobody has said anything
            learned = [share * label_loss(logits, target, open_, batch.lengths) for share, logits in branches(output)]
            terms["distillation"] = weight * torch.stack(learned).sum()
            if self.config.label_propagation != 1:
                terms["propagation"] = self.config.label_propagation * terms["propagation"]
        return terms

    def after_epoch(self, epoch: int, predict: Predict, videos: Sequence[TrainingVideo]) -> None:
        """The base's own, in epochs of its present network.

        What it has not begun before the labels it does not begin with them: RSKP that goes on without a memory loses
        less on ucf15-dev, in two seeds of three (docs/results/gaufuse.md). A fresh network begins as the base did.
        """
        self.age += 1
        if hasattr(self.base, "after_epoch") and (int(self.round) < 0 or self.config.form.anew):
            self.base.after_epoch(int(self.age), predict, videos)

    def after_stage(self, stage: int, predict: Predict, videos: Sequence[TrainingVideo]) -> None:
        """Between two stages of the base, what it does there; from its last stage on, renew the labels."""
        n_base = len(self.config.base_training.stages)
        if stage + 1 < n_base:
            if hasattr(self.base, "after_stage"):
                self.base.after_stage(stage, predict, videos)
            return
        if self.before is not None and stage + 1 == n_base:
            self.before.load_state_dict(self.base.state_dict())
        self.round.fill_(stage + 1 - n_base)
        factor = self.config.each("delta")[int(self.round)]
        before, self._labels, self._targets = self._labels, {}, {}
        for video, prediction in zip(videos, predict(videos), strict=True):
            made = torch.from_numpy(self._label(video, prediction, int(self.round)))
            self._labels[video.video_id] = made
            self._targets[video.video_id] = change(made, before.get(video.video_id), factor)
        if self.config.empty_memory and hasattr(self.base, "forget"):
            self.base.forget()

    def _label(self, video: TrainingVideo, prediction: VideoPrediction, number: int) -> Any:
        """Y of one video, (T, C), or (T, C + 1) where the background has labels."""
        config, scores = self.config, prediction.video_scores
        occurs = video.video_label > 0 if config.gated else scores >= config.class_threshold
        if config.label_background:
            traces = self.base.frame_scores(prediction, config.label_mix)
            occurs = np.append(occurs, 1 - scores.sum() >= config.class_threshold)  # a softmax over all C + 1
        else:
            traces = traces_of(self.base, prediction, config.label_mix, config.activation)
        return pseudo_label(traces, np.flatnonzero(occurs), config.cut, config.label_rule(number), config.program)

    def finish(self, predict: Predict, videos: Sequence[TrainingVideo]) -> None:
        """The base's own."""
        if hasattr(self.base, "finish"):
            self.base.finish(predict, videos)

    def restart(self) -> None:
        """A fresh network; the labels stay."""
        self.age.zero_()
        if hasattr(self.base, "restart"):
            self.base.restart()
            return
        fresh = BASES[self.config.base].build(self.config.base_config, self._setup)
        with torch.no_grad():
            for own, new in zip(self.base.parameters(), fresh.parameters(), strict=True):
                own.copy_(new)
        if hasattr(self.base, "warm_started"):
            self.base.warm_started()

    def warm_started(self) -> None:
        """Its base begins anew, and so do the labels."""
        self.age.zero_()
        self.round.fill_(-1)
        if hasattr(self.base, "warm_started"):
            self.base.warm_started()

    def extra_state(self) -> dict[str, Tensor]:
        """Labels, targets, and what the base adds."""
        own = {f"labels/{name}": value for name, value in self._labels.items()}
        own |= {f"targets/{name}": value for name, value in self._targets.items()}
        base = self.base.extra_state() if hasattr(self.base, "extra_state") else {}
        return own | {f"base/{name}": value for name, value in base.items()}

    def load_extra_state(self, state: Mapping[str, Tensor]) -> None:
        """Take :meth:`extra_state` of an earlier run."""
        kinds: dict[str, dict[str, Tensor]] = {"labels": {}, "targets": {}, "base": {}}
        for key, value in state.items():
            kind, _, name = key.partition("/")
            kinds[kind][name] = value
        self._labels, self._targets = kinds["labels"], kinds["targets"]
        if hasattr(self.base, "load_extra_state"):
            self.base.load_extra_state(kinds["base"])

    def traces(self, prediction: VideoPrediction) -> Any:
        """What is thresholded at test, (T, C), 0 to 1."""
        return traces_of(self.base, prediction, self.config.test_mix, self.config.activation)

    def localize(self, prediction: VideoPrediction) -> list[Proposal]:
        """Fused candidates of the classes the base would propose, or the base's own proposals, best first."""
        own: list[Proposal] = self.base.localize(prediction)
        config = self.config
        if config.form.test == "own" or (config.test == "auto" and has_learned_order(self.base)):
            return own
        return self._fused(prediction, own, config.test_rule)

    def fused(self, prediction: VideoPrediction, rule: FusionRule) -> list[Proposal]:
        """Fused candidates of the classes the base would propose, made and scored as it asks for (``Form``)."""
        return self._fused(prediction, self.base.localize(prediction), rule)

    def _fused(self, prediction: VideoPrediction, own: list[Proposal], rule: FusionRule) -> list[Proposal]:
        form = self.config.form
        return fused_instead(
            prediction,
            own,
            rule=rule,
            traces=self.traces(prediction),
            cut=self.config.test_cut,
            class_power=form.class_power,
            beside=np.maximum(prediction.activation.margin, 0.0) if form.test_contrast == "both" else None,
        )

    def _batch_targets(self, batch: Batch) -> Tensor:
        """Targets of the batch's crops, zero in the padding: (B, T, C)."""
        spans = zip(batch.videos, batch.starts, batch.lengths.tolist(), strict=True)
        crops = [self._targets[video.video_id][start : start + length] for video, start, length in spans]
        return nn.utils.rnn.pad_sequence(crops, batch_first=True, padding_value=0.0).to(batch.features)


def base_of(config: GauFuseConfig, setup: Setup) -> Any:
    """The base, fresh; one with a voter more draws and leaves what it would without, so that both learn the same."""
    build, begun = BASES[config.base].build, torch.get_rng_state()
    if not config.has_a_voter_more:
        return build(config.base_config, setup)
    build(replace(config, beside=False).base_config, replace(setup, videos=()))  # for its draws
    ended = torch.get_rng_state()
    torch.set_rng_state(begun)
    base = build(config.base_config, setup)
    torch.set_rng_state(ended)
    return base


def mean_output(one: Output, other: Output) -> Output:
    """What two networks say together: the mean of their curves, scores and extras.

    What losses need stays that of ``one``, the network that learns.
    """
    extras = {name: (value + other.extras[name]) / 2 for name, value in one.extras.items()}
    return Output(
        (one.cas + other.cas) / 2,
        (one.background + other.background) / 2,
        (one.video_scores + other.video_scores) / 2,
        extras,
        one.loss_extras,
    )


def _without_another_voice(module: GauFuse, state: dict[str, Tensor], prefix: str, *_: object) -> None:
    """Let a run load that was stored before ``beside`` was there, and say what it said then.

    Its network stands in for the one of before the labels, and the voter it does not have gets no vote.
    """
    own = module.state_dict()
    if module.before is not None and not any(name.startswith(f"{prefix}before.") for name in state):
        base = f"{prefix}base."
        state |= {f"{prefix}before.{k.removeprefix(base)}": v for k, v in state.items() if k.startswith(base)}
    votes, ours = state.get(f"{prefix}base.votes"), own.get("base.votes")
    if module.config.has_a_voter_more and votes is not None and ours is not None and len(votes) + 1 == len(ours):
        last = f"base.networks.{len(votes)}."
        state |= {f"{prefix}{name}": value for name, value in own.items() if name.startswith(last)}
        state[f"{prefix}base.votes"] = torch.cat([votes, votes.new_zeros(1)])


def has_learned_order(base: nn.Module) -> bool:
    """Whether the base ranks its proposals by what it has learned of segments (``mixed``'s quality), which no contrast
    replaces without loss.
    """
    return bool(getattr(getattr(base, "quality", None), "is_fitted", False))


def schedule(config: GauFuseConfig) -> TrainingConfig:
    """The base's training and the label stages after it."""
    training, form = config.base_training, config.form
    for name in STAGED:
        config.each(name)  # refuses another number of values than there are label stages
    last = training.stages[-1]
    stages = tuple(
        replace(
            last,
            epochs=epochs,
            min_steps=form.label_steps,
            steps=None,
            learning_rate=rate * last.learning_rate,
            warmup=0.0,
            final=form.label_final,
            restart=form.anew and number == 0,
            reset_optimizer=config.fresh_optimizer and number == 0,
        )
        for number, (epochs, rate) in enumerate(zip(form.label_epochs, config.each("label_rate"), strict=True))
    )
    return replace(training, stages=(*training.stages, *stages))


def by_labels(config: GauFuseConfig, videos: Sequence[TrainingVideo]) -> GauFuseConfig:
    """The config with all settings of its base, those decided by the labels among them, and with what the base asks for
    written out: a stored or interrupted run keeps them when others become the default.

    Whether proposals are fused stays open where it is: a base that learns to order them decides at test.
    """
    form, entry = config.form, BASES[config.base]
    config = replace(config, **{each.name: getattr(form, each.name) for each in fields(form) if each.name != "test"})
    chosen = replace(config, beside=False).base_config  # a voter more is added to these whenever they are read
    resolved = entry.resolved(chosen, videos)
    decided = {each.name: as_text(getattr(resolved, each.name)) for each in fields(resolved)}
    given = (text.partition("=")[0].strip().removeprefix("method.") for text in config.base_settings)
    of_training = [text for text, name in zip(config.base_settings, given, strict=True) if name not in decided]
    return replace(config, base_settings=(*of_training, *(f"{name}={value}" for name, value in decided.items())))


ENTRY = MethodEntry(
    title="GauFuse (CVPR 2023)",
    summary="Goes on from another method (its base, RSKP by default) with pseudo labels made by fusing its proposals.",
    config=GauFuseConfig,
    build=GauFuse,
    training=schedule(GauFuseConfig()),
    levels=BASES[GauFuseConfig().base].levels,
    presets=PRESETS,
    schedule=schedule,
    resolve=by_labels,
    test_only=(
        *("test", "test_template", "test_temperature", "test_mix", "test_upsample", "test_levels"),
        *("test_strip", "test_contrast", "class_power"),
    ),
)
