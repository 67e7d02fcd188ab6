"""How a run is optimised: data, so that a schedule is never an ``if epoch`` in the trainer."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints


def check_whole(least: int, **values: object) -> None:
    """Refuse anything but integers of at least ``least``; the message names the setting."""
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ValueError(f"{name} must be a whole number of at least {least}, got {value!r}")


def check_number(least: float, most: float = math.inf, *, open_end: bool = False, **values: object) -> None:
    """Refuse anything but finite numbers from ``least`` to ``most``, without ``most`` itself if ``open_end``."""
    for name, value in values.items():
        number = float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else math.nan
        if not (math.isfinite(number) and least <= number <= most) or (open_end and number == most):
            limit = "" if most == math.inf else f" and {'under' if open_end else 'at most'} {most:g}"
            raise ValueError(f"{name} must be a finite number of at least {least:g}{limit}, got {value!r}")


_LATER: Mapping[str, bool] = {"later": True}
"""Of a field that stored runs do not have; see :func:`to_data`."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of training with one schedule.

    Attributes
    ----------
    epochs
        Passes over the stage's videos.
    learning_rate
        Peak, or constant when there is no decay.
    warmup
        Share of the stage's steps with a linear rise from 0.
    final
        Learning rate at the end as a share of the peak, reached by a cosine; 1 keeps it constant.
    restart
        Draw the network anew and reset the optimiser before this stage; the method is told through ``restart()``.
    reset_optimizer
        Forget the optimiser's moments before this stage and keep the network.
    steps
        Length in steps instead of ``epochs``; passes follow one another until it is reached.
    min_steps
        The stage goes on for at least this many steps, so that a handful of videos is enough to learn from.
    videos
        Which training videos take part: ``all``, only ``complete`` ones (judged everywhere), or only ``incomplete``.
    """

    epochs: int
    learning_rate: float = 1e-4
    warmup: float = 0.0
    final: float = 1.0
    restart: bool = False
    reset_optimizer: bool = False
    steps: int | None = None
    min_steps: int = 0
    videos: Literal["all", "complete", "incomplete"] = "all"

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.min_steps < 0 or (self.steps is not None and self.steps < 1):
            raise ValueError(
                f"a stage lasts at least one epoch or step, got epochs {self.epochs}, steps {self.steps} and min_steps "
                f"{self.min_steps}"
            )
        check_whole(1, epochs=self.epochs)
        check_whole(0, min_steps=self.min_steps)
        if self.steps is not None:
            check_whole(1, steps=self.steps)
        if self.learning_rate <= 0 or not 0 <= self.warmup <= 1 or not 0 <= self.final <= 1:
            raise ValueError(
                "a stage needs a positive learning rate and warmup and final between 0 and 1, got "
                f"learning_rate {self.learning_rate}, warmup {self.warmup}, final {self.final}"
            )
        check_number(0, learning_rate=self.learning_rate, warmup=self.warmup, final=self.final)
        if self.videos not in ("all", "complete", "incomplete"):
            raise ValueError(f"a stage's videos are all, complete or incomplete, got {self.videos!r}")

    def n_steps(self, steps_per_pass: int) -> int:
        """Steps of the whole stage."""
        return max(self.min_steps, self.epochs * steps_per_pass) if self.steps is None else self.steps

    def rate(self, step: int, n_steps: int) -> float:
        """Learning rate of step ``step`` (from 0) of ``n_steps``."""
        n_warm = round(self.warmup * n_steps)
        if step < n_warm:
            return self.learning_rate * (step + 1) / n_warm
        progress = (step - n_warm) / max(1, n_steps - 1 - n_warm)
        return self.learning_rate * (self.final + (1 - self.final) * 0.5 * (1 + math.cos(math.pi * progress)))


@dataclass(frozen=True, slots=True)
class EarlyStop:
    """End a stage when a held-out fold of the training videos stops getting better.

    The summed loss terms in evaluation mode are compared within a stage only (a restart may change what they mean); the
    stage then goes on with its best network.

    Attributes
    ----------
    fold
        Share of the training videos held out, 0 to 1, of complete and incomplete ones alike; at least one video, never
        the last of either kind.
    every
        Epochs between two looks.
    patience
        Looks without a better loss before the stage ends.
    """

    fold: float = 0.2
    every: int = 1
    patience: int = 5

    def __post_init__(self) -> None:
        if not 0 < self.fold < 1 or self.every < 1 or self.patience < 1:
            raise ValueError(
                "early stop needs a fold between 0 and 1 and positive every and patience, got "
                f"{self.fold}, {self.every}, {self.patience}"
            )
        check_whole(1, every=self.every, patience=self.patience)


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """Optimiser, batches and stages.

    Attributes
    ----------
    stages
        Run one after the other.
    optimizer
        ``adam`` (weight decay in the gradient), ``adamw`` (decoupled) or ``sgd`` (plain, without momentum).
    weight_decay
        1/step for ``adamw``; L2 factor for ``adam`` and ``sgd``.
    batch_size
        Videos per step, drawn without replacement in each pass.
    max_length
        Random contiguous crop of at most this many snippets; None trains on whole videos.
    full_per_batch
        At least this many fully annotated videos in each batch, where there are any.
    betas
        Decay of Adam's two moments, each 0 to under 1.
    class_pairs
        Classes drawn for each batch, two videos of each in it and the rest any others (W-TALC: 3); 0 draws uniformly.
    autocast
        On a GPU that has bfloat16, networks compute in it and losses in float32; on a CPU it changes nothing.
    gradient_clip
        Largest global gradient norm; 0 is off.
    bucket
        Batches sorted by length together before they are cut, so that little is padding; 1 is off.
    early_stop
        Held-out fold and patience, or None to train every stage to its end.
    """

    stages: tuple[Stage, ...]
    optimizer: Literal["adam", "adamw", "sgd"] = "adam"
    weight_decay: float = 5e-4
    batch_size: int = 10
    max_length: int | None = None
    full_per_batch: int = 0
    gradient_clip: float = 0.0
    bucket: int = 1
    early_stop: EarlyStop | None = None
    betas: tuple[float, float] = (0.9, 0.999)
    class_pairs: int = field(default=0, metadata=_LATER)
    autocast: bool = field(default=False, metadata=_LATER)

    def __post_init__(self) -> None:
        if not self.stages:
            raise ValueError("training needs at least one stage")
        if self.optimizer not in ("adam", "adamw", "sgd"):
            raise ValueError(f"the optimizer is adam, adamw or sgd, got {self.optimizer!r}")
        if self.batch_size < 1 or self.bucket < 1 or (self.max_length is not None and self.max_length < 1):
            raise ValueError(
                "batch_size, bucket and max_length must be positive, got "
                f"{self.batch_size}, {self.bucket} and {self.max_length}"
            )
        if self.weight_decay < 0 or self.gradient_clip < 0 or not 0 <= self.full_per_batch <= self.batch_size:
            raise ValueError(
                "weight_decay and gradient_clip must not be negative and full_per_batch not above batch_size, got "
                f"{self.weight_decay}, {self.gradient_clip} and {self.full_per_batch}"
            )
        check_whole(1, batch_size=self.batch_size, bucket=self.bucket)
        check_whole(0, full_per_batch=self.full_per_batch)
        check_whole(0, class_pairs=self.class_pairs)
        if 2 * self.class_pairs > self.batch_size:
            raise ValueError(f"{self.class_pairs} class_pairs do not fit into a batch_size of {self.batch_size}")
        if self.class_pairs and (self.full_per_batch or self.bucket > 1):
            raise ValueError(
                "class_pairs draws whole batches; set full_per_batch to 0 and bucket to 1, got "
                f"{self.full_per_batch} and {self.bucket}"
            )
        if self.max_length is not None:
            check_whole(1, max_length=self.max_length)
        check_number(0, weight_decay=self.weight_decay, gradient_clip=self.gradient_clip)
        if len(self.betas) != 2:
            raise ValueError(f"Adam has two betas, got {self.betas!r}")
        for beta in self.betas:
            check_number(0, 1, open_end=True, betas=beta)


C = TypeVar("C")


def to_data(config: Any) -> dict[str, Any]:
    """A frozen config as plain data for JSON; tuples become lists.

    A field that came later is left out at its default: a run that was stored before it, or interrupted, is still the
    same run.
    """
    late = [each for each in dataclasses.fields(config) if each.metadata.get("later")]
    absent = {each.name for each in late if getattr(config, each.name) == each.default}
    data: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(config)))
    return {name: value for name, value in data.items() if name not in absent}


def from_data(kind: type[C], data: Mapping[str, Any]) -> C:
    """The config that :func:`to_data` wrote.

    Raises
    ------
    ValueError
        If a field is unknown. A missing field takes its default, or what ``before`` in its metadata says older versions
        did, so that their runs still load.
    """
    hints = get_type_hints(kind)
    before = {each.name: each.metadata["before"] for each in dataclasses.fields(kind) if "before" in each.metadata}  # type: ignore[arg-type]
    unknown = set(data) - {field.name for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    if unknown:
        raise ValueError(
            f"{kind.__name__} has no field {', '.join(sorted(unknown))}; it has {', '.join(sorted(hints))}"
        )
    return kind(**{name: _typed(hints[name], value) for name, value in {**before, **data}.items()})


def _typed(hint: Any, value: Any) -> Any:
    """Plain data as the type a field is declared with; text (from a command line) is parsed."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        if value is None or (isinstance(value, str) and value.lower() == "none"):
            return None
        return _typed(next(each for each in arguments if each is not NoneType), value)
    if origin is tuple:
        items = value.split(",") if isinstance(value, str) else value
        return tuple(_typed(arguments[0], item) for item in items)
    if dataclasses.is_dataclass(hint):
        if isinstance(value, Mapping):
            return from_data(hint, value)  # type: ignore[arg-type]
        if not isinstance(value, hint):  # type: ignore[arg-type]
            fields = ", ".join(field.name for field in dataclasses.fields(hint))
            raise ValueError(f"it has the fields {fields} and is no single value; set it in code, or to none")
    if hint is bool and isinstance(value, str):
        if value.lower() not in _TRUTH:
            raise ValueError("true or false is wanted")
        return _TRUTH[value.lower()]
    if hint in (int, float) and not isinstance(value, bool):
        return _number(hint, value)
    if origin is Literal and value not in arguments:
        raise ValueError(f"one of {', '.join(map(str, arguments))} is wanted, got {value!r}")
    return value


_TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def _number(hint: type[int] | type[float], value: Any) -> int | float:
    wanted = "a whole number is wanted" if hint is int else "a number is wanted"
    if hint is int and isinstance(value, float) and not value.is_integer():
        raise ValueError(wanted)
    try:
        return hint(value)
    except (ValueError, TypeError):
        raise ValueError(wanted) from None


def as_text(value: Any) -> str:
    """A value of a field as a command line says it; :func:`overridden` reads it back."""
    if isinstance(value, tuple):
        return ",".join(map(as_text, value))
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)


def overridden(config: C, settings: Mapping[str, Any]) -> C:
    """A config with some fields replaced; values may be text.

    Raises
    ------
    ValueError
        If there is no such field or the value does not fit; the message names both.
    """
    hints = get_type_hints(type(config))
    values = {}
    for name, value in settings.items():
        if name not in hints:
            raise ValueError(f"{type(config).__name__} has no setting {name!r}; it has {', '.join(sorted(hints))}")
        try:
            values[name] = _typed(hints[name], value)
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(f"setting {name!r} cannot be {value!r}: {error}") from error
    return dataclasses.replace(config, **values)  # type: ignore[type-var]
