"""What stands around every page: which project, and what runs in the background."""

from __future__ import annotations

import streamlit as st

from app import state
from app.components.job_status import job_strip
from app.services import library
from db.records import ProjectRecord

NEW = "New project …"


def frame(page: str) -> bool:
    """Draw the sidebar below the navigation.

    Parameters
    ----------
    page
        The page that is shown, by its address.

    Returns
    -------
    bool
        Whether a project is chosen; if not, the page asks for one and is not run.
    """
    projects = library.projects(state.workspace())
    with st.sidebar:
        if projects:
            _choose(projects)
        with st.container(key="jobs"):
            job_strip(page)
    if not projects:
        st.title("Begin with a project")
        st.markdown("A project holds videos, a list of action classes, labels and the models trained on them.")
        create_project()
    return bool(projects)


def _choose(projects: tuple[ProjectRecord, ...]) -> None:
    """The chooser; what is chosen stands in the page's address, so that it survives a refresh."""
    chosen = state.choices()
    names = {project.id: project.name for project in projects}
    if chosen.project not in names:
        asked = state.requested("project")
        chosen.project = asked if asked in names else projects[-1].id
    if len(names) > 1:
        st.query_params["project"] = str(chosen.project)
    options = [*names, 0]
    picked = st.selectbox(
        "Project",
        options,
        index=options.index(chosen.project),
        format_func=lambda number: names.get(number, NEW),
        key="project",
    )
    if picked == 0:
        create_project()
    elif picked != chosen.project:
        state.choose_project(picked)
        st.rerun()


def create_project() -> None:
    """A form for a new project."""
    with st.form("new-project", border=False):
        name = st.text_input("Name", placeholder="Long jump 2026", max_chars=library.LONGEST_NAME)
        if st.form_submit_button("Create project", type="primary"):
            try:
                made = library.create_project(state.workspace(), name)
            except ValueError as error:
                st.error(str(error))
            else:
                state.choose_project(made.id)
                st.rerun()
