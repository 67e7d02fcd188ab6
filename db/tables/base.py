"""What every table shares: names of constraints, column types, and how time is written.

Moments (``*_at``) are seconds since 1970 as a float; positions in a video are integer microseconds of raw presentation
time. Constraint names follow one convention, because a batch migration on SQLite can only drop what has a name.
"""

from __future__ import annotations

from typing import Annotated, Any

from sqlalchemy import JSON, BigInteger, Double, Integer, MetaData, String
from sqlalchemy.orm import DeclarativeBase, mapped_column

# SQLite numbers rows by itself only for a column of exactly the type INTEGER.
BigId = BigInteger().with_variant(Integer, "sqlite")

Key = Annotated[int, mapped_column(primary_key=True)]
BigKey = Annotated[int, mapped_column(BigId, primary_key=True)]
Microseconds = Annotated[int, mapped_column(BigInteger)]
Moment = Annotated[float, mapped_column(Double)]
Name = Annotated[str, mapped_column(String(255))]
Uuid = Annotated[str, mapped_column(String(64))]
Word = Annotated[str, mapped_column(String(32))]
Json = Annotated[dict[str, Any], mapped_column(JSON)]
JsonList = Annotated[list[Any], mapped_column(JSON)]


class Base(DeclarativeBase):
    """The registry of all tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
