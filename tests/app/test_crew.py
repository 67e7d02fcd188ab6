"""A crew does all that is asked, tells how each call ended, and leaves no process behind."""

import os
import signal
import subprocess
import sys
import time

import pytest

from app import crew
from tests.app import crew_work


def ignore(_share, _n_ended):
    """Progress nobody listens to."""


def until(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that in time"
        time.sleep(0.05)


def test_every_call_is_made_once_over_two_processes_and_progress_reaches_the_end(tmp_path):
    """Weights 1, 1, 2: after all of them the share is 1; what the function prints is no answer."""
    paths, told = [tmp_path / name for name in "abc"], []
    calls = [{"path": str(path)} for path in paths]
    outcomes = list(crew.spread(crew_work.write, calls, lambda *each: told.append(each), weights=[1, 1, 2], size=2))
    assert sorted(each.index for each in outcomes) == [0, 1, 2]
    assert all(each.error is None for each in outcomes)
    assert {each.index: each.result for each in outcomes} == {0: "wrote a", 1: "wrote b", 2: "wrote c"}
    pids = {path.read_text() for path in paths}
    assert 1 <= len(pids) <= 2
    assert str(os.getpid()) not in pids
    assert told[-1] == (1.0, 3)
    assert [share for share, _ in told] == sorted(share for share, _ in told)


def test_errors_stay_of_their_kind_a_killed_member_is_replaced_and_the_others_go_on():
    calls = [{"how": how} for how in ("value", "killed", "disk", "other", "none")]
    errors = {each.index: each.error for each in crew.spread(crew_work.fail, calls, ignore, size=1)}
    assert (type(errors[0]), str(errors[0])) == (ValueError, "a.mp4: it holds no pictures")
    assert isinstance(errors[1], ChildProcessError)
    assert "signal 9" in str(errors[1])
    assert (type(errors[2]), errors[2].errno) == (OSError, 28)
    assert str(errors[3]) == "KeyError: 'x'"
    assert errors[4] is None


def test_what_the_progress_raises_ends_all_members_and_each_cleans_up(tmp_path):
    def cancel(_share, _n_ended):
        if len(list(tmp_path.iterdir())) == 2:
            raise InterruptedError

    begun = time.monotonic()
    with pytest.raises(InterruptedError):
        list(crew.spread(crew_work.wait, [{"folder": str(tmp_path)}] * 4, cancel, size=2))
    assert list(tmp_path.iterdir()) == []
    assert time.monotonic() - begun < 30


def test_when_the_caller_is_killed_its_members_end(tmp_path):
    program = (
        "from app import crew; from tests.app import crew_work; "
        f"list(crew.spread(crew_work.wait, [{{'folder': {str(tmp_path)!r}}}], lambda *_: None, size=1))"
    )
    caller = subprocess.Popen([sys.executable, "-c", program], cwd=crew.ROOT)
    until(lambda: len(list(tmp_path.iterdir())) == 1)
    caller.send_signal(signal.SIGKILL)
    caller.wait()
    until(lambda: not list(tmp_path.iterdir()))


def test_a_crew_is_never_larger_than_its_calls_or_the_cores():
    assert crew.size_for(1) == 1
    assert crew.size_for(0) == 1
    assert crew.size_for(1000) <= min(os.cpu_count(), crew.MOST)
