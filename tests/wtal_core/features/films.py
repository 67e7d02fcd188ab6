"""Small films whose every picture carries its own number, to see which picture came at which time."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

SIZE = 64
N_BITS = 8


def numbered_picture(number: int) -> np.ndarray:
    """Grey picture (64, 64, 3) whose 2 x 4 blocks, bright or dark, spell ``number`` (0 to 255) in binary."""
    bits = np.array([(number >> bit) & 1 for bit in range(N_BITS)]).reshape(2, 4)
    blocks = np.where(bits, 220, 30).astype(np.uint8)
    return np.repeat(np.kron(blocks, np.ones((32, 16), np.uint8))[:, :, None], 3, axis=2)


def number_on(picture: np.ndarray) -> int:
    """The number spelled on a picture of any size."""
    h, w = picture.shape[0] // 2, picture.shape[1] // 4
    grey = picture.mean(axis=2)
    bits = [
        grey[r * h + h // 4 : (r + 1) * h - h // 4, c * w + w // 4 : (c + 1) * w - w // 4].mean() > 125
        for r in range(2)
        for c in range(4)
    ]
    return sum(int(bit) << place for place, bit in enumerate(bits))


def film(
    path: Path,
    ticks: Sequence[int],
    tick: Fraction = Fraction(1, 12800),
    *,
    codec: str = "libx264",
    b_frames: int = 0,
    rate: Fraction = Fraction(25),
    sound: bool = False,
    rotation: int = 0,
    pictures: Sequence[np.ndarray] | None = None,
    pix_fmt: str = "yuv420p",
    muxer: str | None = None,
) -> Path:
    """Write a film whose picture ``i`` spells ``i`` and is presented at ``ticks[i]``."""
    options = {"g": "12", "bf": str(b_frames)}
    if codec == "libx264":
        options |= {"preset": "ultrafast", "crf": "20"}
    if codec == "libx265":
        options = {"preset": "ultrafast", "x265-params": f"log-level=none:keyint=12:bframes={b_frames}"}
    with av.open(str(path), "w", format=muxer) as out:
        stream = out.add_stream(codec, rate=rate, options=options)
        shape = (pictures[0].shape if pictures is not None else (SIZE, SIZE))[:2]
        stream.height, stream.width, stream.pix_fmt = shape[0], shape[1], pix_fmt
        stream.codec_context.time_base = stream.time_base = tick
        if rotation:
            stream.set_display_rotation(rotation)
        track = out.add_stream("aac" if muxer != "avi" else "mp3", rate=48_000, layout="mono") if sound else None
        for number, pts in enumerate(ticks):
            picture = pictures[number] if pictures is not None else numbered_picture(number)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=pix_fmt)
            frame.pts, frame.time_base = pts, tick
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if track is not None:
            _hum(out, track, float(ticks[-1] * tick))
    return path


def _hum(out: av.container.OutputContainer, track: av.AudioStream, seconds: float) -> None:
    """A 440 Hz tone from time 0."""
    wave = (0.2 * np.sin(2 * np.pi * 440 * np.arange(int(48_000 * seconds)) / 48_000)).astype(np.float32)
    for start in range(0, len(wave), 1024):
        frame = av.AudioFrame.from_ndarray(wave[None, start : start + 1024], format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, start, Fraction(1, 48_000)
        out.mux(track.encode(frame))
    out.mux(track.encode(None))
