"""One transaction and the stores that work in it."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from db.stores.activity import ActivityStore
from db.stores.annotators import AnnotatorStore
from db.stores.edits import EditStore
from db.stores.features import FeatureStore
from db.stores.jobs import JobStore
from db.stores.labels import LabelStore
from db.stores.projects import ProjectStore
from db.stores.runs import RunStore
from db.stores.settings import SettingStore
from db.stores.videos import VideoStore


class UnitOfWork:
    """A transaction: all of it is committed when the block ends well, none of it when the block raises.

    Parameters
    ----------
    engine
        From :func:`db.database.make_engine`.
    write
        Decided on opening: a writer waits its turn at once, so that what it reads is still true when it writes.
        A reader is rolled back at the end.

    Attributes
    ----------
    database
        Which database it is, for whoever remembers something of it.
    projects, annotators, videos, features, edits, labels, activity, jobs, runs, settings
        One store per aggregate.
    """

    def __init__(self, engine: Engine, *, write: bool) -> None:
        self._write = write
        self.database = str(engine.url)
        self._session = Session(
            engine.execution_options(write=True) if write else engine, autoflush=True, expire_on_commit=False
        )
        self.projects = ProjectStore(self._session)
        self.annotators = AnnotatorStore(self._session)
        self.videos = VideoStore(self._session)
        self.features = FeatureStore(self._session)
        self.edits = EditStore(self._session)
        self.labels = LabelStore(self._session)
        self.activity = ActivityStore(self._session)
        self.jobs = JobStore(self._session)
        self.runs = RunStore(self._session)
        self.settings = SettingStore(self._session)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None and self._write:
                self._session.commit()
            elif kind is None and (self._session.new or self._session.dirty or self._session.deleted):
                raise RuntimeError("a reading unit of work was asked to write; open it with Workspace.write()")
            else:
                self._session.rollback()
        finally:
            self._session.close()
