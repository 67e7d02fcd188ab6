"""ActivityNet JSON, ground truth and results, and our lossless variant of it (``wtal label export``).

Ground truth is ``{"database": {video: {"subset", "duration", "annotations": [{"segment": [s, e], "label"}]}}}``,
results ``{"results": {video: [{"segment", "label", "score"}]}}``; times are seconds from the first picture. Taken as
the field writes them: segment numbers as strings (LACP), ``annotation`` for ``annotations`` (COIN), the label
``Ambiguous`` as ambiguous time (OpenTAD's THUMOS14), a subset whose labels are withheld (ActivityNet's testing).

A plain file claims to be complete. Ours says under the key ``wtal`` what it knows instead, per video: ``video_labels``
(the classes known to occur, or null), ``clicks``, ``coverage`` and ``ambiguous``; ``annotations`` then holds the
boundaries only, so that other tools read it as they read any such file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from wtal_core.domain import Annotation, Coverage, Proposal, Segment, SupervisionLevel, VideoLabels, to_seconds
from wtal_core.formats import reading
from wtal_core.formats.annotation_set import (
    AnnotationSet,
    FormatError,
    LossReport,
    VideoEntry,
    class_list,
    covered,
    shift_labels,
    subset_name,
)

TITLE = "ActivityNet JSON"
SUFFIX = ".json"
VARIANT = 1
AMBIGUOUS = "ambiguous"


def read(path: Path | str) -> AnnotationSet:
    """All videos of a ground-truth file.

    An annotation of no length (ActivityNet has some) is kept as "the class occurs", an exact duplicate once; these and
    annotations past the end are listed in ``problems``.

    Raises
    ------
    FormatError
        If anything else is wrong; nothing is returned then.
    """
    content = reading.mapping(reading.read_json(path), str(path))
    if "database" not in content:
        hint = "; these are predictions, not annotations" if "results" in content else ""
        raise FormatError(f"{path}: ActivityNet annotations have the key 'database'{hint}")
    ours = _variant(content, path)
    listed = [
        reading.label(name, f"{path}, wtal.classes[{index}]")
        for index, name in enumerate(reading.sequence(ours.get("classes", []), f"{path}, wtal.classes"))
    ]
    problems: list[str] = []
    videos: dict[str, VideoEntry] = {}
    for name, entry in reading.mapping(content["database"], f"{path}, database").items():
        video = reading.video_id(name, f"{path}, database")
        place = f"{path}, video {video!r}"
        videos[video] = _entry(video, reading.mapping(entry, place), place, bool(ours), problems)
    _withheld(videos, path, problems)
    classes = class_list(listed, videos.values())
    return AnnotationSet({video: covered(entry, classes) for video, entry in videos.items()}, classes, tuple(problems))


def _withheld(videos: dict[str, VideoEntry], path: Path | str, problems: list[str]) -> None:
    """A subset of a plain file without a single annotation is unlabelled: it does not say "no action anywhere"."""
    annotated = {entry.subset for entry in videos.values() if entry.labels.classes or not entry.complete}
    silent = [video for video, entry in videos.items() if entry.subset not in annotated]
    for video in silent:
        videos[video] = replace(videos[video], labels=VideoLabels(video), complete=False)
    if silent:
        problems.append(f"{path}: {len(silent)} videos are in subsets without any annotation; taken as unlabelled")


def _variant(content: Mapping[str, Any], path: Path | str) -> dict[str, Any]:
    if "wtal" not in content:
        return {}
    ours = reading.mapping(content["wtal"], f"{path}, wtal")
    if ours.get("format") != VARIANT:
        raise FormatError(
            f"{path}, wtal.format: this program reads format {VARIANT}, got {reading.shown(ours.get('format'))}; "
            "use the version of WTAL Studio that wrote it"
        )
    return ours


def _entry(video: str, entry: Mapping[str, Any], place: str, ours: bool, problems: list[str]) -> VideoEntry:
    length = None if entry.get("duration") is None else reading.duration(entry["duration"], f"{place}, duration")
    subset = subset_name(reading.text(entry.get("subset"), f"{place}, subset"))
    fps = None if entry.get("fps") is None else float(reading.number(entry["fps"], f"{place}, fps"))
    key = "annotation" if "annotation" in entry and "annotations" not in entry else "annotations"
    rows = _listed(entry, key, place)
    annotations: dict[str, Annotation] = {}
    known: set[str] = set()
    ambiguous: list[Segment] = []
    for index, row in enumerate(rows):
        where = f"{place}, {key}[{index}]"
        fields = reading.mapping(row, where)
        name = reading.label(fields.get("label"), f"{where}.label")
        if "segment" not in fields:
            raise FormatError(f"{where}: an annotation needs the key 'segment'")
        start, end = reading.ends(fields["segment"], f"{where}.segment")
        if start == end:
            problems.append(f"{where}: {name!r} has no length; kept as a class that occurs, without boundaries")
            known.add(name)
            continue
        if name.lower() == AMBIGUOUS and not ours:
            ambiguous.append(Segment(start, end))
            continue
        if start < 0 or (length is not None and end > length):
            problems.append(f"{where}: {name!r} at {to_seconds(start)}-{to_seconds(end)} s lies outside the video")
        found = _annotation(fields, where, name, Segment(start, end), video)
        if found.id in annotations:
            if ours:
                raise FormatError(f"{where}.id: {found.id!r} is there twice")
            problems.append(f"{where}: {name!r} with the same times is there twice; kept once")
        annotations.setdefault(found.id, found)
    if not ours:
        known |= {annotation.label for annotation in annotations.values()}
        labels = VideoLabels(video, frozenset(known), tuple(annotations.values()), Coverage(), tuple(ambiguous))
        return VideoEntry(labels, length, subset, fps, complete=True)
    return VideoEntry(_own_labels(video, entry, place, annotations, known), length, subset, fps)


def _listed(entry: Mapping[str, Any], key: str, place: str) -> list[Any]:
    """The list under a key; none if the key is absent or null."""
    return [] if entry.get(key) is None else reading.sequence(entry[key], f"{place}, {key}")


def _annotation(fields: Mapping[str, Any], where: str, name: str, segment: Segment | None, video: str) -> Annotation:
    level = SupervisionLevel.FULL
    times: tuple[int, ...] = ()
    if segment is None:
        rows = reading.sequence(fields.get("times"), f"{where}.times")
        times = tuple(reading.microseconds(time, f"{where}.times[{index}]") for index, time in enumerate(rows))
        if len(times) not in (1, 2):
            raise FormatError(f"{where}.times: an instance has one or two clicks, got {len(times)}")
        level = SupervisionLevel.ONE_SEGMENT if len(times) == 1 else SupervisionLevel.TWO_SEGMENT
    span = (segment.start, segment.end) if segment else sorted(times)
    assisted = fields.get("model_assisted", False)
    if not isinstance(assisted, bool):
        raise FormatError(f"{where}.model_assisted: expected true or false, got {reading.shown(assisted)}")
    return Annotation(
        id=_own_id(fields, where) or reading.imported_id(video, name, *span),
        label=name,
        level=level,
        clicks=times,
        segment=segment,
        annotator=reading.text(fields.get("annotator"), f"{where}.annotator"),
        model_assisted=assisted,
    )


def _own_id(fields: Mapping[str, Any], where: str) -> str:
    """The id of an annotation that this program wrote; COIN's ``id`` is that of a class and says nothing here."""
    return reading.text(fields["id"], f"{where}.id") if "annotator" in fields and "id" in fields else ""


