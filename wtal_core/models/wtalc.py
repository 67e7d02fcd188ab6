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


def short_training(learning_rate: float = 1e-3) -> TrainingConfig:
    """The same batches and weight decay at a width of a few hundred units: 40 passes instead of 100,000 steps."""
    return TrainingConfig(stages=(Stage(epochs=40, learning_rate=learning_rate),), weight_decay=5e-4, batch_size=10)
