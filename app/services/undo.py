"""Undo and redo from the log: which groups of edits are done, which are undone, and the edits that turn them round.

A group that says ``undoes`` takes back the group it names, one that says ``redoes`` brings it back. Redoing may name
the group itself or the one that undid it, and undoing a redone group may name either: all are the same deed.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.services.views import ClassList
from db.records import TurnRecord
from db.state import Payload
from db.unit_of_work import UnitOfWork

DEEPEST = 200
"""Groups kept ready in each direction when a video is opened; the log itself keeps all."""


@dataclass(slots=True)
class Deed:
    """A group of edits with what happened to it since.

    Attributes
    ----------
    is_done
        False while it is undone.
    latest
        The group that did, undid or redid it last.
    sequences
        Numbers of that group's events, oldest first; the inverse edits they hold turn the deed round.
    """

    name: str
    is_done: bool
    latest: str
    sequences: list[int]


class Groups:
    """Deeds of one annotator on one video, in the order in which they can be undone.

    Parameters
    ----------
    turns
        Their log entries, oldest first.
    """

    def __init__(self, turns: Iterable[TurnRecord] = ()) -> None:
        self._deeds: dict[str, Deed] = {}
        self._names: dict[str, str] = {}  # every group to the deed it belongs to
        self._undone: list[str] = []
        for turn in turns:
            self.note(turn.group, turn.undoes, turn.redoes, turn.sequence)

    def check(self, group: str, undoes: str | None, redoes: str | None) -> None:
        """Refuse what would undo a deed twice, redo what is done, or reach for a deed that is not here.

        Raises
        ------
        ValueError
            With the reason.
        """
        if undoes is None and redoes is None:
            return
        if undoes is not None and redoes is not None:
            raise ValueError("an edit undoes or redoes, not both")
        deed = self._deeds.get(self._names.get(undoes or redoes or "", ""))
        if deed is None:
            raise ValueError(f"group {undoes or redoes} is not one of your edits of this video; open the video again")
        if deed.latest != group and deed.is_done != (undoes is not None):
            raise ValueError(
                f"group {undoes or redoes} is {'undone' if undoes else 'done'} already, perhaps in another tab"
            )

    def note(self, group: str, undoes: str | None, redoes: str | None, sequence: int = 0) -> None:
        """Follow one more edit of a group; ``sequence`` is its number in the log, 0 before it has one."""
        turned = self._deeds.get(self._names.get(undoes or redoes or "", ""))
        if turned is None:
            name = self._names.setdefault(group, group)
            deed = self._deeds.setdefault(name, Deed(name, True, group, []))
            if deed.latest == group:
                deed.sequences.append(sequence)
            self._undone.clear()
            return
        if turned.latest != group:
            turned.latest, turned.is_done, turned.sequences = group, undoes is None, []
            del self._deeds[turned.name]  # the newest deed is the first to be undone
            self._deeds[turned.name] = turned
            if turned.name in self._undone:
                self._undone.remove(turned.name)
            if not turned.is_done:
                self._undone.append(turned.name)
        self._names[group] = turned.name
        turned.sequences.append(sequence)

    @property
    def done(self) -> list[Deed]:
        """What can be undone, oldest first."""
        return [deed for deed in self._deeds.values() if deed.is_done]

    @property
    def undone(self) -> list[Deed]:
        """What can be redone, the one to redo next last."""
        return [self._deeds[name] for name in self._undone]


def ready(unit: UnitOfWork, deeds: Iterable[Deed], relation: str, classes: ClassList) -> list[dict[str, Any]]:
    """Deeds as groups of edits to post: ``{"group", "undoes" or "redoes", "edits"}``, ids made anew."""
    found = []
    newest = list(deeds)[-DEEPEST:]
    inverses = unit.edits.inverses(sequence for deed in newest for sequence in deed.sequences)
    for deed in newest:
        group = uuid.uuid4().hex
        head = {"group": group, relation: deed.name}
        edits = [
            {"id": uuid.uuid4().hex, **head, "kind": edit["kind"], **fields}
            for sequence in reversed(deed.sequences)  # the last edit is taken back first
            for edit in inverses[sequence]
            if (fields := spoken(edit["kind"], edit["payload"], classes)) is not None
        ]
        if edits:
            found.append({**head, "edits": edits})
    return found


def spoken(kind: str, payload: Payload, classes: ClassList) -> dict[str, Any] | None:
    """A stored payload in the fields of ``docs/http-api.md``; None if its class was retired."""
    match kind.partition(".")[0]:
        case "annotation" if kind == "annotation.put":
            annotation = spoken_annotation(payload, classes)
            return None if annotation is None else {"annotation": annotation}
        case "annotation":
            return {"annotation_id": payload["id"]}
        case "label":
            entry = classes.current(payload["class"])
            return None if entry is None else {"label": entry.name, "present": payload["present"]}
        case "coverage":
            entries = [entry for class_id in payload["classes"] if (entry := classes.current(class_id)) is not None]
            labels = list(dict.fromkeys(entry.name for entry in entries))
            version = {"version": payload["version"]} if "version" in payload else {}
            return {"labels": labels, "start": payload["start"], "end": payload["end"], **version} if labels else None
        case "complete":
            return {"complete": payload["complete"]}
        case "proposal":
            decided = {"run": payload["run"], "proposal_id": payload["proposal"]}
            if kind != "proposal.accept":
                return decided
            given = payload["annotation"]
            return {**decided, "annotation": None if given is None else spoken_annotation(given, classes)}
        case _:  # ambiguous, level, comment: the same words in both
            return dict(payload)


def spoken_annotation(payload: Mapping[str, Any], classes: ClassList) -> dict[str, Any] | None:
    """A stored annotation as the browser knows it; None if its class was retired."""
    entry = classes.current(payload["class"])
    if entry is None:
        return None
    first, last, level = payload["first"], payload["last"], payload["level"]
    return {
        "id": payload["id"],
        "label": entry.name,
        "level": level,
        "clicks": {"full": [], "one-segment": [first]}.get(level, [first, last]),
        "start": first if level == "full" else None,
        "end": last if level == "full" else None,
        "model_assisted": payload["model_assisted"],
        "pressed": list(payload.get("pressed", ())),
        "compensation": payload.get("compensation", 0),
    }
