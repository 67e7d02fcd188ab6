"""Four ways into the library: a folder, an upload, a list of paths, a folder of features."""

from __future__ import annotations

import streamlit as st

from app import state
from app.components.plain import plain
from app.components.upload import upload
from app.services import adding, feature_folder
from app.services.adding import Added, Outcome
from app.state import Receipt

SHOWN = 20
"""Problems spelled out below the form; all are on the Problems tab."""


def add_videos(project: int) -> None:
    """The panel, and below it what has become of what was added last: it is followed while it is read."""
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
    if state.choices().added is not None:
        _receipt(project)


def _add(project: int, paths: list[str]) -> None:
    if not any(path.strip() for path in paths):
        st.warning("Give a folder or a video first.")
        return
    _report(adding.add_videos(state.workspace(), project, paths))


def _add_features(project: int, path: str) -> None:
    try:
        _report(feature_folder.add_features(state.workspace(), project, path))
    except (ValueError, OSError) as error:
        st.error(plain(str(error)))


def _report(added: Added) -> None:
    """Keep what came of it and draw the page anew: its counts were read before."""
    state.choices().added = Receipt(frozenset(video.id for video in added.videos), added.n_known, added.problems)
    st.rerun()


def _receipt(project: int) -> None:
    """Say what came of the last Add, as far as it is known by now, problems with their reasons."""
    receipt = state.choices().added
    if receipt is None:
        return
    if receipt.videos:
        found = adding.outcome(state.workspace(), project, receipt.videos)
        said = in_words(found, len(receipt.videos))
        (st.info if found.n_waiting else st.warning if found.n_failed or found.n_gone else st.success)(said)
    if receipt.n_known:
        st.info(f"{receipt.n_known} already in this project.")
    for problem in receipt.problems[:SHOWN]:
        st.warning(plain(problem))


def in_words(found: Outcome, total: int) -> str:
    """How far the reading has come, and what was not taken."""
    parts = [
        (found.n_waiting, "being read now"),
        (found.n_ready, "added"),
        (found.n_failed, "cannot be used: see Problems"),
        (found.n_gone, "with content the project holds already, not added twice: see Problems"),
    ]
    return f"{total} found · " + " · ".join(f"{count} {words}" for count, words in parts if count) + "."
