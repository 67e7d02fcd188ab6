"""Still pictures of a video: a thumbnail for the library, a strip for the timeline."""

from __future__ import annotations

import itertools
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from wtal_core.features.files import whole_or_nothing
from wtal_core.features.reader import FrameReader
from wtal_core.features.timebase import UnreadableVideo

_QUALITY = 82


def make_thumbnail(path: Path, target: Path, *, width: int = 320) -> int:
    """Write a JPEG of the picture a third into the video, at most ``width`` pixels wide.

    Returns
    -------
    int
        Raw presentation time of that picture, microseconds.
    """
    with FrameReader(path) as reader:
        index = len(reader.times) // 3
        picture = _first_that_decodes(reader, index)
        height = max(1, round(picture.shape[0] * min(1.0, width / picture.shape[1])))
        _write_jpeg(_scaled(picture, height), target)
        return int(reader.times[index])


def make_strip(path: Path, target: Path, n: int, height: int) -> NDArray[np.int64]:
    """Write one JPEG of ``n`` pictures side by side, one of each of ``n`` equal parts of the video.

    It is the picture at the centre of the part, or a key picture of that part if there is one, which decodes alone:
    the strip of a three-hour video then costs ``n`` pictures and not all of them.

    Parameters
    ----------
    path, target
        The video and the JPEG.
    n
        Pictures, at least 1; each is as wide as the first, and the JPEG stays under its limit of 65,535 pixels.
    height
        Pixels.

    Returns
    -------
    NDArray[np.int64]
        Raw presentation times of the pictures, microseconds, shape (n,).
    """
    if n < 1 or height < 1:
        raise ValueError(f"a strip needs at least one picture of at least one pixel, got n {n}, height {height}")
    with FrameReader(path) as reader:
        begin, end = int(reader.times[0]), reader.table.end
        edges = [begin + (end - begin) * i // n for i in range(n + 1)]
        wanted = [_cheap(reader, start, stop) for start, stop in itertools.pairwise(edges)]
        pictures: list[NDArray[np.uint8]] = []
        for index in wanted:
            pictures.append(_scaled(_first_that_decodes(reader, index), height))
            if pictures[0].shape[1] * n > 65_535:
                raise ValueError(
                    f"a strip of {n} pictures {pictures[0].shape[1]} pixels wide passes the 65,535 pixels of a JPEG; "
                    "ask for fewer or lower ones"
                )
            if pictures[-1].shape != pictures[0].shape:  # a stream may change its size on the way
                pictures[-1] = np.asarray(cv2.resize(pictures[-1], pictures[0].shape[1::-1]), np.uint8)
        _write_jpeg(np.concatenate(pictures, axis=1), target)
        return reader.times[wanted]


def _cheap(reader: FrameReader, start: int, stop: int) -> int:
    """Index of a key picture in ``[start, stop)`` microseconds, else of the picture at the centre."""
    centre = reader.index_at((start + stop) // 2)
    key = reader.key_before(reader.index_at(stop - 1))
    return key if start <= reader.times[key] < stop and not reader.table.is_numbered else centre


def _first_that_decodes(reader: FrameReader, index: int) -> NDArray[np.uint8]:
    """Picture ``index``, or where it is damaged the next good one of the following second, or the first of all."""
    for candidate in (*range(index, min(index + 25, len(reader.times))), 0):
        try:
            return reader.frame(candidate)
        except LookupError:
            continue
    raise UnreadableVideo(reader.path, "its pictures cannot be decoded; convert or copy it again")


def _scaled(picture: NDArray[np.uint8], height: int) -> NDArray[np.uint8]:
    """The picture (H, W, 3) at another height, with its proportions."""
    width = max(1, round(picture.shape[1] * height / picture.shape[0]))
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _write_jpeg(picture: NDArray[np.uint8], target: Path) -> None:
    """An RGB picture as JPEG, whole or not at all."""
    done, data = cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not done:
        raise ValueError(f"a picture of shape {picture.shape} cannot be written as JPEG")
    with whole_or_nothing(Path(target)) as partial:
        partial.write_bytes(data.tobytes())
