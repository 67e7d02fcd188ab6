"""Published feature folders as arguments of commands: which layout, what is odd, converted once."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from app.commands.console import CommandError, Progress, say, say_notes

if TYPE_CHECKING:
    from wtal_core.layouts import FeatureDataset

LAYOUT_NAMES = ("auto", "wtalc", "basnet", "actionformer", "c3d", "mmaction2", "plain")
"""Keys of ``wtal_core.layouts.LAYOUTS``, here so that ``--help`` need not import it; a test compares them."""


def add_layout_arguments(parser: argparse.ArgumentParser) -> None:
    """What a person may have to say about a published folder."""
    parser.add_argument(
        "--layout", choices=LAYOUT_NAMES, default="auto", help="how the folder is laid out (default: auto)"
    )
    parser.add_argument("--kind", choices=("i3d", "unt"), help="which features, where the folder holds several")
    parser.add_argument("--annotations", type=Path, metavar="FILE", help="annotation json, where it lies elsewhere")
    parser.add_argument("--stride", type=int, metavar="FRAMES", help="from one snippet to the next, if not the usual")
    parser.add_argument("--window", type=int, metavar="FRAMES", help="of one snippet, if not the usual")


def read_folder(folder: Path, options: argparse.Namespace) -> FeatureDataset:
    """The data set in a folder; says what it was taken for and what is odd in it.

    Raises
    ------
    CommandError
        If stride or window are no numbers of frames.
    ValueError
        If the folder cannot be read; the message says why and what to do.
    """
    from wtal_core.layouts import LAYOUTS, Choice, read_layout

    for name in ("stride", "window"):
        value = getattr(options, name)
        if value is not None and value < 1:
            raise CommandError(f"--{name} is a number of frames, at least 1, got {value}")
    choice = Choice(options.kind, options.annotations, options.stride, options.window)
    dataset = read_layout(folder, options.layout, choice)
    kind = f" ({dataset.kind.upper()})" if dataset.kind else ""
    title = LAYOUTS[dataset.layout].TITLE if dataset.layout in LAYOUTS else dataset.layout
    say(
        f"{folder}: {title}, {len(dataset.stored)} videos of {dataset.n_features} features{kind}, "
        f"{len(dataset.class_names)} classes, {len(dataset.of_side('training'))} training and "
        f"{len(dataset.of_side(dataset.evaluated))} {dataset.evaluated}"
    )
    say_notes(dataset.notes)
    return dataset


def converted(dataset: FeatureDataset, folder: Path, out: Path) -> FeatureDataset:
    """The data set memory-mapped: itself where it is so already, else converted into ``out``, once.

    Raises
    ------
    CommandError
        If the features of a video are damaged.
    """
    from app.services.published import is_plain
    from wtal_core.layouts import read_layout
    from wtal_core.layouts.conversion import convert

    if is_plain(folder):
        return dataset
    gigabytes = sum(stored.shape[0] * stored.shape[1] * 4 for stored in dataset.stored.values()) / 1e9
    say(f"converting to {out} once, so that every run can map the features (at most {gigabytes:.1f} GB)")
    progress = Progress("convert")
    made = convert(dataset, out, progress)
    progress.end()
    if made.refused:
        say_notes(list(made.refused.values()))
        raise CommandError(f"{len(made.refused)} of {len(dataset.stored)} videos cannot be used; the reasons are above")
    return read_layout(out, "plain")
