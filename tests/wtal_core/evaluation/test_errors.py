"""Kinds of false positives, instance lengths, recall and video classification, with numbers worked by hand."""

import numpy as np
import pytest

from tests.wtal_core.evaluation.scenes import proposals, seconds, truth
from wtal_core.domain import Proposal, Segment
from wtal_core.evaluation import ActionInstance, GroundTruth
from wtal_core.evaluation.average_precision import classification_map
from wtal_core.evaluation.errors import PredictionKind, false_positive_profile, length_sensitivity
from wtal_core.evaluation.recall import average_recall

TWO_CLASSES = GroundTruth({"v": (ActionInstance("jump", seconds(0, 10)), ActionInstance("run", seconds(50, 60)))})


@pytest.mark.parametrize(
    ("start", "end", "kind"),
    [
        (0, 10, PredictionKind.DUPLICATE),  # after the first proposal has claimed the instance
        (51, 60, PredictionKind.WRONG_CLASS),  # .9 with the instance of the other class
        (5, 15, PredictionKind.LOCALIZATION),  # 5 / 15 with its own
        (58, 68, PredictionKind.WRONG_CLASS),  # 2 / 18 = .11 with the other class only
        (59, 69, PredictionKind.BACKGROUND),  # 1 / 19 = .05
        (100, 110, PredictionKind.BACKGROUND),
    ],
)
def test_each_false_positive_has_one_kind(start, end, kind):
    found = proposals((0, 10, 0.9), (start, end, 0.5))
    profile = false_positive_profile(TWO_CLASSES, found, tiou=0.5, n_multiples=2)
    last = {name: row[-1] for name, row in profile.counts.items()}
    expected = dict.fromkeys(PredictionKind, 0) | {PredictionKind.CORRECT: 1}
    expected[kind] += 1
    assert last == expected


def test_the_profile_grows_by_the_number_of_instances():
    """One instance: row i holds the best i proposals."""
    found = proposals((0, 10, 0.9), (0, 10, 0.8), (80, 90, 0.7))
    profile = false_positive_profile(truth((0, 10)), found, n_multiples=4)
    assert profile.multiples == (1, 2, 3, 4)
    assert profile.counts[PredictionKind.CORRECT] == (1, 1, 1, 1)
    assert profile.counts[PredictionKind.DUPLICATE] == (0, 1, 1, 1)
    assert profile.counts[PredictionKind.BACKGROUND] == (0, 0, 1, 1)
    assert profile.shares()[PredictionKind.CORRECT] == pytest.approx((1, 1 / 2, 1 / 3, 1 / 3))


def test_a_profile_of_nothing_has_no_shares():
    shares = false_positive_profile(truth((0, 10)), {}).shares()
    assert set(shares) == set(PredictionKind)
    assert all(row == (0,) * 10 for row in shares.values())


def test_short_and_long_instances_are_scored_apart():
    """A second-long instance is missed, two long ones are found; the false positive is long and costs the long only."""
    ground_truth = truth((0, 1), (10, 20), (30, 40))
    found = proposals((100, 110, 0.9), (10, 20, 0.8), (30, 40, 0.7))
    short, long = length_sensitivity(ground_truth, found, edges=(0, 2))
    assert (short.n_instances, short.recall, short.mAP) == (1, 0, 0)
    assert (long.n_instances, long.recall) == (2, 1)
    assert long.mAP == pytest.approx((2 / 3 + 2 / 3) / 2)  # hits at ranks 2 and 3


def test_a_found_instance_of_another_length_does_not_cost():
    short, long = length_sensitivity(truth((0, 1), (10, 20)), proposals((0, 1, 0.9), (10, 20, 0.8)), edges=(0, 2))
    assert (short.mAP, long.mAP) == (1, 1)


def test_length_edges_must_ascend_from_zero():
    for wrong in ((), (1, 2), (0, 5, 3), (0, 0)):
        with pytest.raises(ValueError, match="ascending seconds from 0"):
            length_sensitivity(truth((0, 1)), {}, edges=wrong)


def test_average_recall_counts_a_proposal_of_a_class_the_truth_does_not_have():
    """One instance at [0, 10), found by a proposal that names a class nobody annotated."""
    ground_truth = GroundTruth({"v": (ActionInstance("a", Segment(0, 10)),)})
    assert average_recall(ground_truth, {"v": [Proposal("foreign", Segment(0, 10), 1.0)]}, [1]) == {1: 1.0}


def test_average_recall_counts_the_best_n_of_each_video_whatever_their_class():
    """Of two instances the best proposal finds one fully and the second the other by .6: thresholds .5 and .9."""
    ground_truth = truth((0, 10), (20, 30))
    found = proposals((0, 10, 0.9), (20, 26, 0.5))
    found["v"][1] = Proposal("jump", seconds(20, 26), 0.5)
    assert average_recall(ground_truth, found, [1, 2], [0.5, 0.9]) == {1: 0.5, 2: (2 + 1) / 4}
    with pytest.raises(ValueError, match="N at least 1"):
        average_recall(ground_truth, found, [0])


def test_classification_map_is_the_mean_precision_at_the_videos_that_show_a_class():
    """Class a: videos ranked shows, not, shows: (1 + 2/3) / 2. Class b is in no video and left out."""
    occurs = np.array([[True, False], [False, False], [True, False]])
    scores = np.array([[0.9, 0.1], [0.5, 0.2], [0.1, 0.3]])
    mean, ap = classification_map(occurs, scores, ["a", "b"])
    assert ap == {"a": pytest.approx((1 + 2 / 3) / 2)}
    assert mean == ap["a"]


def test_classification_map_refuses_what_has_no_answer():
    one = np.ones((2, 1))
    with pytest.raises(ValueError, match="shape"):
        classification_map(one.astype(bool), one, ["a", "b"])
    with pytest.raises(ValueError, match="finite"):
        classification_map(one.astype(bool), one * np.nan, ["a"])
    with pytest.raises(ValueError, match="no class occurs"):
        classification_map(one == 0, one, ["a"])
