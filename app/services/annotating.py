"""Annotating: opening a video, taking edits, and what a model says of it.

The words of requests and answers are those of ``docs/http-api.md``; times are microseconds of raw presentation time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.services import costs
from app.services.clock import activity
from app.services.curves import StoredCurves
from app.services.edit_kinds import hides_model, session_and_video
from app.services.edits import LONGEST_BATCH, Taken, take
from app.services.identity import SHARED, annotator_in
from app.services.library import media_problem
from app.services.undo import Groups, ready, spoken, spoken_annotation
from app.services.views import ClassList, shared_layers, view
from app.workspace import Workspace
from db.errors import ConflictError, NotFoundError
from db.records import AnnotatorRecord, VideoRecord
from db.state import VideoState
from db.unit_of_work import UnitOfWork

__all__ = ["activity", "apply_edits", "curves", "edit", "frame_times", "open_video", "proposals", "values"]


@dataclass(frozen=True, slots=True)
class _Scene:
    """A video, its labels, and who looks at it."""

    unit: UnitOfWork
    video: VideoRecord
    who: AnnotatorRecord
    state: VideoState
    classes: ClassList
    shared: frozenset[int]

    @classmethod
    def of(cls, unit: UnitOfWork, video_id: int, annotator: str) -> _Scene:
        """Look at a video; an annotator the database has not met has number 0 and an empty layer."""
        video = unit.videos.get(video_id)
        who = unit.annotators.by_name(annotator) or AnnotatorRecord(0, annotator, "person", 0.0, {})
        classes = ClassList.of(unit, video.project_id)
        return cls(unit, video, who, unit.labels.state(video_id), classes, shared_layers(unit))

    @property
    def hides_model(self) -> bool:
        """Whether model output must not be shown."""
        return hides_model(self.video, self.state, self.who.id, self.classes, self.shared)

    def name(self, annotator_id: int) -> str:
        """An annotator's name."""
        return self.unit.annotators.get(annotator_id).name


def open_video(workspace: Workspace, video_id: int, annotator: str) -> dict[str, Any]:
    """Everything the annotator component needs to show a video.

    Raises
    ------
    NotFoundError
        If there is no such video.
    """
    with workspace.read() as unit:
        scene = _Scene.of(unit, video_id, annotator)
        video, who, state, classes = scene.video, scene.who, scene.state, scene.classes
        project = unit.projects.get(video.project_id)
        around = unit.videos.neighbours(video)
        groups = Groups(unit.edits.deeds(video_id, who.id))
        return {
            "id": video.id,
            "project": video.project_id,
            "name": video.name,
            "origin": video.origin,
            "duration": video.duration,
            "width": video.width,
            "height": video.height,
            "n_frames": video.n_frames,
            **_spoken_media(workspace, video),
            "strip": {"url": f"/api/videos/{video.id}/strip", **video.strip} if video.strip_path else None,
            "subset": video.subset,
            "class_list_version": classes.version,
            "classes": [
                {"name": e.name, "colour": e.colour, "key": e.key, "description": e.description, "example": e.example}
                for e in classes.active
            ],
            "annotator": annotator,
            "level": state.levels.get(who.id, project.default_level),
            "comment": state.comments.get(who.id, ""),
            **_spoken_labels(scene),
            **_spoken_runs(scene),
            "suggestion": None,
            "next": around.next,
            "previous": around.previous,
            "position": around.place,
            "phi": costs.phi_of(unit, video, who, project),
            "undo": ready(unit, groups.done, "undoes", classes),
            "redo": ready(unit, groups.undone, "redoes", classes),
            "keys": dict(project.settings.get("keys") or {}),
            "compensation": who.settings.get("compensation", 0),
            "sequence": unit.edits.last_sequence(video_id),
        }


