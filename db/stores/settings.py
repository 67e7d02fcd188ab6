"""Settings of the whole workspace."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from db import tables


class SettingStore:
    """Named JSON values."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, key: str, default: Any = None) -> Any:
        """The value stored under ``key``, or ``default``."""
        row = self._session.get(tables.Setting, key)
        return default if row is None else row.value["value"]

    def put(self, key: str, value: Any) -> None:
        """Store a JSON value."""
        self._session.merge(tables.Setting(key=key, value={"value": value}))
