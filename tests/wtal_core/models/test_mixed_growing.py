"""The E-step: from clicks and video labels to whole segmentations, on margins made by hand."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wtal_core.inference import runs
from wtal_core.models.mixed_growing import (
    GrowthRule,
    Knowledge,
    find_instances,
    grow_clicks,
    segmentation,
    soft_targets,
)
from wtal_core.training.dataset import Instance

RULE = GrowthRule()


def knowledge(n_snippets, instances=(), *, n_classes=1, background=(), present=None):
    """Knowledge whose action is its instances and whose checked background is ``(class, first, stop)``."""
    action = np.zeros((n_snippets, n_classes), bool)
    for instance in instances:
        action[instance.first : instance.stop, instance.class_index] = True
    checked = np.zeros_like(action)
    for c, first, stop in background:
        checked[first:stop, c] = True
    occurs = np.ones(n_classes, bool) if present is None else np.array(present, bool)
    return Knowledge(action, checked & ~action, instances, occurs)


def click(first, stop=None, c=0):
    return Instance(c, first, first + 1 if stop is None else stop, exact=False)


def plateau(n_snippets, *spans, floor=-2.0):
    """A margin that is ``height`` on ``[first, stop)`` and ``floor`` elsewhere, (T, 1)."""
    trace = np.full((n_snippets, 1), floor)
    for first, stop, height in spans:
        trace[first:stop] = height
    return trace


def test_a_click_grows_over_its_plateau():
    margin = plateau(20, (5, 11, 2.0))
    assert grow_clicks(margin, knowledge(20, (click(7),)), 0.5) == [(5, 11)]


def test_an_instance_ends_where_the_margin_falls_under_the_share_of_its_own_peak():
    """Peak 4 at snippet 5; to both sides 3, 2.5, 1.5. Share .55 is 2.2: two snippets on each side stay."""
    margin = np.array([-1, -1, 1.5, 2.5, 3, 4, 3, 2.5, 1.5, -1])[:, None]
    assert grow_clicks(margin, knowledge(10, (click(5),)), 0.55) == [(3, 8)]
    assert grow_clicks(margin, knowledge(10, (click(5),)), 0.3) == [(2, 9)]


def test_a_dip_is_crossed_when_what_lies_behind_outweighs_it():
    """Level 1 (half of 2): the dip costs 1.5, the far side gives 3 * 1."""
    margin = np.array([-3, 2, 2, 2, -0.5, 2, 2, 2, -3.0])[:, None]
    assert grow_clicks(margin, knowledge(9, (click(2),)), 0.5) == [(1, 8)]


def test_two_clicks_of_one_class_part_at_the_deepest_snippet_between_them():
    margin = np.array([-2, 3, 3, 3, 2, 1.8, 2, 3, 3, 3, -2.0])[:, None]
    assert grow_clicks(margin, knowledge(11, (click(2), click(8))), 0.5) == [(1, 5), (5, 10)]


def test_a_click_never_grows_into_an_exact_neighbour_or_checked_background():
    margin = plateau(20, (0, 20, 2.0))
    exact = Instance(0, 12, 16, exact=True)
    grown = grow_clicks(margin, knowledge(20, (click(8), exact), background=((0, 0, 5),)), 0.5)
    assert grown == [(5, 12), (12, 16)]


def test_a_click_of_another_class_is_a_limit_and_what_both_want_is_split():
    """Each may reach up to the other's click; both margins are high everywhere, so they meet in the middle."""
    margin = np.full((12, 2), 2.0)
    assert grow_clicks(margin, knowledge(12, (click(3, c=0), click(8, c=1)), n_classes=2), 0.5) == [(0, 6), (6, 12)]


def test_a_click_on_silence_still_becomes_a_short_instance():
    assert np.diff(grow_clicks(plateau(10), knowledge(10, (click(4),)), 0.55)[0]).item() == 3


def test_growth_stops_at_the_reach():
    grown = grow_clicks(plateau(200, (0, 200, 2.0)), knowledge(200, (click(100),)), 0.55)
    assert grown == [(100 - 32, 101 + 32)]


