"""Labels and proposals in and out: ActivityNet JSON and CSV, with what a format could not hold."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from app import jobs, state
from app.components.plain import plain
from app.services import exchange, runs
from app.services.exchange import Exported
from db.records import JobRecord

FORMATS = {"activitynet": ("ActivityNet JSON", ".json", "application/json"), "csv": ("CSV", ".csv", "text/csv")}
SUBSETS = {None: "All videos", "training": "Training", "validation": "Validation"}
COMPLETE = "The file's annotations are all there is in each video: mark them complete"
NOTES = 50
IMPORTS = 3
"""Newest imports that are shown."""
ACTIVE = ("queued", "running")


def exchange_panel(project: int) -> None:
    """Import on the left, export on the right."""
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("##### Import labels")
        _import_form(project)
        _imports(project)
    with right:
        st.markdown("##### Export")
        _export_form(project)


def _import_form(project: int) -> None:
    with st.form("import", border=False):
        name = st.selectbox("Format", list(FORMATS), format_func=lambda key: FORMATS[key][0], key="import-format")
        file = st.file_uploader("Annotation file", type=["json", "csv", "txt"], max_upload_size=100)
        complete = st.checkbox(COMPLETE, key="import-complete")
        if not st.form_submit_button("Import", type="primary"):
            return
    if file is None:
        st.warning("Choose a file first.")
        return
    workspace, by = state.workspace(), state.annotator() or ""
    exchange.request_import(workspace, project, file.getvalue(), file.name, name, by=by, complete=complete)


def _imports(project: int) -> None:
    """The newest imports: at work, done with what was left out, or ended with the reason. Alive by itself."""
    newest = [job for job in jobs.recent(state.workspace(), project) if job.kind == "import"][:IMPORTS]
    st.fragment(_import_jobs, run_every=1.0 if any(job.status in ACTIVE for job in newest) else None)(project)


def _import_jobs(project: int) -> None:
    newest = [job for job in jobs.recent(state.workspace(), project) if job.kind == "import"][:IMPORTS]
    for job in newest:
        _import_job(job)


def _import_job(job: JobRecord) -> None:
    name = str(job.payload.get("name", "the file"))
    with st.container(border=True, key=f"import-{job.id}"):
        if job.status in ACTIVE:
            st.progress(job.progress, text=plain(job.message or f"{name} waits for a worker"))
            return
        if job.status == "done":
            told = job.result
            st.success(f"{told['annotations']} annotations of {told['videos']} videos imported.")
            if told["classes"]:
                st.info(f"New classes: {plain(', '.join(told['classes']))}")
            for note in told["notes"][:NOTES]:
                st.caption(plain(note))
            return
        if job.status == "failed":
            st.error(plain(job.error if job.error.startswith(name) else f"{name}: {job.error}"))
        else:
            st.warning(f"The import of {plain(name)} was cancelled at {job.progress:.0%}; what it had stored stays.")
        if st.button("Go on", key=f"resume-import-{job.id}", icon=":material/play_arrow:"):
            jobs.resume(state.workspace(), job.id)
            st.rerun()


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
            st.error(plain(str(error)))
            return
        content = path.read_bytes()
    st.success(f"{done.n_rows} rows of {done.n_videos} videos.")
    for loss in done.losses[:NOTES]:
        st.caption(plain(loss))
    st.download_button(f"Download {stem}{suffix}", content, f"{stem}{suffix}", kind, key="download", on_click="ignore")
