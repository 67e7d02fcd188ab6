"""How a run is optimised: data, so that a schedule is never an ``if epoch`` in the trainer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of training with one schedule.

    Attributes
    ----------
    epochs
        Passes over the training videos.
    learning_rate
        Peak, or constant when there is no decay.
    warmup
        Share of the stage's steps with a linear rise from 0.
    final
        Learning rate at the end as a share of the peak, reached by a cosine; 1 keeps it constant.
    restart
        Draw the network anew and reset the optimiser before this stage; the method is told through ``restart()``.
    """

    epochs: int
    learning_rate: float = 1e-4
    warmup: float = 0.0
    final: float = 1.0
    restart: bool = False


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """Optimiser, batches and stages.

    Attributes
    ----------
    stages
        Run one after the other.
    optimizer
        ``adam`` (weight decay in the gradient) or ``adamw`` (decoupled).
    weight_decay
        1/step for ``adamw``; L2 factor for ``adam``.
    batch_size
        Videos per step, drawn without replacement in each pass.
    max_length
        Random contiguous crop of at most this many snippets; None trains on whole videos.
    full_per_batch
        At least this many fully annotated videos in each batch, where there are any.
    gradient_clip
        Largest global gradient norm; 0 is off.
    """

    stages: tuple[Stage, ...]
    optimizer: Literal["adam", "adamw"] = "adam"
    weight_decay: float = 5e-4
    batch_size: int = 10
    max_length: int | None = None
    full_per_batch: int = 0
    gradient_clip: float = 0.0
