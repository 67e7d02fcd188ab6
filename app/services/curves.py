"""CAS and threshold of a stored prediction: bytes to draw, floats to read.

A prediction is an ``.npz`` below the runs folder with ``cas`` (T, C) and ``threshold`` (T,) or (T, C), float32,
``edges`` (T + 1,) int64 microseconds and ``class_names`` (C,). It is read without pickle.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class StoredCurves:
    """What a run said of a video.

    Attributes
    ----------
    cas
        (T, C) float32.
    threshold
        (T,) or (T, C) float32.
    edges
        Starts of the snippets and the end of the last, (T + 1,) int64 microseconds.
    """

    class_names: tuple[str, ...]
    cas: NDArray[np.float32]
    threshold: NDArray[np.float32]
    edges: NDArray[np.int64]

    @classmethod
    def load(cls, path: Path) -> StoredCurves:
        """Read a prediction.

        Raises
        ------
        LookupError
            If the file is gone, or is no prediction.
        """
        try:
            with np.load(path, allow_pickle=False) as stored:
                return cls(
                    tuple(str(name) for name in stored["class_names"]),
                    np.asarray(stored["cas"], np.float32),
                    np.asarray(stored["threshold"], np.float32),
                    np.asarray(stored["edges"], np.int64),
                )
        except (OSError, KeyError, ValueError) as error:
            raise LookupError(
                f"the prediction {path.name} cannot be read ({error}); run the prediction again"
            ) from error

    def drawing(self, run: int) -> bytes:
        """The answer of the curves route: a line of JSON, then rows of bytes.

        One affine map per video takes the range of all curves to 0..255; each row is stored as differences of
        neighbours mod 256, which compress twice as well.
        """
        rows = np.concatenate([self.cas, self.threshold.reshape(len(self.threshold), -1)], axis=1).T  # (rows, T)
        finite = rows[np.isfinite(rows)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
        scale = 255.0 / (high - low) if high > low else 0.0
        filled = np.nan_to_num(rows, nan=low, posinf=high, neginf=low)
        drawn = np.rint((filled - low) * scale).clip(0, 255).astype(np.uint8)
        steps = np.diff(drawn, axis=1, prepend=np.uint8(0))  # wraps mod 256; the first stays as it is
        head = {
            "run": run,
            "n_snippets": len(self.cas),
            "classes": list(self.class_names),
            "edges": self.edges.tolist(),
            "low": low,
            "high": high,
            "rows": len(drawn),
        }
        return json.dumps(head, separators=(",", ":")).encode() + b"\n" + np.ascontiguousarray(steps).tobytes()

    def at(self, run: int, time: int) -> dict[str, object]:
        """The stored floats of the snippet that holds ``time`` microseconds, clipped to the video."""
        index = int(np.clip(np.searchsorted(self.edges, time, side="right") - 1, 0, len(self.cas) - 1))
        cas = self.cas[index]
        threshold = np.broadcast_to(self.threshold[index], cas.shape)
        gate = 0.5 * (1.0 + np.tanh(0.5 * (cas - threshold)))
        return {
            "run": run,
            "snippet": index,
            "start": int(self.edges[index]),
            "end": int(self.edges[index + 1]),
            "cas": _by_class(self.class_names, cas),
            "threshold": _by_class(self.class_names, threshold),
            "gate": _by_class(self.class_names, gate),
        }


def _by_class(names: tuple[str, ...], values: NDArray[np.float32]) -> dict[str, float | None]:
    """Floats by class; JSON knows no infinity, so what is not finite is null."""
    return {name: float(value) if np.isfinite(value) else None for name, value in zip(names, values, strict=True)}
