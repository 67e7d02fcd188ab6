"""The workspace: one folder and one database, and the way to read and write them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import Engine

from app.settings import Settings
from db import database
from db.unit_of_work import UnitOfWork


class Workspace:
    """Folders and database of one installation; made once per process and passed to every service.

    Parameters
    ----------
    settings
        Where things lie. The folders are made and the tables brought to their newest version on opening.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        for folder in (self.home, self.features, self.runs, self.proxies, self.pictures, self.uploads):
            folder.mkdir(parents=True, exist_ok=True)
        self.engine: Engine = database.make_engine(settings.database_url)
        database.upgrade(self.engine)

    @property
    def home(self) -> Path:
        """The workspace folder."""
        return self.settings.home

    @property
    def features(self) -> Path:
        """Feature sequences, by content and extractor."""
        return self.home / "features"

    @property
    def runs(self) -> Path:
        """One folder per training run."""
        return self.home / "runs"

    @property
    def proxies(self) -> Path:
        """Copies of videos that browsers can play."""
        return self.home / "proxies"

    @property
    def pictures(self) -> Path:
        """Thumbnails and frame strips."""
        return self.home / "pictures"

    @property
    def uploads(self) -> Path:
        """Videos sent by a browser, and the demo's."""
        return self.home / "uploads"

    @property
    def imports(self) -> Path:
        """Annotation files a browser sent, until they are imported."""
        return self.home / "imports"

    @cached_property
    def signer(self) -> URLSafeTimedSerializer:
        """What signs and checks the identity cookie."""
        return URLSafeTimedSerializer(self.settings.signing_key(), salt="wtal-annotator")

    def may_serve(self, path: Path) -> bool:
        """Whether ``path``, links followed, lies inside a media root."""
        resolved = path.resolve()
        return any(resolved.is_relative_to(root) for root in self.settings.media_roots)

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        """A consistent view of the database; never waits for a writer, and cannot write."""
        with UnitOfWork(self.engine, write=False) as unit:
            yield unit

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        """One transaction: committed when the block ends well, rolled back when it raises."""
        with UnitOfWork(self.engine, write=True) as unit:
            yield unit

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()
