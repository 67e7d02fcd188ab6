"""W-TALC's optimisation (FACTS 1.1), which the later papers keep where they say nothing of their own."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from wtal_core.training.config import Stage, TrainingConfig

PUBLISHED: Mapping[str, Any] = MappingProxyType(
    {
        "method.width": 2048,
        "training.learning_rate": 1e-4,
        "training.batch_size": 10,
        "training.max_length": 750,
    }
)
"""Preset of the published width, crop and learning rate."""


def short_training(
    learning_rate: float = 1e-3, *, epochs: int = 40, min_steps: int = 0, bucket: int = 1
) -> TrainingConfig:
    """The same batches and weight decay at a width of a few hundred units: some passes instead of 100,000 steps."""
    stage = Stage(epochs=epochs, min_steps=min_steps, learning_rate=learning_rate)
    return TrainingConfig(stages=(stage,), weight_decay=5e-4, batch_size=10, bucket=bucket)
