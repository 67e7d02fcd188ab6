"""Train a method on a feature folder and an annotation file; no database is touched.

FILE is ActivityNet-style JSON (then every video counts as completely annotated), what `wtal label export` wrote
(levels, clicks and coverage as people gave them), or a CSV table. --level and --semi take weaker labels out of full
ones as the papers do: clicks are drawn with the seed; --semi K keeps the first K videos of each class fully annotated
and leaves the others at --level (video, unless given).

--set changes one field of the method's config (method.NAME) or of the optimisation (training.NAME).
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.commands.annotation_files import add_format_argument, choose_subset, read_annotations
from app.commands.console import CommandError, Progress, say, say_notes
from app.commands.feature_folders import labelled_features

if TYPE_CHECKING:
    from wtal_core.training.dataset import TrainingVideo
    from wtal_core.training.trainer import TrainingProgress

SUMMARY = "train a method on a feature folder and an annotation file"
LEVELS = ("video", "one-segment", "two-segment", "full")
DATA = "data.json"
"""Beside the weights: what the run was trained on, and how its features were made."""
FINISHED, INTERRUPTED = "run.json", "checkpoint.safetensors"
"""What `wtal_core.training.checkpoint` leaves of a run, here so that `--help` need not import it; a test compares."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--features", required=True, type=Path, metavar="DIR", help="folder of <video>.npy, (T, D)")
    parser.add_argument("--annotations", required=True, type=Path, metavar="FILE", help="annotation file")
    parser.add_argument("--method", default="mixed", metavar="NAME", help="method (default: mixed)")
    parser.add_argument("--preset", metavar="NAME", help="a published configuration of the method")
    parser.add_argument("--out", required=True, type=Path, metavar="RUN", help="folder for the trained method")
    parser.add_argument("--subset", help="train on these videos (default: training)")
    parser.add_argument("--level", choices=LEVELS, help="labels to take out of full annotations (default: full)")
    parser.add_argument("--semi", type=int, metavar="K", help="keep K videos of each class fully annotated")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of everything random (default: 0)")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="change a setting; may be given again"
    )
    parser.add_argument("--resume", action="store_true", help="go on with an interrupted run in RUN")
    parser.add_argument("--device", help="cpu, cuda or cuda:N (default: cuda where there is one)")
    add_format_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Train, save, and say what was used."""
    level = _checked_level(options)
    settings = settings_given(options.set)
    _check_target(options)
    from wtal_core.models import METHODS
    from wtal_core.models.method import configured

    if options.method not in METHODS:
        raise CommandError(f"there is no method {options.method!r}; choose one of {', '.join(METHODS)}")
    config, training = configured(METHODS[options.method], options.preset, settings)
    device = _device(options.device)
    videos, class_names, notes = _videos(options, level)
    say_notes(notes)
    used = _usage(videos)
    say(f"training {options.method} on {len(videos)} videos of {len(class_names)} classes: {used}")
    from wtal_core.training import checkpoint
    from wtal_core.training.trainer import train

    progress, started = Progress(f"train {options.method}"), time.monotonic()

    def told(step: TrainingProgress) -> None:
        terms = ", ".join(f"{name} {value:.3f}" for name, value in step.terms.items())
        progress(step.step / step.n_steps, f"epoch {step.epoch}, {terms}, {step.seconds_left:.0f} s left")

    options.out.mkdir(parents=True, exist_ok=True)
    trained = train(
        options.method,
        videos,
        class_names,
        config=config,
        training=training,
        seed=options.seed,
        checkpoint_dir=options.out,
        resume=options.resume,
        progress=told,
        device=device,
    )
    progress.end()
    (options.out / DATA).write_text(json.dumps(_data(options, level, videos, notes), indent=1), encoding="utf-8")
    checkpoint.save(options.out, trained)
    print(f"run        {options.out}")
    print(f"method     {options.method}")
    print(f"videos     {len(videos)}")
    print(f"labels     {used}")
    print(f"seconds    {time.monotonic() - started:.1f}")
    return 0


def _checked_level(options: argparse.Namespace) -> str:
    if options.semi is not None and options.semi < 0:
        raise CommandError(f"--semi is a number of videos of each class, at least 0, got {options.semi}")
    if options.seed < 0:
        raise CommandError(f"--seed must not be negative, got {options.seed}")
    return options.level or ("full" if options.semi is None else "video")


def settings_given(pairs: list[str]) -> dict[str, Any]:
    """``--set NAME=VALUE`` as a mapping.

    Raises
    ------
    CommandError
        If a pair is no pair, or a name is there twice.
    """
    settings: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise CommandError(f"--set takes NAME=VALUE, e.g. training.batch_size=10, got {pair!r}")
        if name.strip() in settings:
            raise CommandError(f"--set {name.strip()} is given twice")
        settings[name.strip()] = value.strip()
    return settings


def _check_target(options: argparse.Namespace) -> None:
    if options.out.exists() and not options.out.is_dir():
        raise CommandError(f"{options.out}: this is a file; --out names a folder")
    if (options.out / FINISHED).exists():
        if not options.resume:
            raise CommandError(f"{options.out}: there is a finished run already; choose another --out or delete it")
    elif options.out.exists() and not (options.out / INTERRUPTED).exists():
        # A name with a dot is a file of the system's, or one that an interrupted run had not finished writing.
        strangers = [path.name for path in options.out.iterdir() if not path.name.startswith(".")]
        if strangers:
            raise CommandError(
                f"{options.out}: this folder holds other files, {min(strangers)} among them, and no run; "
                "name a new or an empty folder with --out"
            )


def _videos(options: argparse.Namespace, level: str) -> tuple[list[TrainingVideo], tuple[str, ...], list[str]]:
    """The training videos with labels at the asked level, the class list, and what was not used."""
    from wtal_core.domain import SupervisionLevel
    from wtal_core.training.targets import simulated, training_videos

    everything = read_annotations(options.annotations, options.format)
    chosen = choose_subset(everything, options.subset, "training", options.annotations)
    if not everything.classes:
        raise CommandError(f"{options.annotations}: it names no action class, so there is nothing to learn")
    sequences, annotations = labelled_features(options.features, chosen)
    labels = simulated(
        annotations.labels,
        SupervisionLevel(level),
        {video: sequence.grid for video, sequence in sequences.items()},
        everything.classes,
        seed=options.seed,
        semi=options.semi,
    )
    videos, notes = training_videos(sequences.values(), labels, everything.classes)
    if not videos:
        raise CommandError(f"no video of {options.annotations} can be trained on: {notes[0] if notes else 'no labels'}")
    return videos, everything.classes, notes


def _usage(videos: list[TrainingVideo]) -> str:
    """How many labels of each level the trainer got."""
    counts = Counter(str(annotation.level) for video in videos for annotation in video.labels.annotations)
    counts["video"] = sum(not video.labels.annotations for video in videos)
    return ", ".join(f"{counts[level]} {level}" for level in LEVELS if counts[level]) or "none"


def _device(name: str | None) -> str | None:
    if name is None:
        return None
    import torch

    try:
        device = torch.device(name)
    except RuntimeError:
        raise CommandError(f"--device is cpu, cuda or cuda:N, got {name!r}") from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise CommandError("--device cuda: this machine has no usable CUDA device; leave it out to use the processor")
    return name


def _data(options: argparse.Namespace, level: str, videos: list[TrainingVideo], notes: list[str]) -> dict[str, Any]:
    """What the run was trained on."""
    meta = options.features / "meta.json"
    return {
        "features": json.loads(meta.read_text(encoding="utf-8")) if meta.is_file() else {},
        "annotations": options.annotations.name,
        "subset": options.subset or "training",
        "level": level,
        "semi": options.semi,
        "seed": options.seed,
        "videos": [video.video_id for video in videos],
        "notes": notes,
    }
