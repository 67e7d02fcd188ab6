"""Feature folders and videos as arguments of commands."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from app.commands.console import CommandError, say, say_notes

if TYPE_CHECKING:
    from wtal_core.domain import FeatureSequence
    from wtal_core.formats import AnnotationSet

VIDEO_SUFFIXES = (
    *(".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts"),
    *(".mts", ".m2ts", ".wmv", ".asf", ".flv", ".3gp", ".ogv", ".vob", ".mxf"),
)
"""What a folder is searched for, as the library does; a file named by itself may be called anything."""


def find_videos(paths: Iterable[Path]) -> list[Path]:
    """The videos among the paths and in the folders among them, by name; each file once.

    Raises
    ------
    CommandError
        If a path does not exist, a folder holds no video, or two videos would get one name.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            inside = sorted(
                file for file in path.rglob("*") if file.suffix.lower() in VIDEO_SUFFIXES and file.is_file()
            )
            if not inside:
                raise CommandError(f"{path}: no video in this folder; looked for {' '.join(VIDEO_SUFFIXES)}")
            found |= dict.fromkeys(inside)
        elif path.is_file():
            found[path] = None
        else:
            raise CommandError(f"{path}: there is no such file or folder")
    names: dict[str, Path] = {}
    for file in found:
        if names.setdefault(file.stem, file) != file:
            raise CommandError(
                f"{names[file.stem]} and {file} are both called {file.stem!r}: features and predictions are kept by "
                "name; rename one, or use two output folders"
            )
    return list(found)


def labelled_features(folder: Path, annotations: AnnotationSet) -> tuple[dict[str, FeatureSequence], AnnotationSet]:
    """Features of the annotated videos, and the annotations of the videos that have features.

    Raises
    ------
    CommandError
        If no annotated video has features there.
    """
    from dataclasses import replace

    from wtal_core.features.store import read_folder

    if not folder.is_dir():
        raise CommandError(f"{folder}: there is no such feature folder; `wtal extract` makes one")
    present = {video: entry for video, entry in annotations.videos.items() if (folder / f"{video}.npy").is_file()}
    missing = [video for video in annotations.videos if video not in present]
    if not present:
        raise CommandError(
            f"{folder}: no features of the {len(missing)} annotated videos (looked for {missing[0]}.npy); "
            "check the folder and the subset"
        )
    if missing:
        shown = ", ".join(missing[:3]) + (" and more" if len(missing) > 3 else "")
        say(f"{len(missing)} of {len(annotations.videos)} annotated videos have no features in {folder}: {shown}")
    kept = replace(annotations, videos=present)
    notes: list[str] = []
    sequences = read_folder(folder, _durations(folder, kept), notes=notes)
    say_notes(notes)
    durations = {video: sequence.grid.duration for video, sequence in sequences.items()}
    return {video: sequences[video] for video in present}, kept.with_durations(durations)


def _durations(folder: Path, annotations: AnnotationSet) -> dict[str, int]:
    """Microseconds of each video; where the annotations do not say, as long as its snippets."""
    from wtal_core.features.folder import fitted_grid, read_features, read_meta

    known, meta = annotations.durations, read_meta(folder)
    return {
        video: known[video]
        if video in known
        else fitted_grid(len(read_features(folder / f"{video}.npy")), None, meta)[0].duration
        for video in annotations.videos
    }
