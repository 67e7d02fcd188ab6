"""A job's row is the truth: one winner, guarded writes, cancel, lost leases, attempts, checkpoints, what follows."""

import errno
import os
import subprocess
import sys
import threading
import time

import pytest

from app import jobs, recovery, task, worker
from app.job_kinds import Kind
from app.task import Task
from app.workspace import Workspace
from db.errors import LeaseLostError, NotFoundError
from tests.db.scene import open_workspace

ME = "host:1:test"


def test_a_job_runs_once_however_often_it_is_announced(workspace, kinds):
    ran = []
    kinds["note"] = Kind("short", "Note", lambda task: ran.append(task.payload["word"]))
    job = jobs.enqueue(workspace, "note", {"word": "hello"})
    for _ in range(2):
        jobs.announce(workspace, jobs.get(workspace, job))
    carrier = jobs.carrier(workspace, "short")
    taken = [carrier.receive(0.2) for _ in range(3)]
    assert taken == [job, job, job]
    for job_id in taken:
        jobs.run(workspace, job_id, ME)
    assert ran == ["hello"]
    assert jobs.get(workspace, job).status == "done"


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_of_eight_claimants_one_wins(tmp_path, database, request):
    url = "" if database == "sqlite" else request.getfixturevalue("postgres_url")
    workspace = open_workspace(tmp_path, database_url=url)
    with workspace.write() as unit:
        ids = [unit.jobs.add("note", "short", {}, at=0.0).id for _ in range(5)]
    won: list[tuple[int, int]] = []
    gate = threading.Barrier(8)

    def claim_all(claimant: int) -> None:
        gate.wait()
        for job_id in ids:
            with workspace.write() as unit:
                if unit.jobs.claim(job_id, f"w{claimant}", now=1.0, lease=30):
                    won.append((job_id, claimant))

    threads = [threading.Thread(target=claim_all, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    workspace.close()
    assert sorted(job_id for job_id, _ in won) == ids


def test_a_failing_job_is_failed_in_words_and_goes_on_from_its_checkpoint(workspace, kinds):
    def work(task: Task) -> dict[str, int]:
        if not task.checkpoint:
            task.save(step=7)
            raise OSError(errno.ENOSPC, "No space left on device")
        return {"went on from": task.checkpoint["step"]}

    kinds["work"] = Kind("short", "Work", work)
    job = jobs.enqueue(workspace, "work", {})
    worker.drain(workspace)
    failed = jobs.get(workspace, job)
    assert failed.status == "failed"
    assert failed.error.startswith("the disk is full")
    jobs.resume(workspace, job)
    worker.drain(workspace)
    assert jobs.get(workspace, job).result == {"went on from": 7}


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("a label of class 'Dive' is not in the class list; add the class"), "a label of class 'Dive'"),
        (MemoryError(), "the memory did not suffice"),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero; the worker's log"),
        (RuntimeError(), "RuntimeError: no message; the worker's log"),
    ],
)
def test_an_error_is_told_to_a_person(error, words):
    assert jobs.in_words(error).startswith(words)


def test_a_waiting_job_is_cancelled_at_once_and_never_runs(workspace, kinds):
    kinds["never"] = Kind("short", "Never", lambda task: pytest.fail("it ran"))
    job = jobs.enqueue(workspace, "never", {})
    jobs.cancel(workspace, job)
    assert jobs.get(workspace, job).status == "cancelled"
    assert jobs.run(workspace, job, ME) is None


def test_a_running_job_hears_of_a_cancel_at_its_next_step(workspace, kinds, monkeypatch):
    monkeypatch.setattr(task, "REPORT", 0.0)
    steps = []

    def work(task: Task) -> None:
        for step in range(100):
            task.progress(step / 100)
            steps.append(step)
            if step == 3:
                jobs.cancel(workspace, task.job.id)

    kinds["work"] = Kind("short", "Work", work)
    job = jobs.enqueue(workspace, "work", {})
    jobs.run(workspace, job, ME)
    assert steps == [0, 1, 2, 3]
    assert jobs.get(workspace, job).status == "cancelled"


def test_what_has_ended_is_not_cancelled_and_what_has_not_ended_is_not_resumed(workspace, kinds):
    kinds["nothing"] = Kind("short", "Nothing", lambda task: None)
    job = jobs.enqueue(workspace, "nothing", {})
    with pytest.raises(ValueError, match="is queued; only a failed or cancelled job can go on"):
        jobs.resume(workspace, job)
    worker.drain(workspace)
    jobs.cancel(workspace, job)
    assert jobs.get(workspace, job).status == "done"
    with pytest.raises(NotFoundError, match="no job 999"):
        jobs.cancel(workspace, 999)


