"""The methods a worker can train, as plain data in a table, so that the web process never imports torch."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from app.workspace import Workspace
from db.records import MethodRecord

DEFAULT_METHOD = "mixed"
STAGED = (
    ("epochs", "int", "Passes over the training videos in every stage"),
    ("steps", "int", "Steps of every stage, instead of passes"),
    ("min_steps", "int", "Least steps of every stage, so that few videos are seen often enough"),
    ("learning_rate", "float", "Peak learning rate of every stage"),
)
SIMPLE = {int: "int", float: "float", bool: "bool", str: "text"}


def publish(workspace: Workspace, at: float) -> None:
    """Write every method of :data:`wtal_core.models.METHODS` to the database; called by a worker when it starts."""
    from wtal_core.models import METHODS

    with workspace.write() as unit:
        unit.runs.put_methods([_method(name, entry, i) for i, (name, entry) in enumerate(METHODS.items())], at)


def _method(name: str, entry: Any, position: int) -> MethodRecord:
    from wtal_core.training.config import to_data

    return MethodRecord(
        name=name,
        position=position,
        is_default=name == DEFAULT_METHOD,
        title=entry.title,
        summary=entry.summary,
        levels=sorted(entry.levels),
        fields=[
            *config_fields(entry.config(), "method"),
            *config_fields(entry.training, "training"),
            *stage_fields(entry.training),
        ],
        training=to_data(entry.training),
        presets={preset: _plain(settings) for preset, settings in entry.presets.items()},
    )


def config_fields(config: Any, group: str) -> list[dict[str, Any]]:
    """What a form needs to know of each setting of a config that a person can type.

    Returns
    -------
    list of dict
        ``name`` (``group.field``, as ``--set`` takes it), ``type`` (int, float, bool, text or choice), ``optional``,
        ``default``, ``choices`` and ``help``.
    """
    hints = get_type_hints(type(config))
    described = [(field, *_form(hints[field.name])) for field in dataclasses.fields(config)]
    return [
        {
            "name": f"{group}.{field.name}",
            "type": kind,
            "optional": is_optional,
            "choices": choices,
            "default": _default(getattr(config, field.name)),
            "help": str(field.metadata.get("help", "")),
        }
        for field, kind, is_optional, choices in described
        if kind
    ]


def stage_fields(training: Any) -> list[dict[str, Any]]:
    """Settings of a schedule that reach every one of its stages; the default is empty where the stages differ."""
    found: list[dict[str, Any]] = []
    for name, kind, words in STAGED:
        values = {getattr(stage, name) for stage in training.stages}
        default = values.pop() if len(values) == 1 else None
        found.append(
            {
                "name": f"training.{name}",
                "type": kind,
                "optional": True,
                "choices": [],
                "default": default,
                "help": f"{words}; empty keeps that of each stage",
            }
        )
    return found


def _form(hint: Any) -> tuple[str, bool, list[Any]]:
    """How a setting is entered: type, whether it may be empty, choices; an empty type for what is no single value."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        some = [each for each in arguments if each is not NoneType]
        kind, _, choices = _form(some[0]) if len(some) == 1 else ("", False, [])
        return kind, NoneType in arguments, choices
    if origin is Literal:
        return "choice", False, list(arguments)
    if origin is tuple and arguments and arguments[0] in SIMPLE:
        return "text", False, []
    return SIMPLE.get(hint, ""), False, []


def _default(value: Any) -> Any:
    """A default as a form shows it: tuples as the comma-separated text they are entered as."""
    return ",".join(map(str, value)) if isinstance(value, tuple) else value


def _plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    """A preset's overrides for JSON; dataclasses become dicts, tuples lists."""

    def plain(value: Any) -> Any:
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return [plain(item) for item in value] if isinstance(value, (tuple, list)) else value

    return {name: plain(value) for name, value in settings.items()}