def test_peaks_of_a_video_label_are_taken_while_they_stand_out():
    """Heights 4, 2 and .5; peaks under .3 of the highest (about 1.2) are not instances."""
    margin = plateau(40, (5, 10, 4.0), (18, 24, 2.0), (30, 34, 0.5))[:, 0]
    assert find_instances(margin, np.ones(40, bool), RULE) == [(5, 10), (18, 24)]


def test_nothing_is_found_where_the_class_never_beats_the_background():
    assert find_instances(np.full(10, -1.0), np.ones(10, bool), RULE) == []


def test_of_two_classes_that_claim_one_span_the_stronger_has_it():
    margin = np.full((20, 2), -2.0)
    margin[5:10] = (3.0, 2.0)
    grown = segmentation(margin, knowledge(20, n_classes=2), RULE)
    assert runs(grown[:, 0]).tolist() == [[5, 10]]
    assert not grown[:, 1].any()


def test_classes_that_do_not_occur_are_never_found():
    margin = np.full((20, 2), 3.0)
    assert not segmentation(margin, knowledge(20, n_classes=2, present=(True, False)), RULE)[:, 1].any()


def test_beside_boundaries_of_some_instances_the_others_are_searched_and_beside_clicks_they_are_not():
    """Who clicks a class clicks each of its instances; boundaries of one instance say nothing of the others."""
    margin = plateau(30, (3, 8, 3.0), (18, 24, 3.0))
    exact = segmentation(margin, knowledge(30, (Instance(0, 3, 8, exact=True),)), RULE)
    clicked = segmentation(margin, knowledge(30, (click(5),)), RULE)
    assert runs(exact[:, 0]).tolist() == [[3, 8], [18, 24]]
    assert runs(clicked[:, 0]).tolist() == [[3, 8]]


def test_targets_of_a_complete_video_are_its_boundaries_whatever_the_network_says():
    exact = Instance(0, 2, 5, exact=True)
    known = knowledge(8, (exact,), background=((0, 0, 8),))
    targets = soft_targets(np.full((8, 2), 7.0), known, RULE, 0.5)
    expected = np.zeros((8, 2))
    expected[:, 1] = 1
    expected[2:5] = (1, 0)
    np.testing.assert_array_equal(targets, expected)


def test_ambiguous_snippets_of_a_complete_video_have_no_target():
    """Cells 5 and 6 are judged, yet neither action nor background; nothing is searched there either."""
    exact = Instance(0, 2, 5, exact=True)
    known = replace(knowledge(8, (exact,), background=((0, 0, 5), (0, 7, 8))), complete=True)
    targets = soft_targets(np.full((8, 2), 7.0), known, RULE, 0.5)
    assert targets.sum(axis=1).tolist() == [1, 1, 1, 1, 1, 0, 0, 1]


def test_targets_of_a_video_label_are_half_segmentation_half_teacher():
    """Margin 2 on snippets 3 to 7: the teacher says p = 1 / (1 + e^-2) = .8808 there, so the target is .9404."""
    logits = np.concatenate([plateau(12, (3, 8, 2.0)), np.zeros((12, 1))], axis=1)
    targets = soft_targets(logits, knowledge(12), RULE, 0.5)
    np.testing.assert_allclose(targets[5], [0.9404, 0.0596], atol=1e-4)
    np.testing.assert_allclose(targets[0], [0.0596, 0.9404], atol=1e-4)


def test_checked_background_takes_the_class_out_of_the_teachers_mouth():
    logits = np.concatenate([plateau(12, (0, 12, 2.0)), np.zeros((12, 1))], axis=1)
    targets = soft_targets(logits, knowledge(12, background=((0, 0, 4),)), RULE, 0.5)
    np.testing.assert_array_equal(targets[:4], np.tile([0.0, 1.0], (4, 1)))


@pytest.mark.parametrize("n_snippets", [1, 2])
def test_a_video_of_one_or_two_snippets_can_be_grown(n_snippets):
    margin = np.ones((n_snippets, 1))
    assert segmentation(margin, knowledge(n_snippets), RULE).all()
    assert segmentation(margin, knowledge(n_snippets, (click(0),)), RULE).all()


