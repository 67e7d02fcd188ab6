"""What the annotator component asks and tells: a video to open, curves, values, proposals, edits, clock events."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.routes.answers import answering, body, in_thread, instant, number, video_id
from app.services import annotating
from app.workspace import Workspace

FRESH = {"Cache-Control": "no-store"}
KEPT = {"Cache-Control": "private, max-age=3600"}
"""A run's prediction of a video never changes: a new training is a new run."""


def routes(workspace: Workspace) -> list[Route]:
    """Everything below ``/api/videos`` that is no picture, ``/api/edits`` and ``/api/activity``."""
    return [*_of_a_video(workspace), *_of_its_runs(workspace), *_told(workspace)]


def _of_a_video(workspace: Workspace) -> list[Route]:
    """What a video is, whatever has been trained."""

    @answering
    async def opened(request: Request) -> Response:
        found = await in_thread(annotating.open_video, workspace, video_id(request), request.state.annotator)
        return JSONResponse(found, headers=FRESH)

    @answering
    async def frames(request: Request) -> Response:
        times = await in_thread(annotating.frame_times, workspace, video_id(request))
        return Response(times.astype("<i8").tobytes(), media_type="application/octet-stream", headers=KEPT)

    @answering
    async def runs(request: Request) -> Response:
        found = await in_thread(annotating.runs_of, workspace, video_id(request), request.state.annotator)
        return JSONResponse(found, headers=FRESH)

    return [
        Route("/api/videos/{video_id}", opened),
        Route("/api/videos/{video_id}/frames", frames),
        Route("/api/videos/{video_id}/runs", runs),
    ]


def _of_its_runs(workspace: Workspace) -> list[Route]:
    """What one run (``?run=``) says of a video."""

    @answering
    async def curves(request: Request) -> Response:
        video, run, annotator = _asked(request)
        drawn = await in_thread(annotating.curves, workspace, video, run, annotator)
        return Response(drawn, media_type="application/octet-stream", headers=KEPT)

    @answering
    async def values(request: Request) -> Response:
        video, run, annotator = _asked(request)
        time = instant(request.query_params.get("time"))
        return JSONResponse(await in_thread(annotating.values, workspace, video, run, time, annotator), headers=FRESH)

    @answering
    async def proposals(request: Request) -> Response:
        video, run, annotator = _asked(request)
        return JSONResponse(await in_thread(annotating.proposals, workspace, video, run, annotator), headers=FRESH)

    return [
        Route("/api/videos/{video_id}/curves", curves),
        Route("/api/videos/{video_id}/values", values),
        Route("/api/videos/{video_id}/proposals", proposals),
    ]


def _told(workspace: Workspace) -> list[Route]:
    """What a person has done."""

    @answering
    async def edits(request: Request) -> Response:
        batch = await body(request)
        return JSONResponse(await in_thread(annotating.edit, workspace, request.state.annotator, batch), headers=FRESH)

    @answering
    async def activity(request: Request) -> Response:
        batch = await body(request)
        return JSONResponse(
            await in_thread(annotating.activity, workspace, request.state.annotator, batch), headers=FRESH
        )

    return [
        Route("/api/edits", edits, methods=["POST"]),
        Route("/api/activity", activity, methods=["POST"]),
    ]


def _asked(request: Request) -> tuple[int, int, str]:
    """Video, run and who asks."""
    run = number(request.query_params.get("run"), "run")
    return video_id(request), run, request.state.annotator
