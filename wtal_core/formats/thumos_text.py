"""The THUMOS'14 tool's text files: ``video  start end`` per line, seconds with one decimal."""

from __future__ import annotations

from pathlib import Path

from wtal_core.domain import Segment
from wtal_core.formats import reading
from wtal_core.formats.annotation_set import FormatError


def read_spans(path: Path | str) -> dict[str, tuple[Segment, ...]]:
    """Spans of each video, in file order: ``Ambiguous_test.txt``, or the file of one class.

    Any run of blanks separates; line ends of Windows are taken.

    Raises
    ------
    FormatError
        With the line of what is wrong.
    """
    spans: dict[str, list[Segment]] = {}
    for number, line in enumerate(reading.read_text(path).splitlines(), start=1):
        fields = line.split()
        if not fields:
            continue
        place = f"{path}, line {number}"
        if len(fields) != 3:
            raise FormatError(f"{place}: expected video, start and end, got {reading.shown(line)}")
        video = reading.video_id(fields[0], place)
        spans.setdefault(video, []).append(reading.segment(fields[1:], place))
    return {video: tuple(found) for video, found in spans.items()}
