"""Labels in and out: annotation files of the field into the log, labels and proposals out of the database.

Imported labels become a shared layer (annotator ``import``): everybody sees them, and whoever changes one takes it
over. A file is checked as a whole, then stored in batches.
"""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.services import importing
from app.services.adding import Enqueue, enqueue_job
from app.services.classes import ensure_classes_in
from app.services.edits import refusals, take
from app.services.identity import IMPORT, SHARED, annotator_in
from app.services.merging import labels, summarise
from app.services.views import ClassList
from app.workspace import Workspace
from db.errors import NotFoundError
from db.records import VideoRecord
from wtal_core.domain import SupervisionLevel
from wtal_core.formats import FORMATS, AnnotationSet, Format, VideoEntry

SECONDS_AT_ONCE = 0.2
"""How long one transaction of an import may keep others from writing."""

PAUSE = 0.12
"""Seconds between two of them. SQLite's writers do not queue, they look again every tenth of a second at the latest:
without a pause an import would have the database to itself, and whoever labels would wait for its end."""

Planned = tuple[VideoRecord, list[dict[str, Any]]]
Step = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import came to.

    Attributes
    ----------
    n_videos, n_annotations
        Videos that got labels, and annotations stored.
    new_classes
        Classes added to the list.
    notes
        What was left out or changed, one sentence each.
    """

    n_videos: int
    n_annotations: int
    new_classes: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export came to: videos and rows written, and what the format could not hold."""

    n_videos: int
    n_rows: int
    losses: tuple[str, ...]


def import_labels(
    workspace: Workspace,
    project: int,
    path: Path,
    format_name: str = "activitynet",
    *,
    by: str = "",
    key: str = "",
    complete: bool = False,
    step: Step = lambda _share, _words: None,
) -> Imported:
    """Import an annotation file: classes it needs are added, its subsets become the split where that is still open.

    Videos are matched by name, with or without file ending, with or without ActivityNet's leading ``v_``. Times count
    from the first picture in the file and are stored as raw presentation times. What reaches past the end of a video is
    cut there; what lies outside is left out; both are told.

    The whole file is checked before anything is stored: a file that cannot be is refused as a whole. It is then stored
    in batches of videos, so that nobody who labels meanwhile waits. An import that is stopped between two batches keeps
    what it has stored; beginning it again with the same ``key`` stores the rest and nothing twice.

    Parameters
    ----------
    by
        Who imports it; kept with every event.
    key
        Names this import; a new one if empty.
    complete
        The file's annotations are all there is in each video: mark the videos complete. A video whose labels the file
        withholds, or in which it does not say where a class occurs, is left as it is.
    step
        Told the share done and a few words before each batch; what it raises stops the import there.

    Raises
    ------
    ValueError
        If the format is unknown, the file is wrong (a ``FormatError`` names the place), or no video of it is here.
    """
    found = _format(format_name).read(path)
    notes, session = list(found.problems), f"import:{by}"[:64]
    step(0.0, "checking the file")
    plan, new = _planned(
        workspace, project, found, notes, path=path, by=by, key=key or uuid.uuid4().hex, complete=complete
    )
    done = 0
    while done < len(plan):
        step(done / len(plan), f"{done} of {len(plan)} videos")
        done += _store(workspace, project, plan[done:], session, notes)
        time.sleep(PAUSE if done < len(plan) else 0)
    n_annotations = sum(edit["kind"] == "annotation.put" for _, edits in plan for edit in edits)
    return Imported(len(plan), n_annotations, new, tuple(notes))


def _planned(
    workspace: Workspace,
    project: int,
    found: AnnotationSet,
    notes: list[str],
    *,
    path: Path,
    by: str,
    key: str,
    complete: bool,
) -> tuple[list[Planned], tuple[str, ...]]:
    """Edits of every video the file and the project share, all checked; and the classes that were added."""
    with workspace.write() as unit:
        unit.projects.get(project)
        videos = importing.matched(found, unit.videos.of_project(project), notes)
        found = importing.in_todays_classes(unit, project, found, notes)
        new = ensure_classes_in(unit, project, found.classes, annotator=by)
        classes = ClassList.of(unit, project)
        importing.take_subsets(unit, project, found, videos, notes)
        found = importing.fitted(found, videos, notes)
        if not complete:
            importing.tell_incomplete(found, classes.names, notes)
        states = unit.labels.states(video.id for video in videos.values())
        who = annotator_in(unit, IMPORT)
        plan: list[Planned] = []
        for name, video in videos.items():
            said, state = found.videos[name].labels, states[video.id]
            edits = importing.edits(said, video, state, who.id, notes, key=key, complete=complete)
            refused = refusals(unit, video, who, edits, source=SHARED[IMPORT], classes=classes)
            if refused:
                raise ValueError(f"{path}, video {name!r}: {refused[0]['error']}; nothing was imported")
            plan.append((video, edits))
        return plan, new


