"""Suppression: hand-worked cases, ties, and what must hold for any input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wtal_core.inference import nms, soft_nms
from wtal_core.inference.nms import overlaps


@st.composite
def segments_and_scores(draw):
    n = draw(st.integers(0, 12))
    starts = draw(st.lists(st.integers(0, 30), min_size=n, max_size=n))
    lengths = draw(st.lists(st.integers(1, 15), min_size=n, max_size=n))
    scores = draw(st.lists(st.floats(-0.5, 1, width=16), min_size=n, max_size=n))
    segments = np.array([[s, s + d] for s, d in zip(starts, lengths, strict=True)], float).reshape(-1, 2)
    return segments, np.array(scores, float)


def test_overlap_by_union_and_by_the_length_of_the_other():
    """(0, 10) and (5, 10): 5 shared of 10 together, and all of the shorter one."""
    one, other = np.array([0.0, 10]), np.array([[5.0, 10], [10, 12]])
    np.testing.assert_allclose(overlaps(one, other), [0.5, 0])
    np.testing.assert_allclose(overlaps(one, other, "lower"), [1, 0])


def test_the_best_drops_what_overlaps_it_and_keeps_a_tie_with_the_threshold():
    """IoU with (0, 10): (5, 10) has exactly .5 and stays, (1, 10) has .9 and goes, (20, 30) shares nothing."""
    segments = np.array([[20.0, 30], [1, 10], [0, 10], [5, 10]])
    scores = np.array([0.2, 0.8, 0.9, 0.3])
    assert nms(segments, scores, 0.5).tolist() == [2, 3, 0]
    assert nms(segments, scores, 0.5, overlap="lower").tolist() == [2, 0]


def test_soft_suppression_decays_by_the_square_of_the_overlap():
    """IoU .5, sigma .4: .8 * exp(-.25 / .4) = .8 * exp(-.625) = .428209."""
    kept, scores = soft_nms(np.array([[0.0, 10], [5, 10]]), np.array([0.9, 0.8]))
    assert kept.tolist() == [0, 1]
    np.testing.assert_allclose(scores, [0.9, 0.8 * np.exp(-0.625)])


def test_soft_suppression_reorders_by_the_decayed_scores():
    """The twin of the best falls to .89 exp(-2.5) = .073, below the lonely third at .5."""
    kept, scores = soft_nms(np.array([[0.0, 10], [0, 10], [40, 50]]), np.array([0.9, 0.89, 0.5]))
    assert kept.tolist() == [0, 2, 1]
    np.testing.assert_allclose(scores[2], 0.89 * np.exp(-2.5))


def test_soft_suppression_stops_at_the_least_score_and_at_the_count():
    segments = np.array([[0.0, 1], [2, 3], [4, 5]])
    assert soft_nms(segments, np.array([0.9, 0.5, 1e-4]))[0].tolist() == [0, 1]
    assert soft_nms(segments, np.array([0.9, 0.5, 0.4]), max_segments=2)[0].tolist() == [0, 1]


def test_equal_scores_are_taken_by_start_whatever_the_order_of_the_input():
    segments, scores = np.array([[4.0, 6], [0, 2], [0, 1]]), np.full(3, 0.5)
    assert segments[nms(segments, scores)].tolist() == [[0, 1], [0, 2], [4, 6]]
    assert segments[soft_nms(segments, scores, 1e-9)[0]][0].tolist() == [0, 1]


def test_a_score_that_is_not_a_number_and_a_sigma_of_zero_are_refused():
    with pytest.raises(ValueError, match="one finite score per segment"):
        nms(np.array([[0.0, 1]]), np.array([np.nan]))
    with pytest.raises(ValueError, match="use nms"):
        soft_nms(np.array([[0.0, 1]]), np.array([1.0]), 0.0)


@given(segments_and_scores(), st.floats(0, 0.99))
def test_hard_survivors_overlap_little_and_everyone_else_was_beaten(case, threshold):
    segments, scores = case
    kept = nms(segments, scores, threshold)
    for rank, index in enumerate(kept):
        assert (overlaps(segments[index], segments[kept[:rank]]) <= threshold).all()
    for index in set(range(len(scores))) - set(kept.tolist()):
        beaten = overlaps(segments[index], segments[kept]) > threshold
        assert (beaten & (scores[kept] >= scores[index])).any()


@given(segments_and_scores(), st.permutations(range(12)))
def test_soft_scores_fall_never_exceed_their_input_and_ignore_the_order(case, shuffle):
    segments, scores = case
    kept, final = soft_nms(segments, scores)
    assert (np.diff(final) <= 1e-12).all()
    assert (final <= scores[kept] + 1e-12).all()
    assert len(set(kept.tolist())) == len(kept)
    order = np.array([index for index in shuffle if index < len(scores)], int)
    again, final_again = soft_nms(segments[order], scores[order])
    np.testing.assert_allclose(final_again, final)
    np.testing.assert_array_equal(segments[order][again], segments[kept])
