"""Outer-inner contrast, with the ends of FACTS 7.6."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wtal_core.inference import multi_threshold, outer_inner_contrast, single_threshold
from wtal_core.inference.scoring import GAUFUSE_STRIP, stored

HILL = np.array([0.1, 0.1, 0.9, 0.9, 0.9, 0.1, 0.1, 0.1])
traces = arrays(np.float64, st.integers(1, 40), elements=st.floats(0, 1, width=16))


@pytest.mark.parametrize(
    ("trace", "ends", "segment", "score"),
    [
        (HILL, "exact", [2, 5], 0.8),
        (HILL, "published", [2, 6], 0.6),
        (HILL[:5], "exact", [2, 5], 0.8),
        (HILL[:5], "published", [2, 6], 0.8),
    ],
)
def test_the_goldens_of_facts_7_6(trace, ends, segment, score):
    """RSKP's width, threshold .5. Published: the inside holds one low snippet, (3 * .9 + .1) / 4 = .7, minus .1."""
    found = single_threshold(trace, 0.5)
    assert stored(found, ends).tolist() == [segment]
    np.testing.assert_allclose(outer_inner_contrast(trace, found, ends=ends), [score], atol=1e-12)


def test_a_segment_over_the_whole_video_has_nothing_outside():
    np.testing.assert_allclose(outer_inner_contrast(np.array([0.2, 0.4]), np.array([[0, 2]])), [0.3])


def test_wide_strips_are_clipped_to_the_video():
    """Length 4, strips of 4 * .75 = 3: the left has one snippet (.3), the right two (0, .6): outer mean .3."""
    trace = np.array([0.3, 1, 1, 1, 1, 0, 0.6])
    np.testing.assert_allclose(outer_inner_contrast(trace, np.array([[1, 5]]), strip=(0.75, 1.0)), [0.7])


def test_gaufuse_strips_grow_slower_than_the_segment():
    """.0785 * 40 ** .9 = 2.17, so three snippets a side: the fourth one, which is loud, is not looked at."""
    trace = np.zeros(60)
    trace[10:50] = 1
    trace[[6, 53]] = 9
    np.testing.assert_allclose(outer_inner_contrast(trace, np.array([[10, 50]]), strip=GAUFUSE_STRIP), [1.0])


def test_a_segment_outside_the_trace_is_refused_with_its_numbers():
    with pytest.raises(ValueError, match=r"trace of 5 snippets.*\[3, 6\]"):
        outer_inner_contrast(np.zeros(5), np.array([[0, 2], [3, 6]]))


def test_an_unknown_kind_of_ends_is_refused():
    with pytest.raises(ValueError, match="exact or published"):
        outer_inner_contrast(np.zeros(5), np.array([[0, 2]]), ends="open")


@given(traces, st.sampled_from(["exact", "published"]), st.sampled_from([(0.25, 1.0), (0.75, 1.0), GAUFUSE_STRIP]))
def test_cumulative_sums_equal_plain_means(trace, ends, strip):
    found = multi_threshold(trace, (0.2, 0.5), scale="absolute", min_length=1)
    scores = outer_inner_contrast(trace, found, strip=strip, ends=ends)
    assert np.isfinite(scores).all()
    for (first, stop), score in zip(found, scores, strict=True):
        width = strip[0] * (stop - first) ** strip[1]
        if ends == "exact":
            inner, n = trace[first:stop], max(1, int(np.ceil(width)))
            outer = np.concatenate([trace[max(0, first - n) : first], trace[stop : stop + n]])
        else:
            inner = trace[first : stop + 1]
            right = trace[stop + 1 : max(stop + 1, min(trace.size - 1, int(stop + width + 1)))]
            outer = np.concatenate([trace[max(0, int(first - width)) : first], right])
        expected = inner.mean() - (outer.mean() if outer.size else 0.0)
        np.testing.assert_allclose(score, expected, atol=1e-12)


@given(traces, st.floats(-2, 2))
def test_contrast_ignores_a_constant_where_there_is_an_outside(trace, constant):
    found = multi_threshold(trace, (0.5,), scale="absolute", min_length=1)
    found = found[(found[:, 0] > 0) | (found[:, 1] < trace.size)]
    np.testing.assert_allclose(
        outer_inner_contrast(trace + constant, found), outer_inner_contrast(trace, found), atol=1e-9
    )
