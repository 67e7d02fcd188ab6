"""Where features and annotations of a published data set meet.

One place for all layouts, so that each refuses the same nonsense in the same words: other videos, other widths, another
rate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from wtal_core.domain import Coverage, SnippetGrid, VideoLabels, to_seconds
from wtal_core.features.folder import FolderMeta, fitted_grid
from wtal_core.formats import AnnotationSet, VideoEntry
from wtal_core.formats.annotation_set import covered
from wtal_core.layouts.dataset import EVALUATED, FeatureDataset, StoredFeatures
from wtal_core.layouts.problems import LayoutError, some

SLOWEST, FASTEST = Fraction(1, 10_000), Fraction(10_000)
"""Frames per second, or rows where a layout counts in those; beyond, a file says nonsense about its times or size."""
MANY = 5
"""Videos that may disagree with their annotations before the rate is doubted, if they are under a twentieth."""


@dataclass(frozen=True, eq=False)
class Parts:
    """What a layout has read, before it is held together.

    Attributes
    ----------
    layout, kind
        As in :class:`FeatureDataset`.
    place
        The folder, for messages.
    annotations
        With the file's own subsets; durations where they are known.
    stored
        Features by the names of the annotations.
    meta
        Time base.
    """

    layout: str
    kind: str
    place: Path
    annotations: AnnotationSet
    stored: Mapping[str, StoredFeatures]
    meta: FolderMeta
    video_labels: Mapping[str, frozenset[str]] = field(default_factory=dict)
    clicks: Mapping[str, VideoLabels] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def even_rate(n_snippets: int, duration: int, meta: FolderMeta) -> Fraction:
    """Frames per second at which ``n_snippets`` windows reach exactly from the start of a video to its end.

    For features whose rate nobody states (FACTS 10.6: when in doubt, time is index over T times duration).

    Parameters
    ----------
    n_snippets
        ``T``.
    duration
        Microseconds.
    meta
        Window and stride.
    """
    frames = (n_snippets - 1) * meta.stride_frames + meta.snippet_frames
    return Fraction(frames * 1_000_000, duration)


def assembled(parts: Parts) -> FeatureDataset:
    """Features and annotations held together.

    A video whose T does not fit its duration keeps the published rate and lasts as long as its snippets, and is listed:
    the field's own durations are wrong for some videos. Where many disagree, the rate is wrong, and nothing is read.

    Raises
    ------
    LayoutError
        If no annotated video has features, widths differ, or the rate does not fit.
    """
    annotations = _on_sides(parts)
    shared = [video for video in annotations.videos if video in parts.stored]
    if not shared:
        raise LayoutError(
            f"{parts.place}: features and annotations name different videos: there are features of "
            f"{some(parts.stored) or 'none'}, and annotations of {some(annotations.videos) or 'none'}; check that both "
            "belong to the same data set"
        )
    _check_rates(parts, shared)
    _check_widths(parts, shared)
    grids, entries, notes = _placed(parts, annotations, shared)
    missing = tuple(video for video in annotations.videos if video not in parts.stored)
    notes += list(parts.notes)
    if missing:
        notes.append(f"{len(missing)} of {len(annotations.videos)} annotated videos have no features: {some(missing)}")
    unknown = [video for video in parts.stored if video not in parts.annotations.videos]
    if unknown:
        notes.append(f"{len(unknown)} videos have features but no annotations, and are not used: {some(unknown)}")
    return FeatureDataset(
        parts.layout,
        parts.kind,
        replace(annotations, videos=entries),
        {video: parts.stored[video] for video in shared},
        grids,
        parts.meta,
        {video: parts.video_labels[video] for video in shared if video in parts.video_labels},
        {video: parts.clicks[video] for video in shared if video in parts.clicks},
        missing,
        (*annotations.problems, *notes),
    )


def _on_sides(parts: Parts) -> AnnotationSet:
    """With the words of the project for the sides; videos whose labels are withheld are left out.

    THUMOS'14 trains on its validation videos and tests on its test videos, so ``validation`` beside ``test`` and
    without ``training`` is the training side. Elsewhere ``training`` and ``validation`` mean what they say, and
    ActivityNet's test videos carry no labels.
    """
    videos = {video: entry for video, entry in parts.annotations.videos.items() if entry.labels.classes is not None}
    words = {entry.subset for entry in videos.values()}
    renamed = {"validation": "training"} if {"validation", "test"} <= words and "training" not in words else {}
    kept = {
        video: replace(entry, subset=renamed.get(entry.subset or "", entry.subset)) for video, entry in videos.items()
    }
    sides = {entry.subset for entry in kept.values()}
    if "training" not in sides or not sides & set(EVALUATED):
        found = ", ".join(sorted(str(word) for word in words)) or "none"
        raise LayoutError(
            f"{parts.place}: a data set has training videos and test or validation videos; its annotations name {found}"
        )
    return replace(parts.annotations, videos=kept)


def _check_rates(parts: Parts, videos: list[str]) -> None:
    """Refuse rates of no camera; a file can promise a billion rows and be small."""
    for video in videos:
        rate = parts.meta.of(video).fps
        if not SLOWEST <= rate <= FASTEST:
            told = "faster than any camera" if rate > FASTEST else "slower than any film"
            raise LayoutError(
                f"{parts.stored[video].place}: its {parts.stored[video].shape[0]} snippets and what is said of its "
                f"frames or duration make it {told}; check both"
            )


def _check_widths(parts: Parts, videos: list[str]) -> None:
    widths = Counter(parts.stored[video].shape[1] for video in videos)
    usual = widths.most_common(1)[0][0]
    other = [video for video in videos if parts.stored[video].shape[1] != usual]
    if other:
        odd = parts.stored[other[0]]
        raise LayoutError(
            f"{odd.place}: {odd.shape[1]} features per snippet where {len(videos) - len(other)} other videos have "
            f"{usual} ({len(other)} videos differ); the features were made by different extractors"
        )
    wanted = max((stop for _, stop in parts.meta.streams.values()), default=usual)
    if usual < wanted:
        raise LayoutError(f"{parts.place}: {usual} features per snippet, but its streams need {wanted} columns")


def _placed(
    parts: Parts, annotations: AnnotationSet, videos: list[str]
) -> tuple[dict[str, SnippetGrid], dict[str, VideoEntry], list[str]]:
    """The grid of each video, its entry with the duration of that grid, and what was odd."""
    grids: dict[str, SnippetGrid] = {}
    entries: dict[str, VideoEntry] = {}
    notes: list[str] = []
    disagreeing: list[str] = []
    for video in videos:
        entry, meta = annotations.videos[video], parts.meta.of(video)
        n_snippets = parts.stored[video].shape[0]
        try:
            grid, note = fitted_grid(n_snippets, entry.duration, meta)
        except ValueError:
            grid, _ = fitted_grid(n_snippets, None, meta)
            note = (
                f"{n_snippets} snippets last {to_seconds(grid.duration):g} s, the annotations say "
                f"{to_seconds(entry.duration or 0):g} s; its features' own time is used"
            )
            disagreeing.append(video)
        if note:
            notes.append(f"{video}: {note}")
        grids[video] = grid
        if entry.complete and entry.duration != grid.duration:  # judged to an end the video does not have
            entry = replace(entry, labels=replace(entry.labels, coverage=Coverage()), duration=grid.duration)
        entries[video] = covered(entry, annotations.classes)
    if 2 * len(disagreeing) > len(videos) or len(disagreeing) > max(MANY, len(videos) // 20):
        raise LayoutError(_wrong_rate(parts, annotations, videos, disagreeing))
    return grids, entries, notes


def _wrong_rate(parts: Parts, annotations: AnnotationSet, videos: list[str], disagreeing: list[str]) -> str:
    steps = sorted(
        Fraction(annotations.videos[video].duration or 0, 1_000_000) / parts.stored[video].shape[0]
        for video in disagreeing
    )
    first = disagreeing[0]
    return (
        f"{parts.place}: the features of {len(disagreeing)} of {len(videos)} videos do not last as long as their "
        f"annotations say at {float(parts.meta.of(first).step):.4g} s a snippet (e.g. {first}: "
        f"{parts.stored[first].shape[0]} snippets for {to_seconds(annotations.videos[first].duration or 0):g} s); "
        f"{float(steps[len(steps) // 2]):.4g} s would fit. Give the rate they were made at with --stride and --window, "
        "or choose the right features"
    )