def runs_of(workspace: Workspace, video_id: int, annotator: str) -> dict[str, Any]:
    """What may have changed since :func:`open_video`, in its words: runs, class list, what there is to play.

    Cheap enough to be asked often.
    """
    with workspace.read() as unit:
        scene = _Scene.of(unit, video_id, annotator)
        media = _spoken_media(workspace, scene.video)
        return {**_spoken_runs(scene), **media, "class_list_version": scene.classes.version}


def frame_times(workspace: Workspace, video_id: int) -> NDArray[np.int64]:
    """Presentation times of all pictures, microseconds, ascending (N,); empty for features without a video."""
    with workspace.read() as unit:
        unit.videos.get(video_id)
        times = unit.videos.frame_times(video_id)
        return np.zeros(0, np.int64) if times is None else times


def curves(workspace: Workspace, video_id: int, run: int, annotator: str) -> bytes:
    """CAS and threshold for drawing: a line of JSON and bytes.

    Raises
    ------
    LookupError
        If the run did not predict this video.
    PermissionError
        If it is a validation video that is not complete.
    """
    return _stored(workspace, video_id, run, annotator).drawing(run)


def values(workspace: Workspace, video_id: int, run: int, time: int, annotator: str) -> dict[str, Any]:
    """The stored floats at ``time`` microseconds; refused as :func:`curves`."""
    return _stored(workspace, video_id, run, annotator).at(run, time)


def proposals(workspace: Workspace, video_id: int, run: int, annotator: str) -> dict[str, Any]:
    """A run's proposals, best first, with what this annotator decided; refused as :func:`curves`."""
    with workspace.read() as unit:
        scene = _permitted(unit, video_id, run, annotator)
        if unit.runs.prediction(run, video_id) is None:
            raise NotFoundError("prediction of this video by run", run)
        return {
            "run": run,
            "proposals": [
                {
                    "id": rank,
                    "label": proposal.label,
                    "start": proposal.segment.start,
                    "end": proposal.segment.end,
                    "score": proposal.score,
                    "state": scene.state.decisions.get((scene.who.id, run, rank), "open"),
                }
                for rank, proposal in enumerate(unit.runs.proposals(run, video_id))
            ],
        }


def edit(workspace: Workspace, annotator: str, batch: Mapping[str, Any]) -> dict[str, Any]:
    """Take a batch of edits of one video; what is answered is committed.

    Parameters
    ----------
    batch
        ``{"session", "video", "sequence", "edits"}`` as in ``docs/http-api.md``.

    Returns
    -------
    dict
        ``{"saved", "refused", "sequence", "others"}``. ``others`` are edits of other sessions that change what this
        annotator sees: their own in another tab, and those of imports and simulations.

    Raises
    ------
    ValueError
        If the batch as a whole makes no sense.
    NotFoundError
        If there is no such video.
    """
    session, video_id = session_and_video(batch)
    edits, sequence = batch.get("edits"), batch.get("sequence")
    if not isinstance(edits, list) or len(edits) > LONGEST_BATCH:
        raise ValueError(f"edits are a list of at most {LONGEST_BATCH}; send them in several batches")
    with workspace.write() as unit:
        video = _labelable(unit, video_id)
        who = annotator_in(unit, annotator)
        taken = take(unit, video, who, edits, session=session, source=SHARED.get(who.name, "human"))
        newest = unit.edits.last_sequence(video_id)
        since = sequence if isinstance(sequence, int) and not isinstance(sequence, bool) and sequence >= 0 else newest
        others = _others(unit, video, who, session, since) if since < newest else []
        return {"saved": list(taken.saved), "refused": list(taken.refused), "sequence": newest, "others": others}


def apply_edits(
    workspace: Workspace, annotator: str, video_id: int, edits: Sequence[Mapping[str, Any]], *, session: str = "service"
) -> Taken:
    """As :func:`edit`, for programs: imports, the demo (annotator ``simulation``), notebooks."""
    with workspace.write() as unit:
        video = _labelable(unit, video_id)
        who = annotator_in(unit, annotator)
        return take(unit, video, who, edits, session=session, source=SHARED.get(who.name, "human"))


