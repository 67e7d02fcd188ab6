"""Plain feature folders: ``<video>.npy`` (T, D) beside an optional ``meta.json``, as other tools write them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wtal_core.domain import MICROSECONDS, FeatureSequence, SnippetGrid, to_microseconds, to_seconds
from wtal_core.features.files import whole_or_nothing
from wtal_core.features.npy import BadHeader, read_header
from wtal_core.formats import reading

_ROWS_AT_ONCE = 4096
_FASTEST = 10**9
"""No camera takes so many pictures a second, no snippet has so many frames, and no feature so many columns."""
META = "meta.json"


class FeatureFolderError(ValueError):
    """A feature folder, or a file in it, that cannot be used; the message names the file and says what to do."""


@dataclass(frozen=True)
class FolderMeta:
    """What ``meta.json`` says.

    Attributes
    ----------
    fps
        Frames per second at which snippets were cut.
    snippet_frames, stride_frames
        Length of a snippet and step from one to the next, frames.
    streams
        Columns of each stream, may be empty.
    video_fps
        Rates of the videos whose features were not cut at ``fps``, by name; written as text, ``"30000/1001"``.
    """

    fps: Fraction = Fraction(25)
    snippet_frames: int = 16
    stride_frames: int = 16
    streams: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    video_fps: Mapping[str, Fraction] = field(default_factory=dict)

    def of(self, video: str) -> FolderMeta:
        """The same with the rate of one video."""
        return replace(self, fps=self.video_fps.get(video, self.fps), video_fps={})

    @property
    def step(self) -> Fraction:
        """Seconds from one snippet to the next."""
        return self.stride_frames / self.fps

    @property
    def window(self) -> Fraction:
        """Seconds of a snippet."""
        return self.snippet_frames / self.fps


def read_meta(folder: Path) -> FolderMeta:
    """``meta.json`` of a folder, or 25 fps and 16-frame snippets without overlap where there is none."""
    path = Path(folder) / META
    if not path.exists():
        return FolderMeta()
    try:
        said = reading.mapping(reading.read_json(path), str(path))
        fps, window, stride = (said.get(key) for key in ("fps", "snippet_frames", "stride_frames"))
        frames = 16 if window is None else _count(window)
        return FolderMeta(
            fps=Fraction(25) if fps is None else _rate(fps, 1_000_000),
            snippet_frames=frames,
            stride_frames=frames if stride is None else _count(stride),
            streams={
                name: _columns(columns)
                for name, columns in reading.mapping(said.get("streams") or {}, "streams").items()
            },
            video_fps={
                name: _rate(rate, 10**9)
                for name, rate in reading.mapping(said.get("video_fps") or {}, "video_fps").items()
            },
        )
    except ValueError as error:
        raise FeatureFolderError(
            f'{path}: expected {{"fps": 25.0, "snippet_frames": 16, "stride_frames": 16, "streams": '
            f'{{"rgb": [0, 1024], "flow": [1024, 2048]}}}}, got something else ({error}); correct or remove it'
        ) from error


def _rate(value: Any, finest: int) -> Fraction:
    """Frames per second: a number, or text such as ``"30000/1001"``."""
    parts = value.split("/") if isinstance(value, str) else [value]
    numbers = [reading.number(part, "fps") for part in parts]
    if len(numbers) > 2 or not all(0 < number < _FASTEST for number in numbers):
        raise ValueError(f"fps must be positive and under {_FASTEST:,}, got {reading.shown(value)}")
    return max(numbers[0] / (numbers[1] if len(numbers) == 2 else 1), Fraction(1, finest)).limit_denominator(finest)


def _count(value: Any) -> int:
    """Frames."""
    number = reading.number(value, "snippet_frames and stride_frames")
    if number.denominator != 1 or not 0 < number < _FASTEST:
        raise ValueError(f"snippet_frames and stride_frames must be positive whole numbers, got {reading.shown(value)}")
    return int(number)


def _columns(value: Any) -> tuple[int, int]:
    """First column of a stream and the one past its last."""
    pair = [reading.number(each, "streams") for each in reading.sequence(value, "streams")]
    if len(pair) != 2 or any(each.denominator != 1 for each in pair) or not 0 <= pair[0] < pair[1] < _FASTEST:
        raise ValueError(f"a stream is [first column, column past the last], got {reading.shown(value)}")
    return int(pair[0]), int(pair[1])


def read_folder(
    folder: Path,
    durations: Mapping[str, int] | None = None,
    *,
    notes: list[str] | None = None,
    problems: dict[str, str] | None = None,
) -> dict[str, FeatureSequence]:
    """The features of a folder, memory-mapped, each checked against the duration of its video.

    Parameters
    ----------
    folder
        Holds ``<video>.npy``, (T, D) float16 or float32, and maybe ``meta.json``.
    durations
        Microseconds per video; only these videos are read. Without it all files are, and a video lasts as long as its
        snippets.
    notes
        Gets a sentence for every video that is used although something about it had to be bent.
    problems
        Gets the reason for every video that cannot be used; without it the first such video is an error.

    Raises
    ------
    FeatureFolderError
        With the file named, if the folder cannot be used, or a file where ``problems`` is not given.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FeatureFolderError(f"{folder}: there is no such folder; check the path")
    meta = read_meta(folder)
    there = sorted(path.stem for path in folder.glob("*.npy") if not path.name.startswith("."))  # dots: half-written
    names = sorted(durations) if durations is not None else there
    if not there:
        raise FeatureFolderError(f"{folder}: there is no .npy file in it; give the folder that holds <video>.npy")
    values: dict[str, NDArray[Any]] = {}
    refused: dict[str, str] = {}
    for name in names:
        try:
            values[name] = read_features(folder / f"{name}.npy")
        except FeatureFolderError as error:
            refused[name] = str(error)
    refused |= _of_another_width(folder, values, meta)
    sequences: dict[str, FeatureSequence] = {}
    for name in (name for name in values if name not in refused):
        try:
            duration = durations[name] if durations is not None else None
            grid, note = fitted_grid(len(values[name]), duration, meta.of(name))
        except ValueError as error:
            refused[name] = f"{folder / f'{name}.npy'}: {error}"
            continue
        if note and notes is not None:
            notes.append(f"{name}: {note}")
        sequences[name] = FeatureSequence(name, values[name], grid, meta.streams)
    if refused and problems is None:
        raise FeatureFolderError(refused[min(refused)])
    if problems is not None:
        problems.update(refused)
    return sequences


