"""What every format keeps: a round trip loses only what its loss report names; bad files are refused whole."""

import os
import string
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wtal_core.domain import Annotation, Coverage, Proposal, Segment, SupervisionLevel, VideoLabels
from wtal_core.formats import FORMATS, AnnotationSet, FormatError, VideoEntry

LIMIT = 40_000_000_000
time = st.integers(0, LIMIT)
segment = st.tuples(time, st.integers(1, 10**9)).map(lambda pair: Segment(pair[0], sum(pair)))
name = st.text(
    st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\u2028\u2029"), min_size=1, max_size=12
).filter(
    lambda text: text == text.strip() and text.lower() != "ambiguous" and not set(text) & set("/\\") and text.strip(".")
)


@st.composite
def annotations(draw: st.DrawFn, identifier: str) -> Annotation:
    level = draw(st.sampled_from([SupervisionLevel.ONE_SEGMENT, SupervisionLevel.TWO_SEGMENT, SupervisionLevel.FULL]))
    n_clicks = {"one-segment": 1, "two-segment": 2, "full": 0}[level]
    return Annotation(
        id=identifier,
        label=draw(name),
        level=level,
        clicks=tuple(draw(st.lists(time, min_size=n_clicks, max_size=n_clicks))),
        segment=draw(segment) if level is SupervisionLevel.FULL else None,
        annotator=draw(st.one_of(st.just(""), name)),
        model_assisted=draw(st.booleans()),
    )


@st.composite
def entries(draw: st.DrawFn, video: str) -> VideoEntry:
    listed = tuple(draw(annotations(f"{video}#{index}")) for index in range(draw(st.integers(0, 4))))
    full_first = sorted(listed, key=lambda annotation: annotation.segment is None)  # files keep the order within a kind
    labels = VideoLabels(
        video,
        draw(st.one_of(st.none(), st.frozensets(name, max_size=3))),
        tuple(full_first),
        Coverage(draw(st.dictionaries(name, st.lists(segment, max_size=3).map(tuple), max_size=2))),
        tuple(draw(st.lists(segment, max_size=2))),
    )
    return VideoEntry(
        labels,
        draw(st.one_of(st.none(), st.integers(1, LIMIT))),
        draw(st.sampled_from([None, "training", "validation", "test", "fold 1"])),
        draw(st.sampled_from([None, 25.0, 29.97, 23.976023976023978])),
    )


@st.composite
def annotation_sets(draw: st.DrawFn) -> AnnotationSet:
    videos = draw(st.lists(name, unique=True, max_size=4))
    made = {video: draw(entries(video)) for video in videos}
    said = {label for entry in made.values() for label in entry.labels.classes or ()}
    return AnnotationSet(made, tuple(sorted(said | draw(st.frozensets(name, max_size=2)))))


proposals = st.lists(st.builds(Proposal, name, segment, st.floats(-1e300, 1e300)), max_size=5)


def without_what_tables_lack(entry: VideoEntry) -> VideoEntry:
    """An entry less coverage, and less "shows no class at all": what CSV's loss report names."""
    labels = entry.labels
    kept = VideoLabels(labels.video_id, labels.classes or None, labels.annotations, Coverage(), labels.ambiguous)
    return VideoEntry(kept, entry.duration, entry.subset, entry.fps)


REPRESENTABLE = {"activitynet": lambda entry: entry, "csv": without_what_tables_lack}


@pytest.mark.parametrize("format_name", FORMATS)
@settings(max_examples=40, deadline=None)
@given(written=annotation_sets())
def test_a_round_trip_loses_nothing_but_what_is_reported(format_name, written):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "labels"
        losses = FORMATS[format_name].write(path, written)
        read = FORMATS[format_name].read(path)
    kept = {video: REPRESENTABLE[format_name](entry) for video, entry in written.videos.items()}
    assert dict(read.videos) == kept
    assert bool(losses.lost) == (kept != written.videos or read.classes != written.classes)
    assert all("outside the video" in problem for problem in read.problems)


@pytest.mark.parametrize("format_name", FORMATS)
@settings(max_examples=25, deadline=None)
@given(written=st.dictionaries(name, proposals, max_size=4))
def test_proposals_come_back_in_order(format_name, written):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "proposals"
        losses = FORMATS[format_name].write_predictions(path, written)
        read = FORMATS[format_name].read_predictions(path)
    assert {video: rows for video, rows in read.items() if rows} == {
        video: rows for video, rows in written.items() if rows
    }
    assert bool(losses.lost) == (set(read) != set(written))


