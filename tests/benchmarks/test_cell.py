"""Cells: the driver trains a network once for all cells that differ at test only."""

from dataclasses import replace
from functools import cache

import pytest

from benchmarks.cell import Cell, trained_alike
from tests.wtal_core.training.scenes import at_level, planted
from wtal_core.models import METHODS
from wtal_core.training.trainer import train

OTHER = {
    "threshold_test": "manual",
    "centred": False,
    "segment_score": "gate",
    "class_weight": 0.1,
    "test": "fused",
    "test_template": "nms",
    "test_temperature": 0.5,
    "test_mix": 0.1,
    "test_upsample": 4,
    "test_levels": "shares",
    "test_strip": (0.5, 1.0),
    "test_contrast": "both",
    "class_power": 1.0,
    "mix": 0.3,
    "levels": "absolute",
    "strip": (0.5, 1.0),
    "nms_threshold": 0.3,
    "class_threshold": 0.4,
    "contrast": "coarse",
    "outer_ratio": 0.5,
    "suppression": 0.3,
}
"""Anything but the default."""


def alike(variant, seed=0):
    return trained_alike(Cell("ucf15-dev", "ttc_loc", "video", variant, seed))


def test_the_threshold_at_test_trains_no_network_of_its_own_and_all_else_does():
    assert alike("@threshold_predicted_manual") == alike("")
    others = {alike(each) for each in ("", "+margin=0.5", "+training.steps=7", "@threshold_none_manual")}
    assert len(others | {alike("", seed=1)}) == 5


@pytest.fixture(scope="module")
def learned():
    """The weights and the loss terms of every step after a tiny training, by method and settings.

    GauFuse makes labels twice, the second time to learn their change, so what it says of a video counts as well.
    """
    sequences, labels, names = planted(n_videos=4, n_snippets=24)
    videos = at_level(sequences, labels, names)
    stages = {"label_epochs": (1, 1), "label_steps": 2, "delta": (0.0, 2.0)}

    @cache
    def by(method, **setting):
        entry = METHODS[method]
        config = replace(entry.config(), **(stages if method == "gaufuse" else {}), **setting)
        training = entry.training if entry.schedule is None else entry.schedule(config)
        brief = [replace(stage, epochs=2, steps=None, min_steps=0) for stage in training.stages]
        terms = []
        found = train(
            method,
            videos,
            names,
            config=config,
            training=replace(training, stages=tuple(brief)),
            progress=lambda told: terms.append(told.terms),
        )
        return {key: value.tolist() for key, value in found.module.state_dict().items()}, terms

    return by


@pytest.mark.parametrize(
    ("method", "name"), [(method, name) for method, entry in METHODS.items() for name in entry.test_only]
)
def test_no_network_depends_on_a_setting_that_counts_at_test_only(method, name, learned):
    other = learned(method, **{name: OTHER[name]})
    assert other == learned(method)
    assert method != "gaufuse" or any("distillation" in terms for terms in other[1]), "no label was learned from"


def test_a_setting_of_the_labels_changes_the_network(learned):
    """Else the test above would not see one."""
    assert learned("gaufuse", label_mix=0.1) != learned("gaufuse")
