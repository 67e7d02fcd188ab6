"""What runs in the background, read from the database: a refresh or a second tab loses nothing."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from app import jobs, state
from app.job_kinds import KINDS
from db.records import JobRecord

SHOWN = 3
"""Jobs drawn in the strip; the others fold into one line."""


def in_words(seconds: float | None) -> str:
    """A rough time left, as a person says it; empty if unknown."""
    if seconds is None:
        return ""
    if seconds < 90:
        return f"{max(1, round(seconds))} s left"
    if seconds < 5400:
        return f"{round(seconds / 60)} min left"
    return f"{seconds / 3600:.1f} h left"


def described(job: JobRecord) -> str:
    """One job's lines of HTML: what, how far, what it says, how long yet."""
    title = KINDS[job.kind].title if job.kind in KINDS else job.kind
    share = f" · {round(100 * job.progress)} %" if job.status == "running" else " · waiting"
    detail = " · ".join(filter(None, (job.message, in_words(job.seconds_left) if job.status == "running" else "")))
    return (
        f'<div class="wtal-job" role="status"><b>{escape(title)}{share}</b>'
        f'<i style="--done:{100 * job.progress:.0f}%"></i>{escape(detail)}</div>'
    )


def job_strip(page: str) -> None:
    """The jobs of all projects at the foot of the sidebar of a page, alive by itself."""
    active = jobs.active(state.workspace())
    st.fragment(_strip, run_every=1.0 if active else 3.0)(page)


def _strip(page: str) -> None:
    active = jobs.active(state.workspace())
    choices = state.choices()
    newest = jobs.recent(state.workspace(), limit=1)  # a short job may begin and end between two looks
    now = frozenset(job.id for job in (*active, *newest)), frozenset(job.id for job in active)
    before, choices.seen_jobs = choices.seen_jobs, now
    if before is not None and now != before and not choices.is_annotating:
        st.rerun()  # a job began or ended: the page around the strip shows what that changed
    _told(page, active[:SHOWN])
    if active[SHOWN:]:
        with st.expander(f"and {len(active) - SHOWN} more"):  # each can be cancelled, however many wait before it
            _told(page, active[SHOWN:])
    elif not active:
        st.html("<i></i>")


def _told(page: str, active: Sequence[JobRecord]) -> None:
    for job in active:
        st.html(described(job))
        if not _is_cancelled_on(page, job):
            _cancel_button(job)


def _is_cancelled_on(page: str, job: JobRecord) -> bool:
    """Whether the page itself has the button: Train draws one beside each run of its project."""
    return page == "train" and job.kind == "train" and job.project_id == state.choices().project


def _cancel_button(job: JobRecord) -> None:
    """Stop a job from any page; what it has stored stays, and a running one ends at its next step."""
    st.button(
        "Stopping" if job.cancel else "Cancel",
        key=f"cancel-job-{job.id}",
        icon=":material/stop:",
        type="tertiary",
        disabled=job.cancel,
        on_click=jobs.cancel,
        args=(state.workspace(), job.id),
    )
