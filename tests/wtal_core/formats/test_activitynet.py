"""ActivityNet JSON as the field writes it, with its known defects."""

import json

import pytest

from tests.shared_data import shared
from wtal_core.domain import Segment, SupervisionLevel
from wtal_core.formats import FORMATS, FormatError
from wtal_core.formats.thumos_text import read_spans

activitynet = FORMATS["activitynet"]


def written(tmp_path, content):
    path = tmp_path / "gt.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def database(**videos):
    return {"database": videos}


def jump(start, end, **more):
    return {"segment": [start, end], "label": "jump", **more}


def test_a_plain_file_is_complete(tmp_path):
    read = activitynet.read(
        written(
            tmp_path,
            database(
                v={"duration": 10, "subset": "Validation", "annotations": [jump(1, 2.5)]},
                w={"duration": 5, "subset": "val", "annotations": []},
            ),
        )
    )
    entry = read.videos["v"]
    assert (entry.duration, entry.subset, entry.complete) == (10_000_000, "validation", True)
    assert entry.labels.annotations[0].segment == Segment(1_000_000, 2_500_000)
    assert entry.labels.level is SupervisionLevel.FULL
    assert entry.labels.coverage.is_complete(["jump"], Segment(0, 10_000_000))
    assert read.labels["w"].classes == frozenset()  # nothing happens in it, and that is known
    assert read.labels["w"].coverage.is_complete(["jump"], Segment(0, 5_000_000))


def test_coverage_waits_for_the_duration(tmp_path):
    read = activitynet.read(written(tmp_path, database(v={"annotations": [jump(1, 2)]})))
    assert read.labels["v"].coverage.spans == {}
    assert read.with_durations({"v": 7_000_000}).labels["v"].coverage.of("jump") == (Segment(0, 7_000_000),)


def test_segments_written_as_strings_are_numbers(tmp_path):
    read = activitynet.read(
        written(tmp_path, database(v={"duration": "10.5", "annotations": [jump("18.6", " 24.8 ")]}))
    )
    assert read.labels["v"].annotations[0].segment == Segment(18_600_000, 24_800_000)


def test_coins_spelling_is_read(tmp_path):
    content = database(
        v={
            "duration": 90,
            "annotation": [
                {"id": "212", "segment": [60.0, 69.0], "label": "pour"},
                {"id": "212", "segment": [70.0, 75.0], "label": "pour"},
            ],
        }
    )
    assert len(activitynet.read(written(tmp_path, content)).labels["v"].annotations) == 2


def test_ambiguous_time_is_no_class(tmp_path):
    read = activitynet.read(
        written(tmp_path, database(v={"annotations": [jump(1, 2), {"segment": [5, 6], "label": "Ambiguous"}]}))
    )
    assert read.classes == ("jump",)
    assert read.labels["v"].ambiguous == (Segment(5_000_000, 6_000_000),)


def test_odd_annotations_are_read_and_told(tmp_path):
    rows = [jump(1, 2), jump(1, 2), {"segment": [0, 0], "label": "run"}, jump(9, 12)]
    read = activitynet.read(written(tmp_path, database(v={"duration": 10, "annotations": rows})))
    labels = read.labels["v"]
    assert len(labels.annotations) == 2  # the duplicate once, the empty one not
    assert labels.classes == {"jump", "run"}
    assert labels.coverage.of("run") == ()  # it occurs somewhere, so nowhere is background
    assert [problem.split(", annotations")[1][:3] for problem in read.problems] == ["[1]", "[2]", "[3]"]


