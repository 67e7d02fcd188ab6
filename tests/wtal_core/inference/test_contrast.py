"""Candidates of one trace: FACTS 7.6's ends, their inner means, and a finer trace."""

import numpy as np
import pytest

from wtal_core.inference.contrast import Cut, contrast_candidates, upsampled
from wtal_core.inference.scoring import RSKP_STRIP

TRACE = np.array([0.1, 0.1, 0.9, 0.9, 0.9, 0.1, 0.1, 0.1])


def test_exact_and_published_ends_of_facts_7_6():
    exact = contrast_candidates(TRACE, Cut((0.5,), "absolute", RSKP_STRIP, "exact"))
    assert exact.segments.tolist() == [[2, 5]]
    np.testing.assert_allclose(exact.scores, [0.8])
    np.testing.assert_allclose(exact.inner, [0.9])
    published = contrast_candidates(TRACE, Cut((0.5,), "absolute", RSKP_STRIP, "published"))
    assert published.segments.tolist() == [[2, 6]]
    np.testing.assert_allclose(published.scores, [0.6])
    np.testing.assert_allclose(published.inner, [0.7])  # (3 * .9 + .1) / 4: the snippet after the run is in it


def test_a_finer_trace_is_linear_between_the_middles_of_snippets():
    """Two samples a snippet lie a quarter of a snippet before and after its middle."""
    np.testing.assert_allclose(upsampled(np.array([0.0, 4.0]), 2), [0, 1, 3, 4])


def test_a_finer_trace_moves_an_end_to_where_the_line_crosses_the_level():
    """.9 falls to .1 between the middles of snippets 4 and 5, a quarter at a time: above .25 until 5.25."""
    fine = contrast_candidates(TRACE, Cut((0.25,), "absolute", RSKP_STRIP, upsample=4))
    assert fine.segments.tolist() == [[1.75, 5.25]]


def test_a_strip_is_as_wide_in_snippets_however_finely_the_trace_is_cut():
    cut = Cut((0.25,), "absolute", (1.0, 0.5), upsample=4)
    scale, power = cut.fine_strip
    assert scale * 16.0**power == 8.0  # four snippets, so sixteen samples, have strips of two snippets: 1 * 4 ** .5
    assert Cut((0.25,), "absolute", RSKP_STRIP, upsample=4).fine_strip == RSKP_STRIP


def test_a_curve_beside_the_trace_counts_as_much_as_the_trace():
    """.8 on the trace; beside it 2 inside and strips of one snippet at 0 and 1 (mean .5): 1.5, together 1.2 ** .5."""
    beside = np.array([0.0, 0.0, 2.0, 2.0, 2.0, 1.0, 0.0, 0.0])
    some = contrast_candidates(TRACE, Cut((0.5,), "absolute", RSKP_STRIP), beside)
    assert some.segments.tolist() == [[2, 5]]
    np.testing.assert_allclose(some.scores, [1.2**0.5])


def test_a_curve_beside_that_says_nothing_makes_the_score_zero_and_leaves_a_negative_one():
    """The middle run, .3, lies between strips of .1 and .9: (.1 + .9 + .9) / 3 on either side."""
    trace, cut = np.array([0.9, 0.9, 0.1, 0.3, 0.3, 0.3, 0.3, 0.1, 0.9, 0.9]), Cut((0.2,), "absolute", (0.75, 1.0))
    alone = contrast_candidates(trace, cut)
    assert alone.segments.tolist() == [[0, 2], [3, 7], [8, 10]]
    np.testing.assert_allclose(alone.scores, [0.7, -1 / 3, 0.7])
    np.testing.assert_allclose(contrast_candidates(trace, cut, np.zeros(10)).scores, [0, -1 / 3, 0])


def test_another_cut_adds_its_candidates():
    """Above .1 all five snippets; above half of .9, and two samples a snippet, the middle two from a quarter before."""
    trace = np.array([0.2, 0.2, 0.9, 0.9, 0.2])
    finer = Cut((0.5,), strip=RSKP_STRIP, upsample=2)
    alone, added = contrast_candidates(trace, finer), contrast_candidates(trace, Cut((0.1,), "absolute", also=finer))
    assert alone.segments.tolist() == [[2, 4]]
    assert added.segments.tolist() == [[0, 5], [2, 4]]
    assert (added.scores[1], added.inner[1]) == (alone.scores[0], alone.inner[0])
    assert added.inner[0] == pytest.approx(2.4 / 5)
