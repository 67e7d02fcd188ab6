"""The picture on screen at a time, by bisect in the table of presentation times."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
import numpy as np
from numpy.typing import NDArray

from wtal_core.features.timebase import TimeTable, decoded, open_video, placed, read_table

_STEPS_BACK = (0, 1, 4, 16)
"""Seconds before the wanted picture where a seek is tried: open groups and sloppy indexes land late."""


def display_size(frame: av.VideoFrame, stream: av.VideoStream) -> tuple[int, int]:
    """Width and height as shown: in square pixels, after rotation."""
    aspect = stream.sample_aspect_ratio or Fraction(1)
    width, height = max(1, round(frame.width * aspect)), frame.height
    return (height, width) if int(frame.rotation) % 180 else (width, height)


def upright(picture: NDArray[np.uint8], rotation: float) -> NDArray[np.uint8]:
    """The picture (H, W, 3) turned as a player shows it; ``rotation`` is degrees counter-clockwise."""
    return np.ascontiguousarray(np.rot90(picture, round(rotation / 90) % 4)) if rotation else picture


class FrameReader:
    """Random access to the pictures of one video; a context manager.

    Parameters
    ----------
    path
        The file.
    table
        Its time table, if it has been read before.

    Raises
    ------
    UnreadableVideo
        If the file cannot serve as a video.
    """

    def __init__(self, path: Path, table: TimeTable | None = None) -> None:
        self.path = Path(path)
        self.table = read_table(self.path) if table is None else table
        self.times = self.table.times
        self._open()

    def __enter__(self) -> FrameReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._opened.__exit__(None, None, None)

    def _open(self) -> None:
        """Open at the first picture."""
        self._opened = open_video(self.path)
        self._file, self._stream = self._opened.__enter__()
        self._pictures = placed(decoded(self._file, self._stream), self.table)
        self._position = -1  # index of the picture given last
        self._last: av.VideoFrame | None = None

    def index_at(self, time: int) -> int:
        """Index of the picture on screen at raw ``time`` microseconds, clipped to the video."""
        return max(0, int(np.searchsorted(self.times, time, side="right")) - 1)

    def key_before(self, index: int) -> int:
        """Index of the last picture up to ``index`` at which decoding can begin."""
        return int(self.table.keys[np.searchsorted(self.table.keys, index, side="right") - 1])

    def at(self, time: int) -> NDArray[np.uint8]:
        """The picture on screen at raw ``time`` microseconds, RGB uint8 (H, W, 3), upright."""
        return self.frame(self.index_at(time))

    def frame(self, index: int) -> NDArray[np.uint8]:
        """Picture ``index``, RGB uint8 (H, W, 3), upright and in square pixels.

        Raises
        ------
        IndexError
            If there is no such picture.
        LookupError
            If the container lists it and it does not decode.
        """
        frame = self.raw_frame(index)
        width, height = display_size(frame, self._stream)
        if int(frame.rotation) % 180:
            width, height = height, width
        picture = np.asarray(frame.to_ndarray(format="rgb24", width=width, height=height), np.uint8)
        return upright(picture, frame.rotation)

    def raw_frame(self, index: int) -> av.VideoFrame:
        """Picture ``index`` as decoded, neither turned nor stretched; the errors of :meth:`frame`."""
        if not 0 <= index < len(self.times):
            raise IndexError(f"{self.path.name} has pictures 0 to {len(self.times) - 1}, asked for {index}")
        if index == self._position and self._last is not None:
            return self._last
        found = None
        if self._position < index and (self.table.is_numbered or self.key_before(index) <= self._position + 1):
            found = self._decode_on(index)
        elif not self.table.is_numbered:  # numbered pictures can only be counted from the first
            found = self._seek(index)
        if found is None:
            self.close()
            self._open()
            found = self._decode_on(index)
        if found is None:
            raise LookupError(
                f"{self.path.name}: picture {index} has a time but does not decode; the file is damaged there, "
                "convert or copy it again"
            )
        self._position, self._last = index, found
        return found

    def _decode_on(self, index: int) -> av.VideoFrame | None:
        """Go on from the present position."""
        return _find(self._pictures, int(self.table.ticks[index]))

    def _seek(self, index: int) -> av.VideoFrame | None:
        """Jump to a key picture before the wanted one."""
        wanted = int(self.table.ticks[index])
        for seconds in _STEPS_BACK:
            try:
                self._file.seek(wanted - int(seconds / self.table.tick), stream=self._stream, backward=True)
            except av.error.FFmpegError:  # not every container can be searched
                return None
            self._pictures = placed(decoded(self._file, self._stream), self.table)
            if (found := _find(self._pictures, wanted)) is not None:
                return found
        return None


def _find(pictures: Iterator[tuple[int, av.VideoFrame]], wanted: int) -> av.VideoFrame | None:
    """The picture at ``wanted`` ticks, or None as soon as a later one comes."""
    for tick, frame in pictures:
        if tick == wanted:
            return frame
        if tick > wanted:
            return None
    return None
