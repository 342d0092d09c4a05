"""One HTTP exchange as the simulator sees it: a request taken apart, and the few kinds of answer put together.

Knows HTTP and nothing of Clever. The simulator's host (sockets, httpx, ASGI) is met only as `steps.Request` and
`steps.Response`; the two addresses of Clever are told apart by path, so the host name of a request is kept only to
say where it came in.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from html import escape
from http.cookies import CookieError, SimpleCookie
from typing import Protocol, TypeAlias, cast
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import attrs

from clever_roster.steps import Request, Response

__all__ = ["Asked", "Json", "Pretends", "Refused", "cannot", "html", "json_answer", "redirect", "with_query"]

Json: TypeAlias = "dict[str, object]"


class Pretends(Protocol):
    """Something that answers requests as a provider would; what is worn as a transport, as ASGI or on a socket."""

    def respond(self, request: Request, /) -> Response:
        """Answer one request. Raises ConnectionResetError when no answer is to come."""
        ...


@attrs.frozen(kw_only=True, repr=False)
class Asked:
    """A request taken apart.

    Attributes:
        origin: scheme and host it came in by, "https://clever.com" when it named none.
        target: path and query exactly as sent.
        query: the parameters in the order sent.
    """

    method: str
    origin: str
    target: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"<Asked {self.method} {self.path}>"

    @classmethod
    def of(cls, request: Request) -> Asked:
        """Take a request apart; a bare path is as good as an address."""
        parts = urlsplit(request.url)
        return cls(
            method=request.method.upper(),
            origin=f"{parts.scheme}://{parts.netloc}" if parts.netloc else "https://clever.com",
            target=parts.path + (f"?{parts.query}" if parts.query else ""),
            path=unquote(parts.path),
            query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=request.body,
        )

    def parameter(self, name: str) -> str | None:
        """The first value of a query parameter."""
        return next((value for key, value in self.query if key == name), None)

    def cookie(self, name: str) -> str | None:
        """The value of a cookie."""
        try:
            morsel = SimpleCookie(self.headers.get("cookie", "")).get(name)
        except CookieError:
            return None
        return morsel.value if morsel else None

    def bearer(self) -> str | None:
        """The token of `Authorization: Bearer ...`."""
        return self._authorization("bearer")

    def basic(self) -> tuple[str, str] | None:
        """Name and password of `Authorization: Basic ...` (RFC 7617)."""
        try:
            text = base64.b64decode(self._authorization("basic") or "", validate=True).decode()
        except ValueError:
            return None
        name, colon, password = text.partition(":")
        return (name, password) if colon else None

    def fields(self) -> Mapping[str, str] | None:
        """The body's fields, sent as a form or as a JSON object; None for anything else."""
        try:
            match self.headers.get("content-type", "").partition(";")[0].strip().lower():
                case "application/x-www-form-urlencoded":
                    return dict(parse_qsl(self.body.decode(), keep_blank_values=True))
                case "application/json":
                    return _texts(json.loads(self.body))
                case _:
                    return None
        except ValueError:
            return None

    def _authorization(self, scheme: str) -> str | None:
        name, _, value = self.headers.get("authorization", "").partition(" ")
        return value.strip() if name.lower() == scheme and value.strip() else None


@attrs.frozen
class Refused(Exception):
    """The Data API refuses a request: status, and the message of its JSON body."""

    status: int
    message: str


def _texts(value: object) -> Mapping[str, str] | None:
    if not isinstance(value, dict):
        return None
    pairs = cast("dict[str, object]", value).items()
    return {name: inner for name, inner in pairs if isinstance(inner, str)}


def with_query(address: str, parameters: Mapping[str, str | None]) -> str:
    """An address with parameters added to those it has; None leaves one out."""
    added = urlencode({name: value for name, value in parameters.items() if value is not None})
    return f"{address}{'&' if '?' in address else '?'}{added}" if added else address


def json_answer(body: Json, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with JSON."""
    return _answer(status, "application/json; charset=utf-8", json.dumps(body, ensure_ascii=False), headers)


def html(page: str, status: int = 200) -> Response:
    """Answer with a page."""
    return _answer(status, "text/html; charset=utf-8", page)


def redirect(address: str, headers: Mapping[str, str] | None = None, *, status: int = 302) -> Response:
    """Send the browser elsewhere."""
    return _answer(status, "text/plain; charset=utf-8", "", {"location": address, **(headers or {})})


def cannot(asked: Asked) -> Response:
    """The HTML page with which Clever answers paths that a token cannot see (recorded: `GET /v3.0/resources`)."""
    refusal = escape(f"Cannot {asked.method} {asked.path}")
    page = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Error</title>\n</head>\n'
        f"<body>\n<pre>{refusal}</pre>\n</body>\n</html>\n"
    )
    return html(page, 404)


def _answer(status: int, kind: str, text: str, headers: Mapping[str, str] | None = None) -> Response:
    return Response(status, {"content-type": kind, "cache-control": "no-store", **(headers or {})}, text.encode())
