"""The extractor ``onnx:FILE``: a network of one's own, for clips or pictures, of one or two streams.

Beside ``net.onnx`` lies ``net.json``, which says what the network wants (:mod:`wtal_core.features.onnx_description`),
unless that is given as text. The network runs on snippets of the grid all extractors share, by onnxruntime. The
fingerprint holds the hash of the file and its description, so that features of an earlier network never pass for those
of the present one.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from wtal_core.domain import SnippetGrid
from wtal_core.features.extractor import Extractor
from wtal_core.features.files import content_hash
from wtal_core.features.onnx_description import Description, Flags, Input, described, described_anew, read
from wtal_core.features.snippets import SNIPPET_FRAMES, SNIPPET_RATE, pictures, shown_size
from wtal_core.features.timebase import Progress, TimeTable

Floats = NDArray[np.float32]
Run = Callable[[Mapping[str, Floats]], Floats]
"""Inputs by name, output (D,)."""

Shown = tuple[int, NDArray[np.uint8]]
"""Raw presentation time in microseconds and the picture, (H, W, 3)."""

_PAIR = 40_000  # microseconds; flow is in pixels per this
_LONGEST_NAME = 255  # of an extractor, in the database


class BadNetwork(ValueError):
    """A file that cannot serve as an extractor; the message says why and what to do."""


def from_file(path: Path, description: str | None = None) -> Extractor:
    """The extractor of a network in a file.

    Parameters
    ----------
    path
        The network.
    description
        What it wants to be given, JSON text in place of the file beside it.

    Raises
    ------
    BadNetwork, BadDescription
        If the file or its description cannot serve.
    """
    path = _there(path)
    text = read(path.with_suffix(".json")).text if description is None else description
    if len(f"onnx:{path}") > _LONGEST_NAME:
        raise BadNetwork(f"{path}: the path is longer than {_LONGEST_NAME - 5} characters; move the file")
    return _made(path, path.stat().st_mtime_ns, text)


def description_with(path: Path, flags: Flags) -> str:
    """The description of a network with what flags say, as text for :func:`from_file`.

    The file beside the network counts where no flag does, and may be absent.

    Raises
    ------
    BadNetwork, BadDescription
        If the network cannot be run, or file and flags together cannot serve.
    """
    path = _there(path)
    names = [each.name for each in _opened(path).get_inputs()]
    return described_anew(path.with_suffix(".json"), flags, names).text


def _there(path: Path) -> Path:
    """Where a network lies."""
    path = Path(path).expanduser().resolve()
    if not path.is_file():
        raise BadNetwork(f"{path}: there is no such file; give onnx:FILE, a network in ONNX format")
    return path


@lru_cache(maxsize=8)
def _made(path: Path, _changed: int, text: str) -> Extractor:
    """One session per file and description as they are now."""
    description = described(json.loads(text), str(path))
    run = _session(path, description)
    dim = len(run({name: np.zeros(each.shape(description.size), np.float32) for name, each in _items(description)}))
    streams = dict(description.streams or {next(iter(description.inputs.values())).kind: (0, dim)})
    if max(stop for _, stop in streams.values()) != dim:
        raise BadNetwork(
            f"{path}: the network gives {dim} columns, its description tells of {streams}; correct the streams"
        )
    return Extractor(
        name=f"onnx:{path}",
        version=1,
        parameters={
            "file": content_hash(path),
            "description": description.text,
            "snippet_frames": SNIPPET_FRAMES,
            "rate": SNIPPET_RATE,
        },
        streams=streams,
        rows=_Rows(run, description),
    )


def _items(description: Description) -> list[tuple[str, Input]]:
    return list(description.inputs.items())


def _opened(path: Path) -> Any:
    """The session of a network."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    known = onnxruntime.get_available_providers()
    wanted = [name for name in ("CUDAExecutionProvider", "CPUExecutionProvider") if name in known]
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=wanted)
    except Exception as error:  # its errors have no common class below Exception
        raise BadNetwork(
            f"{path}: it is no ONNX network that can be run ({_first_line(error)}); export it again"
        ) from error


def _session(path: Path, description: Description) -> Run:
    """The network, checked against its description."""
    session = _opened(path)
    _check_inputs(path, description, {each.name: (each.shape, each.type) for each in session.get_inputs()})
    outputs = [each.name for each in session.get_outputs()]
    if description.output is None and len(outputs) > 1:
        raise BadNetwork(f'{path}: it has the outputs {", ".join(outputs)}; name one as "output" in its description')
    output = description.output or outputs[0]
    if output not in outputs:
        raise BadNetwork(f"{path}: it has no output {output!r}; there are {', '.join(outputs)}")

    def run(given: Mapping[str, Floats]) -> Floats:
        try:
            found = np.asarray(session.run([output], dict(given))[0])
        except Exception as error:
            raise BadNetwork(
                f"{path}: the network fails on what its description says it gets ({_first_line(error)}); "
                "correct the description"
            ) from error
        if found.size != max(found.shape, default=0):
            raise BadNetwork(
                f"{path}: output {output!r} has the shape {found.shape}; one row of features per clip is needed, so "
                "let the network pool over place and time"
            )
        return np.asarray(found.ravel(), np.float32)

    return run


