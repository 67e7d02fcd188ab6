"""From what a person said in times to what a trainer uses in snippets: the one function of the project (FACTS 0.1, T9).

Rules
-----
* A segment is the cells whose centre lies inside it; if there is none, the cell it overlaps most, the earlier on a tie.
* A click is the cell that holds it; two clicks are all cells from the first to the second.
* A cell is background of a class only where a person has judged all of it for that class. Everything else is unknown.
* Precedence: action, then ambiguous (any overlap makes a cell unknown), then background.
* What cannot be used is listed, with the reason; it is never dropped silently.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from wtal_core.domain import Annotation, FeatureSequence, Segment, SnippetGrid, VideoLabels, to_seconds
from wtal_core.training.cells import FRAME, GridMismatch, click_cell, fitted, segment_cells
from wtal_core.training.dataset import Instance, TrainingVideo
from wtal_core.training.simulation import semi_selection, simulate_labels, simulated


def training_video(
    features: FeatureSequence,
    labels: VideoLabels,
    class_names: Sequence[str],
    checked_classes: Iterable[str] | None = None,
    *,
    frame: int = FRAME,
) -> tuple[TrainingVideo, list[str]]:
    """Labels of one video as snippet targets.

    Parameters
    ----------
    features
        Feature sequence (T, D).
    labels
        What a person said.
    class_names
        The ``C`` classes in column order.
    checked_classes
        Classes whose coverage was given for the present class list; None: all of them.
    frame
        Duration of a video frame, microseconds.

    Returns
    -------
    video, notes
        The targets; one line for each label that was not used, and why.

    Raises
    ------
    ValueError
        If nobody has said anything about the video, or the labels are another video's.
    GridMismatch
        If features and duration disagree by more than 2 %.
    """
    if labels.video_id != features.video_id:
        raise ValueError(f"labels of {labels.video_id!r} were given for the features of {features.video_id!r}")
    if labels.classes is None:
        raise ValueError(f"{labels.video_id}: nobody has said which classes occur; leave the video out or label it")
    features, note = fitted(features)
    notes = [note] if note else []
    grid, column = features.grid, {name: index for index, name in enumerate(class_names)}
    checked = set(column) if checked_classes is None else set(checked_classes) & set(column)
    complete = {name for name in checked if labels.coverage.is_complete([name], grid.extent)}
    edges = grid.edges
    known = [annotation for annotation in labels.annotations if annotation.label in column]
    bounded = {name: _Spans() for name in column}
    for annotation in sorted(known, key=lambda each: each.span):
        if annotation.segment is not None:
            bounded[annotation.label].add(annotation.segment)
    notes += _foreign(labels, column)

    instances: list[Instance] = []
    for annotation in known:
        instance, reason = _instance(
            annotation,
            bounded=bounded[annotation.label],
            grid=grid,
            edges=edges,
            class_index=column[annotation.label],
            is_complete=annotation.label in complete,
            frame=frame,
        )
        if instance is not None:
            instances.append(instance)
        else:
            notes.append(f"{labels.video_id}: {_told(annotation, grid)} was not used: {reason}")

    action = np.zeros((grid.n_snippets, len(column)), bool)
    for instance in instances:
        action[instance.first : instance.stop, instance.class_index] = True
    ambiguous = _ambiguous(labels, edges)
    background = _background(labels, edges, column, checked) & ~ambiguous[:, None] & ~action
    label = np.array([name in labels.classes for name in class_names], np.float32)
    for name in sorted(complete):
        if label[column[name]] and not action[:, column[name]].any():
            label[column[name]] = 0.0
            notes.append(
                f"{labels.video_id}: {name!r} is said to occur, but the video is judged for it everywhere and no "
                "usable segment is marked: it counts as not occurring"
            )
    is_complete = bool(column) and complete == set(column)
    video = TrainingVideo(features, labels, action, background, tuple(instances), label, is_complete, ambiguous)
    return video, notes


def training_videos(
    sequences: Iterable[FeatureSequence],
    labels: Mapping[str, VideoLabels],
    class_names: Sequence[str],
    checked_classes: Mapping[str, Iterable[str]] | None = None,
    *,
    frame: int = FRAME,
) -> tuple[list[TrainingVideo], list[str]]:
    """:func:`training_video` of many; videos that say nothing about these classes are left out and listed."""
    videos: list[TrainingVideo] = []
    notes: list[str] = []
    for features in sequences:
        said = labels.get(features.video_id)
        if said is None or said.classes is None:
            notes.append(f"{features.video_id}: not used: nobody has said which classes occur")
            continue
        checked = None if checked_classes is None else checked_classes.get(features.video_id, ())
        video, more = training_video(features, said, class_names, checked, frame=frame)
        notes += more
        if said.classes and not video.video_label.any() and not video.background.any():
            notes.append(f"{features.video_id}: not used: none of its labels can be used")
            continue
        videos.append(video)
    return videos, notes


def _foreign(labels: VideoLabels, column: Mapping[str, int]) -> list[str]:
    """Notes on classes that are not in the class list."""
    return [
        f"{labels.video_id}: class {name!r} is not in the class list; its labels were not used"
        for name in sorted(labels.classes or ())
        if name not in column
    ]


def _told(annotation: Annotation, grid: SnippetGrid) -> str:
    """An annotation in words, in seconds from the first picture."""
    times = annotation.clicks or annotation.span
    shown = ", ".join(f"{to_seconds(time - grid.origin):.3f} s" for time in times)
    kind = "segment" if annotation.segment is not None else "click" if len(times) == 1 else "pair of clicks"
    return f"the {kind} {annotation.id} of {annotation.label!r} at {shown}"


class _Spans:
    """The time inside any of some segments, asked click by click: one pass, however many there are of both."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._latest: list[int] = []  # end of all that began until there

    def add(self, segment: Segment) -> None:
        """Take one in; they come by their start."""
        self._starts.append(segment.start)
        self._latest.append(max(segment.end, self._latest[-1]) if self._latest else segment.end)

    def __contains__(self, click: int) -> bool:
        began = bisect_right(self._starts, click)
        return began > 0 and click < self._latest[began - 1]


