"""The first visit: who is it? The name goes into a signed cookie, and every label carries it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

HTML = """
<form>
  <label for="name">Your name</label>
  <div class="row">
    <input id="name" name="name" maxlength="80" required autocomplete="name" spellcheck="false" />
    <button type="submit">Start</button>
  </div>
  <p role="alert"></p>
</form>
"""

CSS = """
form { max-width: 26rem; font: inherit; color: var(--st-text-color); }
label { display: block; font-size: .85rem; margin-bottom: .3rem; }
.row { display: flex; gap: .5rem; }
input { flex: 1; min-width: 0; padding: .5rem .7rem; font: inherit; color: inherit;
  background: var(--st-secondary-background-color); border: 1px solid var(--st-border-color);
  border-radius: var(--st-base-radius); }
button { padding: .5rem 1.1rem; font: inherit; font-weight: 600; color: var(--st-background-color);
  background: var(--st-primary-color); border: 0; border-radius: var(--st-base-radius); cursor: pointer; }
input:focus-visible, button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
[role=alert] { min-height: 1.4em; margin: .5rem 0 0; color: var(--st-red-text-color); font-size: .85rem; }
"""

_mount = st.components.v2.component(
    "wtal_identity", html=HTML, css=CSS, js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
)


def ask_name() -> None:
    """The page of a visitor without a name."""
    st.title("WTAL Studio")
    st.markdown(
        "Label a video at the speed of watching it, retrain, and correct what the model proposes. "
        "Every label carries the name of the person who made it, so the first thing to say is who you are."
    )
    _mount(key="identity")
