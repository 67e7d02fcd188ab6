"""The form that starts a run: method, preset, and an input for every setting the method's catalogue entry lists."""

from __future__ import annotations

import math
from typing import Any

import streamlit as st

from app import state
from app.services import extracting, runs
from db.records import MethodRecord

NO_PRESET = "as recommended"
BY_ITSELF = "as the method decides"


def run_form(project: int) -> None:
    """Choose a method and start it on the labels as they stand."""
    methods = {method.name: method for method in runs.methods(state.workspace())}
    if not methods:
        st.info("The list of methods comes from a worker, and none has run yet. Start one: `wtal worker`.")
        return
    name = st.selectbox("Method", list(methods), format_func=lambda key: methods[key].title or key, key="method")
    method = methods[name]
    st.caption(f"{method.summary} Learns from: {', '.join(_in_order(method.levels))}.")
    presets = [NO_PRESET, *method.presets]
    preset = st.selectbox("Preset", presets, key=f"preset-{name}", disabled=len(presets) == 1)
    shown = method.presets.get(preset, {})
    with st.form(f"run-{name}-{preset}", border=False):
        with st.expander("Options"):
            options = _options(method, shown, name if preset == NO_PRESET else f"{name}-{preset}")
        seed = st.number_input("Seed", 0, 2**31 - 1, 0, key="seed", width=120)
        extractors = extracting.in_use(state.workspace(), project)
        features = st.selectbox("Features", extractors, key="features") if len(extractors) > 1 else None
        warm = st.checkbox("Begin with the newest model of this method", key="warm-start")
        if st.form_submit_button("Train", type="primary", icon=":material/play_arrow:"):
            chosen = None if preset == NO_PRESET else preset
            _start(project, name, options, int(seed), preset=chosen, warm_start=warm, extractor=features)


def _start(
    project: int,
    method: str,
    options: dict[str, Any],
    seed: int,
    *,
    preset: str | None,
    warm_start: bool,
    extractor: str | None,
) -> None:
    try:
        run = runs.start(
            state.workspace(),
            project,
            method,
            options,
            seed,
            preset=preset,
            warm_start=warm_start,
            extractor=extractor,
            annotator=state.annotator() or "",
        )
    except ValueError as error:
        st.error(str(error))
    else:
        state.choices().run = run
        st.rerun()


def _in_order(levels: list[str]) -> list[str]:
    order = ("video", "one-segment", "two-segment", "full")
    return sorted(levels, key=lambda level: order.index(level) if level in order else len(order))


def _options(method: MethodRecord, preset: Any, scope: str) -> dict[str, Any]:
    """Inputs for all settings, remembered per ``scope``; only what differs from the default (under the preset)."""
    changed: dict[str, Any] = {}
    columns = st.columns(2)
    for index, field in enumerate(method.fields):
        default = preset.get(field["name"], field["default"])
        with columns[index % 2]:
            value = _input(field, default, key=f"{scope}-{field['name']}")
        if value != default:
            changed[field["name"]] = value
    return changed


def _input(field: dict[str, Any], default: Any, *, key: str) -> Any:
    """The input that fits a setting's type; a number that is optional, or endless by default, is text."""
    label, about = field["name"].split(".", 1)[1].replace("_", " "), field["help"] or None
    if field["type"] == "choice":
        choices = list(field["choices"])
        index = choices.index(default) if default in choices else 0
        return st.selectbox(label, choices, index=index, help=about, key=key)
    if field["type"] == "bool" and field["optional"]:
        answers = {None: BY_ITSELF, True: "yes", False: "no"}
        chosen = st.selectbox(label, list(answers.values()), index=list(answers).index(default), help=about, key=key)
        return next(value for value, answer in answers.items() if answer == chosen)
    if field["type"] == "bool":
        return st.checkbox(label, value=bool(default), help=about, key=key)
    if field["type"] == "int" and isinstance(default, int):
        return st.number_input(label, value=default, step=1, help=about, key=key)
    if field["type"] == "float" and isinstance(default, (int, float)) and math.isfinite(default):
        return st.number_input(label, value=float(default), format="%g", help=about, key=key)
    text = st.text_input(label, value=_written(default), help=about, key=key)
    return default if text == _written(default) else text


def _written(value: Any) -> str:
    if value is None:
        return ""
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
