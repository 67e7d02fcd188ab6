"""What every method keeps, whatever it is: run over all of METHODS."""

from copy import deepcopy
from dataclasses import fields, is_dataclass, replace

import numpy as np
import pytest
import torch
from torch.nn.functional import pad

from tests.wtal_core.training.scenes import at_level, planted
from wtal_core.domain import FeatureSequence, Proposal, SnippetGrid, SupervisionLevel
from wtal_core.evaluation import GroundTruth, evaluate
from wtal_core.models import METHODS
from wtal_core.models.method import MethodEntry, Setup, projected
from wtal_core.predict import predict
from wtal_core.training import checkpoint, trainer
from wtal_core.training.config import EarlyStop
from wtal_core.training.dataset import TrainingSet
from wtal_core.training.early_stop import Watch
from wtal_core.training.trainer import train

LEVELS = [(name, level.value) for name, entry in METHODS.items() for level in sorted(entry.levels, key=str)]


def built(name, videos, names, seed=0, config=None):
    torch.manual_seed(seed)
    entry = METHODS[name]
    setup = Setup(videos[0].features.values.shape[1], names, {}, videos)
    return entry.build(entry.config() if config is None else config, setup)


def most(name):
    """The level that says most among those the method learns from."""
    return max(METHODS[name].levels, key=lambda level: level.rank).value


def short(name, n_epochs=2):
    """The method's own training, each stage cut to a few passes."""
    training = METHODS[name].training
    stages = tuple(replace(stage, epochs=n_epochs, steps=None, min_steps=0, videos="all") for stage in training.stages)
    return replace(training, stages=stages)


@pytest.fixture(scope="module")
def scene():
    return planted(n_videos=6, n_snippets=24)


@pytest.fixture(scope="module", params=list(METHODS))
def trained(request, scene):
    sequences, labels, names = scene
    return train(
        request.param, at_level(sequences, labels, names, most(request.param)), names, training=short(request.param)
    )


@pytest.mark.parametrize("name", list(METHODS))
def test_an_entry_says_what_a_person_must_know(name):
    entry = METHODS[name]
    assert isinstance(entry, MethodEntry)
    assert entry.title
    assert entry.summary.endswith(".")
    assert entry.levels
    assert entry.levels <= set(SupervisionLevel)
    assert is_dataclass(entry.config)
    assert entry.config.__dataclass_params__.frozen
    assert all(field.metadata.get("help") for field in fields(entry.config)), "every setting says its unit and range"


