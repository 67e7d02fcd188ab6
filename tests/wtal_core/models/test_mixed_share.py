"""How much of a video is action, from video labels alone, and what `mixed` makes of it."""

from dataclasses import replace

import numpy as np
import pytest

from tests.wtal_core.training.scenes import at_level, planted
from wtal_core.models.mixed import ENTRY
from wtal_core.models.mixed_config import LEAST_POSITIVE, MOST_POSITIVE, MixedConfig
from wtal_core.models.mixed_share import LEAST_VIDEOS, _measured, action_share
from wtal_core.training.dataset import BadFeatures
from wtal_core.training.trainer import train


def videos_with(share, n_videos=24, n_classes=3, n_snippets=40, seed=0, signal=4.0, n_columns=12):
    """Video v holds class v mod C in the first ``share`` of its snippets; all else is noise that every video has."""
    rng = np.random.default_rng(seed)
    sequences, labels, names = planted(n_videos=n_videos, n_classes=n_classes, n_snippets=n_snippets)
    made = []
    for number, video in enumerate(at_level(sequences, labels, names, "video")):
        values = rng.normal(size=(n_snippets, n_columns)).astype(np.float32)
        values[: round(share * n_snippets), number % n_classes] += signal
        said = np.eye(n_classes, dtype=np.float32)[number % n_classes]
        made.append(replace(video, features=replace(video.features, values=values), video_label=said))
    return made


@pytest.mark.parametrize("share", [0.15, 0.25, 0.4])
def test_the_share_of_what_only_videos_of_a_class_hold_is_found_from_video_labels(share):
    found = [action_share(videos_with(share, seed=seed)) for seed in range(3)]
    assert np.mean(found) == pytest.approx(share, abs=0.1)


def test_much_action_is_never_taken_for_little():
    """Other videos' actions score below what all videos hold, so that more than there is may seem to be above."""
    for share in (0.5, 0.8):
        assert action_share(videos_with(share)) > share


def test_a_bound_of_the_share_is_read_at_the_seventh_decile_of_the_other_videos():
    """Ten snippets without the class score 0 to 9: .7 of them lie below 6.3. Four of eight snippets with it score 10,
    the others as those without: (4 + 1) / 8 are above, (.625 - .3) / .7. Both videos with it are told from the one."""
    without = np.arange(10.0)[:, None]
    one, two = np.array([10, 10, 0, 7.0])[:, None], np.array([10, 10, 1, 2.0])[:, None]
    share, known = _measured([one, two, without], np.array([[True], [True], [False]]))
    assert share == pytest.approx((5 / 8 - 0.3) / 0.7)
    assert known == 1.0


def test_nothing_is_said_where_videos_cannot_be_told_apart_or_are_few():
    assert action_share(videos_with(0.5, signal=0.0)) is None
    assert action_share(videos_with(0.5)[: LEAST_VIDEOS - 1]) is None
    assert action_share(videos_with(0.5, n_classes=12)) is None  # two videos of each class
    everywhere = [replace(video, video_label=np.ones(3, np.float32)) for video in videos_with(0.5)]
    assert action_share(everywhere) is None  # no video is without a class
    assert action_share([]) is None


@pytest.mark.parametrize("n_snippets", [1, 2, 3])
def test_videos_of_a_snippet_or_two_are_no_error(n_snippets):
    short = videos_with(1.0, n_snippets=n_snippets)
    assert action_share(short) == pytest.approx(1.0, abs=0.4)


def test_features_of_many_columns_are_read_as_those_of_few():
    wide = videos_with(0.25, n_columns=200, signal=8.0)
    assert action_share(wide) == pytest.approx(0.25, abs=0.1)
    assert action_share(wide) == action_share(wide)


@pytest.mark.parametrize("value", [0.0, 1.0, 3e20, np.nan])
@pytest.mark.parametrize("n_columns", [12, 200])
def test_features_that_say_nothing_say_nothing_of_the_share(value, n_columns):
    videos = videos_with(0.25, n_columns=n_columns)
    made = [replace(v, features=replace(v.features, values=np.full_like(v.features.values, value))) for v in videos]
    assert action_share(made) is None


def test_features_that_cannot_be_learned_from_are_refused_before_anybody_asks_for_a_share():
    videos = videos_with(0.25, n_columns=200)
    videos[3] = replace(videos[3], features=replace(videos[3].features, values=np.full((40, 200), np.nan, np.float32)))
    with pytest.raises(BadFeatures, match="NaN"):
        train("mixed", videos, ("a", "b", "c"))


def test_classes_of_a_video_or_two_do_not_pull_the_share_down():
    many, rare = videos_with(0.4, n_videos=48), videos_with(0.4, n_videos=4, n_classes=2, seed=1)
    wider = [replace(v, video_label=np.pad(v.video_label, (0, 2))) for v in many]
    wider += [replace(v, video_label=np.pad(v.video_label, (3, 0))) for v in rare]
    assert action_share(wider) == pytest.approx(action_share(many), abs=0.1)


@pytest.mark.parametrize(("share", "taken"), [(0.15, LEAST_POSITIVE), (0.5, MOST_POSITIVE)])
def test_round_0_takes_a_sixth_of_videos_with_little_action_and_more_of_others(share, taken):
    videos = videos_with(share)
    assert ENTRY.resolved(MixedConfig(), videos).positive_share == taken
    assert ENTRY.resolved(MixedConfig(positive_share=0.3), videos).positive_share == 0.3  # a person has said it
    assert ENTRY.resolved(MixedConfig(), videos[:5]).positive_share == MOST_POSITIVE
