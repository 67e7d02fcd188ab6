"""Features on disk: a store keyed by content, and plain feature folders.

The store names a file by what it depends on, the bytes of the video and the fingerprint of the extractor, so a stored
feature is never stale: another video or another extractor is another file. Features are written row by row with plain
writes (a full disk is then an error that can be caught, which a memory map does not give) and read as memory maps.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from wtal_core.domain import FeatureSequence, SnippetGrid
from wtal_core.features.extractors import Extractor, find
from wtal_core.features.files import content_hash as hash_of_file
from wtal_core.features.files import whole_or_nothing
from wtal_core.features.folder import FeatureFolderError, read_folder, write_folder
from wtal_core.features.onnx_description import differences
from wtal_core.features.snippets import snippet_grid
from wtal_core.features.timebase import Progress, TimeTable, UnreadableVideo, read_table

__all__ = ["DiskFull", "FeatureFolderError", "FeatureStore", "extract_to_folder", "read_folder", "write_folder"]


class DiskFull(OSError):
    """There is no room for features; the message says where and how much is needed."""


class FeatureStore:
    """Features of videos under one folder, memory-mapped.

    ``<root>/<extractor fingerprint>/<content hash>.npy`` holds the values, float16 (T, D), and the ``.json`` beside it
    the grid. The latter is written last: features without it do not count.

    Parameters
    ----------
    root
        The folder; made when something is written.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(root)

    def has(self, content_hash: str, extractor_name: str) -> bool:
        """Whether complete features of this content by the present version of this extractor are there."""
        values, grid = self._paths(content_hash, find(extractor_name))
        return values.is_file() and grid.is_file()

    def get(self, video_id: str, content_hash: str, extractor_name: str) -> FeatureSequence:
        """Stored features, memory-mapped and read-only.

        Raises
        ------
        KeyError
            If there are none; :meth:`extract` makes them.
        """
        extractor = find(extractor_name)
        values, grid = self._paths(content_hash, extractor)
        if not self.has(content_hash, extractor_name):
            raise KeyError(f"no {extractor_name} features of {video_id} are stored; extract them first")
        said = json.loads(grid.read_text())
        return FeatureSequence(
            video_id,
            np.load(values, mmap_mode="r", allow_pickle=False),
            SnippetGrid(Fraction(said["step"]), said["n_snippets"], said["duration"], said["origin"]),
            extractor.streams,
        )

    def extract(
        self, video_id: str, path: Path, content_hash: str, extractor_name: str, progress: Progress | None = None
    ) -> FeatureSequence:
        """Stored features, made first where they are missing.

        Memory stays constant whatever the length of the video. A cancelled or failed extraction leaves nothing behind.

        Parameters
        ----------
        video_id
            Id of the result.
        path
            The video, whose :func:`~wtal_core.features.video.content_hash` is ``content_hash``.
        progress
            Told the share done; what it raises cancels.

        Raises
        ------
        UnreadableVideo
            If the file cannot serve as a video, or no longer is the one that ``content_hash`` names.
        DiskFull
            If there is no room.
        """
        if not self.has(content_hash, extractor_name):
            extractor = find(extractor_name)
            values, grid_file = self._paths(content_hash, extractor)
            grid = write_features(Path(path), extractor, values, progress)
            if hash_of_file(Path(path)) != content_hash:
                values.unlink()
                raise UnreadableVideo(Path(path), "the file has changed since it was added; add it again")
            said = {
                "step": str(grid.step),
                "n_snippets": grid.n_snippets,
                "duration": grid.duration,
                "origin": grid.origin,
                "extractor": extractor.name,
                "version": extractor.version,
            }
            with _room_for(grid_file), whole_or_nothing(grid_file) as partial:
                partial.write_text(json.dumps(said))
        return self.get(video_id, content_hash, extractor_name)

    def remove(self, content_hash: str) -> int:
        """Delete all features of one content, by any extractor; returns how many there were."""
        found = [folder / f"{content_hash}.npy" for folder in self._folders()]
        for values in (values for values in found if values.exists()):
            values.with_suffix(".json").unlink(missing_ok=True)
            values.unlink()
        return sum(1 for values in found if not values.exists())

    def _folders(self) -> list[Path]:
        """One per extractor fingerprint."""
        return sorted(entry for entry in self.root.iterdir() if entry.is_dir()) if self.root.is_dir() else []

    def _paths(self, content_hash: str, extractor: Extractor) -> tuple[Path, Path]:
        """Where values and grid of a content are."""
        if not content_hash.isalnum():
            raise ValueError(f"a content hash is hexadecimal, got {content_hash!r}")
        folder = self.root / extractor.fingerprint
        return folder / f"{content_hash}.npy", folder / f"{content_hash}.json"


