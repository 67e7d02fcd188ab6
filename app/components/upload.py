"""Upload of videos of any size: the browser streams each file to ``POST /api/uploads``, nothing is held in memory."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

HTML = """
<button class="zone" type="button"><strong>Drop videos here</strong> or choose files</button>
<input type="file" multiple hidden accept="video/*,.mkv,.avi,.mts,.ts" aria-label="Video files" />
<ul aria-live="polite"></ul>
"""

CSS = """
.zone { width: 100%; padding: 1.4rem; font: inherit; color: var(--st-text-color); cursor: pointer;
  background: var(--st-secondary-background-color); border: 1px dashed var(--st-border-color);
  border-radius: var(--st-base-radius); }
.zone:hover, .zone.over, .zone:focus-visible { border-color: var(--st-primary-color); outline: none; }
ul { list-style: none; margin: .5rem 0 0; padding: 0; font-size: .85rem; font-variant-numeric: tabular-nums; }
li { display: flex; justify-content: space-between; gap: 1rem; padding: .15rem 0; color: var(--st-text-color); }
li span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
li.failed output { color: var(--st-red-text-color); }
"""

_mount = st.components.v2.component(
    "wtal_upload", html=HTML, css=CSS, js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
)


def upload(project: int, *, key: str) -> int:
    """A place to drop videos for a project.

    Returns
    -------
    int
        How many files were stored since the last run; each is already on its way into the library.
    """
    result = _mount(key=key, data={"project": project}, on_stored_change=lambda: None)
    return int(result.stored or 0)
