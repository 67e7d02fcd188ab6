"""The plain reference for all boundaries."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.wtal_core.training.scenes import at_level, one_class_videos, planted
from wtal_core.domain import ActivationSequence, SnippetGrid, VideoPrediction
from wtal_core.models import METHODS
from wtal_core.models.frame_supervised import FrameSupervised, FrameSupervisedConfig, probabilities
from wtal_core.models.method import Output, Setup
from wtal_core.predict import predict
from wtal_core.training.config import Stage
from wtal_core.training.dataset import TrainingSet
from wtal_core.training.trainer import train

GRID = SnippetGrid.regular(6, 6 * 640_000)


def prediction(cas, background, scores):
    cas, background = np.array(cas, np.float32), np.array(background, np.float32)
    return VideoPrediction(ActivationSequence("v", ("a", "b"), cas, background, GRID), np.array(scores, np.float32))


def test_the_loss_is_the_cross_entropy_of_what_a_person_judged():
    """Equal logits of two classes and background: log 3 a snippet, wherever something is known."""
    sequences, labels, names = planted(4, n_snippets=16)
    batch = TrainingSet(at_level(sequences, labels, names, "full")).batch(range(4))
    output = Output(torch.zeros(4, 16, 2), torch.zeros(4, 16), torch.zeros(4, 2))
    module = FrameSupervised(FrameSupervisedConfig(), Setup(12, names))
    torch.testing.assert_close(module.losses(output, batch), {"frames": torch.tensor(math.log(3))})


def test_probabilities_are_of_the_classes_beside_background():
    found = probabilities(prediction([[math.log(2), 0]] * 6, [0] * 6, [1, 1]).activation)
    np.testing.assert_allclose(found, [[0.5, 0.25]] * 6)


def test_a_run_that_stands_out_comes_first_and_a_class_that_does_not_occur_proposes_nothing():
    """Class a over snippets 2 and 3 stands out of a flat background; b is likelier everywhere, at a video score of a
    tenth of the best."""
    made = prediction([[-4, 0], [-4, 0], [4, 0], [4, 0], [-4, 0], [-4, 0]], [0] * 6, [0.9, 0.09])
    found = FrameSupervised(FrameSupervisedConfig(), Setup(12, ("a", "b"))).localize(made)
    assert {each.label for each in found} == {"a"}
    assert found[0].segment == GRID.segment(2, 4)
    inside, outside = (1 / (1 + math.exp(-logit) + math.exp(-logit)) for logit in (4, -4))
    assert found[0].score == pytest.approx(0.9 * (inside - outside), rel=1e-5)


def test_videos_in_which_nobody_judged_a_snippet_are_refused_in_words():
    sequences, labels, names = planted(4, n_snippets=16)
    with pytest.raises(ValueError, match="none of the 4 training videos has one; annotate boundaries"):
        train("frame_supervised", at_level(sequences, labels, names, "video"), names)


def test_videos_that_say_less_beside_annotated_ones_are_no_harm():
    """Video labels say nothing of a snippet: the loss of a batch with them is that of the annotated ones."""
    sequences, labels, names = planted(4, n_snippets=16)
    videos = at_level(sequences, labels, names, "video", semi=1)
    assert 0 < sum(video.is_complete for video in videos) < 4
    torch.manual_seed(0)
    module = FrameSupervised(FrameSupervisedConfig(), Setup(12, names, {}, videos)).eval()
    source = TrainingSet(videos, project=module.project)
    complete = [index for index, video in enumerate(videos) if video.is_complete]
    losses = []
    for indices in (range(4), complete):
        batch = source.batch(indices)
        losses.append(module.losses(module(batch.features, batch.mask), batch)["frames"])
    torch.testing.assert_close(losses[0], losses[1])


def test_one_class_is_learned():
    sequences, videos = one_class_videos("full")
    training = replace(METHODS["frame_supervised"].training, stages=(Stage(20, 3e-3),))
    trained = train("frame_supervised", videos, ("action0",), training=training)
    hits = [
        (made.activation.margin[:, 0] > 0) == video.action[:, 0]
        for (made, _), video in zip(predict(trained, sequences), videos, strict=True)
    ]
    assert np.mean(hits) > 0.95
