"""The losses of segment-level supervision, on numbers worked by hand (FACTS 4)."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from wtal_core.losses.segment import partial_segment_loss, propagation_loss, psi, sphere_loss, squared_segment_loss

ALL = torch.ones(1, 4, dtype=torch.bool)


def labelled(*snippets, length=4):
    mask = torch.zeros(1, length, 1, dtype=torch.bool)
    mask[0, list(snippets), 0] = True
    return mask


def test_the_segment_loss_of_even_logits_is_log_t_per_labelled_snippet():
    """Four equal logits: attention 1/4 each, two labelled: 2 log 4."""
    loss = partial_segment_loss(torch.zeros(1, 4, 1), labelled(1, 2), ALL)
    assert loss.item() == pytest.approx(2 * math.log(4), rel=1e-6)


def test_with_all_attention_on_m_labelled_snippets_the_least_value_is_m_log_m():
    logits = torch.tensor([[[-50.0], [0.0], [0.0], [-50.0]]])
    assert partial_segment_loss(logits, labelled(1, 2), ALL).item() == pytest.approx(2 * math.log(2), rel=1e-6)


def test_padding_takes_no_attention_and_no_label_gives_exactly_zero():
    """The wild logit in the padding must not matter: two real snippets, one labelled: log 2."""
    mask = torch.tensor([[True, True, False, False]])
    logits = torch.tensor([[[0.0], [0.0], [90.0], [90.0]]], requires_grad=True)
    assert partial_segment_loss(logits, labelled(0), mask).item() == pytest.approx(math.log(2), rel=1e-6)
    silent = partial_segment_loss(logits, labelled(), mask)
    silent.backward()
    assert silent.item() == 0.0
    assert not torch.isnan(logits.grad).any()
    assert not logits.grad.any()


def test_the_squared_form_pulls_everything_unlabelled_to_zero():
    """(2 - 1)^2 + (-1)^2 + 0 + 0 = 2."""
    logits = torch.tensor([[[2.0], [-1.0], [0.0], [0.0]]])
    assert squared_segment_loss(logits, labelled(0), ALL).item() == pytest.approx(2.0)


def test_psi_falls_from_one_to_minus_seven_in_four_pieces():
    """FACTS D1: theta 0, pi/4, pi/2, 3 pi/4, pi give 1, -1, -3, -5, -7."""
    theta = torch.tensor([0, 1, 2, 3, 4], dtype=torch.float64) * math.pi / 4
    torch.testing.assert_close(psi(torch.cos(theta)), torch.tensor([1.0, -1, -3, -5, -7]).double(), atol=1e-6, rtol=0)


@given(st.floats(0.0, math.pi), st.floats(0.0, math.pi))
def test_psi_never_rises_with_the_angle(one, other):
    near, far = sorted((one, other))
    values = psi(torch.cos(torch.tensor([near, far], dtype=torch.float64)))
    assert values[0] >= values[1] - 1e-6


def test_the_sphere_loss_of_a_feature_on_its_own_centre():
    """One snippet of length 2 on axis 0, two classes on axes 0 and 1, the video holds class 0 only.
    cos = (1, 0), psi(1) = 1, so the loss is log(1 + e^(2 * 0 - 2 * 1)) = log(1 + e^-2)."""
    embedding = torch.tensor([[[2.0, 0.0]]])
    loss = sphere_loss(
        embedding, torch.zeros(1, 1, 2), torch.eye(2), mask=ALL[:, :1], video_label=torch.tensor([[1.0, 0.0]])
    )
    assert loss.item() == pytest.approx(math.log(1 + math.exp(-2)), rel=1e-5)


def test_a_silent_embedding_gives_log_n_and_a_finite_gradient():
    """|F| = 0: every logit 0, so log of the number of classes (FACTS 4.4)."""
    embedding = torch.zeros(1, 4, 3, requires_grad=True)
    loss = sphere_loss(
        embedding, torch.zeros(1, 4, 2), torch.ones(2, 3), mask=ALL, video_label=torch.tensor([[1.0, 0.0]])
    )
    loss.backward()
    assert loss.item() == pytest.approx(math.log(2), rel=1e-4)
    assert torch.isfinite(embedding.grad).all()


def test_propagation_on_the_golden_of_three_snippets():
    """f = [[1,0],[1,1],[0,1]], c = [0,1,3]: S = [[1,1,0],[1,2,1],[0,1,1]]; pairs (0,1) add 1 and (1,2) add 4, each
    twice: 10 (FACTS 4.5)."""
    embedding = torch.tensor([[[1.0, 0], [1, 1], [0, 1]]])
    scores = torch.tensor([[[0.0], [1], [3]]])
    assert propagation_loss(embedding, scores, ALL[:, :3]).item() == pytest.approx(10.0)


@given(st.integers(0, 2**31))
def test_the_fast_form_equals_the_sum_over_pairs(seed):
    generator = torch.Generator().manual_seed(seed)
    f = torch.rand(2, 6, 3, generator=generator, dtype=torch.float64)
    c = torch.randn(2, 6, 2, generator=generator, dtype=torch.float64)
    mask = torch.tensor([[True] * 6, [True] * 4 + [False] * 2])
    alike = (f @ f.transpose(1, 2)) * mask[:, None] * mask[:, :, None]
    slow = (alike[..., None] * (c[:, :, None] - c[:, None]).square()).sum((1, 2))
    torch.testing.assert_close(propagation_loss(f, c, mask), slow)
