"""GauFuse's presets: the paper's form and the public code's (FACTS 7.2, 7.3)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from wtal_core.inference.scoring import GAUFUSE_STRIP

_PAPER: Mapping[str, Any] = {
    "method.base": "rskp",
    "method.base_preset": "thumos14",
    "method.label_epochs": (15, 15, 15, 25, 20, 60),
    "method.label_rate": (0.41, 0.41, 0.41, 0.0102, 0.0051, 0.0051),
    "method.label_weight": (13.0, 22.0, 37.0, 50.0, 50.0, 50.0),
    "method.label_steps": 60,
    "method.label_final": 1.0,
    "method.delta": (0.0, 0.0, 0.0, 2.0, 2.0, 2.15),
    "method.rest": "silent",
    "method.anew": False,
    "method.beside": False,
    "method.fresh_optimizer": False,
    "method.gated": False,
    "method.to_peak": False,
    "method.levels": "absolute",
    "method.test_levels": "absolute",
    "method.test": "fused",
    "method.test_upsample": 16,
    "method.test_strip": GAUFUSE_STRIP,
    "method.test_contrast": "trace",
    "method.class_power": 0.0,
}
"""Stages from epoch 200 to 350; the code's weight min(10 * 1.035^n, 50) is taken at the middle of each stage."""

PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "thumos14": _PAPER,
        "code": {
            **_PAPER,
            "method.base_preset": "thumos14_in_gaufuse",
            "method.label_epochs": (30, 15, 15, 15, 25, 50),
            "method.label_weight": (17.0, 36.0, 50.0, 50.0, 50.0, 50.0),
            "method.label_rate": (0.512, 0.512, 0.0128, 0.0064, 0.0064, 0.0064),  # of the base's last, 4e-5
            "method.label_background": True,
            "method.label_propagation": 2.0,
            "method.delta": (0.0, 0.0, 2.0, 2.0, 2.0, 2.15),
            "method.temperature": (0.02, 0.02, 0.02, 0.002, 0.002, 0.0016),
            "method.fusion_overlap": "lower",
            "method.fusion_threshold": 0.25,
            "method.weighed": "inner",
            "method.normalised": False,
            "method.upper": 1.0,
            "method.ends": "published",
            "method.empty_memory": True,
            "method.test_temperature": 0.2,
            "method.test_upsample": 1,
        },
    }
)
