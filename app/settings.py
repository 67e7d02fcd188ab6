"""The one module that reads the environment.

| variable | is | default |
|---|---|---|
| ``WTAL_HOME`` | workspace folder: database, features, runs, proxies | ``./workspace`` |
| ``WTAL_DATABASE_URL`` | SQLAlchemy URL | ``sqlite:///<home>/wtal.db`` |
| ``WTAL_QUEUE_URL`` | job queue: ``sqlite:///``, ``redis://``, ``postgresql://`` | ``sqlite:///<home>/queue.db`` |
| ``WTAL_MEDIA_ROOTS`` | folders videos may come from, separated like ``PATH`` | the user's home and the workspace |
| ``WTAL_SECRET`` | signs the identity cookie | made once, kept in ``<home>/secret`` |
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


def one_thread_each() -> None:
    """Let this process compute with one thread, unless ``OMP_NUM_THREADS`` is set; call before torch is imported.

    Web, worker lanes and their networks of a few hundred units share the cores, and OpenMP's threads spin while they
    wait for each other. Measured on two busy cores: 700 steps of ``mixed`` on 9 videos took 11.6 s with one thread and
    102 s with two (docs/performance.md).
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things lie and what signs the cookie.

    Attributes
    ----------
    home
        The workspace folder, absolute.
    database_url, queue_url
        Where rows and queue entries are kept.
    media_roots
        Resolved folders; a video outside all of them is neither added nor served.
    secret
        Key of the identity cookie; empty means: read or make ``<home>/secret``.
    """

    home: Path
    database_url: str
    queue_url: str
    media_roots: tuple[Path, ...]
    secret: str = ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Settings as the environment (``os.environ`` unless given) says."""
        values = os.environ if environment is None else environment
        home = Path(values.get("WTAL_HOME") or "workspace").expanduser().resolve()
        roots = [Path(root).expanduser() for root in values.get("WTAL_MEDIA_ROOTS", "").split(os.pathsep) if root]
        return cls.at(
            home,
            database_url=values.get("WTAL_DATABASE_URL", ""),
            queue_url=values.get("WTAL_QUEUE_URL", ""),
            media_roots=roots or [Path.home()],
            secret=values.get("WTAL_SECRET", ""),
        )

    @classmethod
    def at(
        cls,
        home: Path,
        *,
        database_url: str = "",
        queue_url: str = "",
        media_roots: list[Path] | None = None,
        secret: str = "",
    ) -> Settings:
        """Settings of a workspace in ``home``; what is left out takes its default. The workspace is a media root."""
        home = home.resolve()
        roots = (home, *(root.resolve() for root in media_roots or ()))
        return cls(
            home,
            database_url or f"sqlite:///{home / 'wtal.db'}",
            queue_url or f"sqlite:///{home / 'queue.db'}",
            tuple(dict.fromkeys(roots)),
            secret,
        )

    def signing_key(self) -> str:
        """The secret, or the one of the workspace: made on first use, readable by its owner only."""
        if self.secret:
            return self.secret
        path = self.home / "secret"
        self.home.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return _settled(path)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(32))
        return path.read_text()


def _settled(path: Path) -> str:
    """The secret another process made, once it is written in full."""
    import time

    for _ in range(100):
        if text := path.read_text().strip():
            return text
        time.sleep(0.02)
    raise RuntimeError(f"{path} is empty; delete it, and everybody has to give their name again")
