"""The linear reading, by hand."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from snippet_probe import average_precision, precision, ridge


def test_average_precision_is_the_mean_precision_at_the_positives():
    """Order + - + -: precision 1 at the first, 2/3 at the second positive."""
    assert average_precision(np.array([4.0, 3.0, 2.0, 1.0]), np.array([1, 0, 1, 0])) == pytest.approx((1 + 2 / 3) / 2)


def test_what_tells_the_class_for_every_actor_is_found_and_noise_is_not():
    """A column that is the class itself gives 1; noise gives about the share of positives, 1/2."""
    random = np.random.default_rng(0)
    classes = (np.arange(200) % 2)[:, None].astype(float)
    actors = np.repeat(["ada", "bo"], 100)
    noise = random.normal(size=(200, 3))
    assert precision(np.hstack([noise, 3 * classes]), classes, actors, 1.0) == pytest.approx(1.0)
    assert precision(noise, classes, actors, 1.0) < 0.7


def test_a_ridge_of_few_snippets_is_that_of_its_normal_equations():
    """Two snippets of five columns are known, so that the dual is solved; compared with (X'X + s) w = X'y."""
    random = np.random.default_rng(0)
    values, classes = random.normal(size=(4, 5)), np.array([[1.0], [0.0], [0.0], [1.0]])
    known = np.array([True, True, False, False])
    centred = values - values[:2].mean(axis=0)
    given = np.hstack([centred * 16 / (centred[:2].std() * np.sqrt(5)), np.ones((4, 1))])
    square = given[:2].T @ given[:2] + 3 * np.eye(6)
    expected = given @ np.linalg.inv(square) @ given[:2].T @ classes[:2]
    np.testing.assert_allclose(ridge(values, classes, known, 3.0), expected)
