"""From pictures at exact times to snippets: which picture, and which pair of pictures, belongs to which cell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from wtal_core.domain import SnippetGrid, to_microseconds
from wtal_core.features.reader import display_size, upright
from wtal_core.features.timebase import TimeTable, UnreadableVideo, timed_frames

SNIPPET_FRAMES = 16
SNIPPET_RATE = 25
STEP = Fraction(SNIPPET_FRAMES, SNIPPET_RATE)
"""Seconds of a snippet, 0.64: 16 frames at 25 per second, on the video's own clock whatever its frame rate."""

_LEAST_GAP = 30_000
"""Microseconds: of videos beyond 33 pictures per second some are passed over; 25, 29.97 and 30 are used whole."""


@dataclass(frozen=True, eq=False)
class TimedPicture:
    """One picture, scaled down.

    Attributes
    ----------
    time
        Raw presentation time, microseconds.
    rgb
        Upright, uint8 (H, W, 3).
    frame
        As it was decoded.
    """

    time: int
    rgb: NDArray[np.uint8]
    frame: av.VideoFrame

    def scaled(self, size: tuple[int, int]) -> NDArray[np.uint8]:
        """The picture at another size (width, height as shown), upright, uint8 (height, width, 3)."""
        return _scaled(av.video.reformatter.VideoReformatter(), self.frame, size)


def snippet_grid(table: TimeTable) -> SnippetGrid:
    """The grid of a video: cells of :data:`STEP` from the first picture; a tail under half a step joins the last."""
    origin = int(table.times[0])
    duration = table.end - origin
    n_snippets = max(1, round(Fraction(duration, to_microseconds(STEP))))
    return SnippetGrid(STEP, n_snippets, duration, origin)


def pictures(path: Path, table: TimeTable, size: tuple[int, int]) -> Iterator[TimedPicture]:
    """The pictures of a video in order, scaled to ``size`` (width, height as shown), at most about 33 per second.

    Raises
    ------
    UnreadableVideo
        If not one picture decodes.
    """
    scaler = av.video.reformatter.VideoReformatter()
    last: int | None = None
    for time, frame in timed_frames(path, table):
        if last is not None and time - last < _LEAST_GAP:
            continue
        last = time
        yield TimedPicture(time, _scaled(scaler, frame, size), frame)
    if last is None:
        raise UnreadableVideo(path, "its pictures cannot be decoded; convert or copy it again")


def _scaled(
    scaler: av.video.reformatter.VideoReformatter, frame: av.VideoFrame, size: tuple[int, int]
) -> NDArray[np.uint8]:
    """A frame at ``size`` (width, height as shown), upright."""
    width, height = size[::-1] if round(frame.rotation) % 180 else size
    small = scaler.reformat(frame, width, height, "rgb24", interpolation="AREA")
    return upright(np.asarray(small.to_ndarray(), np.uint8), frame.rotation)


def shown_size(path: Path, table: TimeTable) -> tuple[int, int]:
    """Width and height of the first picture as shown."""
    from wtal_core.features.timebase import decoded, open_video

    with open_video(path) as (file, stream):
        first = next(decoded(file, stream), None)
        if first is None:
            raise UnreadableVideo(path, "its pictures cannot be decoded; convert or copy it again")
        return display_size(first, stream)
