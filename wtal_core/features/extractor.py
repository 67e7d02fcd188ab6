"""What a feature extractor is: a video in, one row of features per snippet out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wtal_core.domain import SnippetGrid
from wtal_core.features.snippets import SNIPPET_FRAMES, SNIPPET_RATE
from wtal_core.features.timebase import Progress, TimeTable

Rows = Callable[[Path, TimeTable, SnippetGrid, Progress], Iterator[NDArray[np.float32]]]


@dataclass(frozen=True)
class Extractor:
    """One way to describe snippets.

    Attributes
    ----------
    name
        What it is asked for by: a key of ``EXTRACTORS``, or ``onnx:FILE``.
    version
        Raised with every change of code that changes a feature.
    parameters
        What it was run with; plain values.
    streams
        Columns of each stream, ``{"rgb": (0, a), "flow": (a, D)}``.
    rows
        Yields the ``T`` rows of a video in order, reading it once, in constant memory.
    """

    name: str
    version: int
    parameters: Mapping[str, float | str]
    streams: Mapping[str, tuple[int, int]]
    rows: Rows

    @property
    def dim(self) -> int:
        """``D``."""
        return max(stop for _, stop in self.streams.values())

    @property
    def fingerprint(self) -> str:
        """Changes whenever a feature may: name, version, parameters and streams, 16 hexadecimal digits.

        Of a network in a file the name counts without its folder: the parameters hold the hash of its bytes.
        """
        name = self.name.partition(":")[0]
        said = json.dumps([name, self.version, dict(self.parameters), dict(self.streams)], sort_keys=True)
        return hashlib.blake2b(said.encode(), digest_size=8).hexdigest()

    @property
    def description(self) -> str | None:
        """Of a network in a file, what it is given, as JSON text."""
        text = self.parameters.get("description")
        return None if text is None else str(text)

    @property
    def meta(self) -> dict[str, object]:
        """What ``meta.json`` of a feature folder says."""
        return {
            "extractor": self.name,
            "fingerprint": self.fingerprint,
            "fps": float(SNIPPET_RATE),
            "snippet_frames": SNIPPET_FRAMES,
            "stride_frames": SNIPPET_FRAMES,
            "streams": {name: list(columns) for name, columns in self.streams.items()},
            **({} if self.description is None else {"description": json.loads(self.description)}),
        }
