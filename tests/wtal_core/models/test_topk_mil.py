"""W-TALC's network, pooling and inference (FACTS 1)."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.wtal_core.training.scenes import one_class_videos
from wtal_core.domain import ActivationSequence, SnippetGrid, VideoPrediction
from wtal_core.inference.mid_range import top_share_means
from wtal_core.models import METHODS
from wtal_core.models.method import Setup
from wtal_core.models.topk_mil import TopKMil, TopKMilConfig, smoothed
from wtal_core.predict import predict
from wtal_core.training.config import Stage
from wtal_core.training.trainer import train

SETUP = Setup(4, ("a", "b"))


def prediction(cas):
    cas = np.array(cas, np.float32)
    threshold = np.broadcast_to((cas.max(0) + cas.min(0)) / 2, cas.shape).astype(np.float32)
    grid = SnippetGrid.regular(len(cas), len(cas) * 640_000)
    return VideoPrediction(ActivationSequence("v", ("a", "b"), cas, threshold, grid), np.zeros(2, np.float32)), grid


def test_pooling_rounds_up_while_training_and_down_at_test():
    module = TopKMil(TopKMilConfig(), SETUP)
    lengths = torch.tensor([1, 8, 9, 17])
    assert module.train()._k(lengths).tolist() == [1, 1, 2, 3]
    assert module.eval()._k(lengths).tolist() == [1, 1, 1, 2]
    assert top_share_means(np.arange(17, dtype=np.float32)[:, None]).tolist() == [15.5]


def test_runs_above_the_mid_range_of_at_least_two_snippets_are_proposed():
    """Class a: 0 4 4 0 4 0, mid-range 2, class score 4: the pair is kept, the single is not; b stays below 0."""
    made, grid = prediction([[0, -1], [4, -1], [4, -2], [0, -1], [4, -3], [0, -1]])
    [found] = TopKMil(TopKMilConfig(), SETUP).localize(made)
    assert (found.label, found.segment) == ("a", grid.segment(1, 3))
    assert found.score == pytest.approx(4 + 0.7 * 4)


def test_a_constant_trace_proposes_nothing():
    assert TopKMil(TopKMilConfig(), SETUP).localize(prediction([[1.0, 1.0]] * 4)[0]) == []


def test_a_smoothed_trace_is_cut_at_its_own_mid_range():
    """0 0 6 0 0 over three snippets: in the middle of a window, the fitted line is at its mean, 2."""
    activation = prediction([[0, 0], [0, 0], [6, 0], [0, 0], [0, 0]])[0].activation
    found = smoothed(activation, 4)  # an even window loses one
    np.testing.assert_allclose(found.cas[1:4, 0], [2, 2, 2], atol=1e-6)
    np.testing.assert_allclose(found.threshold[:, 0], (found.cas[:, 0].max() + found.cas[:, 0].min()) / 2)
    assert smoothed(activation, 2) is activation
    assert smoothed(prediction([[1, 1]])[0].activation, 351).cas.tolist() == [[1, 1]]


@pytest.mark.parametrize(("method", "level"), [("topk_mil", "video"), ("segment_level", "one-segment")])
def test_the_only_class_there_is_can_be_told_from_background(method, level):
    """The mean score inside is above the threshold, outside below; videos without the class have a low video score."""
    sequences, videos = one_class_videos(level)
    training = replace(METHODS[method].training, stages=(Stage(20, 3e-3),), batch_size=4)
    found = [each for each, _ in predict(train(method, videos, ("action0",), training=training), sequences)]
    holds = [video for video in range(len(videos)) if videos[video].video_label[0]]
    cas = np.concatenate([found[video].activation.cas[:, 0] for video in holds])
    inside = np.concatenate([sequences[video].values[:, 0] > 2 for video in holds])
    assert cas[inside].mean() > 0 > cas[~inside].mean()
    scores = np.array([each.video_scores[0] for each in found])
    assert scores[holds].min() > 0.5 > np.delete(scores, holds).max()


def test_the_layers_see_real_snippets_only():
    """Videos of 5 and 3 snippets are 8 rows in every layer, and the padding of the CAS is 0."""
    module, rows = TopKMil(TopKMilConfig(), SETUP).eval(), []
    for layer in (module.hidden, module.head):
        layer.register_forward_hook(lambda _, given, made: rows.append((len(given[0]), len(made))))
    features, mask = torch.rand(2, 5, 4), torch.tensor([[True] * 5, [True] * 3 + [False] * 2])
    output = module(features, mask)
    assert rows == [(8, 8), (8, 8)]
    assert output.loss_extras["owner"].tolist() == [0] * 5 + [1] * 3
    assert not output.cas[1, 3:].any()
    torch.testing.assert_close(output.cas[1, :3], module.head(torch.relu(module.hidden(features[1, :3]))))


def test_attention_pooling_weighs_snippets_and_learns_a_sparse_attention():
    module = TopKMil(TopKMilConfig(pooling="attention", similarity=0.0), SETUP).eval()
    features, mask = torch.rand(2, 5, 4), torch.tensor([[True] * 5, [True] * 3 + [False] * 2])
    output = module(features, mask)
    attention = output.extras["attention"]
    assert attention.shape == (2, 5)
    assert not attention[1, 3:].any()
    plain = module.head(torch.relu(module.hidden(features)))
    expected = (attention[..., None] * plain).sum(1) / attention.sum(1, keepdim=True)
    torch.testing.assert_close(output.loss_extras["video_logits"], expected, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(output.cas, attention[..., None] * plain)
