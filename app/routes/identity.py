"""``POST /api/identity``: a name in, a signed cookie out; ``POST /api/annotator``: what an annotator chose."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.routes.answers import answering, body, in_thread
from app.routes.security import COOKIE
from app.services import identity
from app.workspace import Workspace

A_YEAR = 365 * 24 * 3600


def routes(workspace: Workspace) -> list[Route]:
    """The one route a stranger may use, and the settings of who is known."""

    @answering
    async def sign_in(request: Request) -> Response:
        given = (await body(request, limit=2_000)).get("name")
        cookie = await in_thread(identity.sign_in, workspace, given)
        answer = JSONResponse({"annotator": identity.annotator_of(workspace, cookie)})
        answer.set_cookie(
            COOKIE, cookie, max_age=A_YEAR, httponly=True, samesite="lax", secure=request.url.scheme == "https"
        )
        return answer

    @answering
    async def settings(request: Request) -> Response:
        given = (await body(request, limit=2_000)).get("compensation")
        stored = await in_thread(identity.set_compensation, workspace, request.state.annotator, given)
        return JSONResponse({"compensation": stored})

    return [
        Route("/api/identity", sign_in, methods=["POST"]),
        Route("/api/annotator", settings, methods=["POST"]),
    ]
