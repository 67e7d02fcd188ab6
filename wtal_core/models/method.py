"""What a method is: the protocol every file of this package follows. Nothing is inherited, shared behaviour is called."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from torch import Tensor

from wtal_core.domain import Proposal, SupervisionLevel, VideoPrediction
from wtal_core.training.config import TrainingConfig
from wtal_core.training.dataset import Batch, TrainingVideo


@dataclass(frozen=True, slots=True)
class Output:
    """What a network says of a padded batch; padding holds any finite value and is masked by whoever reads it.

    Attributes
    ----------
    cas
        Class activation logits, shape (B, T, C).
    background
        Background or predicted-threshold logit, shape (B, T).
    video_scores
        How sure that a class occurs, shape (B, C), 0 to 1.
    extras
        Named tensors the method's own losses or ``localize`` need; first axes (B, T) if they are to reach ``localize``.
    """

    cas: Tensor
    background: Tensor
    video_scores: Tensor
    extras: Mapping[str, Tensor] = field(default_factory=dict)


Predict = Callable[[Sequence[TrainingVideo]], list[VideoPrediction]]
"""Full-length, eval-mode predictions of training videos, in their order; extras included."""


class Method(Protocol):
    """A method under training or in use: a ``torch.nn.Module`` with these members.

    ``after_epoch(epoch, predict, videos) -> None`` is optional: what changes between epochs (a memory to fill, pseudo
    labels to renew). When it happens is data in the method's config, never ``if epoch`` in the trainer.
    State that ``after_epoch`` makes and a resumed run needs lives in buffers or in ``get_extra_state``.
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
    """

    title: str
    summary: str
    config: type[Any]
    build: Callable[[Any, Setup], Any]
    training: TrainingConfig
    levels: frozenset[SupervisionLevel]
    presets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