def store_features(
    *, root: str, video_id: str, path: str, content_hash: str, extractor_name: str, progress: Progress
) -> None:
    """:meth:`FeatureStore.extract` for a process that is told by plain text what to do; the store has the result."""
    FeatureStore(Path(root)).extract(video_id, Path(path), content_hash, extractor_name, progress)


def extract_to_folder(
    path: Path,
    extractor_name: str,
    folder: Path,
    progress: Progress | None = None,
    description: str | None = None,
) -> Path:
    """Write ``<video>.npy`` and ``meta.json`` of one video into a plain feature folder; an existing file is kept.

    The extractor is what :func:`~wtal_core.features.extractors.find` makes of its name and description.

    Raises
    ------
    FeatureFolderError
        If the folder holds features of another extractor, version or description.
    """
    extractor, path, folder = find(extractor_name, description), Path(path), Path(folder)
    target, meta = folder / f"{path.stem}.npy", folder / "meta.json"
    with _room_for(target):
        folder.mkdir(parents=True, exist_ok=True)
        if not meta.exists():
            with whole_or_nothing(meta) as partial:
                partial.write_text(json.dumps(extractor.meta, indent=1) + "\n")
    _check_same(meta, extractor)
    if not target.exists():
        write_features(path, extractor, target, progress)
    return target


def _check_same(meta: Path, extractor: Extractor) -> None:
    """Refuse to put features of two kinds into one folder."""
    said = json.loads(meta.read_text())
    if said.get("fingerprint") == extractor.fingerprint:
        return
    changed = differences(said["description"], extractor.meta["description"]) if _are_described(said, extractor) else []
    what = f" (the network's description: {'; '.join(changed)})" if changed else ""
    raise FeatureFolderError(
        f"{meta}: this folder holds features of another extractor or version{what}; choose another folder"
    )


def _are_described(said: dict[str, Any], extractor: Extractor) -> bool:
    """Whether both are networks in files that say what they were given."""
    return "description" in said and extractor.description is not None


def fill_folder(
    *, path: str, extractor_name: str, folder: str, progress: Progress, description: str | None = None
) -> dict[str, Any]:
    """:func:`extract_to_folder` for a process that is told by plain text what to do.

    Returns
    -------
    dict
        ``shape``, T and D; or ``unreadable``, why the file cannot serve as a video.
    """
    try:
        written = extract_to_folder(Path(path), extractor_name, Path(folder), progress, description)
    except UnreadableVideo as error:
        return {"unreadable": str(error)}
    return {"shape": list(np.load(written, mmap_mode="r", allow_pickle=False).shape)}


def write_features(path: Path, extractor: Extractor, target: Path, progress: Progress | None = None) -> SnippetGrid:
    """Extract a video into an npy file, float16 (T, D), row by row; it appears only when complete."""
    table: TimeTable = read_table(path)
    grid = snippet_grid(table)
    rows = extractor.rows(path, table, grid, progress if progress is not None else _silent)
    size = grid.n_snippets * extractor.dim * 2
    with _room_for(target, size), whole_or_nothing(target) as partial, partial.open("wb") as file:
        _write_header(file, (grid.n_snippets, extractor.dim))
        for row in rows:
            file.write(row.astype("<f2").tobytes())
    return grid


def _silent(done: float) -> None:
    """Progress nobody listens to."""


def _write_header(file: BinaryIO, shape: tuple[int, ...]) -> None:
    """The header of an npy file of float16."""
    header: dict[str, Any] = {"descr": "<f2", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)


@contextmanager
def _room_for(target: Path, size: int = 0) -> Iterator[None]:
    """Turn "no space left" into a message that says where, and what to do."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        needed = f" ({size / 1e6:.1f} MB are needed)" if size else ""
        raise DiskFull(
            error.errno, f"no room left for features in {target.parent}{needed}; free some space, then extract again"
        ) from error
