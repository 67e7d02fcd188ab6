"""Where a run stands: all that its steps change, and so all that a checkpoint must hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from wtal_core.training import checkpoint
from wtal_core.training.early_stop import Watch


@dataclass
class Position:
    """A training under way.

    Attributes
    ----------
    module, optimizer, rng, device
        The network, its optimiser, numpy's generator of the run and where torch works; torch's own generators are those
        of the process.
    watch
        What early stop remembers; None without it.
    stage, stage_step
        Index of the present stage, and steps done in it.
    epoch, step
        Passes and steps done in all.
    history
        Mean of each loss term over each pass.
    """

    module: Any
    optimizer: torch.optim.Optimizer
    rng: np.random.Generator
    device: torch.device
    watch: Watch | None = None
    stage: int = 0
    stage_step: int = 0
    epoch: int = 0
    step: int = 0
    history: list[dict[str, float]] = field(default_factory=list)

    def save(self, folder: Path, identity: Mapping[str, Any]) -> None:
        """Write the position beside what must be the same for it to fit a run."""
        tensors = {f"network/{name}": value for name, value in checkpoint.tensors_of(self.module).items()}
        for index, state in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer/{index}/{name}": torch.as_tensor(value).cpu() for name, value in state.items()}
        tensors["random/torch"] = torch.get_rng_state()
        if self.device.type == "cuda":
            tensors["random/cuda"] = torch.cuda.get_rng_state(self.device)
        if hasattr(self.module, "extra_state"):
            extra = self.module.extra_state().items()
            tensors |= {f"extra/{name}": value.detach().cpu().clone().contiguous() for name, value in extra}
        watched: dict[str, Any] = {}
        if self.watch is not None:
            best, watched = self.watch.state()
            tensors |= {f"best/{name}": value for name, value in best.items()}
        checkpoint.write_position(
            folder,
            tensors,
            {
                "run": dict(identity),
                "at": [self.stage, self.stage_step, self.epoch, self.step],
                "numpy": self.rng.bit_generator.state,
                "history": self.history,
                "watch": watched,
            },
        )

    def restore(self, folder: Path, identity: Mapping[str, Any], test_only: Collection[str] = ()) -> None:
        """Take the position saved last; without one the run starts at the beginning.

        Parameters
        ----------
        folder
            Where it was saved.
        identity
            What must be the same.
        test_only
            Settings of the method that no step depends on, and so need not be.

        Raises
        ------
        ValueError
            If it is another run's.
        BadCheckpoint
            If the file is damaged.
        """
        found = checkpoint.read_position(folder)
        if found is None:
            return
        tensors, told = found
        theirs, ours = (_without(said, test_only) for said in (told["run"], identity))
        if theirs != ours:
            different = [key for key, value in ours.items() if theirs.get(key) != value]
            raise ValueError(
                f"the checkpoint in {folder} belongs to another run (its {', '.join(different)} differ); "
                "start without resume, or in another folder"
            )
        groups = _by_prefix(tensors)
        self.module.load_state_dict(groups["network"])
        moments = {int(index): state for index, state in _by_prefix(groups.get("optimizer", {})).items()}
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": moments})
        torch.set_rng_state(groups["random"]["torch"])
        if self.device.type == "cuda" and "cuda" in groups["random"]:
            torch.cuda.set_rng_state(groups["random"]["cuda"], self.device)
        self.rng.bit_generator.state = told["numpy"]
        self.stage, self.stage_step, self.epoch, self.step = told["at"]
        self.history = list(told["history"])
        if hasattr(self.module, "load_extra_state"):
            self.module.load_extra_state(groups.get("extra", {}))
        if self.watch is not None:
            self.watch.restore(groups.get("best", {}), told["watch"])


def _without(identity: Mapping[str, Any], settings: Collection[str]) -> dict[str, Any]:
    """What must be the same, but for some of the method's settings."""
    return {**identity, "config": {name: value for name, value in identity["config"].items() if name not in settings}}


def _by_prefix(tensors: Mapping[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    """``a/b/c`` as ``b/c`` of group ``a``."""
    groups: dict[str, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        owner, _, name = key.partition("/")
        groups.setdefault(owner, {})[name] = value
    return groups
