"""Taking edits: each is checked and put into the log's own words, then applied to the labels in one transaction.

What an edit costs does not grow with what its video holds: only the annotations that it names are read. An edit is
known by its id for ever, so sending it again is harmless. An edit that cannot be is refused in words and the others of
its batch are saved.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from app.services.edit_kinds import IDENTIFIER, PARSERS, Desk, EditRefusedError, identifier
from app.services.merging import summarise
from app.services.undo import Groups
from app.services.views import ClassList, shared_layers
from db.records import AnnotatorRecord, VideoRecord
from db.state import Payload, VideoState, apply, inverse
from db.unit_of_work import UnitOfWork

LONGEST_BATCH = 10_000


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch: ids that are stored now, and refusals ``{"id", "error"}``."""

    saved: tuple[str, ...]
    refused: tuple[dict[str, str], ...]


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
    is_summarised: bool = True,
) -> Taken:
    """Check edits, and store those that can be: log entries, labels and the library's summary together.

    Parameters
    ----------
    unit
        A writing unit of work; ``video`` was read in it with ``videos.lock``.
    source
        ``human``, ``simulated`` or ``imported``.
    is_summarised
        False for a caller that summarises many videos at once.
    """
    classes = classes or ClassList.of(unit, video.project_id)
    before = unit.labels.touched(video.id, *_named(edits))
    desk = Desk(unit, video, who, source, classes, shared_layers(unit), before.copy())
    if any(isinstance(edit, dict) and (edit.get("undoes") or edit.get("redoes")) for edit in edits):
        desk.groups = Groups(unit.edits.deeds(video.id, who.id))
    taken, rows = _judge_all(desk, edits, unit.edits.known(edit["id"] for edit in edits if _has_id(edit)))
    if rows:
        now = time.time()
        unit.edits.append([row | {"session": session, "server_time": now} for row in rows])
        unit.labels.save(video.id, before, desk.state)
        if is_summarised:
            summarise(unit, [video], classes, now)
    return taken


def refusals(
    unit: UnitOfWork,
    video: VideoRecord,
    who: AnnotatorRecord,
    edits: Sequence[Any],
    *,
    source: str,
    classes: ClassList,
) -> tuple[dict[str, str], ...]:
    """What :func:`take` would refuse of new edits on a video without labels; stores nothing."""
    desk = Desk(unit, video, who, source, classes, shared_layers(unit), VideoState())
    return _judge_all(desk, edits, {})[0].refused


def _judge_all(desk: Desk, edits: Sequence[Any], known: Mapping[str, int]) -> tuple[Taken, list[dict[str, Any]]]:
    """Apply edits to the desk's state; what became of them, and the rows of the log they make."""
    saved: dict[str, None] = {}
    refused: list[dict[str, str]] = []
    rows: list[dict[str, Any]] = []
    for edit in edits:
        try:
            if not _has_id(edit):
                raise EditRefusedError("an edit needs an id of 1 to 64 letters, digits and _ . : -; make a uuid")
            if edit["id"] in saved:
                continue
            if edit["id"] not in known:
                rows.append(_judge(desk, edit))
            elif known[edit["id"]] != desk.video.id:
                raise EditRefusedError("this id was used on another video; make a new one")
            saved[edit["id"]] = None
        except (ValueError, LookupError) as error:
            name = edit.get("id") if isinstance(edit, dict) else None
            refused.append({"id": str(name)[:64], "error": str(error)})
    return Taken(tuple(saved), tuple(refused)), rows


def _judge(desk: Desk, edit: Mapping[str, Any]) -> dict[str, Any]:
    """Apply one edit to the desk's state; the row of the log it makes."""
    kind = edit.get("kind")
    if not isinstance(kind, str) or kind not in PARSERS:
        raise EditRefusedError(f"there is no kind of edit {str(kind)[:40]!r}; use one of {', '.join(PARSERS)}")
    group = identifier(edit.get("group") or edit["id"], "group")
    undoes = identifier(edit["undoes"], "undoes") if edit.get("undoes") else None
    redoes = identifier(edit["redoes"], "redoes") if edit.get("redoes") else None
    desk.groups.check(group, undoes, redoes)
    payload = PARSERS[kind](desk, edit)
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


def _named(edits: Sequence[Any]) -> tuple[set[str], set[tuple[int, int]]]:
    """Ids of the annotations and (run, proposal) of the proposals that edits are about."""
    marks: set[str] = set()
    proposals: set[tuple[int, int]] = set()
    for edit in edits:
        if not isinstance(edit, dict):
            continue
        annotation = edit.get("annotation")
        found = [edit.get("annotation_id"), annotation.get("id") if isinstance(annotation, dict) else None]
        marks |= {name for name in found if isinstance(name, str) and IDENTIFIER.fullmatch(name)}
        run, proposal = edit.get("run"), edit.get("proposal_id")
        if isinstance(run, int) and isinstance(proposal, int) and 0 <= min(run, proposal) <= max(run, proposal) < 2**31:
            proposals.add((run, proposal))
    return marks, proposals


def _has_id(edit: Any) -> bool:
    return isinstance(edit, dict) and isinstance(edit.get("id"), str) and bool(IDENTIFIER.fullmatch(edit["id"]))
