"""The schedule of ``mixed`` and its named settings, each measured in docs/results/mixed.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from wtal_core.training.config import Stage, TrainingConfig

_STAGE = Stage(epochs=8, min_steps=200, learning_rate=3e-3, warmup=0.05, final=0.02)
_AGAIN = replace(_STAGE, restart=True)
_SHORT = replace(_STAGE, epochs=1, min_steps=130, learning_rate=6e-3)

TRAINING = TrainingConfig(
    stages=(_STAGE, *5 * (_AGAIN,)),
    optimizer="adamw",
    weight_decay=1e-3,
    batch_size=8,
    bucket=4,
)

_COARSE: Mapping[str, Any] = {"method.contrast": "coarse", "method.outer_ratio": 0.75}
"""What contrast sees in place of a learned order; better than the fine form on ucf15-dev, where there is one."""

_QUICK: Mapping[str, Any] = {
    **_COARSE,
    "method.parts": 0,
    "training.batch_size": 4,
    "training.stages": (_SHORT, replace(_SHORT, restart=True)),
}
"""A sixth of the time: two rounds of small batches at twice the rate, one E-step, contrast as the score."""

_CONTRAST: Mapping[str, Any] = {
    **_COARSE,
    "method.parts": 0,
    "method.class_power": 1.0,
    "training.stages": (_STAGE, _AGAIN, replace(_AGAIN, epochs=12, min_steps=300)),
}
"""Three rounds on all videos, contrast times class score as the score."""

_RECIPE: Mapping[str, Any] = {
    **_CONTRAST,
    "method.voters": 1,
    "method.class_share": 0.5,
    "method.class_power": 0.0,
    "method.learned_share": 0.55,
    "method.positive_share": 1 / 6,
}
"""The last network alone, contrast as the score, a sixth of a video as its class in round 0."""

PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType({"contrast": _CONTRAST, "quick": _QUICK, "recipe": _RECIPE})
