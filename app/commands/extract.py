"""Extract snippet features: one <video>.npy, (T, D), per video, and meta.json.

PATH is a video or a folder that is searched for videos; several are worked on at a time where there are cores. Videos
whose features lie in DIR already are left alone, so an interrupted extraction goes on where it stopped. A video that
cannot be read is named with the reason; the others are extracted all the same, and the exit status is 2.

A network of one's own, onnx:NET.onnx, is described by NET.json beside it, by flags, or by both; then a flag counts
before the file. meta.json keeps the description: features of two descriptions do not get into one folder.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from app import crew
from app.commands import network_flags
from app.commands.console import CommandError, Progress, say
from app.commands.feature_folders import find_videos

SUMMARY = "extract features of videos into a folder"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a video, or a folder of videos")
    parser.add_argument(
        "--extractor",
        metavar="NAME",
        help="motion, deep, or onnx:FILE, a network with its description beside it or in flags (default: deep)",
    )
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="folder for the features")
    network_flags.configure(parser)


def run(options: argparse.Namespace) -> int:
    """Extract every video."""
    from wtal_core.features.extractors import DEFAULT, find

    named = options.extractor or DEFAULT
    description = network_flags.description(options, named)
    extractor = find(named, description).name
    videos = find_videos(options.paths)
    told = {"extractor_name": extractor, "folder": str(options.out), "description": description}
    calls = [{"path": str(path), **told} for path in videos]
    failed: list[str] = []
    for path, result in zip(videos, _in_order(calls), strict=True):
        if "unreadable" in result:
            say(" ".join(str(result["unreadable"]).split()))
            failed.append(path.name)
        else:
            n_snippets, n_features = result["shape"]
            print(f"{path.stem}\t{n_snippets}\t{n_features}", flush=True)
    if failed:
        raise CommandError(f"{len(failed)} of {len(videos)} videos could not be extracted: {', '.join(failed)}")
    return 0


def _in_order(calls: list[dict[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """What came of each video, in their order; several are extracted at a time where there are cores."""
    from wtal_core.features.store import fill_folder

    progress = Progress(f"extract {len(calls)} videos" if len(calls) > 1 else f"extract {Path(calls[0]['path']).name}")
    try:
        if crew.size_for(len(calls)) == 1:
            for index, call in enumerate(calls):
                yield fill_folder(**call, progress=partial(_of_all, progress, index, len(calls)))
            return
        come: dict[int, Any] = {}
        given = 0
        for outcome in crew.spread(fill_folder, calls, lambda share, n_ended: progress(share, f"{n_ended} done")):
            if outcome.error is not None:
                raise outcome.error
            come[outcome.index] = outcome.result
            while given in come:
                yield come.pop(given)
                given += 1
    finally:
        progress.end()


def _of_all(progress: Progress, index: int, n_videos: int, share: float) -> None:
    """Say how far all videos are when one of them is so far."""
    progress((index + share) / n_videos, f"{index} done" if n_videos > 1 else "")
