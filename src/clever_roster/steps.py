"""Asking instead of doing: one flow, answered by blocking code or by awaiting code.

A flow is a generator that yields *questions* (send this request, wait, do this in one transaction) and is sent the
answers. The two drivers that answer live with the HTTP client in `clever_roster.drivers`; they are the only
place where sync and async differ. Users never meet a generator: `flow` turns a flow written once into a method that
blocks on `CleverClient` and awaits on `AsyncCleverClient`, with both types known to the type checker.

A flow is tested by sending answers by hand, with no event loop and no network::

    steps = read_me()
    assert next(steps) == Send(Request("GET", "https://api.clever.com/v3.1/me"))
    steps.send(Response(200, {}, b"{}"))
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator, Mapping
from functools import update_wrapper
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeAlias, TypeVar, overload

import attrs

__all__ = ["Awaiting", "Blocking", "Pause", "Question", "Request", "Response", "Send", "Steps", "ask", "flow"]

Answer = TypeVar("Answer")
Result = TypeVar("Result")
Result_co = TypeVar("Result_co", covariant=True)
Arguments = ParamSpec("Arguments")


@attrs.frozen
class Request:
    """An HTTP request as a value. Headers and body may hold secrets, so its repr shows neither."""

    method: str
    url: str
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)
    body: bytes = attrs.field(default=b"", repr=False)


@attrs.frozen
class Response:
    """An HTTP response as a value; header names are lower case. Its repr shows the status only."""

    status: int
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)
    body: bytes = attrs.field(default=b"", repr=False)


class Question(Generic[Answer]):
    """Something a flow needs from outside; `Answer` is the type of what comes back."""

    __slots__ = ()


@attrs.frozen
class Send(Question[Response]):
    """Send a request; the answer is the response. Raises SourceUnreachable inside the flow when none comes."""

    request: Request


@attrs.frozen
class Pause(Question[None]):
    """Wait so many seconds."""

    seconds: float


Steps: TypeAlias = Generator[Question[Any], Any, Result]


def ask(question: Question[Answer]) -> Generator[Question[Answer], Answer, Answer]:
    """Yield one question and return its answer, typed.

    Used as `response = yield from ask(Send(request))`.
    """
    answer = yield question
    return answer


class Blocking(Protocol):
    """An object whose flows are answered by blocking."""

    def answer(self, steps: Steps[Result], /) -> Result:
        """Drive a flow to its end and return its result."""
        ...


class Awaiting(Protocol):
    """An object whose flows are answered by awaiting."""

    async def answer(self, steps: Steps[Result], /) -> Result:
        """Drive a flow to its end and return its result."""
        ...


class flow(Generic[Arguments, Result_co]):  # noqa: N801 - used as a decorator
    """Make a method from a flow: blocking on a `Blocking` object, a coroutine on an `Awaiting` one."""

    def __init__(self, steps: Callable[Concatenate[Any, Arguments], Steps[Result_co]]) -> None:
        self.steps = steps
        self.__doc__ = steps.__doc__

    @overload
    def __get__(self, owner: None, kind: type, /) -> flow[Arguments, Result_co]: ...
    @overload
    def __get__(self, owner: Blocking, kind: type, /) -> Callable[Arguments, Result_co]: ...
    @overload
    def __get__(self, owner: Awaiting, kind: type, /) -> Callable[Arguments, Coroutine[None, None, Result_co]]: ...
    def __get__(self, owner: Blocking | Awaiting | None, kind: type, /) -> object:
        if owner is None:
            return self
        bound = owner

        def answered(*args: Arguments.args, **kwargs: Arguments.kwargs) -> object:
            return bound.answer(self.steps(bound, *args, **kwargs))

        return update_wrapper(answered, self.steps)
