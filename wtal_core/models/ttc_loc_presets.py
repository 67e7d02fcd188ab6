"""TTC-Loc's schedules and named settings (FACTS 2.4, T11, T12)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from wtal_core.training.config import Stage, TrainingConfig

STEPS = 800
"""Steps of the joint run; the strategies of T11 share them."""
LEARNING_RATE = 1e-3

TRAINING = TrainingConfig(
    stages=(Stage(epochs=1, steps=STEPS, learning_rate=LEARNING_RATE),),
    weight_decay=5e-4,
    batch_size=10,
    max_length=160,
)


def strategy(
    name: str, n_steps: int = STEPS, learning_rate: float = LEARNING_RATE, share: float = 0.25
) -> tuple[Stage, ...]:
    """Stages of a semi-supervised training strategy (table 4b, T11).

    Parameters
    ----------
    name
        ``joint``: all videos together; ``full_only``: annotated videos alone; ``pretrain_finetune``: the others first,
        then the annotated ones with a fresh optimiser.
    n_steps
        N, the same for all.
    learning_rate
        Constant.
    share
        Part of ``n_steps`` that fine-tunes: 1/10, 1/4 or 1/2.
    """
    if name == "joint":
        return (Stage(1, learning_rate, steps=n_steps),)
    if name == "full_only":
        return (Stage(1, learning_rate, steps=n_steps, videos="complete"),)
    if name == "pretrain_finetune":
        n_fine = max(1, round(share * n_steps))
        return (
            Stage(1, learning_rate, steps=n_steps - n_fine, videos="incomplete"),
            Stage(1, learning_rate, steps=n_fine, videos="complete", reset_optimizer=True),
        )
    raise ValueError(f"the training strategies are joint, full_only and pretrain_finetune, got {name!r}")


_PUBLISHED: Mapping[str, Any] = {
    "method.gate": "sigmoid",
    "method.input_scaling": False,
    "method.centred": False,
    "method.regularizer": "inner",
    "method.regularizer_rise": 0,
    "method.localization": "mean",
    "method.segment_score": "peak",
}


def _paper(classification_weight: float, max_length: int, n_steps: int) -> dict[str, Any]:
    """A column of FACTS 2.4; iterations are not stated in the paper."""
    return {
        **_PUBLISHED,
        "method.width": 2048,
        "method.classification_weight": classification_weight,
        "training.max_length": max_length,
        "training.stages": strategy("joint", n_steps, 1e-4),
    }


PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "published": _PUBLISHED,
        "outside": {"method.background_weight_total": None},
        "thumos14": _paper(0.2, 320, 10_000),
        "activitynet12": _paper(0.4, 750, 20_000),
        "activitynet13": _paper(0.4, 750, 40_000),
        "full_only": {"training.stages": strategy("full_only")},
        "pretrain_finetune": {"training.stages": strategy("pretrain_finetune")},
        "pretrain_finetune_tenth": {"training.stages": strategy("pretrain_finetune", share=0.1)},
        "pretrain_finetune_half": {"training.stages": strategy("pretrain_finetune", share=0.5)},
        "uncentred": {"method.centred": False},
        "steady": {"method.regularizer": "inner_held", "method.regularizer_rise": STEPS // 2},
        "threshold_none_manual": {
            "method.threshold_training": "none",
            "method.threshold_test": "manual",
            "method.temporal": False,
        },
        "threshold_predicted_manual": {"method.threshold_test": "manual"},
        "threshold_manual_manual": {"method.threshold_training": "manual", "method.threshold_test": "manual"},
    }
)
