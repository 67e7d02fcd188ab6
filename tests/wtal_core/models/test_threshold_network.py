"""The middle of open and shut gates, and when the regularizer comes in."""

from dataclasses import replace

import pytest
import torch

from tests.wtal_core.training.scenes import at_level, planted
from wtal_core.models.lpat import LpatConfig
from wtal_core.models.method import Setup, configured
from wtal_core.models.threshold_network import GateCentre
from wtal_core.models.ttc_loc import ENTRY, TtcLoc
from wtal_core.training.dataset import TrainingSet

ONE = torch.ones(1, 1)


def seen(*batches, decay=0.5):
    centre = GateCentre(decay)
    for values in batches:
        margin = torch.tensor(values)[None, :, None]
        centre.observe(margin, torch.ones(margin.shape[:2], dtype=torch.bool), ONE, torch.tensor([False]))
    return centre.shift.item()


def test_the_middle_lies_half_way_between_the_two_means():
    """Open gates 3 and 5 (mean 4), shut ones -10, -12, -14 (mean -12): the middle is -4."""
    assert seen([3.0, -10.0, 5.0, -12.0, -14.0]) == pytest.approx(-4.0)


def test_older_batches_fade():
    """Open 4 then 1, decay a half: (2 + 1) / 1.5 = 2; shut -8 twice; the middle is -3."""
    assert seen([4.0, -8.0], [1.0, -8.0]) == pytest.approx(-3.0)


def test_one_side_alone_moves_nothing():
    assert seen([-5.0, -6.0]) == 0
    assert seen() == 0


def test_only_real_snippets_of_the_videos_own_classes_count():
    centre = GateCentre()
    margin = torch.tensor([[[2.0, 90.0], [-4.0, 90.0], [50.0, 50.0]]])
    centre.observe(margin, torch.tensor([[True, True, False]]), torch.tensor([[1.0, 0.0]]), torch.tensor([False]))
    assert centre.shift.item() == pytest.approx(-1.0)


def test_videos_with_boundaries_are_left_out_and_weaken_the_move_by_their_share():
    """Weak video: open 2, shut -10, middle -4. Beside it one annotated video: half of -4. Annotated ones alone: 0."""
    margin = torch.tensor([[[2.0], [-10.0]], [[50.0], [-50.0]]])
    mask = torch.ones(2, 2, dtype=torch.bool)
    centre, taught = GateCentre(), GateCentre()
    centre.observe(margin, mask, torch.ones(2, 1), torch.tensor([False, True]))
    assert centre.shift.item() == pytest.approx(-2.0)
    taught.observe(margin, mask, torch.ones(2, 1), torch.tensor([True, True]))
    assert taught.shift.item() == 0


@pytest.fixture
def scene():
    sequences, labels, names = planted(n_videos=4, n_snippets=16)
    return TrainingSet(at_level(sequences, labels, names)).batch(range(4)), Setup(12, names)


def built(setup, preset=None, **settings):
    torch.manual_seed(0)
    return TtcLoc(replace(configured(ENTRY, preset)[0], dropout=0.0, **settings), setup)


def test_the_threshold_is_moved_at_test_and_never_while_training(scene):
    batch, setup = scene
    module = built(setup)
    module.network.gates.sums.copy_(torch.tensor([4.0, -12.0]))
    module.network.gates.counts.fill_(1.0)
    module.network.gates.videos.fill_(1.0)
    trained = module.train()(batch.features, batch.mask).background
    tested = module.eval()(batch.features, batch.mask).background
    torch.testing.assert_close(tested, trained - 4.0)
    module.config = replace(module.config, centred=False)
    torch.testing.assert_close(module(batch.features, batch.mask).background, trained)


def test_the_regularizer_comes_in_over_the_training_steps_and_is_whole_for_a_held_out_fold(scene):
    """Dropout 0 and weights untouched, so the term itself is the same in every call: shares 1/4, 2/4, then 1."""
    batch, setup = scene
    module = built(setup, regularizer_rise=4)

    def term():
        return module.losses(module(batch.features, batch.mask), batch)["regularizer"].item()

    whole = module.eval() and term()
    module.train()
    assert [term() for _ in range(6)] == pytest.approx([whole * share for share in (0.25, 0.5, 0.75, 1, 1, 1)])


def test_as_published_nothing_rises_and_nothing_is_moved():
    config, _ = configured(ENTRY, "published")
    assert (config.regularizer_rise, config.regularizer, config.centred) == (0, "inner", False)
    with pytest.raises(ValueError, match="regularizer_rise"):
        LpatConfig(regularizer_rise=-1)
