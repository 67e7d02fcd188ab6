"""What a network in an ONNX file wants to be given, said in a small JSON file beside it, or by flags over it.

::

    {"size": [224, 224],
     "fit": "centre",
     "inputs": {"clip": {"kind": "rgb",  "layout": "NCTHW", "frames": 16, "mean": [127.5], "std": [127.5]},
                "move": {"kind": "flow", "layout": "NCTHW", "frames": 16, "bound": 20}},
     "output": "features",
     "streams": {"rgb": [0, 1024], "flow": [1024, 2048]}}

``size`` is height and width in pixels. ``fit`` is ``stretch`` (the default) or ``centre``: scaled until both sides are
covered, the rest cut off. An input of the kind ``rgb`` gets ``(grey level - mean) / std`` per channel, one of the kind
``flow`` gets dense flow in pixels per 40 ms, x before y, cut at ``bound`` and divided by it. Clips are ``NCTHW``,
``NTCHW`` or ``NTHWC`` and span the snippet. Pictures are ``NCHW`` or ``NHWC``: of ``rgb`` the network sees ``frames``
of them one after the other and the results are averaged, of ``flow`` they are stacked as channels x1, y1, x2, ...
``output`` may be left out where there is one, ``streams`` where all is of one kind.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LAYOUTS = ("NCTHW", "NTCHW", "NTHWC", "NCHW", "NHWC")
KINDS = {"rgb": 3, "flow": 2}
"""What an input can be given, and its channels."""
MOST_FRAMES = 256
_LEAST_FOR_FLOW = 12  # pixels of the longer side, of DIS
_KEYS = {"size", "fit", "inputs", "output", "streams"}
_INPUT_KEYS = {"kind", "layout", "frames", "mean", "std", "bound"}


@dataclass(frozen=True, slots=True)
class Input:
    """What one input of the network gets.

    Attributes
    ----------
    kind
        A key of :data:`KINDS`.
    layout
        One of :data:`LAYOUTS`.
    frames
        Pictures, or flows, of a snippet.
    mean, std
        Per channel; they are for ``rgb``.
    bound
        Pixels per 40 ms that become 1; it is for ``flow``.
    """

    kind: str
    layout: str
    frames: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    bound: float

    @property
    def is_clip(self) -> bool:
        """Whether time is an axis of it."""
        return "T" in self.layout

    def shape(self, size: tuple[int, int]) -> tuple[int, ...]:
        """The shape of what it gets at one time."""
        channels = KINDS[self.kind]
        if self.kind == "flow" and not self.is_clip:
            channels *= self.frames
        lengths = {"N": 1, "C": channels, "T": self.frames, "H": size[0], "W": size[1]}
        return tuple(lengths[axis] for axis in self.layout)


@dataclass(frozen=True, slots=True)
class Description:
    """All of it; the fields are those of the file."""

    size: tuple[int, int]
    is_cut: bool
    inputs: Mapping[str, Input]
    output: str | None
    streams: Mapping[str, tuple[int, int]] | None
    text: str

    @property
    def n_rounds(self) -> int:
        """How often the network runs for a snippet: once, or once per picture."""
        first = next(iter(self.inputs.values()))
        return first.frames if first.kind == "rgb" and not first.is_clip and len(self.inputs) == 1 else 1


@dataclass(frozen=True, slots=True)
class Flags:
    """What is said beside the file; it counts before the file.

    Attributes
    ----------
    entries
        As in the file, without ``inputs``.
    of_inputs
        Entries of ``inputs`` by the input's name, "" for each input there is, and by key.
    """

    entries: Mapping[str, Any]
    of_inputs: Mapping[tuple[str, str], Any]


class BadDescription(ValueError):
    """The file beside the network is absent or wrong; the message says where and what to write."""


def read(path: Path) -> Description:
    """The description in a file.

    Raises
    ------
    BadDescription
        If it cannot serve.
    """
    if not path.exists():
        raise BadDescription(
            f"{path}: it is not there; a network needs a description beside it; write there, for example, "
            '{"size": [224, 224], "inputs": {"NAME": {"kind": "rgb", "layout": "NCTHW", "frames": 16, '
            '"mean": [127.5], "std": [127.5]}}}, or say it by flags of `wtal extract`: '
            "--size 224x224 --layout NCTHW --frames 16 --mean 127.5 --std 127.5"
        )
    return described(_said(path), str(path))


def described(said: object, where: str) -> Description:
    """What plain values say.

    Parameters
    ----------
    said
        As in the file.
    where
        Begins the message if they cannot serve.

    Raises
    ------
    BadDescription
        If they cannot serve.
    """
    try:
        return _described(_mapping(said, _KEYS, "the description"), json.dumps(said, sort_keys=True))
    except BadDescription as error:
        raise BadDescription(f"{where}: {error}") from error


def described_anew(path: Path, flags: Flags, names: Iterable[str]) -> Description:
    """The description in a file, if it is there, with what flags say in its stead.

    Parameters
    ----------
    names
        The network's inputs, where no file names them.

    Raises
    ------
    BadDescription
        If both together cannot serve.
    """
    said = _mapping(_said(path) if path.exists() else {}, _KEYS, f"{path}: the description")
    named = said.get("inputs", {name: {} for name in names})
    inputs: dict[str, Any] = dict(_mapping(named, set(named), f'{path}: "inputs"')) if named else {}
    for (name, key), value in sorted(flags.of_inputs.items()):  # those of all inputs come first: their name is ""
        for each in (name,) if name else tuple(inputs):
            entry = inputs.get(each, {})
            inputs[each] = {**_mapping(entry, _INPUT_KEYS, f"{path}: input {each!r}"), key: value}
    try:
        return described({**said, **flags.entries, "inputs": inputs}, path.name if path.exists() else "the flags")
    except BadDescription as error:
        raise BadDescription(f"{error}; correct the entry, or the flag of that name, which counts before it") from error


def differences(before: object, now: object, place: str = "") -> list[str]:
    """Where two descriptions differ, each in words."""
    if isinstance(before, dict) and isinstance(now, dict):
        keys = sorted(before.keys() | now.keys())
        return [line for key in keys for line in differences(before.get(key), now.get(key), f"{place} {key}".strip())]
    shown = ["not said" if each is None else json.dumps(each) for each in (before, now)]
    return [] if before == now else [f"{place} was {shown[0]}, is {shown[1]}"]


def _said(path: Path) -> object:
    """The values in a file."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadDescription(f"{path}: it is no JSON text ({error}); mend it") from error


