"""Pictures and moving pictures, by id: the path comes from the database and never from the address."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from app.routes.answers import Refused, answering, in_thread, refusal, video_id
from app.services import library
from app.workspace import Workspace

log = logging.getLogger(__name__)

MEDIA_TYPES = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/mp4",
    ".webm": "video/webm",
    ".mkv": "video/webm",
}


def routes(workspace: Workspace) -> list[Route]:
    """``/video/{id}``, strip and thumbnail of ``workspace``."""

    def served(find: Callable[[Workspace, int], Path], what: str) -> Callable[[Request], object]:
        @answering
        async def answer(request: Request) -> Response:
            path = await in_thread(find, workspace, video_id(request))
            gone = f"the {what} of this video is not inside the media roots any more, or was deleted"
            if not await in_thread(_is_servable, workspace, path):
                raise Refused(404, gone)
            kind = MEDIA_TYPES.get(path.suffix.lower(), "video/mp4") if what == "file" else "image/jpeg"
            found: Response = await in_thread(_file, path, kind, gone)
            return found

        return answer

    return [
        Route("/video/{video_id}", served(library.playable_path, "file")),
        Route("/api/videos/{video_id}/strip", served(library.strip_path, "frame strip")),
        Route("/api/videos/{video_id}/thumbnail", served(library.thumbnail_path, "thumbnail")),
    ]


class _File(FileResponse):
    """A file that may vanish after it was found: the answer begins when it is open, else it is a 404 and one line.

    Its base answers Range with 206 and an ETag, and reads 64 kB at a time: memory stays flat.
    """

    gone = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun: list[Message] = []

        async def held(message: Message) -> None:
            if message["type"] == "http.response.start":
                begun.append(message)
                return
            while begun:
                await send(begun.pop())
            await send(message)

        try:
            await super().__call__(scope, receive, held)
        except OSError as error:
            if not begun:  # half of it was sent already: the connection breaks, as it must
                raise
            log.warning("%s vanished while it was asked for: %s", self.path, error)
            await refusal(404, self.gone)(scope, receive, send)


def _file(path: Path, kind: str, gone: str) -> Response:
    try:
        found = os.stat(path)
    except OSError as error:
        raise Refused(404, gone) from error
    answer = _File(path, media_type=kind, headers={"Cache-Control": "private, no-cache"}, stat_result=found)
    answer.gone = gone
    return answer


def _is_servable(workspace: Workspace, path: Path) -> bool:
    return path.is_file() and workspace.may_serve(path)
