"""The clock of a video: the presentation time of every picture, exactly as the container stores it.

Frame number and time are joined by this table only (frame = bisect in the table), never by ``time * fps``: variable
frame rate, B-frames, dropped frames, edit lists and files that start after zero then need no special case. Reading it
decodes nothing, except where the container keeps no presentation times (AVI, raw streams): there the decoded pictures
are numbered and picture ``i`` stands at ``i / fps``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from wtal_core.domain import MICROSECONDS, to_microseconds

Packet = Any
"""``av.Packet``, whose generic parameter says nothing here."""

Progress = Callable[[float], None]
"""Told the share done, 0 to 1; whatever it raises stops the work, and what was half written is removed."""

CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,live_flv,asf,ogg,gif,apng,h264,hevc,m4v,mxf,"
    "nut,ivf,dv,rm,wtv,swf,obu,mp3,wav,flac,aac"
)
"""Demuxers a file may choose. Playlists (HLS, DASH, concat) are absent: such a file would make us open other files."""

_STILL_PICTURES = {"png_pipe", "jpeg_pipe", "image2", "bmp_pipe", "webp_pipe", "tiff_pipe"}
_INCOMPLETE = (
    "the MP4 is incomplete: its index (moov) is missing or damaged, as after a broken copy or recording; copy it again"
)


class UnreadableVideo(ValueError):
    """A file that cannot serve as a video.

    Attributes
    ----------
    path
        Which file.
    reason
        Why, and what to do, one sentence without the name of the file.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path.name}: {reason}")
        self.path = path
        self.reason = reason


@dataclass(frozen=True, eq=False)
class TimeTable:
    """Presentation times of one video stream.

    Attributes
    ----------
    ticks
        Ascending and distinct, int64 (N,), in units of ``tick``.
    tick
        Length of a tick, seconds.
    last_ticks
        How long the last picture stays, ticks.
    is_numbered
        The container keeps no presentation times: ``ticks[i]`` is ``i`` frame lengths.
    keys
        Indices of the pictures at which decoding can begin, ascending; the first picture is always taken for one.
    """

    ticks: NDArray[np.int64]
    tick: Fraction
    last_ticks: int
    is_numbered: bool
    keys: NDArray[np.int64]

    @property
    def times(self) -> NDArray[np.int64]:
        """Raw presentation times in microseconds, int64 (N,)."""
        return ticks_to_microseconds(self.ticks, self.tick)

    @property
    def end(self) -> int:
        """Microseconds at which the last picture ends."""
        return to_microseconds((int(self.ticks[-1]) + self.last_ticks) * self.tick)


def ticks_to_microseconds(ticks: NDArray[np.int64], tick: Fraction) -> NDArray[np.int64]:
    """:func:`wtal_core.domain.to_microseconds` of ``ticks * tick`` for a whole table, rounded by the same rule."""
    scale = tick * MICROSECONDS
    top, bottom = scale.numerator, scale.denominator
    largest = int(np.abs(ticks).max()) if len(ticks) else 0
    if largest * top + bottom >= 2**62:
        return np.array([to_microseconds(int(value) * tick) for value in ticks], np.int64)
    quotient, rest = np.divmod(ticks.astype(np.int64) * top, bottom)
    up = (2 * rest > bottom) | ((2 * rest == bottom) & (quotient % 2 == 1))  # halves go to even
    return np.asarray(quotient + up, np.int64)


@contextmanager
def open_video(path: Path) -> Iterator[tuple[av.container.InputContainer, av.VideoStream]]:
    """The container and its first moving-picture stream, decoding on several threads.

    Raises
    ------
    UnreadableVideo
        With its reason, if the file is absent, empty, unreadable, no video or without a video stream.
    """
    _check_file(path)
    try:
        file = av.open(str(path.absolute()), options={"protocol_whitelist": "file", "format_whitelist": CONTAINERS})
    except (av.error.FFmpegError, ValueError) as error:
        raise UnreadableVideo(path, _why_not_open(path, error)) from error
    with file:
        yield file, _video_stream(path, file)


