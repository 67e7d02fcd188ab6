"""The trainer: stages, steps and checkpoints. It knows nothing of a method but the protocol.

A run is deterministic by its seed, and a resumed run on a CPU equals one that was never interrupted bit for bit: what a
checkpoint holds is the network, the optimiser, both random generators, the position and what the method adds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch

from wtal_core.models import METHODS
from wtal_core.models.method import Setup
from wtal_core.predict import predictor
from wtal_core.training import checkpoint
from wtal_core.training.checkpoint import TrainedMethod
from wtal_core.training.config import Stage, TrainingConfig, to_data
from wtal_core.training.dataset import Batch, TrainingSet, TrainingVideo
from wtal_core.training.early_stop import Watch, held_out
from wtal_core.training.optimization import fresh_optimizer, one_step
from wtal_core.training.position import Position
from wtal_core.training.sampling import PairSampler, Sampler, sampler_of

CHECKPOINT_SECONDS = 10.0
"""Least time between two checkpoints of a run."""


@dataclass(frozen=True, slots=True)
class TrainingProgress:
    """Where a run is after a step.

    Attributes
    ----------
    step, n_steps
        Steps done and steps in all, over every stage.
    epoch
        Passes finished, plus one.
    terms
        Loss terms of this step; ``total`` is their sum.
    seconds_left
        Estimate from the steps of this process.
    """

    step: int
    n_steps: int
    epoch: int
    terms: dict[str, float]
    seconds_left: float


Progress = Callable[[TrainingProgress], None]


def train(
    method_name: str,
    videos: Sequence[TrainingVideo],
    class_names: Sequence[str],
    *,
    config: Any = None,
    training: TrainingConfig | None = None,
    seed: int = 0,
    checkpoint_dir: Path | str | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    device: torch.device | str | None = None,
    warm_start: TrainedMethod | None = None,
) -> TrainedMethod:
    """Train a method.

    Parameters
    ----------
    method_name
        Key in ``METHODS``.
    videos
        Labelled videos, at any mixture of levels.
    class_names
        The ``C`` classes in column order.
    config, training
        The method's own config and how to optimise; None takes the method's defaults.
    seed
        Of everything random in the run.
    checkpoint_dir
        Where to keep the position of the run; None keeps none.
    resume
        Go on from the checkpoint there, if there is one.
    progress
        Called after every step; whatever it raises ends the run (that is how a run is cancelled).
    device
        None: CUDA where there is one.
    warm_start
        Start from this trained method's network instead of a fresh one: same method, D, classes and network config.

    Returns
    -------
    TrainedMethod
        In evaluation mode.

    Raises
    ------
    TrainingDiverged
        If a loss becomes NaN or infinite; the message names the term.
    BadFeatures
        If the features cannot be learned from.
    ValueError
        On an unknown method, no videos, no class, or a warm start or checkpoint that does not fit.
    """
    if method_name not in METHODS:
        raise ValueError(f"there is no method {method_name!r}; there are {', '.join(METHODS)}")
    if not class_names or (videos and videos[0].action.shape[1] != len(class_names)):
        raise ValueError(f"the videos' labels have other classes than {list(class_names)}; give one name per column")
    where = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    with _private_random_state(where):
        torch.manual_seed(seed)
        run = _Run(
            method_name,
            videos,
            tuple(class_names),
            config=config,
            training=training,
            seed=seed,
            device=where,
            warm_start=warm_start,
        )
        folder = Path(checkpoint_dir) if checkpoint_dir is not None else None
        if resume and folder is not None:
            run.at.restore(folder, run.identity(), METHODS[method_name].test_only)
        run.work(folder, progress)
    return run.result()


def _private_random_state(device: torch.device) -> AbstractContextManager[None]:
    """Seed torch for this run and leave the caller's generators as they were."""
    indices = [device.index or 0] if device.type == "cuda" else []
    state: AbstractContextManager[None] = torch.random.fork_rng(devices=indices)
    return state


