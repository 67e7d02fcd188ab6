"""GauFuse: labels of a known trace, what they teach and whom, and its base left as it is (FACTS 7)."""

from copy import deepcopy
from dataclasses import field, fields, make_dataclass, replace
from fractions import Fraction

import numpy as np
import pytest
import torch

from tests.wtal_core.training.scenes import at_level, planted
from wtal_core.domain import ActivationSequence, SnippetGrid, VideoPrediction
from wtal_core.inference.contrast import Cut
from wtal_core.inference.fusion import FusionRule
from wtal_core.inference.proposals import to_proposals
from wtal_core.inference.scoring import GAUFUSE_STRIP
from wtal_core.inference.thresholds import NINETEEN_LEVELS
from wtal_core.models import METHODS
from wtal_core.models.gaufuse import GauFuse, has_learned_order, mean_output, schedule
from wtal_core.models.gaufuse_config import BASES, GauFuseConfig, traces_of
from wtal_core.models.gaufuse_form import BALANCED_FORM, FORMS, PAPER_FORM, Form
from wtal_core.models.gaufuse_labels import Program, change, pseudo_label
from wtal_core.models.gaufuse_losses import branches, label_loss, with_rest
from wtal_core.models.gaufuse_presets import PRESETS
from wtal_core.models.method import Output, Setup, configured
from wtal_core.models.mixed_quality import N_DESCRIBED
from wtal_core.models.rskp_config import LOW_SHARES, THRESHOLDS
from wtal_core.predict import predict
from wtal_core.training import trainer
from wtal_core.training.config import from_data, to_data
from wtal_core.training.dataset import TrainingSet
from wtal_core.training.trainer import train

ENTRY = METHODS["gaufuse"]
TRACE = np.array([0.1, 0.1, 0.9, 0.9, 0.9, 0.1, 0.1, 0.1])
CUT = Cut(levels=(0.5,), scale="absolute")


@pytest.fixture(scope="module")
def scene():
    sequences, labels, names = planted(n_videos=6, n_snippets=24)
    return at_level(sequences, labels, names, "video"), names


def short(**settings):
    """Two passes of the base and two label stages of one."""
    chosen = {"label_epochs": (1, 1), "base_settings": ("training.steps=1",), **settings}
    return configured(ENTRY, None, chosen)


def quick(**settings):
    """As :func:`short`, and not some hundred steps in a label stage, which over some bases are the least."""
    return short(label_steps=0, **settings)


def test_the_label_of_one_instance_is_its_contrast_on_its_snippets():
    """(2, 5) with contrast .9 - .1 = .8; the least y with mean .8 inside and 0 outside is .8 inside."""
    label = pseudo_label(TRACE[:, None], [0], CUT, FusionRule(), Program())
    np.testing.assert_allclose(label[:, 0], [0, 0, 0.8, 0.8, 0.8, 0, 0, 0], atol=1e-6)
    peak = pseudo_label(TRACE[:, None], [0], CUT, FusionRule(), Program(to_peak=True))
    np.testing.assert_allclose(peak[:, 0], [0, 0, 1, 1, 1, 0, 0, 0], atol=1e-6)


def test_classes_that_are_not_kept_have_no_label():
    both = np.stack([TRACE, TRACE], axis=1)
    label = pseudo_label(both, [1], CUT, FusionRule(), Program())
    assert not label[:, 0].any()
    assert label[:, 1].any()


def test_without_the_linear_program_a_snippet_has_the_score_of_its_best_instance():
    """Levels .3 and .7 of a trace with a shoulder: (1, 6) of contrast .48, (2, 5) of .6 - .04 apart stay two."""
    trace = np.array([0.0, 0.4, 0.8, 0.8, 0.8, 0.4, 0.0, 0.0])
    cut = Cut(levels=(0.3, 0.7), scale="absolute", strip=(0.01, 1.0))
    rule = FusionRule("nms", iou_threshold=0.9)
    label = pseudo_label(trace[:, None], [0], cut, rule, Program(solved=False))[:, 0]
    wide, narrow = (3 * 0.8 + 2 * 0.4) / 5, 0.8 - 0.4
    np.testing.assert_allclose(label, [0, wide, wide, wide, wide, wide, 0, 0], atol=1e-6)
    assert wide > narrow


