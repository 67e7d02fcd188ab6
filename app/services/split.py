"""The split of a project's videos into training and validation: made once, frozen by content."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from app.services.merging import merged_in
from app.workspace import Workspace
from db.unit_of_work import UnitOfWork
from wtal_core.domain import Subset

VALIDATION_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Split:
    """How many videos lie on each side, and how many of them this call put there."""

    n_training: int
    n_validation: int
    n_new: int


def make_split(workspace: Workspace, project: int, *, share: float = VALIDATION_SHARE, seed: int = 0) -> Split:
    """Put the videos that have no side yet on one: the first time a share goes to validation, later all to training.

    Stratified by class where classes are known: within the videos of each class (its rarest, where a video has several)
    the same share is taken. Which ones is drawn by content hash and seed, so the same files split alike everywhere.
    Contents that were assigned before keep their side, also after being removed and added again.

    Parameters
    ----------
    share
        Of validation, 0 to 1.
    """
    if not 0 <= share < 1:
        raise ValueError(f"the share of validation videos must be at least 0 and below 1, got {share}")
    with workspace.write() as unit:
        first_time = not unit.projects.get(project).is_split
        videos = [video for video in unit.videos.of_project(project) if video.status == "ready"]
        frozen = unit.videos.split(project)
        sides: dict[int, str] = {
            v.id: frozen[v.content_hash] for v in videos if not v.subset and v.content_hash in frozen
        }
        open_ids = [video.id for video in videos if video.subset is None and video.id not in sides]
        if first_time:
            hashes = {video.id: video.content_hash or video.name for video in videos}
            drawn = _draw(_strata(unit, project, open_ids), hashes, share, seed)
        else:
            drawn = set()
        sides |= {i: (Subset.VALIDATION if i in drawn else Subset.TRAINING).value for i in open_ids}
        _assign(unit, project, sides)
        unit.projects.change(project, is_split=True)
        counts = Counter(sides.get(video.id, video.subset) for video in videos)
        return Split(counts[Subset.TRAINING.value], counts[Subset.VALIDATION.value], len(sides))


def side_of(unit: UnitOfWork, project: int, content_hash: str) -> str | None:
    """The side a new video of that content is on: its frozen one, else training once a split was made."""
    frozen = unit.videos.split(project).get(content_hash)
    return frozen or (Subset.TRAINING.value if unit.projects.get(project).is_split else None)


def assign_in(unit: UnitOfWork, project: int, sides: Mapping[int, str]) -> list[str]:
    """Put videos on the sides an annotation file names, within a writing unit of work.

    Returns
    -------
    list of str
        Videos whose frozen side is another; they stay where they are.
    """
    frozen = unit.videos.split(project)
    conflicts, wanted = [], {}
    for video in unit.videos.of_project(project, ids=sides):
        side = Subset(sides[video.id]).value
        present = video.subset or frozen.get(video.content_hash)
        if present not in (None, side):
            conflicts.append(f"{video.name} stays in {present}: the split is frozen, and the file says {side}")
        elif video.subset is None:
            wanted[video.id] = side
    _assign(unit, project, wanted)
    return conflicts


def _assign(unit: UnitOfWork, project: int, sides: Mapping[int, str]) -> None:
    for side in set(sides.values()):
        unit.videos.assign([video for video, chosen in sides.items() if chosen == side], side)
    hashes = {video.id: video.content_hash for video in unit.videos.of_project(project, ids=sides)}
    unit.videos.freeze(project, {hashes[video]: side for video, side in sides.items()}, time.time())


def _strata(unit: UnitOfWork, project: int, ids: list[int]) -> dict[int, str]:
    """The rarest class known of each video; empty where none is."""
    merged = merged_in(unit, project, unit.videos.of_project(project, ids=ids))
    known = {video: found.labels.classes or frozenset() for video, found in merged.items()}
    counts = Counter(label for labels in known.values() for label in labels)
    return {i: min(labels, key=lambda label: (counts[label], label), default="") for i, labels in known.items()}


def _draw(strata: Mapping[int, str], hashes: Mapping[int, str], share: float, seed: int) -> set[int]:
    """The validation videos: the share of each stratum rounded down, then largest remainders up to the whole share."""

    def lot(video: int) -> str:
        return hashlib.sha256(f"{seed}:{hashes[video]}".encode()).hexdigest()

    groups: dict[str, list[int]] = {}
    for video in sorted(strata, key=lot):
        groups.setdefault(strata[video], []).append(video)
    quota = {label: len(group) * share for label, group in groups.items()}
    taken = {label: int(quota[label]) for label in groups}
    missing = round(len(strata) * share) - sum(taken.values())
    by_remainder = sorted(groups, key=lambda label: (taken[label] - quota[label], label))
    for label in by_remainder[: max(0, missing)]:
        taken[label] += 1
    return {video for label, group in groups.items() for video in group[: taken[label]]}
