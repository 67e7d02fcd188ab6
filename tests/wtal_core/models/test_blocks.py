"""Dropout from 16 bits a unit: as many units as torch's, the same mean, and nothing at test."""

import pytest
import torch

from wtal_core.models.blocks import Dropout


@pytest.mark.parametrize("share", [0.25, 0.6])
def test_the_share_is_dropped_and_the_mean_stays(share):
    """Of 200,000 ones, deviation of the kept share is at most .0011: five of them are .0055."""
    torch.manual_seed(0)
    out = Dropout(share).train()(torch.ones(400, 500))
    kept = out > 0
    assert kept.float().mean().item() == pytest.approx(1 - share, abs=0.0055)
    torch.testing.assert_close(out[kept], torch.full_like(out[kept], 1 / (1 - share)), rtol=1e-4, atol=0)


def test_neighbours_are_dropped_independently():
    """The units of one 64-bit draw are neighbours: both of a pair are kept with probability .4 * .4."""
    torch.manual_seed(0)
    kept = Dropout(0.6).train()(torch.ones(400, 500)) > 0
    assert (kept[:, 1:] & kept[:, :-1]).float().mean().item() == pytest.approx(0.16, abs=0.006)


def test_the_gradient_passes_through_what_was_kept():
    hidden = torch.ones(7, 3, requires_grad=True)
    out = Dropout(0.5).train()(hidden)
    out.sum().backward()
    torch.testing.assert_close(hidden.grad, out.detach())


def test_the_generator_of_the_run_decides_and_a_test_drops_nothing():
    dropout, hidden = Dropout(0.5).train(), torch.ones(5, 5)
    torch.manual_seed(3)
    first = dropout(hidden)
    torch.manual_seed(3)
    assert torch.equal(first, dropout(hidden))
    assert not torch.equal(first, dropout(hidden))
    assert torch.equal(dropout.eval()(hidden), hidden)
