"""Forms of the threshold regularizer and of the gate, by hand; the papers' golden numbers are in the methods' tests."""

import pytest
import torch

from wtal_core.losses.gated import gate_of, threshold_regularizer, video_logits

S = torch.tensor([[[2.0, -1.0], [0.0, 1.0], [-2.0, 0.5]]])
B = torch.tensor([[0.5, -0.5, 1.0]])
MASK = torch.ones(1, 3, dtype=torch.bool)
Y = torch.tensor([[1.0, 0.0]])


def slope(form, s, b):
    """Value of a one-snippet video and its slope in s."""
    scores = torch.tensor([[[s]]], requires_grad=True)
    mask = torch.ones(1, 1, dtype=torch.bool)
    loss = threshold_regularizer(scores, torch.tensor([[b]]), mask, torch.ones(1, 1), form=form)
    loss.backward()
    return loss.item(), scores.grad.item()


def test_printed_norms_reward_size_on_the_wrong_side_and_held_norms_do_not():
    """s = 2, b = .5: product 1, hinge 2, norms 1, value 2 either way. Printed: 1 + 1 / (s b), slope -1 / (s^2 b) = -.5,
    so a descent makes s larger, away from where the product is negative. Held: slope b / norms = +.5."""
    assert slope("inner", 2.0, 0.5) == pytest.approx((2.0, -0.5), abs=1e-6)
    assert slope("inner_held", 2.0, 0.5) == pytest.approx((2.0, 0.5), abs=1e-6)


def test_held_norms_keep_the_golden_value_of_the_printed_form():
    held = threshold_regularizer(S, B, MASK, Y, form="inner_held", margin=0.5)
    torch.testing.assert_close(held, torch.tensor(0.577350), atol=1e-6, rtol=0)


def test_norms_of_every_snippet_as_lpat_prints_them():
    """Products 1, 0, -2 and margin .5: 1.5 / 1.001, .5 / .001 and 0."""
    loss = threshold_regularizer(S, B, MASK, Y, form="per_snippet", margin=0.5)
    torch.testing.assert_close(loss, torch.tensor(1.5 / 1.001 + 500.0))


@pytest.mark.parametrize("form", ["inner", "inner_held", "per_snippet", "l1", "l2", "l2_whole", "cosine"])
def test_every_form_is_finite_where_all_is_zero_and_blind_to_padding(form):
    zero = torch.zeros(1, 3, 2, requires_grad=True)
    loss = threshold_regularizer(zero, torch.zeros(1, 3), MASK, Y, form=form)
    loss.backward()
    assert torch.isfinite(loss) and torch.isfinite(zero.grad).all()
    longer = torch.cat([S, torch.full((1, 2, 2), 70.0)], 1), torch.cat([B, torch.full((1, 2), 9.0)], 1)
    padded = threshold_regularizer(*longer, torch.arange(5)[None] < 3, Y, form=form)
    torch.testing.assert_close(padded, threshold_regularizer(S, B, MASK, Y, form=form))


def test_a_hard_gate_that_nothing_passes_pools_to_zero():
    gate = gate_of(S - 100, "straight_through")
    assert video_logits(S, B, gate, MASK)[0].tolist() == pytest.approx([0.0, 0.0, 1 / 3])
