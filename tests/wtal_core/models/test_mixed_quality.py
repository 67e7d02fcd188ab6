"""How good a candidate is: what is seen of it, what is learned from it, and how videos are divided for that."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from wtal_core.inference.contrast import Cut
from wtal_core.models.mixed_quality import (
    N_DESCRIBED,
    TEMPERATURES,
    QualityHead,
    best_overlap,
    by_contrast,
    candidates,
    describe,
    parts_by_class,
    squashed,
)


def random_margin(seed, n_snippets, n_classes, scale=3.0):
    return scale * np.random.default_rng(seed).normal(size=(n_snippets, n_classes))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), n_snippets=st.integers(1, 40), n_classes=st.integers(1, 3))
def test_a_video_played_backwards_is_described_alike(seed, n_snippets, n_classes):
    margin, scores = random_margin(seed, n_snippets, n_classes), np.full(n_classes, 0.5)
    segments = candidates(margin[:, 0])
    mirrored = n_snippets - segments[:, ::-1]
    forwards, backwards = describe(margin, 0, scores, segments), describe(margin[::-1], 0, scores, mirrored)
    np.testing.assert_allclose(forwards, backwards, atol=1e-9)


@pytest.mark.parametrize(("n_snippets", "n_classes"), [(1, 1), (2, 3), (300, 2)])
@pytest.mark.parametrize("scale", [0.0, 1.0, 500.0])
def test_descriptions_have_one_shape_and_are_finite_whatever_the_curves(n_snippets, n_classes, scale):
    margin = random_margin(0, n_snippets, n_classes, scale)
    segments = candidates(margin[:, 0])
    described = describe(margin, 0, np.full(n_classes, 0.5), segments)
    assert described.shape == (len(segments), N_DESCRIBED)
    assert np.isfinite(described).all()


def test_the_overlap_of_a_candidate_is_that_with_its_best_instance():
    """[2, 6) shares 3 of 5 snippets with [3, 7) and 1 of 6 with [5, 8); [20, 22) shares nothing."""
    overlap = best_overlap(np.array([[2, 6], [20, 22]]), [(3, 7), (5, 8)])
    assert overlap.tolist() == pytest.approx([0.6, 0.0])
    assert best_overlap(np.array([[2, 6]]), []).tolist() == [0.0]


def test_candidates_are_the_distinct_runs_that_contrast_scores():
    margin = random_margin(1, 60, 1)[:, 0]
    scored, _ = by_contrast([squashed(margin, each) for each in TEMPERATURES], Cut())
    assert {tuple(each) for each in candidates(margin).tolist()} == {tuple(each) for each in scored.tolist()}


def test_it_learns_that_actions_are_long_where_contrast_cannot():
    """Bumps of the same height, 3 and 12 snippets long; only the long ones are true. Contrast likes both."""
    described, overlap = [], []
    for seed in range(30):
        margin = -3 + 0.1 * np.random.default_rng(seed).normal(size=(60, 2))
        margin[10:13, 0] = margin[30:42, 0] = 3
        segments = candidates(margin[:, 0])
        described.append(describe(margin, 0, np.full(2, 0.5), segments))
        overlap.append(best_overlap(segments, [(30, 42)]))
    torch.manual_seed(0)
    head = QualityHead(N_DESCRIBED)
    head.fit(np.concatenate(described[1:]), np.concatenate(overlap[1:]), steps=150)
    seen = head.expected(describe(margin, 0, np.full(2, 0.5), np.array([[10, 13], [30, 42]])))
    assert head.is_fitted
    assert seen[0] < 0.2
    assert seen[1] > 0.8


def test_what_was_learned_is_forgotten_on_demand():
    torch.manual_seed(0)
    head = QualityHead(3)
    head.fit(np.eye(3), np.ones(3), steps=2)
    before = head.layers[0].weight.clone()
    head.forget()
    assert not head.is_fitted
    assert not torch.equal(head.layers[0].weight, before)


def test_a_number_that_never_varies_does_no_harm():
    torch.manual_seed(0)
    head = QualityHead(2)
    described = np.array([[5.0, 0.0], [5.0, 1.0]])
    head.fit(described, np.array([0.0, 1.0]), steps=100)
    low, high = head.expected(described)
    assert low < 0.5 < high


@settings(max_examples=50, deadline=None)
@given(counts=st.lists(st.integers(0, 12), min_size=1, max_size=4), n_parts=st.integers(1, 4))
def test_every_part_gets_its_share_of_each_class(counts, n_parts):
    """Videos of one class each: no part holds more than one video of a class beyond another part."""
    labels = np.repeat(np.arange(len(counts)), counts)
    present = labels[:, None] == np.arange(len(counts))
    parts = parts_by_class(present, n_parts)
    held = np.array([[np.sum((parts == part) & present[:, c]) for c in range(len(counts))] for part in range(n_parts)])
    assert len(parts) == len(labels)
    assert (held.max(axis=0) - held.min(axis=0) <= 1).all()
