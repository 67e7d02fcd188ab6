"""The hand-written loops learn from the same losses as the methods they are compared with."""

import numpy as np
import torch

from benchmarks.full_run import coactivity, steps_of
from wtal_core.losses.mil import coactivity_loss
from wtal_core.training.config import Stage, TrainingConfig


def test_coactivity_pair_by_pair_is_that_of_all_rows_at_once():
    """Four videos of 5, 3, 1 and 4 snippets; they share class 0 in pairs, class 1 once, class 2 never."""
    torch.manual_seed(0)
    lengths = [5, 3, 1, 4]
    labels = torch.tensor([[1.0, 1.0, 0.0], [1.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], dtype=torch.float64)
    embedding = torch.rand(4, 5, 6, dtype=torch.float64, requires_grad=True)
    cas = torch.randn(4, 5, 3, dtype=torch.float64, requires_grad=True)
    mask = torch.arange(5) < torch.tensor(lengths)[:, None]
    rows = [[each[row, :length] for row, length in enumerate(lengths)] for each in (embedding, cas)]
    by_hand, at_once = coactivity(*rows, labels, 0.5), coactivity_loss(embedding, cas, mask, labels, 0.5)
    assert by_hand > 0
    torch.testing.assert_close(at_once, by_hand)
    for ours, theirs in zip(
        torch.autograd.grad(at_once, (embedding, cas)), torch.autograd.grad(by_hand, (embedding, cas)), strict=True
    ):
        torch.testing.assert_close(ours, theirs)


def test_a_loop_takes_the_steps_and_rates_of_the_trainer():
    """Five videos in batches of 2 are 3 steps a pass; 4 steps at least end within the second pass."""
    stage = Stage(1, 0.1, min_steps=4)
    steps = list(steps_of(stage, TrainingConfig((stage,), batch_size=2), 5, np.random.default_rng(0)))
    assert [len(indices) for indices, _ in steps] == [2, 2, 1, 2]
    assert sorted(index for indices, _ in steps[:3] for index in indices) == [0, 1, 2, 3, 4]
    assert [rate for _, rate in steps] == [0.1] * 4
