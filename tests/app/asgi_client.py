"""Talk to an ASGI application as a browser would, without a network: one request in, status, headers and bytes out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

HOST = "studio.test"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def error(self) -> str:
        return str(self.json["error"])


class Client:
    """Keeps the cookies it is given, and sends ``Origin`` with every write, as browsers do."""

    def __init__(self, app: Any):
        self.app = app
        self.cookies: dict[str, str] = {}

    def get(self, url: str, **headers: str) -> Answer:
        return self.send("GET", url, headers=headers)

    def post(self, url: str, message: object, **headers: str) -> Answer:
        return self.send("POST", url, headers=headers, chunks=[json.dumps(message).encode()])

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: dict[str, str] | None = None,
        chunks: Iterable[bytes] = (b"",),
        breaks: bool = False,
    ) -> Answer:
        """One request; ``breaks`` closes the connection after the last chunk instead of ending the body."""
        parts = urlsplit(url)
        sent = {"host": HOST, **({"origin": f"http://{HOST}"} if method == "POST" else {}), **(headers or {})}
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": parts.path,
            "raw_path": quote(parts.path).encode(),
            "query_string": parts.query.encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items() if value],
            "client": ("127.0.0.1", 1),
            "server": (HOST, 80),
        }
        answer = asyncio.run(self._exchange(scope, [*chunks], breaks))
        for cookie in filter(None, [answer.headers.get("set-cookie")]):
            name, _, value = cookie.split(";")[0].partition("=")
            self.cookies[name] = value
        return answer

    async def _exchange(self, scope: dict[str, Any], chunks: list[bytes], breaks: bool) -> Answer:
        messages = [
            {"type": "http.request", "body": chunk, "more_body": breaks or index < len(chunks) - 1}
            for index, chunk in enumerate(chunks)
        ]
        status, headers, body = 0, {}, bytearray()

        async def receive() -> dict[str, Any]:
            if messages:
                return messages.pop(0)
            if not breaks:
                await asyncio.Event().wait()  # a browser stays on the line until it has its answer
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
            else:
                body.extend(message.get("body", b""))

        await self.app(scope, receive, send)
        return Answer(status, headers, bytes(body))
