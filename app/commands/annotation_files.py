"""Annotation files as arguments of commands: which format, which subset, what is odd in them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from app.commands.console import CommandError, say, say_notes

if TYPE_CHECKING:
    from wtal_core.formats import AnnotationSet, Format

FORMAT_NAMES = ("activitynet", "csv")
"""Keys of ``wtal_core.formats.FORMATS``, here so that ``--help`` need not import it; a test compares them."""


def add_format_argument(parser: argparse.ArgumentParser) -> None:
    """``--format``, chosen by the file's suffix unless given."""
    parser.add_argument(
        "--format", choices=FORMAT_NAMES, help="format of annotation files (default: csv for .csv, else activitynet)"
    )


def format_name(path: Path, given: str | None) -> str:
    """The name of the format of a file."""
    return given or ("csv" if path.suffix.lower() in (".csv", ".tsv") else "activitynet")


def format_of(path: Path, given: str | None) -> Format:
    """The format of a file."""
    from wtal_core.formats import FORMATS

    return FORMATS[format_name(path, given)]


def read_annotations(path: Path, name: str | None) -> AnnotationSet:
    """All annotations of a file; oddities are told."""
    annotations = format_of(path, name).read(path)
    say_notes(annotations.problems)
    if not annotations.videos:
        raise CommandError(f"{path}: it lists no video")
    return annotations


def choose_subset(annotations: AnnotationSet, subset: str | None, default: str | None, path: Path) -> AnnotationSet:
    """The asked subset; else the default one, or everything if the file knows no subsets."""
    if subset is not None:
        return annotations.of_subset(subset)
    if default is None:
        return annotations
    if not annotations.subsets:
        say(f"{path} names no subsets: all of its {len(annotations.videos)} videos are used")
        return annotations
    return annotations.of_subset(default)