def _check_file(path: Path) -> None:
    """Refuse what is not a readable file with something in it."""
    try:
        if path.is_dir():
            raise UnreadableVideo(path, "this is a folder, not a video file; add the files in it one by one")
        if not path.exists():
            raise UnreadableVideo(path, "there is no such file; check the path")
        if not os.access(path, os.R_OK):
            raise UnreadableVideo(path, "the file may not be read by this user; change its permissions")
        if not path.is_file():
            raise UnreadableVideo(path, "this is not a regular file (a pipe or a device); copy it to a file first")
        if path.stat().st_size == 0:
            raise UnreadableVideo(path, "the file is empty (0 bytes); copy or download it again")
    except PermissionError as error:
        raise UnreadableVideo(path, "its folder may not be read by this user; change its permissions") from error


def _why_not_open(path: Path, error: Exception) -> str:
    """What a refusal of the demuxer means for this file."""
    with path.open("rb") as file:
        head = file.read(4096)
    if head[4:8] in (b"ftyp", b"mdat", b"moov", b"wide", b"free", b"skip"):
        return _INCOMPLETE
    if head.startswith((b"\x1a\x45\xdf\xa3", b"RIFF", b"FLV", b"OggS", b"\x30\x26\xb2\x75")):
        return f"the header is damaged or cut off ({error.__class__.__name__}); copy it again"
    if b"\x00" not in head:
        return f"this is text, not a video, whatever its name says (it begins {head[:24].decode('latin-1')!r})"
    return "no video format is recognised in it; if it is a video, convert it to MP4 first"


def _video_stream(path: Path, file: av.container.InputContainer) -> av.VideoStream:
    """The first stream of moving pictures; cover art does not count."""
    moving = [s for s in file.streams.video if not s.disposition & av.stream.Disposition.attached_pic]
    if not moving:
        kinds = sorted({stream.type for stream in file.streams})
        if kinds == ["data"] and "mp4" in file.format.name.split(","):
            raise UnreadableVideo(path, _INCOMPLETE)  # bytes of pictures that nothing describes
        if not kinds:
            raise UnreadableVideo(
                path, "it is a video without a single picture (and no sound); record or export it again"
            )
        raise UnreadableVideo(
            path, f"there is no video stream in it, only {', '.join(kinds)}; add the file that holds the pictures"
        )
    stream = moving[0]
    if file.format.name in _STILL_PICTURES or file.format.name.endswith("_pipe"):
        raise UnreadableVideo(path, "this is a still picture, not a video")
    if stream.codec_context is None:
        raise UnreadableVideo(path, "its video codec is unknown to this machine; convert it to H.264 first")
    stream.thread_type = "AUTO"
    return stream


def decoded(
    file: av.container.InputContainer,
    stream: av.VideoStream,
    sound: av.AudioStream | None = None,
    on_sound: Callable[[Packet], None] | None = None,
) -> Iterator[av.VideoFrame]:
    """Pictures in presentation order from where the container stands; damaged packets are passed over.

    Packets of ``sound`` met on the way are handed to ``on_sound``.
    """
    packets: Iterator[Packet] = file.demux(stream, sound) if sound is not None else file.demux(stream)
    while True:
        try:
            packet = next(packets, None)
            if packet is None:
                return
            frames = packet.decode() if packet.stream_index == stream.index else None
        except av.error.InvalidDataError:
            continue
        except av.error.EOFError:
            return
        if frames is not None:
            yield from frames
        elif on_sound is not None:
            on_sound(packet)


def read_table(path: Path) -> TimeTable:
    """Presentation times of all pictures of a file.

    They are read from its packets; pictures cut by an edit list are left out. Containers without presentation times
    (AVI, raw streams) are decoded once and their pictures numbered.

    Raises
    ------
    UnreadableVideo
        Also if the file is cut off, or holds no picture, or lasts no time.
    """
    with open_video(path) as (file, stream):
        table = None if file.format.name == "avi" else _packet_table(path, file, stream)
    if table is None:
        with open_video(path) as (file, stream):
            table = _numbered_table(path, file, stream)
    if not len(table.ticks):
        raise UnreadableVideo(path, "its video stream is without a single picture; record or export it again")
    if table.end <= table.times[0]:
        raise UnreadableVideo(path, "its duration is 0: one picture that lasts no time; add a longer video")
    return table


