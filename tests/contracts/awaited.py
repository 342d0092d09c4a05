"""An awaited store, worn as a blocking one, so that the same contract asks it.

Each transaction runs on an event loop of its own in a thread of its own; what the caller asks of a port travels there
and back. That a loop is held up meanwhile harms nobody: it has nothing else to do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import contextmanager
from queue import Queue
from threading import Thread
from typing import Any

import attrs


class Undone(BaseException):
    """What the caller raised inside, carried through the transaction; not retried."""


@attrs.frozen
class Far:
    """The ports, or one of them, seen from the caller's thread."""

    ask: Callable[[Callable[[Any], object]], object]
    path: tuple[str, ...] = ()

    def __getattr__(self, name: str) -> Far:
        return Far(self.ask, (*self.path, name))

    def __call__(self, *args: object, **kwargs: object) -> object:
        port, method = self.path
        return self.ask(lambda ports: getattr(getattr(ports, port), method)(*args, **kwargs))


class Worn:
    """A `Store` over an `AsyncStore` whose engine keeps no connections (they belong to one loop each)."""

    def __init__(self, store: Any) -> None:
        self.store = store

    @contextmanager
    def transaction(self):
        asked: Queue[Any] = Queue()
        answers: Queue[tuple[bool, Any]] = Queue()

        def work(ports: Any) -> None:
            answers.put((True, None))
            while (question := asked.get()) is not None:
                if isinstance(question, BaseException):
                    raise question
                try:
                    answers.put((True, question(ports)))
                except Exception as error:  # noqa: BLE001 - it belongs to the caller
                    answers.put((False, error))

        def run() -> None:
            try:
                asyncio.run(self.store.run(work))
            except BaseException as error:  # noqa: BLE001 - it belongs to the caller
                answers.put((False, error))
            else:
                answers.put((True, None))

        def answer() -> Any:
            good, value = answers.get(timeout=60)
            if good:
                return value
            raise value

        def ask(question: Callable[[Any], object]) -> Any:
            asked.put(question)
            return answer()

        thread = Thread(target=run)
        thread.start()
        try:
            answer()
            try:
                yield Far(ask)
            except BaseException:
                asked.put(Undone())
                answers.get(timeout=60)
                raise
            asked.put(None)
            answer()
        finally:
            thread.join()
