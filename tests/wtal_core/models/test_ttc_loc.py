"""TTC-Loc against the numbers of FACTS 2.7, T10 and T12."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.wtal_core.training.scenes import at_level, planted
from wtal_core.domain import ActivationSequence, SnippetGrid, VideoPrediction
from wtal_core.inference.predicted_threshold import kept_classes
from wtal_core.losses.gated import classification_loss, gate_of, threshold_regularizer, video_logits
from wtal_core.losses.localization import gate_distance
from wtal_core.losses.masked import mid_range
from wtal_core.models.method import Setup, configured
from wtal_core.models.ttc_loc import ENTRY, TtcLoc, TtcLocConfig
from wtal_core.models.ttc_loc_presets import strategy
from wtal_core.training import checkpoint
from wtal_core.training.dataset import TrainingSet
from wtal_core.training.trainer import train

S = torch.tensor([[[2.0, -1.0], [0.0, 1.0], [-2.0, 0.5]]])
B = torch.tensor([[0.5, -0.5, 1.0]])
MASK = torch.ones(1, 3, dtype=torch.bool)
Y = torch.tensor([[1.0, 0.0]])
A = torch.tensor([[[True, False], [False, False], [False, False]]])
GRID = SnippetGrid.regular(3, 1_920_000)


def gate(kind="sigmoid"):
    return gate_of(S - B[..., None], kind)


def log_p():
    return torch.log_softmax(video_logits(S, B, gate(), MASK), -1)


def close(value, expected):
    torch.testing.assert_close(value, torch.as_tensor(expected, dtype=torch.float32), atol=1e-6, rtol=0)


def prediction(config, s=S, b=B):
    module = TtcLoc(config, Setup(4, ("a", "b")))
    p = log_p().exp()[0, :-1].numpy()
    curves = ActivationSequence("v", ("a", "b"), s[0].numpy(), b[0].numpy(), GRID)
    return module, VideoPrediction(curves, p, {"predicted": B[0].numpy()})


def test_gates_pooled_scores_and_probabilities_are_the_golden_ones():
    close(gate(), [[[0.817574, 0.182426], [0.622459, 0.817574], [0.047426, 0.377541]]])
    close(video_logits(S, B, gate(), MASK), [[1.035522, 0.598109, 0.333333]])
    close(log_p().exp(), [[0.467027, 0.301561, 0.231412]])


def test_classification_loss_with_the_printed_and_the_intended_background_weight():
    close(classification_loss(log_p(), Y, 1.0), 2.224925)
    close(classification_loss(log_p(), Y, 0.5), 1.493147)


def test_a_video_without_a_class_trains_the_background_term_only():
    close(classification_loss(log_p(), torch.zeros(1, 2), 1.0), -log_p()[0, 2])


@pytest.mark.parametrize(
    ("form", "margin", "expected"),
    [
        ("inner", 1.0, 0.866025),
        ("inner", 0.5, 0.577350),
        ("l1", 1.0, 0.166667),
        ("l2", 1.0, 0.25),
        ("cosine", 1.0, 0.711325),
        ("l2_whole", 1.0, 0.0),  # ||(1.5, .5, -3)|| is far above 1
    ],
)
def test_every_form_of_the_regularizer_is_the_golden_one(form, margin, expected):
    close(threshold_regularizer(S, B, MASK, Y, form=form, margin=margin), expected)


def test_the_regularizer_skips_a_video_without_a_class():
    two = threshold_regularizer(S.repeat(2, 1, 1), B.repeat(2, 1), MASK.repeat(2, 1), torch.cat([Y, 0 * Y]))
    close(two, 0.866025 / 2)


def test_the_printed_localization_loss_is_the_golden_one():
    close(gate_distance(gate(), A, ~A, torch.tensor([True]), "mean"), 0.371642)


def test_the_balanced_localization_loss_weighs_positives_and_negatives_alike():
    """Positive: 1 - .817574 = .182426. Negatives: (.182426 + .622459 + .817574 + .047426 + .377541) / 5 = .409485."""
    close(gate_distance(gate(), A, ~A, torch.tensor([True])), (0.182426 + 0.409485) / 2)


def test_a_crop_without_an_action_keeps_its_negative_half():
    none = torch.zeros_like(A)
    close(gate_distance(gate(), none, ~none, torch.tensor([True])), gate().mean() / 2)


def test_videos_without_full_annotation_and_unknown_snippets_are_silent():
    assert gate_distance(gate(), A, ~A, torch.tensor([False])) == 0
    known = torch.tensor([[[True], [True], [False]]])
    expected = gate_distance(gate()[:, :2], A[:, :2], ~A[:, :2], torch.tensor([True]), "mean")
    close(gate_distance(gate(), A & known, ~A & known, torch.tensor([True]), "mean"), expected)


def test_the_manual_threshold_and_its_loss_are_the_golden_ones():
    threshold = mid_range(S, MASK)
    close(threshold, [[[0.0, 0.0]]])
    close(gate_distance(gate_of(S - threshold), A, ~A, torch.tensor([True]), "mean"), 0.393478)


def test_other_gates_of_table_4c():
    """s - b = 1.5: softsign (1.5 / 2.5 + 1) / 2 = .8; straight-through is 1 forwards and, as printed, the identity
    backwards; its variant has the slope of the sigmoid, g (1 - g) = .817574 * .182426 = .149147."""
    margin = torch.tensor([1.5, -1.5], requires_grad=True)
    close(gate_of(margin, "softsign").detach(), [0.8, 0.2])
    for kind, slope in (("straight_through", 1.0), ("straight_through_sigmoid", 0.149147)):
        margin.grad = None
        hard = gate_of(margin, kind)
        close(hard.detach(), [1.0, 0.0])
        hard.sum().backward()
        close(margin.grad, [slope, slope])


def test_the_predicted_threshold_cuts_class_a_from_snippet_0_to_2():
    module, video = prediction(TtcLocConfig())
    found = module.localize(video)
    assert [(each.label, each.segment) for each in found] == [("a", GRID.segment(0, 2))]


def test_a_manual_threshold_cuts_the_golden_runs():
    """T12: theta = (0, 0); class a runs 0-1, class b (s = 1, .5 in snippets 1 and 2) runs 1-3."""
    module, video = prediction(TtcLocConfig(threshold_test="manual"), b=torch.zeros(1, 3))
    assert [(each.label, each.segment) for each in module.localize(video)] == [("a", GRID.segment(0, 1))]
    both = replace(video, video_scores=np.array([0.3, 0.300001], np.float32))
    assert [(each.label, each.segment) for each in module.localize(both)] == [("b", GRID.segment(1, 3))]


@pytest.mark.parametrize(
    ("score", "expected"),
    [("peak", 2 + 0.7 * 1.035522), ("margin", 1.5), ("gate", 0.467027 * 0.817574)],
)
def test_a_manual_threshold_changes_the_cut_and_not_the_score(score, expected):
    """FACTS 2.7: class a is cut to snippet 0, where s - b = 1.5 and g = .817574; its pooled score stays 1.035522."""
    module, video = prediction(TtcLocConfig(threshold_test="manual", segment_score=score), b=torch.zeros(1, 3))
    [found] = module.localize(video)
    assert found.segment == GRID.segment(0, 1)
    assert found.score == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        ("peak", 2 + 0.7 * 1.035522),
        ("margin", (1.5 + 0.5) / 2),
        ("gate", 0.467027 * (0.817574 + 0.622459) / 2),
    ],
)
def test_segment_scores(score, expected):
    module, video = prediction(TtcLocConfig(segment_score=score))
    assert module.localize(video)[0].score == pytest.approx(expected, abs=1e-5)


def test_which_classes_are_kept():
    assert kept_classes(np.array([0.467, 0.302], np.float32)).tolist() == [0]
    assert kept_classes(np.array([0.2, 0.2], np.float32)).tolist() == [0]  # none is above the mean: the first best
    assert kept_classes(np.array([0.6], np.float32)).tolist() == [0]  # one class: it beats the background
    assert kept_classes(np.array([0.4], np.float32)).tolist() == []


def test_of_equal_scores_the_first_is_kept_for_any_number_of_classes():
    for n_classes in range(2, 201):
        assert kept_classes(torch.softmax(torch.zeros(n_classes + 1), 0)[:-1].numpy()).tolist() == [0]


def test_testing_at_a_threshold_that_was_never_learned_is_refused():
    for training in ("none", "manual"):
        with pytest.raises(ValueError, match="threshold_test=manual"):
            TtcLocConfig(threshold_training=training)


@pytest.mark.parametrize("preset", ["threshold_none_manual", "threshold_predicted_manual", "threshold_manual_manual"])
def test_threshold_strategies_train_what_table_3_says(preset):
    sequences, labels, names = planted(n_videos=6)
    config, _ = configured(ENTRY, preset)
    module = TtcLoc(config, Setup(12, names))
    batch = TrainingSet(at_level(sequences, labels, names, semi=1)).batch(range(6))
    output = module(batch.features, batch.mask)
    terms = module.losses(output, batch)
    expected = {
        "threshold_none_manual": {"mil", "similarity"},
        "threshold_predicted_manual": {"classification", "regularizer", "localization"},
        "threshold_manual_manual": {"mil", "similarity", "localization"},
    }
    assert set(terms) == expected[preset]
    assert output.background.shape == output.cas.shape  # the mid-range of each class is what the timeline shows


@pytest.mark.parametrize(("reaches", "pull"), [(True, False), (False, True)])
def test_a_manual_threshold_moves_with_its_scores_so_that_sinking_as_a_whole_gains_nothing(reaches, pull):
    """The mid-range of s + k is that of s, plus k: L_loc is the same, and its slopes over time add up to 0. Held fixed,
    the threshold stays behind and every shut gate pulls the whole class down."""
    sequences, labels, names = planted(n_videos=4)
    config, _ = configured(ENTRY, "threshold_manual_manual", {"threshold_gradient": str(reaches).lower()})
    torch.manual_seed(0)
    module = TtcLoc(config, Setup(12, names)).eval()
    batch = TrainingSet(at_level(sequences, labels, names, "full")).batch(range(4))
    output = module(batch.features, batch.mask)
    (slope,) = torch.autograd.grad(module.losses(output, batch)["localization"], output.cas)
    assert (slope.sum(dim=1).abs().max().item() > 1e-6) == pull


def test_training_strategies_share_their_steps():
    for name in ("joint", "full_only", "pretrain_finetune"):
        assert sum(stage.steps for stage in strategy(name, 801)) == 801
    first, second = strategy("pretrain_finetune", 100, share=0.1)
    assert (first.videos, first.steps, second.videos, second.steps) == ("incomplete", 90, "complete", 10)
    assert second.reset_optimizer
    with pytest.raises(ValueError, match="joint, full_only"):
        strategy("both")


def test_the_gate_follows_the_labels_and_a_trained_method_keeps_the_one_it_learned_with(tmp_path):
    sequences, labels, names = planted(n_videos=4, n_snippets=16)
    config, training = configured(ENTRY, None, {"width": 8, "training.steps": 2})
    for level, semi, gate in (("video", None, "softsign"), ("video", 1, "sigmoid"), ("full", None, "sigmoid")):
        videos = at_level(sequences, labels, names, level, semi)
        trained = train("ttc_loc", videos, names, config=config, training=training)
        assert (trained.config.gate, trained.module.gate) == (gate, gate)
        checkpoint.save(tmp_path / level, trained)
        assert checkpoint.load(tmp_path / level).module.gate == gate
    told, _ = configured(ENTRY, None, {"width": 8, "gate": "straight_through"})
    assert ENTRY.resolved(told, videos).gate == "straight_through"
    assert all(configured(ENTRY, name)[0].gate == "sigmoid" for name in ("published", "thumos14", "activitynet13"))
