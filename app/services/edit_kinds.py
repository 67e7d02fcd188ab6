"""What an edit of each kind must be: from the words of ``docs/http-api.md`` to the payloads of :mod:`db.state`.

Everything a browser may send is checked here; behind it the payload is trusted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.services.identity import LONGEST_COMPENSATION
from app.services.undo import Groups
from app.services.views import ClassList, view
from db.records import AnnotatorRecord, VideoRecord
from db.state import VideoState
from db.unit_of_work import UnitOfWork
from wtal_core.domain import Subset, SupervisionLevel, to_seconds

IDENTIFIER = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
LONGEST_COMMENT = 10_000


class EditRefusedError(ValueError):
    """An edit that cannot be, and why."""


@dataclass(slots=True)
class Desk:
    """Everything needed to judge edits of one video by one annotator.

    Attributes
    ----------
    state
        The labels as they stand after the edits taken so far.
    groups
        Which groups of this annotator are done and undone.
    """

    unit: UnitOfWork
    video: VideoRecord
    who: AnnotatorRecord
    source: str
    classes: ClassList
    shared: frozenset[int]
    state: VideoState
    groups: Groups = field(default_factory=Groups)


def hides_model(video: VideoRecord, state: VideoState, who: int, classes: ClassList, shared: frozenset[int]) -> bool:
    """Whether model output must not be shown: a validation video its annotator has not completed."""
    if video.subset != Subset.VALIDATION.value:
        return False
    return video.duration <= 0 or not view(state, who, shared, classes).is_complete(classes, video.extent)


def _annotation(desk: Desk, given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise EditRefusedError("the annotation is missing; send id, label, level, and clicks or start and end")
    mark_id = identifier(given.get("id"), "annotation id")
    level = _level(given.get("level"))
    if level is SupervisionLevel.VIDEO:
        raise EditRefusedError("a video-level label has no time; send it as label.set")
    present = desk.state.marks.get(mark_id)
    if present is not None and present.annotator_id != desk.who.id and present.annotator_id not in desk.shared:
        owner = desk.unit.annotators.get(present.annotator_id).name
        raise EditRefusedError(f"annotation {mark_id} is {owner}'s; make one of your own instead")
    if level is SupervisionLevel.FULL:
        first, last = _span(desk, given, "the annotation")
    else:
        clicks = given.get("clicks")
        wanted = 1 if level is SupervisionLevel.ONE_SEGMENT else 2
        if not isinstance(clicks, list) or len(clicks) != wanted:
            raise EditRefusedError(f"an annotation at level {level} has {wanted} click(s), got {str(clicks)[:60]}")
        times = [_time(desk, click, "a click") for click in clicks]
        if max(times) >= desk.video.extent.end:
            raise EditRefusedError(f"a click at {_said(desk, max(times))} lies past the end of the video")
        first, last = min(times), max(times)
    return {
        "id": mark_id,
        "class": _class(desk, given.get("label")),
        "level": level.value,
        "first": first,
        "last": last,
        "model_assisted": _flag(given.get("model_assisted", False), "model_assisted"),
        **_reaction(desk, given, 1 if level is SupervisionLevel.ONE_SEGMENT else 2),
    }


def _reaction(desk: Desk, given: Mapping[str, Any], n_times: int) -> dict[str, Any]:
    """The times before reaction-time compensation, and what was taken off; nothing where none was reckoned with."""
    pressed, compensation = given.get("pressed") or [], given.get("compensation", 0)
    if not _is_count(compensation) or compensation > LONGEST_COMPENSATION:
        raise EditRefusedError(
            f"the reaction time is 0 to {LONGEST_COMPENSATION} microseconds, got {str(compensation)[:40]}"
        )
    if not isinstance(pressed, list) or len(pressed) not in (0, n_times):
        raise EditRefusedError(f"pressed has a time or null for each of {n_times} time(s), got {str(pressed)[:60]}")
    times = [None if time is None else _time(desk, time, "a key press") for time in pressed]
    return {"pressed": times, "compensation": compensation} if any(time is not None for time in times) else {}


def _put(desk: Desk, edit: Mapping[str, Any]) -> dict[str, Any]:
    return _annotation(desk, edit.get("annotation"))


def _delete(desk: Desk, edit: Mapping[str, Any]) -> dict[str, Any]:
    mark_id = identifier(edit.get("annotation_id"), "annotation_id")
    mark = desk.state.marks.get(mark_id)
    if mark is None:
        raise EditRefusedError(f"annotation {mark_id} is not in this video; it may have been deleted already")
    if mark.annotator_id != desk.who.id and mark.annotator_id not in desk.shared:
        owner = desk.unit.annotators.get(mark.annotator_id).name
        raise EditRefusedError(f"annotation {mark_id} is {owner}'s, and only they can delete it")
    return {"id": mark_id}


def _label(desk: Desk, edit: Mapping[str, Any]) -> dict[str, Any]:
    present = edit.get("present")
    if present is not None:
        present = _flag(present, "present")
    return {"class": _class(desk, edit.get("label")), "present": present}


def _coverage(desk: Desk, edit: Mapping[str, Any]) -> dict[str, Any]:
    labels = edit.get("labels")
    if labels is not None and not (isinstance(labels, list) and labels):
        raise EditRefusedError("coverage names its classes as a list, or null for all of them")
    ids = [entry.id for entry in desk.classes.active] if labels is None else [_class(desk, name) for name in labels]
    if not ids:
        raise EditRefusedError("the class list is empty; add a class before judging a video")
    start, end = _span(desk, edit, "coverage")
    span = {"start": start, "end": end}
    if edit["kind"] == "coverage.remove":
        return {"classes": _with_parts(desk, ids), **span}
    return {"classes": sorted(set(ids)), **span, "version": _version(desk, edit.get("version"))}


def _complete(desk: Desk, edit: Mapping[str, Any]) -> dict[str, Any]:
    complete = _flag(edit.get("complete"), "complete")
    ids = [entry.id for entry in desk.classes.active]
    if not ids:
        raise EditRefusedError("the class list is empty; add a class before judging a video")
    return {
        "complete": complete,
        "classes": sorted(ids) if complete else _with_parts(desk, ids),
        "start": desk.video.extent.start,
        "end": desk.video.extent.end,
        "version": desk.classes.version,
    }


def _ambiguous(desk: Desk, edit: Mapping[str, Any]) -> dict[str, Any]:
    start, end = _span(desk, edit, "ambiguous time")
    return {"start": start, "end": end}


def _proposal(desk: Desk, edit: Mapping[str, Any]) -> dict[str, Any]:
    run, proposal = edit.get("run"), edit.get("proposal_id")
    if not isinstance(run, int) or not isinstance(proposal, int) or not (_is_count(run) and _is_count(proposal)):
        raise EditRefusedError("a proposal is named by the numbers run and proposal_id")
    count = desk.unit.runs.n_proposals(run, desk.video.id)
    if count is None or proposal >= count:
        raise EditRefusedError(f"run {run} has no proposal {proposal} for this video; open the video again")
    return {"run": run, "proposal": proposal}


def _accept(desk: Desk, edit: Mapping[str, Any]) -> dict[str, Any]:
    found = _proposal(desk, edit)
    if edit.get("annotation") is None and (edit.get("undoes") or edit.get("redoes")):
        return {**found, "annotation": None}
    if hides_model(desk.video, desk.state, desk.who.id, desk.classes, desk.shared):
        raise EditRefusedError("model output is not used on a validation video before it is complete")
    if desk.state.decisions.get((desk.who.id, found["run"], found["proposal"])) == "accepted":
        raise EditRefusedError("the proposal is accepted already; change its annotation, or reopen it first")
    return {**found, "annotation": {**_annotation(desk, edit.get("annotation")), "model_assisted": True}}


def _set_level(_desk: Desk, edit: Mapping[str, Any]) -> dict[str, Any]:
    if edit.get("level") is None and edit.get("undoes"):
        return {"level": None}
    return {"level": _level(edit.get("level")).value}


def _comment(_desk: Desk, edit: Mapping[str, Any]) -> dict[str, Any]:
    text = edit.get("text")
    if not isinstance(text, str) or len(text) > LONGEST_COMMENT or "\0" in text:
        raise EditRefusedError(f"a comment is text of at most {LONGEST_COMMENT} characters")
    return {"text": text}


PARSERS: Mapping[str, Callable[[Desk, Mapping[str, Any]], dict[str, Any]]] = {
    "annotation.put": _put,
    "annotation.delete": _delete,
    "label.set": _label,
    "coverage.add": _coverage,
    "coverage.remove": _coverage,
    "complete.set": _complete,
    "ambiguous.add": _ambiguous,
    "ambiguous.remove": _ambiguous,
    "proposal.accept": _accept,
    "proposal.reject": _proposal,
    "proposal.reopen": _proposal,
    "level.set": _set_level,
    "comment.set": _comment,
}


def session_and_video(batch: Mapping[str, Any]) -> tuple[str, int]:
    """Which page load sends a batch, and about which video.

    Raises
    ------
    ValueError
        If one of them is missing or cannot be.
    """
    session, video_id = batch.get("session"), batch.get("video")
    if not isinstance(session, str) or not IDENTIFIER.fullmatch(session):
        raise ValueError("a session is 1 to 64 letters, digits and _ . : -; make a uuid when the page is loaded")
    if isinstance(video_id, bool) or not isinstance(video_id, int):
        raise ValueError(f"the video is a number, got {str(video_id)[:40]!r}")
    return session, video_id


def identifier(value: Any, what: str) -> str:
    """An id a browser made; ``what`` names it in the refusal."""
    if not isinstance(value, str) or not IDENTIFIER.fullmatch(value):
        raise EditRefusedError(f"{what} is 1 to 64 letters, digits and _ . : -, got {str(value)[:70]!r}; make a uuid")
    return value


def _flag(value: Any, what: str) -> bool:
    if not isinstance(value, bool):
        raise EditRefusedError(f"{what} is true or false, got {str(value)[:40]!r}")
    return value


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31


def _level(value: Any) -> SupervisionLevel:
    if not isinstance(value, str) or value not in list(SupervisionLevel):
        raise EditRefusedError(f"the level is one of {', '.join(SupervisionLevel)}, got {str(value)[:40]!r}")
    return SupervisionLevel(value)


def _class(desk: Desk, name: Any) -> int:
    found = desk.classes.find(name) if isinstance(name, str) else None
    if found is None:
        raise EditRefusedError(
            f"class {str(name)[:80]!r} is not in the class list; add it, or reload if it was renamed"
        )
    return found.id


def _with_parts(desk: Desk, ids: Iterable[int]) -> list[int]:
    return sorted({part for class_id in ids for part in desk.classes.parts(class_id)})


def _version(desk: Desk, value: Any) -> int:
    """The class-list version coverage was judged under: the present one, or an earlier one that an undo restores."""
    if value is None:
        return desk.classes.version
    if not _is_count(value) or not 1 <= value <= desk.classes.version:
        raise EditRefusedError(f"the class list has no version {str(value)[:40]}; it is at {desk.classes.version}")
    version: int = value
    return version


def _time(desk: Desk, value: Any, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise EditRefusedError(f"{what} is a whole number of microseconds, got {str(value)[:40]!r}")
    extent = desk.video.extent
    if not extent.start <= value <= extent.end:
        raise EditRefusedError(
            f"{what} at {_said(desk, value)} lies outside the video, which is {to_seconds(extent.duration):.3f} s long"
        )
    return value


def _span(desk: Desk, given: Mapping[str, Any], what: str) -> tuple[int, int]:
    start, end = (
        _time(desk, given.get("start"), f"the start of {what}"),
        _time(desk, given.get("end"), f"the end of {what}"),
    )
    if end <= start:
        raise EditRefusedError(
            f"{what} would end at {_said(desk, end)} before it starts at {_said(desk, start)}; keep its edges apart"
        )
    return start, end


def _said(desk: Desk, value: int) -> str:
    return f"{to_seconds(value - desk.video.origin):.3f} s"
