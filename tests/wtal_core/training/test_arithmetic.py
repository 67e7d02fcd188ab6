"""Precision of a step: bfloat16 in the network on a GPU where asked for, float32 in the losses, nothing on a CPU."""

from contextlib import nullcontext
from dataclasses import replace

import pytest
import torch

from tests.wtal_core.training.scenes import at_level, planted
from wtal_core.models import METHODS
from wtal_core.models.method import Output
from wtal_core.training import arithmetic, optimization
from wtal_core.training.arithmetic import in_float32, network_arithmetic
from wtal_core.training.config import Stage, TrainingConfig, to_data
from wtal_core.training.trainer import train

GPU, CPU = torch.device("cuda"), torch.device("cpu")
ONE_PASS = (Stage(1, 1e-3),)


@pytest.fixture(scope="module")
def scene():
    sequences, labels, names = planted(n_videos=6, n_snippets=20)
    return at_level(sequences, labels, names), names


@pytest.mark.parametrize(
    ("device", "autocast", "has_bfloat16", "entered"),
    [(GPU, True, True, True), (GPU, True, False, False), (GPU, False, True, False), (CPU, True, True, False)],
)
def test_only_a_gpu_with_bfloat16_that_is_asked_computes_in_it(monkeypatch, device, autocast, has_bfloat16, entered):
    asked = []
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: has_bfloat16)
    monkeypatch.setattr(arithmetic.torch, "autocast", lambda *given: asked.append(given) or nullcontext())
    with network_arithmetic(device, autocast):
        pass
    assert asked == [("cuda", torch.bfloat16)] * entered


def test_half_precision_is_widened_and_the_rest_is_left_alone():
    """1/3 in bfloat16 is 0.333984375; a count stays whole."""
    third, count = torch.full((1, 2, 1), 1 / 3).bfloat16(), torch.tensor([2])
    wide = in_float32(Output(third, third[..., 0], third[:, 0], {"a": third}, {"a": third.half(), "count": count}))
    assert {wide.cas.dtype, wide.background.dtype, wide.video_scores.dtype} == {torch.float32}
    assert (wide.cas == 0.333984375).all()
    assert wide.extras["a"].dtype == wide.loss_extras["a"].dtype == torch.float32
    assert wide.loss_extras["count"] is count


@pytest.mark.parametrize("method", ["mixed", "rskp", "topk_mil", "ttc_loc"])
def test_the_network_runs_inside_and_the_losses_outside_in_float32(scene, monkeypatch, method):
    """There is no GPU here: a CPU's autocast stands in for it."""
    asked, seen = [], []
    build = METHODS[method].build

    def watched(config, setup):
        module = build(config, setup)
        plain_losses = module.losses
        module.register_forward_hook(lambda *_: seen.append(("network", torch.is_autocast_enabled("cpu"))))

        def losses(output, batch):
            seen.append(("losses", torch.is_autocast_enabled("cpu")))
            assert {output.cas.dtype, *(each.dtype for each in output.loss_extras.values())} <= {
                torch.float32,
                torch.int64,
                torch.bool,
            }
            return plain_losses(output, batch)

        module.losses = losses
        return module

    def stand_in(device, autocast):
        asked.append(autocast)
        return torch.autocast("cpu", torch.bfloat16)

    monkeypatch.setitem(METHODS, method, replace(METHODS[method], build=watched))
    monkeypatch.setattr(optimization, "network_arithmetic", stand_in)
    training = replace(METHODS[method].training, stages=ONE_PASS, batch_size=6, bucket=1, autocast=True)
    trained = train(method, *scene, training=training)
    assert asked == [True]
    assert seen[:2] == [("network", True), ("losses", False)]
    assert all(torch.isfinite(each).all() for each in trained.module.parameters())
    assert {each.dtype for each in trained.module.parameters()} == {torch.float32}


def test_a_run_on_a_cpu_is_the_same_bit_for_bit_whatever_is_asked(scene):
    def weights(autocast):
        training = replace(METHODS["topk_mil"].training, stages=ONE_PASS, autocast=autocast)
        return torch.cat([each.flatten() for each in train("topk_mil", *scene, training=training).module.parameters()])

    assert torch.equal(weights(False), weights(True))


def test_a_run_stored_before_autocast_is_still_the_same_run():
    assert "autocast" not in to_data(TrainingConfig(ONE_PASS))
    assert to_data(TrainingConfig(ONE_PASS, autocast=True))["autocast"] is True
