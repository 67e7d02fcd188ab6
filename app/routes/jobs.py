"""``GET /api/jobs``: what runs in the background."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app import jobs
from app.routes.answers import answering, in_thread, number
from app.workspace import Workspace

FIELDS = ("id", "kind", "lane", "status", "progress", "message", "seconds_left")


def routes(workspace: Workspace) -> list[Route]:
    """Active jobs of one project, or of all."""

    @answering
    async def active(request: Request) -> Response:
        given = request.query_params.get("project")
        project = None if given is None else number(given, "project")
        found = await in_thread(jobs.active, workspace, project)
        return JSONResponse(
            [{field: getattr(job, field) for field in FIELDS} for job in found], headers={"Cache-Control": "no-store"}
        )

    return [Route("/api/jobs", active)]
