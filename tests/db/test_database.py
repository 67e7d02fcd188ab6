"""The promises of the engine: writers lose nothing, readers wait for nobody, half a block leaves no trace."""

import multiprocessing
import sqlite3
import time

import pytest

from app.settings import Settings
from db.errors import CancelledError, LeaseLostError, NotFoundError
from tests.db.scene import open_workspace
from tests.db.writer import count_up

WRITERS, ROUNDS = 8, 12


@pytest.fixture
def workspace(tmp_path):
    workspace = open_workspace(tmp_path)
    yield workspace
    workspace.close()


def test_eight_processes_that_read_and_then_write_lose_no_update(workspace):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=count_up, args=(workspace.settings.database_url, ROUNDS)) for _ in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
    assert [writer.exitcode for writer in writers] == [0] * WRITERS
    with workspace.read() as unit:
        assert unit.settings.get("count") == WRITERS * ROUNDS


def test_a_block_that_raises_leaves_no_trace(workspace):
    def half():
        with workspace.write() as unit:
            unit.settings.put("half", 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    with workspace.read() as unit:
        assert unit.settings.get("half") is None


def test_a_reader_does_not_wait_for_a_writer_and_sees_the_state_before_it(workspace):
    with workspace.write() as unit:
        unit.settings.put("value", "old")
    with workspace.write() as writer:
        writer.settings.put("value", "new")
        writer._session.flush()
        begun = time.monotonic()
        with workspace.read() as reader:
            assert reader.settings.get("value") == "old"
        assert time.monotonic() - begun < 5  # a waiting reader would wait 30 s and fail


def test_a_reading_unit_refuses_to_write(workspace):
    with pytest.raises(RuntimeError, match="write"), workspace.read() as unit:
        unit.settings.put("value", 1)


def test_sqlite_is_in_write_ahead_mode_with_foreign_keys_and_full_synchronisation(workspace):
    with workspace.engine.connect() as connection:
        said = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("foreign_keys", "synchronous")}
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    assert said == {"foreign_keys": 1, "synchronous": 2}


def test_deleting_a_project_takes_everything_with_it_and_leaves_other_projects(workspace):
    with workspace.write() as unit:
        one, other = unit.projects.add("one", "full", 0.0), unit.projects.add("other", "full", 0.0)
        for project in (one, other):
            unit.videos.add(project.id, "a", 0.0)
            unit.runs.add(project.id, "mixed", 0.0)
    with workspace.write() as unit:
        unit.projects.delete(one.id)
    with workspace.read() as unit:
        assert [project.name for project in unit.projects.all()] == ["other"]
        assert len(unit.videos.of_project(other.id)) == len(unit.runs.of_project(other.id)) == 1
        assert unit.videos.of_project(one.id) == unit.runs.of_project(one.id) == ()


def test_a_job_is_claimed_once_until_its_lease_runs_out(workspace):
    with workspace.write() as unit:
        job = unit.jobs.add("train", "short", {}, at=0.0).id
        assert unit.jobs.claim(job, "first", now=100.0, lease=10.0)
        assert not unit.jobs.claim(job, "second", now=105.0, lease=10.0)
        unit.jobs.beat(job, "first", now=108.0, lease=10.0, progress=0.5)
        assert not unit.jobs.claim(job, "second", now=117.0, lease=10.0)
        assert [lost.id for lost in unit.jobs.stranded(119.0, 0.0)] == [job]
        assert unit.jobs.claim(job, "second", now=119.0, lease=10.0)
        with pytest.raises(LeaseLostError):
            unit.jobs.beat(job, "first", now=120.0, lease=10.0)
        assert not unit.jobs.finish(job, "first", "done", now=121.0)
        assert unit.jobs.finish(job, "second", "done", now=121.0)
    with workspace.read() as unit:
        done = unit.jobs.get(job)
    assert (done.status, done.attempts, done.progress, done.finished_at) == ("done", 2, 0.5, 121.0)


def test_a_cancelled_job_hears_of_it_at_the_next_beat(workspace):
    with workspace.write() as unit:
        job = unit.jobs.add("train", "short", {}, at=0.0).id
        unit.jobs.claim(job, "worker", now=1.0, lease=10.0)
        assert unit.jobs.change(job, while_in=("queued", "running"), cancel=True)
        with pytest.raises(CancelledError):
            unit.jobs.beat(job, "worker", now=2.0, lease=10.0)


def test_what_is_not_there_is_named(workspace):
    with pytest.raises(NotFoundError, match="video 7"), workspace.read() as unit:
        unit.videos.get(7)


def test_the_secret_is_made_once_and_readable_by_its_owner_only(tmp_path):
    settings = Settings.at(tmp_path)
    assert settings.signing_key() == Settings.at(tmp_path).signing_key()
    assert len(settings.signing_key()) >= 32
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600


def test_the_environment_names_home_database_queue_and_roots(tmp_path):
    given = {
        "WTAL_HOME": str(tmp_path),
        "WTAL_DATABASE_URL": "sqlite:///x.db",
        "WTAL_MEDIA_ROOTS": f"{tmp_path}/a:{tmp_path}/b",
    }
    settings = Settings.from_environment(given | {"WTAL_SECRET": "s"})
    assert settings.home == tmp_path
    assert settings.database_url == "sqlite:///x.db"
    assert settings.queue_url == f"sqlite:///{tmp_path / 'queue.db'}"
    assert settings.media_roots == (tmp_path, tmp_path / "a", tmp_path / "b")
    assert settings.signing_key() == "s"


def test_two_processes_may_open_a_new_database_at_once(tmp_path):
    context = multiprocessing.get_context("spawn")
    both = [context.Process(target=count_up, args=(f"sqlite:///{tmp_path / 'wtal.db'}", 1, True)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(60)
    assert [process.exitcode for process in both] == [0, 0]
    with sqlite3.connect(tmp_path / "wtal.db") as database:
        assert database.execute("select count(*) from alembic_version").fetchone() == (1,)


def test_an_annotator_two_processes_meet_at_once_is_one_annotator(workspace):
    with workspace.write() as unit:
        first = unit.annotators.add("ada", 0.0)
    with workspace.write() as unit:
        assert unit.annotators.add("ada", 1.0) == first
        unit.settings.put("still", "writing")
    with workspace.read() as unit:
        assert unit.settings.get("still") == "writing"
        assert len(unit.annotators.all()) == 1
