"""What a method is: the protocol every file of this package follows. Nothing is inherited; shared code is called."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from torch import Tensor

from wtal_core.domain import Proposal, SupervisionLevel, VideoPrediction
from wtal_core.training.config import TrainingConfig, overridden, to_data
from wtal_core.training.dataset import Batch, TrainingVideo


@dataclass(frozen=True, slots=True)
class Output:
    """What a network says of a padded batch; padding holds any finite value and is masked by whoever reads it.

    Attributes
    ----------
    cas
        Class activation logits, shape (B, T, C).
    background
        Background or predicted-threshold logit, shape (B, T); a method whose threshold differs between classes gives
        (B, T, C).
    video_scores
        How sure that a class occurs, shape (B, C), 0 to 1.
    extras
        Named tensors ``localize`` needs beside the curves, first axes (B, T): they become ``VideoPrediction.extras``.
    loss_extras
        Named tensors of any shape that the method's own losses need, in training and in evaluation mode (a held-out
        fold has losses, too); no prediction carries them.
    """

    cas: Tensor
    background: Tensor
    video_scores: Tensor
    extras: Mapping[str, Tensor] = field(default_factory=dict)
    loss_extras: Mapping[str, Tensor] = field(default_factory=dict)


Predict = Callable[[Sequence[TrainingVideo]], list[VideoPrediction]]
"""Full-length, eval-mode predictions of training videos, in their order; extras included."""


class Method(Protocol):
    """A method under training or in use: a ``torch.nn.Module`` with these members.

    Optional members, found by name:

    ``project(features) -> Tensor``
        A frozen projection (..., D) -> (..., D') made in ``build`` from the training videos and kept in buffers.
        Trainer and predictor apply it once; ``__call__`` then sees what it gave. Without it a method sees raw float32
        features.
    ``restart() -> None``
        Draw the network anew from torch's global generator; needed for a stage with ``restart``.
    ``warm_started() -> None``
        Put back what counts epochs and stages: called once the network of an earlier run has been taken over.
    ``after_epoch(epoch, predict, videos) -> None``
        What changes between epochs (a memory to fill, pseudo labels to renew). Called after every pass, ``epoch``
        counting from 1 over the whole run. When anything happens is data in the method's config, never ``if epoch`` in
        the trainer.
    ``after_stage(stage, predict, videos) -> None``
        The same between two stages: called after the last pass of every stage but the last, ``stage`` counting from 0.
    ``traces(prediction) -> NDArray``, ``cut: Cut``
        What is cut into candidates when proposals are to be fused, (T, C) from 0 to 1, and how; by default the gate
        s > b and shares of its maximum (``wtal_core.inference.contrast``).
    ``fused(prediction, rule) -> list[Proposal]``
        Stands in for ``traces`` and ``cut`` where they do not say it all: proposals by a rule that is asked for at
        test.
    ``finish(predict, videos) -> None``
        What is learned once the networks stand: called after the last stage, before the run is kept.
    ``extra_state() -> dict[str, Tensor]``, ``load_extra_state(state) -> None``
        What ``after_epoch`` made and a resumed run needs beyond parameters and buffers. In checkpoints only.
    """

    levels: frozenset[SupervisionLevel]

    def __call__(self, features: Tensor, mask: Tensor) -> Output:
        """Features (B, T, D) and mask (B, T), True where there is a snippet, to an :class:`Output`."""
        ...

    def losses(self, output: Output, batch: Batch) -> dict[str, Tensor]:
        """Named scalar terms, already weighted; the trainer sums and logs them."""
        ...

    def localize(self, prediction: VideoPrediction) -> list[Proposal]:
        """Proposals of one video, best first, inside the video."""
        ...


@dataclass(frozen=True, slots=True)
class Setup:
    """What a method must know of the data to build its network.

    Attributes
    ----------
    n_features
        ``D``.
    class_names
        The ``C`` classes in column order.
    streams
        Columns of each feature stream.
    videos
        The training videos, for what is estimated from features before training (a PCA rotation, say). Empty when a
        trained method is loaded: such estimates are buffers and come from the checkpoint.
    """

    n_features: int
    class_names: tuple[str, ...]
    streams: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    videos: Sequence[TrainingVideo] = ()


def projected(method: Any, features: Tensor) -> Tensor:
    """Raw features as ``method.__call__`` wants them."""
    project = getattr(method, "project", None)
    return features if project is None else cast(Tensor, project(features))


@dataclass(frozen=True, slots=True)
class MethodEntry:
    """One row of ``METHODS``.

    Attributes
    ----------
    title
        For a person: name and year of the paper.
    summary
        One sentence: what it learns from and how.
    config
        The method's frozen config dataclass; every field has a default, and ``metadata={"help": ...}`` says its unit,
        range and the paper's value.
    build
        Config and setup to a method (an ``nn.Module``), initialised from torch's seeded global generator.
    training
        Default optimisation and schedule.
    levels
        Supervision levels it can learn from.
    presets
        Named settings, e.g. a published configuration: overrides ``{"method.field" or "training.field": value}``.
    schedule
        For a method whose stages follow from its config: the training of a config, in place of ``training``, which is
        that of the default config.
    resolve
        For a method with settings that follow from the labels it learns from: the config and the training videos to the
        config it is built with and stored by.
    test_only
        Fields of the config that no loss depends on: runs that differ in nothing else train one and the same network.
    """

    title: str
    summary: str
    config: type[Any]
    build: Callable[[Any, Setup], Any]
    training: TrainingConfig
    levels: frozenset[SupervisionLevel]
    presets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    schedule: Callable[[Any], TrainingConfig] | None = None
    resolve: Callable[[Any, Sequence[TrainingVideo]], Any] | None = None
    test_only: tuple[str, ...] = ()

    def resolved(self, config: Any, videos: Sequence[TrainingVideo]) -> Any:
        """The config with what follows from the labels of the training videos decided."""
        return config if self.resolve is None else self.resolve(config, videos)

    def learned(self, config: Any) -> dict[str, Any]:
        """The settings a network depends on, as plain data for JSON."""
        return {name: value for name, value in to_data(config).items() if name not in self.test_only}


def configured(
    entry: MethodEntry, preset: str | None = None, settings: Mapping[str, Any] | None = None
) -> tuple[Any, TrainingConfig]:
    """A method's config and training config from its defaults, a preset, and settings on top.

    Parameters
    ----------
    entry
        The method.
    preset
        Name of one of its presets.
    settings
        ``{"method.field": value, "training.field": value}``; a bare ``field`` is the method's if it has it, else the
        training's. Fields of a stage (``training.epochs``, ``training.learning_rate``) reach every stage. Values may be
        text.

    Raises
    ------
    ValueError
        On an unknown preset or field, or a value that does not fit; the message lists what there is.
    """
    if preset is not None and preset not in entry.presets:
        raise ValueError(f"there is no preset {preset!r}; {entry.title} has {', '.join(entry.presets) or 'none'}")
    chosen = {**(entry.presets[preset] if preset else {}), **(settings or {})}
    fields = {field.name for field in dataclasses.fields(entry.config)}
    shared = _STAGE_FIELDS | {field.name for field in dataclasses.fields(TrainingConfig)}
    known = {"": fields | shared, "method": fields, "training": shared}
    method: dict[str, Any] = {}
    training: dict[str, Any] = {}
    staged: dict[str, Any] = {}
    for key, value in chosen.items():
        owner, _, name = key.rpartition(".")
        if owner not in known:
            raise ValueError(
                f"setting {key!r} names neither the method nor the training; write method.{name} or training.{name}"
            )
        if name not in known[owner]:
            raise ValueError(f"{entry.title} has no setting {key!r}; it has {', '.join(sorted(known[owner]))}")
        if owner == "method" or (not owner and name in fields):
            method[name] = value
        else:
            (staged if name in _STAGE_FIELDS else training)[name] = value
    config = overridden(entry.config(), method)
    schedule = overridden(entry.training if entry.schedule is None else entry.schedule(config), training)
    stages = tuple(overridden(stage, staged) for stage in schedule.stages)
    return config, dataclasses.replace(schedule, stages=stages)


_STAGE_FIELDS = frozenset({"epochs", "learning_rate", "warmup", "final", "steps", "min_steps"})
