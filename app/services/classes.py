"""The class list of a project: adding, renaming, merging, and safe defaults for colours and keys.

Every change makes a new version of the list and an entry in its history. A class is never deleted: it is retired, or
merged into another, and what was labelled with it stays in the log.
"""

from __future__ import annotations

import colorsys
import time
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from app.services import merging
from app.workspace import Workspace
from db.errors import ConflictError, NotFoundError
from db.records import ClassChangeRecord, ClassRecord
from db.unit_of_work import UnitOfWork
from wtal_core.domain import ActionClass

# Okabe and Ito's set, then Tol's "muted": distinct with every common colour blindness.
PALETTE = (
    "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7",
    "#332288", "#88ccee", "#44aa99", "#117733", "#999933", "#ddcc77", "#cc6677", "#882255", "#aa4499",
)  # fmt: skip
COMMAND_KEYS = frozenset("jklioxn")
"""Letters that commands of the annotator use without a modifier."""
CLASS_KEYS = "1234567890abdefghmpqstuvwyzcr"
"""Keys given to classes, in this order; c and r last, because the page around the player listens to them."""

LONGEST_NAME = 200


def classes(workspace: Workspace, project: int, *, retired: bool = False) -> tuple[ClassRecord, ...]:
    """The class list in its order; with ``retired`` also what is no longer in it."""
    with workspace.read() as unit:
        unit.projects.get(project)
        return unit.projects.classes(project, retired=retired)


def class_history(workspace: Workspace, project: int) -> tuple[ClassChangeRecord, ...]:
    """What was done to the class list, oldest first."""
    with workspace.read() as unit:
        return unit.projects.class_history(project)


def add_class(
    workspace: Workspace,
    project: int,
    name: str,
    *,
    colour: str = "",
    key: str | None = None,
    description: str = "",
    example: str = "",
    annotator: str = "",
) -> ClassRecord:
    """A new class at the end of the list; colour and key are chosen unless given (an empty key is no key).

    Raises
    ------
    ValueError
        If the name is taken, or the key is used by a command or another class.
    """
    with workspace.write() as unit:
        version = unit.projects.next_class_list_version(project)
        return add_class_in(
            unit, project, name, version, colour=colour, key=key, description=description, example=example, by=annotator
        )


def add_classes(workspace: Workspace, project: int, names: Iterable[str], *, annotator: str = "") -> tuple[str, ...]:
    """Add those of ``names`` that the list does not hold, as one new version; which that were."""
    with workspace.write() as unit:
        return ensure_classes_in(unit, project, names, annotator=annotator)


def revise_classes(
    workspace: Workspace,
    project: int,
    *,
    retired: Iterable[int] = (),
    changed: Mapping[int, Mapping[str, str]] | None = None,
    added: Iterable[Mapping[str, str]] = (),
    annotator: str = "",
) -> None:
    """Retire, change and add classes as one: all of it, or nothing if any of it is refused.

    Parameters
    ----------
    retired
        Classes that leave the list.
    changed
        By class, what is new of ``name``, ``colour``, ``key``, ``description`` and ``example``.
    added
        The same of each new class; colour and key are chosen where they are empty.

    Raises
    ------
    ValueError
        If a name or key is taken or unusable, with the class or the new row it was given for.
    """
    with workspace.write() as unit:
        for class_id in retired:
            _retire(unit, class_id, annotator)
        for class_id, values in (changed or {}).items():
            look = {name: value for name, value in values.items() if name != "name"}
            with _refused_for(f"class {_find(unit, class_id).name!r}"):
                if "name" in values:
                    _rename(unit, class_id, values["name"], annotator)
                _restyle(unit, class_id, look, annotator)
        for row, values in enumerate(added, start=1):
            given = {"name": ""} | {name: value for name, value in values.items() if value}
            with _refused_for(f"new row {row}"):
                version = unit.projects.next_class_list_version(project)
                add_class_in(unit, project, version=version, by=annotator, **given)


