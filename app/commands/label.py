"""Set, list and export labels of a project.

`set` stores one label as an annotator's edit: --occurs or --absent for the whole video, --click (once or twice) for an
instance, --segment for its boundaries, --complete when every instance of every class is labelled. Times are seconds
from the first picture. `export` writes all labels with levels, clicks and coverage; `wtal train` and `wtal import` read
them without loss. `events` writes the raw clock events that annotation time is derived from, as CSV.
"""

from __future__ import annotations

import argparse
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.commands.annotation_files import add_format_argument
from app.commands.console import CommandError, table
from app.commands.export import export_labels
from app.commands.workspaces import add_project_argument, annotator_name, chosen_project, chosen_video, workspace

if TYPE_CHECKING:
    from app.workspace import Workspace
    from db.records import ProjectRecord, VideoRecord

SUMMARY = "set, list or export labels, and what they took"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    change = actions.add_parser("set", help="store one label", allow_abbrev=False)
    change.add_argument("video", metavar="VIDEO", help="name of the video")
    change.add_argument("label", nargs="?", metavar="CLASS", help="action class; not with --complete")
    what = change.add_mutually_exclusive_group(required=True)
    what.add_argument("--occurs", action="store_true", help="the class occurs")
    what.add_argument("--absent", action="store_true", help="the class does not occur")
    what.add_argument("--click", nargs="+", metavar="S", help="one or two times inside an instance")
    what.add_argument("--segment", nargs=2, metavar=("START", "END"), help="boundaries of an instance")
    what.add_argument("--complete", action="store_true", help="every instance of every class is labelled")
    change.add_argument("--annotator", metavar="NAME", help="who says so (default: the account's name)")
    listed = actions.add_parser("list", help="labels as a table", allow_abbrev=False)
    listed.add_argument("video", nargs="?", metavar="VIDEO", help="of this video only")
    export = actions.add_parser("export", help="all labels to a file", allow_abbrev=False)
    export.add_argument("--out", required=True, type=Path, metavar="FILE")
    export.add_argument("--subset", help="videos of this side of the split only")
    add_format_argument(export)
    events = actions.add_parser("events", help="raw clock events as CSV", allow_abbrev=False)
    events.add_argument("--out", required=True, type=Path, metavar="FILE")
    for action in (change, listed, export, events):
        add_project_argument(action)


def run(options: argparse.Namespace) -> int:
    """Do what was asked."""
    with workspace() as opened:
        project = chosen_project(opened, options.project)
        if options.action == "set":
            return _set(opened, project, options)
        if options.action == "list":
            return _list(opened, project, options)
        if options.action == "events":
            return _events(opened, project, options.out)
        return export_labels(opened, project, options.out, options.format, options.subset)


def _events(opened: Workspace, project: ProjectRecord, out: Path) -> int:
    from app.services import clock

    text = clock.events_as_csv(opened, project.id)
    out.write_text(text, encoding="utf-8", newline="")
    print(f"{text.count(chr(10)) - 1} events\t{out}")
    return 0


def _set(opened: Workspace, project: ProjectRecord, options: argparse.Namespace) -> int:
    from app.services import annotating, classes

    video = chosen_video(opened, project, options.video)
    if video.status != "ready":
        raise CommandError(f"video {video.name!r} is {video.status}: {video.problem or 'it is still being read'}")
    known = [found.name for found in classes.classes(opened, project.id)]
    if not options.complete and options.label is None:
        raise CommandError(
            f"CLASS is missing; write it after the video: wtal label set {video.name} CLASS ...; "
            f"project {project.name!r} has {', '.join(known) or 'no class yet'}"
        )
    if not options.complete and options.label not in known:
        raise CommandError(
            f"project {project.name!r} has no class {options.label!r}; it has {', '.join(known) or 'none yet'}"
        )
    by = annotator_name(options.annotator)
    if options.absent:  # instances outweigh it: it would be stored and change nothing
        marks = annotating.open_video(opened, video.id, by)["annotations"]
        count = sum(mark["label"] == options.label for mark in marks)
        if count:
            raise CommandError(
                f"{video.name} has {count} labelled instance{'s' if count > 1 else ''} of {options.label}; delete "
                f"{'them' if count > 1 else 'it'} first, on the Annotate page, then say that it does not occur"
            )
    edit = {"id": str(uuid.uuid4()), "group": str(uuid.uuid4()), "client_time": 0, **_edit(video, options)}
    taken = annotating.apply_edits(opened, by, video.id, [edit], session="command-line")
    if taken.refused:
        raise CommandError(str(taken.refused[0]["error"]))
    print(f"{video.name}\t{'complete' if options.complete else options.label}\tsaved")
    return 0


def _edit(video: VideoRecord, options: argparse.Namespace) -> dict[str, Any]:
    """The edit as docs/http-api.md words it."""
    if options.complete:
        return {"kind": "complete.set", "complete": True}
    if options.occurs or options.absent:
        return {"kind": "label.set", "label": options.label, "present": bool(options.occurs)}
    annotation: dict[str, Any] = {
        "id": str(uuid.uuid4()),
        "label": options.label,
        "clicks": [],
        "start": None,
        "end": None,
    }
    if options.segment:
        start, end = (_time(text, video, "--segment") for text in options.segment)
        if end <= start:
            raise CommandError(f"--segment ends after it starts, got {' '.join(options.segment)}")
        annotation |= {"level": "full", "start": start, "end": end}
    else:
        if len(options.click) > 2:
            raise CommandError(f"--click takes one or two times inside one instance, got {len(options.click)}")
        clicks = sorted(_time(text, video, "--click") for text in options.click)
        annotation |= {"level": "one-segment" if len(clicks) == 1 else "two-segment", "clicks": clicks}
    return {"kind": "annotation.put", "annotation": annotation}


def _time(text: str, video: VideoRecord, option: str) -> int:
    """Seconds from the first picture, given with ``option``, as raw time inside the video."""
    from wtal_core.formats.reading import microseconds

    time = microseconds(text, f"{option}, seconds from the first picture")
    if not 0 <= time <= video.duration:
        raise CommandError(f"{text} s lies outside {video.name!r}, which lasts {video.duration / 1e6:g} s")
    return video.origin + time


def _list(opened: Workspace, project: ProjectRecord, options: argparse.Namespace) -> int:
    from app.services import library, merging

    wanted = chosen_video(opened, project, options.video).name if options.video else None
    origins = {video.name: video.origin for video in library.all_videos(opened, project.id)}
    rows: list[tuple[object, ...]] = []
    for name, found in merging.labels(opened, project.id).items():
        if wanted not in (None, name):
            continue
        located = set()
        for annotation in found.labels.annotations:
            located.add(annotation.label)
            times = annotation.span if annotation.segment is not None else annotation.clicks
            seconds = " ".join(f"{(time - origins[name]) / 1e6:.3f}" for time in times)
            rows.append((name, annotation.label, annotation.level, seconds, annotation.annotator))
        rows += [(name, label, "video", "", "") for label in sorted((found.labels.classes or frozenset()) - located)]
    print(table(("video", "class", "level", "seconds", "annotator"), rows))
    return 0
