"""Which video Annotate opens: the one in the address, else the last one, else the first that waits for labels."""

from __future__ import annotations

import streamlit as st

from app import state
from app.services import library
from db.errors import NotFoundError
from db.stores.videos import VideoFilter

SHOWN = 200
"""Videos in the chooser; the Library finds the others by name."""


def chosen_video() -> int | None:
    """The video to label, or None after saying what to do instead."""
    asked = state.requested("video")
    if asked is not None and asked != state.choices().video:
        _follow_the_address(asked)
    project = state.project()
    page = library.videos(state.workspace(), project, VideoFilter(status="ready"), limit=SHOWN)
    if not page.total:
        st.title("Annotate")
        st.info("There is no video to label yet. Add some in the Library; each opens as soon as it is read.")
        st.page_link("pages/library.py", label="Go to the Library", icon=":material/video_library:")
        return None
    names = {row.video.id: row.video.name for row in page.rows}
    current = state.choices().video or _first_unlabelled(project) or next(iter(names))
    if current not in names:
        names = {current: library.video(state.workspace(), current).name, **names}
    picked = st.sidebar.selectbox(
        "Video", list(names), index=list(names).index(current), format_func=names.__getitem__, key=f"video-{current}"
    )
    if picked != current:
        current = picked
    state.choices().video = current
    st.query_params["video"] = str(current)
    return current


def follow(moved_to: int | str | None) -> None:
    """Take note that the annotator went on to another video by itself, so that the address and the chooser say so."""
    choices = state.choices()
    if moved_to is None or moved_to == choices.moved_to:
        return
    choices.moved_to = moved_to
    if int(moved_to) != choices.video:
        choices.video = int(moved_to)
        st.query_params["video"] = str(moved_to)
        st.rerun()


def _follow_the_address(asked: int) -> None:
    """Open ``?video=``, in its own project; say so where there is no such video."""
    try:
        found = library.video(state.workspace(), asked)
    except NotFoundError:
        st.warning(f"There is no video {asked}; it may have been removed. Here is another one.")
        st.query_params.pop("video", None)
        return
    if found.project_id != state.choices().project:
        state.choose_project(found.project_id)
        state.choices().video = asked
        st.rerun()
    state.choices().video = asked


def _first_unlabelled(project: int) -> int | None:
    wanted = VideoFilter(status="ready", level="none", subset="")
    rows = library.videos(state.workspace(), project, wanted, limit=1).rows
    return rows[0].video.id if rows else None
