"""Batches: padding, crops and counts."""

import numpy as np
import pytest
import torch

from tests.wtal_core.training.scenes import at_level, planted
from wtal_core.domain import Annotation, FeatureSequence, SnippetGrid, SupervisionLevel, VideoLabels
from wtal_core.training.dataset import BadFeatures, TrainingSet
from wtal_core.training.targets import training_video


def video(name, n_snippets, *spans, value=1.0):
    grid = SnippetGrid.regular(n_snippets, n_snippets * 640_000)
    annotations = tuple(
        Annotation(f"{name}{index}", "a", SupervisionLevel.FULL, segment=grid.segment(*span))
        for index, span in enumerate(spans)
    )
    values = np.full((n_snippets, 3), value, np.float16)
    return training_video(FeatureSequence(name, values, grid), VideoLabels(name, frozenset("a"), annotations), ["a"])[0]


def test_videos_are_padded_at_the_end_with_zeros():
    batch = TrainingSet([video("x", 2, (0, 1)), video("y", 3, (1, 3))]).batch([1, 0])
    assert batch.features.shape == (2, 3, 3)
    assert batch.mask.tolist() == [[True, True, True], [True, True, False]]
    assert batch.features[1, 2].tolist() == [0.0, 0.0, 0.0]
    assert batch.action[:, :, 0].tolist() == [[False, True, True], [True, False, False]]
    assert batch.lengths.tolist() == [3, 2]
    assert [each.video_id for each in batch.videos] == ["y", "x"]
    assert batch.indices == (1, 0)
    assert not batch.known[1, 2].any()


def test_crops_are_contiguous_keep_the_video_label_and_count_what_they_touch():
    """Instances at [0, 2) and [8, 10) of ten snippets: a crop of three touches one, the other, or none."""
    values = np.arange(30, dtype=np.float32).reshape(10, 3)
    made = video("x", 10, (0, 2), (8, 10))
    made = type(made)(
        FeatureSequence("x", values, made.features.grid),
        made.labels,
        made.action,
        made.background,
        made.instances,
        made.video_label,
        made.is_complete,
    )
    source = TrainingSet([made])
    rng = np.random.default_rng(0)
    seen = set()
    for _ in range(60):
        batch = source.batch([0], max_length=3, rng=rng)
        start = batch.starts[0]
        seen.add(start)
        assert batch.features[0].tolist() == values[start : start + 3].tolist()
        assert batch.action[0, :, 0].tolist() == made.action[start : start + 3, 0].tolist()
        assert batch.n_instances.tolist() == [[int(start < 2) + int(start + 3 > 8)]]
        assert batch.video_label.tolist() == [[1.0]]
    assert seen == set(range(8))


def test_a_crop_longer_than_the_video_is_the_video():
    batch = TrainingSet([video("x", 4)]).batch([0], max_length=9, rng=np.random.default_rng(0))
    assert batch.mask.shape == (1, 4)
    assert batch.starts == (0,)


def test_a_projection_is_applied_once_to_every_snippet():
    calls = []

    def double(features):
        calls.append(len(features))
        return torch.cat([features, 2 * features], dim=-1)

    source = TrainingSet([video("x", 2), video("y", 3)], project=double)
    assert calls == [2, 3]
    assert source.batch([0, 1]).features.shape == (2, 3, 6)
    assert source.features_of(1).tolist() == [[1.0] * 3 + [2.0] * 3] * 3


def test_features_no_network_can_learn_from_are_refused_by_name():
    broken = video("broken", 3, value=np.nan)
    with pytest.raises(BadFeatures, match=r"broken: snippet 0 holds NaN"):
        TrainingSet([video("x", 2), broken])
    wide = FeatureSequence("wide", np.zeros((2, 5), np.float32), SnippetGrid.regular(2, 1_280_000))
    other = training_video(wide, VideoLabels("wide", frozenset("a")), ["a"])[0]
    with pytest.raises(BadFeatures, match="wide has 5 features"):
        TrainingSet([video("x", 2), other])
    with pytest.raises(ValueError, match="no labelled video"):
        TrainingSet([])


def test_planted_scenes_use_every_label_at_every_level():
    sequences, labels, names = planted(n_videos=4)
    for level in ("video", "one-segment", "two-segment", "full"):
        videos = at_level(sequences, labels, names, level)
        assert all(made.is_complete == (level == "full") for made in videos)
        assert all(made.video_label.sum() == 1 for made in videos)
