"""What carries job ids to the workers: a huey queue per lane, on SQLite, Redis or PostgreSQL.

Only the id travels, as plain digits: huey's storages are used without its tasks, whose messages are pickles. The truth
is the job row (:mod:`app.jobs`), so that a lost or doubled message does no harm.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

logger = logging.getLogger(__name__)

POLL = 0.1  # seconds between two looks into a SQLite queue; Redis and PostgreSQL wake their readers
READ_TIMEOUT = 1  # seconds a Redis or PostgreSQL reader waits before it looks at its stop flag again


def _storage(url: str, name: str) -> Any:
    """Huey's storage behind a queue address."""
    from huey.storage import PostgresStorage, RedisStorage, SqliteStorage

    match urlsplit(url).scheme.split("+")[0]:
        case "sqlite":
            filename = url.split(":///", 1)[1]
            Path(filename).parent.mkdir(parents=True, exist_ok=True)
            return SqliteStorage(name, filename=filename, timeout=30)
        case "redis" | "rediss" | "unix":
            return RedisStorage(name, url=url, read_timeout=READ_TIMEOUT)
        case "postgresql" | "postgres":
            return PostgresStorage(name, dsn=url.replace("+psycopg", "", 1), read_timeout=READ_TIMEOUT)
        case scheme:
            raise ValueError(
                f"WTAL_QUEUE_URL begins with {scheme!r}; it must be sqlite:///FILE, redis://HOST:PORT/N or postgresql://..."
            )


class Carrier:
    """The queue of one lane.

    Parameters
    ----------
    url
        ``sqlite:///FILE``, ``redis://...``, ``unix://...`` (a Redis socket) or ``postgresql[+psycopg]://...``.
    lane
        Which lane; each has a queue of its own, so that a long extraction never blocks a retrain.
    """

    def __init__(self, url: str, lane: str) -> None:
        self._storage = _storage(url, f"wtal-{lane}")

    def send(self, job_id: int) -> None:
        """Put an id into the queue."""
        self._storage.enqueue(str(job_id).encode())

    def receive(self, seconds: float = 1.0) -> int | None:
        """Take the next id, waiting about ``seconds`` for one; None if none came."""
        deadline = time.monotonic() + seconds
        while True:
            message = self._storage.dequeue()
            if message is not None:
                return _job_id(bytes(message))
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            if not self._storage.blocking:
                time.sleep(min(POLL, left))

    def waiting(self) -> int:
        """How many messages lie in the queue."""
        return int(self._storage.queue_size())

    def close(self) -> None:
        """Let the connection go."""
        self._storage.close()


def _job_id(message: bytes) -> int | None:
    """The id in a message; what is not a number is dropped with a line in the log."""
    if message.isdigit():
        return int(message)
    logger.warning("dropped a message that is no job id: %r", message[:80])
    return None
