"""Trained methods and interrupted runs on disk: safetensors and JSON, never a pickle."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from wtal_core.training.config import TrainingConfig, from_data, to_data
from wtal_core.training.dataset import TrainingVideo

WEIGHTS, RUN, POSITION = "weights.safetensors", "run.json", "checkpoint.safetensors"
FORMAT = 1


class BadCheckpoint(ValueError):
    """A folder that holds no run this version can read."""


@dataclass(frozen=True, eq=False)
class TrainedMethod:
    """A method with its weights and all that is needed to use it again.

    Attributes
    ----------
    method_name
        Key in ``METHODS``.
    config
        The method's own config.
    class_names
        The ``C`` classes in column order.
    streams
        Columns of each feature stream.
    n_features
        ``D``.
    training
        How it was trained.
    module
        The network.
    seed
        Seed of the run.
    history
        Mean of each loss term over each epoch.
    """

    method_name: str
    config: Any
    class_names: tuple[str, ...]
    streams: Mapping[str, tuple[int, int]]
    n_features: int
    training: TrainingConfig
    module: nn.Module
    seed: int = 0
    history: tuple[Mapping[str, float], ...] = field(default_factory=tuple)


def save(path: Path | str, trained: TrainedMethod) -> None:
    """Write a trained method as a folder of weights and ``run.json``; each file appears whole or not at all."""
    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True)
    _write_tensors(folder / WEIGHTS, tensors_of(trained.module), {})
    _write_text(folder / RUN, json.dumps(description(trained), indent=2, sort_keys=True))


def load(path: Path | str, device: torch.device | str = "cpu") -> TrainedMethod:
    """Read a folder that :func:`save` wrote.

    Raises
    ------
    BadCheckpoint
        If a file is missing, damaged, of another format, or names a method this version does not have.
    """
    from wtal_core.models import METHODS
    from wtal_core.models.method import Setup

    folder = Path(path)
    try:
        told = json.loads((folder / RUN).read_text(encoding="utf-8"))
        if not isinstance(told, dict):
            raise BadCheckpoint(f"{folder / RUN} holds no description of a run; train again, or restore the folder")
        if told.get("format") != FORMAT:
            raise BadCheckpoint(f"{folder / RUN} has format {told.get('format')}, this version reads {FORMAT}")
        if told["method"] not in METHODS:
            raise BadCheckpoint(f"{folder} holds method {told['method']!r}; this version has {', '.join(METHODS)}")
        entry = METHODS[told["method"]]
        streams = {name: (int(first), int(stop)) for name, (first, stop) in told["streams"].items()}
        trained = TrainedMethod(
            method_name=told["method"],
            config=from_data(entry.config, told["config"]),
            class_names=tuple(told["class_names"]),
            streams=streams,
            n_features=int(told["n_features"]),
            training=from_data(TrainingConfig, told["training"]),
            module=nn.Module(),
            seed=int(told["seed"]),
            history=tuple(told["history"]),
        )
        with torch.random.fork_rng(devices=[]):
            module = entry.build(trained.config, Setup(trained.n_features, trained.class_names, streams))
        module.load_state_dict(load_file(folder / WEIGHTS))
    except BadCheckpoint:
        raise
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise BadCheckpoint(f"{folder} does not hold a trained method that can be read: {error}") from error
    object.__setattr__(trained, "module", module.to(device).eval())
    return trained


def description(trained: TrainedMethod) -> dict[str, Any]:
    """What ``run.json`` holds."""
    return {
        "format": FORMAT,
        "method": trained.method_name,
        "config": to_data(trained.config),
        "class_names": list(trained.class_names),
        "streams": {name: list(columns) for name, columns in trained.streams.items()},
        "n_features": trained.n_features,
        "training": to_data(trained.training),
        "seed": trained.seed,
        "history": [dict(terms) for terms in trained.history],
        "torch": torch.__version__,
    }


def tensors_of(module: nn.Module) -> dict[str, Tensor]:
    """Parameters and buffers on the CPU, each with memory of its own."""
    return {name: value.detach().cpu().clone().contiguous() for name, value in module.state_dict().items()}


def digest(videos: Sequence[TrainingVideo], warm_start: TrainedMethod | None = None) -> str:
    """A fingerprint of all that a run learns from: features, targets and the network it starts from."""
    found = hashlib.blake2b(digest_size=16)
    for video in videos:
        marks = [(each.class_index, each.first, each.stop, each.exact) for each in video.instances]
        values = video.features.values
        found.update(json.dumps([video.video_id, values.shape, str(values.dtype), video.is_complete, marks]).encode())
        for array in (values, video.action, video.background, video.video_label):
            found.update(np.ascontiguousarray(array).tobytes())
    for name, value in tensors_of(warm_start.module).items() if warm_start is not None else ():
        found.update(f"{name} {tuple(value.shape)}".encode())
        found.update(value.numpy().tobytes())
    return found.hexdigest()


def write_position(folder: Path, tensors: Mapping[str, Tensor], told: Mapping[str, Any]) -> None:
    """Write where an interrupted run stands, in one file that replaces the last one whole."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_tensors(folder / POSITION, tensors, {"position": json.dumps(told)})


def read_position(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """What :func:`write_position` wrote last, or None if it never did.

    Raises
    ------
    BadCheckpoint
        If the file is damaged.
    """
    path = folder / POSITION
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="pt") as stored:
            told = json.loads((stored.metadata() or {})["position"])
            return {name: stored.get_tensor(name) for name in stored.keys()}, told  # noqa: SIM118
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise BadCheckpoint(f"{path} is damaged ({error}); delete it to start the run from the beginning") from error


def _write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: dict[str, str]) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    save_file(dict(tensors), temporary, metadata)
    _flush(temporary)
    temporary.replace(path)


def _write_text(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    _flush(temporary)
    temporary.replace(path)


def _flush(path: Path) -> None:
    """Reach the disk before the rename does, so that a crash leaves the old file or the new one."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
