"""Files that are either complete or not there, and files known by their content."""

from __future__ import annotations

import glob
import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FORGOTTEN = 86_400.0
"""Seconds after which a half-written file is taken for that of a process that was killed."""


_HASH_BLOCK = 1 << 22


@contextmanager
def whole_or_nothing(target: Path) -> Iterator[Path]:
    """A temporary path beside ``target``, moved there on success and removed on any failure.

    Its name begins with a dot and is different each time, so two writers of one target do not meet. What a killed
    process left behind a day ago is removed on the way.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    for left in target.parent.glob(f".{glob.escape(target.stem)}.*.partial{glob.escape(target.suffix)}"):
        _remove_if_old(left)
    partial = target.with_name(f".{target.stem}.{secrets.token_hex(4)}.partial{target.suffix}")
    try:
        yield partial
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)


def _remove_if_old(path: Path) -> None:
    """Delete a half-written file nobody has touched for a day."""
    try:
        if time.time() - path.stat().st_mtime > _FORGOTTEN:
            path.unlink()
    except FileNotFoundError:  # its writer has just finished
        return


def content_hash(path: Path) -> str:
    """BLAKE2b of every byte of the file, 160 bits in hexadecimal.

    Whole files and no samples of them: a camera that overwrites a part in place keeps size and ends, and features of
    the old pictures would then pass for the new. The disk is the limit (BLAKE2b does about 1 GB/s), and probing has
    just read the same blocks for the packets.
    """
    digest = hashlib.blake2b(digest_size=20)
    with path.open("rb") as file:
        while block := file.read(_HASH_BLOCK):
            digest.update(block)
    return digest.hexdigest()
