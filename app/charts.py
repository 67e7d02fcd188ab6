"""Charts: a table in, a Plotly figure out; no streamlit, no database.

Every figure leaves fonts, text colours and background to the page's theme, so that it is right in light and in dark.
Colours are those of Okabe and Ito, told apart by colour-blind eyes; a simulated point is hollow, a measured one full.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8A8F98")
LEVEL_COLOURS = {"video": "#8A8F98", "one-segment": "#56B4E9", "two-segment": "#0072B2", "full": "#009E73"}
MUTED = "#8A8F98"
MARGIN = {"l": 48, "r": 12, "t": 12, "b": 40}
MAX_POINTS = 4000
"""Points drawn per curve: more than the pixels of a wide screen."""


def styled(figure: go.Figure, height: int, *, x: str = "", y: str = "", legend: bool = True) -> go.Figure:
    """The frame all figures share."""
    figure.update_layout(
        height=height,
        margin=MARGIN,
        showlegend=legend,
        hovermode="closest",
        legend={"orientation": "h", "traceorder": "normal", "yanchor": "bottom", "y": 1.0, "xanchor": "left", "x": 0},
        bargap=0.35,
    )
    if x:
        figure.update_xaxes(title_text=x)
    if y:
        figure.update_yaxes(title_text=y)
    return figure


def loss_curves(history: pd.DataFrame, height: int = 240) -> go.Figure:
    """Loss terms over training steps.

    Parameters
    ----------
    history
        Columns ``step`` (int), ``term`` (name of the loss term) and ``value`` (float); one row per step and term.
    height
        Pixels.
    """
    figure = go.Figure()
    for index, (term, rows) in enumerate(history.groupby("term", sort=False)):
        figure.add_scatter(
            x=rows["step"],
            y=rows["value"],
            name=str(term),
            mode="lines",
            line={"width": 2 if index == 0 else 1.4, "color": PALETTE[index % len(PALETTE)]},
            hovertemplate="step %{x}<br>%{y:.4f}",
        )
    return styled(figure, height, x="step", y="loss")


def phi_by_level(table: pd.DataFrame, height: int = 300) -> go.Figure:
    """Annotation-duration ratio per level: measured, simulated and the papers' values side by side.

    Parameters
    ----------
    table
        Columns ``level``, ``source`` ("measured", "simulated" or a paper's name), ``phi``, ``low``, ``high`` (bounds of
        the interval or NaN) and ``n`` (videos measured, or NaN).
    height
        Pixels.
    """
    figure = go.Figure()
    order = list(dict.fromkeys(table["level"]))
    for index, (source, rows) in enumerate(table.groupby("source", sort=False)):
        ours = source in {"measured", "simulated"}
        figure.add_scatter(
            x=rows["phi"],
            y=rows["level"],
            name=str(source),
            mode="markers",
            marker={
                "size": 10 if ours else 13,
                "symbol": {"measured": "circle", "simulated": "circle-open"}.get(str(source), "line-ns-open"),
                "color": PALETTE[0] if ours else PALETTE[(index % (len(PALETTE) - 1)) + 1],
                "line": {"width": 2},
            },
            error_x=_interval(rows) if ours else None,
            customdata=rows["n"].fillna(0),
            hovertemplate="%{y}: φ %{x:.2f}"
            + (", %{customdata:.0f} videos" if ours else "")
            + "<extra>%{fullData.name}</extra>",
        )
    figure.update_yaxes(categoryorder="array", categoryarray=order[::-1], automargin=True)
    figure.update_xaxes(rangemode="tozero")
    return styled(figure, height, x="φ, annotation time / video duration")


def _interval(rows: pd.DataFrame) -> dict[str, object]:
    """Plotly's asymmetric error bars of the columns ``phi``, ``low``, ``high``."""
    return {
        "type": "data",
        "symmetric": False,
        "array": (rows["high"] - rows["phi"]).fillna(0),
        "arrayminus": (rows["phi"] - rows["low"]).fillna(0),
        "thickness": 1.5,
    }


def cost_against_map(table: pd.DataFrame, height: int = 360) -> go.Figure:
    """What the annotation time of each run bought.

    Parameters
    ----------
    table
        Columns ``run`` (name), ``hours`` (annotation time when the labels were taken), ``mAP`` (average mAP, 0 to 1),
        ``method``, and ``simulated`` (bool: drawn hollow, never called measured).
    height
        Pixels.
    """
    figure = go.Figure()
    for index, (method, rows) in enumerate(table.groupby("method", sort=False)):
        ordered = rows.sort_values("hours")
        figure.add_scatter(
            x=60 * ordered["hours"],
            y=100 * ordered["mAP"],
            name=str(method),
            text=ordered["run"],
            mode="lines+markers",
            line={"width": 1, "dash": "dot", "color": PALETTE[index % len(PALETTE)]},
            marker={
                "size": 11,
                "symbol": np.where(ordered["simulated"], "circle-open", "circle"),
                "color": PALETTE[index % len(PALETTE)],
                "line": {"width": 2},
            },
            customdata=np.where(ordered["simulated"], "simulated", "measured"),
            hovertemplate="%{text}<br>%{x:.1f} min, average mAP %{y:.1f} %<br>%{customdata}<extra></extra>",
        )
    figure.update_xaxes(rangemode="tozero")
    figure.update_yaxes(rangemode="tozero")
    return styled(figure, height, x="annotation time, minutes", y="average mAP, %")


