"""Times to snippets: the golden cases of FACTS T9 and the rules around them."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wtal_core.domain import (
    Annotation,
    Coverage,
    FeatureSequence,
    Segment,
    SnippetGrid,
    SupervisionLevel,
    VideoLabels,
)
from wtal_core.training.cells import GridMismatch, click_cell, fitted, segment_cells
from wtal_core.training.targets import training_video, training_videos

GOLDEN = SnippetGrid.regular(5, 3_000_000)  # step .64 s, centres .32 .96 1.60 2.24 2.78


def sequence(grid=GOLDEN, video_id="v"):
    return FeatureSequence(video_id, np.zeros((grid.n_snippets, 4), np.float32), grid)


def full(start, end, label="a", name="f"):
    return Annotation(name, label, SupervisionLevel.FULL, segment=Segment.from_seconds(start, end))


def clicked(*times, label="a", name="c"):
    level = SupervisionLevel.ONE_SEGMENT if len(times) == 1 else SupervisionLevel.TWO_SEGMENT
    return Annotation(name, label, level, clicks=tuple(round(time * 1_000_000) for time in times))


def labelled(*annotations, checked=(), classes=None, ambiguous=(), grid=GOLDEN):
    return VideoLabels("v", classes, annotations, Coverage.complete(checked, grid.extent), ambiguous)


def action_cells(video, column=0):
    return np.flatnonzero(video.action[:, column]).tolist()


@pytest.mark.parametrize(
    ("start", "end", "cells"),
    [
        (0.64, 1.92, [1, 2]),  # centres .96 and 1.60 lie inside
        (0.64, 1.60, [1]),  # half-open: the centre 1.60 is the end
        (0.32, 0.96, [0]),  # half-open: the centre .32 is the start
        (1.20, 1.36, [1]),  # no centre, .08 s in both cells: the earlier
        (2.80, 3.00, [4]),  # past the centre 2.78 of the last, cut cell
    ],
)
def test_a_segment_is_the_cells_whose_centre_it_holds(start, end, cells):
    assert segment_cells(Segment.from_seconds(start, end), GOLDEN.edges).tolist() == cells
    video, notes = training_video(sequence(), labelled(full(start, end)), ["a"])
    assert action_cells(video) == cells
    assert notes == []


def test_a_click_on_an_edge_belongs_to_the_later_cell():
    video, _ = training_video(sequence(), labelled(clicked(0.64)), ["a"])
    assert action_cells(video) == [1]


def test_a_click_up_to_one_frame_past_the_end_is_the_last_cell_and_later_ones_are_reported():
    video, notes = training_video(sequence(), labelled(clicked(3.0)), ["a"])
    assert action_cells(video) == [4]
    assert notes == []
    video, notes = training_video(sequence(), labelled(clicked(3.04, name="late")), ["a"])
    assert action_cells(video) == []
    assert "late" in notes[0]
    assert "3.040 s" in notes[0]
    assert "outside the features" in notes[0]


def test_a_click_before_the_first_picture_is_reported():
    grid = SnippetGrid.regular(5, 3_000_000, origin=1_000_000)
    video, notes = training_video(sequence(grid), labelled(clicked(0.5)), ["a"])
    assert not video.action.any()
    assert "outside the features" in notes[0]


def test_reversed_clicks_are_swapped_and_hold_everything_between():
    video, _ = training_video(sequence(), labelled(clicked(1.30, 0.70)), ["a"])
    assert action_cells(video) == [1, 2]
    assert [(each.first, each.stop, each.exact) for each in video.instances] == [(1, 3, False)]


def test_two_clicks_of_one_annotation_pair_up_and_those_of_two_do_not():
    """Clicks .7 and 2.9 of one instance and 1.4 and 1.5 of another: sorting would pair .7 with 1.4."""
    video, _ = training_video(sequence(), labelled(clicked(0.7, 2.9), clicked(1.4, 1.5, label="b")), ["a", "b"])
    assert action_cells(video, 0) == [1, 2, 3, 4]
    assert action_cells(video, 1) == [2]


def test_overlapping_instances_share_cells_and_are_counted_each():
    video, _ = training_video(sequence(), labelled(full(0, 1.3), full(0.64, 2.0, name="g")), ["a"])
    assert action_cells(video) == [0, 1, 2]
    assert len(video.instances) == 2


def test_unjudged_time_is_unknown_and_judged_time_is_background():
    clicks, _ = training_video(sequence(), labelled(clicked(1.0)), ["a", "b"])
    assert not clicks.background.any()
    assert not clicks.is_complete
    video, _ = training_video(sequence(), labelled(full(0.64, 1.92), checked=["a"]), ["a", "b"])
    assert video.background[:, 0].tolist() == [True, False, False, True, True]
    assert not video.background[:, 1].any()  # nobody has judged b
    assert not video.is_complete


def test_only_cells_judged_as_a_whole_are_background():
    labels = VideoLabels("v", frozenset(), (), Coverage({"a": (Segment.from_seconds(0.1, 1.92),)}))
    video, _ = training_video(sequence(), labels, ["a"])
    assert video.background[:, 0].tolist() == [False, True, True, False, False]


def test_coverage_of_an_older_class_list_does_not_count():
    labels = labelled(full(0.64, 1.92), checked=["a", "b"])
    video, _ = training_video(sequence(), labels, ["a", "b"], checked_classes=["a"])
    assert video.background[:, 0].any()
    assert not video.background[:, 1].any()
    assert not video.is_complete


def test_action_beats_ambiguous_and_ambiguous_beats_background():
    """Ambiguous 1.5 to 2.0 touches cells 2 (action) and 3 (background), by whatever little."""
    labels = labelled(full(0.64, 1.92), checked=["a"], ambiguous=(Segment.from_seconds(1.5, 2.0),))
    video, _ = training_video(sequence(), labels, ["a"])
    assert action_cells(video) == [1, 2]
    assert video.background[:, 0].tolist() == [True, False, False, False, True]
    assert video.ambiguous.tolist() == [False, False, True, True, False]
    assert video.is_complete


def test_a_click_outside_every_segment_of_a_complete_video_is_reported_and_not_used():
    labels = labelled(full(0.64, 1.92), clicked(2.5, name="stray"), checked=["a"])
    video, notes = training_video(sequence(), labels, ["a"])
    assert action_cells(video) == [1, 2]
    assert video.background[3, 0]
    assert "stray" in notes[0]


def test_a_click_inside_a_segment_is_not_a_second_instance():
    video, notes = training_video(sequence(), labelled(full(0.64, 1.92), clicked(1.0)), ["a"])
    assert len(video.instances) == 1
    assert "says more" in notes[0]


@given(
    spans=st.lists(st.tuples(st.integers(0, 3_000_000), st.integers(1, 900_000)), max_size=8),
    click=st.integers(0, 2_999_999),
)
def test_a_click_is_used_where_no_segment_of_its_class_holds_it(spans, click):
    segments = [Segment(start, start + length) for start, length in spans]
    bounded = [Annotation(str(index), "a", SupervisionLevel.FULL, segment=each) for index, each in enumerate(segments)]
    one = Annotation("c", "a", SupervisionLevel.ONE_SEGMENT, clicks=(click,))
    other = Annotation("d", "b", SupervisionLevel.ONE_SEGMENT, clicks=(click,))
    video, notes = training_video(sequence(), labelled(*bounded, one, other), ["a", "b"])
    assert any("says more" in note for note in notes) == any(click in each for each in segments)
    assert [each.exact for each in video.instances if each.class_index == 1] == [False]


def test_clicks_are_not_each_held_against_each_segment(monkeypatch):
    """200 of both: a hundred thousand of both, an hour long before, take seconds."""
    asked = []
    holds = Segment.__contains__
    monkeypatch.setattr(Segment, "__contains__", lambda segment, time: asked.append(time) or holds(segment, time))
    segments = [full(0.01 * i, 0.01 * i + 0.005, name=f"s{i}") for i in range(200)]
    clicks = [clicked(0.01 * i + 0.005 * (i % 2), name=f"c{i}") for i in range(200)]  # every other lies between two
    video, notes = training_video(sequence(), labelled(*segments, *clicks), ["a"])
    assert (len(video.instances), len(notes)) == (300, 100)
    assert len(asked) < 400


def test_a_class_said_to_occur_but_judged_absent_counts_as_absent():
    video, notes = training_video(sequence(), labelled(checked=["a"], classes=frozenset({"a"})), ["a"])
    assert video.video_label.tolist() == [0.0]
    assert "not occurring" in notes[0]


def test_classes_outside_the_list_are_reported():
    video, notes = training_video(sequence(), labelled(clicked(1.0, label="z"), full(0, 1)), ["a"])
    assert video.video_label.tolist() == [1.0]
    assert any("'z'" in note and "not in the class list" in note for note in notes)


def test_an_instance_past_the_features_is_listed():
    """Four snippets reach to 2.56 s of a video of 3.2 s: an instance at 2.9 s is in no cell."""
    grid = SnippetGrid.regular(4, 3_200_000)
    video, notes = training_video(sequence(grid), labelled(full(2.9, 3.1, name="past"), full(0, 1)), ["a"])
    assert len(video.instances) == 1
    assert "past" in notes[0]


def test_the_last_cell_is_stretched_over_a_short_tail():
    grid = SnippetGrid.regular(4, 3_000_000)  # cells end at 2.56 s, the tail of .44 s is shorter than a step
    assert segment_cells(Segment.from_seconds(2.7, 2.9), grid.edges).tolist() == [3]
    assert click_cell(2_900_000, grid) == 3


def test_features_within_two_percent_of_the_duration_are_fitted_with_a_warning():
    """101 snippets of .64 s are 64.64 s; the video lasts 63.5 s, which asks for 99.2: 1.8 % less."""
    features, note = fitted(sequence(SnippetGrid.regular(101, 63_500_000)))
    assert features.grid.step == Fraction(635, 1010)
    assert "2 %" in note


def test_features_of_another_length_are_refused_with_both_numbers():
    with pytest.raises(GridMismatch, match=r"101 snippets.*asks for 62\.5.*fps"):
        fitted(sequence(SnippetGrid.regular(101, 40_000_000)))


def test_windows_longer_than_a_step_do_not_count_as_disagreement():
    """16-frame windows every 4 frames of 1000 frames at 25 fps give 247 snippets; 40 s / .16 s asks for 250."""
    grid = SnippetGrid.regular(247, 40_000_000, stride_frames=4, snippet_frames=16)
    assert fitted(sequence(grid))[1] is None


def test_unlabelled_videos_are_left_out_and_listed():
    named = [sequence(video_id=name) for name in ("said", "unsaid", "missing", "foreign")]
    labels = {
        "said": VideoLabels("said", frozenset({"a"})),
        "unsaid": VideoLabels("unsaid"),
        "foreign": VideoLabels("foreign", frozenset({"z"})),
    }
    videos, notes = training_videos(named, labels, ["a"])
    assert [video.video_id for video in videos] == ["said"]
    assert all(any(note.startswith(name) for note in notes) for name in ("unsaid", "missing", "foreign"))
    with pytest.raises(ValueError, match="nobody has said"):
        training_video(named[1], labels["unsaid"], ["a"])


@given(
    n_snippets=st.integers(1, 60),
    spans=st.lists(st.tuples(st.integers(0, 40_000_000), st.integers(1, 9_000_000)), max_size=6),
    ambiguous=st.lists(st.tuples(st.integers(0, 40_000_000), st.integers(1, 5_000_000)), max_size=3),
)
def test_action_and_background_never_meet_and_every_instance_is_action(n_snippets, spans, ambiguous):
    grid = SnippetGrid.regular(n_snippets, n_snippets * 640_000)
    annotations = [
        Annotation(str(index), "a", SupervisionLevel.FULL, segment=Segment(start, start + length))
        for index, (start, length) in enumerate(spans)
    ]
    unclear = tuple(Segment(start, start + length) for start, length in ambiguous)
    labels = labelled(*annotations, checked=["a"], classes=frozenset(), ambiguous=unclear, grid=grid)
    video, notes = training_video(sequence(grid), labels, ["a"])
    assert not (video.action & video.background).any()
    assert len(video.instances) + sum("not used" in note for note in notes) == len(annotations)
    assert all(video.action[each.first : each.stop, 0].all() for each in video.instances)
    if not unclear:
        assert (video.action | video.background).all()


@pytest.mark.parametrize(
    ("click", "cell"),
    [(639_999, 0), (1_919_999, 2), (2_559_999, 3), (2_560_000, None), (3_999_999, None), (4_000_000, None)],
)
def test_a_tail_of_a_step_or_more_has_no_cell_to_its_very_end(click, cell):
    """Four cells of .64 s end at 2.56 s of a video of 4 s: at 4 s, as at 3.9 s, no snippet knows of the click."""
    assert click_cell(click, SnippetGrid(Fraction(16, 25), 4, 4_000_000)) == cell


@pytest.mark.parametrize(("lead", "cell"), [(Fraction(8, 25), 0), (Fraction(24, 25), None)])
def test_a_lead_shorter_than_a_step_belongs_to_the_first_cell_as_a_tail_does_to_the_last(lead, cell):
    grid = SnippetGrid(Fraction(16, 25), 4, 4_000_000, lead=lead)
    assert click_cell(100_000, grid) == cell
    assert click_cell(grid.start(0), grid) == 0
    assert click_cell(-1, grid) is None
