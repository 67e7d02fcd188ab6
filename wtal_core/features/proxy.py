"""A copy of a video that browsers play, with the very same presentation times."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np

from wtal_core.domain import to_microseconds
from wtal_core.features.files import whole_or_nothing
from wtal_core.features.timebase import (
    Packet,
    Progress,
    TimeTable,
    UnreadableVideo,
    container_tick,
    decoded,
    open_video,
    placed,
    read_table,
)

_ENCODER = {"preset": "veryfast", "crf": "21", "g": "30", "bf": "0"}
_AUDIO_AS_IT_IS = {"aac", "mp3"}


class ProxyFailed(RuntimeError):
    """A proxy could not be made; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class ProxyReport:
    """What a proxy holds.

    Attributes
    ----------
    path
        The proxy.
    n_frames
        Pictures in it, at the source's times to the microsecond.
    audio
        ``"copied"``, ``"converted to AAC"``, ``"none in the source"``, or ``"left out: <reason>"``.
    n_missing
        Pictures the source lists which do not decode, hence absent here (the one before stays on screen).
    """

    path: Path
    n_frames: int
    audio: str
    n_missing: int = 0


def make_proxy(source: Path, target: Path, progress: Progress | None = None, *, height: int = 720) -> ProxyReport:
    """Write an H.264 MP4 of ``source`` with unchanged presentation times, upright, in square pixels, with its sound.

    Parameters
    ----------
    source, target
        Files; ``target`` appears only when it is complete and checked.
    progress
        Told the share done; what it raises cancels.
    height
        Largest height of the copy, pixels; smaller videos keep theirs.

    Raises
    ------
    UnreadableVideo
        If the source cannot serve as a video.
    ProxyFailed
        If the copy's times differ from the source's, or it cannot be written.
    """
    source, target = Path(source), Path(target)
    table = read_table(source)
    with whole_or_nothing(target) as partial:
        try:
            audio = _write(source, partial, table, progress, height, with_audio=True)
        except _AudioTrouble as trouble:
            _write(source, partial, table, progress, height, with_audio=False)
            audio = f"left out: {trouble}"
        except av.error.FFmpegError as error:  # what the callback raises is none of our business
            raise ProxyFailed(
                f"the proxy of {source.name} cannot be written to {target.parent}: {error.strerror}; "
                "make room there or choose another folder, then try again"
            ) from error
        n_frames = _check(source, partial, table)
    return ProxyReport(target, n_frames, audio, len(table.ticks) - n_frames)


class _AudioTrouble(Exception):
    """The sound cannot go along."""


def _write(
    source: Path, partial: Path, table: TimeTable, progress: Progress | None, height: int, *, with_audio: bool
) -> str:
    """Transcode; returns what became of the sound."""
    begin, length = int(table.times[0]), table.end - int(table.times[0])
    tick = container_tick(table.tick)
    with (
        open_video(source) as (src, vin),
        av.open(str(partial), "w", format="mp4", options={"movflags": "+faststart"}) as out,
    ):
        vout = _video_stream(out, source, table, height)
        vout.codec_context.time_base = vout.time_base = tick  # both, else times are rounded to 1 / rate
        sound, on_sound, audio = _sound(src, out) if with_audio else (None, None, "")
        for ticks, frame in placed(decoded(src, vin, sound, on_sound), table):
            picture = frame.reformat(vout.width, vout.height, "yuv420p")
            picture.pts, picture.time_base = int(ticks * table.tick / tick), tick
            picture.pict_type = av.video.frame.PictureType.NONE  # else the source's I/P/B choice is forced on x264
            out.mux(vout.encode(picture))
            if progress is not None:
                progress(min(1.0, (to_microseconds(ticks * table.tick) - begin) / length))
        out.mux(vout.encode(None))
        if on_sound is not None:
            on_sound(None)
    if progress is not None:
        progress(1.0)
    return audio


def _video_stream(out: av.container.OutputContainer, source: Path, table: TimeTable, height: int) -> av.VideoStream:
    """An H.264 stream of the shape of the source's first picture; a player turns it as it would turn the source."""
    with open_video(source) as (src, vin):
        first = next(decoded(src, vin), None)
        if first is None:
            raise UnreadableVideo(source, "its pictures cannot be decoded; convert it to H.264 first")
        aspect = float(vin.sample_aspect_ratio or 1)
        rate = vin.average_rate or 30
    h = max(2, min(height, first.height) // 2 * 2)
    stream = out.add_stream("libx264", rate=rate, options=_ENCODER)
    stream.width, stream.height, stream.pix_fmt = (
        max(2, round(first.width * aspect * h / first.height / 2) * 2),
        h,
        "yuv420p",
    )
    if first.rotation:
        stream.set_display_rotation(int(first.rotation))
    return stream


_OnSound = Callable[[Packet], None]
"""Takes a packet of sound, or None at the end."""


def _sound(
    src: av.container.InputContainer, out: av.container.OutputContainer
) -> tuple[av.AudioStream | None, _OnSound | None, str]:
    """The source's sound, what to do with each packet of it (None: the end), and how to call that."""
    if not src.streams.audio:
        return None, None, "none in the source"
    sound = src.streams.audio[0]
    track: Any
    try:
        if sound.codec_context.name in _AUDIO_AS_IT_IS:
            track, audio = out.add_stream_from_template(sound), "copied"
        else:
            track, audio = out.add_stream("aac", rate=48_000, layout="stereo"), "converted to AAC"
    except (av.error.FFmpegError, ValueError, AttributeError) as error:
        raise _AudioTrouble(f"its sound cannot be converted ({error})") from error

    def on_sound(packet: Packet | None) -> None:
        try:
            if audio == "copied":
                if packet is not None and packet.dts is not None:
                    packet.stream = track
                    out.mux(packet)
                return
            frames = [None] if packet is None else packet.decode()
            for frame in frames:
                out.mux(track.encode(frame))
        except av.error.FFmpegError as error:
            if getattr(error, "errno", None) == errno.ENOSPC:
                raise
            raise _AudioTrouble(f"its sound cannot be converted ({error})") from error

    return sound, on_sound, audio


def _check(source: Path, proxy: Path, table: TimeTable) -> int:
    """Number of pictures of the proxy, all of them at times of the source."""
    times = read_table(proxy).times
    strange = np.setdiff1d(times, table.times)
    if len(strange):
        raise ProxyFailed(
            f"the proxy of {source.name} shows {len(strange)} pictures at times the source does not have, the first at "
            f"{strange[0]} microseconds; convert the file to MP4 yourself, keeping its timestamps, and add that"
        )
    return len(times)