def _packet_table(path: Path, file: av.container.InputContainer, stream: av.VideoStream) -> TimeTable | None:
    """The table from the packets, or None if one of them has no presentation time."""
    ticks: list[int] = []
    keys: list[int] = [-(2**62)]
    max_tick, last_ticks, n_packets = 0, 0, 0
    for packet in file.demux(stream):
        if packet.size == 0:
            continue  # the flush packet
        n_packets += 1
        if packet.pts is None:
            return None
        if packet.is_discard or _is_hidden(packet, stream):
            continue
        if not ticks or packet.pts >= max_tick:
            max_tick, last_ticks = packet.pts, packet.duration or 0
        ticks.append(packet.pts)
        if packet.is_keyframe:
            keys.append(packet.pts)
    _check_complete(path, n_packets, stream)
    table = np.unique(np.array(ticks, np.int64))
    places = np.unique(np.searchsorted(table, np.array(keys, np.int64)))
    return TimeTable(table, _tick(stream), last_ticks or _usual_length(table, stream), is_numbered=False, keys=places)


def _is_hidden(packet: Packet, stream: av.VideoStream) -> bool:
    """VP8 stores pictures that are only references (alt-ref) as packets of their own; bit 4 of byte 0 is "show"."""
    return stream.codec_context.name in ("vp8", "libvpx") and not bytes(memoryview(packet)[:1])[0] & 0x10


def _check_complete(path: Path, n_packets: int, stream: av.VideoStream) -> None:
    """An index that promises more pictures than the file holds means that the end is missing."""
    if stream.frames and n_packets < stream.frames:
        raise UnreadableVideo(
            path,
            f"the file is cut off: its index lists {stream.frames} pictures and {n_packets} are there; copy it again",
        )


def _tick(stream: av.VideoStream) -> Fraction:
    """Length of a tick of the stream, seconds."""
    return stream.time_base or Fraction(1, MICROSECONDS)


def _usual_length(ticks: NDArray[np.int64], stream: av.VideoStream) -> int:
    """Length of a picture where the container names none: the median gap, else one frame at the stated rate."""
    if len(ticks) > 1:
        return max(1, int(np.median(np.diff(ticks))))
    rate = stream.average_rate or stream.guessed_rate
    return max(1, round(1 / (rate * _tick(stream)))) if rate else 0


def _numbered_table(path: Path, file: av.container.InputContainer, stream: av.VideoStream) -> TimeTable:
    """Count the decoded pictures; the tick is the frame length."""
    rate = stream.average_rate or stream.guessed_rate or stream.base_rate
    if not rate:
        raise UnreadableVideo(path, "it has neither presentation times nor a frame rate; convert it to MP4 first")
    count = sum(1 for _ in decoded(file, stream))
    return TimeTable(
        np.arange(count, dtype=np.int64), 1 / Fraction(rate), 1, is_numbered=True, keys=np.zeros(1, np.int64)
    )


def timed_frames(path: Path, table: TimeTable | None = None) -> Iterator[tuple[int, av.VideoFrame]]:
    """Every picture with its raw presentation time in microseconds, in order, in constant memory."""
    table = read_table(path) if table is None else table
    with open_video(path) as (file, stream):
        for tick, frame in placed(decoded(file, stream), table):
            yield to_microseconds(tick * table.tick), frame


def placed(frames: Iterator[av.VideoFrame], table: TimeTable) -> Iterator[tuple[int, av.VideoFrame]]:
    """Decoded pictures with their tick, ascending; pictures without a place in the table are passed over."""
    first, last = int(table.ticks[0]), int(table.ticks[-1])
    if table.is_numbered:
        yield from ((number, frame) for number, frame in enumerate(frames) if number <= last)
        return
    previous = first - 1
    for frame in frames:
        if frame.pts is not None and previous < frame.pts <= last:
            previous = frame.pts
            yield frame.pts, frame


def container_tick(tick: Fraction, least_rate: int = 10_000, largest_rate: int = 2**31 - 1) -> Fraction:
    """A tick of ``1 / rate`` that holds every multiple of ``tick`` exactly and suits MP4, else a microsecond."""
    rate = tick.denominator
    if rate < least_rate:
        rate *= -(-least_rate // rate)
    return Fraction(1, rate) if rate <= largest_rate else Fraction(1, MICROSECONDS)