def _check_inputs(path: Path, description: Description, inputs: Mapping[str, tuple[list[Any], str]]) -> None:
    """Names, types, ranks and fixed lengths; a length that is free takes what the description says."""
    if set(inputs) != set(description.inputs):
        raise BadNetwork(
            f"{path}: the network has the inputs {', '.join(sorted(inputs))}, its description tells of "
            f"{', '.join(sorted(description.inputs))}; correct the names"
        )
    for name, (lengths, kind) in inputs.items():
        told = description.inputs[name]
        given = told.shape(description.size)
        if kind != "tensor(float)":
            raise BadNetwork(f"{path}: input {name!r} is a {kind}; export the network for float32")
        if len(lengths) != len(given):
            raise BadNetwork(
                f"{path}: input {name!r} has {len(lengths)} axes {tuple(lengths)}, its layout {told.layout} has "
                f"{len(given)}; correct the layout"
            )
        for axis, fixed, length in zip(told.layout, lengths, given, strict=True):
            if isinstance(fixed, int) and fixed > 0 and fixed != length:
                raise BadNetwork(
                    f"{path}: axis {axis} of input {name!r} is {fixed}, its description comes to {length} "
                    f"({told.layout} {given}); correct the size, the frames or the layout"
                )


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


@dataclass(frozen=True, eq=False)
class _Rows:
    """The rows of a video; a snippet without a picture of its own shows the one before."""

    run: Run
    description: Description

    def __call__(self, path: Path, table: TimeTable, grid: SnippetGrid, progress: Progress) -> Iterator[Floats]:
        shown: list[Shown] = []
        t = 0
        size, (top, left) = _placed(shown_size(path, table), self.description)
        high, wide = self.description.size
        for picture in pictures(path, table, size):
            while t < grid.cell(picture.time):
                yield self._row(shown, (grid.start(t), grid.end(t)), path)
                shown, t = shown[-1:], t + 1
            shown.append((picture.time, picture.rgb[top : top + high, left : left + wide]))
            progress(min(1.0, (picture.time - grid.origin) / grid.duration))
        while t < grid.n_snippets:
            yield self._row(shown, (grid.start(t), grid.end(t)), path)
            shown, t = shown[-1:], t + 1
        progress(1.0)

    def _row(self, shown: list[Shown], span: tuple[int, int], path: Path) -> Floats:
        """Features (D,) of one snippet: once through the network, or the mean over its single pictures."""
        given = {name: _given(each, shown, span) for name, each in _items(self.description)}
        rounds = [{name: values[i] for name, values in given.items()} for i in range(self.description.n_rounds)]
        row = np.asarray(np.mean([self.run(each) for each in rounds], axis=0), np.float32)
        if not (np.abs(row) <= np.finfo(np.float16).max).all():
            raise BadNetwork(
                f"{path.name}: the network gives values that are not finite, or beyond float16, at "
                f"{span[0] / 1e6:.2f} s; let it end in a normalisation"
            )
        return row


def _placed(shown: tuple[int, int], description: Description) -> tuple[tuple[int, int], tuple[int, int]]:
    """Width and height to scale a video to, and the corner (row, column) at which the network's part begins."""
    height, width = description.size
    if not description.is_cut:
        return (width, height), (0, 0)
    share = max(width / shown[0], height / shown[1])
    scaled = max(width, round(shown[0] * share)), max(height, round(shown[1] * share))
    return scaled, ((scaled[1] - height) // 2, (scaled[0] - width) // 2)


def _given(each: Input, shown: list[Shown], span: tuple[int, int]) -> Floats:
    """What an input gets for a snippet, one after the other: shape (rounds, *shape of the input)."""
    start, end = span
    times = np.array([time for time, _ in shown])
    if each.kind == "rgb":
        wanted = start + (np.arange(each.frames) + 0.5) / each.frames * (end - start)
        seen = np.stack([_on_screen(times, shown, time) for time in wanted]).astype(np.float32)
        values: Any = (seen - np.array(each.mean, np.float32)) / np.array(each.std, np.float32)  # (T, H, W, 3)
    else:
        edges = start + np.arange(each.frames + 1) / each.frames * (end - start)
        grey = [cv2.cvtColor(_on_screen(times, shown, time), cv2.COLOR_RGB2GRAY) for time in edges]
        pace = _PAIR / ((end - start) / each.frames)
        flow = np.stack([_flow(a, b) for a, b in itertools.pairwise(grey)]) * pace  # (T, H, W, 2)
        values = np.clip(flow, -each.bound, each.bound) / each.bound
    if each.is_clip:
        order = ["THWC".index(axis) for axis in each.layout[1:]]
        return np.ascontiguousarray(values.transpose(order))[None, None]  # (1, 1, ...)
    if each.kind == "flow":  # the T flows become 2 T channels
        values = values.transpose(1, 2, 0, 3).reshape(1, *values.shape[1:3], -1)
    if each.layout == "NCHW":
        values = values.transpose(0, 3, 1, 2)
    return np.ascontiguousarray(values)[:, None]  # (rounds, 1, ...)


def _on_screen(times: NDArray[np.int64], shown: list[Shown], time: float) -> NDArray[np.uint8]:
    """The picture on screen at a time, or the first there is."""
    return shown[max(0, int(np.searchsorted(times, time, side="right")) - 1)][1]


def _flow(before: Any, after: Any) -> Floats:
    """Dense flow (H, W, 2) in pixels, the camera's motion included, as such networks were trained on."""
    dense: Any = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)  # type: ignore[attr-defined]
    return np.asarray(dense.calc(before, after, None), np.float32)