def video_timeline(
    segments: pd.DataFrame,
    edges: NDArray[np.float64],
    curves: Mapping[str, tuple[NDArray[np.float32], NDArray[np.float32]]],
    colours: Mapping[str, str],
    duration: float,
) -> go.Figure:
    """Ground truth over proposals over CAS and threshold, one time axis.

    Parameters
    ----------
    segments
        Columns ``lane`` ("Ground truth", "Proposals", another run's name), ``label``, ``start``, ``end`` (seconds from
        the first picture) and ``score`` (0 to 1, NaN for a person's).
    edges
        Start of every snippet and the end of the last, seconds from the first picture, shape (T + 1,).
    curves
        Class name to CAS and threshold, each shape (T,).
    colours
        Class name to #rrggbb.
    duration
        Seconds.
    """
    lanes = list(dict.fromkeys(segments["lane"])) or ["Ground truth"]
    heights = [24 * len(lanes) + 16, *([92] * len(curves))]
    figure = make_subplots(rows=len(heights), cols=1, shared_xaxes=True, vertical_spacing=0.02, row_heights=heights)
    _add_lanes(figure, segments, lanes, colours)
    for row, (label, (cas, threshold)) in enumerate(curves.items(), start=2):
        colour = colours.get(label, PALETTE[0])
        _add_curve(figure, edges, cas, threshold, row=row, label=label, colour=colour)
    figure.update_xaxes(range=[0, duration], showgrid=False)
    figure.update_yaxes(automargin=True, showgrid=False, zeroline=False)
    figure.update_xaxes(title_text="seconds from the first picture", row=len(heights), col=1)
    return styled(figure, sum(heights) + 60, legend=False)


def _add_lanes(figure: go.Figure, segments: pd.DataFrame, lanes: Sequence[str], colours: Mapping[str, str]) -> None:
    """One bar per segment; how sure the model is shows as opacity."""
    for label, rows in segments.groupby("label", sort=False):
        score = rows["score"].fillna(1.0).clip(0.15, 1.0)
        figure.add_bar(
            base=rows["start"],
            x=rows["end"] - rows["start"],
            y=rows["lane"],
            orientation="h",
            width=0.62,
            name=str(label),
            marker={"color": colours.get(str(label), PALETTE[0]), "opacity": score, "line": {"width": 0}},
            customdata=np.stack([rows["end"], rows["score"]], axis=-1),
            hovertemplate=f"{label}<br>%{{base:.2f}} to %{{customdata[0]:.2f}} s"
            "<br>score %{customdata[1]:.2f}<extra></extra>",
            row=1,
            col=1,
        )
    figure.update_layout(barmode="overlay")
    figure.update_yaxes(categoryorder="array", categoryarray=list(lanes)[::-1], row=1, col=1)


def _add_curve(
    figure: go.Figure,
    edges: NDArray[np.float64],
    cas: NDArray[np.float32],
    threshold: NDArray[np.float32],
    *,
    row: int,
    label: str,
    colour: str,
) -> None:
    """CAS in the class's colour, the threshold dashed through it, the time above it shaded."""
    step = max(1, -(-len(cas) // MAX_POINTS))
    middle = ((edges[:-1] + edges[1:]) / 2)[::step]
    line, bar = cas[::step], threshold[::step]
    figure.add_scatter(x=middle, y=bar, mode="lines", line={"width": 0}, hoverinfo="skip", row=row, col=1)
    figure.add_scatter(
        x=middle,
        y=np.maximum(line, bar),
        mode="lines",
        line={"width": 0},
        fill="tonexty",
        fillcolor=f"rgba({int(colour[1:3], 16)}, {int(colour[3:5], 16)}, {int(colour[5:7], 16)}, 0.22)",
        hoverinfo="skip",
        row=row,
        col=1,
    )
    figure.add_scatter(
        x=middle,
        y=bar,
        mode="lines",
        line={"width": 1.2, "dash": "dash", "color": MUTED},
        hovertemplate="%{x:.2f} s: threshold %{y:.3f}<extra></extra>",
        row=row,
        col=1,
    )
    figure.add_scatter(
        x=middle,
        y=line,
        mode="lines",
        line={"width": 1.8, "color": colour},
        hovertemplate=f"{label}<br>%{{x:.2f}} s: CAS %{{y:.3f}}<extra></extra>",
        row=row,
        col=1,
    )
    figure.update_yaxes(title_text=label, title_font={"size": 11}, row=row, col=1)
