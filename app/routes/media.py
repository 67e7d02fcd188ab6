"""Pictures and moving pictures, by id: the path comes from the database and never from the address."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from app.routes.answers import Refused, answering, in_thread, video_id
from app.services import library
from app.workspace import Workspace

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
            if not await in_thread(_is_servable, workspace, path):
                raise Refused(404, f"the {what} of this video is not inside the media roots any more, or was deleted")
            kind = MEDIA_TYPES.get(path.suffix.lower(), "video/mp4") if what == "file" else "image/jpeg"
            # FileResponse answers Range with 206 and an ETag, and reads 64 kB at a time: memory stays flat.
            return FileResponse(path, media_type=kind, headers={"Cache-Control": "private, no-cache"})

        return answer

    return [
        Route("/video/{video_id}", served(library.playable_path, "file")),
        Route("/api/videos/{video_id}/strip", served(library.strip_path, "frame strip")),
        Route("/api/videos/{video_id}/thumbnail", served(library.thumbnail_path, "thumbnail")),
    ]


def _is_servable(workspace: Workspace, path: Path) -> bool:
    return path.is_file() and workspace.may_serve(path)
