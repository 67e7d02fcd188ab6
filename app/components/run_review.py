"""What a run is worth: scores over thresholds and classes, what goes wrong, and one video drawn out."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import charts, score_charts, state
from app.components.run_panel import percent
from app.services import classes, evaluating, reviewing
from app.services.reviewing import VideoReview
from app.services.runs import RunView
from wtal_core.domain import Annotation
from wtal_core.evaluation import EvaluationReport

PLAIN = {"displayModeBar": False}
CURVES = 4
"""Classes drawn with their curves: what fits one screen."""

TIOU = (0.3, 0.5, 0.7)
"""Thresholds precision and recall are drawn at."""

PROPOSALS = 40
"""Proposals drawn; the worst of hundreds would only hide the best."""


def scores(run: int, other: int | None) -> None:
    """Draw mAP by tIoU and AP by class, with another run as the state before."""
    workspace = state.workspace()
    report, before = evaluating.report(workspace, run), evaluating.report(workspace, other) if other else None
    if report is None:
        st.info(
            "Not measured yet. Label some **validation** videos in full, without the model's proposals, mark them "
            "complete, then press Evaluate."
        )
        return
    _headline(report, before)
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.markdown("##### mAP by tIoU")
        table = pd.concat([_by_tiou(run, report), *([_by_tiou(other, before)] if before and other else [])])
        st.plotly_chart(score_charts.map_by_tiou(table), config=PLAIN, key="map-by-tiou")
        _precision_recall(run)
    with right:
        st.markdown("##### AP by class, mean over tIoU")
        st.plotly_chart(score_charts.average_precision(_by_class(report, before)), config=PLAIN, key="ap-by-class")
        _errors(run)


def _headline(report: EvaluationReport, before: EvaluationReport | None) -> None:
    delta = None if before is None else f"{100 * (report.average_mAP - before.average_mAP):+.1f}"
    tiles = {"Average mAP, %": (percent(report.average_mAP), delta)}
    tiles |= {
        f"mAP @ {tiou:g}": (percent(value), None)
        for tiou, value in zip(report.tiou, report.mAP, strict=True)
        if tiou in {0.3, 0.5, 0.7}
    }
    tiles["Instances"] = (str(report.n_ground_truth), None)
    for column, (name, (value, change)) in zip(st.columns(len(tiles)), tiles.items(), strict=True):
        column.metric(name, value, change)
    if before is not None and (before.n_ground_truth, before.tiou) != (report.n_ground_truth, report.tiou):
        st.warning("The other run was measured on other labels: its scores do not compare. Evaluate both anew.")


def _by_tiou(run: int, report: EvaluationReport) -> pd.DataFrame:
    return pd.DataFrame({"run": f"run {run}", "tiou": report.tiou, "mAP": report.mAP})


def _by_class(report: EvaluationReport, before: EvaluationReport | None) -> pd.DataFrame:
    colours = class_colours()
    rows = [
        {
            "label": label,
            "AP": sum(values) / len(values),
            "colour": colours.get(label, charts.PALETTE[0]),
            "before": None
            if before is None or label not in before.ap
            else sum(before.ap[label]) / len(before.ap[label]),
        }
        for label, values in report.ap.items()
    ]
    table = pd.DataFrame(rows, columns=["label", "AP", "colour", "before"])
    return table.astype({"before": float}) if before else table.drop(columns="before")


def _errors(run: int) -> None:
    profile = reviewing.error_profile(state.workspace(), run)
    if profile is None:
        return
    st.markdown("##### The best proposals, as many as instances")
    table = pd.DataFrame([{"kind": kind.value, "share": shares[0]} for kind, shares in profile.shares().items()])
    st.plotly_chart(score_charts.error_profile(table), config=PLAIN, key="error-profile")


def _precision_recall(run: int) -> None:
    st.markdown("##### Precision over recall")
    tiou = st.segmented_control("tIoU", TIOU, default=TIOU[1], key="pr-tiou", label_visibility="collapsed") or TIOU[1]
    colours = class_colours()
    rows = [
        {"label": label, "recall": recall, "precision": precision, "colour": colours.get(label, charts.PALETTE[0])}
        for label, curve in reviewing.precision_recall(state.workspace(), run, tiou).items()
        for recall, precision in [
            (0.0, max(curve.envelope, default=0.0)),
            *zip(curve.recall, curve.envelope, strict=True),
        ]
    ]
    if rows:
        st.plotly_chart(score_charts.precision_recall(pd.DataFrame(rows)), config=PLAIN, key="precision-recall")


def class_colours() -> dict[str, str]:
    """Colour of every class of the project."""
    return {entry.name: entry.colour for entry in classes.classes(state.workspace(), state.project(), retired=True)}


def timeline(view: RunView, other: int | None) -> None:
    """Ground truth over proposals over curves of one video."""
    videos = {video.id: video for video in reviewing.predicted_videos(state.workspace(), view.run.id)}
    if not videos:
        st.info("No video to show: validation videos appear here once they are labelled in full.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Video",
            list(videos),
            format_func=lambda number: f"{videos[number].name}  ({videos[number].subset or 'not split'})",
            key=f"review-{view.run.id}",
            width=420,
        )
        st.page_link(
            "pages/annotate.py",
            label="Open in Annotate",
            icon=":material/edit_note:",
            query_params={"video": str(chosen)},
        )
    review = reviewing.review_video(state.workspace(), view.run.id, chosen)
    lanes = _segments(review, "Ground truth" if review.is_complete else "Labels", f"Run {view.run.id}")
    if other:
        lanes += _others(other, chosen)
    names = review.occurring(CURVES)
    columns = [review.class_names.index(name) for name in names]
    figure = charts.video_timeline(
        pd.DataFrame(lanes, columns=["lane", "label", "start", "end", "score"]),
        review.edges,
        {name: (review.cas[:, c], review.threshold[:, c]) for name, c in zip(names, columns, strict=True)},
        class_colours(),
        duration=review.video.duration / 1e6,
    )
    st.plotly_chart(figure, config=PLAIN, key="timeline")
    if len(review.class_names) > CURVES:
        st.caption(
            f"Curves of {CURVES} of {len(review.class_names)} classes: those labelled here, then those proposed."
        )


def _segments(review: VideoReview, truth: str, run: str) -> list[dict[str, object]]:
    said = [
        {"lane": truth, "label": annotation.label, "score": float("nan"), **_span(review, *_drawn(annotation, review))}
        for annotation in review.annotations
    ]
    return said + _proposed(review, run)


def _proposed(review: VideoReview, lane: str) -> list[dict[str, object]]:
    best = max((proposal.score for proposal in review.proposals), default=1.0) or 1.0
    return [
        {
            "lane": lane,
            "label": proposal.label,
            "score": proposal.score / best,
            **_span(review, proposal.segment.start, proposal.segment.end),
        }
        for proposal in reversed(review.proposals[:PROPOSALS])  # the best is drawn last, on top
    ]


def _others(run: int, video: int) -> list[dict[str, object]]:
    try:
        return _proposed(reviewing.review_video(state.workspace(), run, video), f"Run {run}")
    except LookupError:
        st.caption(f"Run {run} has no prediction of this video.")
        return []


def _drawn(annotation: Annotation, review: VideoReview) -> tuple[int, int]:
    """Clicks are drawn as wide as can be seen: a 300th of the video."""
    start, end = annotation.span
    return start, max(end, start + review.video.duration // 300)


def _span(review: VideoReview, start: int, end: int) -> dict[str, object]:
    return {"start": review.seconds(start), "end": review.seconds(end)}