def rename_class(workspace: Workspace, class_id: int, name: str, *, annotator: str = "") -> ClassRecord:
    """Call a class by another name; everything labelled with it follows."""
    with workspace.write() as unit:
        _rename(unit, class_id, name, annotator)
        return _active(unit, class_id)


def merge_classes(workspace: Workspace, source: int, target: int, *, annotator: str = "") -> ClassRecord:
    """Make everything of class ``source`` count as ``target``; the log keeps what was said.

    Time counts as judged for the merged class where it was judged for both.
    """
    with workspace.write() as unit:
        gone, kept = _active(unit, source), _active(unit, target)
        if gone.id == kept.id or gone.project_id != kept.project_id:
            raise ValueError(f"cannot merge {gone.name!r} into {kept.name!r}: choose two classes of one project")
        version = _log(unit, gone, "merge", (gone.name, kept.name), annotator)
        unit.projects.change_class(source, retired_in=version, merged_into=target)
        merging.refresh(unit, gone.project_id)
        return _active(unit, target)


def retire_class(workspace: Workspace, class_id: int, *, annotator: str = "") -> None:
    """Take a class off the list; its labels are kept, hidden, and come back with :func:`restore_class`."""
    with workspace.write() as unit:
        _retire(unit, class_id, annotator)


def restore_class(workspace: Workspace, class_id: int, *, annotator: str = "") -> ClassRecord:
    """Put a retired or merged class back on the list, with all that was labelled with it."""
    with workspace.write() as unit:
        found = _find(unit, class_id)
        if not found.is_active:
            version = _log(unit, found, "restore", ("", found.name), annotator)
            key = found.key if found.key not in {entry.key for entry in unit.projects.classes(found.project_id)} else ""
            # It was not on the list meanwhile, so what was completed then is not complete for it.
            unit.projects.change_class(class_id, retired_in=None, merged_into=None, key=key, added_in=version)
            merging.refresh(unit, found.project_id)
        return _find(unit, class_id)


def restyle_class(
    workspace: Workspace,
    class_id: int,
    *,
    colour: str | None = None,
    key: str | None = None,
    description: str | None = None,
    example: str | None = None,
    annotator: str = "",
) -> ClassRecord:
    """Change how a class looks, its key, or what is said about it; what is None stays."""
    with workspace.write() as unit:
        given = {"colour": colour, "key": key, "description": description, "example": example}
        _restyle(unit, class_id, {name: value for name, value in given.items() if value is not None}, annotator)
        return _active(unit, class_id)


def ensure_classes_in(unit: UnitOfWork, project: int, names: Iterable[str], *, annotator: str = "") -> tuple[str, ...]:
    """As :func:`add_classes`, within a writing unit of work."""
    known = {entry.name for entry in unit.projects.classes(project)}
    missing = [name for name in dict.fromkeys(_clean(name) for name in names) if name not in known]
    if missing:
        version = unit.projects.next_class_list_version(project)
        for name in missing:
            add_class_in(unit, project, name, version, by=annotator)
    return tuple(missing)


def add_class_in(
    unit: UnitOfWork,
    project: int,
    name: str,
    version: int,
    *,
    colour: str = "",
    key: str | None = None,
    description: str = "",
    example: str = "",
    by: str = "",
) -> ClassRecord:
    """A new class of one version of the list, within a writing unit of work."""
    wanted = _clean(name)
    _refuse_taken(unit, project, wanted)
    present = unit.projects.classes(project)
    chosen = colour or free_colour([entry.colour for entry in present])
    if key is None:
        letters = next((letter for letter in CLASS_KEYS if letter not in {entry.key for entry in present}), "")
    else:
        letters = _free_key(unit, project, key) if key else ""
    ActionClass(wanted, chosen, letters, description)
    made = unit.projects.add_class(
        project, wanted, version, colour=chosen, key=letters, description=description, example=example
    )
    unit.projects.log_class_change(
        project, made.id, version=version, kind="add", before="", after=wanted, annotator=by, at=time.time()
    )
    return made


