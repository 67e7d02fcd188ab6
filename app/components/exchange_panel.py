"""Labels and proposals in and out: ActivityNet JSON and CSV, with what a format could not hold."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from app import state
from app.services import exchange, runs
from app.services.exchange import Exported

FORMATS = {"activitynet": ("ActivityNet JSON", ".json", "application/json"), "csv": ("CSV", ".csv", "text/csv")}
SUBSETS = {None: "All videos", "training": "Training", "validation": "Validation"}
NOTES = 50


def exchange_panel(project: int) -> None:
    """Import on the left, export on the right."""
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("##### Import labels")
        _import_form(project)
    with right:
        st.markdown("##### Export")
        _export_form(project)


def _import_form(project: int) -> None:
    with st.form("import", border=False):
        name = st.selectbox("Format", list(FORMATS), format_func=lambda key: FORMATS[key][0], key="import-format")
        file = st.file_uploader("Annotation file", type=["json", "csv", "txt"], max_upload_size=100)
        if not st.form_submit_button("Import", type="primary"):
            return
    if file is None:
        st.warning("Choose a file first.")
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"import{FORMATS[name][1]}"
        path.write_bytes(file.getbuffer())
        try:
            done = exchange.import_labels(state.workspace(), project, path, name, by=state.annotator() or "")
        except ValueError as error:
            st.error(str(error).replace(str(path), file.name))
            return
    st.success(f"{done.n_annotations} annotations of {done.n_videos} videos imported.")
    if done.new_classes:
        st.info(f"New classes: {', '.join(done.new_classes)}")
    for note in done.notes[:NOTES]:
        st.caption(note)


def _export_form(project: int) -> None:
    workspace = state.workspace()
    name = st.selectbox("Format", list(FORMATS), format_func=lambda key: FORMATS[key][0], key="export-format")
    subset = st.selectbox("Labels of", list(SUBSETS), format_func=SUBSETS.__getitem__, key="export-subset")
    done = [view.run.id for view in runs.history(workspace, project) if view.run.status == "done"]
    run = st.selectbox("Proposals of run", done, index=None, placeholder="labels, no proposals", key="export-run")
    if st.button("Prepare the file", key="prepare"):
        if run is None:
            _offer(name, "labels", lambda path: exchange.export_labels(workspace, project, path, name, subset=subset))
        else:
            _offer(name, f"proposals-run-{run}", lambda path: exchange.export_proposals(workspace, run, path, name))


def _offer(name: str, stem: str, write: Callable[[Path], Exported]) -> None:
    """Write the file aside and offer it, with what it could not hold."""
    _, suffix, kind = FORMATS[name]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"export{suffix}"
        try:
            done = write(path)
        except (ValueError, LookupError) as error:
            st.error(str(error))
            return
        content = path.read_bytes()
    st.success(f"{done.n_rows} rows of {done.n_videos} videos.")
    for loss in done.losses[:NOTES]:
        st.caption(loss)
    st.download_button(f"Download {stem}{suffix}", content, f"{stem}{suffix}", kind, key="download", on_click="ignore")
