"""Annotation files <-> domain types: one file per format, one row per format in :data:`FORMATS`."""

from __future__ import annotations

from collections.abc import Mapping

from wtal_core.formats import activitynet, csv_table
from wtal_core.formats.annotation_set import (
    AnnotationSet,
    Format,
    FormatError,
    LossReport,
    VideoEntry,
    subset_name,
)

__all__ = [
    "FORMATS",
    "AnnotationSet",
    "Format",
    "FormatError",
    "LossReport",
    "VideoEntry",
    "subset_name",
]

FORMATS: Mapping[str, Format] = {
    "activitynet": activitynet,
    "csv": csv_table,
}
