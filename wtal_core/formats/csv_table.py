"""Tables: one row per annotation or proposal, times in seconds from the first picture.

Columns of annotations: ``video label start end level click1 click2 annotator model_assisted id duration subset fps``.
Level ``video`` says that a class occurs; level ``ambiguous`` marks time that is neither action nor background; a row
without a label lists a video nobody labelled. Only ``video`` and ``label`` are needed: rows with start and end are
``full``, with clicks ``one-segment`` or ``two-segment``. Columns may stand in any order, separated by commas,
semicolons or tabs; other columns are listed and left out. A table cannot hold coverage.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from wtal_core.domain import MICROSECONDS, Annotation, Proposal, Segment, SupervisionLevel, VideoLabels
from wtal_core.formats import reading
from wtal_core.formats.annotation_set import (
    AnnotationSet,
    FormatError,
    LossReport,
    VideoEntry,
    class_list,
    shift_labels,
    subset_name,
)

TITLE = "CSV table"
SUFFIX = ".csv"
COLUMNS = (
    "video",
    "label",
    "start",
    "end",
    "level",
    "click1",
    "click2",
    "annotator",
    "model_assisted",
    "id",
    "duration",
    "subset",
    "fps",
)
PROPOSAL_COLUMNS = ("video", "label", "start", "end", "score")
AMBIGUOUS = "ambiguous"
TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False, "": False}

Row = Mapping[str, str]


def read(path: Path | str) -> AnnotationSet:
    """All annotations of a table.

    Raises
    ------
    FormatError
        With the line of what is wrong; nothing is returned then.
    """
    problems: list[str] = []
    videos: dict[str, _Video] = {}
    for place, row in _rows(path, ("video", "label"), COLUMNS, problems):
        name = reading.video_id(row["video"], f"{place}, video")
        video = videos.setdefault(name, _Video(name))
        video.describe(row, place)
        if any(row[column] for column in ("label", "start", "end", "click1", "click2", "level")):
            video.add(row, place, problems)
    entries = {name: video.entry() for name, video in videos.items()}
    return AnnotationSet(entries, class_list((), entries.values()), tuple(problems))


def _rows(
    path: Path | str, needed: Sequence[str], known: Sequence[str], problems: list[str]
) -> Iterator[tuple[str, Row]]:
    """Place and cells of each row; a known column that is absent reads as empty."""
    text = reading.read_text(path)
    if "\0" in text:
        raise FormatError(f"{path}: not a text table: it holds NUL bytes")
    first = text.lstrip().partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter=max(",;\t", key=first.count), strict=True)
    header: list[str] = []
    try:
        for cells in reader:
            place = f"{path}, line {reader.line_num}"
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = _header(cells, needed, known, place, problems)
                continue
            if len(cells) != len(header):
                raise FormatError(
                    f"{place}: {len(header)} columns wanted, got {len(cells)}; quote cells with separators"
                )
            yield (
                place,
                dict.fromkeys(known, "") | {column: cell.strip() for column, cell in zip(header, cells, strict=True)},
            )
    except csv.Error as wrong:
        raise FormatError(f"{path}, line {reader.line_num}: not a table: {wrong}") from None


def _header(
    cells: Sequence[str], needed: Sequence[str], known: Sequence[str], place: str, problems: list[str]
) -> list[str]:
    header = [cell.strip().lower() for cell in cells]
    missing = [column for column in needed if column not in header]
    if missing:
        raise FormatError(
            f"{place}: the table needs the column {', '.join(missing)}; its first line names {', '.join(header)}"
        )
    twice = sorted({column for column in header if header.count(column) > 1})
    if twice:
        raise FormatError(f"{place}: the column {twice[0]!r} is there twice")
    foreign = [column for column in header if column not in known]
    if foreign:
        problems.append(f"{place}: left out the columns {', '.join(foreign)}")
    return header


class _Video:
    """What the rows of one video have said so far."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.annotations: dict[str, Annotation] = {}
        self.classes: set[str] = set()
        self.ambiguous: list[Segment] = []
        self.facts: dict[str, str] = {}

    def describe(self, row: Row, place: str) -> None:
        """Take duration, subset and fps; rows of one video must agree."""
        for column in ("duration", "subset", "fps"):
            if row[column] and self.facts.setdefault(column, row[column]) != row[column]:
                raise FormatError(
                    f"{place}, {column}: {row[column]!r} for video {self.name!r}, but {self.facts[column]!r} before"
                )
        if row["duration"]:
            reading.duration(row["duration"], f"{place}, duration")
        if row["fps"] and reading.number(row["fps"], f"{place}, fps") <= 0:
            raise FormatError(f"{place}, fps: frames per second must be positive, got {row['fps']!r}")

    def add(self, row: Row, place: str, problems: list[str]) -> None:
        """Take one row with a label, or with ambiguous time."""
        level = _level(row, place)
        if level == AMBIGUOUS:
            self.ambiguous.append(_segment(row, place))
            return
        label = reading.label(row["label"], f"{place}, label")
        if level is SupervisionLevel.VIDEO:
            self.classes.add(label)
            return
        found = self._annotation(row, place, label, SupervisionLevel(level))
        if found.id in self.annotations:
            if row["id"]:
                raise FormatError(f"{place}, id: {found.id!r} is there twice")
            problems.append(f"{place}: {label!r} with the same times is there twice; kept once")
        self.annotations.setdefault(found.id, found)

    def _annotation(self, row: Row, place: str, label: str, level: SupervisionLevel) -> Annotation:
        clicks = tuple(
            reading.microseconds(row[column], f"{place}, {column}")
            for column in ("click1", "click2")[: 2 if level is SupervisionLevel.TWO_SEGMENT else 1]
            if level is not SupervisionLevel.FULL
        )
        segment = _segment(row, place) if level is SupervisionLevel.FULL else None
        span = (segment.start, segment.end) if segment else sorted(clicks)
        if row["model_assisted"].lower() not in TRUTH:
            raise FormatError(f"{place}, model_assisted: write true or false, got {row['model_assisted']!r}")
        return Annotation(
            id=reading.text(row["id"], f"{place}, id") or reading.imported_id(self.name, label, *span),
            label=label,
            level=level,
            clicks=clicks,
            segment=segment,
            annotator=reading.text(row["annotator"], f"{place}, annotator"),
            model_assisted=TRUTH[row["model_assisted"].lower()],
        )

    def entry(self) -> VideoEntry:
        """All of it."""
        said = self.classes or self.annotations
        labels = VideoLabels(
            self.name,
            frozenset(self.classes) if said else None,
            tuple(self.annotations.values()),
            ambiguous=tuple(self.ambiguous),
        )
        return VideoEntry(
            labels,
            reading.duration(self.facts["duration"], self.name) if "duration" in self.facts else None,
            subset_name(self.facts.get("subset")),
            float(reading.number(self.facts["fps"], self.name)) if "fps" in self.facts else None,
        )


