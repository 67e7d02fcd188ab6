"""What the project knows of a video file, and its pictures at exact times.

:func:`probe` is asked once, on import; :class:`FrameReader` gives the picture on screen at any time afterwards. Copies
for the browser and still pictures are made by :mod:`~wtal_core.features.proxy` and
:mod:`~wtal_core.features.pictures`, re-exported here.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from wtal_core.features.files import content_hash
from wtal_core.features.pictures import make_strip, make_thumbnail
from wtal_core.features.proxy import ProxyFailed, ProxyReport, make_proxy
from wtal_core.features.reader import FrameReader, display_size
from wtal_core.features.timebase import (
    Progress,
    TimeTable,
    UnreadableVideo,
    decoded,
    open_video,
    read_table,
    timed_frames,
)

__all__ = [
    "FrameReader",
    "Progress",
    "ProxyFailed",
    "ProxyReport",
    "UnreadableVideo",
    "VideoFacts",
    "content_hash",
    "make_proxy",
    "make_strip",
    "make_thumbnail",
    "probe",
    "timed_frames",
]

_PLAYABLE = {"mp4": {"h264", "av1", "vp9"}, "matroska": {"h264", "vp8", "vp9", "av1"}}
_PLAYABLE_PIXELS = {"h264": {"yuv420p", "yuvj420p"}}


@dataclass(frozen=True, eq=False)
class VideoFacts:
    """All that import learns of a video file.

    Attributes
    ----------
    path
        The file.
    frame_times
        Raw presentation time of every picture, microseconds, ascending int64 (N,).
    origin
        Raw presentation time of the first picture, microseconds.
    duration
        Microseconds from the first picture to the end of the last.
    width, height
        As shown, in square pixels: after rotation and pixel aspect.
    fps
        Pictures per second on average, exact; informative only, never a clock.
    is_variable
        Whether the gaps between pictures differ by more than the container's rounding.
    codec, container
        Names as FFmpeg gives them, e.g. ``h264`` and ``mov,mp4,m4a,3gp,3g2,mj2``.
    rotation
        Degrees counter-clockwise by which a player turns the stored pictures: 0, 90, 180 or 270.
    has_audio
        Whether there is sound.
    content_hash
        :func:`content_hash` of the file.
    browser_playable
        Whether Chromium plays it as it is, frame exact; else a proxy is needed.
    playable_reason
        Why, or why not.
    """

    path: Path
    frame_times: NDArray[np.int64]
    origin: int
    duration: int
    width: int
    height: int
    fps: Fraction
    is_variable: bool
    codec: str
    container: str
    rotation: int
    has_audio: bool
    content_hash: str
    browser_playable: bool
    playable_reason: str

    @property
    def n_frames(self) -> int:
        """Number of pictures."""
        return len(self.frame_times)

    def frame_at(self, time: int) -> int:
        """Index of the picture on screen at raw ``time`` microseconds, clipped to the video."""
        return max(0, int(np.searchsorted(self.frame_times, time, side="right")) - 1)


def probe(path: Path) -> VideoFacts:
    """Read the time base of a video, its looks and its content hash, and decode its first picture.

    The file is read twice from end to end (packets, hash) and nothing but the first picture is decoded, except for
    containers without presentation times.

    Raises
    ------
    UnreadableVideo
        If it cannot serve as a video, with the reason.
    """
    path = Path(path)
    table = read_table(path)
    with open_video(path) as (file, stream):
        first = next(decoded(file, stream), None)
        if first is None:
            raise UnreadableVideo(
                path, "its pictures cannot be decoded (damaged, encrypted or a codec variant unknown here); convert it"
            )
        times = table.times
        is_variable = _is_variable(table)
        playable, reason = _browser_playable(file, stream, first, table, is_variable)
        width, height = display_size(first, stream)
        return VideoFacts(
            path=path,
            frame_times=times,
            origin=int(times[0]),
            duration=table.end - int(times[0]),
            width=width,
            height=height,
            fps=stream.average_rate or Fraction(len(times) * 1_000_000, table.end - int(times[0])),
            is_variable=is_variable,
            codec=stream.codec_context.name,
            container=file.format.name,
            rotation=int(first.rotation) % 360,
            has_audio=bool(file.streams.audio),
            content_hash=content_hash(path),
            browser_playable=playable,
            playable_reason=reason,
        )


def _is_variable(table: TimeTable) -> bool:
    """Gaps between pictures differ by more than one tick of rounding at each end."""
    gaps = np.diff(table.ticks)
    return bool(len(gaps) and gaps.max() - gaps.min() > 2)


def _browser_playable(
    file: av.container.InputContainer, stream: av.VideoStream, picture: av.VideoFrame, table: TimeTable, variable: bool
) -> tuple[bool, str]:
    """Whether Chromium plays it frame exact (measured per container and codec), and why."""
    names = file.format.name.split(",")
    container = "matroska" if "matroska" in names else "mp4" if "mp4" in names else names[0]
    codec = {"libdav1d": "av1", "libaom-av1": "av1", "libvpx": "vp8", "libvpx-vp9": "vp9"}.get(
        stream.codec_context.name, stream.codec_context.name
    )
    if table.is_numbered:
        return False, f"{container} keeps no presentation times; a proxy gives its pictures times"
    if codec not in _PLAYABLE.get(container, set()):
        return False, f"browsers do not play {codec} in {container}; a proxy in H.264 is needed"
    pixels = picture.format.name
    if pixels not in _PLAYABLE_PIXELS.get(codec, {pixels}):
        return False, f"browsers do not play {codec} with {pixels} pixels; a proxy in yuv420p is needed"
    if container == "matroska" and variable:
        return False, "Matroska with a variable frame rate shows some wrong frames in browsers; a proxy is needed"
    return True, f"{codec} in {container} plays in browsers"
