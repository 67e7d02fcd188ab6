"""ACN's equations, worked by hand (FACTS 5), and its inference."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.wtal_core.training.scenes import at_level, one_class_videos, planted
from wtal_core.domain import ActivationSequence, SnippetGrid, VideoPrediction
from wtal_core.models import METHODS
from wtal_core.models.acn import Acn, AcnConfig, coherence_loss, fuse_streams
from wtal_core.models.acn_anchors import (
    AnchorNetwork,
    Proposals,
    RunningSum,
    best_sizes,
    coherence,
    outer_inner,
    regressed,
)
from wtal_core.models.method import Setup, configured, projected
from wtal_core.predict import predict
from wtal_core.training.config import Stage
from wtal_core.training.dataset import TrainingSet
from wtal_core.training.trainer import train

SCORES = torch.tensor([0.1, 0.1, 0.2, 0.8, 0.9, 0.7, 0.2, 0.1])[None, :, None]
FEATURES = torch.tensor([[1, 0], [1, 0], [1, 0], [0, 1], [0, 1], [1, 1], [1, 0], [1, 0]]).float()[None]
EVERY = torch.ones(1, 8, dtype=torch.bool)


def proposal(start, end, strip=1.0):
    ends = (start, end, start - strip, end + strip)
    return Proposals(*(torch.tensor([[[float(each)]]]) for each in ends), torch.ones(1, 1, 1, dtype=torch.bool))


def test_the_golden_numbers_of_the_coherence_loss():
    """x = (3, 5), X = (2, 6): outside (.2 + .2) / 2 = .2, inside .8, so L_OIC = -.6; R_s (.5, .5), R_e (1, .5), R_a
    (1/3, 1) give L_c = .800767; .6 * -.6 + .4 * (.800767 - 1) = -.439693."""
    given = proposal(3, 5)
    contrast, alike = outer_inner(given, SCORES, EVERY), coherence(given, FEATURES, EVERY)
    assert contrast.item() == pytest.approx(-0.6)
    assert alike.item() == pytest.approx(0.800767, abs=1e-6)
    assert coherence_loss(given, SCORES, alike, EVERY, 0.6).item() == pytest.approx(-0.439693, abs=1e-6)
    assert (contrast.item() + 1) / 2 == pytest.approx(0.2), "AutoLoc's form of the same"


def test_sums_reach_into_a_snippet_and_never_outside_of_the_video():
    """Values 1 2 4: from .5 to 1 included is half of 1 and all of 2; from -3 to 9 is all of it; padding counts 0."""
    total = RunningSum(torch.tensor([[[1.0], [2.0], [4.0], [100.0]]]), torch.tensor([[True, True, True, False]]))
    start, end = torch.tensor([[0.5, -3.0, 2.0, 5.0]]), torch.tensor([[1.0, 9.0, 2.25, 6.0]])
    assert total.between(start, end)[0, :, 0].tolist() == [2.5, 7.0, 4.0, 0.0]


def test_the_gradient_of_the_contrast_is_the_one_autoloc_derives():
    """dx_s = (S(x_s) - Lo) / n_o - (Li - S(x_s)) / n_i plus, for the strip moves along, (Lo - S(X_s)) / n_o; here at
    x = (3.5, 5.25): snippet 3 holds x_s, 2 holds X_s, and the outer area is 2 snippets long."""
    start, end = torch.tensor([[[3.5]]], requires_grad=True), torch.tensor([[[5.25]]], requires_grad=True)
    given = Proposals(start, end, start - 1, end + 1, torch.ones(1, 1, 1, dtype=torch.bool))
    loss = outer_inner(given, SCORES, EVERY)
    loss.sum().backward()
    inner = (0.5 * 0.8 + 0.9 + 0.7 + 0.25 * 0.2) / 2.75
    outer = (0.5 * 0.2 + 0.5 * 0.8 + 0.75 * 0.2 + 0.25 * 0.1) / 2
    assert loss.item() == pytest.approx(outer - inner, abs=1e-6)
    assert start.grad.item() == pytest.approx((0.8 - outer) / 2 - (inner - 0.8) / 2.75 + (outer - 0.2) / 2, abs=1e-5)
    assert end.grad.item() == pytest.approx((outer - 0.2) / 2 - (0.2 - inner) / 2.75 + (0.1 - outer) / 2, abs=1e-5)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=12), st.data())
def test_at_whole_numbers_sums_are_plain_sums_and_losses_stay_in_their_range(values, data):
    last = len(values) - 1
    start = data.draw(st.integers(0, last))
    end = data.draw(st.integers(start, last))
    scores, mask = torch.tensor(values)[None, :, None], torch.ones(1, len(values), dtype=torch.bool)
    ends = torch.tensor([[float(start)]]), torch.tensor([[float(end)]])
    assert RunningSum(scores, mask).between(*ends).item() == pytest.approx(sum(values[start : end + 1]), abs=1e-5)
    assert -1 - 1e-5 <= outer_inner(proposal(start, end), scores, mask).item() <= 1 + 1e-5
    assert -1e-5 <= coherence(proposal(start, end), scores, mask).item() <= 1 + 1e-5


def test_areas_without_features_are_like_nothing_and_have_finite_gradients():
    start = torch.tensor([[[2.5]]], requires_grad=True)
    given = Proposals(start, start + 1, start - 1, start + 2, torch.ones(1, 1, 1, dtype=torch.bool))
    alike = coherence(given, torch.zeros(1, 8, 2), EVERY)
    alike.sum().backward()
    assert alike.item() == 0
    assert torch.isfinite(start.grad).all()


def test_anchors_lie_around_their_snippet_and_a_short_video_has_no_large_one():
    """Sizes 1, 2, 4 in 4 snippets: [t, t + 1], [t - 1, t + 1], and 4 + 1 snippets fit nowhere. Zero moves nothing."""
    mask = torch.tensor([[True] * 4 + [False]])
    found = regressed(torch.zeros(1, 5, 3, 2), (1, 2, 4), mask)
    assert found.valid[0].T.tolist() == [[True] * 3 + [False] * 2, [False, True, True, False, False], [False] * 5]
    assert (found.start[0, 1, :2].tolist(), found.end[0, 1, :2].tolist()) == ([1, 0], [2, 2])
    assert (found.outer_start[0, 1, :2].tolist(), found.outer_end[0, 1, :2].tolist()) == ([0, -1], [3, 3])


def test_each_boundary_is_moved_by_what_is_said_where_it_is():
    """The anchor of size 4 around snippet 3 is [1, 5]. logit(3/4) moves by a quarter of 4. Read at the boundary, the
    start moves when snippet 1 says so; read at the centre, when snippet 3 does."""
    said = torch.zeros(1, 8, 1, 2)
    said[0, 1, 0, 0], said[0, 3, 0, 1] = np.log(3), np.log(3)
    at_boundary = regressed(said, (4,), EVERY)
    at_centre = regressed(said, (4,), EVERY, "centre")
    assert (at_boundary.start[0, 3].item(), at_boundary.end[0, 3].item()) == (pytest.approx(2), pytest.approx(5))
    assert (at_centre.start[0, 3].item(), at_centre.end[0, 3].item()) == (pytest.approx(1), pytest.approx(6))


@pytest.mark.parametrize(("anchor", "reach"), [(1, 2), (4, 2), (8, 4), (32, 16)])
def test_a_regression_network_sees_its_anchor(anchor, reach):
    """Two convolutions of dilation max(1, P / 4): P / 2 snippets on either side from P = 4 on."""
    network, features = AnchorNetwork(3, 5, anchor), torch.ones(1, 41, 3, requires_grad=True)
    for weight in network.parameters():
        torch.nn.init.constant_(weight, 0.1)  # so that no unit is off
    network(features, torch.ones(1, 41, dtype=torch.bool))[0, 20].sum().backward()
    seen = features.grad[0].abs().sum(-1).nonzero()[:, 0]
    assert (seen.min().item(), seen.max().item()) == (20 - reach, 20 + reach)


def test_the_best_size_around_a_snippet_is_the_least_loss_among_those_that_fit():
    loss = torch.tensor([3.0, 1.0, 2.0])[None, None, :, None]
    least, size = best_sizes(loss, torch.tensor([[[True, False, True]]]))
    assert (least.item(), size.item()) == (2, 2)
    assert best_sizes(loss, torch.zeros(1, 1, 3, dtype=torch.bool))[0].isinf().all()


def test_the_other_stream_counts_half_and_only_where_flow_has_nothing():
    """IoU of (0, 10) with (2, 10) is .8: it goes; (20, 30) stays at half; without flow proposals all stay."""
    flow = np.array([[0.0, 10.0]]), np.array([0.5])
    rgb = np.array([[2.0, 10.0], [20.0, 30.0], [40.0, 50.0]]), np.array([1.0, 0.8, -0.2])
    segments, scores = fuse_streams(flow, [rgb], 2.0, 0.4)
    assert segments.tolist() == [[0, 10], [20, 30], [40, 50]]
    assert scores.tolist() == [0.5, 0.4, -0.2]
    assert len(fuse_streams((np.empty((0, 2)), np.empty(0)), [rgb], 2.0, 0.4)[0]) == 3


def schedule(*n_epochs, learning_rate=1e-3):
    stages = tuple(Stage(each, learning_rate) for each in n_epochs)
    return replace(METHODS["acn"].training, stages=stages)


def two_streams(n_videos=4):
    sequences, labels, names = planted(n_videos, n_snippets=24)
    return [replace(each, streams={"rgb": (0, 6), "flow": (6, 12)}) for each in sequences], labels, names


def test_streams_are_trained_apart_and_one_can_be_used_alone():
    sequences, labels, names = two_streams()
    videos, training = at_level(sequences, labels, names), schedule(1, 1)
    alone = train("acn", videos, names, config=AcnConfig(streams="rgb"), training=training)
    assert list(alone.history[0]) == ["rgb_classification", "total"]
    assert list(alone.history[-1]) == ["rgb_coherence", "total"]
    [(prediction, _), *_] = predict(alone, sequences)
    assert not any(name.startswith("flow") for name in prediction.extras)
    both = train("acn", videos, names, training=training)
    assert list(both.history[-1]) == ["rgb_coherence", "flow_coherence", "total"]
    with pytest.raises(ValueError, match="the features have rgb"):
        Acn(AcnConfig(streams="flow"), Setup(6, names, {"rgb": (0, 6)}))


def test_heads_stand_still_while_boundaries_are_learned():
    sequences, labels, names = two_streams()
    source = TrainingSet(at_level(sequences, labels, names))
    module = Acn(AcnConfig(), Setup(12, names, sequences[0].streams)).train()
    batch = source.batch(range(4))
    sum(module.losses(module(batch.features, batch.mask), batch).values()).backward()
    moved = {name.split(".")[2] for name, each in module.named_parameters() if each.grad is not None}
    assert moved == {"hidden", "classifier", "attention"}
    module.zero_grad()
    module.after_stage(0, None, ())
    sum(module.losses(module(batch.features, batch.mask), batch).values()).backward()
    moved = {name.split(".")[2] for name, each in module.named_parameters() if each.grad is not None}
    assert moved == {"anchors"}


def test_padding_changes_neither_the_coherence_loss_nor_its_gradient():
    sequences, labels, names = two_streams()
    batch = TrainingSet(at_level(sequences, labels, names)).batch(range(4))
    torch.manual_seed(0)
    module = Acn(AcnConfig(head_dropout=0.0), Setup(12, names, sequences[0].streams)).train()
    module.after_stage(0, None, ())
    pad = torch.nn.functional.pad
    wide = replace(batch, features=pad(batch.features, (0, 0, 0, 5), value=50.0), mask=pad(batch.mask, (0, 5)))
    found = []
    for each in (batch, wide):
        module.zero_grad()
        terms = module.losses(module(each.features, each.mask), each)
        sum(terms.values()).backward()
        found.append((terms, {name: p.grad for name, p in module.named_parameters() if p.grad is not None}))
    torch.testing.assert_close(found[1], found[0], atol=1e-5, rtol=1e-4)


def test_attention_weighs_snippets_or_is_held_against_an_even_share_or_the_published_thresholds():
    """Attention 0 and 6: logistic of -3 and 3. The softmax is .0025 and .9975 of two snippets, so an even share keeps
    the second. As raw numbers, 6 is enough for flow (5) and not for RGB (7). While training, nothing is left out."""
    attention, mask = torch.tensor([[0.0, 6.0]]), torch.ones(1, 2, dtype=torch.bool)
    given = attention, attention.softmax(1), mask
    setup = Setup(12, ("a",), {"rgb": (0, 6), "flow": (6, 12)})
    weighted, relative, absolute, none = (
        Acn(AcnConfig(attention=rule), setup).eval() for rule in ("weighted", "relative", "absolute", "none")
    )
    torch.testing.assert_close(weighted._foreground("rgb", *given), torch.tensor([[-3.0, 3.0]]).sigmoid())
    assert relative._foreground("rgb", *given).tolist() == [[False, True]]
    assert absolute._foreground("rgb", *given).tolist() == [[False, False]]
    assert absolute._foreground("flow", *given).tolist() == [[False, True]]
    assert none._foreground("rgb", *given).all()
    assert absolute.train()._foreground("rgb", *given).all()


def test_the_only_class_there_is_can_be_told_from_background_where_some_videos_lack_it():
    sequences, videos = one_class_videos()
    trained = train("acn", videos, ("action0",), training=schedule(30, 1, learning_rate=3e-2))
    inside, outside = [], []
    for (prediction, _), video in zip(predict(trained, sequences), videos, strict=True):
        action = video.features.values[:, 0] > 2
        inside += prediction.extras["all_scp"][action, 0].tolist()
        outside += prediction.extras["all_scp"][~action, 0].tolist()
    assert np.mean(inside) > 3 * np.mean(outside)


def test_a_video_shorter_than_every_anchor_has_curves_and_no_proposals():
    module = Acn(AcnConfig(), Setup(12, ("a", "b"))).eval()
    output = module(torch.ones(1, 1, 12), torch.ones(1, 1, dtype=torch.bool))
    grid = SnippetGrid.regular(1, 640_000)
    extras = {name: value[0].detach().float().numpy() for name, value in output.extras.items()}
    cas, threshold = output.cas[0].detach().numpy(), output.background[0].detach().numpy()
    prediction = VideoPrediction(
        ActivationSequence("v", ("a", "b"), cas, threshold, grid), output.video_scores[0].detach().numpy(), extras
    )
    assert not output.extras["all_valid"].any()
    assert module.localize(prediction) == []
    runs = replace(module.config, localization="runs")
    module.config = runs
    assert len(module.localize(prediction)) == 2, "the heads alone can still say what a single snippet shows"


def test_features_are_of_one_size_before_they_are_compared():
    sequences, labels, names = planted(4)
    videos = at_level(sequences, labels, names)
    setup = Setup(12, names, {}, videos)
    centred = projected(Acn(AcnConfig(), setup), torch.from_numpy(np.concatenate([s.values for s in sequences])))
    raw = projected(Acn(AcnConfig(centred=False), setup), torch.from_numpy(sequences[0].values))
    assert centred.mean(0).abs().max() < 1e-5
    ratio = raw / torch.from_numpy(sequences[0].values)
    torch.testing.assert_close(ratio, ratio[0, 0].expand_as(ratio))


def test_the_published_schedule_takes_from_autoloc_what_the_paper_leaves_out():
    """SGD at 1e-3, a tenth after each of three epochs, batches of four; a weight decay of 5e-4 is AutoLoc's."""
    _, training = configured(METHODS["acn"], "thumos14")
    assert (training.optimizer, training.weight_decay, training.batch_size) == ("sgd", 5e-4, 4)
    assert [(stage.epochs, stage.learning_rate) for stage in training.stages[1:]] == [
        (1, pytest.approx(1e-3)),
        (1, pytest.approx(1e-4)),
        (1, pytest.approx(1e-5)),
    ]