def _own_labels(
    video: str, entry: Mapping[str, Any], place: str, annotations: dict[str, Annotation], known: set[str]
) -> VideoLabels:
    for index, row in enumerate(_listed(entry, "clicks", place)):
        where = f"{place}, clicks[{index}]"
        fields = reading.mapping(row, where)
        name = reading.label(fields.get("label"), f"{where}.label")
        found = _annotation(fields, where, name, None, video)
        if found.id in annotations:
            raise FormatError(f"{where}.id: {found.id!r} is there twice")
        annotations[found.id] = found
    classes = None
    if entry.get("video_labels") is not None or known:
        names = _listed(entry, "video_labels", place)
        classes = (
            frozenset(reading.label(name, f"{place}, video_labels[{index}]") for index, name in enumerate(names))
            | known
        )
    spans = reading.mapping(entry.get("coverage", {}), f"{place}, coverage")
    coverage = Coverage(
        {
            reading.label(name, f"{place}, coverage"): _segments(value, f"{place}, coverage[{name!r}]")
            for name, value in spans.items()
        }
    )
    ambiguous = _segments(_listed(entry, "ambiguous", place), f"{place}, ambiguous")
    return VideoLabels(video, classes, tuple(annotations.values()), coverage, ambiguous)


def _segments(value: Any, place: str) -> tuple[Segment, ...]:
    rows = reading.sequence(value, place)
    return tuple(reading.segment(row, f"{place}[{index}]") for index, row in enumerate(rows))


