"""Charts of how good runs are: a table in, a Plotly figure out; styled as all of :mod:`app.charts`."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from app.charts import MUTED, PALETTE, styled

ERROR_COLOURS = {
    "correct": "#009E73",
    "duplicate": "#56B4E9",
    "wrong class": "#CC79A7",
    "localization": "#E69F00",
    "background": MUTED,
}

LEGEND = 10
"""Lines that a legend can still tell apart."""


def map_by_tiou(table: pd.DataFrame, height: int = 250) -> go.Figure:
    """Mean average precision over the tIoU thresholds, a line per run.

    Parameters
    ----------
    table
        Columns ``run`` (name), ``tiou`` (0 to 1) and ``mAP`` (0 to 1).
    height
        Pixels.
    """
    figure = go.Figure()
    for index, (run, rows) in enumerate(table.groupby("run", sort=False)):
        figure.add_scatter(
            x=rows["tiou"],
            y=100 * rows["mAP"],
            name=str(run),
            mode="lines+markers",
            line={"width": 2.5 if index == 0 else 1.5, "color": PALETTE[0] if index == 0 else MUTED},
            hovertemplate="tIoU %{x:.2f}<br>mAP %{y:.1f} %",
        )
    figure.update_yaxes(rangemode="tozero")
    return styled(figure, height, x="tIoU", y="mAP, %")


def average_precision(table: pd.DataFrame, height: int | None = None) -> go.Figure:
    """AP of each class, best first, with the other run as a tick where there is one.

    Parameters
    ----------
    table
        Columns ``label``, ``AP`` (0 to 1), ``colour`` (#rrggbb), and optionally ``before`` (0 to 1 or NaN).
    height
        Pixels; by the number of classes when None.
    """
    rows = table.sort_values("AP", na_position="first")
    figure = go.Figure(
        go.Bar(
            x=100 * rows["AP"],
            y=rows["label"],
            orientation="h",
            name="this run",
            marker={"color": rows["colour"]},
            hovertemplate="%{y}<br>AP %{x:.1f} %<extra></extra>",
        )
    )
    if "before" in rows and rows["before"].notna().any():
        figure.add_scatter(
            x=100 * rows["before"],
            y=rows["label"],
            mode="markers",
            name="before",
            marker={"symbol": "line-ns", "size": 16, "line": {"width": 2.5, "color": MUTED}},
            hovertemplate="%{y}<br>before: %{x:.1f} %<extra></extra>",
        )
    figure.update_xaxes(range=[0, 100])
    figure.update_yaxes(automargin=True)
    return styled(figure, height or max(180, 60 + 26 * len(rows)), x="AP, %", legend="before" in rows)


def precision_recall(table: pd.DataFrame, height: int = 260) -> go.Figure:
    """Precision over recall, a line per class.

    Parameters
    ----------
    table
        Columns ``label``, ``recall`` and ``precision`` (0 to 1, along the curve) and ``colour`` (#rrggbb).
    height
        Pixels.
    """
    figure = go.Figure()
    for label, rows in table.groupby("label", sort=False):
        figure.add_scatter(
            x=100 * rows["recall"],
            y=100 * rows["precision"],
            name=str(label),
            mode="lines",
            line={"width": 2, "color": rows["colour"].iloc[0], "shape": "vh"},
            hovertemplate="%{fullData.name}<br>recall %{x:.1f} %<br>precision %{y:.1f} %<extra></extra>",
        )
    figure.update_xaxes(range=[0, 101])
    figure.update_yaxes(range=[0, 103])
    return styled(figure, height, x="recall, %", y="precision, %", legend=table["label"].nunique() <= LEGEND)


def fold_scores(table: pd.DataFrame, height: int = 220) -> go.Figure:
    """How models have come on: average mAP of each run on the held-out fold and on validation.

    Parameters
    ----------
    table
        Columns ``run`` (number, ascending), ``fold`` and ``validation`` (0 to 1 or NaN).
    height
        Pixels.
    """
    figure = go.Figure()
    for index, (name, words) in enumerate((("fold", "held-out fold"), ("validation", "validation"))):
        rows = table[table[name].notna()]
        figure.add_scatter(
            x=rows["run"].map("run {}".format),
            y=100 * rows[name],
            name=words,
            mode="lines+markers",
            line={"width": 2, "color": PALETTE[index], "dash": "dot" if index else "solid"},
            hovertemplate=f"%{{x}}<br>{words} %{{y:.1f}} %<extra></extra>",
        )
    figure.update_yaxes(rangemode="tozero")
    # by themselves categories come as they are met: a first run without a fold would stand behind the second
    measured = table[table[["fold", "validation"]].notna().any(axis=1)]
    names = [f"run {run}" for run in measured["run"]]
    figure.update_xaxes(type="category", categoryorder="array", categoryarray=names)
    return styled(figure, height, y="average mAP, %")


def error_profile(table: pd.DataFrame, height: int = 120) -> go.Figure:
    """What the best proposals are: one bar, a part per kind.

    Parameters
    ----------
    table
        Columns ``kind`` and ``share`` (0 to 1), in drawing order; kinds of share 0 are left out.
    height
        Pixels.
    """
    figure = go.Figure()
    for kind, share in zip(table["kind"], table["share"], strict=True):
        if share > 0:
            figure.add_bar(
                x=[100 * share],
                y=["share"],
                width=[0.8],
                name=kind,
                orientation="h",
                marker={"color": ERROR_COLOURS.get(kind, MUTED), "line": {"width": 0}},
                hovertemplate=f"{kind}: %{{x:.0f}} %<extra></extra>",
            )
    figure.update_layout(barmode="stack")
    figure.update_xaxes(range=[0, 100], ticksuffix=" %")
    figure.update_yaxes(visible=False)
    return styled(figure, height)
