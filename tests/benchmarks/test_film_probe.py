"""The reading of two films, by hand."""

import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from film_probe import area, elsewhere, separation, snippets_inside

from wtal_core.domain import SnippetGrid

INSIDE = np.array([False] * 8 + [True] * 8 + [False] * 8)


def test_the_area_is_the_share_of_pairs_in_order():
    """3 beats 1 and 2; 1 ties with 1 and loses to 2: (2 + .5) / 4."""
    assert area(np.array([3.0, 1.0]), np.array([1.0, 2.0])) == pytest.approx(2.5 / 4)


def test_a_column_that_is_the_answer_separates_and_one_that_only_tells_the_time_does_not():
    """Inside lies in the middle: the time says nothing linear of it, and on held-out stretches about half is right."""
    noise = np.random.default_rng(0).normal(size=(24, 2))
    assert separation(np.column_stack([5.0 * INSIDE, noise]), INSIDE) == pytest.approx(1.0)
    assert separation(np.arange(24.0)[:, None], INSIDE) < 0.7


def test_snippets_count_by_their_middles():
    """Middles .32, .96, 1.60: of .5 to 1.6 s there is the second alone."""
    grid = SnippetGrid(Fraction(16, 25), 3, 1_920_000)
    assert snippets_inside(grid, 0.5, 1.6).tolist() == [False, True, False]


def test_other_places_overlap_by_less_than_half():
    """8 of 24 from 8: moved by 3 the tIoU is 5/11, by 2 it is 6/10. So 0 to 5 and 11 to 16."""
    assert [int(np.argmax(each)) for each in elsewhere(INSIDE)] == [*range(6), *range(11, 17)]
