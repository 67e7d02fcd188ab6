"""RSKP's equations: the walk is exact, padding is silent, memory belongs to its class (FACTS 6)."""

from fractions import Fraction

import numpy as np
import pytest
import torch

from wtal_core.domain import ActivationSequence, SnippetGrid, VideoPrediction
from wtal_core.models.method import Output, Setup, configured
from wtal_core.models.rskp import ENTRY, Rskp, attention_contrast
from wtal_core.models.rskp_config import LOW_SHARES, THRESHOLDS, RskpConfig
from wtal_core.models.rskp_walk import Embedded, random_walk, representatives
from wtal_core.training.config import from_data, to_data


def scene(seed=0, n_videos=2, length=9, width=6, k=3):
    generator = torch.Generator().manual_seed(seed)
    x = torch.rand(n_videos, length, width, generator=generator, dtype=torch.float64)
    mask = torch.arange(length).expand(n_videos, -1) < torch.tensor([length, length - 4][:n_videos])[:, None]
    return x * mask[..., None], mask, torch.rand(k, width, generator=generator, dtype=torch.float64)


def walked(x, mask, mu, w, usable=None):
    """The walked sequence itself, from the terms it is kept in."""
    embedded = Embedded.of(x, mask)
    walk = random_walk(embedded, mu, w, usable)
    whole = x + walk.shares @ walk.means
    real = mask[..., None]
    torch.testing.assert_close(
        walk.size(embedded) * real, whole.norm(dim=-1, keepdim=True) * real, atol=1e-7, rtol=1e-6
    )
    return (1 - w) * whole


def means(x, mask, start):
    return representatives(Embedded.of(x, mask), start, 2)


def test_the_small_solve_equals_inverting_the_whole_affinity():
    x, mask, start = scene()
    mu = means(x, mask, start)
    spread = walked(x, mask, mu, 0.5)
    for video, length in ((0, 9), (1, 5)):
        real, own = x[video, :length], mu[video]
        unit = torch.nn.functional.normalize
        z = (5 * unit(own, dim=-1) @ unit(real, dim=-1).T).softmax(0)
        affinity = z.T @ (z / z.sum(1, keepdim=True))
        inverse = torch.linalg.inv(torch.eye(length, dtype=torch.float64) - 0.25 * affinity)
        expected = 0.5 * inverse @ (0.5 * z.T @ own + real)
        torch.testing.assert_close(spread[video, :length], expected, atol=1e-7, rtol=1e-6)


def test_padding_changes_neither_representatives_nor_walk():
    x, mask, start = scene()
    alone, alone_mask = x[1:, :5], mask[1:, :5]
    together = means(x, mask, start)
    torch.testing.assert_close(means(alone, alone_mask, start), together[1:])
    torch.testing.assert_close(walked(alone, alone_mask, together[1:], 0.5)[0], walked(x, mask, together, 0.5)[1, :5])


def test_a_walk_without_usable_means_keeps_the_embedding():
    x, mask, start = scene()
    usable = torch.tensor([[True, True, False], [False, False, False]])
    spread = walked(x, mask, start.expand(2, -1, -1), 0.5, usable)
    torch.testing.assert_close(spread[1], 0.5 * x[1])
    torch.testing.assert_close(spread[0], walked(x[:1], mask[:1], start[None, :2], 0.5)[0])


def test_attention_contrast_takes_an_eighth_at_both_ends():
    """Eight snippets 0 .. 7 (k = 1): 0 - 7; the second video has three real ones, 5 3 4: 3 - 5. Mean -4.5."""
    attention = torch.tensor([[0.0, 1, 2, 3, 4, 5, 6, 7], [5, 3, 4, 0, 0, 0, 0, 0]])
    mask = torch.tensor([[True] * 8, [True] * 3 + [False] * 5])
    assert attention_contrast(attention, mask).item() == pytest.approx(-4.5)


def test_the_foreground_starts_against_the_background_and_is_a_parameter_of_its_own():
    method = Rskp(RskpConfig(width=8), Setup(4, ("a", "b")))
    torch.testing.assert_close(method.foreground, -method.centres[-1:])
    assert method.foreground.data_ptr() != method.centres.data_ptr()


def test_memory_keeps_the_best_of_a_class_and_nothing_of_absent_ones():
    """The public code's index bug: every video wrote to and read from class 0."""
    method = Rskp(RskpConfig(width=4, memory_slots=2), Setup(4, ("a", "b")))
    with torch.no_grad():
        method.centres.copy_(torch.eye(4)[:3])
    mu = torch.tensor([[[1.0, 0, 0, 0], [0, 1, 0, 0], [0, 0.8, 0.6, 0]]])
    method._remember(mu, torch.tensor([[0.0, 1.0]]))
    assert (method.memory_scores[:2] == -1).all()
    torch.testing.assert_close(method.memory[2], mu[0, 1])
    torch.testing.assert_close(method.memory[3], mu[0, 2])


