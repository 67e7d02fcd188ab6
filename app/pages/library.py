"""The videos of a project: add, split, extract, open; its classes; labels in and out."""

import streamlit as st

from app import state
from app.components.add_videos import add_videos
from app.components.class_editor import class_editor
from app.components.exchange_panel import exchange_panel
from app.components.library_actions import problem_list, selection_actions, split_panel, summary
from app.components.video_table import video_table
from app.services import library

project = state.project()
complaints = library.problems(state.workspace(), project)
counts = library.counts(state.workspace(), project)

st.title("Library")
summary(counts, len(complaints))
if not counts["total"]:
    st.session_state.setdefault("library-tab", "Add videos")  # stays open while the first videos come in
videos, adding, classes, split, exchange, problems = st.tabs(
    ["Videos", "Add videos", "Classes", "Split", "Import and export", "Problems"], on_change="rerun", key="library-tab"
)
with videos:  # only the open tab is drawn: the table of a large project is not asked for in vain
    if videos.open and counts["total"]:
        selection_actions(project, video_table(project))
    elif videos.open:
        st.info("No videos yet: the tab Add videos takes folders, files and features.")
if adding.open:
    with adding:
        if not counts["total"]:
            st.info("No videos yet. Add a folder of videos, drop some files, or add a folder of features.")
        add_videos(project)
if classes.open:
    with classes:
        class_editor(project)
if split.open:
    with split:
        split_panel(project, counts)
if exchange.open:
    with exchange:
        exchange_panel(project)
if problems.open:
    with problems:
        problem_list(project, complaints)