@pytest.mark.parametrize("format_name", FORMATS)
def test_times_in_a_file_count_from_the_first_picture(format_name, tmp_path):
    """A video whose first picture is shown at 1.5 s; an action half a second later is at 0.5 s in the file."""
    action = Annotation("1", "jump", SupervisionLevel.FULL, segment=Segment(2_000_000, 3_000_000))
    click = Annotation("2", "jump", SupervisionLevel.ONE_SEGMENT, clicks=(2_500_000,))
    raw = VideoLabels("v", None, (action, click), Coverage(), (Segment(4_000_000, 5_000_000),))
    held = AnnotationSet({"v": VideoEntry(raw, duration=10_000_000)}, ("jump",))
    FORMATS[format_name].write(tmp_path / "f", held, {"v": 1_500_000})
    read = FORMATS[format_name].read(tmp_path / "f")
    assert read.labels["v"].annotations[0].segment == Segment(500_000, 1_500_000)
    assert read.labels["v"].annotations[1].clicks == (1_000_000,)
    assert read.shifted({"v": 1_500_000}).labels["v"] == raw
    FORMATS[format_name].write_predictions(
        tmp_path / "p", {"v": [Proposal("jump", action.segment, 1.0)]}, {"v": 1_500_000}
    )
    assert FORMATS[format_name].read_predictions(tmp_path / "p")["v"][0].segment == Segment(500_000, 1_500_000)


@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize("content", [b"", b"   \n", b"\xff\xfe\x00", b"\x00\x01\x02", b"[]", b'"', b"{" * 5000])
def test_what_is_no_such_file_is_refused_by_name(format_name, content, tmp_path):
    path = tmp_path / "labels.txt"
    path.write_bytes(content)
    for read in (FORMATS[format_name].read, FORMATS[format_name].read_predictions):
        with pytest.raises(FormatError, match=r"labels\.txt"):
            read(path)


@pytest.mark.parametrize("format_name", FORMATS)
def test_what_cannot_be_opened_is_refused(format_name, tmp_path):
    with pytest.raises(FormatError, match="no such file"):
        FORMATS[format_name].read(tmp_path / "absent")
    with pytest.raises(FormatError, match="folder"):
        FORMATS[format_name].read(tmp_path)


@pytest.mark.parametrize("format_name", FORMATS)
def test_a_failed_write_leaves_the_old_file(format_name, tmp_path):
    """A name no file can hold is found while writing; what was there stays, and no scrap is left."""
    path = tmp_path / "labels"
    path.write_text("old")
    hostile = AnnotationSet({"v": VideoEntry(VideoLabels("v", frozenset({"a\nb"})))}, ("a\nb",))
    with pytest.raises(FormatError, match="printable"):
        FORMATS[format_name].write(path, hostile)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["labels"]


@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize(
    "video", ["../up", "/etc/passwd", "a/../../b", "..", "a\\..\\b", "a//b", "x" * 501, "tab\there"]
)
def test_a_video_name_that_leads_elsewhere_is_refused(format_name, video, tmp_path):
    held = AnnotationSet({video: VideoEntry(VideoLabels(video))})
    with pytest.raises(FormatError, match="video name"):
        FORMATS[format_name].write(tmp_path / "labels", held)


@pytest.mark.parametrize("format_name", FORMATS)
def test_hostile_but_honest_names_survive(format_name, tmp_path):
    """Quotes, commas, formulas, markup, right-to-left text and emoji are only names."""
    for video in [
        'a"b',
        "a,b;c",
        "=1+1",
        "<script>alert(1)</script>",
        "שלום",
        "🎬",
        "a'; drop table video;--",
        "a b",
        "%s",
    ]:
        entry = VideoEntry(VideoLabels(video, frozenset({video})))
        FORMATS[format_name].write(tmp_path / "labels", AnnotationSet({video: entry}, (video,)))
        assert dict(FORMATS[format_name].read(tmp_path / "labels").videos) == {video: entry}


def test_reading_twice_gives_the_same_annotations(tmp_path):
    """Files without ids: an import that is repeated changes nothing."""
    (tmp_path / "a.csv").write_text("video,label,start,end\nv,jump,1,2\n")
    (tmp_path / "b.json").write_text('{"database": {"v": {"annotations": [{"segment": [1, 2], "label": "jump"}]}}}')
    (table,) = FORMATS["csv"].read(tmp_path / "a.csv").labels["v"].annotations
    (listed,) = FORMATS["activitynet"].read(tmp_path / "b.json").labels["v"].annotations
    assert table == listed == FORMATS["csv"].read(tmp_path / "a.csv").labels["v"].annotations[0]
    assert set(table.id) <= set(string.hexdigits + "-")


def test_subsets_are_named_once():
    videos = {subset: VideoEntry(VideoLabels(subset), subset=subset) for subset in ("training", "validation", "fold 1")}
    held = AnnotationSet(videos)
    assert held.subsets == ("fold 1", "training", "validation")
    assert list(held.of_subset("Train").videos) == ["training"]
    assert held.of_subset(None) is held
    with pytest.raises(ValueError, match="'test'; the annotations have fold 1, training, validation"):
        held.of_subset("test")
