"""The golden cases of FACTS 9.4, the golden map, and the rules in which the protocols differ."""

import json
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings

from tests.shared_data import shared
from tests.wtal_core.evaluation.scenes import detections, plain_ap, proposals, seconds, truth
from wtal_core.domain import Proposal, Segment
from wtal_core.evaluation import PROTOCOLS, ActionInstance, GroundTruth, SnippetRate, evaluate, unused_predictions
from wtal_core.evaluation.average_precision import at_hits, interpolated
from wtal_core.formats import FORMATS

ONE_SECOND = SnippetRate(Fraction(1), 1)
"""Snippets of a second, so that the protocols on whole snippets see the same numbers as the others."""


def test_interpolation_lifts_a_late_hit_to_the_precision_after_it():
    """Golden (a): pattern 0 1 1 with 2 instances; precisions 1/2 and 2/3, the envelope makes both 2/3."""
    hits = np.array([[False, True, True]])
    assert at_hits(hits, 2)[0] == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert interpolated(hits, 2)[0] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("protocol", "expected"), [("activitynet", 1.0), ("wtalc-best", 1.0), ("wtalc", 0.5), ("thumos14", 0.5)]
)
def test_protocols_differ_in_who_chooses(protocol, expected):
    """Golden (b): the better-scored proposal fits the second instance best but is offered the first one first."""
    report = evaluate(
        truth((3, 13), (5, 15)),
        proposals((5, 15, 0.9), (0, 11, 0.8)),
        protocol=protocol,
        tiou=[0.5],
        rate=ONE_SECOND,
    )
    assert report.mAP == (pytest.approx(expected),)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(("tiou", "expected"), [(0.3, 0.755556), (0.5, 0.755556), (0.7, 0.466667)])
def test_duplicates_are_false_positives_in_every_protocol(protocol, tiou, expected):
    """Golden (c): the second of two proposals of one instance is a false positive, at .7 so is a loose third."""
    report = evaluate(
        truth((0, 10), (20, 30), (28, 40)),
        proposals((0, 10, 0.9), (1, 9, 0.8), (21, 33, 0.7), (50, 60, 0.6), (29, 41, 0.5)),
        protocol=protocol,
        tiou=[tiou],
        rate=ONE_SECOND,
    )
    assert report.average_mAP == pytest.approx(expected, abs=1e-6)


def test_the_published_map_of_thumos14_comes_out():
    folder = shared("data", "golden-map")
    expected = json.loads((folder / "expected.json").read_text())
    ground_truth = GroundTruth.from_labels(FORMATS["activitynet"].read(folder / "gt.json").labels.values())
    report = evaluate(
        ground_truth, FORMATS["activitynet"].read_predictions(folder / "results.json"), tiou=expected["tiou"]
    )
    recomputed = [100 * value for value in report.mAP]
    assert [round(value, 2) for value in recomputed] == expected["mAP_percent_recomputed"]
    assert round(100 * report.average_mAP, 2) == expected["average_recomputed"]
    published = expected["mAP_percent_published"]  # .7 is printed 4.9 for 4.99: cut, not rounded
    assert all(abs(ours - theirs) < 0.1 for ours, theirs in zip(recomputed, published, strict=True))
    assert (report.n_ground_truth, report.n_predictions) == (3311, 9151)