def _labelable(unit: UnitOfWork, video_id: int) -> VideoRecord:
    video = unit.videos.lock(video_id)
    if video.duration <= 0:
        why = video.problem or "it has not been read yet"
        raise ConflictError(f"{video.name} cannot be labelled: {why}")
    return video


def _permitted(unit: UnitOfWork, video_id: int, run: int, annotator: str) -> _Scene:
    scene = _Scene.of(unit, video_id, annotator)
    if scene.hides_model:
        raise PermissionError(f"{scene.video.name} is a validation video: model output is shown once it is complete")
    return scene


def _stored(workspace: Workspace, video_id: int, run: int, annotator: str) -> StoredCurves:
    with workspace.read() as unit:
        _permitted(unit, video_id, run, annotator)
        found = unit.runs.prediction(run, video_id)
    if found is None:
        raise NotFoundError("prediction of this video by run", run)
    return StoredCurves.load(workspace.runs / found.path)


def _spoken_labels(scene: _Scene) -> dict[str, Any]:
    seen = view(scene.state, scene.who.id, scene.shared, scene.classes)
    names = {entry.id: entry.name for entry in scene.classes.active}
    annotations = []
    for mark_id, (_, mark) in sorted(seen.marks.items(), key=lambda item: (item[1][1].first, item[0])):
        fields = spoken_annotation(mark.payload(mark_id), scene.classes)
        if fields is not None:
            annotations.append({**fields, "annotator": scene.name(mark.annotator_id)})
    video = scene.video
    return {
        "video_labels": {names[class_id]: present for class_id, present in seen.labels.items()},
        "annotations": annotations,
        "coverage": {names[i]: [[s.start, s.end] for s in spans] for i, spans in seen.coverage.items()},
        "ambiguous": [[span.start, span.end] for span in seen.ambiguous],
        "complete": video.duration > 0 and seen.is_complete(scene.classes, video.extent),
        "other_annotators": sorted(scene.name(i) for i in scene.state.annotators - scene.shared - {scene.who.id}),
    }


def _spoken_media(workspace: Workspace, video: VideoRecord) -> dict[str, Any]:
    """Where the file to play is, or why there is none."""
    problem = media_problem(workspace, video)
    return {"media": None if problem else f"/video/{video.id}", "media_problem": problem}


def _spoken_runs(scene: _Scene) -> dict[str, Any]:
    """The runs to draw: the promoted one before the newest, and the one before it; none on hidden validation videos."""
    if scene.hides_model:
        return {"hide_model": True, "runs": [], "run": None, "previous_run": None}
    runs = scene.unit.runs.runs_with_prediction(scene.video.id)
    shown = next((run for run in runs if run.promoted), runs[0] if runs else None)
    before = next((run for run in runs if shown is not None and run.id < shown.id), None)
    return {
        "hide_model": False,
        "runs": [{"id": r.id, "method": r.method, "created": r.created_at, "promoted": r.promoted} for r in runs],
        "run": None if shown is None else shown.id,
        "previous_run": None if before is None else before.id,
    }


def _others(
    unit: UnitOfWork, video: VideoRecord, who: AnnotatorRecord, session: str, since: int
) -> list[dict[str, Any]]:
    """Edits of other sessions that change what ``who`` sees."""
    events = unit.edits.of_video(video.id, after=since, but_session=session)
    if not events:
        return []
    visible, classes = shared_layers(unit) | {who.id}, ClassList.of(unit, video.project_id)
    found = []
    for event in events:
        fields = spoken(event.kind, event.payload, classes)
        if event.annotator_id in visible and fields is not None:
            head = {"id": event.id, "group": event.group, "undoes": event.undoes, "redoes": event.redoes}
            name = unit.annotators.get(event.annotator_id).name
            found.append({**head, "kind": event.kind, "sequence": event.sequence, "annotator": name} | fields)
    return found
