"""Ending a stage by a held-out fold of the training videos."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from wtal_core.training.checkpoint import tensors_of
from wtal_core.training.config import EarlyStop, TrainingConfig
from wtal_core.training.dataset import TrainingSet, TrainingVideo


def held_out(
    videos: Sequence[TrainingVideo], early_stop: EarlyStop | None, rng: np.random.Generator
) -> tuple[list[TrainingVideo], list[TrainingVideo]]:
    """Videos to train on and videos to watch.

    Complete and incomplete videos give the same share, and the last of a kind is never watched: a stage may train on
    that kind alone. Without two videos of one kind there is no fold.
    """
    if early_stop is None:
        return list(videos), []
    complete = np.array([video.is_complete for video in videos], dtype=bool)
    kinds = sorted((np.flatnonzero(complete), np.flatnonzero(~complete)), key=len, reverse=True)
    wanted = [min(round(early_stop.fold * len(kind)), len(kind) - 1) for kind in kinds]
    if max(wanted) < 1 and len(kinds[0]) > 1:
        wanted[0] = 1
    drawn = [rng.permutation(kind)[: max(0, n)].tolist() for kind, n in zip(kinds, wanted, strict=True)]
    fold = {index for indices in drawn for index in indices}
    kept = [video for index, video in enumerate(videos) if index not in fold]
    return kept, [videos[index] for index in sorted(fold)]


class Watch:
    """Looks at the held-out fold and remembers the best network of the present stage."""

    def __init__(self, fold: TrainingSet, training: TrainingConfig) -> None:
        if training.early_stop is None:
            raise ValueError("a fold is watched only with early_stop in the training config")
        self._fold, self._rule, self._size = fold, training.early_stop, training.batch_size
        self.enter()

    def enter(self) -> None:
        """Begin a stage: what came before does not compare."""
        self._best, self._worse = math.inf, 0
        self._network: dict[str, Tensor] = {}

    def is_over(self, module: Any, epoch: int) -> bool:
        """Look, where it is time to, and say whether patience is used up."""
        if epoch % self._rule.every:
            return False
        loss = self._loss(module)
        if loss < self._best:
            self._best, self._worse, self._network = loss, 0, tensors_of(module)
        else:
            self._worse += 1
        return self._worse >= self._rule.patience

    def restore_best(self, module: Any) -> None:
        """Give the module the best network of the stage."""
        if self._network:
            module.load_state_dict(self._network)

    def _loss(self, module: Any) -> float:
        """Summed terms over the fold, whole videos, evaluation mode."""
        module.eval()
        total = 0.0
        with torch.no_grad():
            for first in range(0, len(self._fold), self._size):
                indices = range(first, min(first + self._size, len(self._fold)))
                batch = self._fold.batch(indices)
                terms = module.losses(module(batch.features, batch.mask), batch)
                total += len(indices) * float(sum(terms.values()))
        return total / len(self._fold)

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """The best network so far, and how long ago it was."""
        return self._network, {"best": self._best if math.isfinite(self._best) else None, "worse": self._worse}

    def restore(self, network: dict[str, Tensor], told: dict[str, Any]) -> None:
        """What :meth:`state` gave."""
        self._network, self._worse = network, int(told["worse"])
        self._best = math.inf if told["best"] is None else float(told["best"])
