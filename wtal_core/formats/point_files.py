"""Click files of the point-supervised codes: one time inside each instance, as people or a program gave them.

LACP's ``point_labels.csv`` counts frames and needs the frame rate of each video; SF-Net's four files (one for each
annotator) are ``video,seconds,class`` lines. FACTS 10.2.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path

from wtal_core.domain import Annotation, SupervisionLevel, VideoLabels, to_microseconds
from wtal_core.formats import reading
from wtal_core.formats.annotation_set import FormatError

LACP_COLUMNS = ("class", "start_frame", "stop_frame", "video_id", "point")


def read_rates(path: Path | str) -> dict[str, Fraction]:
    """Frames per second of each video from LACP's ``fps_dict.json``.

    Raises
    ------
    FormatError
        With the video whose rate is not a positive number.
    """
    rates = {}
    for name, value in reading.mapping(reading.read_json(path), str(path)).items():
        rates[reading.video_id(name, str(path))] = rate = reading.number(value, f"{path}, {name!r}")
        if rate <= 0:
            raise FormatError(f"{path}, {name!r}: a frame rate is positive, got {reading.shown(value)}")
    return rates


def read_lacp(path: Path | str, rates: Mapping[str, Fraction]) -> dict[str, VideoLabels]:
    """Clicks of every video of LACP's csv, frame numbers turned into times by the rate of the video.

    Parameters
    ----------
    path
        The file.
    rates
        Frames per second by video.

    Raises
    ------
    FormatError
        With the line of what is wrong: a column is missing, a video has no rate, a click lies outside its instance.
    """
    rows = csv.DictReader(io.StringIO(reading.read_text(path)))
    absent = [name for name in LACP_COLUMNS if name not in (rows.fieldnames or ())]
    if absent:
        raise FormatError(f"{path}, line 1: the column {absent[0]!r} is missing; LACP has {', '.join(LACP_COLUMNS)}")
    return _by_video(_lacp_clicks(path, rows, rates))


def _lacp_clicks(
    path: Path | str, rows: csv.DictReader[str], rates: Mapping[str, Fraction]
) -> Iterator[tuple[str, str, int]]:
    for row in rows:
        place = f"{path}, line {rows.line_num}"
        video = reading.video_id(row["video_id"], place)
        label = reading.label(row["class"], place)
        if video not in rates:
            raise FormatError(f"{place}: no frame rate of {video!r} is known, so its frames are no times")
        first, last, point = (
            reading.number(row[key], f"{place}, {key}") for key in ("start_frame", "stop_frame", "point")
        )
        if not first <= point <= last:
            raise FormatError(f"{place}: the click at frame {point} lies outside its instance, {first} to {last}")
        yield video, label, to_microseconds(point / rates[video])


def read_sfnet(path: Path | str) -> dict[str, VideoLabels]:
    """Clicks of every video of one SF-Net annotator; blank lines are passed over.

    Raises
    ------
    FormatError
        With the line of what is wrong.
    """
    return _by_video(_sfnet_clicks(path))


def _sfnet_clicks(path: Path | str) -> Iterator[tuple[str, str, int]]:
    for number, line in enumerate(reading.read_text(path).splitlines(), start=1):
        if not line.strip():
            continue
        fields = line.split(",")
        place = f"{path}, line {number}"
        if len(fields) != 3:
            raise FormatError(f"{place}: expected video,seconds,class, got {reading.shown(line)}")
        video, label = reading.video_id(fields[0].strip(), place), reading.label(fields[2], place)
        yield video, label, reading.microseconds(fields[1], place)


def clicked(video: str, clicks: Iterable[tuple[str, int]]) -> VideoLabels:
    """Labels of a video with one click per instance.

    Parameters
    ----------
    video
        Its name.
    clicks
        Class and time in microseconds, in file order.
    """
    return VideoLabels(
        video,
        annotations=tuple(
            Annotation(
                reading.imported_id(video, label, time, index), label, SupervisionLevel.ONE_SEGMENT, clicks=(time,)
            )
            for index, (label, time) in enumerate(clicks)
        ),
    )


def _by_video(clicks: Iterator[tuple[str, str, int]]) -> dict[str, VideoLabels]:
    found: dict[str, list[tuple[str, int]]] = {}
    for video, label, time in clicks:
        found.setdefault(video, []).append((label, time))
    return {video: clicked(video, each) for video, each in found.items()}