class _Run:
    """One training: what it learns from, and the loop; ``at`` is where it stands."""

    def __init__(
        self,
        method_name: str,
        videos: Sequence[TrainingVideo],
        class_names: tuple[str, ...],
        *,
        config: Any,
        training: TrainingConfig | None,
        seed: int,
        device: torch.device,
        warm_start: TrainedMethod | None,
    ) -> None:
        entry = METHODS[method_name]
        self.method_name, self.class_names, self.seed, self.device = method_name, class_names, seed, device
        self.config = entry.config() if config is None else config
        self.training = entry.training if training is None else training
        rng = np.random.default_rng(seed)
        kept, fold = held_out(videos, self.training.early_stop, rng)
        first = kept[0].features if kept else None
        self.n_features = first.values.shape[1] if first is not None else 0
        self.streams = dict(first.streams) if first is not None else {}
        plain = TrainingSet(kept)  # refuses what cannot be learned from before a method looks at it
        self.config = entry.resolved(self.config, kept)
        setup = Setup(self.n_features, class_names, self.streams, kept)
        self.module: Any = entry.build(self.config, setup).to(device)
        if warm_start is not None:
            self._warm_start(warm_start)  # before anything is projected: its projection is part of its network
        project = getattr(self.module, "project", None)
        self.set = TrainingSet(kept, device, project) if project or device.type != "cpu" else plain
        self.watch = Watch(TrainingSet(fold, device, project), self.training) if fold else None
        self.at = Position(self.module, fresh_optimizer(self.module, self.training), rng, device, self.watch)
        self._learned_from = (tuple(videos), warm_start)

    # -- before the first step ------------------------------------------------------------------------------------

    def _warm_start(self, trained: TrainedMethod) -> None:
        """Take over the network of an earlier run."""
        ours = (self.method_name, self.n_features, self.class_names)
        theirs = (trained.method_name, trained.n_features, trained.class_names)
        if ours != theirs:
            raise ValueError(
                "a warm start needs the same method, number of features and classes in the same order; "
                f"this run has {ours}, the earlier one {theirs}. Train from scratch instead"
            )
        try:
            self.module.load_state_dict(trained.module.state_dict())
        except RuntimeError as error:
            raise ValueError(f"the earlier network has another shape; train from scratch instead: {error}") from error
        if hasattr(self.module, "warm_started"):
            self.module.warm_started()

    # -- the loop -------------------------------------------------------------------------------------------------

    def work(self, folder: Path | None, progress: Progress | None) -> None:
        """Every stage from where the run stands."""
        samplers = [sampler_of(self.set, stage, self.training, self.at.rng) for stage in self.training.stages]
        lengths = [s.n_steps(p.steps_per_pass) for s, p in zip(self.training.stages, samplers, strict=True)]
        at, n_steps, begun_at, begun = self.at, sum(lengths), self.at.step, time.monotonic()
        saved = time.monotonic()

        def report(terms: dict[str, float]) -> None:
            if progress is not None:
                pace = (time.monotonic() - begun) / max(1, at.step - begun_at)
                left = pace * (n_steps - at.step)
                progress(TrainingProgress(at.step, n_steps, at.epoch + 1, terms, left))

        unfinished = at.stage < len(self.training.stages)
        while at.stage < len(self.training.stages):
            stage, length = self.training.stages[at.stage], lengths[at.stage]
            if at.stage_step == 0:
                self._enter(stage)
            while at.stage_step < length:
                self._one_pass(stage, length, samplers[at.stage], report)
                if self.watch is not None and self.watch.is_over(self.module, at.epoch):
                    skipped = length - at.stage_step
                    n_steps, at.stage_step = n_steps - skipped, length
                if folder is not None and time.monotonic() - saved >= CHECKPOINT_SECONDS:
                    at.save(folder, self.identity())
                    saved = time.monotonic()
            if self.watch is not None:
                self.watch.restore_best(self.module)
            if hasattr(self.module, "after_stage") and at.stage + 1 < len(self.training.stages):
                self.module.after_stage(at.stage, self._predictor(), self.set.videos)
            at.stage, at.stage_step = at.stage + 1, 0
        if unfinished and hasattr(self.module, "finish"):
            self.module.finish(self._predictor(), self.set.videos)
        if folder is not None:
            at.save(folder, self.identity())

    def _enter(self, stage: Stage) -> None:
        """What happens before the first step of a stage."""
        if stage.restart:
            self.module.restart()
        if stage.restart or stage.reset_optimizer:
            self.at.optimizer = fresh_optimizer(self.module, self.training)
        if self.watch is not None:
            self.watch.enter()

    def _one_pass(
        self,
        stage: Stage,
        length: int,
        sampler: Sampler | PairSampler,
        report: Callable[[dict[str, float]], None],
    ) -> None:
        """One pass over the stage's videos, or what is left of the stage."""
        at = self.at
        self.module.train()
        sums: dict[str, float] = {}
        n_batches = 0
        for indices in sampler.one_pass():
            batch = self.set.batch(indices, self.training.max_length, at.rng)
            terms = self._update(batch, stage.rate(at.stage_step, length))
            at.step, at.stage_step, n_batches = at.step + 1, at.stage_step + 1, n_batches + 1
            for name, value in terms.items():
                sums[name] = sums.get(name, 0.0) + value
            report(terms)
            if at.stage_step >= length:
                break
        at.epoch += 1
        at.history.append({name: value / n_batches for name, value in sums.items()})
        if hasattr(self.module, "after_epoch"):
            self.module.after_epoch(at.epoch, self._predictor(), self.set.videos)

    def _update(self, batch: Batch, rate: float) -> dict[str, float]:
        """One step of the optimiser; the loss terms it had."""
        at = self.at
        return one_step(self.module, at.optimizer, batch, self.training, rate=rate, number=at.step + 1)

    def _predictor(self) -> Callable[[Sequence[TrainingVideo]], list[Any]]:
        positions = {video.video_id: index for index, video in enumerate(self.set.videos)}
        return predictor(self.module, self.class_names, self.set.features_of, positions.__getitem__)

    def result(self) -> TrainedMethod:
        """The trained method."""
        return TrainedMethod(
            method_name=self.method_name,
            config=self.config,
            class_names=self.class_names,
            streams=self.streams,
            n_features=self.n_features,
            training=self.training,
            module=self.module.eval(),
            seed=self.seed,
            history=tuple(self.at.history),
        )

    def identity(self) -> dict[str, Any]:
        """What must be the same for a checkpoint to fit."""
        return {
            "method": self.method_name,
            "config": to_data(self.config),
            "training": to_data(self.training),
            "seed": self.seed,
            "classes": list(self.class_names),
            "features": self.n_features,
            "videos": [video.video_id for video in self.set.videos],
            "labels, features or warm start": self._digest,
        }

    @cached_property
    def _digest(self) -> str:
        """Of what the run learns from; read once, and only by a run that keeps checkpoints."""
        return checkpoint.digest(*self._learned_from)
