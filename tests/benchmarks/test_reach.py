"""Held against the public codes: by hand."""

import pytest

from benchmarks.reach import BARS, Bar, Reached, row


def test_a_bar_in_calibration_steps_is_its_seconds_over_the_step_and_the_factor():
    """34.6 s at .346 s a step are 100 steps; ten times less is 10."""
    assert Bar("code", "video", 40, 34.6, 10).steps == pytest.approx(10)


@pytest.mark.parametrize(
    ("runs", "end"),
    [
        ([(41, 9), (43, 10)], "10.5x (bar 10x) holds"),  # 42 in 9.5 steps, 100 / 9.5
        ([(38, 9), (41, 10)], "10.5x (bar 10x) misses level"),
        ([(41, 19), (43, 20)], "5.1x (bar 10x) misses time"),
        ([(30, 19), (31, 20)], "5.1x (bar 10x) misses level and time"),
    ],
)
def test_a_row_holds_if_the_mean_reaches_the_level_in_less_time(runs, end):
    reached = [Reached(level, 0.0, steps) for level, steps in runs]
    assert row(Bar("code", "video", 40, 34.6, 10), reached).endswith(end)


def test_clicks_have_to_be_five_times_and_all_else_ten_times_faster():
    assert {(bar.supervision, bar.factor) for bar in BARS} == {("video", 10), ("one", 5), ("full", 10)}