def test_a_stale_worker_writes_nothing(workspace, kinds):
    """The first worker's lease runs out in a step it cannot beat in; another takes the job; what the first then writes
    is refused and rolled back."""
    kinds["work"] = Kind("short", "Work", lambda task: None)
    job = jobs.enqueue(workspace, "work", {})
    with workspace.write() as unit:
        unit.jobs.claim(job, "stale", now=time.time() - 60, lease=1)
        row = unit.jobs.get(job)
    stale = Task(workspace, row, "stale", lease=1)
    with workspace.write() as unit:
        assert unit.jobs.claim(job, "fresh", now=time.time(), lease=30)

    def write_result() -> None:
        with stale.write() as unit:
            unit.settings.put("result", {"of": "the stale worker"})

    for act in (write_result, lambda: stale.save(step=1), lambda: stale.progress(1.0)):
        with pytest.raises(LeaseLostError):
            act()
    with workspace.read() as unit:
        assert unit.settings.get("result", None) is None
    assert jobs.get(workspace, job).worker == "fresh"


def test_the_lease_is_kept_while_one_step_takes_longer_than_it(workspace, kinds):
    def one_long_step(task: Task) -> None:
        time.sleep(0.7)
        with workspace.write() as unit:
            assert not unit.jobs.claim(task.job.id, "thief", now=time.time(), lease=1)

    kinds["work"] = Kind("short", "Work", one_long_step)
    job = jobs.enqueue(workspace, "work", {})
    assert jobs.run(workspace, job, ME, lease=0.3).status == "done"


def test_a_worker_that_stops_puts_its_job_back_without_counting_the_attempt(workspace, kinds):
    stopping = []

    def work(task: Task) -> None:
        task.save(step=1)
        stopping.append(True)
        task.progress(0.5)

    kinds["work"] = Kind("short", "Work", work)
    job = jobs.enqueue(workspace, "work", {})
    jobs.carrier(workspace, "short").receive(0.2)
    jobs.run(workspace, job, ME, is_stopping=lambda: bool(stopping))
    row = jobs.get(workspace, job)
    assert (row.status, row.attempts, row.checkpoint) == ("queued", 0, {"step": 1})
    assert jobs.carrier(workspace, "short").receive(0.2) == job


def test_what_follows_a_job_is_enqueued_with_its_success_only(workspace, kinds):
    def first(task: Task) -> None:
        task.follow("second", {"n": 2})
        if task.payload.get("fails"):
            raise ValueError("no")

    ran = []
    kinds["first"] = Kind("long", "First", first)
    kinds["second"] = Kind("short", "Second", lambda task: ran.append(task.payload["n"]))
    jobs.enqueue(workspace, "first", {"fails": True})
    worker.drain(workspace)
    assert ran == []
    jobs.enqueue(workspace, "first", {})
    ended = worker.drain(workspace)
    assert [job.kind for job in ended] == ["first", "second"]
    assert ran == [2]


def test_what_a_job_is_about_follows_its_status(workspace, kinds):
    seen = []
    kinds["work"] = Kind("short", "Work", lambda task: None, lambda unit, job: seen.append(job.status))
    job = jobs.enqueue(workspace, "work", {})
    jobs.cancel(workspace, job)
    jobs.resume(workspace, job)
    worker.drain(workspace)
    assert seen == ["cancelled", "queued", "done"]


def test_an_unknown_kind_is_refused_with_the_kinds_there_are(workspace):
    with pytest.raises(ValueError, match=r"no job kind 'trian'; there are .*"):
        jobs.enqueue(workspace, "trian", {})


def test_waiting_for_a_job_shows_its_progress_and_gives_up_in_words(workspace, kinds):
    kinds["work"] = Kind("short", "Work", lambda task: {"answer": 42})
    job = jobs.enqueue(workspace, "work", {})
    with pytest.raises(TimeoutError, match="still queued after 0 s; is a worker running"):
        jobs.wait(workspace, job, timeout=0)
    worker.drain(workspace)
    seen = []
    assert jobs.wait(workspace, job, 1, seen.append).result == {"answer": 42}
    assert seen[-1].progress == 1.0


# ------------------------------------------------------------------------------------------------------ the sweep