def write_folder(folder: Path, sequences: Iterable[FeatureSequence], meta: Mapping[str, Any] | None = None) -> None:
    """Write sequences as a plain feature folder; each file appears only when complete.

    Parameters
    ----------
    folder
        Made where absent.
    sequences
        Float16 values stay float16, all others become float32.
    meta
        What ``meta.json`` says; by default 25 fps, the step of the first sequence and its streams.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for sequence in sequences:
        if Path(sequence.video_id).name != sequence.video_id:
            raise FeatureFolderError(f"a video called {sequence.video_id!r} cannot name a file in {folder}; rename it")
        if meta is None:
            frames = float(sequence.grid.step * 25)
            window = float((sequence.grid.step + 2 * sequence.grid.lead) * 25)
            scale = 1 if frames.is_integer() and window.is_integer() else 1000
            meta = {
                "fps": 25.0 * scale,
                "snippet_frames": round(window * scale),
                "stride_frames": round(frames * scale),
                "streams": {name: list(columns) for name, columns in sequence.streams.items()},
            }
        dtype = np.float16 if sequence.values.dtype == np.float16 else np.float32
        with whole_or_nothing(folder / f"{sequence.video_id}.npy") as partial:
            np.save(partial, np.asarray(sequence.values, dtype), allow_pickle=False)
    with whole_or_nothing(folder / META) as partial:
        partial.write_text(json.dumps(meta if meta is not None else {}, indent=1) + "\n", encoding="utf-8")


def read_features(path: Path) -> NDArray[Any]:
    """One feature file, memory-mapped: (T, D), float16 or float32, T and D at least 1, every value finite.

    Raises
    ------
    FeatureFolderError
        With the file named. Pickles are never opened.
    """
    values = mapped_features(path)
    check_finite(values, path)
    return values


def mapped_features(
    path: Path, dtypes: Collection[type[np.floating[Any]]] = (np.float16, np.float32)
) -> NDArray[np.floating[Any]]:
    """The array of an npy file, memory-mapped, after its header and length have been checked; no value is looked at.

    Raises
    ------
    FeatureFolderError
        With the file named.
    """
    try:
        return _mapped(path, dtypes)
    except FileNotFoundError as error:
        raise FeatureFolderError(f"{path}: there is no such file; extract the features of this video") from error
    except OSError as error:
        raise FeatureFolderError(f"{path}: it cannot be read ({error.strerror}); check its permissions") from error


def check_finite(values: NDArray[Any], place: object) -> None:
    """Refuse NaN and infinity, naming the row.

    Raises
    ------
    FeatureFolderError
        With ``place`` named.
    """
    for start in range(0, len(values), _ROWS_AT_ONCE):
        finite = np.isfinite(values[start : start + _ROWS_AT_ONCE]).all(axis=1)
        if not finite.all():
            raise FeatureFolderError(
                f"{place}: row {start + int(np.argmin(finite))} holds NaN or infinity; extract this video again"
            )


def _mapped(path: Path, dtypes: Collection[type[np.floating[Any]]]) -> NDArray[np.floating[Any]]:
    with path.open("rb") as file:
        try:
            shape, fortran, dtype = read_header(file)
        except BadHeader as error:
            raise FeatureFolderError(
                f"{path}: this is not a NumPy .npy file of numbers ({error}); save the features with numpy.save"
            ) from error
        begin = file.tell()
    if dtype.hasobject or dtype not in {np.dtype(each) for each in dtypes}:
        names = " or ".join(np.dtype(each).name for each in dtypes)
        raise FeatureFolderError(f"{path}: expected {names} numbers, got {dtype}; convert them")
    if len(shape) != 2 or min(shape) < 1:
        raise FeatureFolderError(
            f"{path}: expected a shape (T, D) with at least one row and one column, got {shape}; "
            "save one row per snippet"
        )
    there, needed = path.stat().st_size - begin, shape[0] * shape[1] * dtype.itemsize
    if there < needed:
        raise FeatureFolderError(f"{path}: the file is cut off, {there} of {needed} bytes are there; copy it again")
    mapped: NDArray[Any] = np.memmap(path, dtype, "r", begin, shape, "F" if fortran else "C")
    return mapped


def _of_another_width(folder: Path, values: Mapping[str, NDArray[Any]], meta: FolderMeta) -> dict[str, str]:
    """Refusals of files whose D is not the folder's: the one its streams need, else the most frequent."""
    if not values:
        return {}
    usual = Counter(array.shape[1] for array in values.values()).most_common(1)[0][0]
    wanted = max((stop for _, stop in meta.streams.values()), default=usual)
    return {
        name: f"{folder / f'{name}.npy'}: {array.shape[1]} features per snippet where {wanted} are expected "
        f"({'meta.json says so' if meta.streams else 'most files here have that'}); extract it with the same extractor"
        for name, array in values.items()
        if array.shape[1] != wanted
    }


