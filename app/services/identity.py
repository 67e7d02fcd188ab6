"""Who is labelling: a name given once, kept in a signed cookie, carried by every event."""

from __future__ import annotations

import time
import unicodedata

from itsdangerous import BadSignature

from app.workspace import Workspace
from db.records import AnnotatorRecord
from db.unit_of_work import UnitOfWork

IMPORT = "import"
SIMULATION = "simulation"
SHARED = {IMPORT: "imported", SIMULATION: "simulated"}
"""Annotators who are no persons, and the source their events carry. Everybody sees what they said."""

LONGEST_NAME = 80
LONGEST_COMPENSATION = 1_000_000
"""Microseconds; nobody reacts slower than a second and still means the same moment."""


def clean_name(name: object) -> str:
    """A name as it is stored: trimmed, in one Unicode form.

    Raises
    ------
    ValueError
        If it is no text of 1 to 80 printable characters, or is kept for imports and simulations.
    """
    if not isinstance(name, str):
        raise ValueError(f"a name is text of 1 to {LONGEST_NAME} characters, got {type(name).__name__}")
    cleaned = " ".join(unicodedata.normalize("NFC", name).split())
    if not 1 <= len(cleaned) <= LONGEST_NAME:
        raise ValueError(
            f"a name is 1 to {LONGEST_NAME} characters long, got {len(cleaned)}; give a shorter or longer one"
        )
    if any(unicodedata.category(character) in ("Cc", "Cs", "Co", "Cn") for character in cleaned):
        raise ValueError("a name holds a character that cannot be shown; write it with letters")
    if cleaned.casefold() in SHARED:
        raise ValueError(f"the name {cleaned!r} is kept for labels that no person made; choose another")
    return cleaned


def sign_in(workspace: Workspace, name: object) -> str:
    """The cookie value of a person, who is known from now on.

    Raises
    ------
    ValueError
        If the name cannot be used.
    """
    cleaned = clean_name(name)
    with workspace.write() as unit:
        annotator_in(unit, cleaned)
    return workspace.signer.dumps(cleaned)


def annotator_of(workspace: Workspace, cookie: str) -> str | None:
    """The name in a cookie, or None if it was not signed here."""
    try:
        name = workspace.signer.loads(cookie)
    except BadSignature:
        return None
    return name if isinstance(name, str) and name else None


def set_compensation(workspace: Workspace, name: str, compensation: object) -> int:
    """Store an annotator's reaction time, microseconds; marks made while playing are moved back by it. 0 is off.

    Raises
    ------
    ValueError
        If it is no whole number of at most a second.
    """
    if isinstance(compensation, bool) or not isinstance(compensation, int):
        raise ValueError(f"a reaction time is a whole number of microseconds, got {str(compensation)[:40]!r}")
    if not 0 <= compensation <= LONGEST_COMPENSATION:
        raise ValueError(f"a reaction time is 0 (off) to {LONGEST_COMPENSATION} microseconds, got {compensation}")
    with workspace.write() as unit:
        who = annotator_in(unit, name)
        unit.annotators.change(who.id, settings={**who.settings, "compensation": compensation})
    return compensation


def annotators(workspace: Workspace) -> tuple[AnnotatorRecord, ...]:
    """Everybody known, by name."""
    with workspace.read() as unit:
        return unit.annotators.all()


def annotator_in(unit: UnitOfWork, name: str) -> AnnotatorRecord:
    """The annotator of that name, made on first sight, within a writing unit of work."""
    return unit.annotators.by_name(name) or unit.annotators.add(
        name, time.time(), kind=name if name in SHARED else "person"
    )
