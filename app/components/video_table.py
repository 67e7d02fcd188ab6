"""The videos of a project as a table: the database filters, sorts and cuts, so that 10,000 of them open at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from app import state
from app.services import library
from db.stores.videos import VideoFilter

PAGE = 50
ROWS = 14
"""Rows on the screen at once; the others of a page are scrolled to."""

SHOW: dict[str, dict[str, Any]] = {
    "All": {},
    "Unlabelled": {"level": "none"},
    "Incomplete": {"is_complete": False},
    "Complete": {"is_complete": True},
    "No features": {"has_features": False},
    "Failed": {"status": "failed"},
}
ORDERS = {
    "Name": ("name", False),
    "Newest": ("added", True),
    "Longest": ("duration", True),
    "Most labels": ("annotations", True),
    "Last labelled": ("labelled", True),
}
SUBSETS = {"": "Both subsets", "training": "Training", "validation": "Validation", "none": "Not split"}
OPEN = "open-video"
NO_PICTURE = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 9'%3E"
    "%3Crect width='16' height='9' fill='%238a94a3' fill-opacity='.25'/%3E%3C/svg%3E"
)
"""A quiet field, where the table would say None of a video without a thumbnail."""

CONFIG: dict[str, Any] = {
    "picture": st.column_config.ImageColumn("", width=64),
    "name": st.column_config.TextColumn("Video", width=300),
    "open": st.column_config.ButtonColumn("", type="tertiary", key=OPEN, width=84),
    "duration": st.column_config.TextColumn("Length", alignment="right", width=76),
    "status": st.column_config.TextColumn("Status", width=180),
    "features": st.column_config.TextColumn("Features", width=90),
    "level": st.column_config.TextColumn("Level", width=104),
    "labels": st.column_config.NumberColumn("Labels", width=70),
    "subset": st.column_config.TextColumn("Subset", width=96),
    "run": st.column_config.TextColumn("Last model", width=90),
}


def clock(microseconds: int) -> str:
    """A duration as a person reads it: 1:02:03 or 2:03; empty for none."""
    if microseconds <= 0:
        return ""
    minutes, seconds = divmod(round(microseconds / 1e6), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def as_table(rows: Sequence[library.VideoRow]) -> pd.DataFrame:
    """The lines of the library as the table shows them."""
    return pd.DataFrame(
        [
            {
                "picture": f"/api/videos/{row.video.id}/thumbnail" if row.video.thumbnail_path else NO_PICTURE,
                "open": "Annotate" if row.video.status == "ready" else "",
                "name": row.video.name,
                "duration": clock(row.video.duration),
                "status": _status(row),
                "features": ", ".join(row.extractors),
                "level": row.video.label_level or "",
                "labels": row.video.n_annotations,
                "subset": row.video.subset or "",
                "run": f"run {row.run}" if row.run else "",
            }
            for row in rows
        ],
        columns=list(CONFIG),
    )


def _status(row: library.VideoRow) -> str:
    if row.video.status == "failed":
        return f"✕ {row.video.problem}"
    if row.video.status != "ready":
        return "being read"
    return "✓ complete" if row.is_complete else row.video.note or "ready"


def video_table(project: int) -> list[library.VideoRow]:
    """Filters, table and page numbers.

    Returns
    -------
    list of VideoRow
        The lines the user has marked.
    """
    wanted, (order, descending) = _controls()
    look = partial(library.videos, state.workspace(), project, wanted, order=order, descending=descending, limit=PAGE)
    page = look(offset=PAGE * (st.session_state.get("library-page", 1) - 1))
    if page.total and not page.rows:  # the filter leaves fewer pages than there were
        st.session_state.pop("library-page")
        page = look(offset=0)
    if not page.total:
        st.info("No video matches. Clear the search or choose All.")
        return []
    table = st.dataframe(
        as_table(page.rows),
        column_config=CONFIG,
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        key=f"videos-{project}-{hash(tuple(row.video.id for row in page.rows))}",  # marks are row numbers of these
        row_height=40,
        height="content" if len(page.rows) <= ROWS else 36 + 40 * ROWS,
        placeholder="–",
    )
    if page.total > PAGE:
        st.pagination(-(-page.total // PAGE), key="library-page")
    _open_the_clicked(page.rows)
    return [page.rows[index] for index in table.selection.rows]


def _controls() -> tuple[VideoFilter, tuple[str, bool]]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input("Find", placeholder="Find by name", label_visibility="collapsed", key="find", width=240)
        show = st.pills("Show", list(SHOW), default="All", required=True, label_visibility="collapsed", key="show")
        subset = st.selectbox(
            "Subset",
            list(SUBSETS),
            format_func=SUBSETS.__getitem__,
            label_visibility="collapsed",
            key="subset",
            width=150,
        )
        order = st.selectbox("Sort", list(ORDERS), label_visibility="collapsed", key="order", width=150)
    return VideoFilter(text=text or "", subset=subset, **SHOW[show or "All"]), ORDERS[order]


def _open_the_clicked(rows: Sequence[library.VideoRow]) -> None:
    """Go to Annotate with the video whose button was clicked."""
    clicked = st.session_state.get(OPEN)
    if clicked and clicked["row"] < len(rows):
        st.switch_page("pages/annotate.py", query_params={"video": str(rows[clicked["row"]].video.id)})
