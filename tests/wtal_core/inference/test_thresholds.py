"""Thresholds: manual, predicted, many."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wtal_core.inference import mid_range_threshold, multi_threshold, single_threshold
from wtal_core.inference.thresholds import threshold_values

traces = arrays(np.float64, st.integers(1, 30), elements=st.floats(0, 1, width=16))


def test_mid_range_of_the_ttc_loc_example():
    """FACTS T12 on the input of 2.7: both classes span -2..2 and -1..1, so theta = (0, 0), and the runs above it are
    class 0: (0, 1) and class 1: (1, 3)."""
    cas = np.array([[2, -1], [0, 1], [-2, 0.5]])
    theta = mid_range_threshold(cas)
    np.testing.assert_allclose(theta, [0, 0])
    assert single_threshold(cas[:, 0], theta[0]).tolist() == [[0, 1]]
    assert single_threshold(cas[:, 1], theta[1]).tolist() == [[1, 3]]


def test_a_predicted_threshold_is_beaten_snippet_by_snippet():
    """FACTS 2.7: class 0 beats b = (.5, -.5, 1) at snippets 0 and 1 only."""
    assert single_threshold(np.array([2.0, 0, -2]), np.array([0.5, -0.5, 1])).tolist() == [[0, 2]]


def test_a_tie_with_the_threshold_does_not_beat_it():
    assert single_threshold(np.array([0.5, 0.6]), 0.5).tolist() == [[1, 2]]


def test_short_runs_are_dropped_at_the_stated_length():
    trace = np.array([1.0, 0, 1, 1])
    assert single_threshold(trace, 0.5, min_length=2).tolist() == [[2, 4]]


def test_levels_are_values_shares_of_the_maximum_or_of_the_range():
    trace = np.array([0.2, 0.6])
    np.testing.assert_allclose(threshold_values(trace, (0.5,), "absolute"), [0.5])
    np.testing.assert_allclose(threshold_values(trace, (0.5,), "maximum"), [0.3])
    np.testing.assert_allclose(threshold_values(trace, (0.5,), "range"), [0.4])
    with pytest.raises(ValueError, match="absolute, maximum or range"):
        threshold_values(trace, (0.5,), "relative")


def test_nested_runs_of_two_levels_come_once_each():
    """Above .2: (0, 5). Above .6: (1, 4). Above .7: (1, 4) again, a duplicate. Above .95: (2, 3), too short."""
    trace = np.array([0.4, 0.8, 1.0, 0.8, 0.4, 0.1])
    assert multi_threshold(trace, (0.2, 0.6, 0.7, 0.95)).tolist() == [[0, 5], [1, 4]]


def test_a_video_of_one_snippet_can_hold_an_action():
    assert multi_threshold(np.array([0.9])).tolist() == [[0, 1]]


def test_an_empty_or_flat_zero_trace_has_no_run():
    assert multi_threshold(np.zeros(0)).shape == (0, 2)
    assert multi_threshold(np.zeros(5)).shape == (0, 2)


@given(traces)
def test_every_run_lies_in_the_trace_and_is_a_run_at_some_level(trace):
    levels = (0.1, 0.5, 0.9)
    found = multi_threshold(trace, levels, scale="absolute", min_length=1)
    singles = {tuple(run) for level in levels for run in single_threshold(trace, level)}
    assert {tuple(run) for run in found} == singles
    assert len(found) == len(singles)
    assert ((found[:, 0] >= 0) & (found[:, 1] <= trace.size)).all()


@given(traces, st.integers(-3, 3))
def test_shares_of_the_maximum_do_not_feel_the_scale_of_the_trace(trace, exponent):
    """Powers of two scale without rounding, so even ties stay ties."""
    np.testing.assert_array_equal(multi_threshold(trace * 2.0**exponent), multi_threshold(trace))


def test_a_mid_range_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one snippet"):
        mid_range_threshold(np.empty((0, 3)))
