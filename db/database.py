"""Opening the database and bringing it to the newest version of its tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event

MIGRATIONS = Path(__file__).parent / "migrations"
_ADVISORY_LOCK = 0x5754414C  # any number of our own: PostgreSQL's advisory locks are named by numbers


def make_engine(url: str) -> Engine:
    """An engine for SQLite or PostgreSQL whose writers never lose an update.

    On SQLite: write-ahead log, full synchronisation (a saved edit survives a power cut), foreign keys on, and
    SQLAlchemy rather than the driver opens transactions, so that a writer can say ``BEGIN IMMEDIATE``. A plain
    ``BEGIN`` that reads and then writes would fail at once whenever another writer was faster.

    Parameters
    ----------
    url
        A SQLAlchemy URL: ``sqlite:///...`` or ``postgresql+psycopg://...``.

    Returns
    -------
    Engine
        To write, use ``engine.execution_options(write=True)``.
    """
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # the driver opens no transactions of its own
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("write") else "BEGIN")

    return engine


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the tables to ``revision``; two processes that start together take turns.

    Raises
    ------
    RuntimeError
        If a migration left rows without their parent.
    """
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["engine"] = engine
    with _turn(engine):
        command.upgrade(config, revision)


@contextmanager
def _turn(engine: Engine) -> Iterator[None]:
    """Hold the right to migrate. A killed holder loses it by itself, on every operating system."""
    if engine.dialect.name != "sqlite":
        with engine.connect() as connection:
            connection.exec_driver_sql(f"SELECT pg_advisory_lock({_ADVISORY_LOCK})")
            try:
                yield
            finally:
                connection.exec_driver_sql(f"SELECT pg_advisory_unlock({_ADVISORY_LOCK})")
        return
    if not engine.url.database:
        yield  # in memory: nobody else can see it
        return
    lock = sqlite3.connect(f"{engine.url.database}.upgrade", timeout=60, isolation_level=None)
    try:
        lock.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        lock.close()
