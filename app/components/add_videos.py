"""Four ways into the library: a folder, an upload, a list of paths, a folder of features."""

from __future__ import annotations

import streamlit as st

from app import state
from app.components.upload import upload
from app.services import adding, feature_folder
from app.services.adding import Added


def add_videos(project: int) -> None:
    """The panel; what was added shows up in the table as it is read."""
    folder, sent, listed, features = st.tabs(["Folder or file", "Upload", "List of paths", "Feature folder"])
    with folder, st.form("add-folder", border=False):
        path = st.text_input(
            "Folder or video on this machine",
            placeholder="/data/videos",
            help="Folders are searched to the bottom. Only folders named in WTAL_MEDIA_ROOTS can be read.",
        )
        if st.form_submit_button("Add", type="primary"):
            _add(project, [path])
    with sent:
        count = upload(project, key="upload")
        if count:
            st.success(f"{count} stored; they are being read now.")
    with listed, st.form("add-list", border=False):
        lines = st.text_area("One path a line", placeholder="/data/a.mp4\n/data/b.mkv", height=120)
        if st.form_submit_button("Add", type="primary"):
            _add(project, [line.strip() for line in lines.splitlines() if line.strip()])
    with features, st.form("add-features", border=False):
        path = st.text_input(
            "Folder of <video>.npy, (T, D), with an optional meta.json",
            placeholder="/data/features",
            help="Features without a video get a timeline without a player.",
        )
        if st.form_submit_button("Add", type="primary"):
            _add_features(project, path)


def _add(project: int, paths: list[str]) -> None:
    if not any(path.strip() for path in paths):
        st.warning("Give a folder or a video first.")
        return
    _report(adding.add_videos(state.workspace(), project, paths))


def _add_features(project: int, path: str) -> None:
    try:
        _report(feature_folder.add_features(state.workspace(), project, path))
    except (ValueError, OSError) as error:
        st.error(str(error))


def _report(added: Added) -> None:
    """Say what came of it, problems with their reasons."""
    if added.videos:
        st.success(f"{len(added.videos)} added.")
    if added.n_known:
        st.info(f"{added.n_known} already in this project.")
    for problem in added.problems[:20]:
        st.warning(problem)
