"""One run while it works and after: progress, loss, which labels it used, what to do with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pandas as pd
import streamlit as st

from app import charts, score_charts, state
from app.components.job_status import in_words
from app.components.plain import plain
from app.services import runs
from app.services.runs import RunView
from app.workspace import Workspace

STATUS = {
    "queued": ":gray-badge[waiting]",
    "training": ":blue-badge[training]",
    "evaluating": ":blue-badge[evaluating]",
    "done": ":green-badge[done]",
    "failed": ":red-badge[failed]",
    "cancelled": ":orange-badge[cancelled]",
}
LEVELS = {"video": "Video", "one-segment": "One click", "two-segment": "Two clicks", "full": "Full"}


def percent(share: float | None) -> str:
    """A fraction in percent with one digit; a dash for none."""
    return "–" if share is None else f"{100 * share:.1f}"


def active_run(run: int) -> None:
    """A run at work: drawn again every second by itself, the rest of the page stays."""
    st.fragment(_watch, run_every=1.0)(run)


def _watch(run: int) -> None:
    view = runs.show(state.workspace(), run)
    if view.run.status not in runs.ACTIVE:
        st.rerun()
    job = view.job
    share = job.progress if job else 0.0
    message = job.message if job and job.message else "waits for a worker" if view.run.status == "queued" else ""
    left = in_words(job.seconds_left if job else None)
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f"**Run {run}** · {view.run.method} {STATUS[view.run.status]}")
            is_stopping = bool(job and job.cancel)
            name = "Stopping" if is_stopping else "Cancel"
            if st.button(name, key=f"cancel-{run}", icon=":material/stop:", disabled=is_stopping):
                _do(runs.cancel, run)
        st.progress(min(1.0, share), text=" · ".join(filter(None, (f"{100 * share:.0f} %", message, left))))
        loss_chart(run)


def loss_chart(run: int) -> None:
    """Loss terms over steps, as far as the run has come."""
    rows = [
        {"step": entry.step, "term": term, "value": value}
        for entry in runs.log(state.workspace(), run)
        for term, value in entry.terms.items()
    ]
    if rows:
        st.plotly_chart(charts.loss_curves(pd.DataFrame(rows)), key=f"loss-{run}", config={"displayModeBar": False})


def label_usage(run: int) -> None:
    """How many labels of each level were used, and which were not and why."""
    used = runs.usage(state.workspace(), run)
    if used.levels:
        rows = [
            {"Level": LEVELS.get(level, level), "Given": counts["given"], "Used": counts["used"]}
            for level, counts in used.levels.items()
        ]
        st.dataframe(pd.DataFrame(rows), hide_index=True, width=320, height="content")
    if used.notes:
        st.caption("\n".join(f"- {plain(note)}" for note in used.notes[:50]))
    if len(used.notes) > 50:
        st.caption(f"and {len(used.notes) - 50} more")
    if used.levels and not used.notes:
        st.caption("Every label was used.")


def history_table(history: tuple[RunView, ...]) -> int | None:
    """All runs, newest first.

    Returns
    -------
    int or None
        The run the user has marked.
    """
    table = pd.DataFrame(
        [
            {
                "Run": view.run.id,
                "Method": view.run.method,
                "Status": view.run.status,
                "Shown": "★" if view.run.promoted else "",
                "mAP": None if view.average_mAP is None else 100 * view.average_mAP,
                "Fold mAP": None if view.fold_score is None else 100 * view.fold_score,
                "Labels": sum(view.run.label_snapshot.get("levels", {}).values()),
                "Videos": view.run.label_snapshot.get("videos", 0),
                "Annotation": f"{view.run.cost_seconds / 60:.1f} min",
                "Started": datetime.fromtimestamp(view.run.created_at).strftime("%d %b %H:%M"),
                "By": view.run.annotator,
            }
            for view in history
        ]
    )
    points = st.column_config.NumberColumn(format="%.1f", help="Average mAP, %")
    marked = st.dataframe(
        table,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key="run-history",
        column_config={"mAP": points, "Fold mAP": points, "Run": st.column_config.NumberColumn(width=60)},
        height="content" if len(table) <= 8 else 320,
        placeholder="–",
    ).selection.rows
    return history[marked[0]].run.id if marked and marked[0] < len(history) else None


def fold_curve(history: tuple[RunView, ...]) -> None:
    """How the models of a project have come on; from two measured runs on."""
    table = pd.DataFrame(
        [{"run": v.run.id, "fold": v.fold_score, "validation": v.average_mAP} for v in reversed(history)],
        columns=["run", "fold", "validation"],
    ).astype({"fold": float, "validation": float})
    if table[["fold", "validation"]].notna().sum().max() >= 2:
        st.plotly_chart(score_charts.fold_scores(table), key="fold-curve", config={"displayModeBar": False})
        st.caption("Held-out training videos decide what is shown by itself; validation is for reporting.")


def finished_run(view: RunView) -> None:
    """What became of a run, and what can be done with it."""
    run = view.run
    st.markdown(f"#### Run {run.id} · {run.method} {STATUS[run.status]}")
    if run.error:
        st.error(plain(run.error))
    with st.container(horizontal=True):
        if (
            run.status == "done"
            and not run.promoted
            and st.button("Show this run", key="promote", icon=":material/star:")
        ):
            _do(runs.promote, run.id)
        if run.status in {"failed", "cancelled"} and st.button("Go on", key="resume", icon=":material/resume:"):
            _do(runs.resume, run.id)
        if st.button("Delete", key="delete-run", icon=":material/delete:"):
            _do(runs.delete, run.id)
    if note := run.metrics.get("fold_note"):
        words = "No fold mAP" if view.fold_score is None else "Fold mAP"
        st.caption(f"{words}: {plain(note.removeprefix('no fold score: '))}.")
    if (note := run.metrics.get("shown_note")) and not run.promoted:
        st.caption(f"Not shown by itself: {plain(note)}.")
    left, right = st.columns(2)
    with left:
        st.markdown("##### Labels used")
        label_usage(run.id)
    with right:
        st.markdown("##### Loss")
        loss_chart(run.id)


def comparison(history: tuple[RunView, ...], run: int) -> None:
    """The settings and scores in which two runs differ."""
    others = [view.run.id for view in history if view.run.id != run]
    if not others:
        return
    other = st.selectbox("Compare with", others, index=None, placeholder="another run", key=f"compare-{run}", width=240)
    if other is None:
        return
    found = runs.compare(state.workspace(), run, other)
    names = [f"run {found.a.run.id}", f"run {found.b.run.id}"]
    rows = [("average mAP, %", *map(percent, found.average_mAP))]
    rows += [(label, percent(a), percent(b)) for label, (a, b) in found.by_class.items()]
    rows += [(setting, str(a), str(b)) for setting, (a, b) in found.changed.items()]
    st.dataframe(pd.DataFrame(rows, columns=["", *names]), hide_index=True)
    if not found.is_comparable and None not in found.average_mAP:
        st.warning("The two were evaluated on different labels, so their scores do not compare. Evaluate both anew.")


def _do(action: Callable[[Workspace, int], None], run: int) -> None:
    """Act on a run, say why not if it cannot be done, and draw the page anew if it was."""
    try:
        action(state.workspace(), run)
    except ValueError as error:
        st.error(plain(str(error)))
    else:
        st.rerun()
