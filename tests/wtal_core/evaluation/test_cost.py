"""Active time from raw events, and phi, with a stop-watch in hand."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wtal_core.domain import SupervisionLevel
from wtal_core.evaluation.activity import ActivityEvent
from wtal_core.evaluation.cost import PAPER_PHI, VideoCost, active_times, expected_phi, phi, phi_by

MINUTE = 60_000_000
DURATIONS = {"v": MINUTE, "w": 2 * MINUTE}


def event(seconds, kind="heartbeat", **changes):
    plain = ActivityEvent("s", kind, 1000.0 * seconds, "v", "ada", SupervisionLevel.FULL)
    return dataclasses.replace(plain, **changes)


def total(*events, **options):
    return sum(cost.active for cost in active_times(events, DURATIONS, **options)) / 1e6


def test_active_time_is_the_sum_of_gaps():
    assert total(event(0, "open"), event(5), event(12.5, "key")) == 12.5


def test_a_long_pause_counts_as_the_idle_cutoff():
    assert total(event(0, "open"), event(100), event(105)) == 30 + 5
    assert total(event(0, "open"), event(100), event(105), idle_cutoff=2_000_000) == 2 + 2


def test_a_hidden_tab_does_not_count():
    """Hidden from 5 to 25 s, heartbeats of the background tab included."""
    assert total(event(0), event(5, "hidden"), event(15, visible=False), event(25, "visible"), event(30)) == 5 + 5


def test_loading_does_not_count_until_the_video_is_ready():
    assert total(event(0), event(2, "loading"), event(6), event(9, "ready"), event(10)) == 2 + 1


def test_time_after_a_video_was_closed_does_not_count():
    assert total(event(0, "open"), event(4, "close"), event(9, "open"), event(10)) == 4 + 1


def test_sessions_have_clocks_of_their_own():
    assert total(event(0), event(3), event(1000, session="t"), event(1004, session="t")) == 7


def test_order_of_arrival_does_not_matter():
    events = [event(0, "open"), event(5), event(7, "hidden"), event(9, "visible"), event(12)]
    assert total(*reversed(events)) == total(*events) == 7 + 3


def test_a_gap_belongs_to_what_was_on_the_screen_when_it_began():
    costs = active_times(
        [
            event(0),
            event(4, video="w", level=SupervisionLevel.VIDEO),
            event(6, video="w", level=SupervisionLevel.VIDEO, assisted=True),
            event(7, video="w", annotator="bob"),
        ],
        DURATIONS,
    )
    assert [(cost.video, str(cost.level), cost.assisted, cost.active) for cost in costs] == [
        ("v", "full", False, 4_000_000),
        ("w", "video", False, 2_000_000),
        ("w", "video", True, 1_000_000),
    ]


def test_a_scripted_stopwatch_agrees_within_five_percent():
    """A minute of work with heartbeats a second apart and a break of five minutes, the break cut off."""
    beats = [event(second) for second in range(31)] + [event(330 + second) for second in range(31)]
    assert total(*beats) == pytest.approx(30 + 30 + 30, rel=0.05)


def test_the_duration_of_every_video_is_needed():
    with pytest.raises(ValueError, match="duration of 'x' is not given"):
        active_times([event(0, video="x"), event(1, video="x")], DURATIONS)
    with pytest.raises(ValueError, match="cut-off must be positive"):
        active_times([], DURATIONS, idle_cutoff=0)


def cost(video, active, duration=100, **changes):
    plain = VideoCost(video, "ada", SupervisionLevel.FULL, False, active, duration)
    return dataclasses.replace(plain, **changes)


def test_phi_is_total_time_over_total_duration_not_the_mean_of_ratios():
    """(50 + 300) / (100 + 300) = .875, where the ratios .5 and 1 have the mean .75."""
    measured = phi([cost("a", 50), cost("b", 300, 300)])
    assert measured.ratio == 0.875
    assert measured.median == 0.75
    assert (measured.first_quartile, measured.third_quartile) == (0.625, 0.875)
    assert measured.low <= measured.ratio <= measured.high
    assert (measured.low, measured.high) == (0.5, 1.0)  # two videos: a resample is either one, or both
    assert (measured.n_videos, measured.active, measured.duration) == (2, 350, 400)


def test_a_video_labelled_by_two_annotators_counts_for_both():
    assert phi([cost("a", 50), cost("a", 150, annotator="bob")]).ratio == 1.0


def test_assisted_and_unassisted_work_of_one_annotator_share_the_length_of_the_video():
    assert phi([cost("a", 50), cost("a", 20, assisted=True)]).ratio == pytest.approx(0.7)


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(1, 1000)), min_size=1, max_size=12))
def test_the_interval_lies_between_the_extreme_ratios(rows):
    measured = phi([cost(str(index), *row) for index, row in enumerate(rows)], n_bootstrap=50)
    ratios = [active / duration for active, duration in rows]
    assert min(ratios) - 1e-9 <= measured.low <= measured.high <= max(ratios) + 1e-9


def test_phi_is_the_same_each_time():
    rows = [cost(str(index), index * 7 % 50) for index in range(12)]
    assert phi(rows) == phi(rows)


def test_simulated_time_never_enters_a_measured_phi():
    rows = [cost("a", 50), cost("b", 90, source="simulated")]
    with pytest.raises(ValueError, match="never enter one ratio"):
        phi(rows)
    assert phi_by(rows, lambda row: row.level)[SupervisionLevel.FULL].ratio == 0.5


def test_phi_of_groups():
    rows = [cost("a", 50), cost("b", 20, level=SupervisionLevel.VIDEO), cost("a", 70, annotator="bob")]
    groups = phi_by(rows, lambda row: (row.level, row.annotator))
    assert {key: group.ratio for key, group in groups.items()} == {
        (SupervisionLevel.FULL, "ada"): 0.5,
        (SupervisionLevel.VIDEO, "ada"): 0.2,
        (SupervisionLevel.FULL, "bob"): 0.7,
    }


def test_papers_values_stand_in_until_ten_videos_are_measured():
    full = SupervisionLevel.FULL
    nine, ten = ({full: phi([cost(str(index), 50) for index in range(n)])} for n in (9, 10))
    assert expected_phi(full, nine) == (PAPER_PHI["thumos14"][full], False) == (1.17, False)
    assert expected_phi(full, ten) == (0.5, True)
    assert expected_phi(SupervisionLevel.VIDEO, {}, prior="activitynet") == (0.25, False)
    with pytest.raises(ValueError, match="no prior 'coco'"):
        expected_phi(full, {}, prior="coco")


def test_impossible_costs_are_refused():
    with pytest.raises(ValueError, match="needs at least one video"):
        phi([])
    with pytest.raises(ValueError, match="must not be negative nor the duration zero"):
        cost("a", 5, 0)
