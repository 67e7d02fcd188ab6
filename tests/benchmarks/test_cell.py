"""Cells: the driver trains a network once for all cells that differ at test only."""

from dataclasses import replace

import pytest
import torch

from benchmarks.cell import TEST_ONLY, Cell, trained_alike
from tests.wtal_core.training.scenes import at_level, planted
from wtal_core.models import METHODS
from wtal_core.models.method import Setup
from wtal_core.training.dataset import TrainingSet

OTHER = {
    "threshold_test": "manual",
    "centred": False,
    "segment_score": "gate",
    "class_weight": 0.1,
    "test": "own",
    "test_template": "nms",
    "test_temperature": 0.5,
    "test_mix": 0.1,
    "test_upsample": 4,
    "class_power": 1.0,
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


@pytest.mark.parametrize(("method", "name"), [(method, name) for method in TEST_ONLY for name in TEST_ONLY[method]])
def test_no_loss_depends_on_a_setting_that_counts_at_test_only(method, name):
    other = OTHER[name]
    sequences, labels, names = planted(n_videos=4)
    batch = TrainingSet(at_level(sequences, labels, names)).batch(range(4))
    terms = []
    for config in (METHODS[method].config(), replace(METHODS[method].config(), **{name: other})):
        torch.manual_seed(0)
        module = METHODS[method].build(config, Setup(12, names)).train()
        terms.append(module.losses(module(batch.features, batch.mask), batch))
    assert terms[0] == terms[1]