def _described(said: Mapping[str, Any], text: str) -> Description:
    size = said.get("size")
    if not (isinstance(size, list) and len(size) == 2 and all(_is_count(each, 4096) for each in size)):
        raise BadDescription(f'"size" is [height, width] in pixels, up to 4096, got {size!r}')
    fit = said.get("fit", "stretch")
    if fit not in ("stretch", "centre"):
        raise BadDescription(f'"fit" is "stretch" or "centre", got {fit!r}')
    named = said.get("inputs")
    if not isinstance(named, dict) or not named:
        raise BadDescription(f'"inputs" names each input of the network and what it gets, got {named!r}')
    inputs = {name: _input(_mapping(each, _INPUT_KEYS, f"input {name!r}"), name) for name, each in named.items()}
    if len(inputs) > 1 and any(each.kind == "rgb" and not each.is_clip and each.frames > 1 for each in inputs.values()):
        raise BadDescription('beside another input one of single pictures gets one of them: "frames": 1')
    if max(size) < _LEAST_FOR_FLOW and any(each.kind == "flow" for each in inputs.values()):
        raise BadDescription(
            f"flow needs a side of {_LEAST_FOR_FLOW} pixels or more, got {size[0]} x {size[1]}; "
            'correct "size", or export the network for larger pictures'
        )
    output = said.get("output")
    if output is not None and not isinstance(output, str):
        raise BadDescription(f'"output" is the name of an output, got {output!r}')
    return Description((size[0], size[1]), fit == "centre", inputs, output, _streams(said.get("streams"), inputs), text)


def _input(said: Mapping[str, Any], name: str) -> Input:
    """One entry of ``inputs``."""
    kind, layout, frames = said.get("kind", "rgb"), said.get("layout"), said.get("frames", 1)
    if kind not in KINDS:
        raise BadDescription(f'"kind" of input {name!r} is {" or ".join(KINDS)}, got {kind!r}')
    if layout not in LAYOUTS:
        raise BadDescription(f'"layout" of input {name!r} is one of {", ".join(LAYOUTS)}, got {layout!r}')
    if not _is_count(frames, MOST_FRAMES):
        raise BadDescription(f'"frames" of input {name!r} is 1 to {MOST_FRAMES}, got {frames!r}')
    bound = said.get("bound", 20.0)
    if not _is_number(bound) or bound <= 0:
        raise BadDescription(f'"bound" of input {name!r} is a number above 0, got {bound!r}')
    mean, std = (_channels(said, key, name, usual) for key, usual in (("mean", 0.0), ("std", 1.0)))
    if min(std) <= 0:
        raise BadDescription(f'"std" of input {name!r} is above 0, got {list(std)}')
    return Input(kind, layout, frames, mean, std, float(bound))


def _channels(said: Mapping[str, Any], key: str, name: str, usual: float) -> tuple[float, ...]:
    """One number per channel of a picture; one alone stands for all."""
    values = said.get(key, [usual])
    if not isinstance(values, list) or len(values) not in (1, 3) or not all(_is_number(each) for each in values):
        raise BadDescription(f'"{key}" of input {name!r} is a list of 1 or 3 numbers (grey levels), got {values!r}')
    return tuple(float(each) for each in values) * (3 // len(values))


def _streams(said: object, inputs: Mapping[str, Input]) -> Mapping[str, tuple[int, int]] | None:
    """Columns of each stream; None where all is of one kind, and so one stream."""
    if said is None:
        if len({each.kind for each in inputs.values()}) > 1:
            raise BadDescription(
                'the inputs are of two kinds, so "streams" has to say which columns are whose: {"rgb": [0, 1024], ...}'
            )
        return None
    if not isinstance(said, dict) or not said or not all(_is_span(each) for each in said.values()):
        raise BadDescription(f'"streams" is {{"rgb": [first, stop], "flow": [first, stop]}}, got {said!r}')
    place = 0
    for name, (first, stop) in sorted(said.items(), key=lambda item: item[1]):
        if first != place:
            raise BadDescription(f'"streams" cover all columns once; {name!r} begins at {first} and not at {place}')
        place = stop
    return {name: (first, stop) for name, (first, stop) in said.items()}


def _mapping(said: object, known: set[str], what: str) -> Mapping[str, Any]:
    if not isinstance(said, dict):
        raise BadDescription(f"{what} is {{...}}, got {str(said)[:80]}")
    if unknown := sorted(set(said) - known):
        raise BadDescription(f"{what} has {', '.join(map(repr, unknown))}; known are {', '.join(sorted(known))}")
    return said


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e9


def _is_count(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most


def _is_span(value: object) -> bool:
    return (
        isinstance(value, list) and len(value) == 2 and all(type(e) is int for e in value) and 0 <= value[0] < value[1]
    )