def test_the_gradient_of_the_label_loss_is_that_of_equation_7():
    """dL/dz[t, c] = (P[t, c] sum y[t] - y[t, c]) / T."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(1, 5, 3, generator=generator, requires_grad=True)
    target = torch.rand(1, 5, 3, generator=generator) - 0.3  # a change may be negative
    mask = torch.ones(1, 5, dtype=torch.bool)
    label_loss(logits, target, mask, torch.tensor([5])).backward()
    expected = (logits.detach().softmax(-1) * target.sum(-1, keepdim=True) - target) / 5
    torch.testing.assert_close(logits.grad, expected)


def test_the_background_gets_what_labels_lack_to_one_weighed_as_much_as_they_are():
    """Labels 1 and .5 of four snippets and one of padding lack 0, .5, 1, 1: together 2.5, to be 1.5."""
    label = torch.tensor([[[1.0], [0.5], [0.0], [0.0], [0.0]]])
    mask = torch.tensor([[True, True, True, True, False]])
    assert with_rest(label, mask, "silent")[0, :, 1].tolist() == [0, 0, 0, 0, 0]
    assert with_rest(label, mask, "background")[0, :, 1].tolist() == [0, 0.5, 1, 1, 0]
    torch.testing.assert_close(
        with_rest(label, mask, "balanced")[0], torch.tensor([[1, 0], [0.5, 0.3], [0, 0.6], [0, 0.6], [0, 0.0]])
    )
    nothing = with_rest(torch.zeros(1, 5, 1), mask, "balanced")
    assert not nothing.any()  # a video without a label teaches no background either


def test_what_a_base_asks_for_gives_way_to_what_is_said():
    own = {"label_weight": (0.1,), "rest": "balanced", "test": "own", "test_levels": "both", "beside": True}
    second = {"anew": True, "label_epochs": (20,), "label_steps": 300, "label_rate": (1.0,)}
    assert GauFuseConfig().form == replace(PAPER_FORM, **own, **second)
    for preset in PRESETS:
        config, training = configured(METHODS["gaufuse"], preset, {})
        assert not any(stage.reset_optimizer for stage in training.stages)
        published = config.form
        told = {name: getattr(config, name) for name in Form.__dataclass_fields__}
        assert not [name for name, value in told.items() if value in (None, (), "auto")], (
            "a preset leaves it to the base"
        )
        assert (published.rest, published.anew, published.test_strip) == ("silent", False, (0.0785, 0.9))
        assert not published.beside
        assert (published.test_levels, published.test_contrast, config.test_cut.also) == ("absolute", "trace", None)
    assert GauFuseConfig(base="topk_mil").form == BALANCED_FORM
    said = GauFuseConfig(base="topk_mil", label_weight=(2.0,), rest="silent", class_power=0.0)
    other = {"label_weight": (2.0,), "rest": "silent", "class_power": 0.0}
    assert said.form == replace(BALANCED_FORM, **other)
    stages = GauFuseConfig(label_epochs=(4,), label_steps=0, label_rate=(1.0,), label_final=0.5, anew=True).form
    assert (stages.label_epochs, stages.label_steps, stages.label_final, stages.anew) == ((4,), 0, 0.5, True)


def test_the_strips_at_test_are_their_own():
    config = GauFuseConfig(base="topk_mil", strip=(0.25, 1.0), test_strip=(0.75, 1.0))
    assert (config.cut.strip, config.test_cut.strip) == ((0.25, 1.0), (0.75, 1.0))
    assert (config.cut.upsample, config.test_cut.upsample) == (1, 4)
    assert GauFuseConfig(strip=(0.25, 1.0)).test_cut.strip == GAUFUSE_STRIP
    with pytest.raises(ValueError, match=r"test_strip is two positive numbers, got \(1\.0,\)"):
        GauFuseConfig(test_strip=(1.0,))


def test_thresholds_in_labels_and_at_test_are_chosen_apart():
    over_rskp = GauFuseConfig()
    assert (over_rskp.cut.scale, over_rskp.cut.levels, over_rskp.cut.also) == ("absolute", THRESHOLDS, None)
    assert (over_rskp.test_cut.levels, over_rskp.test_cut.also.levels) == (THRESHOLDS, LOW_SHARES)
    other = GauFuseConfig(base="topk_mil", levels="both", test_levels="absolute")
    assert (other.cut.levels, other.cut.also.levels) == (THRESHOLDS, LOW_SHARES)
    assert (other.test_cut.scale, other.test_cut.levels, other.test_cut.also) == ("absolute", THRESHOLDS, None)
    assert GauFuseConfig(base="topk_mil").test_cut.levels == NINETEEN_LEVELS


def test_a_class_that_wins_clearly_is_scored_above_one_that_barely_wins_where_both_contrasts_count():
    """Two actions whose softmax is near 1; s - b is 4 over one and 9 over the other."""
    margin = np.full((40, 1), -4.0, np.float32)
    margin[5:12], margin[25:32] = 4.0, 9.0
    grid = SnippetGrid(Fraction(1), 40, 40_000_000)  # a snippet a second
    activation = ActivationSequence("v", ("jump",), margin, np.zeros(40, np.float32), grid)
    prediction = VideoPrediction(activation, np.ones(1, np.float32), {})

    def found(**settings):
        module = GauFuse(GauFuseConfig(base="ttc_loc", **settings), Setup(12, ("jump",))).eval()
        module.base.localize = lambda prediction: to_proposals("jump", np.array([[0, 1]]), np.array([1.0]), grid)
        return module.localize(prediction)

    by_both, by_trace = found(), found(test_contrast="trace")
    assert by_trace[0].score / by_trace[1].score < 1.05
    assert by_both[0].segment.start > 20_000_000
    np.testing.assert_allclose(by_both[0].score / by_both[1].score, 1.5, rtol=0.05)  # the root of 9 / 4


def test_fusion_asked_for_at_test_is_made_and_scored_as_over_its_base(scene):
    """Its own rule asked for changes nothing, another one changes scores."""
    videos, names = scene
    config, training = quick(base="ttc_loc")
    trained = train("gaufuse", videos, names, config=config, training=training)
    sequences = [video.features for video in videos]
    own = [proposals for _, proposals in predict(trained, sequences)]
    assert any(own)
    assert [proposals for _, proposals in predict(trained, sequences, fusion=config.test_rule)] == own
    uniform = replace(config.test_rule, template="uniform")
    assert [proposals for _, proposals in predict(trained, sequences, fusion=uniform)] != own


def test_a_base_that_has_learned_to_order_its_proposals_keeps_them(scene):
    """The quality of ``mixed``, before and after it is fitted; told to, it is fused all the same."""
    videos, names = scene
    module = GauFuse(short(base="mixed")[0], Setup(12, names, {}, videos)).eval()
    assert not has_learned_order(module.base)
    module.base.quality.fit(np.random.default_rng(0).random((8, N_DESCRIBED)), np.linspace(0, 1, 8), 1)
    assert has_learned_order(module.base)
    module.base.localize = lambda prediction: ["own"]
    assert module.localize(None) == ["own"]


def test_a_change_is_clipped_before_it_is_weighed():
    now, before = torch.tensor([3.0, 0.5]), torch.tensor([1.0, 0.75])
    assert change(now, before, 2.0).tolist() == [2.0, -0.5]
    assert change(now, before, 0.0).tolist() == [3.0, 0.5]


def test_where_each_class_has_its_own_threshold_scores_learn_against_zero():
    """A mid-range threshold is an extreme of the curve itself; a predicted one is the background and learns, too."""
    cas, threshold = torch.full((1, 4, 2), 3.0), torch.ones(1, 4, 2)
    [(share, logits)] = branches(Output(cas, threshold, torch.zeros(1, 2)))
    assert share == 1
    assert logits[0, 0].tolist() == [3, 3, 0]
    [(_, logits)] = branches(Output(cas, threshold[..., 0], torch.zeros(1, 2)))
    assert logits[0, 0].tolist() == [2, 2, 0]


def test_over_other_bases_classes_and_background_share_what_is_thresholded():
    """Scores 0 and log 3 against a background of 0: shares 1/5 and 3/5; sigmoid(s - b) would give 1/2 and 3/4. A
    threshold of its own for each class is no background: with that of the second at log 3, 0 still is."""
    grid = SnippetGrid(Fraction(1), 2, 2_000_000)
    cas = np.array([[0.0, np.log(3)]] * 2, np.float32)
    one = VideoPrediction(ActivationSequence("v", ("a", "b"), cas, np.zeros(2, np.float32), grid), np.ones(2))
    np.testing.assert_allclose(traces_of(None, one, 0.8), [[0.2, 0.6]] * 2, rtol=1e-6)
    np.testing.assert_allclose(traces_of(None, one, 0.8, "gate"), [[0.5, 0.75]] * 2, rtol=1e-6)
    own = VideoPrediction(ActivationSequence("v", ("a", "b"), cas, cas, grid), np.ones(2))
    np.testing.assert_allclose(traces_of(None, own, 0.8), [[0.2, 0.6]] * 2, rtol=1e-6)


def test_nobody_is_taught_where_a_person_has_spoken(scene):
    """The same batch with one snippet of each video marked: only the others take part."""
    videos, names = scene
    config, _ = short(base="mixed", rest="silent")
    module = GauFuse(config, Setup(12, names, {}, videos)).train()
    module.round.fill_(0)
    module._targets = {each.video_id: torch.ones(24, 2) for each in videos}
    batch = TrainingSet(videos, project=module.project).batch([0, 1])
    marked = batch.background.clone()
    marked[:, :12] = True
    torch.manual_seed(0)
    free = module.losses(module(batch.features, batch.mask), batch)["distillation"]
    half = replace(batch, background=marked)
    torch.manual_seed(0)
    spoken = module.losses(module(half.features, half.mask), half)["distillation"]
    complete = replace(batch, is_complete=torch.ones(2, dtype=torch.bool))
    silent = module.losses(module(complete.features, complete.mask), complete)["distillation"]
    assert 0 < spoken < free
    assert silent == 0


def test_the_label_stages_follow_those_of_the_base():
    config, training = short(base="mixed", label_rate=(0.5, 0.25), label_epochs=(3, 4), anew=False)
    base = config.base_training
    n_base = len(base.stages)
    assert training.stages[:n_base] == base.stages
    assert training.batch_size == base.batch_size
    label = training.stages[n_base:]
    assert [stage.epochs for stage in label] == [3, 4]
    peak = base.stages[-1].learning_rate
    assert [stage.learning_rate for stage in label] == pytest.approx([0.5 * peak, 0.25 * peak])
    assert not any(stage.restart for stage in label)


def test_over_mixed_a_fresh_network_learns_from_the_labels_as_those_before_it_learned():
    config = GauFuseConfig(base="mixed")
    *base, last = schedule(config).stages
    assert tuple(base) == config.base_training.stages
    assert last == replace(base[-1], restart=True, reset_optimizer=True, warmup=0.0)


def test_settings_of_the_base_reach_it_and_wrong_ones_are_refused():
    config, training = configured(ENTRY, None, {"base": "topk_mil", "base_settings": "width=16,training.epochs=7"})
    assert config.base_config.width == 16
    assert training.stages[0].epochs == 7
    with pytest.raises(ValueError, match="no setting 'depth'"):
        GauFuseConfig(base="topk_mil", base_settings=("depth=3",))
    with pytest.raises(ValueError, match="NAME=VALUE"):
        GauFuseConfig(base_settings=("width",))
    with pytest.raises(ValueError, match="no preset 'fast'"):
        GauFuseConfig(base_preset="fast")


def test_schedules_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="2 values for 3 label stages"):
        schedule(GauFuseConfig(label_epochs=(1, 1, 1), temperature=(0.1, 0.2)))
    with pytest.raises(ValueError, match="must begin with 0"):
        GauFuseConfig(delta=(2.0,))


@pytest.mark.parametrize("name", list(ENTRY.presets))
def test_published_presets_are_a_schedule(name):
    config, training = configured(ENTRY, name)
    assert len(training.stages) == len(config.base_training.stages) + 6
    assert sum(stage.epochs for stage in training.stages) == 350


def test_the_learning_rate_of_the_code_falls_four_times():
    """FACTS 7.3, counted from 1: 5e-5 to epoch 80, 4e-5 to 200, 2.048e-5 to 245, 5.12e-7 to 260, then 2.56e-7."""
    _, training = configured(ENTRY, "code")
    rates = [stage.rate(0, 1) for stage in training.stages for _ in range(stage.epochs)]
    changes = [epoch + 1 for epoch in range(1, 350) if rates[epoch] != rates[epoch - 1]]
    assert changes == [81, 201, 246, 261]
    assert [rates[epoch - 1] for epoch in (1, *changes)] == pytest.approx([5e-5, 4e-5, 2.048e-5, 5.12e-7, 2.56e-7])
    assert not any(stage.restart or stage.reset_optimizer for stage in training.stages)


def attended(class_score):
    """Eight snippets of one class at .9 and the background at .1 in both branches, attended to from 2 to 4 only."""
    frames = np.tile(np.log(np.array([0.9, 0.1], np.float32)), (8, 1))
    attention = np.array([0, 0, 1, 1, 1, 0, 0, 0], np.float32)
    curves = ActivationSequence("v00", ("a",), frames[:, :1], frames[:, 1], SnippetGrid(Fraction(1), 8, 8_000_000))
    extras = {"plain": frames, "spread": frames, "attention": attention}
    return VideoPrediction(curves, np.array([class_score], np.float32), extras)


@pytest.mark.parametrize(("class_score", "background"), [(0.8, 0.1), (0.9, 0.0)])
def test_the_column_of_the_background_has_a_label_where_its_video_score_reaches_the_threshold(class_score, background):
    """One instance (2, 5) of contrast .9 in the class's column and .1 in the background's. Of video scores that sum to
    1 the background has .2, over the threshold of .16, or .1, under it."""
    config = GauFuseConfig(gated=False, rest="silent", label_background=True)
    module = GauFuse(config, Setup(12, ("a",), {}))
    label = module._label(None, attended(class_score), 0)
    np.testing.assert_allclose(label[:, 0], [0, 0, 0.9, 0.9, 0.9, 0, 0, 0], atol=1e-6)
    np.testing.assert_allclose(label[:, 1], [0, 0, *[background] * 3, 0, 0, 0], atol=1e-6)
    module.config = replace(config, label_background=False)
    np.testing.assert_array_equal(module._label(None, attended(class_score), 0), label[:, :1])


def in_label_stage(scene, **settings):
    """A GauFuse over RSKP that labels every snippet as background, and what it says of two videos in training."""
    videos, names = scene
    remembers = {"base_settings": ("training.steps=1", "memory_from=1")}
    module = GauFuse(short(rest="silent", **remembers, **settings)[0], Setup(12, names, {}, videos)).train()
    module.base.has_memory.fill_(True)
    module.round.fill_(0)
    label = torch.zeros(24, len(names) + int(module.config.label_background))
    label[:, -1] = 1.0
    module._targets = {each.video_id: label for each in videos}
    batch = TrainingSet(videos).batch([0, 1])
    torch.manual_seed(0)
    return module, module(batch.features, batch.mask), batch


def test_a_label_of_the_background_is_what_its_column_learns(scene):
    """Cross-entropy towards 1 at every snippet: -log P[background], .8 of it in the plain branch, .2 in the walked."""
    module, output, batch = in_label_stage(scene, label_background=True, label_weight=(3.0,))
    plain, spread = (
        -output.loss_extras[f"{name}.frames"].log_softmax(-1)[..., -1].mean() for name in ("plain", "spread")
    )
    torch.testing.assert_close(module.losses(output, batch)["distillation"], 3 * (0.8 * plain + 0.2 * spread))


def test_in_the_label_stages_of_the_code_the_walk_weighs_one_again(scene):
    """lam_s: .5 with the memory, 1 from epoch 201 on. A held-out fold is measured as the base measures it."""
    config = configured(ENTRY, "code")[0]
    assert config.label_propagation * config.base_config.late_propagation_weight == 1
    module, output, batch = in_label_stage(scene, label_propagation=2.0, beside=False)
    base = deepcopy(module.base)
    base.config = replace(base.config, late_propagation_weight=1.0)
    assert module.losses(output, batch)["propagation"] == base.losses(output, batch)["propagation"]
    held_out, its_base = (deepcopy(each).eval().losses(output, batch) for each in (module, module.base))
    assert held_out["propagation"] == its_base["propagation"]


def test_what_is_about_columns_of_rskp_is_refused_over_other_bases():
    with pytest.raises(ValueError, match="which topk_mil does not have; leave them at false and 1"):
        GauFuseConfig(base="topk_mil", rest="silent", label_background=True)
    with pytest.raises(ValueError, match="which mixed does not have"):
        GauFuseConfig(base="mixed", label_propagation=2.0)
    with pytest.raises(ValueError, match="rest=balanced both say what the background learns; set rest to silent"):
        GauFuseConfig(label_background=True)


@pytest.mark.parametrize("base", list(BASES))
def test_every_base_learns_at_all_its_levels_and_keeps_its_own_proposals_if_asked(base):
    sequences, labels, names = planted(n_videos=4, n_snippets=16)
    for level in BASES[base].levels:
        config, training = quick(base=base, test="own", levels="shares")
        videos = at_level(sequences, labels, names, level.value)
        trained = train("gaufuse", videos, names, config=config, training=training)
        assert trained.module.levels == BASES[base].levels
        assert int(trained.module.round) == 1
    [(prediction, proposals)] = predict(trained, sequences[:1])
    assert proposals == trained.module.base.localize(prediction)


def test_a_fresh_network_for_the_labels_keeps_the_labels(scene):
    videos, names = scene
    config, training = short(anew=True)
    module = GauFuse(config, Setup(12, names, {}, videos))
    before = module.base.embedding.weight.detach().clone()
    module._labels = {"v00": torch.ones(24, 2)}
    module.base.memory_scores.fill_(1.0)
    module.base.has_memory.fill_(True)
    module.restart()
    assert not module.base.has_memory
    assert not torch.equal(module.base.embedding.weight, before)
    assert (module.base.memory_scores == -1).all()
    assert "labels/v00" in module.extra_state()
    n_base = len(config.base_training.stages)
    assert [stage.restart for stage in training.stages[n_base:]] == [True, False]


def test_two_networks_say_the_mean_of_what_each_says_and_the_learner_alone_bears_the_losses():
    one, two = (
        Output(
            torch.full((1, 2, 1), value),
            torch.full((1, 2), 2 * value),
            torch.full((1, 1), value / 10),
            {"attention": torch.full((1, 2), value)},
            {"own": torch.tensor(value)},
        )
        for value in (1.0, 3.0)
    )
    both = mean_output(one, two)
    assert (both.cas == 2).all()
    assert (both.background == 4).all()
    torch.testing.assert_close(both.video_scores, torch.tensor([[0.2]]))
    assert (both.extras["attention"] == 2).all()
    assert both.loss_extras["own"] == 1


@pytest.mark.parametrize("base", [name for name in BASES if name != "mixed"])
def test_the_network_of_before_the_labels_keeps_a_say_beside_the_one_that_learns_from_them(base, scene):
    """It is what the base alone learns from the same seed; before there are labels, nobody stands beside."""
    videos, names = scene
    config, training = quick(base=base, beside=True)
    alone = configured(BASES[base], None, {"training.steps": 1})
    trained = train("gaufuse", videos, names, config=config, training=training, seed=3)
    of_base = train(base, videos, names, config=alone[0], training=alone[1], seed=3)
    module, batch = trained.module, TrainingSet(videos, project=getattr(trained.module, "project", None)).batch([0, 1])
    before = module.before(batch.features, batch.mask)
    torch.testing.assert_close(before.cas, of_base.module(batch.features, batch.mask).cas)
    after, both = module.base(batch.features, batch.mask), module(batch.features, batch.mask)
    assert not torch.equal(after.cas, before.cas)
    torch.testing.assert_close(both.cas, (after.cas + before.cas) / 2)
    module.round.fill_(-1)
    torch.testing.assert_close(module(batch.features, batch.mask).cas, after.cas)


@pytest.mark.parametrize(
    ("memory_from", "anew", "has_one"),
    [(1, False, True), (2, False, False), (2, True, True), (3, True, False), (0, True, False)],
)
def test_a_base_that_had_no_memory_before_the_labels_begins_none_with_them(memory_from, anew, has_one, scene):
    """One pass of the base, then two label stages of one; a fresh network counts its passes anew."""
    videos, names = scene
    settings = ("training.steps=1", f"memory_from={memory_from}")
    config, training = short(base_settings=settings, anew=anew, beside=False, label_steps=0)
    module = train("gaufuse", videos, names, config=config, training=training).module
    assert bool(module.base.has_memory) == has_one
    assert int(module.age) == (2 if anew else 3)


def test_a_warm_start_begins_before_the_labels_and_without_a_memory(scene):
    """The earlier run ended in its second label stage, with a memory; this one has none until its third pass."""
    videos, names = scene
    config, training = short(base_settings=("training.steps=1", "memory_from=1"), label_steps=0, anew=False)
    earlier = train("gaufuse", videos, names, config=config, training=training)
    assert (int(earlier.module.round), bool(earlier.module.base.has_memory)) == (1, True)
    later, _ = short(base_settings=("training.steps=1", "memory_from=3"), label_steps=0, anew=False)
    warm = train("gaufuse", videos, names, config=later, training=training, warm_start=earlier).module
    assert (int(warm.round), int(warm.age), bool(warm.base.has_memory)) == (1, 3, False)
    alike = train("gaufuse", videos, names, config=config, training=training, warm_start=earlier).module
    assert bool(alike.base.has_memory)


def test_over_an_ensemble_the_network_of_the_labels_is_one_voter_more(scene):
    videos, names = scene
    for beside in (True, False):
        config, training = quick(base="mixed", beside=beside)
        module = train("gaufuse", videos, names, config=config, training=training).module
        assert module.before is None
        assert module.base.votes.tolist() == [True] * (4 + beside)


def test_the_voters_beside_the_one_of_the_labels_are_those_of_the_base_alone(scene):
    """Rounds 2 to 5 of six, which are all that vote without it; the first of five slots holds the last of them."""
    videos, names = scene
    config, training = quick(base="mixed", beside=True)
    networks = train("gaufuse", videos, names, config=config, training=training, seed=5).module.base.networks
    config, training = configured(BASES["mixed"], None, {"training.steps": 1})
    alone = train("mixed", videos, names, config=config, training=training, seed=5).module.networks
    for ours, theirs in ((2, 2), (3, 3), (4, 0), (0, 1)):
        assert networks[ours].state_dict().keys() == alone[theirs].state_dict().keys()
        for name, value in alone[theirs].state_dict().items():
            torch.testing.assert_close(networks[ours].state_dict()[name], value, msg=f"{ours}: {name}")


@pytest.mark.parametrize("base", ["rskp", "mixed"])
def test_a_run_that_was_stored_when_nobody_stood_beside_says_what_it_said(base, scene):
    videos, names = scene
    config, training = quick(base=base, beside=False)
    earlier = train("gaufuse", videos, names, config=config, training=training).module
    now = GauFuse(replace(config, beside=True), Setup(12, names, {}, videos)).eval()
    now.load_state_dict(earlier.state_dict())
    batch = TrainingSet(videos, project=getattr(earlier, "project", None)).batch([0, 1])
    then, said = (module(batch.features, batch.mask) for module in (earlier, now))
    torch.testing.assert_close(said.cas, then.cas)
    torch.testing.assert_close(said.video_scores, then.video_scores)


class Stop(Exception):
    """Raised by a progress callback that wants the run to end."""


@pytest.mark.parametrize("stop_at", [2, 3])
def test_a_run_goes_on_from_its_labels(scene, tmp_path, monkeypatch, stop_at):
    """One step a pass: the base, labels, labels renewed. Interrupted at either label stage, the end is the same."""
    monkeypatch.setattr(trainer, "CHECKPOINT_SECONDS", 0.0)
    videos, names = scene
    config, training = quick(delta=(0.0, 2.0))
    settings = {"config": config, "training": training, "seed": 3}
    whole = train("gaufuse", videos, names, **settings)

    def stop(told):
        if told.step == stop_at:
            raise Stop

    with pytest.raises(Stop):
        train("gaufuse", videos, names, checkpoint_dir=tmp_path, progress=stop, **settings)
    resumed = train("gaufuse", videos, names, checkpoint_dir=tmp_path, resume=True, **settings)
    assert "distillation" in whole.history[-1]
    assert whole.history == resumed.history
    for key, value in whole.module.state_dict().items():
        assert torch.equal(value, resumed.module.state_dict()[key]), key


def test_what_a_base_decides_by_the_labels_is_among_its_settings():
    sequences, labels, names = planted(n_videos=4, n_snippets=16)
    for level, gate in (("video", "softsign"), ("full", "sigmoid")):
        config, training = quick(base="ttc_loc")
        trained = train("gaufuse", at_level(sequences, labels, names, level), names, config=config, training=training)
        assert trained.config.base_settings[0] == "training.steps=1"
        assert f"gate={gate}" in trained.config.base_settings
        assert trained.module.base.gate == gate


@pytest.mark.parametrize("settings", [(), ("training.epochs=7", "training.bucket=2")], ids=["none", "training"])
@pytest.mark.parametrize("base", list(BASES))
def test_a_run_keeps_the_settings_of_its_base_when_others_become_the_default(base, settings, monkeypatch):
    chosen = GauFuseConfig(base=base, base_settings=settings)
    expected, training = to_data(chosen.base_config), chosen.base_training
    stored = to_data(ENTRY.resolved(chosen, []))
    assert stored["base_settings"][: len(settings)] == list(settings)
    numbers = [each for each in fields(BASES[base].config) if each.type == "float"]
    changed = [(each.name, float, field(default=each.default / 2)) for each in numbers]
    other = make_dataclass("Other", changed, bases=(BASES[base].config,), frozen=True)
    monkeypatch.setitem(BASES, base, replace(BASES[base], config=other))
    assert to_data(chosen.base_config) != expected
    decided = {"ttc_loc": {"gate": "softsign"}, "mixed": {"positive_share": 0.42}}  # by the labels
    assert to_data(from_data(GauFuseConfig, stored).base_config) == expected | decided.get(base, {})
    assert from_data(GauFuseConfig, stored).base_training == training


@pytest.mark.parametrize("base", list(BASES))
def test_a_run_keeps_the_form_it_was_trained_in_when_another_becomes_the_default(base, monkeypatch):
    for settings in ({}, {"anew": False}, {"beside": True, "anew": True}):
        chosen = short(base=base, **settings)[0]
        resolved = ENTRY.resolved(chosen, [])
        form = chosen.form
        assert resolved.form == form
        assert resolved.test == "auto"
        assert ENTRY.resolved(resolved, []) == resolved
        with monkeypatch.context() as other:
            other.setitem(FORMS, base, PAPER_FORM)
            assert replace(resolved.form, test="fused") == replace(form, test="fused")


def test_an_interrupted_run_of_another_form_or_number_of_voters_is_not_gone_on_with(scene, tmp_path, monkeypatch):
    monkeypatch.setattr(trainer, "CHECKPOINT_SECONDS", 0.0)
    videos, names = scene
    config, training = quick(base="mixed")
    train("gaufuse", videos, names, config=config, training=training, checkpoint_dir=tmp_path)
    with monkeypatch.context() as earlier:
        earlier.setitem(FORMS, "mixed", replace(FORMS["mixed"], label_weight=(7.0,)))
        with pytest.raises(ValueError, match=r"belongs to another run \(its config differ"):
            train("gaufuse", videos, names, config=config, training=training, checkpoint_dir=tmp_path, resume=True)
    module = GauFuse(config, Setup(12, names, {}, videos))
    with pytest.raises(ValueError, match="has 4 voters and this one 5; start without resume"):
        module.load_extra_state({"base/stage": torch.tensor(1), "base/left_out": torch.tensor([-1] * 4)})


def test_over_an_ensemble_a_network_that_goes_on_cannot_stand_beside(scene):
    assert not GauFuseConfig(base="mixed", anew=False).form.beside
    with pytest.raises(ValueError, match="takes its place; set anew to true, or leave beside out"):
        GauFuseConfig(base="mixed", anew=False, beside=True)
    videos, names = scene
    config, training = quick(base="mixed")
    over_mixed = train("gaufuse", videos, names, config=config, training=training)
    config, training = quick(base="topk_mil")
    with pytest.raises(ValueError, match="the earlier network has another shape; train from scratch"):
        train("gaufuse", videos, names, config=config, training=training, warm_start=over_mixed)


def test_a_held_out_fold_measures_the_network_that_learns_alone(scene):
    videos, names = scene
    config, training = quick(base="topk_mil", beside=True)
    module = train("gaufuse", videos, names, config=config, training=training).module
    batch = TrainingSet(videos).batch([0, 1])
    both, alone = (each(batch.features, batch.mask) for each in (module, module.base))
    assert not torch.equal(both.cas, alone.cas)
    assert module.losses(both, batch) == module.base.losses(alone, batch)