def test_a_video_is_walked_over_the_memory_of_its_own_classes():
    """One snippet x = (0, 0, 1) and one slot a class: a (6, 0, 0), b (0, 4, 0), both at right angles to x.

    T = 1 makes the affinity 1, so the walk (w = 1/2) is 1/2 * 4/3 * (m / 2 + x) with the mean m of the slots read:
    of b (0, 2, 1) * 2/3, of both (1.5, 1, 1) * 2/3, of a (3, 0, 1) * 2/3. The centres are the axes, the scale is 20.
    """
    method = Rskp(RskpConfig(width=3, memory_slots=1), Setup(3, ("a", "b")))
    with torch.no_grad():
        method.centres.copy_(torch.eye(3))
        method.memory.copy_(torch.tensor([[6.0, 0, 0], [0, 4, 0]]))
        method.memory_scores.fill_(0.5)
    x, mask = torch.tensor([0.0, 0, 1]).expand(3, 1, 3), torch.ones(3, 1, dtype=torch.bool)
    heads = torch.nn.functional.normalize(torch.cat([method.centres, method.foreground]), dim=-1).detach()
    batch = type("Batch", (), {"video_label": torch.tensor([[0.0, 1], [1, 1], [1, 0]])})()
    frames = method._remembered(Embedded.of(x, mask), {"heads": heads, "along": x @ heads.T}, batch)["frames"]
    expected = torch.tensor([[0.0, 2, 1], [1.5, 1, 1], [3, 0, 1]]) / torch.tensor([[5.0], [4.25], [10]]).sqrt()
    torch.testing.assert_close(frames[:, 0, 0], 20 * expected)


def test_after_the_warm_up_the_memory_enters_the_losses():
    torch.manual_seed(0)
    method = Rskp(RskpConfig(width=8, memory_from=1), Setup(4, ("a", "b")))
    video = type("Video", (), {})()
    video.features = type("Features", (), {"values": np.random.default_rng(0).random((6, 4), np.float32)})()
    video.video_label = np.array([1.0, 0.0], np.float32)
    method.after_epoch(1, None, [video])
    assert bool(method.has_memory)
    assert (method.memory_scores[:5] >= 0).all()
    assert (method.memory_scores[5:] == -1).all()
    features, mask = torch.from_numpy(video.features.values)[None], torch.ones(1, 6, dtype=torch.bool)
    batch = type("Batch", (), {})()
    batch.mask, batch.lengths, batch.video_label = mask, torch.tensor([6]), torch.tensor([[1.0, 0.0]])
    method.train()
    output = method(features, mask)
    assert isinstance(output, Output)
    terms = method.losses(output, batch)
    sum(terms.values()).backward()
    with_memory = terms["foreground"]
    assert torch.isfinite(method.embedding.weight.grad).all()
    method.warm_started()  # another run begins from this network: without what this one remembered
    assert with_memory > method.losses(output, batch)["foreground"]
    assert (method.memory_scores == -1).all()


@pytest.mark.parametrize(
    ("classes", "target"), [("labelled", (0.2, 0.0, 0.8)), ("all", (0.2, 0.5, 0.3))], ids=["labelled", "all"]
)
def test_what_the_walk_gives_to_absent_classes_is_imitated_as_background(classes, target):
    """The walk says (.2, .5, .3) of a, b and background in a video of a; the plain branch says (.25, .25, .5)."""
    config = RskpConfig(width=4, temperature=1.0, propagation_weight=3.0, propagation_classes=classes)
    method = Rskp(config, Setup(4, ("a", "b")))
    batch = type("Batch", (), {"mask": torch.ones(1, 1, dtype=torch.bool), "lengths": torch.tensor([1])})()
    batch.video_label = torch.tensor([[1.0, 0.0]])
    said = {
        "pooled": torch.zeros(1, 2, 3),
        "own": torch.zeros(1, 2, 3),
        "plain.attention": torch.zeros(1, 1),
        "spread.frames": torch.tensor([[[0.2, 0.5, 0.3]]]).log(),
        "plain.frames": torch.tensor([[[0.25, 0.25, 0.5]]]).log(),
    }
    terms = method.losses(Output(None, None, None, {}, said), batch)
    expected = 3 * ((target[0] + target[1]) * np.log(4) + target[2] * np.log(2))
    assert float(terms["propagation"]) == pytest.approx(expected)