@pytest.mark.parametrize("name", list(METHODS))
def test_padding_changes_nothing(name, scene):
    """A video alone and the same video beside a longer one: the same curves and scores."""
    sequences, labels, names = scene
    videos = at_level(sequences, labels, names, most(name))
    module = built(name, videos, names).eval()
    features = projected(module, torch.from_numpy(sequences[0].values))[None]
    n_snippets = features.shape[1]
    wide = torch.cat([features, torch.full((1, 7, features.shape[2]), 1e3)], dim=1)
    mask = torch.arange(n_snippets + 7) < n_snippets
    alone = module(features, mask[None, :n_snippets])
    padded = module(wide, mask[None])
    torch.testing.assert_close(padded.cas[:, :n_snippets], alone.cas, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(padded.background[:, :n_snippets], alone.background, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(padded.video_scores, alone.video_scores, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("name", "level"), LEVELS)
def test_padding_changes_no_loss_and_no_gradient(name, level, scene):
    """A batch and the same with five more snippets of 50 that the mask rules out; nothing random in the network."""
    sequences, labels, names = scene
    videos = at_level(sequences, labels, names, level)
    random = {each.name: 0.0 for each in fields(METHODS[name].config) if "dropout" in each.name or "noise" in each.name}
    module = built(name, videos, names, config=METHODS[name].config(**random)).train()
    for each in module.modules():  # a base's dropout is no setting of the method around it
        if isinstance(each, torch.nn.Dropout):
            each.p = 0.0
    batch = TrainingSet(videos, project=getattr(module, "project", None)).batch(range(4))
    longer = (0, 0, 0, 5)
    wide = replace(
        batch,
        features=pad(batch.features, longer, value=50.0),
        mask=pad(batch.mask, (0, 5)),
        action=pad(batch.action, longer),
        background=pad(batch.background, longer),
    )
    found = []
    for each in (batch, wide):
        twin = deepcopy(module)  # both sides from the same state: a method may count its steps
        terms = twin.losses(twin(each.features, each.mask), each)
        sum(terms.values()).backward()
        gradients = {key: value.grad.clone() for key, value in twin.named_parameters() if value.grad is not None}
        found.append((terms, gradients))
    torch.testing.assert_close(found[1], found[0], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(("name", "level"), LEVELS)
def test_loss_terms_are_finite_scalars_and_reach_the_parameters(name, level, scene):
    sequences, labels, names = scene
    videos = at_level(sequences, labels, names, level)
    module = built(name, videos, names).train()
    batch = TrainingSet(videos, project=getattr(module, "project", None)).batch(range(4))
    terms = module.losses(module(batch.features, batch.mask), batch)
    assert terms
    assert all(value.shape == () and torch.isfinite(value) for value in terms.values()), terms
    sum(terms.values()).backward()
    gradients = [each.grad for each in module.parameters() if each.grad is not None]
    assert all(torch.isfinite(gradient).all() for gradient in gradients)
    assert any(bool((gradient != 0).any()) for gradient in gradients)


@pytest.mark.parametrize(("name", "level"), LEVELS)
def test_a_crop_that_holds_no_label_has_finite_losses(name, level, scene):
    """Snippets of a labelled video in which nothing is marked: the video label stays, the cells are empty."""
    sequences, labels, names = scene
    videos = at_level(sequences, labels, names, level)
    module = built(name, videos, names).train()
    source = TrainingSet(videos, project=getattr(module, "project", None))
    batch = source.batch([0, 1], max_length=1, rng=np.random.default_rng(0))
    silent = replace(
        batch,
        action=torch.zeros_like(batch.action),
        background=torch.zeros_like(batch.background),
        n_instances=torch.zeros_like(batch.n_instances),
    )
    terms = module.losses(module(silent.features, silent.mask), silent)
    sum(terms.values()).backward()
    assert all(torch.isfinite(value) for value in terms.values()), terms
    assert all(torch.isfinite(each.grad).all() for each in module.parameters() if each.grad is not None)


def test_proposals_lie_inside_the_video_and_come_best_first(trained, scene):
    sequences, _, names = scene
    found = list(predict(trained, sequences))
    assert [prediction.activation.video_id for prediction, _ in found] == [each.video_id for each in sequences]
    for (prediction, proposals), sequence in zip(found, sequences, strict=True):
        assert prediction.activation.cas.shape == (24, len(names))
        assert prediction.video_scores.shape == (len(names),)
        assert np.all((prediction.video_scores >= 0) & (prediction.video_scores <= 1))
        assert all(isinstance(each, Proposal) and each.label in names for each in proposals)
        extent = sequence.grid.extent
        assert all(extent.start <= each.segment.start < each.segment.end <= extent.end for each in proposals)
        assert [each.score for each in proposals] == sorted((each.score for each in proposals), reverse=True)


def test_a_saved_method_predicts_the_same(trained, scene, tmp_path):
    checkpoint.save(tmp_path, trained)
    for (one, proposals), (two, again) in zip(
        predict(trained, scene[0]), predict(checkpoint.load(tmp_path), scene[0]), strict=True
    ):
        assert np.array_equal(one.activation.cas, two.activation.cas)
        assert np.array_equal(one.activation.threshold, two.activation.threshold)
        assert proposals == again


@pytest.mark.parametrize("name", list(METHODS))
def test_a_warm_start_trains_on_the_features_it_will_predict_with(name, scene, monkeypatch):
    """Other videos have another mean and rotation: those of the earlier run must reach the training set, too."""
    sequences, labels, names = scene
    videos = at_level(sequences, labels, names, most(name))
    raised = [replace(each.features, values=3 * each.features.values + 5) for each in videos]
    shifted = [replace(video, features=features) for video, features in zip(videos, raised, strict=True)]
    seen = []
    update = trainer._Run._update
    monkeypatch.setattr(trainer._Run, "_update", lambda run, *step: seen.append(run.set) or update(run, *step))
    training = short(name, 1)
    warm = train(name, shifted, names, training=training, warm_start=train(name, videos, names, training=training))
    expected = projected(warm.module, torch.from_numpy(shifted[0].features.values))
    torch.testing.assert_close(seen[-1].features_of(0), expected)


@pytest.mark.parametrize("name", list(METHODS))
def test_a_held_out_fold_can_end_a_stage(name, scene, monkeypatch):
    """The losses of the fold are finite numbers after every pass, and looking changes neither weights nor memory."""
    sequences, labels, names = scene
    looks = []
    look = Watch._loss

    def watched(watch, module):
        before = {key: value.clone() for key, value in module.state_dict().items()}
        looks.append(look(watch, module))
        assert all(torch.equal(value, before[key]) for key, value in module.state_dict().items())
        return looks[-1]

    monkeypatch.setattr(Watch, "_loss", watched)
    config = METHODS[name].config()
    config = replace(config, memory_from=1) if name == "rskp" else config
    training = replace(short(name), early_stop=EarlyStop(0.34, 1, 5))
    train(name, at_level(sequences, labels, names, most(name)), names, config=config, training=training)
    assert len(looks) == 2 * len(training.stages)
    assert np.isfinite(looks).all()


@pytest.mark.parametrize("name", list(METHODS))
def test_a_prediction_carries_nothing_that_only_losses_need(name, scene):
    sequences, labels, names = scene
    module = built(name, at_level(sequences, labels, names, most(name)), names).eval()
    features = projected(module, torch.from_numpy(sequences[0].values))[None]
    output = module(features, torch.ones(features.shape[:2], dtype=torch.bool))
    assert all(value.shape[:2] == features.shape[:2] for value in output.extras.values())


def test_a_video_of_one_snippet_has_a_prediction(trained):
    grid = SnippetGrid.regular(1, 640_000)
    [(prediction, proposals)] = predict(trained, [FeatureSequence("short", np.ones((1, 12), np.float32), grid)])
    assert np.isfinite(prediction.activation.cas).all()
    assert np.isfinite(prediction.video_scores).all()
    assert all(each.segment.end <= 640_000 for each in proposals)


@pytest.mark.parametrize("name", list(METHODS))
def test_videos_of_one_snippet_can_be_trained_on(name):
    sequences, labels, names = planted(n_videos=4, n_snippets=1)
    trained = train(name, at_level(sequences, labels, names, most(name)), names, training=short(name, 1))
    assert all(torch.isfinite(value).all() for value in trained.module.state_dict().values())


@pytest.mark.parametrize("n_classes", [1, 2])
@pytest.mark.parametrize("name", list(METHODS))
def test_one_class_and_two_classes_train_at_every_level(name, n_classes):
    for level in METHODS[name].levels:
        sequences, labels, names = planted(n_videos=4, n_classes=n_classes, n_snippets=16)
        trained = train(name, at_level(sequences, labels, names, level.value), names, training=short(name, 1))
        assert all(len(names) == prediction.video_scores.size for prediction, _ in predict(trained, sequences))


@pytest.mark.parametrize("name", list(METHODS))
def test_a_class_without_positives_and_rows_of_zeros_leave_finite_numbers(name):
    """A third class nobody has seen, and a dead camera: half of the first video and all of the second are zero."""
    sequences, labels, names = planted(n_videos=4, n_snippets=16)
    dead = [sequences[0].values.copy(), np.zeros_like(sequences[1].values)]
    dead[0][8:] = 0.0
    sequences[:2] = [replace(each, values=values) for each, values in zip(sequences, dead, strict=False)]
    names = (*names, "never")
    trained = train(name, at_level(sequences, labels, names, most(name)), names, training=short(name, 1))
    for prediction, _ in predict(trained, sequences):
        assert np.isfinite(prediction.activation.cas).all()
        assert np.isfinite(prediction.video_scores).all()


def test_a_video_of_a_hundred_thousand_snippets_has_proposals(trained, scene):
    """Eighteen hours at 0.64 s: no array that grows with the square of the length, no walk of minutes."""
    values = np.tile(np.concatenate([each.values for each in scene[0]]), (700, 1))[:100_000]
    long = FeatureSequence("long", values, SnippetGrid.regular(100_000, 100_000 * 640_000))
    [(prediction, proposals)] = predict(trained, [long])
    assert prediction.activation.cas.shape == (100_000, 2)
    assert proposals


@pytest.mark.parametrize(("name", "level"), LEVELS)
def test_a_planted_action_is_learned(name, level):
    """Noise with a raised feature wherever the action is: mAP at tIoU .3 on new videos is far from nothing."""
    sequences, labels, names = planted(n_videos=16, n_snippets=32, seed=1)
    entry = METHODS[name]
    stages = tuple(  # the first has labels alone to learn from, the others what it has found
        replace(stage, epochs=1, steps=40 if number else 128, learning_rate=max(stage.learning_rate, 3e-3))
        for number, stage in enumerate(entry.training.stages)
    )
    training = replace(entry.training, stages=stages, batch_size=4, full_per_batch=0)
    trained = train(name, at_level(sequences, labels, names, level), names, training=training)
    fresh, truth, _ = planted(n_videos=8, n_snippets=32, seed=2, prefix="new")
    proposals = {prediction.activation.video_id: found for prediction, found in predict(trained, fresh)}
    report = evaluate(GroundTruth.from_labels(truth.values()), proposals, tiou=(0.3,))
    assert report.average_mAP > 0.4, report
