"""Our routes beside Streamlit's, in one process: media, edits, curves, uploads, identity (``docs/http-api.md``)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app.routes import annotate, identity, jobs, keys, media, uploads
from app.routes.answers import refusal
from app.routes.security import SignedIn
from app.services import identity as names
from app.settings import Settings
from app.workspace import Workspace

ANNOTATOR = Path(__file__).parent / "components" / "annotator"
ROUTES: tuple[Callable[[Workspace], list[Route]], ...] = (
    identity.routes,
    media.routes,
    annotate.routes,
    uploads.routes,
    jobs.routes,
    keys.routes,
)


@lru_cache(maxsize=8)
def _opened(settings: Settings) -> Workspace:
    return Workspace(settings)


def workspace() -> Workspace:
    """The workspace of this process: routes and pages share one, with its connections."""
    return _opened(Settings.from_environment())


def routes(served: Workspace | None = None) -> list[BaseRoute]:
    """All of our routes over one workspace, this process's own unless another is given."""
    here = served or workspace()
    return [
        Route("/", _to_library),
        *(route for subject in ROUTES for route in subject(here)),
        Mount("/assets/{version}", Assets(directory=ANNOTATOR, check_dir=False)),
        # Without these an unknown address below ours would be answered by Streamlit's page, with status 200.
        Route("/api/{rest:path}", _nothing_here, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
        Route("/video/{rest:path}", _nothing_here),
    ]


def middleware(served: Workspace | None = None) -> list[Middleware]:
    """The identity check that stands before the routes."""
    return [Middleware(SignedIn, annotator_of=partial(names.annotator_of, served or workspace()))]


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[dict[str, Any]]:
    """Close the database connections when the server stops: the last one to close tidies SQLite's log."""
    yield {}
    workspace().close()


class Assets(StaticFiles):
    """The component's scripts and styles, and nothing else of its folder.

    The address holds a hash of the files, so an answer may be kept for ever.
    """

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file at ``path``, or a refusal."""
        if Path(path).suffix not in {".js", ".css", ".svg"}:
            return refusal(404, "there is no such asset")
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer


async def _to_library(request: Request) -> Response:
    """The root of the site leads to the Library, under its own name."""
    asked = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"library{asked}")  # relative: a proxy may serve us below a path


async def _nothing_here(request: Request) -> Response:
    return refusal(404, f"there is nothing at {request.url.path[:200]!r}; docs/http-api.md lists the routes")