def fitted_grid(n_snippets: int, duration: int | None, meta: FolderMeta) -> tuple[SnippetGrid, str]:
    """The grid of ``n_snippets`` rows over ``duration`` microseconds (FACTS T9), and a remark where it was stretched.

    Within one snippet of the count the step gives, the step stays (snippets that overlap may lack those whose window
    would pass the end); within 2 % the step becomes duration / T; else the two do not belong together.
    """
    lead = (meta.window - meta.step) / 2
    if duration is None:
        duration = to_microseconds(meta.step * n_snippets + 2 * max(lead, Fraction(0)))
    expected = Fraction(duration, MICROSECONDS) / meta.step
    fewest = min(expected, expected - 2 * lead / meta.step) - 1
    if fewest <= n_snippets <= expected + 1:
        return SnippetGrid(meta.step, n_snippets, duration, 0, lead), ""
    said = f"{n_snippets} snippets, but {float(expected):.1f} fit into {to_seconds(duration):g} s"
    if abs(n_snippets - expected) <= expected / 50:
        step = Fraction(duration, MICROSECONDS) / n_snippets
        return SnippetGrid(step, n_snippets, duration), f"{said}: they are spread evenly, {float(step):.4f} s each"
    raise ValueError(
        f"{said} at {float(meta.step):g} s each; if the features were made at another rate, say so in meta.json "
        '("fps", "stride_frames"), else check that they belong to this video'
    )
