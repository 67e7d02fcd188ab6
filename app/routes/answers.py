"""What every route shares: reading a bounded body, saying no in words, and turning errors into answers once."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from db.errors import ConflictError

log = logging.getLogger(__name__)

Handler = Callable[[Request], Awaitable[Response]]

BODY_LIMIT = 4_000_000
"""Bytes of the largest JSON body: a paste of ten thousand annotations is about 3 MB."""

LARGEST_ID = 2**63 - 1
"""Ids are 64-bit integers in every database; a longer number would be an error of the driver."""


class Refused(Exception):
    """A request that cannot be served; the message says what came, why it is refused, what to do."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def refusal(status: int, message: str) -> JSONResponse:
    """The JSON of a refusal."""
    return JSONResponse({"error": message}, status, headers={"Cache-Control": "no-store"})


def answering(handler: Handler) -> Handler:
    """Turn the named errors below a route into answers: the one place where they are caught.

    What is not there is 404, ``PermissionError`` 403, ``ConflictError`` 409, another ``ValueError`` 400; anything else
    (a ``KeyError`` too) is a defect: 500, with the trace in the log and not in the answer.
    """

    @wraps(handler)
    async def answered(request: Request) -> Response:
        try:
            return await handler(request)
        except Refused as error:
            return refusal(error.status, str(error))
        except Exception as error:
            status = status_of(error)
            if status < 500:
                return refusal(status, str(error))
            log.exception("%s %s failed", request.method, request.url.path)
            return refusal(500, "the server failed on this request; its log says why. Try again, or report it")

    return answered


def status_of(error: Exception) -> int:
    """The HTTP status of what a service raised."""
    match error:
        case KeyError() | IndexError() | UnicodeError():
            return 500
        case LookupError():
            return 404
        case PermissionError():
            return 403
        case ConflictError():
            return 409
        case ValueError():
            return 400
    return 500


async def in_thread(function: Callable[..., Any], *args: Any, **keywords: Any) -> Any:
    """Database and disk work, off the event loop."""
    return await run_in_threadpool(function, *args, **keywords)


def number(text: str | None, what: str, status: int = 400) -> int:
    """A positive 64-bit id of a path or a query.

    Raises
    ------
    Refused
        With ``status`` if it is anything else.
    """
    if text is None or not (text.isascii() and text.isdigit() and len(text) <= 19) or not 0 < int(text) <= LARGEST_ID:
        raise Refused(
            status, f"{what} must be a positive whole number, got {'nothing' if text is None else text[:40]!r}"
        )
    return int(text)


def instant(text: str | None) -> int:
    """A time of a query in microseconds; raw presentation times may be negative.

    Raises
    ------
    Refused
        If it is no whole number of at most 18 digits.
    """
    if text is None or not re.fullmatch(r"-?[0-9]{1,18}", text):
        given = "nothing" if text is None else repr(text[:40])
        raise Refused(400, f"time must be whole microseconds of raw presentation time, got {given}")
    return int(text)


def video_id(request: Request) -> int:
    """The video of the path; a hostile one is simply not there."""
    return number(request.path_params["video_id"], "the video id", status=404)


async def body(request: Request, limit: int = BODY_LIMIT) -> dict[str, Any]:
    """The JSON object of a POST, read only up to ``limit`` bytes.

    Raises
    ------
    Refused
        413 if it is longer, 400 if it is not a JSON object.
    """
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > limit:
            raise Refused(413, f"the body is longer than {limit} bytes; send it in smaller batches")
    try:
        value = json.loads(received)
    except (ValueError, RecursionError):
        raise Refused(400, "the body is not JSON; send an object as docs/http-api.md says") from None
    if not isinstance(value, dict):
        raise Refused(400, f"the body must be a JSON object, got {type(value).__name__}")
    return value
