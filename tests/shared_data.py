"""Real data beside the checkout: found by tests, never committed, never read by the project itself."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def shared(*parts: str) -> Path:
    """The path of shared data, or a skip that says what is absent and how to provide it."""
    base = Path(os.environ.get("WTAL_SHARED", ROOT.parent / "shared"))
    path = base.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"shared data absent: {'/'.join(parts)}; put it beside the checkout in shared/ or set WTAL_SHARED")
    return path
