"""The labels a run learns from, as they stood when it was asked for: taken once, kept beside the run.

A file and not the log, because a run that goes on after a crash must see the very same labels, whatever was labelled,
renamed or merged since.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.services.merging import merged_in
from app.services.views import ClassList
from db.unit_of_work import UnitOfWork
from wtal_core.domain import Annotation, Coverage, Segment, Subset, SupervisionLevel, VideoLabels

FILE = "labels.json"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class SnapshotVideo:
    """One video of a snapshot.

    Attributes
    ----------
    id
        Its number.
    subset
        Side of the split, or None.
    labels
        What was said of it; ``labels.video_id`` is its name.
    is_complete
        Whether all of it was judged for every class.
    """

    id: int
    subset: str | None
    labels: VideoLabels
    is_complete: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Labels of all videos of a project at one moment.

    Attributes
    ----------
    class_names
        Classes in use, in their order.
    videos
        Every video that can be used, labelled or not, by name.
    notes
        What the merge of several annotators left out.
    sequence
        Number of the last edit in it.
    """

    class_names: tuple[str, ...]
    videos: tuple[SnapshotVideo, ...]
    notes: tuple[str, ...]
    sequence: int

    @property
    def training(self) -> dict[str, SnapshotVideo]:
        """Labelled videos of the training side, by name."""
        return {
            video.labels.video_id: video
            for video in self.videos
            if video.subset == Subset.TRAINING and video.labels.classes is not None
        }

    @property
    def validation(self) -> dict[str, SnapshotVideo]:
        """Validation videos mAP may be measured on: complete, and labelled without the model's help."""
        return {
            video.labels.video_id: video
            for video in self.videos
            if video.subset == Subset.VALIDATION
            and video.is_complete
            and all(a.segment is not None and not a.model_assisted for a in video.labels.annotations)
        }

    def summary(self) -> dict[str, Any]:
        """Counts for a person: training videos, and instances of each level among them."""
        training = self.training.values()
        levels = Counter(a.level.value for video in training for a in video.labels.annotations)
        return {
            "classes": len(self.class_names),
            "videos": len(training),
            "complete": sum(video.is_complete for video in training),
            "levels": {level.value: levels.get(level.value, 0) for level in list(SupervisionLevel)[1:]},
            "video-level only": sum(not video.labels.annotations for video in training),
            "validation": len(self.validation),
        }


def take(unit: UnitOfWork, project: int) -> Snapshot:
    """The labels of a project as they stand."""
    videos = [video for video in unit.videos.of_project(project) if video.status == "ready"]
    found = merged_in(unit, project, videos)
    return Snapshot(
        ClassList.of(unit, project).names,
        tuple(SnapshotVideo(v.id, v.subset, found[v.id].labels, found[v.id].is_complete) for v in videos),
        tuple(note for video in videos for note in found[video.id].notes),
        unit.edits.last_sequence_of_project(project),
    )


def write(folder: Path, snapshot: Snapshot) -> None:
    """Keep a snapshot in a run's folder; the file appears whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    data = {
        "format": FORMAT,
        "class_names": list(snapshot.class_names),
        "sequence": snapshot.sequence,
        "notes": list(snapshot.notes),
        "videos": [
            {"id": v.id, "subset": v.subset, "complete": v.is_complete, **labels_to_data(v.labels)}
            for v in snapshot.videos
        ],
    }
    partial = folder / f".{FILE}.{os.getpid()}"
    partial.write_text(json.dumps(data), encoding="utf-8")
    partial.replace(folder / FILE)


def read(folder: Path) -> Snapshot:
    """The snapshot :func:`write` kept.

    Raises
    ------
    ValueError
        If the file is missing or damaged.
    """
    path = folder / FILE
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        videos = tuple(SnapshotVideo(v["id"], v["subset"], labels_from_data(v), v["complete"]) for v in data["videos"])
        return Snapshot(tuple(data["class_names"]), videos, tuple(data["notes"]), data["sequence"])
    except (OSError, KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"the labels of this run cannot be read from {path} ({error}); start a new run") from error


def labels_to_data(labels: VideoLabels) -> dict[str, Any]:
    """Labels of a video as plain data for JSON."""
    return {
        "video": labels.video_id,
        "classes": None if labels.classes is None else sorted(labels.classes),
        "annotations": [
            {
                "id": a.id,
                "label": a.label,
                "level": a.level.value,
                "times": list(a.span) if a.segment is not None else list(a.clicks),
                "annotator": a.annotator,
                "assisted": a.model_assisted,
            }
            for a in labels.annotations
        ],
        "coverage": {label: _pairs(spans) for label, spans in labels.coverage.spans.items()},
        "ambiguous": _pairs(labels.ambiguous),
    }


def labels_from_data(data: Mapping[str, Any]) -> VideoLabels:
    """The labels :func:`labels_to_data` wrote."""
    return VideoLabels(
        data["video"],
        None if data["classes"] is None else frozenset(data["classes"]),
        tuple(_annotation(each) for each in data["annotations"]),
        Coverage({label: _segments(spans) for label, spans in data["coverage"].items()}),
        _segments(data["ambiguous"]),
    )


def _annotation(data: Mapping[str, Any]) -> Annotation:
    level, times = SupervisionLevel(data["level"]), tuple(data["times"])
    segment = Segment(*times) if level is SupervisionLevel.FULL else None
    clicks = () if segment is not None else times
    return Annotation(data["id"], data["label"], level, clicks, segment, data["annotator"], data["assisted"])


def _pairs(spans: tuple[Segment, ...]) -> list[list[int]]:
    return [[span.start, span.end] for span in spans]


def _segments(pairs: list[list[int]]) -> tuple[Segment, ...]:
    return tuple(Segment(start, end) for start, end in pairs)
