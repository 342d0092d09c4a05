"""The simulator worn as an httpx transport and as an ASGI application; the only file of this room that knows httpx.

http = httpx.Client(transport=transport(simulator))
http = httpx.AsyncClient(transport=transport(simulator))
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias
from urllib.parse import quote

import httpx

from clever_roster.steps import Request
from clever_roster.testing.exchange import Pretends

__all__ = ["asgi", "transport"]

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
AsgiApp: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]


def transport(simulator: Pretends) -> httpx.MockTransport:
    """A transport for `httpx.Client` and `httpx.AsyncClient`: every host is the simulator, no socket is opened."""

    def answer(request: httpx.Request) -> httpx.Response:
        asked = Request(request.method, str(request.url), dict(request.headers), request.content)
        try:
            response = simulator.respond(asked)
        except ConnectionResetError as error:
            raise httpx.ReadError(str(error), request=request) from None
        return httpx.Response(response.status, headers=dict(response.headers), content=response.body)

    return httpx.MockTransport(answer)


def asgi(simulator: Pretends) -> AsgiApp:
    """An ASGI 3 application: for a server, or mounted at the root of a host name."""

    async def application(scope: Message, receive: Receive, send: Send) -> None:
        match scope["type"]:
            case "http":
                response = simulator.respond(await _request(scope, receive))
                headers = [
                    (name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers.items()
                ]
                await send({"type": "http.response.start", "status": response.status, "headers": headers})
                await send({"type": "http.response.body", "body": response.body})
            case "lifespan":
                while (await receive())["type"] != "lifespan.shutdown":
                    await send({"type": "lifespan.startup.complete"})
                await send({"type": "lifespan.shutdown.complete"})
            case other:
                raise ValueError(f"The simulator speaks HTTP, not {other}.")

    return application


async def _request(scope: Message, receive: Receive) -> Request:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    query = scope["query_string"].decode("latin-1")
    path = quote(scope["path"])
    host = headers.get("host", "clever.com")
    return Request(scope["method"], f"{scope['scheme']}://{host}{path}{'?' if query else ''}{query}", headers, body)
