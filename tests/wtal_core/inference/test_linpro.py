"""LinPro: the least activation that explains the scores (FACTS 7.4)."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from wtal_core.inference.linpro import linpro
from wtal_core.inference.scoring import outer_inner_contrast

ONE_SNIPPET = (1e-9, 1.0)  # strips of a single snippet


def test_a_lone_instance_is_active_at_its_score_and_silent_elsewhere():
    y = linpro(np.array([[2, 5]]), np.array([0.6]), 8)
    np.testing.assert_allclose(y, [0, 0, 0.6, 0.6, 0.6, 0, 0, 0], atol=1e-9)


def test_the_golden_of_two_nested_instances():
    """A inside 2..5 beside {1, 6} at .4, B inside 3..4 beside {2, 5} at .6: sum 1.6, y[3..4] = .7, y[2] = y[5] = .1."""
    y = linpro(np.array([[2, 6], [3, 5]]), np.array([0.4, 0.6]), 9, strip=ONE_SNIPPET)
    np.testing.assert_allclose(y, [0, 0, 0.1, 0.7, 0.7, 0.1, 0, 0, 0], atol=1e-9)
    assert y.sum() == pytest.approx(1.6)


def test_rows_that_are_not_normalised_push_activation_outside_the_instance():
    """The same data with rows of +1 and -1: the optimum is .8 in all, .6 inside B (FACTS 7.4)."""
    y = linpro(np.array([[2, 6], [3, 5]]), np.array([0.4, 0.6]), 9, strip=ONE_SNIPPET, normalised=False)
    assert y.sum() == pytest.approx(0.8)
    assert y[3:5].sum() == pytest.approx(0.6)
    assert y[1] + y[6] == pytest.approx(0.2)


def test_activation_is_never_negative_though_a_free_sign_would_be_cheaper():
    """Inside 8 snippets, strips 1 + 1, score .8: -.8 on both strips would cost 1.6, against 6.4 (FACTS 7.1)."""
    y = linpro(np.array([[1, 9]]), np.array([0.8]), 10, strip=ONE_SNIPPET)
    assert (y >= 0).all()
    assert y.sum() == pytest.approx(6.4)


def test_a_score_out_of_reach_is_met_as_nearly_as_the_bound_allows():
    """With y <= 1 a contrast of 1.5 cannot be: the least slack leaves the inside at 1. Long instances keep that."""
    y = linpro(np.array([[10, 1510]]), np.array([1.5]), 1600, upper=1.0)
    np.testing.assert_allclose(y[10:1510], 1.0, atol=1e-7)
    assert y[:10].sum() + y[1510:].sum() == pytest.approx(0, abs=1e-6)


def test_duplicates_count_once_at_the_highest_score_and_useless_instances_not_at_all():
    y = linpro(np.array([[2, 5], [2.4, 4.6], [6, 7], [20, 30]]), np.array([0.3, 0.6, -0.2, 0.9]), 8)
    np.testing.assert_allclose(y, [0, 0, 0.6, 0.6, 0.6, 0, 0, 0], atol=1e-9)
    assert not linpro(np.empty((0, 2)), np.empty(0), 4).any()


INSTANCES = st.lists(
    st.tuples(st.integers(0, 38), st.integers(1, 12), st.integers(1, 20)).map(
        lambda x: (x[0], min(40, x[0] + x[1]), x[2])
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda x: x[:2],
)


@settings(max_examples=60, deadline=None)
@given(INSTANCES)
def test_the_grouped_problem_has_the_optimum_of_a_general_solver_on_the_full_one(instances):
    segments = np.array([row[:2] for row in instances])
    scores = np.array([row[2] / 20 for row in instances])
    y = linpro(segments, scores, 40)
    rows = np.array([_row(segment) for segment in segments])
    full = linprog(np.ones(40), A_eq=rows, b_eq=scores, bounds=(0, None), method="highs")
    if full.status == 0:
        assert y.sum() == pytest.approx(full.fun, abs=1e-6)
        np.testing.assert_allclose(rows @ y, scores, atol=1e-6)
    else:  # the elastic form: least slack first
        eye = np.eye(len(rows))
        cost = np.r_[np.zeros(40), np.ones(2 * len(rows))]
        least = linprog(cost, A_eq=np.hstack([rows, eye, -eye]), b_eq=scores, bounds=(0, None), method="highs")
        assert np.abs(rows @ y - scores).sum() == pytest.approx(least.fun, abs=1e-5)


def _row(segment):
    """The contrast of every unit impulse is the constraint row."""
    return np.array([outer_inner_contrast(impulse, segment[None], strip=(0.0785, 0.9))[0] for impulse in np.eye(40)])
