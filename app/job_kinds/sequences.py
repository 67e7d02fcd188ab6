"""Feature sequences of a project's videos, memory-mapped, each on the time base of its video."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from app.workspace import Workspace
from db.records import FeatureRecord, VideoRecord
from wtal_core.domain import FeatureSequence, SnippetGrid


@dataclass(frozen=True, slots=True)
class ProjectFeatures:
    """What a run can read.

    Attributes
    ----------
    extractor, fingerprint
        Whose features these are.
    sequences
        By name of the video.
    ids
        Number of each of these videos.
    notes
        Videos that are left out, and why.
    """

    extractor: str
    fingerprint: str
    sequences: Mapping[str, FeatureSequence]
    ids: Mapping[str, int]
    notes: tuple[str, ...]


def project_features(
    workspace: Workspace, project: int, extractor: str | None = None, fingerprint: str | None = None
) -> ProjectFeatures:
    """Features of one kind for as many videos of a project as have them.

    Parameters
    ----------
    extractor, fingerprint
        Which kind; None takes the one that most videos have.

    Raises
    ------
    ValueError
        If there are none.
    """
    with workspace.read() as unit:
        videos = [video for video in unit.videos.of_project(project) if video.status == "ready"]
        found = {video.id: unit.features.of_video(video.id) for video in videos}
    kinds = Counter(
        kind
        for records in found.values()
        for kind in {(each.extractor, each.fingerprint, each.n_features) for each in records}
        if extractor in (None, kind[0]) and fingerprint in (None, kind[1])
    )
    if not kinds:
        raise ValueError(
            f"no video has features{f' of {extractor}' if extractor else ''} yet; wait for the extraction, or start one"
        )
    kind = max(kinds, key=lambda each: (kinds[each], each))
    sequences: dict[str, FeatureSequence] = {}
    notes = []
    for video in videos:
        record = _of_kind(found[video.id], kind)
        if record is None:
            notes.append(f"{video.name}: not used: it has no features of {kind[0]}; extract them")
            continue
        try:
            sequences[video.name] = load(workspace, video, record)
        except (OSError, ValueError) as error:
            notes.append(f"{video.name}: not used: its features cannot be read ({error}); extract them again")
    ids = {video.name: video.id for video in videos if video.name in sequences}
    return ProjectFeatures(kind[0], kind[1], sequences, ids, tuple(notes))


def _of_kind(records: Iterable[FeatureRecord], kind: tuple[str, str, int]) -> FeatureRecord | None:
    return next((each for each in records if (each.extractor, each.fingerprint, each.n_features) == kind), None)


def load(workspace: Workspace, video: VideoRecord, record: FeatureRecord) -> FeatureSequence:
    """One feature sequence, memory-mapped."""
    values = np.load(Path(workspace.home) / record.path, mmap_mode="r", allow_pickle=False)
    meta = record.meta
    grid = SnippetGrid.regular(
        values.shape[0],
        video.duration,
        fps=Fraction(str(meta.get("fps", 25))),
        stride_frames=int(meta.get("stride_frames", 16)),
        snippet_frames=int(meta.get("snippet_frames", meta.get("stride_frames", 16))),
        origin=video.origin,
    )
    return FeatureSequence(video.name, values, grid, _streams(meta))


def _streams(meta: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    return {name: (int(first), int(stop)) for name, (first, stop) in dict(meta.get("streams", {})).items()}
