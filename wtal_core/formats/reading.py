"""Reading files that strangers wrote: each check names the place and says what came and what is wanted."""

from __future__ import annotations

import json
import os
import re
import tempfile
import uuid
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from math import isfinite
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

from wtal_core.domain import Segment, to_microseconds
from wtal_core.formats.annotation_set import FormatError

LONGEST_NAME = 500
LATEST = 10**9
"""Seconds. No video is 30 years long; larger numbers are frames, ticks or damage."""
IMPORTED = uuid.UUID("7d0cdb0e-0a2f-5d5f-9a35-3f1d3c8f9b11")
CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]")


def read_text(path: Path | str) -> str:
    """The file as text (UTF-8, with or without byte order mark).

    Raises
    ------
    FormatError
        If it cannot be read, is empty, or is not text.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise FormatError(f"{path}: there is no such file; check the path") from None
    except IsADirectoryError:
        raise FormatError(f"{path}: this is a folder; name the annotation file in it") from None
    except UnicodeDecodeError as wrong:
        raise FormatError(f"{path}: not a text file, byte {wrong.start} is not UTF-8") from None
    except OSError as wrong:
        raise FormatError(f"{path}: cannot be read: {wrong.strerror or wrong}") from None
    except ValueError as wrong:  # a NUL in the path
        raise FormatError(f"{str(path)!r}: not a path: {wrong}") from None
    if not text.strip():
        raise FormatError(f"{path}: the file is empty")
    return text


def read_json(path: Path | str) -> Any:
    """The file as JSON, strictly: no NaN, no key twice.

    Raises
    ------
    FormatError
        As :func:`read_text`, or with line and column of what is wrong.
    """
    text = read_text(path)

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise FormatError(f"{path}: the key {twice!r} is there twice in one object; which is meant?")
        return found

    def refuse(constant: str) -> NoReturn:
        raise FormatError(f"{path}: {constant} is not a number JSON knows; every time and score must be finite")

    try:
        return json.loads(text, object_pairs_hook=once, parse_constant=refuse)
    except json.JSONDecodeError as wrong:
        ends_early = not text[wrong.pos :].strip() or wrong.msg.startswith("Unterminated string")
        hint = "the file ends early; export or copy it again" if ends_early else "correct it there, or export it again"
        place = f"{path}, line {wrong.lineno}, column {wrong.colno}"
        raise FormatError(f"{place}: not JSON: {wrong.msg}; {hint}") from None
    except RecursionError:
        raise FormatError(f"{path}: nested too deeply to be an annotation file") from None
    except ValueError as wrong:
        if isinstance(wrong, FormatError):
            raise
        raise FormatError(f"{path}: a number is too long to read: {wrong}") from None


def mapping(value: Any, place: str) -> dict[str, Any]:
    """The value, if it is an object."""
    if not isinstance(value, dict):
        raise FormatError(f"{place}: expected an object, got {shown(value)}")
    return value


def sequence(value: Any, place: str) -> list[Any]:
    """The value, if it is a list."""
    if not isinstance(value, list):
        raise FormatError(f"{place}: expected a list, got {shown(value)}")
    return value


def number(value: Any, place: str) -> Fraction:
    """The value as an exact number; numbers written as strings (LACP's ``"18.6"``) are taken."""
    try:
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise ValueError
        if isinstance(value, float):
            if not isfinite(value):
                raise ValueError
            return Fraction(value)
        if isinstance(value, int):
            return Fraction(value)
        found = Decimal(value.strip())
        if not found.is_finite() or abs(found.adjusted()) > 400:  # 1e999999 as a fraction would fill the memory
            raise ValueError
        return Fraction(found)
    except (ValueError, InvalidOperation):
        raise FormatError(f"{place}: expected a finite number, got {shown(value)}") from None


def microseconds(value: Any, place: str) -> int:
    """Seconds as integer microseconds."""
    seconds = number(value, place)
    if abs(seconds) > LATEST:
        raise FormatError(f"{place}: {shown(value)} seconds is no time in a video; are these frames or milliseconds?")
    return to_microseconds(seconds)


def duration(value: Any, place: str) -> int:
    """A positive number of seconds as microseconds."""
    found = microseconds(value, place)
    if found <= 0:
        raise FormatError(f"{place}: a duration must be positive, got {shown(value)}")
    return found


def ends(value: Any, place: str) -> tuple[int, int]:
    """Start and end in microseconds from ``[start, end]`` in seconds; equal ends are passed on, reversed refused."""
    pair = sequence(value, place)
    if len(pair) != 2:
        raise FormatError(f"{place}: a segment is [start, end] in seconds, got {shown(value)}")
    start, end = microseconds(pair[0], f"{place}[0]"), microseconds(pair[1], f"{place}[1]")
    if end < start:
        raise FormatError(f"{place}: a segment must not end before it starts, got {shown(value)}")
    return start, end


def segment(value: Any, place: str) -> Segment:
    """A segment from ``[start, end]`` in seconds."""
    start, end = ends(value, place)
    if start == end:
        raise FormatError(f"{place}: a segment must be longer than nothing, got {shown(value)}")
    return Segment(start, end)


def proposal_segment(start: int, end: int) -> Segment:
    """A model's segment; an empty one becomes a microsecond, so that it still counts as the false positive it is."""
    return Segment(start, max(end, start + 1))


def score(value: Any, place: str) -> float:
    """A finite float."""
    try:
        return float(number(value, place))
    except OverflowError:
        raise FormatError(f"{place}: expected a finite number, got {shown(value)}") from None


def label(value: Any, place: str) -> str:
    """A class name, surrounding blanks removed."""
    if not isinstance(value, str) or not value.strip():
        raise FormatError(f"{place}: a label is a name, got {shown(value)}")
    if CONTROL.search(value) or len(value) > LONGEST_NAME:
        raise FormatError(f"{place}: a label must be a printable name of at most {LONGEST_NAME} characters")
    return value.strip()


def video_id(value: Any, place: str) -> str:
    """A video id: it names files, so it must not lead out of their folder."""
    if not isinstance(value, str) or not value.strip():
        raise FormatError(f"{place}: a video needs a name, got {shown(value)}")
    if CONTROL.search(value) or len(value) > LONGEST_NAME:
        raise FormatError(f"{place}: {shown(value)} is no video name; use at most {LONGEST_NAME} printable characters")
    parts = value.replace("\\", "/").split("/")
    if any(part.strip() in ("", ".", "..") for part in parts) or PurePosixPath(value).is_absolute():
        raise FormatError(f"{place}: {shown(value)} is no video name: it would lead out of the folder of its files")
    return value


def text(value: Any, place: str) -> str:
    """Any text, or nothing."""
    if value is None:
        return ""
    if not isinstance(value, str) or CONTROL.search(value):
        raise FormatError(f"{place}: expected text of one line, got {shown(value)}")
    return value


def imported_id(*parts: object) -> str:
    """A stable id for an annotation whose file gives none: reading a file twice gives the same annotations."""
    return str(uuid.uuid5(IMPORTED, "\x1f".join(map(str, parts))))


def shown(value: Any, limit: int = 60) -> str:
    """A value for an error message, cut where it is long."""
    written = repr(value)
    return written if len(written) <= limit else written[: limit - 3] + "..."


def write_text(path: Path | str, pieces: Iterable[str]) -> None:
    """Write a text file in one step: a reader sees the old or the new one, never a half.

    Raises
    ------
    FormatError
        If the folder cannot be written to.
    """
    path = Path(path)
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="", dir=path.parent, prefix=f".{path.name[:40]}.", delete=False
        ) as file:
            temporary = file.name
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError as wrong:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise FormatError(f"{path}: cannot be written: {wrong.strerror or wrong}") from None
