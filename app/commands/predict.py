"""Predict with a trained run: proposals of each video as ActivityNet-style results (CSV if PRED ends in .csv).

Give features and the annotation file that lists their videos and durations, or videos: these are extracted with the
extractor the run was trained on.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from app.commands.annotation_files import add_format_argument, choose_subset, format_of, read_annotations
from app.commands.console import CommandError, Progress
from app.commands.feature_folders import find_videos, labelled_features
from app.commands.train import DATA, FINISHED

if TYPE_CHECKING:
    from wtal_core.domain import FeatureSequence, Proposal
    from wtal_core.inference.fusion import FusionRule

SUMMARY = "predict proposals with a trained run"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--run", required=True, type=Path, metavar="RUN", help="folder `wtal train` wrote")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--features", type=Path, metavar="DIR", help="feature folder; needs --annotations")
    source.add_argument("--videos", nargs="+", type=Path, metavar="PATH", help="videos, or folders of videos")
    parser.add_argument("--annotations", type=Path, metavar="FILE", help="lists the videos and their durations")
    parser.add_argument("--subset", help="predict these videos only (default: all of FILE)")
    parser.add_argument("--out", required=True, type=Path, metavar="PRED.json", help="results file")
    parser.add_argument(
        "--fusion",
        metavar="TEMPLATE[:TAU]",
        help="fuse overlapping candidates instead of the method's own suppression: gaussian, exponential, t, uniform "
        "or nms, and the temperature (default: .03)",
    )
    add_format_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Predict and write."""
    if options.features is not None and options.annotations is None:
        raise CommandError("--features needs --annotations FILE: it lists the videos and their durations")
    if options.videos is not None and (options.annotations is not None or options.subset is not None):
        raise CommandError("--annotations and --subset go with --features, not with --videos")
    if options.out.is_dir():
        raise CommandError(f"{options.out}: this is a folder; --out names a file")
    fusion = _fusion(options.fusion)
    if not (options.run / FINISHED).is_file():
        raise CommandError(f"{options.run}: there is no trained run in this folder; `wtal train --out` makes one")
    n_videos, sequences = _sequences(options)
    from wtal_core.predict import predict
    from wtal_core.training.checkpoint import load

    trained = load(options.run)
    predictions: dict[str, list[Proposal]] = {}
    origins: dict[str, int] = {}
    progress = Progress("predict")
    for prediction, proposals in predict(trained, sequences, fusion=fusion):
        grid = prediction.activation.grid
        predictions[prediction.activation.video_id] = proposals
        origins[prediction.activation.video_id] = grid.origin
        progress(len(predictions) / n_videos)
    progress.end()
    format_of(options.out, None).write_predictions(options.out, predictions, origins)
    print(f"predictions  {options.out}")
    print(f"videos       {len(predictions)}")
    print(f"proposals    {sum(map(len, predictions.values()))}")
    if fusion is not None:
        print(f"fusion       {fusion.template}, temperature {fusion.temperature:g}")
    return 0


def _fusion(text: str | None) -> FusionRule | None:
    """``TEMPLATE[:TAU]`` as a rule."""
    if text is None:
        return None
    from wtal_core.inference.fusion import FusionRule
    from wtal_core.training.config import overridden

    template, colon, temperature = text.partition(":")
    try:
        return overridden(FusionRule(), {"template": template, **({"temperature": temperature} if colon else {})})
    except ValueError as error:
        raise CommandError(f"--fusion {text}: {error}") from error


def _sequences(options: argparse.Namespace) -> tuple[int, Iterable[FeatureSequence]]:
    """How many videos, and their features."""
    if options.videos is not None:
        videos = find_videos(options.videos)
        return len(videos), _extracted(videos, *run_extractor(options.run))
    annotations = read_annotations(options.annotations, options.format)
    sequences, _ = labelled_features(
        options.features, choose_subset(annotations, options.subset, None, options.annotations)
    )
    return len(sequences), sequences.values()


def _extracted(videos: list[Path], extractor_name: str, description: str | None) -> Iterator[FeatureSequence]:
    from wtal_core.features.extractors import extract

    for index, path in enumerate(videos):
        progress = Progress(f"extract {path.name} ({index + 1} of {len(videos)})")
        yield extract(path, extractor_name, progress, description)
        progress.end()


def run_extractor(run: Path) -> tuple[str, str | None]:
    """Name and description of the extractor a run was trained on, if this version makes the same features.

    Raises
    ------
    CommandError
        If the run's features came from elsewhere, or from another version of the extractor.
    """
    from wtal_core.features.extractors import EXTRACTORS, FROM_FILE, find

    try:
        told = json.loads((run / DATA).read_text(encoding="utf-8"))["features"]
    except FileNotFoundError:
        raise CommandError(f"{run}: no {DATA} in this folder, so it is no run of `wtal train`") from None
    except (ValueError, KeyError, TypeError):
        raise CommandError(f"{run / DATA}: damaged; use --features with features of the run's kind") from None
    name, fingerprint = told.get("extractor"), told.get("fingerprint")
    if name not in EXTRACTORS and not str(name).startswith(FROM_FILE):
        raise CommandError(
            f"{run}: it was trained on features that none of our extractors ({', '.join(EXTRACTORS)}) made; "
            "use --features with features of the same kind"
        )
    described = json.dumps(told["description"], sort_keys=True) if "description" in told else None
    if find(str(name), described).fingerprint != fingerprint:
        raise CommandError(
            f"{run}: it was trained on an earlier version of the extractor {name!r}; extract and train again"
        )
    return str(name), described
