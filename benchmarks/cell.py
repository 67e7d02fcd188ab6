"""One cell of a table: what is trained and scored, and which cells train the same network."""

from __future__ import annotations

import json
from dataclasses import dataclass

from wtal_core.models import METHODS
from wtal_core.models.method import configured
from wtal_core.training.config import to_data

TEST_ONLY = {
    "ttc_loc": ("threshold_test", "centred", "segment_score", "class_weight"),
    "lpat": ("threshold_test", "centred", "segment_score"),
    "gaufuse": ("test", "test_template", "test_temperature", "test_mix", "test_upsample", "class_power"),
    "mixed": ("class_power", "outer_ratio", "suppression"),
}
"""Settings that no loss depends on: networks that differ in nothing else are trained once."""


@dataclass(frozen=True)
class Cell:
    """One training and its evaluation."""

    dataset: str
    method: str
    supervision: str
    variant: str
    seed: int

    @property
    def text(self) -> str:
        """As it is written on the command line and in a paper's table."""
        return f"{self.method}:{self.supervision}{self.variant}"

    @property
    def row(self) -> tuple[str, str, str]:
        return self.dataset, self.method + self.variant, self.supervision

    def settings(self):
        """Method config and training config of the variant ``@preset+name=value+...``."""
        preset, *pairs = (
            self.variant.lstrip("@").split("+") if self.variant.startswith("@") else ["", *self.variant.split("+")[1:]]
        )
        return configured(METHODS[self.method], preset or None, dict(pair.split("=", 1) for pair in pairs))


def trained_alike(cell: Cell) -> str:
    """The same for cells that train one and the same network and differ at test only."""
    config, training = cell.settings()
    learned = {name: value for name, value in to_data(config).items() if name not in TEST_ONLY.get(cell.method, ())}
    return json.dumps([cell.dataset, cell.method, cell.supervision, cell.seed, learned, to_data(training)])