def test_a_run_of_before_the_choice_imitated_all_classes():
    stored = to_data(RskpConfig())
    assert from_data(RskpConfig, stored).propagation_classes == stored.pop("propagation_classes") == "labelled"
    assert from_data(RskpConfig, stored).propagation_classes == "all"


def test_published_batches_are_drawn_uniformly_and_the_imitation_keeps_its_weight_on_activitynet():
    """FACTS 6.5: lam_spl 1, then .5 on THUMOS14, 1 throughout on ActivityNet; neither sorts videos by length."""
    thumos, activitynet = (configured(ENTRY, name) for name in ("thumos14", "activitynet"))
    assert (thumos[0].propagation_weight, thumos[0].late_propagation_weight) == (1.0, 0.5)
    assert [each[0].propagation_classes for each in (thumos, activitynet)] == ["all", "all"]
    assert (activitynet[0].propagation_weight, activitynet[0].late_propagation_weight) == (1.0, 1.0)
    assert [each[1].bucket for each in (thumos, activitynet)] == [1, 1]
    assert [each[1].batch_size for each in (thumos, activitynet)] == [10, 128]
    assert [[stage.epochs for stage in each[1].stages] for each in (thumos, activitynet)] == [[200], [60]]


def test_by_default_the_plain_branch_speaks_alone_and_the_walk_speaks_with_it_in_the_public_code():
    """The softmax of (log 3, 0), (.75, .25), on the plain branch and of (0, log 3) on the walk's."""
    plain = np.tile(np.log([3.0, 1.0]).astype(np.float32), (3, 1))
    extras = {"plain": plain, "spread": plain[:, ::-1], "attention": np.full(3, 0.5, np.float32)}
    prediction = VideoPrediction(None, np.ones(1, np.float32), extras)

    def trace(config):
        return Rskp(config, Setup(4, ("jump",))).traces(prediction)

    np.testing.assert_allclose(trace(RskpConfig(width=8)), np.full((3, 1), 0.5 * 0.75), rtol=1e-6)
    public, _ = configured(ENTRY, "thumos14", {"width": 8})
    np.testing.assert_allclose(trace(public), np.full((3, 1), 0.5 * (0.6 * 0.75 + 0.4 * 0.25)), rtol=1e-6)


def test_its_presets_cut_and_suppress_as_the_public_code_and_the_default_does_not():
    ours = Rskp(RskpConfig(width=8), Setup(4, ("a", "b"))).cut
    assert (ours.levels, ours.scale, ours.upsample) == (THRESHOLDS, "absolute", 1)
    assert (ours.also.levels, ours.also.scale, ours.also.upsample) == (LOW_SHARES, "maximum", 4)
    overlaps = {"thumos14": 0.5, "thumos14_in_gaufuse": 0.5, "activitynet": 0.9}
    assert set(overlaps) == set(ENTRY.presets)
    for preset in ENTRY.presets:
        config, _ = configured(ENTRY, preset, {"width": 8})
        public = Rskp(config, Setup(4, ("a", "b"))).cut
        assert (public.levels, public.scale, public.also, public.upsample) == (THRESHOLDS, "absolute", None, 1)
        assert (public.strip, config.nms_threshold) == ((0.25, 1.0), overlaps[preset])
    with pytest.raises(ValueError, match=r"strip is two positive numbers, got \(0\.25, 0\.0\)"):
        RskpConfig(strip=(0.25, 0.0))


def test_an_action_whose_trace_is_high_throughout_is_cut_although_no_absolute_threshold_parts_it():
    """Traces of .5 and .4 with .06 between them: every absolute threshold, up to .039, takes both actions for one."""
    trace = np.full(40, 0.001, np.float32)
    trace[5:30], trace[5:12], trace[22:30] = 0.06, 0.5, 0.4
    grid = SnippetGrid(Fraction(1), 40, 40_000_000)  # a snippet a second
    activation = ActivationSequence("v", ("jump",), np.zeros((40, 1), np.float32), np.zeros(40, np.float32), grid)
    prediction = VideoPrediction(activation, np.ones(1, np.float32), {})

    def found(**settings):
        method = Rskp(RskpConfig(width=8, **settings), Setup(4, ("jump",)))
        method.traces = lambda prediction: trace[:, None]
        segments = [each.segment for each in method.localize(prediction)]
        return [(round(segment.start / 1e6), round(segment.end / 1e6)) for segment in segments]

    assert found(levels="absolute") == [(5, 30)]
    assert found(levels="both")[:2] == [(5, 12), (22, 30)]
