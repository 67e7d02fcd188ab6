"""mixed: its losses by hand, its protocol, and that more labels teach it more."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.wtal_core.training.scenes import at_level, planted
from wtal_core.domain import ActivationSequence, FeatureSequence, SnippetGrid, VideoPrediction
from wtal_core.evaluation import GroundTruth, evaluate
from wtal_core.inference.contrast import Cut
from wtal_core.losses.judged import known_loss
from wtal_core.models import METHODS
from wtal_core.models.method import Setup, configured
from wtal_core.models.mixed import Mixed
from wtal_core.models.mixed_config import MOST_POSITIVE, MixedConfig
from wtal_core.models.mixed_losses import balanced_mil_loss, segmentation_loss
from wtal_core.models.mixed_network import surroundings
from wtal_core.models.mixed_presets import PRESETS
from wtal_core.models.mixed_quality import by_contrast, squashed
from wtal_core.predict import predict
from wtal_core.training import trainer
from wtal_core.training.config import Stage, TrainingConfig
from wtal_core.training.dataset import Instance, TrainingSet
from wtal_core.training.trainer import train

SMALL = MixedConfig(width=16, voters=3, parts=3)


def schedule(steps=30, n_rounds=3):
    stages = METHODS["mixed"].training.stages[:n_rounds]
    return replace(
        METHODS["mixed"].training, stages=tuple(replace(stage, epochs=1, min_steps=steps) for stage in stages)
    )


def fresh(videos, names, config=SMALL, seed=0):
    torch.manual_seed(seed)
    return Mixed(config, Setup(videos[0].features.values.shape[1], names, videos=videos))


def log_probabilities(*rows):
    """One video: rows of probabilities to (1, T, C + 1)."""
    return torch.tensor(rows).log()[None]


def batch_of(videos, module=None):
    project = None if module is None else module.project
    return TrainingSet(videos, project=project).batch(range(len(videos)), None, np.random.default_rng(0))


# -- losses ---------------------------------------------------------------------------------------------------------


def test_a_known_action_is_cross_entropy_and_the_unknown_stays_silent():
    """Two snippets; only the first is known, an action of class 0 with probability 1/4: -log(1/4)."""
    log_p = log_probabilities([0.25, 0.25, 0.5], [0.9, 0.05, 0.05])
    action = torch.tensor([[[True, False], [False, False]]])
    loss = known_loss(log_p, action, torch.zeros_like(action))
    torch.testing.assert_close(loss.item(), math.log(4))


def test_checked_background_of_one_class_leaves_the_others_possible():
    """The snippet is not class 0, so it is class 1 or background: -log(.25 + .5)."""
    log_p = log_probabilities([0.25, 0.25, 0.5])
    background = torch.tensor([[[True, False]]])
    loss = known_loss(log_p, torch.zeros_like(background), background)
    torch.testing.assert_close(loss.item(), -math.log(0.75))


def test_nothing_known_costs_nothing_and_has_a_gradient_of_zero():
    logits = torch.randn(1, 3, 3, requires_grad=True)
    nothing = torch.zeros(1, 3, 2, dtype=torch.bool)
    loss = known_loss(logits.log_softmax(-1), nothing, nothing)
    loss.backward()
    assert loss.item() == 0
    assert not logits.grad.any()


def test_balanced_mil_takes_the_top_for_the_class_and_the_bottom_for_background():
    """Six snippets, shares 1/6 and 1/2. The class is surest of snippet 0 (.8); background is taken from the three
    snippets of the least log-ratio (.1, .1 and .2 of class against .9, .9 and .8)."""
    videos = at_level(*planted(1, n_classes=1, n_snippets=6), level="video")
    p = torch.tensor([0.8, 0.5, 0.4, 0.2, 0.1, 0.1])
    log_p = torch.stack([p, 1 - p], dim=-1).log()[None]
    loss = balanced_mil_loss(log_p, batch_of(videos), 1 / 6, 1 / 2)
    expected = -math.log(0.8) - (2 * math.log(0.9) + math.log(0.8)) / 3
    torch.testing.assert_close(loss.item(), expected)


def test_the_recipe_takes_its_sixth_of_a_video_and_the_other_presets_what_measured_best():
    """RECIPE 2 prints T/6; .42 is of ucf15-dev and the folds (docs/results/mixed.md)."""
    share = {name: configured(METHODS["mixed"], name, {})[0].positive_share for name in (None, *PRESETS)}
    assert share == {None: None, "contrast": None, "quick": None, "recipe": 1 / 6}
    assert MOST_POSITIVE == Mixed(MixedConfig(), Setup(4, ("a",))).positive_share == 0.42


def test_a_larger_share_takes_more_of_a_video_for_each_class_it_holds():
    """Of six snippets the best two of each class at 1/3 and the best four at 2/3; at 1/6 background takes the one whose
    surest class is least ahead of it, the fourth."""
    videos = at_level(*planted(1, n_classes=2, n_snippets=6), level="video")
    p = torch.tensor([[0.8, 0.1], [0.7, 0.1], [0.5, 0.2], [0.3, 0.4], [0.1, 0.6], [0.1, 0.7]])
    log_p = torch.cat([p, 1 - p.sum(1, keepdim=True)], dim=1).log()[None]
    batch = batch_of(videos)
    batch = replace(batch, video_label=torch.ones(1, 2))
    for share, first, second in ((1 / 3, (0.8, 0.7), (0.7, 0.6)), (2 / 3, (0.8, 0.7, 0.5, 0.3), (0.7, 0.6, 0.4, 0.2))):
        own = -sum(sum(math.log(v) for v in each) / len(each) for each in (first, second)) / 2
        loss = balanced_mil_loss(log_p, batch, share, 1 / 6).item()
        torch.testing.assert_close(loss, own - math.log(0.3))


def test_complete_videos_have_no_multiple_instance_loss():
    videos = at_level(*planted(2), level="full")
    log_p = torch.randn(2, 40, 3).log_softmax(-1)
    assert balanced_mil_loss(log_p, batch_of(videos), 1 / 6, 1 / 2).item() == 0


def test_rows_without_a_target_are_not_counted():
    """-log .5 for the one snippet that has a target; the ambiguous one and the padding say nothing."""
    log_p = log_probabilities([0.5, 0.5], [0.9, 0.1], [0.2, 0.8])
    targets = torch.tensor([[[1.0, 0.0], [0.0, 0.0], [0.0, 0.0]]])
    torch.testing.assert_close(segmentation_loss(log_p, targets).item(), math.log(2))


# -- network --------------------------------------------------------------------------------------------------------


def test_clicks_alone_change_the_gradient():
    sequences, labels, names = planted(4)
    gradients = []
    for level in ("video", "one-segment"):
        videos = at_level(sequences, labels, names, level)
        module = fresh(videos, names).train()
        batch = batch_of(videos, module)
        torch.manual_seed(1)
        sum(module.losses(module(batch.features, batch.mask), batch).values()).backward()
        gradients.append(module.networks[0].outlet.weight.grad.clone())
    assert (gradients[0] - gradients[1]).abs().max() > 1e-3


def test_padding_changes_nothing():
    sequences, labels, names = planted(3, n_snippets=30)
    longer, more, _ = planted(1, n_snippets=50, prefix="w")
    videos = at_level([*sequences, *longer], {**labels, **more}, names)
    module = fresh(videos, names).eval()
    batch = batch_of(videos, module)
    together = module(batch.features, batch.mask)
    alone = module(batch.features[:1, :30], batch.mask[:1, :30])
    torch.testing.assert_close(together.cas[:1, :30], alone.cas)
    torch.testing.assert_close(together.background[:1, :30], alone.background)
    torch.testing.assert_close(together.video_scores[:1], alone.video_scores)


def test_the_padding_of_a_batch_has_no_part_in_the_losses():
    sequences, labels, names = planted(2, n_snippets=30)
    videos = at_level(sequences, labels, names, "one-segment")
    module = fresh(videos, names).eval()
    batch = batch_of(videos, module)
    widened = replace(
        batch,
        features=torch.nn.functional.pad(batch.features, (0, 0, 0, 9)),
        mask=torch.nn.functional.pad(batch.mask, (0, 9)),
        action=torch.nn.functional.pad(batch.action, (0, 0, 0, 9)),
        background=torch.nn.functional.pad(batch.background, (0, 0, 0, 9)),
    )
    before, after = (
        (known_loss(log_p, each.action, each.background), balanced_mil_loss(log_p, each, 1 / 6, 1 / 2))
        for each in (batch, widened)
        for log_p in [module.networks[0](each.features, each.mask).log_softmax(-1)]
    )
    torch.testing.assert_close(after, before)


def test_the_projection_turns_and_scales_and_keeps_distances_up_to_one_factor():
    sequences, labels, names = planted(4)
    videos = at_level(sequences, labels, names)
    module = fresh(videos, names)
    x = torch.from_numpy(np.concatenate([each.values for each in sequences]))
    y = module.project(x)
    torch.testing.assert_close(y.mean(dim=0), torch.zeros(12), atol=1e-4, rtol=0)
    torch.testing.assert_close(y.square().mean().item(), 1.0, atol=1e-4, rtol=0)
    ratio = torch.cdist(y[:20], y[20:40]) / torch.cdist(x[:20], x[20:40])
    torch.testing.assert_close(ratio, ratio.mean().expand_as(ratio), rtol=1e-3, atol=1e-3)


def test_surroundings_are_the_mean_of_the_snippets_in_reach_as_far_as_the_video_goes():
    """Five snippets 0 2 4 6 8 with a reach of one: the first sees (0 + 2) / 2, the second (0 + 2 + 4) / 3."""
    x = torch.tensor([[0.0], [2.0], [4.0], [6.0], [8.0]])
    torch.testing.assert_close(surroundings(x, 1), torch.tensor([[1.0], [2.0], [4.0], [6.0], [7.0]]))
    torch.testing.assert_close(surroundings(x, 9), torch.full((5, 1), 4.0))


def test_what_a_snippet_is_seen_against_reaches_the_network():
    """The same snippet in front of itself and in front of something else."""
    network = fresh(at_level(*planted(2)), ("action0", "action1"), replace(SMALL, reach=4)).networks[0].eval()
    x, mask = torch.ones(1, 1, 12), torch.ones(1, 1, dtype=torch.bool)
    alone = network(torch.cat([x, x], dim=-1), mask)
    assert not torch.allclose(network(torch.cat([x, -x], dim=-1), mask), alone)


def test_dropout_keeps_the_mean_and_the_stated_share():
    network = fresh(at_level(*planted(2)), ("action0", "action1")).networks[0].train()
    torch.manual_seed(0)
    dropped = network._dropped(torch.ones(8, 125, 64), 0.25)
    assert dropped.eq(0).float().mean().item() == pytest.approx(0.25, abs=0.01)
    assert dropped.mean().item() == pytest.approx(1.0, abs=0.01)


# -- proposals ------------------------------------------------------------------------------------------------------


def test_a_block_of_action_is_the_best_proposal():
    margin = np.full(30, -4.0)
    margin[10:16] = 4.0
    segments, scores = by_contrast([squashed(margin, 1.0)], Cut(strip=(0.75, 1.0)))
    assert segments[scores.argmax()].tolist() == [10, 16]
    assert scores.max() == pytest.approx(1 / (1 + math.exp(-4)) - 1 / (1 + math.exp(4)))


def test_without_a_learned_order_an_action_may_begin_and_end_between_snippets():
    """Snippets 10 and 15, of probability .27, stand at both ends of a sure block: it is cut inside them."""
    names = ("a",)
    margin = np.full((30, 1), -8.0, np.float32)
    margin[11:15], margin[10], margin[15] = 8.0, -1.0, -1.0
    curves = ActivationSequence(
        "v", names, margin, np.zeros(30, np.float32), SnippetGrid.regular(30, 30_000_000, fps=16)
    )

    def ends(config):
        best = Mixed(config, Setup(4, names)).localize(VideoPrediction(curves, np.ones(1, np.float32)))[0]
        return best.segment.start / 1e6, best.segment.end / 1e6

    fine, coarse = ends(SMALL), ends(replace(SMALL, contrast="coarse", outer_ratio=0.75))
    assert all(abs(each - round(each)) < 1e-6 for each in coarse)
    assert 10 < fine[0] < 11
    assert 15 < fine[1] < 16


@pytest.mark.parametrize("contrast", ["fine", "coarse"])
def test_no_segment_is_proposed_twice(contrast):
    """Both traces of the coarse form are above half in the same snippets."""
    names = ("a",)
    margin = np.full((30, 1), -8.0, np.float32)
    margin[5:9], margin[11:15] = 8.0, 6.0
    curves = ActivationSequence(
        "v", names, margin, np.zeros(30, np.float32), SnippetGrid.regular(30, 30_000_000, fps=16)
    )
    module = Mixed(replace(SMALL, contrast=contrast), Setup(4, names))
    found = [each.segment for each in module.localize(VideoPrediction(curves, np.ones(1, np.float32)))]
    assert len(found) >= 2
    assert len(set(found)) == len(found)


def test_of_two_equal_curves_the_class_the_video_more_likely_holds_comes_first():
    names = ("a", "b")
    margin = np.full((20, 2), -3.0, np.float32)
    margin[5:9] = 3.0
    curves = ActivationSequence("v", names, margin, np.zeros(20, np.float32), SnippetGrid.regular(20, 12_800_000))
    found = Mixed(SMALL, Setup(4, names)).localize(VideoPrediction(curves, np.array([0.4, 0.8], np.float32)))
    best = [next(each for each in found if each.label == name) for name in names]
    assert found[0] == best[1]
    assert best[0].score == pytest.approx(best[1].score / math.sqrt(2))


@pytest.mark.parametrize(("n_snippets", "n_classes"), [(1, 1), (2, 3), (300, 2)])
def test_proposals_are_finite_ordered_and_inside_whatever_the_curves(n_snippets, n_classes):
    rng = np.random.default_rng(0)
    names = tuple(f"c{index}" for index in range(n_classes))
    module = Mixed(SMALL, Setup(4, names))
    grid = SnippetGrid.regular(n_snippets, n_snippets * 640_000)
    for scale in (0.0, 1.0, 50.0):
        cas = (scale * rng.normal(size=(n_snippets, n_classes))).astype(np.float32)
        curves = ActivationSequence("v", names, cas, np.zeros(n_snippets, np.float32), grid)
        found = module.localize(VideoPrediction(curves, np.full(n_classes, 0.5, np.float32)))
        scores = [proposal.score for proposal in found]
        assert scores == sorted(scores, reverse=True)
        assert np.isfinite(scores).all()
        assert all(0 <= each.segment.start < each.segment.end <= grid.extent.end for each in found)


# -- training -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("level", "steps"), [("video", 120), ("one-segment", 40), ("two-segment", 40), ("full", 40)])
def test_it_learns_planted_actions_at_every_level(level, steps):
    sequences, labels, names = planted(16)
    trained = train("mixed", at_level(sequences, labels, names, level), names, training=schedule(steps))
    held_out, truth, _ = planted(8, seed=1, prefix="test")
    assert mean_ap(trained, held_out, truth) > 0.8


def mean_ap(trained, sequences, labels):
    found = {prediction.activation.video_id: proposals for prediction, proposals in predict(trained, sequences)}
    return evaluate(GroundTruth.from_labels(labels.values()), found).average_mAP


def with_distractors(sequences, labels, names, seed):
    """Beside each action a louder burst of the same length that never happens without it: a video label prefers it."""
    rng = np.random.default_rng(seed)
    changed = []
    for sequence in sequences:
        values = sequence.values.copy()
        background = values[:, -1] > 2
        for annotation in labels[sequence.video_id].annotations:
            column = names.index(annotation.label)
            length = round(annotation.segment.duration / 640_000)
            free = [t for t in range(len(values) - length) if background[t : t + length].all()]
            if free:
                first = int(rng.choice(free))
                values[first : first + length, -1] -= 4
                values[first : first + length, len(names) + column] += 7
                background[max(0, first - 1) : first + length + 1] = False
        changed.append(FeatureSequence(sequence.video_id, values, sequence.grid))
    return changed


def test_clicks_raise_map_where_a_video_label_cannot_tell_the_action_from_its_company():
    sequences, labels, names = planted(16, n_snippets=60)
    sequences = with_distractors(sequences, labels, names, 0)
    held_out, truth, _ = planted(8, n_snippets=60, seed=1, prefix="test")
    held_out = with_distractors(held_out, truth, names, 1)
    result = {
        level: mean_ap(
            train("mixed", at_level(sequences, labels, names, level), names, training=schedule(40)),
            held_out,
            truth,
        )
        for level in ("video", "one-segment")
    }
    assert result["one-segment"] > result["video"] + 0.3


def test_one_seed_gives_one_network_and_another_seed_another():
    sequences, labels, names = planted(4)
    videos = at_level(sequences, labels, names, "one-segment")
    first, again, other = (
        train("mixed", videos, names, config=SMALL, training=schedule(5), seed=seed).module.state_dict()
        for seed in (0, 0, 1)
    )
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not all(torch.equal(first[key], other[key]) for key in first)


@pytest.mark.parametrize("stop_at", [2, 7, 12])
def test_a_run_that_is_cut_in_any_round_goes_on_as_if_it_never_was(tmp_path, monkeypatch, stop_at):
    """Rounds of 5 steps: the cuts lie in round 0, 1 and 2; the grown targets must survive."""
    monkeypatch.setattr(trainer, "CHECKPOINT_SECONDS", 0.0)
    sequences, labels, names = planted(4)
    videos = at_level(sequences, labels, names, "one-segment")
    options = {"config": SMALL, "training": schedule(5)}
    whole = train("mixed", videos, names, **options).module.state_dict()

    def cut(progress):
        if progress.step == stop_at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train("mixed", videos, names, **options, checkpoint_dir=tmp_path, progress=cut)
    steps = []
    resumed = train(
        "mixed",
        videos,
        names,
        **options,
        checkpoint_dir=tmp_path,
        resume=True,
        progress=lambda progress: steps.append(progress.step),
    ).module.state_dict()
    assert steps[0] <= stop_at
    assert steps[0] > max(0, stop_at - 2), "it must not begin again"
    assert all(torch.equal(whole[key], resumed[key]) for key in whole)


def test_only_networks_that_saw_the_whole_segmentation_vote():
    """Round 0 has seen clicks alone, so two of three vote; with every boundary known all three do; and after a warm
    start the networks of the earlier run have no vote any more."""
    sequences, labels, names = planted(4)
    clicks = at_level(sequences, labels, names, "one-segment")
    options = {"config": SMALL, "training": schedule(3)}
    clicked = train("mixed", clicks, names, **options)
    full = train("mixed", at_level(sequences, labels, names, "full"), names, **options)
    again = train("mixed", clicks, names, **options, warm_start=clicked)
    assert clicked.module.votes.tolist() == [False, True, True]
    assert full.module.votes.tolist() == [True, True, True]
    assert again.module.votes.tolist() == [True, True, False]


DIVIDED = replace(SMALL, parts=2, part_videos=2, quality_steps=20)


def silent(video, names):
    """A prediction that says nothing."""
    n_snippets = len(video.features.values)
    curves = np.zeros((n_snippets, len(names) + 1), np.float32)
    activation = ActivationSequence(video.video_id, names, curves[:, 1:], curves[:, 0], video.features.grid)
    return VideoPrediction(activation, np.zeros(len(names), np.float32))


def test_a_network_learns_nothing_from_the_part_it_leaves_out():
    sequences, labels, names = planted(8, n_snippets=12)
    videos = at_level(sequences, labels, names, "full")
    module = fresh(videos, names, DIVIDED).train()
    predict_nothing = [silent(video, names) for video in videos]
    for stage in (0, 1):
        module.after_stage(stage, lambda _: predict_nothing, videos)
        module.restart()
    batch = batch_of(videos, module)
    taught = {v.video_id for v, row in zip(videos, module._batch_targets(batch), strict=True) if row.any()}
    assert len(taught) == 4
    assert {names.index(labels[video_id].annotations[0].label) for video_id in taught} == {0, 1}
    module.after_stage(2, lambda _: predict_nothing, videos)
    module.restart()
    others = {v.video_id for v, row in zip(videos, module._batch_targets(batch), strict=True) if row.any()}
    assert others == {video.video_id for video in videos} - taught


@pytest.mark.parametrize(("n_videos", "learned"), [(8, True), (6, False)])
def test_quality_is_learned_where_each_class_has_videos_to_leave_out(n_videos, learned):
    """Two parts of two videos of each class ask for four of each: eight in all."""
    videos = at_level(*planted(n_videos, n_snippets=20), level="one-segment")
    trained = train("mixed", videos, ("action0", "action1"), config=DIVIDED, training=schedule(5, n_rounds=4))
    assert trained.module.quality.is_fitted == learned
    assert trained.module.votes.all()


def test_a_network_stored_before_quality_was_learned_and_surroundings_were_seen_gives_the_same_curves():
    earlier = Mixed(SMALL, Setup(4, ("a",))).eval()
    stored = {key: value for key, value in earlier.state_dict().items() if "quality" not in key}
    module = Mixed(replace(SMALL, reach=16), Setup(4, ("a",))).eval()
    module.load_state_dict(stored)
    assert not module.quality.is_fitted
    x = torch.randn(7, 4, generator=torch.Generator().manual_seed(0))
    mask = torch.ones(1, 7, dtype=torch.bool)
    torch.testing.assert_close(module(module.project(x)[None], mask).cas, earlier(earlier.project(x)[None], mask).cas)


def test_once_ends_are_learned_an_instance_reaches_further_down_its_slope():
    """A margin 0 2 4 6 4 2 0 around a click on the 6. Round 0 keeps what is above .55 x 6 = 3.3, so the two 4s; at a
    share of .3, above 1.8, the two 2s belong to it as well."""
    sequences, labels, names = planted(1, n_snippets=7)
    video = at_level(sequences, labels, names, "one-segment")[0]
    clicked = np.zeros_like(video.action)
    clicked[3, 0] = True
    video = replace(video, action=clicked, instances=(Instance(0, 3, 4, exact=False),))
    margin = np.zeros((7, len(names)), np.float32)
    margin[:, 0] = [0, 2, 4, 6, 4, 2, 0]
    said = silent(video, names)
    said = replace(said, activation=replace(said.activation, cas=margin))
    module = fresh([video], names, replace(SMALL, learned_share=0.3))
    module.after_stage(0, lambda _: [said], [video])
    assert np.flatnonzero(module._targets[video.video_id][:, 0] > 0.5).tolist() == [2, 3, 4]
    module.after_stage(1, lambda _: [said], [video])
    assert np.flatnonzero(module._targets[video.video_id][:, 0] > 0.5).tolist() == [1, 2, 3, 4, 5]


def test_a_run_that_is_cut_while_it_leaves_videos_out_goes_on_as_if_it_never_was(tmp_path, monkeypatch):
    monkeypatch.setattr(trainer, "CHECKPOINT_SECONDS", 0.0)
    sequences, labels, names = planted(8, n_snippets=20)
    videos = at_level(sequences, labels, names, "one-segment")
    options = {"config": DIVIDED, "training": schedule(3, n_rounds=4)}
    whole = train("mixed", videos, names, **options).module.state_dict()

    def cut(progress):
        if progress.step == 11:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train("mixed", videos, names, **options, checkpoint_dir=tmp_path, progress=cut)
    resumed = train("mixed", videos, names, **options, checkpoint_dir=tmp_path, resume=True).module
    again = train("mixed", videos, names, **options, checkpoint_dir=tmp_path, resume=True).module.state_dict()
    assert resumed.quality.is_fitted
    assert all(torch.equal(whole[key], resumed.state_dict()[key]) for key in whole)
    assert all(torch.equal(whole[key], again[key]) for key in whole), "a run that is over is not finished twice"


@pytest.mark.parametrize(
    ("n_videos", "n_classes", "n_features", "n_snippets"), [(1, 1, 2, 1), (3, 1, 3, 2), (2, 2, 5, 9)]
)
@pytest.mark.parametrize("level", ["video", "one-segment", "full"])
def test_the_smallest_projects_train_and_predict(n_videos, n_classes, n_features, n_snippets, level):
    rng = np.random.default_rng(0)
    names = tuple(f"action{index}" for index in range(n_classes))
    sequences, labels, _ = planted(n_videos, n_classes, max(n_features, n_classes + 1), n_snippets)
    videos = at_level(sequences, labels, names, level)
    trained = train("mixed", videos, names, config=SMALL, training=schedule(3))
    unseen = FeatureSequence(
        "new", rng.normal(size=(1, trained.n_features)).astype(np.float32), SnippetGrid.regular(1, 640_000)
    )
    ((prediction, proposals),) = predict(trained, [unseen])
    assert np.isfinite(prediction.activation.margin).all()
    assert all(proposal.segment.end <= 640_000 for proposal in proposals)


def test_a_schedule_without_a_restart_predicts_with_the_network_it_has():
    sequences, labels, names = planted(n_videos=4, n_snippets=12)
    plain = TrainingConfig((Stage(1, 1e-3), Stage(1, 1e-3)), optimizer="adamw")
    trained = train("mixed", at_level(sequences, labels, names), names, training=plain)
    [(prediction, _)] = predict(trained, sequences[:1])
    features = trained.module.project(torch.from_numpy(sequences[0].values))[None]
    expected = trained.module.networks[0](features, torch.ones(1, 12, dtype=torch.bool))[0, :, :-1]
    np.testing.assert_allclose(prediction.activation.cas, expected.detach().numpy(), atol=1e-6)
