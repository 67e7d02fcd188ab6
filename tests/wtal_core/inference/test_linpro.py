"""LinPro: the least activation that explains the scores (FACTS 7.4)."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from wtal_core.inference.linpro import linpro
from wtal_core.inference.scoring import GAUFUSE_STRIP, outer_inner_contrast

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


def test_of_the_labels_with_the_least_slack_the_smallest_is_taken():
    """T = 3, strips of one: rows (1, -1, 0), (-1/2, 1, -1/2), (0, -1, 1), scores .5, .9, .5. With the outer two met the
    middle row is -.5 and its slack 1.4; to give up 1 of an outer one gains 1/2. So y[0] = y[2] = y[1] + .5, least at
    (.5, 0, .5), of sum 1; (1, .5, 1) has the same slack."""
    y = linpro(np.array([[0, 1], [1, 2], [2, 3]]), np.array([0.5, 0.9, 0.5]), 3, strip=ONE_SNIPPET)
    np.testing.assert_allclose(y, [0.5, 0, 0.5], atol=1e-7)


def test_an_instance_that_fills_the_video_has_no_strips_and_the_mean_of_its_score():
    for normalised, total in ((True, 2.4), (False, 0.6)):
        y = linpro(np.array([[0, 4]]), np.array([0.6]), 4, normalised=normalised)
        assert y.sum() == pytest.approx(total)


INSTANCES = st.lists(
    st.tuples(st.integers(0, 38), st.integers(1, 12) | st.integers(13, 40), st.integers(1, 20)).map(
        lambda x: (x[0], min(40, x[0] + x[1]), x[2])
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda x: x[:2],
)
BOUNDS = st.sampled_from([math.inf, 1.0, 0.3])


@settings(max_examples=150, deadline=None)
@given(INSTANCES, BOUNDS, st.booleans())
def test_the_grouped_problem_has_the_optimum_of_a_general_solver_on_the_full_one(instances, upper, normalised):
    """Least slack and least sum at that slack, feasible or not (with a bound of .3 mostly not)."""
    segments = np.array([row[:2] for row in instances])
    scores = np.array([row[2] / 20 for row in instances])
    _check_optimal(segments, scores, 40, upper, normalised)


@pytest.mark.parametrize(
    ("upper", "normalised", "is_met"), [(math.inf, True, True), (1.0, True, False), (1.0, False, False)]
)
def test_sixty_instances_on_750_snippets_have_the_optimum_of_the_full_problem(upper, normalised, is_met):
    """The size of the benchmark. Means reach any score where nothing bounds y, and not these where y <= 1."""
    random = np.random.default_rng(0)
    length = random.integers(3, 60, 60)
    first = random.integers(0, 750 - length)
    segments, scores = np.column_stack([first, first + length]), random.uniform(0.05, 0.9, 60)
    assert len(np.unique(segments, axis=0)) == 60
    slack = _check_optimal(segments, scores, 750, upper, normalised)
    assert (slack < 1e-6) == is_met


def _check_optimal(segments, scores, n_snippets, upper, normalised):
    """Compare with HiGHS on one variable per snippet; returns the least slack."""
    y = linpro(segments, scores, n_snippets, upper=upper, normalised=normalised)
    assert y.min() >= -1e-9
    assert y.max() <= upper + 1e-9
    rows = _rows(segments, n_snippets)
    rows = rows if normalised else np.sign(rows)
    slack, total = _optimum(rows, scores, upper)
    assert np.abs(rows @ y - scores).sum() == pytest.approx(slack, abs=1e-5)
    assert y.sum() == pytest.approx(total, rel=1e-5, abs=1e-5)
    return slack


def _optimum(rows, scores, upper):
    """Least slack, and least sum at that slack, by two solves of the full problem, whether it is feasible or not."""
    n_rows, n_snippets = rows.shape
    matrix = np.hstack([rows, np.eye(n_rows), -np.eye(n_rows)])
    is_slack = np.repeat([0.0, 1.0], [n_snippets, 2 * n_rows])
    bounds = [(0, upper)] * n_snippets + [(0, None)] * (2 * n_rows)
    least = linprog(is_slack, A_eq=matrix, b_eq=scores, bounds=bounds, method="highs")
    allowed = {"A_ub": is_slack[None], "b_ub": [least.fun + 1e-8]}
    final = linprog(1 - is_slack, A_eq=matrix, b_eq=scores, bounds=bounds, method="highs", **allowed)
    assert (least.status, final.status) == (0, 0)
    return least.fun, final.fun


def _rows(segments, n_snippets):
    """The contrast of every unit impulse is a column of the constraints."""
    impulses = np.eye(n_snippets)
    return np.column_stack([outer_inner_contrast(impulse, segments, strip=GAUFUSE_STRIP) for impulse in impulses])