def _level(row: Row, place: str) -> SupervisionLevel | str:
    """The level a row names, else the one its times are of; both must agree."""
    span, clicks = (row["start"], row["end"]), (row["click1"], row["click2"])
    if row["level"].lower() == AMBIGUOUS or (not row["level"] and row["label"].lower() == AMBIGUOUS):
        return AMBIGUOUS
    if any(span) and any(clicks):
        raise FormatError(f"{place}: an annotation has start and end or clicks, not both")
    if any(span):
        meant = SupervisionLevel.FULL
    elif clicks[1]:
        meant = SupervisionLevel.TWO_SEGMENT
    else:
        meant = SupervisionLevel.ONE_SEGMENT if clicks[0] else SupervisionLevel.VIDEO
    if row["level"] and row["level"].lower() not in list(SupervisionLevel):
        raise FormatError(f"{place}, level: {row['level']!r} is none of {', '.join(SupervisionLevel)}, {AMBIGUOUS}")
    if row["level"] and SupervisionLevel(row["level"].lower()) is not meant:
        raise FormatError(f"{place}: level {row['level']!r}, but the times given are those of level {str(meant)!r}")
    return meant


def _segment(row: Row, place: str) -> Segment:
    start = reading.microseconds(row["start"], f"{place}, start")
    end = reading.microseconds(row["end"], f"{place}, end")
    if end <= start:
        raise FormatError(f"{place}: a segment must end after it starts, got {row['start']} to {row['end']}")
    return Segment(start, end)


