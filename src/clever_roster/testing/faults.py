"""Things that go wrong on purpose: which requests, how often, and what the answer is then.

A fault strikes requests below a path; it may let some pass first ("after the second page") and ends by itself. What
cannot be told from the outside, such as a list that ends too early, is here too: that is how rosters are half read.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TypeAlias, assert_never

import attrs

from clever_roster.steps import Response
from clever_roster.testing.exchange import html, json_answer

__all__ = ["Breakage", "Fault", "Faults", "Trouble", "broken", "refused"]


class Breakage(StrEnum):
    """A way to go wrong that is more than a status."""

    NO_ANSWER = "no answer"
    """The connection is closed without an answer; what the request was to do is done."""

    HTML = "html"
    """Status 200 and a page where JSON was expected."""

    CUT_BODY = "cut body"
    """Status 200, and the body ends in its middle."""

    EARLY_END = "early end"
    """A page without its `next` link: the list looks whole and is not. Nothing on the wire gives it away."""


Trouble: TypeAlias = "int | Breakage"


@attrs.define(kw_only=True)
class Fault:
    """One thing to go wrong.

    Attributes:
        path_prefix: strikes every request whose path begins so.
        trouble: a status (429, 500, 503, ...) or a breakage.
        after: how many matching requests pass unharmed first.
        times: how often it strikes; None for as long as it stands.
    """

    path_prefix: str
    trouble: Trouble
    after: int = 0
    times: int | None = 1


class Faults:
    """The faults that stand, oldest first. Not thread safe; the simulator holds a lock around it."""

    def __init__(self) -> None:
        self._standing: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Let a fault stand."""
        self._standing.append(fault)

    def clear(self) -> None:
        """Forget them all."""
        self._standing.clear()

    def strike(self, path: str) -> Trouble | None:
        """The trouble that this request meets, if any; counts it."""
        for fault in [fault for fault in self._standing if path.startswith(fault.path_prefix)]:
            if fault.after:
                fault.after -= 1
                continue
            if fault.times is not None:
                fault.times -= 1
                if fault.times < 1:
                    self._standing.remove(fault)
            return fault.trouble
        return None


def refused(status: int) -> Response:
    """The answer of a given error status: a gateway's page for 502 and 503, Clever's JSON for others."""
    if status in {502, 503}:
        return html("<html><body><h1>upstream connect error</h1></body></html>", status)
    return json_answer({"message": "Internal error" if status >= 500 else "Refused"}, status)


def broken(response: Response, breakage: Breakage) -> Response:
    """A good answer gone wrong.

    Raises:
        ConnectionResetError: no answer comes.
    """
    match breakage:
        case Breakage.NO_ANSWER:
            raise ConnectionResetError("The simulator was told not to answer.")
        case Breakage.HTML:
            return html("<!DOCTYPE html><title>Clever</title><h1>Something went wrong</h1>")
        case Breakage.CUT_BODY:
            return attrs.evolve(response, body=response.body[: len(response.body) // 2])
        case Breakage.EARLY_END:
            return _without_next(response)
        case _ as never:
            assert_never(never)


def _without_next(response: Response) -> Response:
    if not response.headers["content-type"].startswith("application/json"):
        return response
    body = json.loads(response.body)
    body["links"] = [link for link in body.get("links", ()) if link["rel"] != "next"]
    return attrs.evolve(response, body=json.dumps(body, ensure_ascii=False).encode())
