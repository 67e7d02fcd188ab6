"""ACN's schedules and named settings: the published ones and the rows of its tables (FACTS 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from wtal_core.training.config import Stage, TrainingConfig

_HEADS = Stage(epochs=20, min_steps=600, learning_rate=1e-3)

TRAINING = TrainingConfig(
    stages=(_HEADS, Stage(epochs=3, min_steps=150, learning_rate=1e-3, final=0.1, reset_optimizer=True)),
    weight_decay=5e-4,
    batch_size=4,
)

_PUBLISHED: Mapping[str, Any] = {
    "method.centred": False,
    "method.head_width": 0,
    "method.width": 256,
    "method.training_classes": "score",
    "method.attention": "absolute",
    "training.optimizer": "sgd",
    "training.stages": (
        replace(_HEADS, learning_rate=1e-2),
        *(Stage(epochs=1, learning_rate=10.0**-decade) for decade in (3, 4, 5)),
    ),
}
"""Three epochs of SGD, the rate a tenth after each; no momentum and a weight decay of 5e-4 as in AutoLoc, where the
paper says nothing. The heads are ours: the paper's come with its features."""

PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "thumos14": _PUBLISHED,
        "activitynet12": {**_PUBLISHED, "method.anchors": (16, 32, 64, 128, 256, 512)},
        "rgb": {"method.streams": "rgb"},
        "flow": {"method.streams": "flow"},
        "rgb_contrast": {"method.streams": "rgb", "method.alpha": 1.0},
        "flow_contrast": {"method.streams": "flow", "method.alpha": 1.0},
        "rgb_coherence": {"method.streams": "rgb", "method.alpha": 0.0},
        "flow_coherence": {"method.streams": "flow", "method.alpha": 0.0},
        "contrast": {"method.alpha": 1.0},
        "heads": {"method.localization": "runs"},
    }
)