def write(path: Path | str, annotations: AnnotationSet, origins: Mapping[str, int] | None = None) -> LossReport:
    """Write a row per annotation and say what a table cannot hold."""
    origins = origins or {}
    lines: list[Row] = []
    for video, entry in annotations.videos.items():
        labels = shift_labels(entry.labels, -origins.get(video, 0))
        rows: list[Row] = [_annotation_row(found, str(path)) for found in labels.annotations]
        located = {found.label for found in labels.annotations}
        rows += [
            {"label": reading.label(name, str(path)), "level": str(SupervisionLevel.VIDEO)}
            for name in sorted((labels.classes or frozenset()) - located)
        ]
        rows += [{"start": exact(span.start), "end": exact(span.end), "level": AMBIGUOUS} for span in labels.ambiguous]
        facts = {
            "video": reading.video_id(video, str(path)),
            "duration": "" if entry.duration is None else exact(entry.duration),
            "subset": entry.subset or "",
            "fps": "" if entry.fps is None else repr(entry.fps),
        }
        lines += [{**facts, **row} for row in rows or [{}]]
    _write_rows(path, COLUMNS, lines)
    return LossReport(lost=_lost(annotations))


def _annotation_row(found: Annotation, place: str) -> Row:
    segment = found.segment
    return {
        "label": reading.label(found.label, place),
        "start": exact(segment.start) if segment else "",
        "end": exact(segment.end) if segment else "",
        "level": str(found.level),
        "click1": exact(found.clicks[0]) if found.clicks else "",
        "click2": exact(found.clicks[1]) if len(found.clicks) > 1 else "",
        "annotator": reading.text(found.annotator, place),
        "model_assisted": str(found.model_assisted).lower(),
        "id": reading.text(found.id, place),
    }


def exact(microseconds: int) -> str:
    """Seconds in decimal digits, exact and without an exponent: 1.25 s is ``1.25``."""
    whole, rest = divmod(abs(microseconds), MICROSECONDS)
    digits = f"{whole}.{rest:06d}".rstrip("0")
    return ("-" if microseconds < 0 else "") + (digits + "0" if digits.endswith(".") else digits)


def _lost(annotations: AnnotationSet) -> tuple[str, ...]:
    covered = sum(bool(labels.coverage.spans) for labels in annotations.labels.values())
    empty = sum(labels.classes == frozenset() for labels in annotations.labels.values())
    said = {label for labels in annotations.labels.values() for label in labels.classes or ()}
    unused = [name for name in annotations.classes if name not in said]
    sentences = {
        f"a table cannot hold coverage: what was judged in {covered} videos is not written": covered,
        f"a table cannot say that a video shows no class at all: {empty} such videos are listed as unlabelled": empty,
        f"a table has no class list: {', '.join(unused)} occur in no video and are not written": unused,
    }
    return tuple(sentence for sentence, count in sentences.items() if count)


def _write_rows(path: Path | str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    reading.write_text(path, [buffer.getvalue()])


def read_predictions(path: Path | str) -> dict[str, list[Proposal]]:
    """All proposals of a table.

    Raises
    ------
    FormatError
        With the line of what is wrong; nothing is returned then.
    """
    predictions: dict[str, list[Proposal]] = {}
    for place, row in _rows(path, PROPOSAL_COLUMNS, PROPOSAL_COLUMNS, []):
        video = reading.video_id(row["video"], f"{place}, video")
        start, end = (reading.microseconds(row[column], f"{place}, {column}") for column in ("start", "end"))
        if end < start:
            raise FormatError(f"{place}: a segment must not end before it starts, got {row['start']} to {row['end']}")
        predictions.setdefault(video, []).append(
            Proposal(
                reading.label(row["label"], f"{place}, label"),
                reading.proposal_segment(start, end),
                reading.score(row["score"], f"{place}, score"),
            )
        )
    return predictions


def write_predictions(
    path: Path | str, predictions: Mapping[str, Sequence[Proposal]], origins: Mapping[str, int] | None = None
) -> LossReport:
    """Write a row per proposal."""
    origins = origins or {}
    rows: list[Row] = []
    for video, proposals in predictions.items():
        origin = origins.get(video, 0)
        rows += [
            {
                "video": reading.video_id(video, str(path)),
                "label": reading.label(found.label, str(path)),
                "start": exact(found.segment.start - origin),
                "end": exact(found.segment.end - origin),
                "score": repr(float(found.score)),
            }
            for found in proposals
        ]
    _write_rows(path, PROPOSAL_COLUMNS, rows)
    silent = sorted(video for video, proposals in predictions.items() if not proposals)
    return LossReport(lost=(f"a table cannot list videos without proposals: {', '.join(silent)}",) if silent else ())
