"""The class list of a project, edited as a table: name, colour, key, what counts as the action."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from app import state
from app.components.label_palette import label_palette
from app.components.plain import plain
from app.services import classes
from db.records import ClassRecord

COLUMNS = ("name", "colour", "key", "description", "example")
CONFIG = {
    "name": st.column_config.TextColumn("Class", required=True, max_chars=classes.LONGEST_NAME, width="medium"),
    "colour": st.column_config.TextColumn(
        "Colour",
        validate=r"^#[0-9a-fA-F]{6}$",
        help="#rrggbb; left empty, one is chosen that colour-blind eyes tell apart",
    ),
    "key": st.column_config.TextColumn("Key", max_chars=1, help="One digit or letter that no command uses"),
    "description": st.column_config.TextColumn("What counts as this action", width="large"),
    "example": st.column_config.TextColumn("Example", width="medium"),
}


def class_editor(project: int) -> None:
    """Palette, table and merge form of one project."""
    entries = classes.classes(state.workspace(), project)
    if entries:
        label_palette(entry.action_class for entry in entries)
    else:
        st.info("No classes yet. Name the actions you want to find, one per row, then save.")
    table = pd.DataFrame(
        [[getattr(entry, column) for column in COLUMNS] for entry in entries], columns=COLUMNS, dtype=str
    )
    version = f"classes-{project}-{hash(tuple(entries))}"  # a saved change starts a fresh editor
    st.data_editor(
        table, column_config=CONFIG, num_rows="dynamic", hide_index=True, key=version, height="content", width="stretch"
    )
    if st.button("Save class list", type="primary", key="save-classes"):
        _saved(project, entries, st.session_state[version])
    if len(entries) > 1:
        _merge_form(entries)


def _saved(project: int, entries: tuple[ClassRecord, ...], edits: dict[str, Any]) -> None:
    """Apply what the table's editor noted; a refusal changes nothing, so it still holds all that was typed."""
    try:
        apply_edits(project, entries, edits)
    except ValueError as error:
        st.error(plain(f"Nothing is saved yet: {error}"))
    else:
        st.rerun()


def apply_edits(project: int, entries: tuple[ClassRecord, ...], edits: dict[str, Any]) -> None:
    """Turn the editor's ``edited_rows``, ``added_rows`` and ``deleted_rows`` into one revision of the class list.

    Raises
    ------
    ValueError
        If a name or key is taken or unusable; then nothing is changed.
    """
    classes.revise_classes(
        state.workspace(),
        project,
        retired=[entries[row].id for row in edits.get("deleted_rows", [])],
        changed={entries[int(row)].id: _written(row_edits) for row, row_edits in edits.get("edited_rows", {}).items()},
        added=[_written(added) for added in edits.get("added_rows", [])],
        annotator=state.annotator() or "",
    )


def _written(cells: Mapping[str, str | None]) -> dict[str, str]:
    """Cells as text; the editor notes a cleared one as None."""
    return {column: cells[column] or "" for column in COLUMNS if column in cells}


def _merge_form(entries: tuple[ClassRecord, ...]) -> None:
    with st.popover("Merge two classes"):
        names = {entry.id: entry.name for entry in entries}
        source = st.selectbox("Everything labelled", names, format_func=names.__getitem__, key="merge-source")
        target = st.selectbox("counts as", names, index=1, format_func=names.__getitem__, key="merge-target")
        if st.button("Merge", key="merge"):
            try:
                classes.merge_classes(state.workspace(), source, target, annotator=state.annotator() or "")
            except ValueError as error:
                st.error(plain(str(error)))
            else:
                st.rerun()
