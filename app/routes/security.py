"""Who may ask: the signed identity cookie, and POSTs only from our own pages.

Our routes lie outside Streamlit's own checks, so this one stands before them. It is plain ASGI: nothing is buffered,
and a streamed upload or a range of a video passes through untouched.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from app.routes.answers import refusal

COOKIE = "wtal_annotator"
GUARDED = ("/api/", "/video/")
OPEN = "/api/identity"
"""The one guarded route a stranger may post to: it is where a name is given."""

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class SignedIn:
    """ASGI middleware: 401 without a valid cookie, 403 for a write from a foreign page.

    Parameters
    ----------
    app
        What stands behind.
    annotator_of
        Cookie text to the annotator's name; None if it was not signed by this workspace.
    """

    def __init__(self, app: ASGIApp, annotator_of: Callable[[str], str | None]) -> None:
        self.app = app
        self.annotator_of = annotator_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the refusals; pass everything else on, with the annotator's name in the request's state."""
        if scope["type"] != "http" or not scope["path"].startswith(GUARDED):
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        if scope["method"] in WRITES and not same_origin(connection):
            answer = refusal(403, "this request comes from another site's page; use the studio's own pages")
            await answer(scope, receive, send)
            return
        annotator = self.annotator_of(connection.cookies.get(COOKIE, ""))
        if annotator is None and scope["path"] != OPEN:
            answer = refusal(401, "nobody is signed in here; open the studio's first page and give your name")
            await answer(scope, receive, send)
            return
        scope.setdefault("state", {})["annotator"] = annotator
        await self.app(scope, receive, send)


def same_origin(connection: HTTPConnection) -> bool:
    """Whether the page that sent this is one of ours: browsers put its address in ``Origin`` on every write."""
    origin, host = connection.headers.get("origin"), connection.headers.get("host")
    return bool(origin) and bool(host) and urlsplit(origin or "").netloc.lower() == (host or "").lower()
