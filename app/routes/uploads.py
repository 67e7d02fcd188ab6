"""Videos sent by a browser: streamed to the workspace chunk by chunk, then handed to the library like any other file.

``POST /api/uploads?project=ID&name=FILE`` with the bytes as the body answers ``{"name": stored name}``. The file
appears under its name only when all of it is there and on disk: a broken connection leaves nothing behind.
"""

from __future__ import annotations

import os
import re
import shutil
import uuid
from pathlib import Path
from typing import BinaryIO

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.routes.answers import Refused, answering, in_thread, number
from app.services import adding, library
from app.workspace import Workspace

HEADROOM = 500_000_000
"""Bytes that stay free on the disk of the workspace: the database must always be able to write."""

BLOCK = 4_000_000
"""Bytes gathered before each write to disk."""

FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')


def routes(workspace: Workspace) -> list[Route]:
    """``/api/uploads`` into ``workspace.uploads``."""

    @answering
    async def upload(request: Request) -> Response:
        project = number(request.query_params.get("project"), "project")
        name = file_name(request.query_params.get("name", ""))
        await in_thread(library.project, workspace, project)
        folder = workspace.uploads / str(project)
        await in_thread(folder.mkdir, parents=True, exist_ok=True)
        refuse_what_does_not_fit(request.headers.get("content-length"), shutil.disk_usage(folder).free)
        part = folder / f".{uuid.uuid4().hex}.part"
        try:
            await receive(request, part)
            path = await in_thread(settle, part, folder, name)
        finally:
            part.unlink(missing_ok=True)
        await in_thread(adding.add_videos, workspace, project, [path])
        return JSONResponse({"name": path.name})

    return [Route("/api/uploads", upload, methods=["POST"])]


def file_name(given: str) -> str:
    """The last part of a name a browser sent, without what file systems refuse.

    Raises
    ------
    Refused
        If nothing of it is left.
    """
    name = FORBIDDEN.sub("_", re.split(r"[/\\]", given)[-1]).strip(" .")
    if not name:
        raise Refused(400, f"an upload needs a file name, got {given[:80]!r}")
    stem, suffix = os.path.splitext(name)
    while len((stem + suffix).encode()) > 200:  # most file systems stop at 255 bytes
        stem = stem[:-1]
    return stem + suffix


def refuse_what_does_not_fit(declared: str | None, free: int) -> None:
    """Say at once that the disk is too small, before gigabytes are sent in vain."""
    length = int(declared) if declared and declared.isascii() and declared.isdigit() else 0
    if length + HEADROOM > free:
        raise Refused(
            413, f"the file has {length} bytes and the workspace's disk {free} free; make room or add it by its path"
        )


async def receive(request: Request, part: Path) -> None:
    """Write the body to ``part``, at most one block in memory, and see that the disk has it."""
    with part.open("wb") as file:
        gathered = bytearray()
        try:
            async for chunk in request.stream():
                gathered += chunk
                if len(gathered) >= BLOCK:
                    await in_thread(_write, file, bytes(gathered))
                    gathered.clear()
            await in_thread(_write, file, bytes(gathered))
            await in_thread(os.fsync, file.fileno())
        except ClientDisconnect:
            raise Refused(400, "the connection broke before all of the file was there; send it again") from None
        except OSError as error:
            raise Refused(507, f"the file could not be written to the workspace: {error.strerror}") from error


def _write(file: BinaryIO, block: bytes) -> None:
    if shutil.disk_usage(Path(file.name).parent).free < HEADROOM:
        raise Refused(413, "the workspace's disk is full; make room, then send the file again")
    file.write(block)
    file.flush()


def settle(part: Path, folder: Path, name: str) -> Path:
    """Give a complete file its name; a second file of that name gets a number."""
    stem, suffix = os.path.splitext(name)
    for count in range(1, 10_000):
        target = folder / (name if count == 1 else f"{stem} ({count}){suffix}")
        try:
            target.open("xb").close()  # takes the name, or fails where a rename would replace
        except FileExistsError:
            continue
        return part.replace(target)
    raise Refused(409, f"there are too many files named {name!r} already; rename yours")
