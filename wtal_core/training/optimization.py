"""The optimiser of a run, and one step of it."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from wtal_core.training.arithmetic import in_float32, network_arithmetic
from wtal_core.training.config import TrainingConfig
from wtal_core.training.dataset import Batch


class TrainingDiverged(ArithmeticError):
    """A loss became NaN or infinite."""


def fresh_optimizer(module: nn.Module, training: TrainingConfig) -> torch.optim.Optimizer:
    """An optimiser of all that learns, without a past; its rate is told with every step."""
    kinds: dict[str, type[torch.optim.Adam]] = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
    parameters = [each for each in module.parameters() if each.requires_grad]
    if training.optimizer == "sgd":
        return torch.optim.SGD(parameters, lr=1.0, weight_decay=training.weight_decay)
    return kinds[training.optimizer](parameters, lr=1.0, betas=training.betas, weight_decay=training.weight_decay)


def one_step(
    module: Any, optimizer: torch.optim.Optimizer, batch: Batch, training: TrainingConfig, *, rate: float, number: int
) -> dict[str, float]:
    """Learn from one batch.

    Parameters
    ----------
    module, optimizer
        The method in training mode, and its optimiser.
    batch
        Where the method is.
    training
        For its arithmetic and the clipping of gradients.
    rate
        Learning rate.
    number
        Of the step, from 1, for messages.

    Returns
    -------
    dict
        The loss terms before the step; ``total`` is their sum.

    Raises
    ------
    TrainingDiverged
        If a term is NaN or infinite; nothing is learned from it.
    """
    for group in optimizer.param_groups:
        group["lr"] = rate
    with network_arithmetic(batch.features.device, training.autocast):
        output = module(batch.features, batch.mask)
    losses: dict[str, Tensor] = module.losses(in_float32(output), batch)
    stacked = torch.stack([value.float() for value in losses.values()])
    total = stacked.sum()
    values = stacked.detach().tolist()  # the one wait for the device in a step
    for name, value in zip(losses, values, strict=True):
        if not math.isfinite(value):
            raise TrainingDiverged(
                f"loss term {name!r} became {value} at step {number}; lower the learning rate, or look for "
                "features of an unusual size"
            )
    optimizer.zero_grad(set_to_none=True)
    if total.requires_grad:
        total.backward()  # type: ignore[no-untyped-call]
        if training.gradient_clip > 0:
            nn.utils.clip_grad_norm_(module.parameters(), training.gradient_clip)
        optimizer.step()
    return {**dict(zip(losses, values, strict=True)), "total": sum(values)}
