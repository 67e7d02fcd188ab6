"""Adding a folder of features: to the videos of the same names, and as videos of their own where there are none."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.services.adding import Added, checked_path
from app.services.split import side_of
from app.workspace import Workspace
from db.records import VideoRecord
from db.unit_of_work import UnitOfWork
from wtal_core.domain import MICROSECONDS, FeatureSequence

if TYPE_CHECKING:
    from wtal_core.features.folder import FolderMeta

EXTRACTOR = "folder"
"""The name under which features made elsewhere are listed."""

_BLOCK = 1 << 22


@dataclass(frozen=True, slots=True)
class _Read:
    """What is in a folder: sequences by file name, the video each belongs to, else the hash of its file."""

    folder: Path
    meta: FolderMeta
    sequences: Mapping[str, FeatureSequence]
    videos: Mapping[str, VideoRecord]
    hashes: Mapping[str, str]


def add_features(workspace: Workspace, project: int, folder: Path | str) -> Added:
    """Add ``<video>.npy`` files, (T, D), with an optional ``meta.json``; they stay where they are.

    A file that bears the name of a video of the project (with or without ending) gives it features, if T fits its
    duration. Every other file becomes a video without pictures, as long as its snippets: a timeline without a player.

    Raises
    ------
    ValueError
        If the folder as a whole cannot be used.
    PermissionError
        If it lies outside the media roots.
    NotFoundError
        If there is no such project.
    """
    path = checked_path(workspace, folder)
    with workspace.read() as unit:
        unit.projects.get(project)
        here = {Path(video.name).stem if video.path else video.name: video for video in unit.videos.of_project(project)}
    problems: dict[str, str] = {}
    notes: list[str] = []
    found = _read(path, here, problems, notes)
    with workspace.write() as unit:
        made = [
            video
            for sequence in found.sequences.values()
            if (video := _store(unit, project, found, sequence, problems)) is not None
        ]
        for name, reason in problems.items():
            unit.videos.add_problem(project, str(path / f"{name}.npy"), reason, time.time())
    n_known = len(found.sequences) - len(made) - sum(name in problems for name in found.sequences)
    return Added(tuple(made), (*problems.values(), *notes), n_known)


def _read(path: Path, here: Mapping[str, VideoRecord], problems: dict[str, str], notes: list[str]) -> _Read:
    """Read what fits; reasons for the rest go to ``problems``, remarks to ``notes``."""
    from wtal_core.features.folder import read_folder, read_meta

    names = {file.stem for file in path.glob("*.npy")} if path.is_dir() else set()
    known = {name: video for name, video in here.items() if name in names}
    unread = [name for name, video in known.items() if video.duration <= 0]
    for name in unread:
        problems[name] = f"{name}.npy: its video has not been read yet; add the features again when it has"
    fitting = {name: video for name, video in known.items() if name not in unread}
    sequences: dict[str, FeatureSequence] = {}
    if fitting:
        durations = {name: video.duration for name, video in fitting.items()}
        sequences |= read_folder(path, durations, notes=notes, problems=problems)
    if not names and (advice := foreign_layout(path)):
        raise ValueError(f"{path}: {advice}")
    told = {name: length for name, length in _told_durations(path).items() if name in names - set(known)}
    if told:
        sequences |= read_folder(path, told, notes=notes, problems=problems)
    if not names or names - set(known) - set(told):  # without names this says what is wrong with the folder
        alone = read_folder(path, notes=notes, problems=problems)
        sequences |= {name: sequence for name, sequence in alone.items() if name not in (*known, *told)}
    hashes = {name: _content_hash(path / f"{name}.npy") for name in sequences if name not in fitting}
    return _Read(path, read_meta(path), dict(sorted(sequences.items())), fitting, hashes)


def _told_durations(folder: Path) -> dict[str, int]:
    """Microseconds of each video that ``annotations.json`` in the folder knows, as a conversion writes it."""
    from wtal_core.formats import activitynet

    path = folder / "annotations.json"
    return activitynet.read(path).durations if path.is_file() else {}


def foreign_layout(folder: Path) -> str:
    """What published layout a folder without features of its own shows, as advice; empty if none."""
    from wtal_core.layouts import LAYOUTS, recognise

    seen = [each for each in recognise(folder) if each.name != "plain"] if folder.is_dir() else []
    if not seen:
        return ""
    return (
        f"this looks like {LAYOUTS[seen[0].name].TITLE}; `wtal features import {folder}` brings it into the project, "
        "with its labels and its split"
    )


def _store(
    unit: UnitOfWork,
    project: int,
    found: _Read,
    sequence: FeatureSequence,
    problems: dict[str, str],
) -> VideoRecord | None:
    """Record one sequence; the video it made, if it made one."""
    name, now = sequence.video_id, time.time()
    known = found.videos.get(name)
    made = None
    if known is None:
        content_hash = found.hashes[name]
        twins = unit.videos.by_hash(project, content_hash)
        if twins:
            problems[name] = f"{name}.npy: has the same content as {twins[0].name!r}; not added twice"
            return None
        made = known = unit.videos.add(
            project,
            name,
            now,
            status="ready",
            content_hash=content_hash,
            duration=sequence.grid.duration,
            subset=side_of(unit, project, content_hash),
            note="features without a video",
        )
    n_snippets, n_features = sequence.values.shape
    meta = _meta(sequence, found.meta)
    unit.features.put(
        known.id,
        extractor=EXTRACTOR,
        fingerprint=_fingerprint(found.meta, n_features),
        path=str(found.folder / f"{name}.npy"),
        n_snippets=n_snippets,
        n_features=n_features,
        at=now,
        meta=meta,
    )
    return made


def _meta(sequence: FeatureSequence, said: FolderMeta) -> dict[str, Any]:
    """The time base of one sequence in the words of ``meta.json``; exact also where it was spread over its video."""
    streams = {name: list(columns) for name, columns in sequence.streams.items()}
    own = said.of(sequence.video_id)
    if sequence.grid.step == own.step:
        return {
            "fps": str(own.fps),
            "snippet_frames": said.snippet_frames,
            "stride_frames": said.stride_frames,
            "streams": streams,
        }
    rate = f"{sequence.grid.n_snippets * MICROSECONDS}/{sequence.grid.duration}"
    return {"fps": rate, "snippet_frames": 1, "stride_frames": 1, "streams": streams}


def _fingerprint(meta: FolderMeta, n_features: int) -> str:
    """The same for folders that can be learned from together: same width, same step, same streams."""
    streams = {name: list(columns) for name, columns in meta.streams.items()}
    said = [n_features, str(meta.fps), meta.snippet_frames, meta.stride_frames, streams]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]


def _content_hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return f"features:{digest.hexdigest()}"
