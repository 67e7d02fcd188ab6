"""The trainer on a method of five lines: schedules, checkpoints, resume, cancel, early stop."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from torch import nn

from tests.wtal_core.training.scenes import at_level, planted
from wtal_core.domain import SupervisionLevel
from wtal_core.models import METHODS
from wtal_core.models.method import MethodEntry, Output
from wtal_core.training import checkpoint, trainer
from wtal_core.training.config import EarlyStop, Stage, TrainingConfig
from wtal_core.training.early_stop import held_out
from wtal_core.training.optimization import TrainingDiverged
from wtal_core.training.trainer import train

SCHEDULE = TrainingConfig((Stage(2, 1e-2), Stage(2, 1e-2, restart=True)), batch_size=5, max_length=20)


@dataclass(frozen=True)
class PlainConfig:
    explode_at: int = 0  # step at which a loss term becomes NaN; 0 never


class Plain(nn.Module):
    """Linear scores, a loss with dropout in it, and a count that only extra_state keeps."""

    levels = frozenset(SupervisionLevel)

    def __init__(self, config, setup):
        super().__init__()
        self.config, self.setup = config, setup
        self.dropout = nn.Dropout(0.5)
        self.n_losses, self.epochs, self.restarts = 0, [], 0
        self.restart()

    def restart(self):
        self.restarts += 1
        self.head = nn.Linear(self.setup.n_features, len(self.setup.class_names))

    def forward(self, features, mask):
        cas = self.head(self.dropout(features))
        return Output(cas, torch.zeros_like(cas[..., 0]), torch.sigmoid(cas.amax(1)))

    def losses(self, output, batch):
        self.n_losses += 1
        fit = nn.functional.binary_cross_entropy(output.video_scores, batch.video_label)
        wild = fit * float("nan") if self.n_losses == self.config.explode_at else 0 * fit
        return {"fit": fit, "wild": wild}

    def localize(self, prediction):
        return []

    def after_epoch(self, epoch, predict, videos):
        predictions = predict(videos[:2])
        assert [each.activation.video_id for each in predictions] == [video.video_id for video in videos[:2]]
        self.epochs.append(epoch)

    def extra_state(self):
        return {"count": torch.tensor([self.n_losses]), "epochs": torch.tensor(self.epochs)}

    def load_extra_state(self, state):
        self.n_losses, self.epochs = int(state["count"]), state["epochs"].tolist()


@pytest.fixture(autouse=True)
def plain_method(monkeypatch):
    entry = MethodEntry("Plain", "For this test.", PlainConfig, Plain, SCHEDULE, Plain.levels)
    monkeypatch.setitem(METHODS, "plain", entry)


@pytest.fixture(scope="module")
def scene():
    sequences, labels, names = planted(n_videos=12, n_snippets=24)
    return at_level(sequences, labels, names), names


def weights(trained):
    return torch.cat([value.flatten() for value in trained.module.state_dict().values()])


def test_the_same_seed_gives_the_same_network_and_leaves_the_callers_generator_alone(scene):
    torch.manual_seed(7)
    before = torch.get_rng_state()
    first, second, other = (train("plain", *scene, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(weights(first), weights(second))
    assert not torch.equal(weights(first), weights(other))
    assert torch.equal(torch.get_rng_state(), before)


def test_progress_counts_steps_over_all_stages_and_names_the_terms(scene):
    told = []
    train("plain", *scene, progress=told.append)
    assert [each.step for each in told] == list(range(1, 13))  # 12 videos, 3 steps a pass, 4 passes
    assert {each.n_steps for each in told} == {12}
    assert [each.epoch for each in told[::3]] == [1, 2, 3, 4]
    assert set(told[0].terms) == {"fit", "wild", "total"}
    assert told[0].terms["total"] == pytest.approx(told[0].terms["fit"])
    assert told[-1].seconds_left == 0


class Stop(Exception):
    """Raised by a progress callback that wants the run to end."""


@pytest.mark.parametrize("stop_at", [1, 4, 7, 11])
def test_a_resumed_run_equals_an_uninterrupted_one_bit_for_bit(scene, tmp_path, monkeypatch, stop_at):
    monkeypatch.setattr(trainer, "CHECKPOINT_SECONDS", 0.0)
    whole = train("plain", *scene, seed=3)

    def stop(told):
        if told.step == stop_at:
            raise Stop

    with pytest.raises(Stop):
        train("plain", *scene, seed=3, checkpoint_dir=tmp_path, progress=stop)
    steps = []
    resumed = train(
        "plain", *scene, seed=3, checkpoint_dir=tmp_path, resume=True, progress=lambda told: steps.append(told.step)
    )
    assert steps[0] == stop_at - (stop_at - 1) % 3  # from the first step of the pass that was interrupted
    assert torch.equal(weights(whole), weights(resumed))
    assert whole.history == resumed.history
    assert resumed.module.epochs == [1, 2, 3, 4]
    assert resumed.module.n_losses == 12


def test_resuming_a_finished_run_trains_no_more(scene, tmp_path):
    first = train("plain", *scene, checkpoint_dir=tmp_path)
    steps = []
    again = train("plain", *scene, checkpoint_dir=tmp_path, resume=True, progress=steps.append)
    assert steps == []
    assert torch.equal(weights(first), weights(again))


def test_a_checkpoint_of_another_run_is_refused(scene, tmp_path):
    train("plain", *scene, checkpoint_dir=tmp_path)
    with pytest.raises(ValueError, match=r"belongs to another run.*seed"):
        train("plain", *scene, seed=9, checkpoint_dir=tmp_path, resume=True)


def test_a_checkpoint_of_other_labels_features_or_another_start_is_refused(scene, tmp_path):
    videos, names = scene
    earlier = train("plain", videos, names, seed=4)
    train("plain", videos, names, checkpoint_dir=tmp_path)
    one = videos[0]
    changed = [
        replace(one, action=~one.action),
        replace(one, background=~one.background),
        replace(one, video_label=1 - one.video_label),
        replace(one, features=replace(one.features, values=one.features.values + 1)),
    ]
    for other in changed:
        with pytest.raises(ValueError, match=r"belongs to another run \(its labels, features or warm start differ"):
            train("plain", [other, *videos[1:]], names, checkpoint_dir=tmp_path, resume=True)
    with pytest.raises(ValueError, match="warm start differ"):
        train("plain", videos, names, checkpoint_dir=tmp_path, resume=True, warm_start=earlier)


def test_a_damaged_checkpoint_is_named(scene, tmp_path):
    (tmp_path / checkpoint.POSITION).write_bytes(b"not a checkpoint")
    with pytest.raises(checkpoint.BadCheckpoint, match="delete it"):
        train("plain", *scene, checkpoint_dir=tmp_path, resume=True)


def test_a_nan_stops_the_run_and_names_its_term(scene):
    with pytest.raises(TrainingDiverged, match=r"'wild' became nan at step 5"):
        train("plain", *scene, config=PlainConfig(explode_at=5))


def test_a_restart_draws_the_network_anew_and_a_plain_stage_keeps_it(scene):
    assert train("plain", *scene).module.restarts == 2  # once when built, once before the second stage
    kept = replace(SCHEDULE, stages=(Stage(2, 1e-2), Stage(2, 1e-2)))
    assert train("plain", *scene, training=kept).module.restarts == 1


def test_a_warm_start_begins_from_the_earlier_network(scene):
    earlier = train("plain", *scene, seed=1)
    still = replace(SCHEDULE, stages=(Stage(1, 1e-12),))
    warm = train("plain", *scene, training=still, seed=5, warm_start=earlier)
    torch.testing.assert_close(weights(warm), weights(earlier), atol=1e-8, rtol=0)
    videos, names = scene
    with pytest.raises(ValueError, match="same method, number of features and classes"):
        train("plain", videos, names[::-1], warm_start=earlier)


def test_a_stage_can_train_on_complete_or_incomplete_videos_only():
    sequences, labels, names = planted(n_videos=12, n_snippets=24)
    videos = at_level(sequences, labels, names, semi=1)  # the first video of each of two classes
    seen = []

    class Watching(Plain):
        def losses(self, output, batch):
            seen.append(batch.is_complete.tolist())
            return super().losses(output, batch)

    METHODS["plain"] = replace(METHODS["plain"], build=Watching)
    stages = (Stage(1, steps=2, videos="incomplete"), Stage(1, steps=2, videos="complete", reset_optimizer=True))
    train("plain", videos, names, training=TrainingConfig(stages, batch_size=5))
    assert seen == [[False] * 5, [False] * 5, [True, True], [True, True]]


def test_a_stage_without_any_such_video_is_refused(scene):
    with pytest.raises(ValueError, match="complete videos only"):
        train("plain", *scene, training=TrainingConfig((Stage(1, videos="complete"),)))


def test_early_stop_goes_back_to_the_best_network_of_the_held_out_fold(scene):
    """At a learning rate of 1000 the first look is the best: patience 2 ends the stage after three passes of twenty."""
    settings = TrainingConfig((Stage(20, 1e3),), batch_size=5, early_stop=EarlyStop(0.25, 1, 2))
    passes = []
    trained = train("plain", *scene, training=settings, progress=lambda told: passes.append(told.epoch))
    assert max(passes) == 3
    assert len(trained.history) == 3
    best = train("plain", *scene, training=replace(settings, stages=(Stage(1, 1e3),)))  # ends with that first look
    assert torch.equal(weights(trained), weights(best))


@pytest.mark.parametrize("seed", range(4))
def test_the_fold_takes_a_share_of_each_kind_and_never_the_last(scene, seed):
    videos, rng = scene[0], np.random.default_rng(seed)
    kinds = [replace(video, is_complete=index < 4) for index, video in enumerate(videos)]  # 4 complete, 8 not
    kept, fold = held_out(kinds, EarlyStop(0.25), rng)
    assert sorted(video.is_complete for video in fold) == [False, False, True]
    assert len(kept) == 9
    lone = [replace(video, is_complete=index == 0) for index, video in enumerate(videos[:3])]
    kept, fold = held_out(lone, EarlyStop(0.9), rng)
    assert [video.is_complete for video in kept] == [True, False]
    assert held_out(lone[:2], EarlyStop(0.5), rng)[1] == []


def test_early_stop_resumes_bit_for_bit(scene, tmp_path, monkeypatch):
    monkeypatch.setattr(trainer, "CHECKPOINT_SECONDS", 0.0)
    settings = TrainingConfig((Stage(6, 1e-1),), batch_size=5, early_stop=EarlyStop(0.25, 1, 2))
    whole = train("plain", *scene, training=settings)

    def stop(told):
        if told.step == 5:
            raise Stop

    with pytest.raises(Stop):
        train("plain", *scene, training=settings, checkpoint_dir=tmp_path, progress=stop)
    resumed = train("plain", *scene, training=settings, checkpoint_dir=tmp_path, resume=True)
    assert torch.equal(weights(whole), weights(resumed))


def test_unknown_methods_empty_sets_and_foreign_classes_are_refused(scene):
    videos, names = scene
    with pytest.raises(ValueError, match="no method 'nothing'"):
        train("nothing", videos, names)
    with pytest.raises(ValueError, match="no labelled video"):
        train("plain", [], names)
    with pytest.raises(ValueError, match="one name per column"):
        train("plain", videos, ["a", "b", "c"])


def test_a_trained_method_reads_back_as_it_was_written(scene, tmp_path):
    trained = train("plain", *scene, config=PlainConfig(explode_at=99))
    checkpoint.save(tmp_path / "run", trained)
    again = checkpoint.load(tmp_path / "run")
    assert torch.equal(weights(trained), weights(again))
    assert checkpoint.description(again) == checkpoint.description(trained)
    assert again.config == PlainConfig(explode_at=99)
    assert again.training == SCHEDULE
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["run.json", "weights.safetensors"]


def test_a_folder_that_holds_no_run_is_refused(tmp_path, scene):
    with pytest.raises(checkpoint.BadCheckpoint, match="does not hold a trained method"):
        checkpoint.load(tmp_path)
    for text in ("[]", '"text"', '{"format": 1, "method": "plain", "config": {}, "streams": [1]}', "{"):
        (tmp_path / checkpoint.RUN).write_text(text)
        with pytest.raises(checkpoint.BadCheckpoint, match=r"holds no description|does not hold a trained method"):
            checkpoint.load(tmp_path)
    checkpoint.save(tmp_path, train("plain", *scene))
    (tmp_path / checkpoint.WEIGHTS).write_bytes(b"\x00" * 20)
    with pytest.raises(checkpoint.BadCheckpoint, match="does not hold a trained method"):
        checkpoint.load(tmp_path)
    del METHODS["plain"]
    with pytest.raises(checkpoint.BadCheckpoint, match="holds method 'plain'"):
        checkpoint.load(tmp_path)
