"""Flags that say what a network of one's own wants to be given, instead of the JSON file beside it or over it.

They bear the names of the file's entries and are checked as those are (docs/extractors.md).
"""

from __future__ import annotations

import argparse
import re
from typing import Any

from app.commands.console import CommandError

_OF_INPUTS = {
    "kind": ("rgb|flow", "what it gets (default: rgb)"),
    "layout": ("AXES", "NCTHW, NTCHW, NTHWC for clips, NCHW, NHWC for pictures"),
    "frames": ("N", "pictures, or flows, of a snippet (default: 1)"),
    "mean": ("M[,M,M]", "grey levels that become 0 (default: 0)"),
    "std": ("S[,S,S]", "grey levels that become 1 (default: 1)"),
    "bound": ("PIXELS", "flow, in pixels per 40 ms, that becomes 1 (default: 20)"),
}
_OF_NETWORK = {
    "size": ("HEIGHTxWIDTH", "pixels it sees"),
    "fit": ("stretch|centre", "how a video comes to that size (default: stretch)"),
    "output_name": ("OUTPUT", "the output to read, where there are several"),
    "streams": ("NAME=FIRST:STOP[,...]", "columns of rgb and flow, where inputs are of both kinds"),
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    group = parser.add_argument_group(
        "a network of one's own",
        "with --extractor onnx:FILE: in place of what the JSON file beside it says, or of the file. INPUT= confines a "
        "value to one input; such a flag may be there several times",
    )
    for name, (metavar, about) in _OF_NETWORK.items():
        group.add_argument(_flag(name), metavar=metavar, help=about)
    for name, (metavar, about) in _OF_INPUTS.items():
        group.add_argument(_flag(name), action="append", metavar=f"[INPUT=]{metavar}", help=about)


def description(options: argparse.Namespace, extractor: str) -> str | None:
    """The description that flags and the file beside a network come to, JSON text; None where no flag is given.

    Raises
    ------
    CommandError
        If a flag cannot be read, or the extractor is none that takes flags.
    ValueError
        If file and flags together cannot serve.
    """
    given = [name for name in (*_OF_NETWORK, *_OF_INPUTS) if getattr(options, name) is not None]
    if not given:
        return None
    from pathlib import Path

    from wtal_core.features.extractors import FROM_FILE
    from wtal_core.features.onnx_description import Flags
    from wtal_core.features.onnx_file import description_with

    if not extractor.startswith(FROM_FILE):
        raise CommandError(
            f"{', '.join(map(_flag, given))}: for a network of one's own, and {extractor!r} is none; leave it out, or "
            "give --extractor onnx:FILE"
        )
    entries = {
        "output" if name == "output_name" else name: _entry(name, getattr(options, name))
        for name in given
        if name in _OF_NETWORK
    }
    of_inputs: dict[tuple[str, str], Any] = {}
    for name in (name for name in given if name in _OF_INPUTS):
        for text in getattr(options, name):
            owner, _, value = text.rpartition("=")
            if (owner, name) in of_inputs:
                raise CommandError(
                    f"{_flag(name)} is given twice{f' for input {owner!r}' * bool(owner)}; leave one out"
                )
            of_inputs[owner, name] = _of_input(name, value)
    return description_with(Path(extractor.removeprefix(FROM_FILE)), Flags(entries, of_inputs))


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _entry(name: str, text: str) -> Any:
    """An entry of the network."""
    if name == "size":
        size = re.fullmatch(r"([0-9]{1,6})x([0-9]{1,6})", text)
        if size is None:
            raise CommandError(f"--size takes HEIGHTxWIDTH in pixels, e.g. 224x224, got {text!r}")
        return [int(each) for each in size.groups()]
    if name == "streams":
        spans = [re.fullmatch(r"([^=]+)=([0-9]{1,9}):([0-9]{1,9})", part) for part in text.split(",")]
        if not all(spans) or len({span[1] for span in spans if span}) < len(spans):
            raise CommandError(f"--streams takes NAME=FIRST:STOP, e.g. rgb=0:1024,flow=1024:2048, got {text!r}")
        return {span[1]: [int(span[2]), int(span[3])] for span in spans if span}
    return text


def _of_input(name: str, text: str) -> Any:
    """An entry of an input."""
    if name in ("mean", "std"):
        return [_number(name, part) for part in text.split(",")]
    return _number(name, text) if name in ("frames", "bound") else text


def _number(name: str, text: str) -> int | float:
    """As JSON has it: without a point a whole number, so that a flag and a file that say the same are the same."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    takes = "numbers, e.g. 127.5 or 123.7,116.3,103.5" if name in ("mean", "std") else "a number"
    raise CommandError(f"{_flag(name)} takes {takes}, got {text!r}")
