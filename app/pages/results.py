"""How good a run is, where, and against which other run."""

import streamlit as st

from app import state
from app.components.run_review import scores, timeline
from app.services import evaluating, runs

project = state.project()
workspace = state.workspace()
done = {view.run.id: view for view in runs.history(workspace, project) if view.run.status == "done"}

st.title("Results")
if not done:
    st.info("No run has ended yet. Train one; its scores and curves appear here.")
    st.page_link("pages/train.py", label="Go to Train", icon=":material/model_training:")
    st.stop()


def title(number: int) -> str:
    """A run as the choosers name it."""
    view = done[number]
    return f"{'★ ' if view.run.promoted else ''}run {number} · {view.run.method}"


promoted = next((number for number, view in done.items() if view.run.promoted), next(iter(done)))
remembered = state.choices().run
first = remembered if remembered is not None and remembered in done else promoted
with st.container(horizontal=True, vertical_alignment="bottom"):
    run = st.selectbox("Run", list(done), index=list(done).index(first), format_func=title, key="run", width=260)
    others = [number for number in done if number != run]
    other = st.selectbox(
        "Against", others, index=None, placeholder="no other run", format_func=title, key="against", width=260
    )
    if st.button("Evaluate", icon=":material/refresh:", help="Measure this run on the validation labels as they stand"):
        evaluating.start(workspace, run)
        st.rerun()
state.choices().run = run
scores(run, other)
st.markdown("##### One video")
timeline(done[run], other)
