"""``POST /api/projects/{project}/keys``: the keys a project's annotators use."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.routes.answers import answering, body, in_thread, number
from app.services import keys
from app.workspace import Workspace


def routes(workspace: Workspace) -> list[Route]:
    """The one route of the shortcuts sheet."""

    @answering
    async def changed(request: Request) -> Response:
        project = number(request.path_params["project"], "the project id", status=404)
        given = (await body(request, limit=20_000)).get("keys")
        return JSONResponse({"keys": await in_thread(keys.change, workspace, project, given)})

    return [Route("/api/projects/{project}/keys", changed, methods=["POST"])]
