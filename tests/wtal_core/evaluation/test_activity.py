"""One person, several windows: whose time is it, and how often does it count."""

import pytest

from wtal_core.domain import SupervisionLevel
from wtal_core.evaluation.activity import ActivityEvent, sessions_of, time_spent


def window(session, zero, *seconds, video="v", annotator="ada", late=0.0, kind="key"):
    """Events of a window whose clock read 0 at second ``zero`` of the server's; each arrives ``late`` seconds after."""
    return [
        ActivityEvent(
            session, kind, 1000.0 * at, video, annotator, SupervisionLevel.FULL, received=1000 * (zero + at + late)
        )
        for at in seconds
    ]


def spent(*events, cutoff=30):
    """Seconds by video."""
    return {work.video: ms / 1000 for work, ms in time_spent(sessions_of(events, 1000 * cutoff)).items()}


def test_two_windows_in_sight_at_once_count_once():
    """One open from second 100 to 110, one from 104 to 114: fourteen seconds of a person, not twenty."""
    assert spent(*window("a", 100, 0, 5, 10), *window("b", 104, 0, 5, 10)) == {"v": 14}


def test_windows_one_after_the_other_are_added_up_whatever_their_clocks_say():
    """Sent in one go at the end of each, as a script does: what arrives after the other was done was beside nothing."""
    first = [*window("a", 0, 20, late=0), *window("a", 0, 0, late=20)]
    second = [*window("b", 1, 20, late=0), *window("b", 1, 0, late=20)]
    assert {event.received for event in first + second} == {20_000, 21_000}
    assert spent(*first, *second) == {"v": 40}


def test_time_shared_by_two_videos_belongs_to_the_window_used_last():
    """a is used at 0 and 10, b at 4 and 6: from 4 on b was used last."""
    assert spent(*window("a", 0, 0, 10), *window("b", 0, 4, 6, 20, video="w")) == {"v": 4 + 0, "w": 6 + 10}


def test_a_window_that_only_plays_does_not_take_the_time_of_the_one_in_use():
    playing = window("b", 0, 2, video="w") + window("b", 0, *range(3, 13), video="w", kind="heartbeat")
    assert spent(*window("a", 0, 1, 4, 7, 10, 13), *playing) == {"v": 1 + 9 + 0, "w": 2}


def test_an_idle_window_counts_to_the_cutoff_only_where_no_other_does():
    """a idles from 0 to 100 (30 count); b works from 20 to 40: together 40 seconds."""
    assert spent(*window("a", 0, 0, 100), *window("b", 0, 20, 30, 40)) == {"v": 40}


def test_two_people_at_once_are_two():
    assert spent(*window("a", 0, 0, 10), *window("b", 0, 0, 10, annotator="bob", video="w")) == {"v": 10, "w": 10}


def test_a_late_answer_does_not_shift_a_window():
    """The clock of a window is placed by the event that arrived soonest, here the one at its second 10."""
    late = [*window("b", 4, 0, 5, late=3.0), *window("b", 4, 10)]
    assert spent(*window("a", 0, 0, 5, 10), *late) == {"v": 14}


def test_sessions_whose_arrival_nobody_knows_are_added_up():
    events = [ActivityEvent(name, "key", at, "v", "ada", SupervisionLevel.FULL) for name in "ab" for at in (0, 5_000)]
    assert spent(*events) == {"v": 10}


@pytest.mark.parametrize("n", [2, 3, 5])
def test_the_union_is_never_more_than_the_clock_on_the_wall(n):
    """n windows, all in use for the same minute, each a little out of step."""
    events = [event for i in range(n) for event in window(f"s{i}", 0.1 * i, *range(61))]
    assert spent(*events) == {"v": pytest.approx(60 + 0.1 * (n - 1))}
