"""The class list at a glance: colour, name, key."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import streamlit as st

from wtal_core.domain import ActionClass


def label_palette(classes: Iterable[ActionClass]) -> None:
    """One row of swatches; a class's description shows on hover."""
    swatches = "".join(
        f'<span title="{escape(entry.description)}"><i style="background:{entry.colour}"></i>{escape(entry.name)}'
        + (f"<kbd>{escape(entry.key)}</kbd>" if entry.key else "")
        + "</span>"
        for entry in classes
    )
    st.html(f'<div class="wtal-swatches">{swatches}</div>')
