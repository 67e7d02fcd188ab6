"""What the Library says and does about its videos: counts, extraction, removal, the split, import problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from app import state
from app.components.wording import plural
from app.services import extracting, library, split
from app.services.library import VideoRow
from db.records import ProblemRecord

NOUNS = {
    "ready": "ready",
    "queued": "being read",
    "failed": "failed",
    "labelled": "labelled",
    "complete": "complete",
    "training": "training",
    "validation": "validation",
}
NAMED = 10
"""Videos named before they are removed; of the others the number is said."""


def summary(counts: Mapping[str, int], n_problems: int) -> None:
    """One quiet line of counts under the title."""
    parts = [f"**{counts['total']}** {plural(counts['total'], 'video')}"]
    parts += [f"{counts[key]} {noun}" for key, noun in NOUNS.items() if counts.get(key)]
    if n_problems:
        parts.append(f":orange[{n_problems} import {plural(n_problems, 'problem')}]")
    st.caption(" · ".join(parts))


def selection_actions(project: int, marked: Sequence[VideoRow]) -> None:
    """Extract features of the marked videos, or of all that have none; remove the marked ones."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        extractor = _extractor(project)
        what = f"of {len(marked)} marked" if marked else "of all without"
        if st.button(f"Extract features {what}", icon=":material/graphic_eq:", key="extract"):
            _extract(project, extractor, [row.video.id for row in marked])
        if marked and st.button(f"Remove {len(marked)} from the project", icon=":material/delete:", key="remove"):
            _confirm_removal(tuple(marked))


def _extractor(project: int) -> str:
    """The extractor chosen: a built-in one, the project's own before others, or a network in a file."""
    titles = extracting.CHOICES | {extracting.FROM_FILE: "a network of one's own (ONNX)"}
    usual = extracting.usual(state.workspace(), project)
    names = sorted(titles, key=lambda name: name != usual)
    chosen = st.selectbox("Extractor", names, format_func=titles.__getitem__, key="extractor", width=340)
    if chosen != extracting.FROM_FILE:
        return str(chosen)
    about = "Beside NAME.onnx lies NAME.json, which says what the network wants (docs/extractors.md)."
    path = st.text_input(
        "File on this machine", placeholder="/data/net.onnx", key="extractor-file", help=about, width=340
    )
    return f"{chosen}{path}"


def _extract(project: int, extractor: str, videos: Sequence[int]) -> None:
    try:
        job = extracting.start(state.workspace(), project, extractor, videos)
    except (ValueError, OSError) as error:
        st.error(str(error))
        return
    if job is not None:
        st.rerun()
    st.toast("Every video that can be read has these features already.")


@st.dialog("Remove from the project?")
def _confirm_removal(marked: tuple[VideoRow, ...]) -> None:
    n_videos, n_labels = len(marked), sum(row.video.n_annotations for row in marked)
    names = [row.video.name for row in marked[:NAMED]]
    if n_videos > NAMED:
        names.append(f"and {n_videos - NAMED} more")
    what = f"{n_videos} {plural(n_videos, 'video')} with {n_labels} {plural(n_labels, 'annotation')}"
    st.write(f"{what} {'leaves' if n_videos == 1 else 'leave'} the project. No file is deleted.")
    st.text("\n".join(names))  # not Markdown: a file may be called *a* or <b>
    if st.button("Remove", type="primary"):
        for row in marked:
            library.delete_video(state.workspace(), row.video.id)
        st.rerun()


def split_panel(project: int, counts: Mapping[str, int]) -> None:
    """Make the split, once; later videos join training."""
    workspace = state.workspace()
    is_split = library.project(workspace, project).is_split
    st.markdown(
        "Validation videos measure the model and never train it. The split is stratified by class where classes are "
        "known, and **frozen by content**: removing and adding a file again changes nothing."
    )
    if not counts.get("ready"):
        st.info("There is nothing to split yet: add videos first.")
        return
    if is_split:
        st.success(f"{counts.get('training', 0)} training, {counts.get('validation', 0)} validation. New videos train.")
        return
    with st.form("split", border=False):
        share = st.slider("Validation share, %", 5, 50, round(100 * split.VALIDATION_SHARE), step=5, width=320)
        if st.form_submit_button("Make the split", type="primary"):
            made = split.make_split(workspace, project, share=share / 100)
            st.toast(f"{made.n_training} training, {made.n_validation} validation.")
            st.rerun()


def problem_list(project: int, complaints: Sequence[ProblemRecord]) -> None:
    """Files that were not imported as they were, each with its reason."""
    if not complaints:
        st.info("No problems: every file was imported as it is.")
        return
    table = pd.DataFrame([{"File": entry.path, "Reason": entry.reason} for entry in complaints])
    st.dataframe(table, hide_index=True, column_config={"Reason": st.column_config.TextColumn(width="large")})
    if st.button("Forget these", key="forget-problems"):
        library.clear_problems(state.workspace(), project)
        st.rerun()
