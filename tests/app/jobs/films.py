"""Tiny films for tests, made on the spot."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np


def film(path: Path, *, codec: str = "libx264", n_frames: int = 50, rate: int = 25, seed: int = 0) -> Path:
    """A square that moves over grey, 96x64 pixels."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.codec_context.time_base = Fraction(1, rate)
        for i in range(n_frames):
            picture = np.full((64, 96, 3), 90 + seed, np.uint8)
            picture[20:40, (3 * i) % 76 : (3 * i) % 76 + 20] = (200, 40, 40)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = i
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path
