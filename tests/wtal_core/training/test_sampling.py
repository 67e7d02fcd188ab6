"""Who is in a batch, and when."""

from itertools import chain

import numpy as np
import pytest

from tests.wtal_core.training.scenes import at_level, planted
from wtal_core.models import METHODS
from wtal_core.models.method import configured
from wtal_core.training.config import Stage, TrainingConfig
from wtal_core.training.sampling import PairSampler, Sampler
from wtal_core.training.trainer import train


def schedule(**settings):
    return TrainingConfig((Stage(1),), **settings)


def drawn(config, lengths, complete, seed=0, n_passes=1):
    everything = np.arange(len(lengths))
    sampler = Sampler(np.array(lengths), np.array(complete), config, everything, np.random.default_rng(seed))
    return sampler, [list(sampler.one_pass()) for _ in range(n_passes)]


def test_a_pass_draws_every_video_once_and_depends_on_the_seed():
    config = schedule(batch_size=4)
    sampler, passes = drawn(config, [5] * 10, [False] * 10, n_passes=2)
    assert sampler.steps_per_pass == 3
    assert [len(batch) for batch in passes[0]] == [4, 4, 2]
    assert sorted(chain.from_iterable(passes[0])) == list(range(10))
    assert passes[0] != passes[1]
    assert passes == drawn(config, [5] * 10, [False] * 10, n_passes=2)[1]
    assert passes != drawn(config, [5] * 10, [False] * 10, seed=1, n_passes=2)[1]


def test_full_videos_are_in_every_batch_when_asked_for():
    complete = [True, True, *[False] * 9]
    sampler, (batches,) = drawn(schedule(batch_size=4, full_per_batch=1), [5] * 11, complete)
    assert sampler.steps_per_pass == 3  # 9 others, 3 a batch
    assert len(batches) == 3
    assert all(sum(index < 2 for index in batch) == 1 for batch in batches)
    assert sorted(index for batch in batches for index in batch if index >= 2) == list(range(2, 11))
    assert {index for batch in batches for index in batch if index < 2} == {0, 1}


def test_a_batch_holds_no_video_twice_when_the_full_ones_start_again():
    """Two of three full videos a batch: every second batch takes the last of one round and the first of the next."""
    complete = [True] * 3 + [False] * 40
    _, passes = drawn(schedule(batch_size=3, full_per_batch=2), [5] * 43, complete, n_passes=5)
    assert all(len(set(batch)) == len(batch) for batch in chain.from_iterable(passes))
    counts = np.bincount([index for batch in passes[0] for index in batch if index < 3])
    assert counts.max() - counts.min() <= 1


def test_batches_of_one_video_train_the_full_ones_too():
    _, (batches,) = drawn(schedule(batch_size=1, full_per_batch=1), [5] * 4, [True, False, False, False])
    assert sorted(batches) == [[0], [1], [2], [3]]


def test_without_any_full_video_the_wish_for_one_changes_nothing():
    assert (
        drawn(schedule(batch_size=4, full_per_batch=2), [5] * 6, [False] * 6)[1]
        == drawn(schedule(batch_size=4), [5] * 6, [False] * 6)[1]
    )


def test_buckets_put_similar_lengths_together():
    lengths = [1, 100, 2, 101, 3, 102, 4, 103]
    _, (batches,) = drawn(schedule(batch_size=2, bucket=4), lengths, [False] * 8)
    assert sorted(chain.from_iterable(batches)) == list(range(8))
    assert all(abs(lengths[a] - lengths[b]) == 1 for a, b in batches)


# -- pairs ----------------------------------------------------------------------------------------------------------


def pairs(held, config, seed=0, n_passes=1, indices=None):
    """Batches of videos of which each holds the classes of a text, ``ab`` both ``a`` and ``b``."""
    present = np.array([[name in text for name in "abcd"] for text in held])
    taking_part = np.arange(len(held)) if indices is None else np.array(indices)
    sampler = PairSampler(present, config, taking_part, np.random.default_rng(seed))
    return [batch for _ in range(n_passes) for batch in sampler.one_pass()]


def test_a_batch_begins_with_pairs_of_a_class():
    """Four classes; c has one video and gives no pair, so three pairs of a, b and d are all there is to draw. Eight
    videos in batches of six are two batches."""
    batches = pairs(["a", "a", "b", "b", "c", "d", "d", ""], schedule(batch_size=6, class_pairs=3))
    assert len(batches) == 2
    for batch in batches:
        assert sorted(sorted(batch[first : first + 2]) for first in (0, 2, 4)) == [[0, 1], [2, 3], [5, 6]]


def test_classes_are_drawn_alike_however_many_videos_they_have():
    """Eighteen videos of a and two of b, one pair a batch: about half of 500 are b's. The rest of a batch is anyone
    but those two."""
    batches = pairs(["a"] * 18 + ["b"] * 2, schedule(batch_size=4, class_pairs=1), n_passes=100)
    assert len(batches) == 500
    assert all(len(set(batch)) == 4 for batch in batches)
    of_b = [batch for batch in batches if batch[0] >= 18]
    assert all((batch[0] >= 18) == (batch[1] >= 18) for batch in batches)
    assert 200 < len(of_b) < 300
    assert set(chain.from_iterable(batch[2:] for batch in of_b)) == set(range(18))


def test_a_video_of_two_classes_is_drawn_for_one_of_them():
    """Both videos hold a and b: once they are there for one class, the other finds none left."""
    assert sorted(*pairs(["ab", "ab"], schedule(batch_size=4, class_pairs=2))) == [0, 1]


def test_pairs_come_from_the_videos_of_the_stage_and_from_the_seed():
    held, config = ["a", "b"] * 10, schedule(batch_size=4, class_pairs=1)
    first = pairs(held, config, indices=range(12))
    assert set(chain.from_iterable(first)) <= set(range(12))
    assert first == pairs(held, config, indices=range(12))
    assert first != pairs(held, config, indices=range(12), seed=1)


@pytest.mark.parametrize(("class_pairs", "always"), [(0, False), (1, True)])
def test_with_pairs_there_is_always_something_alike_to_learn_from(class_pairs, always):
    """Six classes, two videos each, batches of two: drawn uniformly, ten of eleven hold no two videos of a class."""
    videos = at_level(*planted(12, n_classes=6, n_snippets=12))
    training = TrainingConfig((Stage(4, 1e-3),), batch_size=2, class_pairs=class_pairs)
    terms = []
    names = tuple(f"action{index}" for index in range(6))
    train("topk_mil", videos, names, training=training, progress=lambda told: terms.append(told.terms["similarity"]))
    assert len(terms) == 24
    assert all(term > 0 for term in terms) == always


def test_the_published_w_talc_draws_three_pairs_and_the_default_none():
    assert [configured(METHODS["topk_mil"], preset)[1].class_pairs for preset in (None, "thumos14")] == [0, 3]