def _instance(
    annotation: Annotation,
    *,
    bounded: _Spans,
    grid: SnippetGrid,
    edges: NDArray[np.int64],
    class_index: int,
    is_complete: bool,
    frame: int,
) -> tuple[Instance | None, str]:
    """One annotation in snippets, or why it cannot be used."""
    if annotation.segment is not None:
        cells = segment_cells(annotation.segment, edges)
        if not cells.size:
            return None, "it lies outside the features"
        return Instance(class_index, int(cells[0]), int(cells[-1]) + 1, exact=True), ""
    clicked = [click_cell(click, grid, frame) for click in annotation.clicks]
    inside = [cell for cell in clicked if cell is not None]
    if len(inside) < len(clicked):
        return None, "a click lies outside the features"
    if any(click in bounded for click in annotation.clicks):
        return None, "it lies in a segment of the same class, which says more"
    if is_complete:
        return None, "it lies outside every segment of a video that is judged everywhere"
    return Instance(class_index, min(inside), max(inside) + 1, exact=False), ""


def _background(
    labels: VideoLabels,
    edges: NDArray[np.int64],
    column: Mapping[str, int],
    checked: set[str],
) -> NDArray[np.bool_]:
    """Cells wholly inside judged time, (T, C)."""
    background = np.zeros((len(edges) - 1, len(column)), bool)
    for name in checked:
        for span in labels.coverage.of(name):
            background[(edges[:-1] >= span.start) & (edges[1:] <= span.end), column[name]] = True
    return background


def _ambiguous(labels: VideoLabels, edges: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Cells that touch ambiguous time, (T,)."""
    touched = np.zeros(len(edges) - 1, bool)
    for span in labels.ambiguous:
        touched |= (edges[:-1] < span.end) & (edges[1:] > span.start)
    return touched


__all__ = [
    "GridMismatch",
    "semi_selection",
    "simulate_labels",
    "simulated",
    "training_video",
    "training_videos",
]
