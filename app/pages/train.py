"""Retrain on today's labels, watch it, and see what became of every run."""

import streamlit as st

from app import state
from app.components.run_form import run_form
from app.components.run_panel import LEVELS, active_run, comparison, finished_run, fold_curve, history_table
from app.components.wording import plural
from app.services import library, runs

project = state.project()
workspace = state.workspace()
history = runs.history(workspace, project)
labels = runs.label_summary(workspace, project)

st.title("Train")
form, work = st.columns([1, 2], gap="large")
with form:
    st.markdown("##### Labels as they stand")
    counts = {LEVELS[level]: n for level, n in labels["levels"].items()} | {"Video only": labels["video-level only"]}
    told = [f"{n} {name.lower()}" for name, n in counts.items() if n]
    rest = [f"{labels['complete']} complete", f"{labels['validation']} to measure on"]
    st.caption(" · ".join([f"**{labels['videos']}** training {plural(labels['videos'], 'video')}", *told, *rest]))
    if not labels["videos"]:
        st.info("Nothing to learn from yet. Label some training videos first, at any level.")
        st.page_link("pages/annotate.py", label="Go to Annotate", icon=":material/edit_note:")
    run_form(project)
    wanted = int(library.project(workspace, project).settings.get("retrain_after") or 0)
    after = st.number_input(
        "Retrain by itself after this many new labels (0: never)", 0, 10_000, wanted, key="retrain-after"
    )
    if after != wanted:
        library.change_settings(workspace, project, retrain_after=int(after) or None)

with work:
    active = [view for view in history if view.run.status in runs.ACTIVE]
    for view in active:
        active_run(view.run.id)
    if not history:
        st.info("No run yet. Choose a method on the left and press Train; it goes on if you close this page.")
    else:
        st.markdown("##### Runs")
        marked = history_table(history)
        fold_curve(history)
        finished = [view for view in history if view.run.status not in runs.ACTIVE]
        chosen = next((view for view in finished if view.run.id == marked), finished[0] if finished else None)
        if chosen:
            finished_run(chosen)
            comparison(history, chosen.run.id)
