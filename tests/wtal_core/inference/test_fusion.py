"""Gaussian weighted fusion and its templates."""

import numpy as np
import pytest
from hypothesis import given

from tests.wtal_core.inference.test_nms import segments_and_scores
from wtal_core.inference import fuse

PAIR = np.array([[10.0, 20], [11, 21]]), np.array([0.8, 0.6])


def test_the_golden_of_facts_7_4():
    """Weights softmax(8, 6) = (.880797, .119203)."""
    segments, scores = fuse(*PAIR, temperature=0.1)
    np.testing.assert_allclose(segments, [[10.119203, 20.119203]], atol=1e-6)
    np.testing.assert_allclose(scores, [0.776159], atol=1e-6)


def test_a_uniform_template_is_the_middle_of_the_range():
    segments, scores = fuse(*PAIR, template="uniform")
    np.testing.assert_allclose(segments, [[10.5, 20.5]])
    np.testing.assert_allclose(scores, [0.7])


def test_an_exponential_template_is_the_weighted_median_and_the_lower_at_ties():
    segments, scores = fuse(*PAIR, template="exponential")
    np.testing.assert_allclose(segments, [[10, 20]])
    np.testing.assert_allclose(scores, [0.8])
    tied, _ = fuse(PAIR[0], np.array([0.5, 0.5]), template="exponential")
    np.testing.assert_allclose(tied, [[10, 20]])


def test_a_t_template_is_a_fixed_point_that_leans_away_from_outliers():
    """Three equal scores with starts 10, 10, 14: the mean is 11.33; the t centre solves mu = sum w x / sum w."""
    segments = np.array([[10.0, 30], [10, 30], [14, 30]])
    fused, _ = fuse(segments, np.full(3, 0.5), template="t")
    start = fused[0, 0]
    pull = 1 / (3 + (segments[:, 0] - start) ** 2)
    np.testing.assert_allclose(start, (pull * segments[:, 0]).sum() / pull.sum(), atol=1e-8)
    assert 10 < start < 34 / 3


def test_what_does_not_overlap_enough_stays_alone_and_the_best_comes_first():
    """IoU of (0, 10) and (5, 15) is 1/3."""
    segments, scores = fuse(np.array([[0.0, 10], [5, 15]]), np.array([0.3, 0.9]), iou_threshold=0.5)
    assert segments.tolist() == [[5, 15], [0, 10]]
    assert scores.tolist() == [0.9, 0.3]
    assert len(fuse(np.array([[0.0, 10], [5, 15]]), np.array([0.3, 0.9]), iou_threshold=0.3)[1]) == 1


def test_settings_outside_their_range_are_refused():
    with pytest.raises(ValueError, match="positive temperature"):
        fuse(*PAIR, temperature=0)
    with pytest.raises(ValueError, match=r"\[0, 1\)"):
        fuse(*PAIR, iou_threshold=1)
    with pytest.raises(ValueError, match="template must be"):
        fuse(*PAIR, template="square")


@pytest.mark.parametrize("template", ["gaussian", "exponential", "t", "uniform"])
@given(segments_and_scores())
def test_fused_proposals_stay_within_what_was_fused(template, case):
    segments, scores = case
    fused, final = fuse(segments, scores, template=template)
    assert len(final) <= len(scores)
    assert (len(final) > 0) == (len(scores) > 0)
    if len(final):
        assert (np.diff(final) <= 0).all()
        assert final.max() <= scores.max()
        assert final.min() >= scores.min()
        assert fused.min() >= segments.min()
        assert fused.max() <= segments.max()
        assert (fused[:, 1] >= fused[:, 0]).all()
