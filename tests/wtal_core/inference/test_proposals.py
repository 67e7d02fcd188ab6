"""Snippet coordinates to proposals in time."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from wtal_core.domain import Proposal, Segment, SnippetGrid
from wtal_core.inference import ranked, to_proposals


def test_edges_are_cell_edges_and_fractions_lie_between():
    """Five cells of .64 s in 3.0 s: the last is cut at the end of the video."""
    grid = SnippetGrid(Fraction(16, 25), 5, 3_000_000)
    found = to_proposals("jump", np.array([[1, 3], [0.5, 4.5], [4, 6]]), np.array([0.5, 0.4, 0.3]), grid)
    assert [p.segment.seconds for p in found] == [(0.64, 1.92), (0.32, 2.78), (2.56, 3.0)]
    assert [p.score for p in found] == [0.5, 0.4, 0.3]


def test_an_origin_shifts_every_proposal():
    grid = SnippetGrid(Fraction(1, 2), 4, 2_000_000, origin=7_000_000)
    assert to_proposals("jump", np.array([[1, 2]]), np.array([1.0]), grid)[0].segment == Segment(7_500_000, 8_000_000)


def test_ties_are_ordered_by_start():
    late, early = Proposal("a", Segment(5, 9), 0.5), Proposal("b", Segment(1, 9), 0.5)
    assert ranked([late, Proposal("a", Segment(0, 1), 0.1), early])[:2] == [early, late]


@given(
    st.integers(1, 30),
    st.integers(1, 5_000_000),
    st.lists(st.tuples(st.floats(-3, 40), st.floats(0, 20)), max_size=5),
)
def test_every_proposal_lies_in_the_video(n_snippets, duration, pairs):
    grid = SnippetGrid(Fraction(16, 25), n_snippets, duration)
    segments = np.array([[start, start + length] for start, length in pairs]).reshape(-1, 2)
    for proposal in to_proposals("jump", segments, np.ones(len(pairs)), grid):
        assert grid.extent.start <= proposal.segment.start < proposal.segment.end <= grid.extent.end
