"""What a writing process of a concurrency test does; imports little, because eight of them start."""

from db import database
from db.unit_of_work import UnitOfWork


def count_up(url: str, rounds: int, upgrade: bool = False) -> None:
    """Open the database, migrating it if asked to, and count up: read, then write, in one transaction each."""
    engine = database.make_engine(url)
    if upgrade:
        database.upgrade(engine)
    for _ in range(rounds):
        with UnitOfWork(engine, write=True) as unit:
            unit.settings.put("count", unit.settings.get("count", 0) + 1)
    engine.dispose()