@settings(max_examples=150, deadline=None)
@given(detections())
def test_all_thresholds_at_once_equal_a_plain_loop(scene):
    ground_truth, predictions = scene
    tiou = [0.1, 0.25, 0.5, 0.75, 1.0]
    report = evaluate(ground_truth, predictions, tiou=tiou)
    for label in ground_truth.labels:
        expected = [plain_ap(ground_truth, predictions, label, level) for level in tiou]
        assert report.ap[label] == pytest.approx(expected, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(detections())
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_order_of_predictions_never_matters(protocol, scene):
    ground_truth, predictions = scene
    turned = {video: rows[::-1] for video, rows in reversed(predictions.items())}
    first = evaluate(ground_truth, predictions, protocol=protocol, rate=SnippetRate(Fraction(10**6), 1))
    assert evaluate(ground_truth, turned, protocol=protocol, rate=SnippetRate(Fraction(10**6), 1)) == first


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_perfect_predictions_score_one(protocol):
    ground_truth = truth((0, 10), (20, 30), (31, 40))
    report = evaluate(ground_truth, proposals((0, 10, 3), (20, 30, 2), (31, 40, 1)), protocol=protocol, tiou=[0.5, 0.9])
    assert report.mAP == (1.0, 1.0)
    assert report.ap == {"jump": (1.0, 1.0)}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_no_predictions_score_zero(protocol):
    report = evaluate(truth((0, 10)), {}, protocol=protocol)
    assert report.average_mAP == 0
    assert report.n_predictions == 0


def test_a_class_without_predictions_stays_in_the_mean():
    ground_truth = GroundTruth({"v": (ActionInstance("jump", seconds(0, 1)), ActionInstance("run", seconds(2, 3)))})
    report = evaluate(ground_truth, proposals((0, 1, 1)))
    assert report.ap == {"jump": (1.0,) * 5, "run": (0.0,) * 5}
    assert report.average_mAP == 0.5


def test_a_threshold_is_a_decimal():
    """tIoU of exactly 7/10 reaches .7, also where .7 comes as 0.1 + 0.6 or 0.7000000000000001."""
    ground_truth, found = truth((0, 10)), proposals((0, 7, 1))
    for level in (0.7, 0.1 + 0.6, 0.7000000000000001):
        assert evaluate(ground_truth, found, tiou=[level]).tiou == (0.7,)
        assert evaluate(ground_truth, found, tiou=[level]).mAP == (1.0,)


def test_the_thumos_tool_wants_more_than_the_threshold():
    assert evaluate(truth((0, 10)), proposals((0, 5, 1)), protocol="activitynet", tiou=[0.5]).mAP == (1.0,)
    assert evaluate(truth((0, 10)), proposals((0, 5, 1)), protocol="thumos14", tiou=[0.5]).mAP == (0.0,)


def test_ambiguous_time_forgives_false_positives_of_the_thumos_tool_only():
    """A miss before the hit halves AP; when it touches ambiguous time it does not count. A hit there still counts."""
    found = proposals((50, 60, 0.9), (0, 10, 0.8))
    plain = truth((0, 10))
    forgiving = GroundTruth(plain.instances, {"v": (seconds(59, 80), seconds(5, 6))})
    assert evaluate(plain, found, protocol="thumos14", tiou=[0.5]).mAP == (0.5,)
    assert evaluate(forgiving, found, protocol="thumos14", tiou=[0.5]).mAP == (1.0,)
    assert evaluate(forgiving, found, protocol="activitynet", tiou=[0.5]).mAP == (0.5,)


@pytest.mark.parametrize("protocol", ["wtalc", "wtalc-best"])
def test_ambiguous_time_removes_hits_too_in_the_w_talc_protocols(protocol):
    ground_truth = GroundTruth(truth((0, 10)).instances, {"v": (seconds(9, 12),)})
    report = evaluate(ground_truth, proposals((0, 10, 0.9)), protocol=protocol, tiou=[0.5], rate=ONE_SECOND)
    assert report.mAP == (0.0,)


def test_the_w_talc_protocols_compare_whole_snippets():
    """At .64 s a snippet, 0.9-2.2 s rounds to snippets 1-3, as does 0.7-1.9 s: they are equal there."""
    ground_truth, found = truth((0.9, 2.2)), proposals((0.7, 1.9, 1.0))
    assert evaluate(ground_truth, found, protocol="wtalc", tiou=[1.0]).mAP == (1.0,)
    assert evaluate(ground_truth, found, protocol="activitynet", tiou=[0.7]).mAP == (0.0,)


def test_snippet_edges_round_halves_to_even():
    assert SnippetRate(Fraction(1), 1).index(np.array([500_000, 1_500_000, 2_400_000])).tolist() == [0, 2, 2]


def test_an_instance_that_rounds_to_nothing_cannot_be_found_but_counts():
    ground_truth = truth((10, 10.1), (20, 30))
    assert evaluate(ground_truth, proposals((20, 30, 1)), protocol="wtalc", tiou=[0.5]).mAP == (0.5,)


def test_what_is_not_evaluated_is_said():
    found = proposals((0, 1, 1)) | {"elsewhere": [Proposal("jump", seconds(0, 1), 1.0)]}
    found["v"].append(Proposal("swim", seconds(0, 1), 1.0))
    notes = unused_predictions(truth((0, 1)), found)
    assert [note.split(" ", 1)[0] for note in notes] == ["1", "1"]
    assert "elsewhere" in notes[0]
    assert "swim" in notes[1]
    assert evaluate(truth((0, 1)), found).n_predictions == 1
    assert unused_predictions(truth((0, 1)), proposals((0, 1, 1))) == []


def test_predictions_in_a_video_without_action_are_false_positives():
    ground_truth = GroundTruth({"v": (ActionInstance("jump", seconds(0, 1)),), "empty": ()})
    found = proposals((0, 1, 0.5)) | {"empty": [Proposal("jump", seconds(0, 1), 0.9)]}
    assert evaluate(ground_truth, found, tiou=[0.5]).mAP == (0.5,)


def test_duplicate_instances_can_be_taken_once():
    twice = truth((0, 10), (0.0005, 10.0005), (20, 30))
    assert twice.n_instances == 3
    assert twice.without_duplicates().n_instances == 2
    assert twice.without_duplicates(tolerance=0).n_instances == 3


def test_unusable_input_is_refused_in_words():
    ground_truth = truth((0, 1))
    with pytest.raises(ValueError, match="no evaluation protocol 'coco'; choose one of activitynet"):
        evaluate(ground_truth, {}, protocol="coco")
    for wrong in ([0.0], [1.2], [float("nan")], []):
        with pytest.raises(ValueError, match="above 0 and up to 1"):
            evaluate(ground_truth, {}, tiou=wrong)
    with pytest.raises(ValueError, match="each tIoU threshold once"):
        evaluate(ground_truth, {}, tiou=[0.5, 0.5])
    with pytest.raises(TypeError, match="predictions are Proposals"):
        evaluate(ground_truth, {"v": [ActionInstance("jump", Segment(0, 1))]})
    with pytest.raises(ValueError, match="no action instance among 1 videos of subset 'test'"):
        GroundTruth({"v": ()}, subset="test")
    with pytest.raises(ValueError, match="positive fps"):
        SnippetRate(Fraction(0))
