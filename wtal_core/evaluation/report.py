"""What an evaluation says, as a value that can be stored and read back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any

DECIMALS = 10
"""Thresholds are decimals: 0.6000000000000001 of a float range means 0.6."""


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """Average precision per class and tIoU threshold; all values are fractions, 0 to 1.

    Attributes
    ----------
    protocol
        Name in ``PROTOCOLS``.
    subset
        Evaluated subset, or None.
    tiou
        Thresholds, ascending.
    mAP
        Mean over the classes of the ground truth at each threshold.
    average_mAP
        Mean of ``mAP`` over the thresholds.
    ap
        AP of each class at each threshold.
    n_ground_truth
        Action instances.
    n_predictions
        Proposals of evaluated videos and of classes that occur in the ground truth.
    """

    protocol: str
    subset: str | None
    tiou: tuple[float, ...]
    mAP: tuple[float, ...]
    average_mAP: float
    ap: Mapping[str, tuple[float, ...]]
    n_ground_truth: int
    n_predictions: int

    def __post_init__(self) -> None:
        if not self.tiou or len(self.mAP) != len(self.tiou):
            raise ValueError(f"a report needs one mAP per threshold, got {len(self.mAP)} for {len(self.tiou)}")
        for label, values in self.ap.items():
            if len(values) != len(self.tiou):
                raise ValueError(f"class {label!r}: one AP per threshold, got {len(values)} for {len(self.tiou)}")
        for value in (*self.mAP, self.average_mAP, *(value for values in self.ap.values() for value in values)):
            if not isfinite(value) or not -1e-9 <= value <= 1 + 1e-9:
                raise ValueError(f"average precision is a fraction between 0 and 1, got {value}")

    def to_json(self) -> dict[str, Any]:
        """Plain data for ``json.dump``: the shape ``wtal evaluate --json`` prints."""
        return {
            "protocol": self.protocol,
            "subset": self.subset,
            "tiou": list(self.tiou),
            "mAP": list(self.mAP),
            "average_mAP": self.average_mAP,
            "ap": {label: list(values) for label, values in self.ap.items()},
            "n_ground_truth": self.n_ground_truth,
            "n_predictions": self.n_predictions,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> EvaluationReport:
        """The report that :meth:`to_json` wrote.

        Raises
        ------
        ValueError
            If a key is missing or a value is of another kind.
        """
        try:
            return cls(
                protocol=str(data["protocol"]),
                subset=None if data["subset"] is None else str(data["subset"]),
                tiou=tuple(float(value) for value in data["tiou"]),
                mAP=tuple(float(value) for value in data["mAP"]),
                average_mAP=float(data["average_mAP"]),
                ap={str(label): tuple(float(value) for value in values) for label, values in data["ap"].items()},
                n_ground_truth=int(data["n_ground_truth"]),
                n_predictions=int(data["n_predictions"]),
            )
        except KeyError as missing:
            raise ValueError(f"an evaluation report needs the key {missing}") from None
        except (TypeError, AttributeError) as wrong:
            raise ValueError(f"an evaluation report holds a value of the wrong kind: {wrong}") from None


def thresholds(values: Iterable[float]) -> tuple[float, ...]:
    """Checked tIoU thresholds, ascending, each the float nearest to its decimal.

    Raises
    ------
    ValueError
        If there is none, one is outside (0, 1], or one is there twice.
    """
    rounded = [round(float(value), DECIMALS) for value in values]
    wrong = [value for value in rounded if not isfinite(value) or not 0 < value <= 1]
    if wrong or not rounded:
        raise ValueError(
            f"tIoU thresholds lie above 0 and up to 1, got {wrong[0] if wrong else 'none'}; "
            "a common choice is 0.3 to 0.7"
        )
    if len(set(rounded)) != len(rounded):
        raise ValueError(f"each tIoU threshold once, got {rounded}")
    return tuple(sorted(rounded))


def parse_thresholds(text: str) -> tuple[float, ...]:
    """Thresholds from ``0.3,0.5,0.7`` or the range ``0.3:0.7:0.1``, both ends included, in decimal arithmetic.

    Raises
    ------
    ValueError
        If the text is neither.
    """
    try:
        if ":" not in text:
            return thresholds(float(Decimal(part.strip())) for part in text.split(","))
        first, last, step = (Decimal(part.strip()) for part in text.split(":"))
    except (InvalidOperation, ValueError) as wrong:
        if isinstance(wrong, ValueError) and "tIoU" in str(wrong):
            raise
        raise ValueError(
            f"tIoU thresholds are written 0.3,0.5,0.7 or first:last:step as in 0.3:0.7:0.1, got {text!r}"
        ) from None
    if not (first.is_finite() and last.is_finite() and step.is_finite()) or step <= 0 or last < first:
        raise ValueError(f"a tIoU range ascends by a positive step, as in 0.3:0.7:0.1, got {text!r}")
    count = int((last - first) / step) + 1
    if count > MAX_THRESHOLDS:
        raise ValueError(f"a tIoU range of {count} thresholds is too fine; use at most {MAX_THRESHOLDS}")
    return thresholds(float(first + index * step) for index in range(count))


MAX_THRESHOLDS = 62
"""One bit each in a 64-bit word (see :mod:`wtal_core.evaluation.matching`)."""
