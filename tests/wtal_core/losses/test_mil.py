"""W-TALC's losses by hand."""

import math

import torch

from wtal_core.losses.masked import masked_mean, masked_softmax, mid_range, top_k_mean
from wtal_core.losses.mil import coactivity_loss, one_class_loss, video_cross_entropy, video_probabilities


def test_video_cross_entropy_splits_a_video_between_its_classes():
    """Logits 0 and log 3: p = 1/4, 3/4. Both classes: the mean of log 4 and log 4/3; no class: 0."""
    logits = torch.tensor([[0.0, math.log(3)]] * 2)
    loss = video_cross_entropy(logits, torch.tensor([[1.0, 1.0], [0.0, 0.0]]))
    torch.testing.assert_close(loss, torch.tensor((math.log(4) + math.log(4 / 3)) / 2 / 2))


def test_coactivity_of_two_videos_by_hand():
    """Two snippets each, attention all on the first (logits 100, 0). Video 1 is e1 where active and e2 where idle,
    video 2 the other way round: d(H1, H2) = 1, d(H1, L2) = d(L1, H2) = 0, so both hinges are 1.5."""
    embedding = torch.tensor([[[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]]])
    cas = torch.tensor([[[100.0], [0.0]]] * 2)
    mask = torch.ones(2, 2, dtype=torch.bool)
    torch.testing.assert_close(coactivity_loss(embedding, cas, mask, torch.ones(2, 1)), torch.tensor(1.5))
    same = embedding[[0, 0]]  # alike where active, unlike elsewhere: 0 - 1 + .5 is below 0
    torch.testing.assert_close(coactivity_loss(same, cas, mask, torch.ones(2, 1)), torch.tensor(0.0))


def test_coactivity_looks_at_shared_classes_and_real_snippets_only():
    """The two videos of the test above, now with padding of another video's looks, and a second class that only video 2
    holds: still 1.5. With that class in both videos and equal scores everywhere, H = L there: each hinge is .5."""
    embedding = torch.tensor([[[1.0, 0.0], [0.0, 1.0], [7.0, -9.0]], [[0.0, 1.0], [1.0, 0.0], [5.0, 5.0]]])
    cas = torch.tensor([[[100.0, 0.0], [0.0, 0.0], [900.0, 900.0]]] * 2)
    mask = torch.tensor([[True, True, False]] * 2)
    one_shared = coactivity_loss(embedding, cas, mask, torch.tensor([[1.0, 0.0], [1.0, 1.0]]))
    torch.testing.assert_close(one_shared, torch.tensor(1.5))
    both_shared = coactivity_loss(embedding, cas, mask, torch.ones(2, 2))
    torch.testing.assert_close(both_shared, torch.tensor((1.5 + 0.5) / 2))


def test_videos_that_share_no_class_have_no_coactivity():
    loss = coactivity_loss(torch.rand(2, 3, 4), torch.rand(2, 3, 2), torch.ones(2, 3, dtype=torch.bool), torch.eye(2))
    assert loss == 0


def test_masked_sums_never_see_the_padding():
    values = torch.tensor([[[1.0], [5.0], [3.0], [99.0]]])
    mask = torch.tensor([[True, True, True, False]])
    assert masked_mean(values, mask).tolist() == [[3.0]]
    assert mid_range(values, mask).tolist() == [[[3.0]]]
    assert masked_softmax(values, mask)[0, 3, 0] == 0
    assert top_k_mean(values, mask, torch.tensor([2])).tolist() == [[4.0]]


def test_every_video_pools_its_own_number_of_snippets():
    values = torch.tensor([[[4.0], [2.0], [0.0]], [[9.0], [3.0], [6.0]]])
    mask = torch.ones(2, 3, dtype=torch.bool)
    assert top_k_mean(values, mask, torch.tensor([1, 3])).tolist() == [[4.0], [6.0]]


def test_one_class_is_held_against_background():
    """Scores 2 2 0 0 of four snippets, share 2: the top half has logit 2, the rest 0. With the class
    log(1 + e^-2) + log 2, without it log(1 + e^2) + log 2; a lone snippet is all there is and has no rest."""
    cas = torch.tensor([[2.0, 2.0, 0.0, 0.0], [2.0, 2.0, 0.0, 0.0], [2.0, 9.0, 9.0, 9.0]])[..., None]
    mask = torch.tensor([[True] * 4, [True] * 4, [True] + [False] * 3])
    loss = one_class_loss(cas, mask, torch.tensor([[1.0], [0.0], [1.0]]), share=2)
    with_class, without = math.log1p(math.exp(-2)) + math.log(2), math.log1p(math.exp(2)) + math.log(2)
    torch.testing.assert_close(loss, torch.tensor((with_class + without + math.log1p(math.exp(-2))) / 3))


def test_probabilities_of_classes_add_up_and_one_class_is_not_always_certain():
    assert video_probabilities(torch.tensor([[0.0, 0.0]])).tolist() == [[0.5, 0.5]]
    assert video_probabilities(torch.tensor([[0.0], [100.0]])).tolist() == [[0.5], [1.0]]
