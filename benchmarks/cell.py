"""One cell of a table: what is trained, what that costs, and which cells train the same network."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass

from wtal_core.models import METHODS
from wtal_core.models.method import configured
from wtal_core.training.checkpoint import TrainedMethod
from wtal_core.training.config import to_data
from wtal_core.training.dataset import TrainingVideo
from wtal_core.training.trainer import train


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


@dataclass(frozen=True)
class Spent:
    """Seconds of the processor and of the clock on the wall."""

    cpu: float
    wall: float


def trained(
    cell: Cell, videos: Sequence[TrainingVideo], class_names: Sequence[str], warm_start: TrainedMethod | None = None
) -> tuple[TrainedMethod, Spent]:
    """Train a cell on the CPU; what it took."""
    config, training = cell.settings()
    cpu, wall = time.process_time(), time.monotonic()
    found = train(
        cell.method,
        videos,
        class_names,
        config=config,
        training=training,
        seed=cell.seed,
        device="cpu",
        warm_start=warm_start,
    )
    return found, Spent(time.process_time() - cpu, time.monotonic() - wall)


def seeds(text: str) -> list[int]:
    """``0,1,2`` of a command line."""
    return [int(seed) for seed in text.split(",")]


def trained_alike(cell: Cell) -> str:
    """The same for cells that train one and the same network and differ at test only."""
    config, training = cell.settings()
    learned = METHODS[cell.method].learned(config)
    return json.dumps([cell.dataset, cell.method, cell.supervision, cell.seed, learned, to_data(training)])
