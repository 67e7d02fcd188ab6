"""A trained method over sequences of any length, in their order."""

import numpy as np
import pytest
import torch

from wtal_core.domain import FeatureSequence, SnippetGrid
from wtal_core.inference.fusion import FusionRule
from wtal_core.models import METHODS
from wtal_core.models.method import Setup
from wtal_core.predict import BATCH_SNIPPETS, predict
from wtal_core.training.cells import GridMismatch
from wtal_core.training.checkpoint import TrainedMethod


@pytest.fixture(scope="module")
def trained():
    torch.manual_seed(0)
    entry = METHODS["ttc_loc"]
    names = ("a", "b")
    module = entry.build(entry.config(width=8), Setup(6, names)).eval()
    return TrainedMethod("ttc_loc", entry.config(width=8), names, {}, 6, entry.training, module)


def sequence(name, n_snippets, n_features=6, value=None):
    rng = np.random.default_rng(n_snippets)
    values = rng.normal(size=(n_snippets, n_features)).astype(np.float32) if value is None else value
    return FeatureSequence(name, values, SnippetGrid.regular(n_snippets, n_snippets * 640_000))


def test_predictions_come_in_the_given_order_and_do_not_depend_on_what_is_beside_them(trained):
    lengths = [7, 300, 1, 45, 7, *range(2, 90)]
    sequences = [sequence(f"v{index}", length) for index, length in enumerate(lengths)]
    together = list(predict(trained, iter(sequences)))
    assert [made.activation.video_id for made, _ in together] == [each.video_id for each in sequences]
    for index in (0, 1, 2, 50):
        [(alone, _)] = predict(trained, [sequences[index]])
        np.testing.assert_allclose(alone.activation.cas, together[index][0].activation.cas, atol=1e-6)
        np.testing.assert_allclose(alone.video_scores, together[index][0].video_scores, atol=1e-6)


def test_a_hundred_thousand_snippets_are_one_prediction(trained):
    [(made, proposals)] = predict(trained, [sequence("long", 100_000)])
    assert made.activation.cas.shape == (100_000, 2)
    assert BATCH_SNIPPETS < 100_000
    assert proposals


def test_features_of_another_width_are_refused(trained):
    with pytest.raises(ValueError, match=r"v has 5 features a snippet.*trained with 6"):
        list(predict(trained, [sequence("v", 3, n_features=5)]))


def test_features_with_nan_are_refused_by_name(trained):
    with pytest.raises(ValueError, match="broken: the features hold NaN"):
        list(predict(trained, [sequence("broken", 2, value=np.full((2, 6), np.nan, np.float32))]))


def test_features_of_another_length_than_their_video_are_refused(trained):
    grid = SnippetGrid.regular(100, 30_000_000)
    with pytest.raises(GridMismatch, match="100 snippets"):
        list(predict(trained, [FeatureSequence("v", np.zeros((100, 6), np.float32), grid)]))


@pytest.mark.parametrize("name", list(METHODS))
def test_any_method_can_have_its_candidates_fused(name):
    """The classes stay those the method itself proposes, overlapping proposals of a class are gone, best first."""
    torch.manual_seed(0)
    entry, names = METHODS[name], ("a", "b")
    module = entry.build(entry.config(), Setup(6, names)).eval()
    trained = TrainedMethod(name, entry.config(), names, {}, 6, entry.training, module)
    [(_, own)] = predict(trained, [sequence("v", 60)])
    [(_, fused)] = predict(trained, [sequence("v", 60)], fusion=FusionRule("nms", iou_threshold=0.3))
    assert {each.label for each in fused} <= {each.label for each in own}
    assert [each.score for each in fused] == sorted((each.score for each in fused), reverse=True)
    for index, one in enumerate(fused):
        assert all(one.segment.tiou(two.segment) <= 0.3 for two in fused[index + 1 :] if two.label == one.label)