def test_a_subset_whose_labels_are_withheld_is_unlabelled(tmp_path):
    read = activitynet.read(
        written(
            tmp_path,
            database(
                v={"subset": "training", "duration": 9, "annotations": [jump(1, 2)]},
                w={"subset": "testing", "duration": 9, "annotations": []},
            ),
        )
    )
    assert read.labels["w"].classes is None
    assert read.labels["w"].coverage.spans == {}
    assert "1 videos are in subsets without any annotation" in read.problems[0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "line 1, column 2: not JSON: Expecting property name .*; the file ends early; export or copy it again"),
        ('{"data', "line 1, column 2: not JSON: Unterminated string .*; the file ends early"),
        ('{"database": {\n"v": ]}', "line 2, column 6: not JSON: Expecting value; correct it there"),
        ({"results": {}}, "these are predictions, not annotations"),
        ({"database": []}, "database: expected an object"),
        (database(v=3), "video 'v': expected an object, got 3"),
        (database(v={"annotations": {}}), "video 'v', annotations: expected a list"),
        (
            database(v={"annotations": [jump(2, 1)]}),
            r"annotations\[0\].segment: a segment must not end before it starts",
        ),
        (
            database(v={"annotations": [jump(1, 2), jump("a", 1)]}),
            r"annotations\[1\].segment\[0\]: expected a finite number, got 'a'",
        ),
        (database(v={"annotations": [jump(True, 2)]}), "expected a finite number, got True"),
        (database(v={"annotations": [jump(1, 1e12)]}), "no time in a video"),
        (database(v={"annotations": [jump("1e999999999", 2)]}), "expected a finite number"),
        (database(v={"annotations": [{"segment": [1], "label": "jump"}]}), r"a segment is \[start, end\]"),
        (database(v={"annotations": [{"label": "jump"}]}), "needs the key 'segment'"),
        (database(v={"annotations": [{"segment": [1, 2]}]}), "a label is a name, got None"),
        (database(v={"annotations": [{"segment": [1, 2], "label": " "}]}), "a label is a name"),
        (database(v={"annotations": [{"segment": [1, 2], "label": "a\u0000b"}]}), "printable name"),
        (database(v={"duration": -3}), "a duration must be positive, got -3"),
        (database(v={"duration": 0}), "a duration must be positive, got 0"),
        (database(**{"../v": {}}), "would lead out of the folder"),
        (database(**{"": {}}), "a video needs a name"),
        (
            '{"database": {"v": {"annotations": [{"segment": [NaN, 1], "label": "a"}]}}}',
            "NaN is not a number JSON knows",
        ),
        ('{"database": {"v": {"duration": 1e999}}}', "duration: expected a finite number"),
        ('{"database": {"v": {}, "v": {}}}', "key 'v' is there twice"),
        ('{"database": {"v": {"duration": ' + "9" * 5000 + "}}}", "number"),
        ({"wtal": {"format": 99}, "database": {}}, "reads format 1, got 99"),
    ],
)
def test_damage_is_named_with_its_place(tmp_path, content, words):
    with pytest.raises(FormatError, match=words):
        activitynet.read(written(tmp_path, content))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"label": "a", "score": 1}, r"\[0\]: a prediction needs the key 'segment'"),
        ({"label": "a", "segment": [0, 1]}, "needs the key 'score'"),
        ({"label": "a", "segment": [0, 1], "score": None}, "score: expected a finite number"),
        ({"label": "a", "segment": [0, 1], "score": 10**400}, "expected a finite number"),
        ({"label": "a", "segment": [2, 1], "score": 1}, "must not end before it starts"),
        (7, "expected an object, got 7"),
    ],
)
def test_damaged_predictions_are_named_with_their_place(tmp_path, row, words):
    with pytest.raises(FormatError, match=words):
        activitynet.read_predictions(written(tmp_path, {"results": {"v": [row]}}))
    with pytest.raises(FormatError, match="these are annotations, not predictions"):
        activitynet.read_predictions(written(tmp_path, database()))


def test_an_empty_prediction_stays_a_false_positive(tmp_path):
    row = {"label": "a", "segment": [3, 3], "score": 1}
    (found,) = activitynet.read_predictions(written(tmp_path, {"results": {"v": [row]}}))["v"]
    assert found.segment.duration == 1


@pytest.mark.parametrize(
    ("parts", "n_videos", "n_annotations", "n_classes", "n_problems"),
    [
        (("thumos14", "thumos14_activitynet_style.json"), 412, 6365, 20, 30),
        (("thumos14", "lacp_gt.json"), 410, 6318, 20, 0),
        (("activitynet", "activity_net.v1-2.min.json"), 9682, 10689, 100, 230),
    ],
)
def test_real_files_are_read_in_full(parts, n_videos, n_annotations, n_classes, n_problems):
    """Every annotation but exact duplicates and those of no length, which are listed."""
    path = shared("data", "format-samples", *parts)
    read = activitynet.read(path)
    raw = json.loads(path.read_text())["database"]
    in_file = sum(len(entry["annotations"]) for entry in raw.values())
    kept = sum(len(labels.annotations) for labels in read.labels.values())
    dropped = sum("kept once" in problem or "no length" in problem for problem in read.problems)
    assert (len(read.videos), kept, len(read.classes), len(read.problems)) == (
        n_videos,
        n_annotations,
        n_classes,
        n_problems,
    )
    assert kept + dropped == in_file
    assert set(read.subsets) <= {"training", "validation", "test"}
    video, entry = next((video, entry) for video, entry in raw.items() if entry["annotations"])
    first = [float(number) for number in entry["annotations"][0]["segment"]]
    assert read.labels[video].annotations[0].segment == Segment.from_seconds(*first)


def test_the_real_ambiguous_file_is_read_in_full():
    spans = read_spans(shared("data", "format-samples", "thumos14", "Ambiguous_test.txt"))
    assert sum(map(len, spans.values())) == 99
    assert spans["video_test_0000278"] == (Segment(0, 1_400_000), Segment(95_700_000, 97_200_000))


def test_ambiguous_files_with_windows_line_ends_are_read(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"v  1.0 2.5\r\n\r\nv  3 4\r\n")
    assert read_spans(tmp_path / "a.txt") == {"v": (Segment(1_000_000, 2_500_000), Segment(3_000_000, 4_000_000))}
    (tmp_path / "b.txt").write_text("v 1 2\nv 3\n")
    with pytest.raises(FormatError, match=r"b\.txt, line 2: expected video, start and end"):
        read_spans(tmp_path / "b.txt")
