"""What segment-level supervision does with its labels (FACTS 4); its losses are tested with the other losses."""

import math
from dataclasses import replace

import pytest
import torch

from tests.wtal_core.training.scenes import at_level, planted
from wtal_core.losses.segment import propagation_loss
from wtal_core.models.method import Output, Setup, configured
from wtal_core.models.segment_level import ENTRY, SegmentLevel, SegmentLevelConfig
from wtal_core.training.config import Stage, TrainingConfig
from wtal_core.training.dataset import TrainingSet


@pytest.fixture(scope="module")
def batch():
    sequences, labels, names = planted(n_videos=4, n_snippets=16)
    return TrainingSet(at_level(sequences, labels, names, "one-segment")).batch(range(4))


def module(**settings):
    torch.manual_seed(0)
    return SegmentLevel(SegmentLevelConfig(**settings), Setup(12, ("action0", "action1"))).eval()


@pytest.mark.parametrize(
    ("left_out", "missing"),
    [("segment_weight", "segment"), ("sphere_weight", "sphere"), ("propagation_weight", "propagation")],
)
def test_a_weight_of_zero_leaves_a_loss_out_and_the_others_as_they_are(batch, left_out, missing):
    """The eight loss sets of table 1 are these switches."""
    every, fewer = module(), module(**{left_out: 0.0})
    terms = every.losses(every(batch.features, batch.mask), batch)
    rest = fewer.losses(fewer(batch.features, batch.mask), batch)
    assert set(terms) == {"classification", "segment", "sphere", "propagation"}
    torch.testing.assert_close(rest, {name: value for name, value in terms.items() if name != missing})


def test_more_labelled_instances_pool_fewer_snippets():
    """r = 2 Q: of 16 snippets, one instance pools the 8 largest, two the 4 largest; without any, r = 8 pools 2. Scores
    of class 0 are 8 ones and 8 zeros, then 4 and 12: the mean of what is pooled is 1 in each case."""
    for n_instances, n_ones in ((1, 8), (2, 4), (0, 2)):
        scores = torch.zeros(1, 16, 2)
        scores[0, :n_ones, 0] = 1.0
        loss = module()._classification(scores, _labelled(n_instances))
        assert loss.item() == pytest.approx(math.log(1 + math.exp(-1)), rel=1e-5)


def test_the_printed_classification_loss_is_a_mean_over_classes():
    """D0: raw labels, 1/N: half of the cross-entropy where two classes are and one occurs."""
    scores = torch.zeros(1, 16, 2)
    assert module()._classification(scores, _labelled(1)).item() == pytest.approx(math.log(2))
    printed = module(literal_classification=True)._classification(scores, _labelled(1))
    assert printed.item() == pytest.approx(math.log(2) / 2)


def _labelled(n_instances):
    sequences, labels, names = planted(n_videos=1, n_snippets=16)
    made = TrainingSet(at_level(sequences, labels, names)).batch([0])
    return replace(made, n_instances=torch.tensor([[n_instances, 0]]))


def test_the_two_modules_are_averaged(batch):
    found = module()(batch.features, batch.mask)
    both = found.loss_extras["classification"] + found.loss_extras["localization"]
    torch.testing.assert_close(found.cas, both / 2)


def test_propagation_moves_scores_and_never_features(batch):
    """Its mean form holds the similarity fixed: with the features free, they would collapse instead."""
    made = module(segment_weight=0.0, sphere_weight=0.0)
    output: Output = made(batch.features, batch.mask)
    output.loss_extras["embedding"].retain_grad()
    localization = output.loss_extras["localization"].detach().requires_grad_()
    made._propagation(output.loss_extras["embedding"], localization, batch.mask).backward()
    assert output.loss_extras["embedding"].grad is None
    assert localization.grad.abs().sum() > 0


def test_the_printed_propagation_loss_is_the_raw_sum(batch):
    made = module(propagation_scale="literal", propagation_weight=1.0)
    output = made(batch.features, batch.mask)
    used = output.loss_extras
    expected = propagation_loss(used["embedding"], used["localization"], batch.mask).sum(1).mean()
    torch.testing.assert_close(made.losses(output, batch)["propagation"], expected)


def test_the_published_form_is_w_talcs_constant_rate_and_crop():
    """FACTS 4.6: unstated, so 1e-4, weight decay 5e-4, batches of 10, at most 750 snippets."""
    config, training = configured(ENTRY, "published")
    assert training == TrainingConfig((Stage(200, 1e-4),), weight_decay=5e-4, batch_size=10, max_length=750)
    assert (config.width, config.dropout) == (2048, 0.7)