def left_behind(workspace: Workspace, name: str, *, lease_until: float, attempts: int = 1, cancel: bool = False) -> int:
    with workspace.write() as unit:
        row = {"status": "running", "worker": name, "lease_until": lease_until, "attempts": attempts, "cancel": cancel}
        return unit.jobs.add("work", "short", {}, at=0.0, **row).id


def test_a_job_whose_lease_ran_out_runs_again(workspace, kinds):
    ran = []
    kinds["work"] = Kind("short", "Work", lambda task: ran.append(task.job.attempts))
    job = left_behind(workspace, "elsewhere:9:short", lease_until=time.time() - 1)
    alive = left_behind(workspace, "elsewhere:9:short", lease_until=time.time() + 60)
    assert recovery.sweep(workspace, "short", ME) == (job,)
    assert jobs.run(workspace, jobs.carrier(workspace, "short").receive(0.2), ME).status == "done"
    assert ran == [2]
    assert jobs.get(workspace, alive).status == "running"


def test_a_worker_that_died_on_this_machine_is_not_waited_for(workspace, kinds):
    kinds["work"] = Kind("short", "Work", lambda task: None)
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    machine = recovery.worker_name("short").rsplit(":", 2)[0]
    job = left_behind(workspace, f"{machine}:{dead.pid}:short", lease_until=time.time() + 60)
    mine = left_behind(workspace, f"{machine}:{os.getpid()}:short", lease_until=time.time() + 60)
    other = left_behind(workspace, f"elsewhere:{dead.pid}:short", lease_until=time.time() + 60)
    assert recovery.sweep(workspace, "short", ME) == (job,)
    assert [jobs.get(workspace, each).status for each in (job, mine, other)] == ["queued", "running", "running"]


def test_a_job_that_kills_its_worker_again_and_again_is_failed_with_the_reason(workspace, kinds):
    kinds["work"] = Kind("short", "Work", lambda task: None)
    attempts = 5
    job = left_behind(workspace, "elsewhere:9:short", lease_until=1.0, attempts=attempts)
    assert recovery.sweep(workspace, "short", ME) == ()
    row = jobs.get(workspace, job)
    assert row.status == "failed"
    assert row.error.startswith(f"the worker died {attempts} times")


def test_a_cancelled_job_whose_worker_died_is_cancelled(workspace, kinds):
    kinds["work"] = Kind("short", "Work", lambda task: None)
    job = left_behind(workspace, "elsewhere:9:short", lease_until=1.0, cancel=True)
    recovery.sweep(workspace, "short", ME)
    assert jobs.get(workspace, job).status == "cancelled"


def test_a_beat_between_reading_and_taking_keeps_the_job(workspace, kinds):
    kinds["work"] = Kind("short", "Work", lambda task: None)
    job = left_behind(workspace, "elsewhere:9:short", lease_until=time.time() - 1)
    as_read = jobs.get(workspace, job)
    with workspace.write() as unit:
        unit.jobs.beat(job, "elsewhere:9:short", now=time.time(), lease=30)
    assert recovery._take_from_the_dead(workspace, as_read, ME, time.time()) is None
    assert jobs.get(workspace, job).worker == "elsewhere:9:short"


def test_a_lost_message_is_sent_again_but_not_while_others_wait_in_the_queue(workspace, kinds):
    kinds["work"] = Kind("short", "Work", lambda task: None)
    job = jobs.enqueue(workspace, "work", {})
    later = time.time() + recovery.FORGOTTEN + 1
    assert recovery.sweep(workspace, "short", ME, now=later) == ()
    assert jobs.carrier(workspace, "short").receive(0.2) == job  # and the worker dies before it claims
    assert recovery.sweep(workspace, "long", ME, now=later) == ()
    assert recovery.sweep(workspace, "short", ME, now=later) == (job,)
    assert jobs.carrier(workspace, "short").waiting() == 1


def test_a_queue_that_does_not_answer_costs_no_job(tmp_path, kinds, caplog):
    kinds["work"] = Kind("short", "Work", lambda task: None)
    workspace = open_workspace(tmp_path, queue_url="redis://127.0.0.1:1/0")
    job = jobs.enqueue(workspace, "work", {})
    assert jobs.get(workspace, job).status == "queued"
    assert "the queue did not take its message" in caplog.text
    jobs.cancel(workspace, job)
    assert jobs.get(workspace, job).status == "cancelled"
    workspace.close()