@st.composite
def scenes(draw):
    n_snippets, n_classes = draw(st.integers(1, 40)), draw(st.integers(1, 3))
    margin = draw(arrays(np.float64, (n_snippets, n_classes), elements=st.floats(-5, 5, width=16)))
    cuts = draw(st.lists(st.integers(0, n_snippets - 1), unique=True, max_size=6).map(sorted))
    instances = tuple(
        Instance(draw(st.integers(0, n_classes - 1)), first, first + 1, exact=draw(st.booleans())) for first in cuts
    )
    spans = draw(st.lists(st.tuples(st.integers(0, n_classes - 1), st.integers(0, 40), st.integers(0, 40)), max_size=3))
    present = draw(st.lists(st.booleans(), min_size=n_classes, max_size=n_classes))
    for instance in instances:
        present[instance.class_index] = True
    return margin, knowledge(n_snippets, instances, n_classes=n_classes, background=spans, present=present)


@given(scenes())
def test_what_a_person_said_is_never_contradicted(scene):
    margin, known = scene
    grown = segmentation(margin, known, RULE)
    assert grown[known.action].all()
    assert not grown[known.background].any()
    assert not grown[:, ~known.present].any()
    logits = np.concatenate([margin, np.zeros((len(margin), 1))], axis=1)
    targets = soft_targets(logits, known, RULE, 0.5)
    np.testing.assert_allclose(targets.sum(axis=1), 1, atol=1e-6)
    assert (targets >= 0).all()
    assert not targets[:, :-1][known.background].any()
    assert not targets[known.action.any(axis=1), -1].any()


@given(scenes(), st.floats(0.1, 0.9))
def test_clicked_instances_hold_their_clicks_and_never_overlap(scene, share):
    margin, known = scene
    spans = grow_clicks(margin, known, share)
    for instance, (first, stop) in zip(known.instances, spans, strict=True):
        assert 0 <= first <= instance.first < instance.stop <= stop <= len(margin)
    ordered = sorted(spans)
    assert all(left[1] <= right[0] for left, right in pairwise(ordered))


def test_a_click_inside_an_exact_segment_of_another_class_grows_to_both_sides():
    """Class 0 is high on [3, 9) within class 1's exact [0, 20): the click grows as it would without that segment."""
    margin = np.full((25, 2), -2.0)
    margin[0:20, 1] = 3
    margin[3:9, 0] = 3
    around = Instance(1, 0, 20, exact=True)
    assert grow_clicks(margin, knowledge(25, (click(5),), n_classes=2), 0.55) == [(3, 9)]
    assert grow_clicks(margin, knowledge(25, (around, click(5)), n_classes=2), 0.55) == [(0, 20), (3, 9)]


def test_ambiguous_time_of_a_video_that_is_not_complete_is_neither_action_nor_background():
    """A click at 2 on a plateau [1, 8) of twelve snippets, 5 and 6 ambiguous: no target and no growth there."""
    ambiguous = np.isin(np.arange(12), [5, 6])
    known = replace(knowledge(12, (click(2),)), ambiguous=ambiguous)
    margin = plateau(12, (1, 8, 3.0))
    assert not segmentation(margin, known, RULE)[ambiguous].any()
    targets = soft_targets(np.concatenate([margin, np.zeros((12, 1))], axis=1), known, RULE, 0.5)
    assert targets.sum(axis=1).round(6).tolist() == [1.0] * 5 + [0.0] * 2 + [1.0] * 5
    on_it = replace(knowledge(12, (click(5),)), ambiguous=ambiguous)
    assert soft_targets(np.concatenate([margin, np.zeros((12, 1))], axis=1), on_it, RULE, 0.5)[5].tolist() == [1, 0]


def test_a_class_judged_everywhere_but_in_ambiguous_time_is_not_searched():
    """Class 0 is checked in all of twelve snippets but 7 and 8; a high margin there must not become an instance."""
    judged = knowledge(12, (Instance(0, 1, 4, exact=True),), background=[(0, 0, 7), (0, 9, 12)])
    known = replace(judged, ambiguous=np.isin(np.arange(12), [7, 8]))
    assert judged.searched.tolist() == [True]
    assert known.searched.tolist() == [False]
    margin = plateau(12, (1, 4, 3.0), (7, 9, 3.0))
    assert runs(segmentation(margin, known, RULE)[:, 0]).tolist() == [[1, 4]]
