"""Extract snippet features: one <video>.npy, (T, D), per video, and meta.json.

PATH is a video or a folder that is searched for videos. Videos whose features lie in DIR already are left alone, so an
interrupted extraction goes on where it stopped. A video that cannot be read is named with the reason; the others are
extracted all the same, and the exit status is 2.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from app.commands.console import CommandError, Progress, one_line, say
from app.commands.feature_folders import find_videos

SUMMARY = "extract features of videos into a folder"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a video, or a folder of videos")
    parser.add_argument(
        "--extractor",
        metavar="NAME",
        help="motion, deep, or onnx:FILE, a network with its description beside it (default: motion)",
    )
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="folder for the features")


def run(options: argparse.Namespace) -> int:
    """Extract every video."""
    import numpy as np

    from wtal_core.features.extractors import DEFAULT, find
    from wtal_core.features.store import extract_to_folder
    from wtal_core.features.timebase import UnreadableVideo

    extractor = find(options.extractor or DEFAULT).name
    videos = find_videos(options.paths)
    failed: list[str] = []
    for index, path in enumerate(videos):
        progress = Progress(f"extract {path.name} ({index + 1} of {len(videos)})")
        try:
            written = extract_to_folder(path, extractor, options.out, progress)
        except UnreadableVideo as unreadable:
            say(one_line(unreadable))
            failed.append(path.name)
            continue
        finally:
            progress.end()
        n_snippets, n_features = np.load(written, mmap_mode="r", allow_pickle=False).shape
        print(f"{path.stem}\t{n_snippets}\t{n_features}", flush=True)
    if failed:
        raise CommandError(f"{len(failed)} of {len(videos)} videos could not be extracted: {', '.join(failed)}")
    return 0