def write(path: Path | str, annotations: AnnotationSet, origins: Mapping[str, int] | None = None) -> LossReport:
    """Write all labels; nothing is lost, and ``hidden`` says what only this program will see."""
    origins = origins or {}
    database: dict[str, Any] = {}
    for video, entry in annotations.videos.items():
        reading.video_id(video, f"{path}, database")
        database[video] = _written(entry, shift_labels(entry.labels, -origins.get(video, 0)), str(path))
    content = {
        "version": "WTAL Studio",
        "taxonomy": [],
        "wtal": {"format": VARIANT, "classes": [reading.label(name, str(path)) for name in annotations.classes]},
        "database": database,
    }
    reading.write_text(path, [json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False), "\n"])
    return LossReport(hidden=_hidden(annotations, origins))


def _written(entry: VideoEntry, labels: VideoLabels, place: str) -> dict[str, Any]:
    written: dict[str, Any] = {"subset": entry.subset or ""}
    if entry.duration is not None:
        written["duration"] = to_seconds(entry.duration)
    if entry.fps is not None:
        written["fps"] = entry.fps
    written["annotations"] = [
        {"segment": _seconds(found.segment), "label": reading.label(found.label, place), **_said(found)}
        for found in labels.annotations
        if found.segment is not None
    ]
    written["clicks"] = [
        {"times": [to_seconds(time) for time in found.clicks], "label": reading.label(found.label, place)}
        | _said(found)
        for found in labels.annotations
        if found.segment is None
    ]
    written["video_labels"] = None if labels.classes is None else sorted(labels.classes)
    written["coverage"] = {
        label: [_seconds(span) for span in spans] for label, spans in sorted(labels.coverage.spans.items())
    }
    written["ambiguous"] = [_seconds(span) for span in labels.ambiguous]
    return written


def _said(annotation: Annotation) -> dict[str, Any]:
    return {"id": annotation.id, "annotator": annotation.annotator, "model_assisted": annotation.model_assisted}


def _seconds(segment: Segment) -> list[float]:
    return list(segment.seconds)


def _hidden(annotations: AnnotationSet, origins: Mapping[str, int]) -> tuple[str, ...]:
    n_clicks = n_unlocated = n_incomplete = 0
    for video, entry in annotations.videos.items():
        labels = entry.labels
        n_clicks += sum(found.segment is None for found in labels.annotations)
        n_unlocated += bool((labels.classes or frozenset()) - {found.label for found in labels.annotations})
        start = origins.get(video, 0)
        n_incomplete += entry.duration is None or not labels.coverage.is_complete(
            annotations.classes, Segment(start, start + entry.duration)
        )
    sentences = {
        f"{n_clicks} clicked instances are kept for WTAL Studio only: other tools see boundaries": n_clicks,
        f"classes without a place in {n_unlocated} videos are kept for WTAL Studio only": n_unlocated,
        f"{n_incomplete} videos are not judged completely: other tools take the rest as background": n_incomplete,
    }
    return tuple(sentence for sentence, count in sentences.items() if count)


def read_predictions(path: Path | str) -> dict[str, list[Proposal]]:
    """All proposals of a results file.

    Raises
    ------
    FormatError
        If anything is wrong; nothing is returned then.
    """
    content = reading.mapping(reading.read_json(path), str(path))
    if "results" not in content:
        hint = "; these are annotations, not predictions" if "database" in content else ""
        raise FormatError(f"{path}: ActivityNet predictions have the key 'results'{hint}")
    predictions: dict[str, list[Proposal]] = {}
    for name, rows in reading.mapping(content["results"], f"{path}, results").items():
        video = reading.video_id(name, f"{path}, results")
        place = f"{path}, video {video!r}"
        predictions[video] = [
            _proposal(row, f"{place}, [{index}]") for index, row in enumerate(reading.sequence(rows, place))
        ]
    return predictions


def _proposal(row: Any, where: str) -> Proposal:
    fields = reading.mapping(row, where)
    for key in ("segment", "label", "score"):
        if key not in fields:
            raise FormatError(f"{where}: a prediction needs the key {key!r}")
    start, end = reading.ends(fields["segment"], f"{where}.segment")
    return Proposal(
        label=reading.label(fields["label"], f"{where}.label"),
        segment=reading.proposal_segment(start, end),
        score=reading.score(fields["score"], f"{where}.score"),
    )


def write_predictions(
    path: Path | str, predictions: Mapping[str, Sequence[Proposal]], origins: Mapping[str, int] | None = None
) -> LossReport:
    """Write a results file."""
    origins = origins or {}
    results = {
        reading.video_id(video, str(path)): [
            {
                "label": reading.label(found.label, str(path)),
                "score": found.score,
                "segment": [
                    to_seconds(time - origins.get(video, 0)) for time in (found.segment.start, found.segment.end)
                ],
            }
            for found in proposals
        ]
        for video, proposals in predictions.items()
    }
    content = {"version": "VERSION 1.3", "results": results, "external_data": {}}
    reading.write_text(path, [json.dumps(content, ensure_ascii=False, allow_nan=False), "\n"])
    return LossReport()
