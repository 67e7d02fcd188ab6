"""Feature folders as the field publishes them: what they are, converted, or brought into a project.

FOLDER is laid out as W-TALC, BaS-Net/CoLA/LACP, ActionFormer/OpenTAD, ActivityNet C3D or MMAction2 publish theirs, or
is a plain feature folder with annotations.json. `check` says what it is and what is odd in it; `convert` writes a plain
folder (<video>.npy, meta.json, annotations.json) that `wtal train` and `wtal reproduce` read; `import` adds videos,
features, split and labels to a project. A missing file is named with where the field gets it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from app.commands.console import CommandError, Progress, say, say_notes, table
from app.commands.published_folders import add_layout_arguments, read_folder
from app.commands.workspaces import add_project_argument, annotator_name, chosen_project, workspace

SUMMARY = "check, convert or import published feature folders"
LEVELS = ("full", "one-segment", "video", "none")
"""Those of ``app.services.published``, here so that ``--help`` need not import it; a test compares them."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    check = actions.add_parser("check", help="what is this folder?", allow_abbrev=False)
    change = actions.add_parser("convert", help="write a plain feature folder", allow_abbrev=False)
    change.add_argument("--out", required=True, type=Path, metavar="DIR", help="an empty or new folder")
    bring = actions.add_parser("import", help="add it to a project, with labels and split", allow_abbrev=False)
    bring.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="for the converted features (default: published/ in the workspace)",
    )
    bring.add_argument(
        "--level", choices=LEVELS, default="full", help="labels of the training videos to import (default: full)"
    )
    bring.add_argument("--annotator", metavar="NAME", help="who imports it (default: the account's name)")
    add_project_argument(bring)
    for action in (check, change, bring):
        action.add_argument("folder", type=Path, metavar="FOLDER", help="as it was published")
        add_layout_arguments(action)


def run(options: argparse.Namespace) -> int:
    """Do what was asked."""
    actions = {"check": _check, "convert": _convert, "import": _import}
    return actions[options.action](options)


def _check(options: argparse.Namespace) -> int:
    dataset = read_folder(options.folder, options)
    meta = dataset.meta
    rates = _between({float(rate) for rate in meta.video_fps.values()} or {float(meta.fps)})
    cut = (
        f" ({meta.snippet_frames} frames every {meta.stride_frames} at {rates} fps)" if meta.snippet_frames > 1 else ""
    )
    print(f"layout       {dataset.layout}")
    print(f"features     {dataset.kind or '-'}, {dataset.n_features} columns")
    print(f"streams      {', '.join(f'{name} {a}-{b - 1}' for name, (a, b) in meta.streams.items()) or '-'}")
    print(f"snippets     every {_between({float(grid.step) for grid in dataset.grids.values()})} s{cut}")
    print(f"clicks       {sum(len(said.annotations) for said in dataset.clicks.values())}")
    rows = []
    for side in ("training", dataset.evaluated):
        videos = dataset.of_side(side)
        said = [dataset.annotations.videos[video].labels for video in videos]
        seconds = sum(dataset.grids[video].duration for video in videos) / 1e6
        n_ambiguous = sum(len(each.ambiguous) for each in said)
        rows.append((side, len(videos), sum(len(each.annotations) for each in said), n_ambiguous, f"{seconds:.0f}"))
    print(table(("side", "videos", "instances", "ambiguous", "seconds"), rows))
    print(f"classes      {', '.join(dataset.class_names)}")
    return 0


def _between(values: set[float]) -> str:
    """One number, or the first and the last of several."""
    first, last = f"{min(values):.4g}", f"{max(values):.4g}"
    return first if first == last else f"{first} to {last}"


def _convert(options: argparse.Namespace) -> int:
    from wtal_core.layouts.conversion import convert

    dataset = read_folder(options.folder, options)
    progress = Progress("convert")
    converted = convert(dataset, options.out, progress)
    progress.end()
    say_notes([f"{video}: {reason}" for video, reason in converted.refused.items()])
    print(f"folder       {options.out}")
    print(f"videos       {converted.n_written} written, {converted.n_kept} there already")
    if converted.refused:
        raise CommandError(
            f"{len(converted.refused)} of {len(dataset.stored)} videos could not be converted; the reasons are above"
        )
    return 0


def _import(options: argparse.Namespace) -> int:
    from app.services import published

    dataset = read_folder(options.folder, options)
    with workspace() as opened:
        project = chosen_project(opened, options.project)
        folder = options.folder.resolve()
        if not published.is_plain(folder):
            folder = (options.out or opened.home / "published" / folder.name).resolve()
            say(f"converting to {folder}")
        progress = Progress("convert")
        by = annotator_name(options.annotator)
        made = published.import_published(
            opened, project.id, dataset, folder, level=options.level, by=by, progress=progress
        )
        progress.end()
    say_notes([note for note in made.notes if note not in dataset.notes])
    print(f"folder       {made.folder}")
    print(f"videos       {made.n_videos} added, {made.n_known} there already")
    print(f"labelled     {made.n_labelled} videos, {made.n_annotations} annotations")
    return 0
