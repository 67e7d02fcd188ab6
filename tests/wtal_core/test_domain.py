"""The words of the field keep their promises."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wtal_core.domain import (
    ActionClass,
    ActivationSequence,
    Annotation,
    Coverage,
    FeatureSequence,
    Proposal,
    Segment,
    SnippetGrid,
    SupervisionLevel,
    Video,
    VideoLabels,
    merged,
    to_microseconds,
)

TIMES = st.integers(0, 10**9)
SEGMENTS = st.tuples(TIMES, TIMES).filter(lambda ends: ends[0] != ends[1]).map(lambda ends: Segment(*sorted(ends)))


def test_a_segment_must_end_after_it_starts():
    with pytest.raises(ValueError, match="got start 5 and end 5"):
        Segment(5, 5)
    with pytest.raises(TypeError, match="from_seconds"):
        Segment(0, 1.5)


def test_tiou_of_two_segments_that_share_half():
    """[0, 10) and [5, 15) share 5 of 15."""
    assert Segment(0, 10).tiou(Segment(5, 15)) == pytest.approx(1 / 3)
    assert Segment(0, 10).tiou(Segment(10, 20)) == 0.0


@given(SEGMENTS, SEGMENTS)
def test_tiou_is_symmetric_and_one_only_for_equal_segments(one, other):
    assert one.tiou(other) == other.tiou(one)
    assert (one.tiou(other) == 1.0) == (one == other)


@given(st.lists(SEGMENTS, max_size=8), TIMES)
def test_merging_keeps_exactly_the_same_time(segments, time):
    joined = merged(segments)
    assert any(time in part for part in joined) == any(time in part for part in segments)
    assert all(left.end < right.start for left, right in pairwise(joined))


def test_seconds_are_rounded_once_and_halves_go_to_even():
    assert to_microseconds(Fraction(1, 3)) == 333_333
    assert to_microseconds(Fraction(5, 10_000_000)) == 0
    assert to_microseconds(Fraction(15, 10_000_000)) == 2
    with pytest.raises(ValueError, match="finite"):
        to_microseconds(float("nan"))


def test_supervision_levels_are_ordered_by_what_they_say():
    assert sorted(SupervisionLevel, key=lambda level: level.rank) == ["video", "one-segment", "two-segment", "full"]
    assert SupervisionLevel.FULL > SupervisionLevel.VIDEO


def test_an_annotation_holds_what_its_level_says_and_nothing_else():
    pair = Annotation("a", "jump", SupervisionLevel.TWO_SEGMENT, clicks=(9, 3))
    assert pair.clicks == (3, 9)
    with pytest.raises(ValueError, match="needs 1 click"):
        Annotation("a", "jump", SupervisionLevel.ONE_SEGMENT, clicks=(1, 2))
    with pytest.raises(ValueError, match="needs a segment"):
        Annotation("a", "jump", SupervisionLevel.FULL, clicks=(1,))
    with pytest.raises(ValueError, match=r"VideoLabels\.classes"):
        Annotation("a", "jump", SupervisionLevel.VIDEO)


def test_the_classes_of_annotations_are_part_of_the_video_label():
    labels = VideoLabels("v", annotations=(Annotation("a", "jump", SupervisionLevel.ONE_SEGMENT, clicks=(5,)),))
    assert labels.classes == {"jump"}
    assert VideoLabels("v").classes is None
    assert VideoLabels("v").level is None


def test_coverage_is_complete_only_for_the_classes_that_were_judged():
    extent = Video("v", duration=100, origin=40).extent
    coverage = Coverage.complete(["jump"], extent)
    assert coverage.is_complete(["jump"], extent)
    assert not coverage.is_complete(["jump", "run"], extent)


def grid_of(duration_seconds="3.0", n_snippets=5, origin=0):
    return SnippetGrid(Fraction("0.64"), n_snippets, to_microseconds(Fraction(duration_seconds)), origin)


def test_the_last_cell_is_cut_at_the_end_of_the_video_or_stretched_to_it():
    """Five cells of .64 s end at 3.2: cut to 3.0. A tail of .3 s is swallowed, one of .8 s is not."""
    assert grid_of("3.0").end(4) == 3_000_000
    assert grid_of("3.5").end(4) == 3_500_000
    assert grid_of("4.0").end(4) == 3_200_000


def test_cells_count_from_the_first_picture():
    grid = grid_of(origin=1_500_000)
    assert grid.start(0) == 1_500_000
    assert grid.cell(1_500_000 + 640_000) == 1
    assert grid.segment(0, 2) == Segment(1_500_000, 2_780_000)


def test_a_window_longer_than_the_stride_shifts_the_cells_by_half_the_difference():
    """16-frame windows every 4 frames at 25 fps: (0.64 - 0.16) / 2 = 0.24 s."""
    grid = SnippetGrid.regular(10, 10_000_000, stride_frames=4, snippet_frames=16)
    assert grid.start(0) == 240_000
    assert grid.start(1) == 400_000


@given(st.integers(1, 200), st.fractions(Fraction(1, 60), 2), st.integers(0, 10**7))
def test_every_time_inside_a_cell_maps_back_to_it(n_snippets, step, origin):
    grid = SnippetGrid(step, n_snippets, max(1, to_microseconds(step * n_snippets)), origin)
    edges = grid.edges
    assert (np.diff(edges) > 0).all()
    for index in {0, n_snippets // 2, n_snippets - 1}:
        assert grid.cell((int(edges[index]) + int(edges[index + 1])) // 2) == index


def test_shapes_that_disagree_are_refused_with_both_numbers():
    grid = grid_of()
    with pytest.raises(ValueError, match=r"expected shape \(5, D\), got \(4, 8\)"):
        FeatureSequence("v", np.zeros((4, 8), np.float32), grid)
    with pytest.raises(ValueError, match="names columns 0 to 9 of 8"):
        FeatureSequence("v", np.zeros((5, 8), np.float32), grid, {"rgb": (0, 9)})
    with pytest.raises(ValueError, match="expected CAS"):
        ActivationSequence("v", ("jump",), np.zeros((5, 2), np.float32), np.zeros(5, np.float32), grid)


def test_the_gate_is_one_half_where_the_class_meets_the_threshold():
    """s - b of 0 and log 3: gate 1/2 and 3/4."""
    cas = np.array([[1.0], [np.log(3)]], np.float32)
    threshold = np.array([1.0, 0.0], np.float32)
    activation = ActivationSequence("v", ("jump",), cas, threshold, SnippetGrid(Fraction(1), 2, 2_000_000))
    np.testing.assert_allclose(activation.gate[:, 0], [0.5, 0.75], rtol=1e-6)


def test_colours_keys_and_scores_are_checked_where_they_are_made():
    with pytest.raises(ValueError, match="#rrggbb"):
        ActionClass("jump", colour="red")
    with pytest.raises(ValueError, match="surrounding blanks"):
        ActionClass(" jump")
    with pytest.raises(ValueError, match="finite"):
        Proposal("jump", Segment(0, 1), float("nan"))


@given(
    step=st.fractions(Fraction(1, 1000), 3, max_denominator=64_000_000),
    lead=st.fractions(-1, 1, max_denominator=128),
    n_snippets=st.integers(1, 30),
    duration=st.integers(1, 60_000_000),
    origin=st.integers(-100, 100),
)
def test_edges_of_a_grid_are_the_starts_of_its_cells_and_the_end_of_the_last(step, lead, n_snippets, duration, origin):
    grid = SnippetGrid(step, n_snippets, duration, origin, lead)
    assert grid.edges.tolist() == [*(grid.start(t) for t in range(n_snippets)), grid.end(n_snippets - 1)]
