"""How pages count things in words."""

from __future__ import annotations


def plural(number: int, noun: str) -> str:
    """The noun as it stands behind a number: 1 video, 0 videos, 2 videos."""
    return noun if number == 1 else f"{noun}s"
