"""Where feature sequences lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import tables
from db.records import FeatureRecord, record


class FeatureStore:
    """Features of videos; one row per video and extractor fingerprint."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(
        self,
        video_id: int,
        *,
        extractor: str,
        fingerprint: str,
        path: str,
        n_snippets: int,
        n_features: int,
        at: float,
        meta: Mapping[str, Any] | None = None,
    ) -> FeatureRecord:
        """Record features; the same fingerprint of the same video is replaced."""
        known = select(tables.Features).where(
            tables.Features.video_id == video_id, tables.Features.fingerprint == fingerprint
        )
        row = self._session.scalar(known) or tables.Features(video_id=video_id, fingerprint=fingerprint)
        row.extractor, row.path, row.n_snippets, row.n_features = extractor, path, n_snippets, n_features
        row.meta, row.created_at = dict(meta or {}), at
        self._session.add(row)
        self._session.flush()
        return record(FeatureRecord, row)

    def of_video(self, video_id: int) -> tuple[FeatureRecord, ...]:
        """All features of a video, newest first."""
        rows = self._session.scalars(
            select(tables.Features)
            .where(tables.Features.video_id == video_id)
            .order_by(tables.Features.created_at.desc(), tables.Features.id.desc())
        )
        return tuple(record(FeatureRecord, row) for row in rows)

    def extractors(self, video_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
        """Names of the extractors whose features each of some videos has."""
        rows = self._session.execute(
            select(tables.Features.video_id, tables.Features.extractor)
            .where(tables.Features.video_id.in_(video_ids))
            .order_by(tables.Features.created_at.desc())
        )
        found: dict[int, tuple[str, ...]] = {}
        for video, name in rows:
            if name not in found.get(video, ()):
                found[video] = (*found.get(video, ()), name)
        return found

    def in_use(self, project_id: int) -> tuple[str, ...]:
        """Names of the extractors by which videos of a project have features, those of most videos first."""
        n_videos = func.count(tables.Features.video_id.distinct())
        return tuple(
            self._session.scalars(
                select(tables.Features.extractor)
                .join(tables.Video, tables.Video.id == tables.Features.video_id)
                .where(tables.Video.project_id == project_id)
                .group_by(tables.Features.extractor)
                .order_by(n_videos.desc(), tables.Features.extractor)
            )
        )

    def of_project(self, project_id: int, extractor: str | None = None) -> dict[int, FeatureRecord]:
        """The newest features of each video of a project, of one extractor if it is named."""
        query = (
            select(tables.Features)
            .join(tables.Video, tables.Video.id == tables.Features.video_id)
            .where(tables.Video.project_id == project_id)
            .order_by(tables.Features.created_at, tables.Features.id)
        )
        if extractor is not None:
            query = query.where(tables.Features.extractor == extractor)
        return {row.video_id: record(FeatureRecord, row) for row in self._session.scalars(query)}
