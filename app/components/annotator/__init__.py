"""The annotator: player, timeline, undo, clock and keys in one keyed component.

Python mounts it and is told two things, ``selected`` and ``video``; everything else goes between the browser and the
routes of :mod:`app.server` (docs/http-api.md). The front end is plain ES modules: no build step.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import streamlit as st

HERE = Path(__file__).resolve().parent


def _version(folder: Path) -> str:
    """Hash of the front end's files: part of their address, so that no browser shows a stale one."""
    digest = hashlib.sha256()
    for path in sorted((*folder.rglob("*.js"), *folder.rglob("*.css"))):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


ASSETS_VERSION = _version(HERE)

# Relative imports inherit the version in the address. The newline in the middle tells Streamlit that this is text.
_STUB = f"""
const module = await import(`${{location.origin}}/assets/{ASSETS_VERSION}/annotator.js`);
export default module.default;
"""
_mount = st.components.v2.component(
    "wtal_annotator",
    html="<div class='wtal'></div>",
    css=".wtal {min-height: 35rem}\n.wtal:focus {outline: 0}",
    js=_STUB,
)


def annotator(video_id: int | str, *, key: str) -> Any:
    """Show one video to be labelled.

    Parameters
    ----------
    video_id
        Which video to open. The annotator may move on to another by itself and then says so in ``.video``; a rerun
        with the same ``video_id`` leaves it where it is.
    key
        Of the component. It must stand at the page's top level, below one fixed container for all that comes and goes:
        else Streamlit rebuilds the player.

    Returns
    -------
    Any
        ``.selected``: None or ``{"video", "type", "id", "label", "start", "end"}`` of what was chosen last, times in
        microseconds. ``.video``: None, or the id of the video the annotator went on to.
    """
    return _mount(
        key=key,
        data={"video": video_id},
        default={"selected": None, "video": None},
        on_selected_change=lambda: None,
        on_video_change=lambda: None,
    )
