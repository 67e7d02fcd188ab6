"""Reports survive storage, and thresholds are read as people write them."""

import json

import pytest

from tests.wtal_core.evaluation.scenes import proposals, truth
from wtal_core.domain import Annotation, Coverage, Segment, SupervisionLevel, VideoLabels
from wtal_core.evaluation import EvaluationReport, GroundTruth, evaluate, parse_thresholds


def report():
    return evaluate(truth((0, 10), (20, 30)), proposals((0, 9, 0.5), (50, 60, 0.9)), tiou=[0.5, 0.95])


def test_a_stored_report_is_the_same_report():
    assert EvaluationReport.from_json(json.loads(json.dumps(report().to_json()))) == report()


def test_the_json_has_the_promised_shape():
    assert report().to_json() == {
        "protocol": "activitynet",
        "subset": None,
        "tiou": [0.5, 0.95],
        "mAP": [0.25, 0.0],
        "average_mAP": 0.125,
        "ap": {"jump": [0.25, 0.0]},
        "n_ground_truth": 2,
        "n_predictions": 2,
    }


@pytest.mark.parametrize("key", ["protocol", "tiou", "ap", "n_predictions"])
def test_a_report_without_a_key_is_refused_by_name(key):
    data = report().to_json()
    del data[key]
    with pytest.raises(ValueError, match=f"needs the key '{key}'"):
        EvaluationReport.from_json(data)


def test_a_report_with_impossible_values_is_refused():
    with pytest.raises(ValueError, match="wrong kind"):
        EvaluationReport.from_json(report().to_json() | {"mAP": None})
    with pytest.raises(ValueError, match="fraction between 0 and 1, got 12"):
        EvaluationReport.from_json(report().to_json() | {"average_mAP": 12.5})
    with pytest.raises(ValueError, match="one mAP per threshold"):
        EvaluationReport.from_json(report().to_json() | {"mAP": [0.5]})
    with pytest.raises(ValueError, match="'jump': one AP per threshold"):
        EvaluationReport.from_json(report().to_json() | {"ap": {"jump": [0.5]}})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.3:0.7:0.1", (0.3, 0.4, 0.5, 0.6, 0.7)),
        ("0.5:0.95:0.05", (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)),
        ("0.7, 0.3", (0.3, 0.7)),
        ("0.5:0.5:0.1", (0.5,)),
    ],
)
def test_thresholds_are_lists_or_inclusive_ranges(text, expected):
    assert parse_thresholds(text) == expected


@pytest.mark.parametrize(
    "text", ["", "a", "0.3:0.7", "0.7:0.3:0.1", "0.3:0.7:0", "0.1:1:0.001", "0.5,1.5", "nan", "1:2:NaN"]
)
def test_other_thresholds_are_refused(text):
    with pytest.raises(ValueError, match="tIoU"):
        parse_thresholds(text)


def labelled(*annotations, classes=None):
    return VideoLabels("v", classes, annotations, Coverage())


def test_the_truth_of_fully_annotated_videos_keeps_file_order():
    segments = [Segment(20, 30), Segment(0, 10)]
    labels = labelled(*(Annotation(str(s.start), "jump", SupervisionLevel.FULL, segment=s) for s in segments))
    found = GroundTruth.from_labels([labels], subset="validation")
    assert [instance.segment for instance in found.instances["v"]] == segments
    assert found.subset == "validation"


def test_a_video_without_boundaries_is_no_ground_truth():
    click = Annotation("1", "jump", SupervisionLevel.ONE_SEGMENT, clicks=(5,))
    with pytest.raises(ValueError, match="one-segment, without boundaries"):
        GroundTruth.from_labels([labelled(click)])
    with pytest.raises(ValueError, match="said to show run but no boundaries"):
        GroundTruth.from_labels([labelled(classes=frozenset({"run"}))])
