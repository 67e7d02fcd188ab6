"""RSKP's published settings (FACTS 6.5), and those of GauFuse's code for its base (FACTS 7.3)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from wtal_core.inference.scoring import RSKP_STRIP
from wtal_core.training.config import Stage

# The public code adds up the gradients of the 10 videos of a step, where this trainer takes their mean. Adam does not
# see the factor, but its L2 term does: the printed weight on a sum is a tenth of it on a mean, 5e-4 becoming 5e-5.
# On ActivityNet the authors used ACM-Net's code, which takes the mean: 1e-3 stays. Batch and end there are GauFuse's
# (FACTS 7.3); the memory enters half way, as on THUMOS14.
_PUBLISHED: Mapping[str, Any] = {
    "training.betas": (0.9, 0.99),
    "training.weight_decay": 5e-5,
    "training.bucket": 1,
    "method.width": 2048,
    "method.memory_from": 101,
    "method.levels": "absolute",
    "method.strip": RSKP_STRIP,
    "method.mix": 0.6,
    "method.propagation_classes": "all",
    "training.learning_rate": 5e-5,
    "training.epochs": 200,
}

_IN_GAUFUSE: Mapping[str, Any] = {
    **{name: value for name, value in _PUBLISHED.items() if name not in {"training.epochs", "training.learning_rate"}},
    "training.stages": (Stage(epochs=80, learning_rate=5e-5), Stage(epochs=120, learning_rate=4e-5)),
}
"""As GauFuse's code trains it before there are labels (FACTS 7.3)."""

PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "thumos14": _PUBLISHED,
        "thumos14_in_gaufuse": _IN_GAUFUSE,
        "activitynet": {
            **_PUBLISHED,
            "method.dropout": 0.7,
            "method.scale": 10.0,
            "method.background_weight": 0.1,
            "training.learning_rate": 2e-5,
            "method.mix": 0.8,
            "method.late_propagation_weight": 1.0,
            "method.nms_threshold": 0.9,
            "method.memory_from": 30,
            "training.weight_decay": 1e-3,
            "training.batch_size": 128,
            "training.epochs": 60,
        },
    }
)
