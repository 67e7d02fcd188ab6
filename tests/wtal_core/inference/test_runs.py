"""Maximal runs, half-open."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wtal_core.inference import row_runs, runs


def test_a_run_ends_one_past_its_last_snippet():
    mask = np.array([0, 1, 1, 0, 0, 1], bool)
    assert runs(mask).tolist() == [[1, 3], [5, 6]]


def test_all_true_is_one_run_and_all_false_none():
    assert runs(np.ones(4, bool)).tolist() == [[0, 4]]
    assert runs(np.zeros(4, bool)).shape == (0, 2)
    assert runs(np.zeros(0, bool)).shape == (0, 2)


def test_runs_never_join_across_rows():
    rows, found = row_runs(np.array([[0, 1], [1, 1], [0, 0], [1, 0]], bool))
    assert rows.tolist() == [0, 1, 3]
    assert found.tolist() == [[1, 2], [0, 2], [0, 1]]


def test_a_mask_of_two_axes_is_refused_with_the_function_to_use():
    with pytest.raises(ValueError, match="row_runs"):
        runs(np.ones((2, 3), bool))


@given(arrays(bool, st.integers(0, 40)))
def test_runs_rebuild_the_mask_and_never_touch(mask):
    found = runs(mask)
    rebuilt = np.zeros_like(mask)
    for first, stop in found:
        rebuilt[first:stop] = True
    np.testing.assert_array_equal(rebuilt, mask)
    assert (found[1:, 0] > found[:-1, 1]).all(), "two runs that touch would be one"