def _store(workspace: Workspace, project: int, plan: Sequence[Planned], session: str, notes: list[str]) -> int:
    """Store the edits of the first videos in one short transaction; how many videos that were.

    What could not be stored is added to ``notes``, in words.
    """
    stored: list[VideoRecord] = []
    n_done = 0
    with workspace.write() as unit:
        classes, who = ClassList.of(unit, project), annotator_in(unit, IMPORT)
        ends = time.monotonic() + SECONDS_AT_ONCE
        for video, edits in plan:
            if n_done and time.monotonic() >= ends:
                break
            n_done += 1
            try:
                unit.videos.lock(video.id)
            except NotFoundError:
                notes.append(f"{video.name} was deleted meanwhile; its labels were left out")
                continue
            stored.append(video)
            taken = take(
                unit,
                video,
                who,
                edits,
                session=session,
                source=SHARED[IMPORT],
                classes=classes,
                is_summarised=False,
            )
            notes += [f"{video.name}: {refusal['error']}" for refusal in taken.refused]
        summarise(unit, stored, classes, time.time())
    return n_done


def request_import(
    workspace: Workspace,
    project: int,
    content: bytes,
    name: str,
    format_name: str,
    *,
    by: str = "",
    complete: bool = False,
    enqueue: Enqueue = enqueue_job,
) -> int:
    """Import a file a browser sent in the background, as :func:`import_labels` does; the number of the job.

    Raises
    ------
    ValueError
        If the format is unknown.
    """
    _format(format_name)
    key = uuid.uuid4().hex
    workspace.imports.mkdir(parents=True, exist_ok=True)
    (workspace.imports / key).write_bytes(content)
    asked = {"key": key, "name": name, "format": format_name, "by": by, "complete": complete}
    return enqueue(workspace, "import", asked, project)


def export_labels(
    workspace: Workspace,
    project: int,
    path: Path,
    format_name: str = "activitynet",
    *,
    subset: str | None = None,
    annotator: str | None = None,
) -> Exported:
    """Write the labels of a project (or of a subset, or of one annotator), with levels, clicks and coverage.

    Returns
    -------
    Exported
        Its ``losses`` say what the format could not hold; it never drops anything silently.
    """
    form = _format(format_name)
    found = labels(workspace, project, subset=subset, annotator=annotator)
    with workspace.read() as unit:
        videos = {video.name: video for video in unit.videos.of_project(project) if video.name in found}
        classes = ClassList.of(unit, project).names
    names = file_names(videos)
    entries, origins = {}, {}
    clicked = 0
    for name, item in found.items():
        if item.labels.classes is None and not item.labels.coverage.spans:
            continue
        video = videos[name]
        has_clicks = any(a.level is not SupervisionLevel.FULL for a in item.labels.annotations)
        clicked += item.is_complete and has_clicks
        said = replace(item.labels, video_id=names[name])
        complete = item.is_complete and not has_clicks
        entries[names[name]] = VideoEntry(said, video.duration, video.subset, video.fps or None, complete)
        origins[names[name]] = video.origin
    losses = [note for item in found.values() for note in item.notes]
    if clicked:
        losses.append(f"{clicked} videos are complete with clicks: the file keeps the clicks, not that none is missing")
    losses += form.write(path, AnnotationSet(entries, classes), origins)
    return Exported(len(entries), sum(len(entry.labels.annotations) for entry in entries.values()), tuple(losses))


def export_proposals(workspace: Workspace, run: int, path: Path, format_name: str = "activitynet") -> Exported:
    """Write the proposals of a run, best first.

    Raises
    ------
    NotFoundError
        If there is no such run.
    """
    form = _format(format_name)
    with workspace.read() as unit:
        project = unit.runs.get(run).project_id
        videos = {video.id: video for video in unit.videos.of_project(project)}
        proposals = unit.runs.all_proposals(run)
    if not proposals:
        raise NotFoundError("prediction of run", run)
    names = file_names({video.name: video for video in videos.values()})
    found = {names[videos[video].name]: rows for video, rows in proposals.items()}
    origins = {names[videos[video].name]: videos[video].origin for video in proposals}
    losses = tuple(form.write_predictions(path, found, origins))
    return Exported(len(found), sum(len(rows) for rows in found.values()), losses)


def file_names(videos: Iterable[str]) -> dict[str, str]:
    """Names of videos in files: without the ending, as the field writes them, wherever that names one video only."""
    names = list(videos)
    stems = Counter(Path(name).stem for name in names)
    return {name: Path(name).stem if stems[Path(name).stem] == 1 else name for name in names}


def _format(name: str) -> Format:
    if name not in FORMATS:
        raise ValueError(f"there is no format {name!r}; choose one of {', '.join(FORMATS)}")
    return FORMATS[name]
