"""Taking edits: each is checked and put into the log's own words, then applied to the labels in one transaction.

The kinds and fields of edits are those of ``docs/http-api.md``; the log's payloads those of :mod:`db.state`. An edit is
known by its id for ever, so sending it again is harmless. An edit that cannot be is refused in words and the others of
its batch are saved.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from app.services.undo import Groups
from app.services.views import ClassList, shared_layers, summarise, view
from db.records import AnnotatorRecord, VideoRecord
from db.state import Payload, VideoState, apply, inverse
from db.unit_of_work import UnitOfWork
from wtal_core.domain import Subset, SupervisionLevel, to_seconds

IDENTIFIER = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
LONGEST_BATCH = 10_000
LONGEST_COMMENT = 10_000


class EditRefusedError(ValueError):
    """An edit that cannot be, and why."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch: ids that are stored now, and refusals ``{"id", "error"}``."""

    saved: tuple[str, ...]
    refused: tuple[dict[str, str], ...]


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


@dataclass(frozen=True, slots=True)
class _Event:
    annotator_id: int
    kind: str
    payload: Payload
    source: str


def take(
    unit: UnitOfWork,
    video: VideoRecord,
    who: AnnotatorRecord,
    edits: Sequence[Any],
    *,
    session: str,
    source: str,
    classes: ClassList | None = None,
) -> Taken:
    """Check edits, and store those that can be: log entries, labels and the library's summary together.

    Parameters
    ----------
    unit
        A writing unit of work; ``video`` was read in it with ``videos.lock``.
    source
        ``human``, ``simulated`` or ``imported``.
    """
    classes = classes or ClassList.of(unit, video.project_id)
    before = unit.labels.state(video.id)
    desk = Desk(unit, video, who, source, classes, shared_layers(unit), before.copy())
    if any(isinstance(edit, dict) and (edit.get("undoes") or edit.get("redoes")) for edit in edits):
        desk.groups = Groups(unit.edits.of_video(video.id, annotator_id=who.id))
    known = unit.edits.known(edit["id"] for edit in edits if _has_id(edit))
    saved: dict[str, None] = {}
    refused: list[dict[str, str]] = []
    rows: list[dict[str, Any]] = []
    now = time.time()
    for edit in edits:
        try:
            if not _has_id(edit):
                raise EditRefusedError("an edit needs an id of 1 to 64 letters, digits and _ . : -; make a uuid")
            if edit["id"] in saved:
                continue
            if edit["id"] not in known:
                rows.append(_judge(desk, edit) | {"session": session, "server_time": now})
            elif known[edit["id"]] != video.id:
                raise EditRefusedError("this id was used on another video; make a new one")
            saved[edit["id"]] = None
        except (ValueError, LookupError) as error:
            name = edit.get("id") if isinstance(edit, dict) else None
            refused.append({"id": str(name)[:64], "error": str(error)})
    if rows:
        unit.edits.append(rows)
        unit.labels.save(video.id, before, desk.state)
        summarise(unit, video, desk.state, classes, now)
    return Taken(tuple(saved), tuple(refused))


def hides_model(video: VideoRecord, state: VideoState, who: int, classes: ClassList, shared: frozenset[int]) -> bool:
    """Whether model output must not be shown: a validation video its annotator has not completed."""
    if video.subset != Subset.VALIDATION.value:
        return False
    return video.duration <= 0 or not view(state, who, shared, classes).is_complete(classes, video.extent)


def _judge(desk: Desk, edit: Mapping[str, Any]) -> dict[str, Any]:
    """Apply one edit to the desk's state; the row of the log it makes."""
    kind = edit.get("kind")
    if not isinstance(kind, str) or kind not in _PARSERS:
        raise EditRefusedError(f"there is no kind of edit {str(kind)[:40]!r}; use one of {', '.join(_PARSERS)}")
    group = _identifier(edit.get("group") or edit["id"], "group")
    undoes = _identifier(edit["undoes"], "undoes") if edit.get("undoes") else None
    redoes = _identifier(edit["redoes"], "redoes") if edit.get("redoes") else None
    desk.groups.check(group, undoes, redoes)
    payload = _PARSERS[kind](desk, edit)
    back = inverse(desk.state, desk.who.id, kind, payload, desk.shared)
    apply(desk.state, _Event(desk.who.id, kind, payload, desk.source), desk.shared)
    desk.groups.note(group, undoes, redoes)
    client_time = edit.get("client_time", 0.0)
    if isinstance(client_time, bool) or not isinstance(client_time, (int, float)) or not isfinite(client_time):
        client_time = 0.0
    return {
        "id": edit["id"],
        "group": group,
        "undoes": undoes,
        "redoes": redoes,
        "project_id": desk.video.project_id,
        "video_id": desk.video.id,
        "annotator_id": desk.who.id,
        "kind": kind,
        "payload": payload,
        "inverse": back,
        "client_time": float(client_time),
        "source": desk.source,
    }


def _annotation(desk: Desk, given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise EditRefusedError("the annotation is missing; send id, label, level, and clicks or start and end")
    mark_id = _identifier(given.get("id"), "annotation id")
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
        times = sorted(_time(desk, click, "a click") for click in clicks)
        if times[-1] >= desk.video.extent.end:
            raise EditRefusedError(f"a click at {_said(desk, times[-1])} lies past the end of the video")
        first, last = times[0], times[-1]
    return {
        "id": mark_id,
        "class": _class(desk, given.get("label")),
        "level": level.value,
        "first": first,
        "last": last,
        "model_assisted": _flag(given.get("model_assisted", False), "model_assisted"),
    }


def _put(desk: Desk, edit: Mapping[str, Any]) -> dict[str, Any]:
    return _annotation(desk, edit.get("annotation"))


def _delete(desk: Desk, edit: Mapping[str, Any]) -> dict[str, Any]:
    mark_id = _identifier(edit.get("annotation_id"), "annotation_id")
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


_PARSERS: Mapping[str, Callable[[Desk, Mapping[str, Any]], dict[str, Any]]] = {
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


def _has_id(edit: Any) -> bool:
    return isinstance(edit, dict) and isinstance(edit.get("id"), str) and bool(IDENTIFIER.fullmatch(edit["id"]))


def _identifier(value: Any, what: str) -> str:
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
