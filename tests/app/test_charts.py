"""Charts draw what the table says: values, order, and measured apart from simulated."""

import numpy as np
import pandas as pd
import pytest

from app import charts, score_charts


def test_a_loss_chart_has_a_line_per_term_in_the_tables_order():
    history = pd.DataFrame(
        {"step": [1, 1, 2, 2], "term": ["total", "video", "total", "video"], "value": [2.0, 1, 1.5, 0.5]}
    )
    figure = charts.loss_curves(history)
    assert [trace.name for trace in figure.data] == ["total", "video"]
    assert list(figure.data[0].y) == [2.0, 1.5]


def test_map_is_drawn_in_percent_with_the_first_run_in_colour():
    table = pd.DataFrame({"run": ["a", "a", "b"], "tiou": [0.3, 0.5, 0.3], "mAP": [0.6, 0.4, 0.5]})
    figure = score_charts.map_by_tiou(table)
    assert list(figure.data[0].y) == [60.0, 40.0]
    assert figure.data[0].line.color == charts.PALETTE[0]
    assert figure.data[1].line.color == charts.MUTED


def test_the_best_class_stands_on_top():
    table = pd.DataFrame({"label": ["Jump", "Run"], "AP": [0.2, 0.9], "colour": ["#111111", "#222222"]})
    figure = score_charts.average_precision(table)
    assert list(figure.data[0].y) == ["Jump", "Run"]  # Plotly draws a bar chart from the bottom
    assert list(figure.data[0].marker.color) == ["#111111", "#222222"]
    assert len(figure.data) == 1


def test_another_run_is_a_tick_on_the_same_class():
    table = pd.DataFrame({"label": ["Run"], "AP": [0.9], "colour": ["#222222"], "before": [0.5]})
    figure = score_charts.average_precision(table)
    assert figure.data[1].name == "before"
    assert list(figure.data[1].x) == [50.0]


def test_only_a_measured_point_of_the_cost_chart_is_full():
    table = pd.DataFrame(
        {
            "run": ["1", "2"],
            "hours": [1.0, 0.5],
            "mAP": [0.5, 0.4],
            "method": ["mixed", "mixed"],
            "simulated": [False, True],
        }
    )
    trace = charts.cost_against_map(table).data[0]
    assert list(trace.x) == [30.0, 60.0]  # minutes, ascending
    assert list(trace.marker.symbol) == ["circle-open", "circle"]


def test_phi_has_an_interval_for_what_was_measured_here_and_none_for_a_paper():
    table = pd.DataFrame(
        {
            "level": ["video", "video"],
            "source": ["measured", "THUMOS14"],
            "phi": [0.3, 0.24],
            "low": [0.2, np.nan],
            "high": [0.5, np.nan],
            "n": [12, np.nan],
        }
    )
    ours, paper = charts.phi_by_level(table).data
    assert list(ours.error_x.array) == pytest.approx([0.2])
    assert list(ours.error_x.arrayminus) == pytest.approx([0.1])
    assert paper.error_x.array is None


def test_precision_over_recall_is_a_line_per_class_in_percent():
    table = pd.DataFrame({"label": ["Run", "Run", "Jump"], "recall": [0.0, 0.5, 1.0], "precision": [1.0, 0.8, 0.4]})
    figure = score_charts.precision_recall(table.assign(colour="#0072B2"))
    assert [line.name for line in figure.data] == ["Run", "Jump"]
    assert list(figure.data[0].y) == [100, 80]


def test_scores_of_folds_and_validation_are_two_lines_over_runs():
    table = pd.DataFrame({"run": [1, 2, 3], "fold": [0.2, float("nan"), 0.5], "validation": [0.1, 0.3, 0.4]})
    fold, validation = score_charts.fold_scores(table).data
    assert (list(fold.x), list(fold.y)) == (["run 1", "run 3"], [20, 50])
    assert list(validation.x) == ["run 1", "run 2", "run 3"]


def test_runs_stand_in_their_order_where_the_first_has_no_fold():
    nothing = float("nan")
    table = pd.DataFrame({"run": [1, 2, 3], "fold": [nothing, nothing, 0.5], "validation": [0.7, nothing, 0.3]})
    axis = score_charts.fold_scores(table).layout.xaxis
    assert (axis.categoryorder, list(axis.categoryarray)) == ("array", ["run 1", "run 3"])


def test_an_error_profile_adds_up_to_all_proposals():
    table = pd.DataFrame({"kind": ["correct", "duplicate", "background"], "share": [0.25, 0.0, 0.75]})
    figure = score_charts.error_profile(table)
    assert [trace.name for trace in figure.data] == ["correct", "background"]
    assert sum(trace.x[0] for trace in figure.data) == 100


def test_a_timeline_shades_only_the_time_above_the_threshold():
    segments = pd.DataFrame(
        {"lane": ["Ground truth"], "label": ["Run"], "start": [1.0], "end": [3.0], "score": [np.nan]}
    )
    cas, threshold = np.array([0.0, 2.0], np.float32), np.array([1.0, 1.0], np.float32)
    figure = charts.video_timeline(
        segments, np.array([0.0, 2.0, 4.0]), {"Run": (cas, threshold)}, {"Run": "#e69f00"}, duration=4.0
    )
    bar = figure.data[0]
    assert (bar.base[0], bar.x[0], bar.y[0]) == (1.0, 2.0, "Ground truth")
    shade = next(trace for trace in figure.data if getattr(trace, "fill", None) == "tonexty")
    assert list(shade.y) == [1.0, 2.0]  # the upper edge never goes below the threshold
    assert list(shade.x) == [1.0, 3.0]  # middles of the snippets


def test_a_long_video_is_drawn_with_fewer_points_than_it_has_snippets():
    n = 3 * charts.MAX_POINTS
    curve = np.zeros(n, np.float32)
    empty = pd.DataFrame({"lane": [], "label": [], "start": [], "end": [], "score": []})
    figure = charts.video_timeline(empty, np.arange(n + 1.0), {"Run": (curve, curve)}, {}, duration=float(n))
    assert max(len(trace.x) for trace in figure.data) == charts.MAX_POINTS
