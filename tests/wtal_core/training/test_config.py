"""Schedules as data: rates, checks, JSON and settings from text."""

import math

import pytest

from wtal_core.models import METHODS
from wtal_core.models.method import configured
from wtal_core.training.config import EarlyStop, Stage, TrainingConfig, from_data, to_data


def test_a_rate_rises_linearly_then_falls_as_a_cosine():
    """Ten steps, two of them warm-up, peak 1, end .2: the seven intervals after the rise are a half cosine."""
    stage = Stage(1, learning_rate=1.0, warmup=0.2, final=0.2)
    rates = [stage.rate(step, 10) for step in range(10)]
    assert rates[:3] == [0.5, 1.0, 1.0]
    assert rates[5] == pytest.approx(0.2 + 0.8 * 0.5 * (1 + math.cos(math.pi * 3 / 7)))
    assert rates[-1] == pytest.approx(0.2)


def test_without_decay_a_rate_is_constant():
    assert {Stage(3, 1e-4).rate(step, 30) for step in range(30)} == {1e-4}


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Stage(0), "at least one epoch"),
        (lambda: Stage(1, -1.0), "positive learning rate"),
        (lambda: Stage(1, videos="some"), "all, complete or incomplete"),
        (lambda: TrainingConfig(()), "at least one stage"),
        (lambda: TrainingConfig((Stage(1),), optimizer="rmsprop"), "adam, adamw or sgd"),
        (lambda: TrainingConfig((Stage(1),), batch_size=0), "must be positive"),
        (lambda: TrainingConfig((Stage(1),), full_per_batch=11), "not above batch_size"),
        (lambda: TrainingConfig((Stage(1),), batch_size=5, class_pairs=3), "do not fit"),
        (lambda: TrainingConfig((Stage(1),), class_pairs=3, bucket=2), "bucket to 1"),
        (lambda: TrainingConfig((Stage(1),), class_pairs=3, full_per_batch=1), "full_per_batch to 0"),
        (lambda: EarlyStop(1.5), "between 0 and 1"),
    ],
)
def test_a_wrong_value_dies_where_it_is_made(make, told):
    with pytest.raises(ValueError, match=told):
        make()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Stage(1, float("nan")),
        lambda: Stage(1, float("inf")),
        lambda: Stage(1.5),
        lambda: TrainingConfig((Stage(1),), batch_size=1.7),
        lambda: TrainingConfig((Stage(1),), weight_decay=float("nan")),
        lambda: TrainingConfig((Stage(1),), betas=(0.9, 1.0)),
        lambda: EarlyStop(0.2, every=1.5),
    ],
)
def test_a_number_that_no_run_can_use_is_refused(make):
    with pytest.raises(ValueError, match=r"must be a (whole|finite) number|at least one epoch|positive learning rate"):
        make()


@pytest.mark.parametrize("name", ["topk_mil", "ttc_loc", "segment_level", "rskp"])
@pytest.mark.parametrize("field", [{"dropout": 1.0}, {"dropout": float("nan")}])
def test_a_dropout_that_leaves_nothing_is_refused(name, field):
    with pytest.raises(ValueError, match="dropout must be a finite number of at least 0 and under 1"):
        METHODS[name].config(**field)


@pytest.mark.parametrize(
    "field",
    [{"voters": 0}, {"class_share": float("nan")}, {"suppression": 0.0}, {"dilations": (0,)}, {"head_dropout": 1.0}],
)
def test_a_setting_mixed_cannot_use_is_refused(field):
    with pytest.raises(ValueError, match=next(iter(field))):
        METHODS["mixed"].config(**field)


@pytest.mark.parametrize("name", [name for name in METHODS if name != "gaufuse"])  # its network is its base's
@pytest.mark.parametrize("field", [{"width": 0}, {"width": 1.5}])
def test_a_network_that_cannot_be_built_is_refused_with_the_name_of_the_setting(name, field):
    with pytest.raises(ValueError, match=next(iter(field))):
        METHODS[name].config(**field)


def test_the_published_rskp_keeps_what_its_code_optimises():
    config, training = configured(METHODS["rskp"], "activitynet")
    assert (config.mix, training.betas, training.weight_decay) == (0.8, (0.9, 0.99), 1e-3)  # of a mean over the batch
    config, training = configured(METHODS["rskp"], "thumos14")
    assert (config.mix, training.betas, training.weight_decay) == (0.6, (0.9, 0.99), 5e-5)


def test_a_config_survives_json():
    config = TrainingConfig((Stage(2, warmup=0.1), Stage(1, steps=7, restart=True)), early_stop=EarlyStop(0.3))
    assert from_data(TrainingConfig, to_data(config)) == config


def test_a_field_that_came_later_is_stored_only_where_it_says_something():
    """Else a run that was interrupted before there was the field would be another run."""
    assert "class_pairs" not in to_data(TrainingConfig((Stage(1),)))
    paired = TrainingConfig((Stage(1),), class_pairs=3)
    assert to_data(paired)["class_pairs"] == 3
    assert from_data(TrainingConfig, to_data(paired)) == paired


def test_a_field_of_another_version_is_refused_and_a_missing_one_takes_its_default():
    with pytest.raises(ValueError, match="no field speed"):
        from_data(TrainingConfig, {"stages": [{"epochs": 1}], "speed": 3})
    assert from_data(TrainingConfig, {"stages": [{"epochs": 1}]}) == TrainingConfig((Stage(1),))


@pytest.mark.parametrize("name", list(METHODS))
def test_every_preset_of_every_method_makes_a_config_that_survives_json(name):
    entry = METHODS[name]
    for preset in (None, *entry.presets):
        config, training = configured(entry, preset)
        assert from_data(entry.config, to_data(config)) == config
        assert from_data(TrainingConfig, to_data(training)) == training


def test_settings_are_read_from_text_and_go_where_they_belong():
    config, training = configured(
        METHODS["ttc_loc"],
        "outside",
        {"width": "64", "method.temporal": "false", "learning_rate": "0.01", "training.max_length": "none"},
    )
    assert (config.width, config.temporal, config.background_weight_total) == (64, False, None)
    assert {stage.learning_rate for stage in training.stages} == {0.01}
    assert training.max_length is None


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"wdth": "3"}, "no setting 'wdth'"),
        ({"width": "wide"}, "'width' cannot be 'wide'"),
        ({"gate": "open"}, "sigmoid, softsign"),
        ({"temporal": "perhaps"}, "'temporal' cannot be 'perhaps'"),
        ({"training.early_stop": "0.2"}, "'early_stop' cannot be '0.2': it has the fields fold, every, patience"),
        ({"training.stages": "a,b"}, "'stages' cannot be 'a,b': it has the fields epochs"),
        ({"training.batch_size": 1.7}, "'batch_size' cannot be 1.7: a whole number"),
        ({"training.learning_rate": "nan"}, "learning_rate must be a finite number"),
        ({"app.width": "3"}, "neither the method nor the training"),
    ],
)
def test_settings_that_do_not_fit_are_refused_by_name(settings, told):
    with pytest.raises(ValueError, match=told):
        configured(METHODS["ttc_loc"], None, settings)


def test_an_unknown_preset_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match="published"):
        configured(METHODS["ttc_loc"], "publshed")
