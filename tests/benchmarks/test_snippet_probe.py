"""The linear reading, by hand."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from snippet_probe import average_precision, precision


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
