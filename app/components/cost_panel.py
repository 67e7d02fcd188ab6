"""What labels cost: phi by level beside the papers' values, and what the annotation time of each run bought."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app import charts, state
from app.components.run_panel import LEVELS
from app.components.wording import plural
from app.services import clock, evaluating
from app.services.evaluating import CostPoint, LevelPhi
from wtal_core.evaluation.cost import Phi

PAPERS = {"thumos14": "THUMOS14 (paper)", "activitynet": "ActivityNet (paper)"}
PLAIN = {"displayModeBar": False}


def phi_panel(project: int) -> None:
    """Phi of each level: measured, simulated, published."""
    found = evaluating.phi_by_level(state.workspace(), project)
    st.plotly_chart(charts.phi_by_level(phi_table(found)), config=PLAIN, key="phi")
    if not any(level.measured or level.assisted for level in found):
        st.caption("Nothing was measured here yet: the clock runs while somebody labels on the Annotate page.")
    st.dataframe(
        pd.DataFrame([_row(level) for level in found]),
        hide_index=True,
        column_config={
            "To reckon with": st.column_config.NumberColumn(format="%.2f"),
            "Assisted": st.column_config.Column(help="With proposals on the screen, or with labels imported before."),
        },
        placeholder="–",
    )
    st.caption(
        "φ is active annotation time over video duration; gaps count up to the idle cut-off. Until ten videos of a "
        "level are measured, the paper's value is the one to reckon with."
    )


def event_download(project: int) -> None:
    """The raw events as a file; written when it is asked for."""
    st.download_button(
        "Raw clock events, CSV",
        lambda: clock.events_as_csv(state.workspace(), project),
        f"events-project-{project}.csv",
        "text/csv",
        help="One row per event of the annotation clock; every figure of this page is derived from them.",
        on_click="ignore",
        key="events",
    )


def phi_table(found: Sequence[LevelPhi]) -> pd.DataFrame:
    """Rows of the chart: one per level and source."""
    rows: list[tuple[str, str, float, float | None, float | None, int | None]] = []
    for level in found:
        name = LEVELS[level.level.value]
        for source, measured in (("measured", level.measured), ("simulated", level.simulated)):
            if measured is not None:
                rows.append((name, source, measured.ratio, measured.low, measured.high, measured.n_videos))
        rows += [(name, PAPERS[key], value, None, None, None) for key, value in level.paper.items()]
    table = pd.DataFrame(rows, columns=["level", "source", "phi", "low", "high", "n"])
    return table.astype({"phi": float, "low": float, "high": float, "n": float})


def _row(level: LevelPhi) -> dict[str, object]:
    return {
        "Level": LEVELS[level.level.value],
        "Measured": written(level.measured),
        "Assisted": written(level.assisted),
        "Simulated": written(level.simulated),
        "To reckon with": level.expected,
    }


def written(measured: Phi | None) -> str:
    """A ratio with its interval and the middle half of the videos; a dash for none."""
    if measured is None:
        return "–"
    return (
        f"{measured.ratio:.2f} ({measured.low:.2f} to {measured.high:.2f}), "
        f"median {measured.median:.2f}, {measured.n_videos} {plural(measured.n_videos, 'video')}"
    )


def cost_panel(project: int) -> None:
    """Average mAP over annotation time; a simulated point is hollow."""
    points = evaluating.cost_curve(state.workspace(), project)
    if not points:
        st.info(
            "No point yet. A run joins the chart when it was measured on complete validation videos and the time its "
            "labels took was logged."
        )
        return
    st.plotly_chart(charts.cost_against_map(cost_table(points)), config=PLAIN, key="cost")
    if any(point.is_simulated for point in points):
        st.caption("Hollow points rest on the demo's simulated annotation time; they were not measured on a person.")
    shown = st.column_config
    st.dataframe(
        cost_table(points)[["run", "method", "hours", "share", "mAP", "simulated"]],
        hide_index=True,
        column_config={
            "run": "Run",
            "method": "Method",
            "hours": shown.NumberColumn("Annotation, h", format="%.3f"),
            "share": shown.NumberColumn("of video time", format="percent"),
            "mAP": shown.NumberColumn("Average mAP", format="percent"),
            "simulated": shown.CheckboxColumn("Simulated"),
        },
    )


def cost_table(points: Sequence[CostPoint]) -> pd.DataFrame:
    """Rows of the chart and of the table below it."""
    return pd.DataFrame(
        [
            {
                "run": f"run {point.run}",
                "method": point.method,
                "hours": point.seconds / 3600,
                "share": point.share,
                "mAP": point.average_mAP,
                "simulated": point.is_simulated,
            }
            for point in points
        ]
    )
