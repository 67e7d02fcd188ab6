"""Tables as people make them in a spreadsheet."""

import pytest

from wtal_core.domain import Segment, SupervisionLevel
from wtal_core.formats import FORMATS, FormatError
from wtal_core.formats.csv_table import exact

table = FORMATS["csv"]


def read(tmp_path, text):
    path = tmp_path / "labels.csv"
    path.write_bytes(text.encode("utf-8"))
    return table.read(path)


def test_a_spreadsheet_with_the_least_columns_is_read(tmp_path):
    """Semicolons, a byte order mark, Windows line ends, blank lines, blanks around cells."""
    found = read(tmp_path, "\ufeffVideo;Label;Start;End\r\nv; jump ;1.5;2\r\n\r\nv;run;0.1;0.3\r\n").labels["v"]
    assert [(each.label, each.segment) for each in found.annotations] == [
        ("jump", Segment(1_500_000, 2_000_000)),
        ("run", Segment(100_000, 300_000)),
    ]
    assert found.coverage.spans == {}  # a table never says that the rest was looked at


def test_times_tell_the_level(tmp_path):
    found = read(tmp_path, "video,label,start,end,click1,click2\nv,a,1,2,,\nv,a,,,3,\nv,a,,,5,4\nv,b,,,,\nw,,,,,\n")
    assert [str(each.level) for each in found.labels["v"].annotations] == ["full", "one-segment", "two-segment"]
    assert found.labels["v"].annotations[2].clicks == (4_000_000, 5_000_000)
    assert found.labels["v"].classes == {"a", "b"}
    assert found.labels["w"].level is None
    assert found.labels["v"].level is SupervisionLevel.ONE_SEGMENT


def test_foreign_columns_are_told_and_left_out(tmp_path):
    found = read(tmp_path, "video,label,mood\nv,a,good\n")
    assert "left out the columns mood" in found.problems[0]


def test_the_same_row_twice_is_one_annotation(tmp_path):
    found = read(tmp_path, "video,label,start,end\nv,a,1,2\nv,a,1,2\n")
    assert len(found.labels["v"].annotations) == 1
    assert "line 3: 'a' with the same times is there twice" in found.problems[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("label,start\na,1\n", "line 1: the table needs the column video"),
        ("video,label,label\nv,a,b\n", "column 'label' is there twice"),
        ("video,label,start,end\nv,a,1\n", "line 2: 4 columns wanted, got 3"),
        ("video,label,start,end\nv,a,1,2\nv,a,x,2\n", "line 3, start: expected a finite number, got 'x'"),
        ("video,label,start,end\nv,a,nan,2\n", "line 2, start: expected a finite number"),
        ("video,label,start,end\nv,a,2,1\n", "line 2: a segment must end after it starts, got 2 to 1"),
        ("video,label,start,end\nv,a,1,\n", "line 2, end: expected a finite number, got ''"),
        ("video,label,start,end,click1\nv,a,1,2,1\n", "start and end or clicks, not both"),
        ("video,label,level\nv,a,full\n", "level 'full', but the times given are those of level 'video'"),
        ("video,label,level\nv,a,half\n", "'half' is none of video, one-segment"),
        ("video,label,start,end\nv,,1,2\n", "line 2, label: a label is a name"),
        ("video,label\n,a\n", "line 2, video: a video needs a name"),
        ("video,label\n../v,a\n", "line 2, video: .* would lead out"),
        ("video,label,duration\nv,a,5\nv,b,6\n", "line 3, duration: '6' for video 'v', but '5' before"),
        ("video,label,duration\nv,a,-5\n", "a duration must be positive"),
        ("video,label,fps\nv,a,0\n", "frames per second must be positive"),
        ("video,label,start,end,id\nv,a,1,2,x\nv,a,3,4,x\n", "line 3, id: 'x' is there twice"),
        ("video,label,start,end,model_assisted\nv,a,1,2,maybe\n", "write true or false, got 'maybe'"),
        ('video,label\nv,"a\n', "not a table"),
    ],
)
def test_damage_is_named_with_its_line(tmp_path, text, words):
    with pytest.raises(FormatError, match=words):
        read(tmp_path, text)


def test_damaged_proposals_are_named_with_their_line(tmp_path):
    (tmp_path / "p.csv").write_text("video,label,start,end,score\nv,a,1,2,0.5\nv,a,1,2,inf\n")
    with pytest.raises(FormatError, match="line 3, score: expected a finite number, got 'inf'"):
        table.read_predictions(tmp_path / "p.csv")


@pytest.mark.parametrize(
    ("microseconds", "text"),
    [(0, "0.0"), (1_250_000, "1.25"), (1, "0.000001"), (-500_000, "-0.5"), (10**13, "10000000.0")],
)
def test_seconds_are_written_exactly(microseconds, text):
    assert exact(microseconds) == text
