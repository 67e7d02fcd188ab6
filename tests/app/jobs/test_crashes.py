"""The worst, with real processes: kill -9 in mid-training, a stop in mid-job, two lanes, a worker that comes back."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from app import jobs
from app.services import runs
from app.workspace import Workspace
from tests.app.jobs.scene import planted
from tests.db.scene import open_workspace

ROOT = Path(__file__).resolve().parents[3]

LANE = """
import os, sys, time
from app import job_kinds, worker
from app.job_kinds import Kind

def count(task):
    for step in range(task.checkpoint.get("step", 0), 40):
        task.save(step=step)
        time.sleep(0.05)
    return {"attempt": task.job.attempts}

worker.SWEEP = 0.2
job_kinds.KINDS["count"] = Kind("long", "Count", count)
if sys.argv[1] == "short":
    from wtal_core.training import trainer

    update = trainer._Run._update

    def slow(self, *args):  # a step takes long enough to be killed in
        time.sleep(float(os.environ["STEP_SECONDS"]))
        return update(self, *args)

    trainer.CHECKPOINT_SECONDS = 0.0
    trainer._Run._update = slow
raise SystemExit(worker.main(["--lane", sys.argv[1]]))
"""


class Lane:
    """A worker process of one lane."""

    def __init__(self, workspace: Workspace, lane: str, step_seconds: float = 0.0) -> None:
        settings = workspace.settings
        environment = {
            **os.environ,
            "WTAL_HOME": str(settings.home),
            "WTAL_QUEUE_URL": settings.queue_url,
            "OMP_NUM_THREADS": "1",
            "STEP_SECONDS": str(step_seconds),
        }
        self.log = settings.home / f"{lane}-{time.time()}.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", LANE, lane], cwd=ROOT, env=environment, stdout=log, stderr=log
            )

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(15)


@pytest.fixture
def lanes():
    started: list[Lane] = []
    yield started
    for lane in started:
        lane.process.kill()
        lane.process.wait()


def wait_for(condition, lane: Lane, seconds: float = 90.0):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, lane.log.read_text()[-3000:]
        assert lane.process.poll() is None, lane.log.read_text()[-3000:]
        time.sleep(0.05)
    return found


def arrays_of(workspace: Workspace, run: int) -> dict[str, np.ndarray]:
    folder = workspace.runs / str(run) / "predictions"
    return {path.name: np.load(path)["cas"] for path in sorted(folder.glob("*.npz"))}


def test_a_training_killed_in_the_middle_goes_on_and_ends_with_the_same_model(workspace, lanes, kinds):
    """One run undisturbed, one with the same seed killed by SIGKILL in mid-training and finished by the next worker:
    their curves are equal bit by bit, and the log holds each step once."""
    from app import worker

    scene = planted(workspace, n_training=6, n_validation=1)
    settings = {"training.epochs": 10, "training.batch_size": 3}
    calm = runs.start(workspace, scene.project, "topk_mil", settings, folds=False)
    worker.drain(workspace)

    stormy = runs.start(workspace, scene.project, "topk_mil", settings, folds=False)
    lanes.append(Lane(workspace, "short", step_seconds=0.25))
    checkpoint = workspace.runs / str(stormy) / "checkpoint" / "checkpoint.safetensors"
    wait_for(checkpoint.exists, lanes[-1])
    lanes[-1].end(signal.SIGKILL)
    killed = runs.show(workspace, stormy)
    assert killed.run.status == "training"
    assert not (workspace.runs / str(stormy) / "run.json").exists()

    lanes.append(Lane(workspace, "short"))
    wait_for(lambda: runs.show(workspace, stormy).job.status in jobs.ENDED, lanes[-1])
    assert lanes[-1].end() == 0
    view = runs.show(workspace, stormy)
    assert (view.run.status, view.run.error, view.job.attempts) == ("done", "", 2)
    one, other = arrays_of(workspace, calm), arrays_of(workspace, stormy)
    assert len(one) == 7
    for name, cas in one.items():
        np.testing.assert_array_equal(cas, other[name])
    steps = [row.step for row in runs.log(workspace, stormy)]
    assert steps == sorted(set(steps))


@pytest.mark.parametrize("kind", ["sqlite", "redis", "postgres"])
def test_a_worker_told_to_stop_puts_its_job_back_and_the_next_goes_on(tmp_path, lanes, kinds, kind, request):
    """On each kind of queue: enqueued three times, stopped in the middle, done once by the worker that follows."""
    from app.job_kinds import Kind

    url = "" if kind == "sqlite" else request.getfixturevalue(f"{kind}_url")
    workspace = open_workspace(tmp_path, queue_url=url)
    kinds["count"] = Kind("long", "Count", lambda task: None)
    job = jobs.enqueue(workspace, "count", {})
    for _ in range(2):
        jobs.announce(workspace, jobs.get(workspace, job))
    lanes.append(Lane(workspace, "long"))
    wait_for(lambda: jobs.get(workspace, job).checkpoint.get("step", 0) >= 3, lanes[-1])
    assert lanes[-1].end() == 0
    stopped = jobs.get(workspace, job)
    assert (stopped.status, stopped.attempts) == ("queued", 0)
    lanes.append(Lane(workspace, "long"))
    done = wait_for(lambda: (row := jobs.get(workspace, job)).status == "done" and row, lanes[-1])
    assert done.result == {"attempt": 1}
    assert done.checkpoint == {"step": 39}
    assert lanes[-1].end() == 0
    workspace.close()


def test_a_long_job_does_not_block_a_training_and_both_can_be_cancelled(workspace, lanes, kinds):
    from app.job_kinds import Kind

    kinds["count"] = Kind("long", "Count", lambda task: None)
    scene = planted(workspace, n_training=4, n_validation=0)
    counting = jobs.enqueue(workspace, "count", {})
    run = runs.start(workspace, scene.project, "topk_mil", {"training.epochs": 200}, folds=False)
    lanes += [Lane(workspace, "long"), Lane(workspace, "short", step_seconds=0.1)]
    wait_for(lambda: runs.log(workspace, run), lanes[-1])
    runs.cancel(workspace, run)
    jobs.cancel(workspace, counting)
    wait_for(lambda: runs.show(workspace, run).run.status == "cancelled", lanes[-1], 10)
    wait_for(lambda: jobs.get(workspace, counting).status in jobs.ENDED, lanes[0], 10)
    with workspace.read() as unit:
        assert [method.name for method in unit.runs.methods()]  # the lane that trains has told the web of its methods