def free_colour(taken: Iterable[str]) -> str:
    """A colour no class has yet: of the safe palette while it lasts, then hues by the golden angle."""
    used = {colour.lower() for colour in taken}
    for colour in PALETTE:
        if colour not in used:
            return colour
    step = len(used)
    while True:
        red, green, blue = colorsys.hls_to_rgb(step * 0.61803398875 % 1, (0.35, 0.5, 0.65)[step % 3], 0.65)
        colour = f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"
        if colour not in used:
            return colour
        step += 1


def _rename(unit: UnitOfWork, class_id: int, name: str, annotator: str) -> None:
    found = _active(unit, class_id)
    wanted = _clean(name)
    if wanted != found.name:
        _refuse_taken(unit, found.project_id, wanted)
        _log(unit, found, "rename", (found.name, wanted), annotator)
        unit.projects.change_class(class_id, name=wanted)


def _restyle(unit: UnitOfWork, class_id: int, given: Mapping[str, str], annotator: str) -> None:
    found = _active(unit, class_id)
    values = {name: value for name, value in given.items() if value != getattr(found, name)}
    if values.get("key"):
        values["key"] = _free_key(unit, found.project_id, values["key"])
    ActionClass(found.name, values.get("colour", found.colour), values.get("key", found.key))
    if values:
        before = ", ".join(f"{name} {getattr(found, name)}" for name in values)
        after = ", ".join(f"{name} {value}" for name, value in values.items())
        _log(unit, found, "restyle", (before, after), annotator)
        unit.projects.change_class(class_id, **values)


def _retire(unit: UnitOfWork, class_id: int, annotator: str) -> None:
    found = _active(unit, class_id)
    version = _log(unit, found, "retire", (found.name, ""), annotator)
    unit.projects.change_class(class_id, retired_in=version)
    merging.refresh(unit, found.project_id)


@contextmanager
def _refused_for(what: str) -> Iterator[None]:
    """Put before a refusal what it was about."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{what}: {error}") from error


def _clean(name: str) -> str:
    cleaned = unicodedata.normalize("NFC", name).strip()
    if not cleaned or len(cleaned) > LONGEST_NAME or any(ord(character) < 32 for character in cleaned):
        raise ValueError(f"a class name is one line of 1 to {LONGEST_NAME} characters, got {name[:40]!r}")
    return cleaned


def _refuse_taken(unit: UnitOfWork, project: int, name: str) -> None:
    for entry in unit.projects.classes(project, retired=True):
        if entry.name == name:
            what = "is already in the class list" if entry.is_active else "was used before; restore it instead"
            raise ConflictError(f"class {name!r} {what}")


def _free_key(unit: UnitOfWork, project: int, key: str) -> str:
    letter = key.lower()
    if len(letter) != 1 or not (letter.isascii() and letter.isalnum()):
        raise ValueError(f"a class key is one digit or letter, got {key!r}")
    if letter in COMMAND_KEYS:
        raise ValueError(f"key {key!r} is a command of the annotator; use a digit or one of {CLASS_KEYS[10:]}")
    for entry in unit.projects.classes(project):
        if entry.key == letter:
            raise ConflictError(f"key {key!r} already marks {entry.name!r}; choose another or free it first")
    return letter


def _find(unit: UnitOfWork, class_id: int) -> ClassRecord:
    found = unit.projects.find_class(class_id)
    if found is None:
        raise NotFoundError("class", class_id)
    return found


def _active(unit: UnitOfWork, class_id: int) -> ClassRecord:
    found = _find(unit, class_id)
    if not found.is_active:
        raise ConflictError(f"class {found.name!r} is no longer in the class list; restore it first")
    return found


def _log(unit: UnitOfWork, found: ClassRecord, kind: str, change: tuple[str, str], annotator: str) -> int:
    version = unit.projects.next_class_list_version(found.project_id)
    unit.projects.log_class_change(
        found.project_id,
        found.id,
        version=version,
        kind=kind,
        before=change[0],
        after=change[1],
        annotator=annotator,
        at=time.time(),
    )
    return version
