"""What one browser tab has chosen, typed, and the workspace behind all tabs.

Only choices of the moment live here. Everything that matters (labels, runs, jobs) is in the database, so that a refresh
or a second tab loses nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from app import server
from app.routes.security import COOKIE
from app.services import identity
from app.workspace import Workspace

_KEY = "wtal"


@dataclass
class Choices:
    """The choices of one tab.

    Attributes
    ----------
    project
        The project shown.
    video
        The video last opened, so that Annotate comes back to it.
    moved_to
        The video the annotator last went on to by itself; it says so until it moves again.
    run
        The run whose results are shown.
    seen_jobs
        Jobs that were there and jobs that were running when the page was last drawn; when one begins or ends, the page
        is drawn again. None before the first look.
    is_annotating
        Whether a video is open in Annotate, which follows the models by itself and must not be redrawn under a hand.
    added
        What was added last, shown until something else is.
    """

    project: int | None = None
    video: int | None = None
    moved_to: int | str | None = None
    run: int | None = None
    seen_jobs: tuple[frozenset[int], frozenset[int]] | None = None
    is_annotating: bool = False
    added: Receipt | None = None


@dataclass(frozen=True)
class Receipt:
    """What the last Add of this tab came to, so that the page can follow what becomes of it."""

    videos: frozenset[int]
    n_known: int
    problems: tuple[str, ...]


def workspace() -> Workspace:
    """The workspace of this process."""
    return server.workspace()


def annotator() -> str | None:
    """Who uses this tab, from the signed cookie; None on the first visit."""
    return identity.annotator_of(workspace(), st.context.cookies.get(COOKIE, ""))


def choices() -> Choices:
    """The choices of this tab."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = Choices()
    found: Choices = st.session_state[_KEY]
    return found


def project() -> int:
    """The project shown.

    Raises
    ------
    RuntimeError
        If there is none yet: the frame stops a page before that.
    """
    chosen = choices().project
    if chosen is None:
        raise RuntimeError("no project is chosen; the frame of the page has to run first")
    return chosen


def choose_project(number: int) -> None:
    """Show another project; what was chosen inside the last one is forgotten."""
    found = choices()
    if found.project != number:
        found.project, found.video, found.run, found.added = number, None, None, None
        st.session_state.pop("project", None)
        st.query_params.pop("video", None)


def requested(name: str) -> int | None:
    """A number of the page's address (``?video=7``), or None if it is missing or no number."""
    given = st.query_params.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None
