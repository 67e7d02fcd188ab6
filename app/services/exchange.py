"""Labels in and out: annotation files of the field into the log, labels and proposals out of the database.

Imported labels become a shared layer (annotator ``import``): everybody sees them, and whoever changes one takes it
over. A file is imported as a whole or not at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from app.services import importing
from app.services.classes import ensure_classes_in
from app.services.edits import take
from app.services.identity import IMPORT, SHARED, annotator_in
from app.services.merging import labels
from app.services.views import ClassList
from app.workspace import Workspace
from db.errors import NotFoundError
from wtal_core.domain import SupervisionLevel
from wtal_core.formats import FORMATS, AnnotationSet, Format, VideoEntry


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
    workspace: Workspace, project: int, path: Path, format_name: str = "activitynet", *, by: str = ""
) -> Imported:
    """Import an annotation file: classes it needs are added, its subsets become the split where that is still open.

    Videos are matched by name, with or without file ending, with or without ActivityNet's leading ``v_``. Times count
    from the first picture in the file and are stored as raw presentation times. What reaches past the end of a video is
    cut there; what lies outside is left out; both are told.

    Parameters
    ----------
    by
        Who imports it; kept with every event.

    Raises
    ------
    ValueError
        If the format is unknown, the file is wrong (a ``FormatError`` names the place), or no video of it is here.
    """
    found = _format(format_name).read(path)
    notes = list(found.problems)
    with workspace.write() as unit:
        unit.projects.get(project)
        videos = importing.matched(found, unit.videos.of_project(project), notes)
        found = importing.in_todays_classes(unit, project, found, notes)
        new = ensure_classes_in(unit, project, found.classes, annotator=by)
        classes = ClassList.of(unit, project)
        importing.take_subsets(unit, project, found, videos, notes)
        found = importing.fitted(found, videos, notes)
        states = unit.labels.states(video.id for video in videos.values())
        who = annotator_in(unit, IMPORT)
        session = f"import:{by}"[:64]
        n_annotations = 0
        for name, video in videos.items():
            edits = importing.edits(found.videos[name].labels, video, states[video.id], who.id, notes)
            taken = take(unit, video, who, edits, session=session, source=SHARED[IMPORT], classes=classes)
            if taken.refused:
                raise ValueError(f"{path}, video {name!r}: {taken.refused[0]['error']}; nothing was imported")
            n_annotations += sum(edit["kind"] == "annotation.put" for edit in edits)
        return Imported(len(videos), n_annotations, new, tuple(notes))


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
