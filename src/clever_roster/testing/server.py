"""The simulator worn as a real server on this machine's loopback address, for browsers and for child processes."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from clever_roster.errors import ConfigurationError
from clever_roster.steps import Request
from clever_roster.testing.exchange import Pretends

__all__ = ["serve"]

LOOPBACK = frozenset({"127.0.0.1", "localhost"})


@contextmanager
def serve(simulator: Pretends, *, host: str = "127.0.0.1", port: int = 0) -> Generator[str]:
    """Serve until the block ends; the value is the base URL, of clever.com and api.clever.com at once.

    Args:
        host: a loopback address.
        port: 0 for a free one.

    Raises:
        ConfigurationError: the host is not this machine's loopback address, or the port cannot be had.
    """
    if host not in LOOPBACK:
        raise ConfigurationError(
            f"The simulator is not served on {host}: anybody can log in to it as anybody.",
            next_step="Leave the host out: it is served on 127.0.0.1.",
        )
    with _listening(simulator, host, port) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="simulated Clever")
        thread.start()
        try:
            yield f"http://{host}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def _listening(simulator: Pretends, host: str, port: int) -> ThreadingHTTPServer:
    try:
        return ThreadingHTTPServer((host, port), _answering(simulator, host))
    except (OSError, OverflowError) as error:
        raise ConfigurationError(
            f"The simulator cannot be served on port {port}: {error}.",
            next_step="Choose another port, or 0 for a free one.",
        ) from None


def _answering(simulator: Pretends, host: str) -> type[BaseHTTPRequestHandler]:
    """One connection a request (HTTP/1.0), so that nothing is left open when the block ends."""

    class Answering(BaseHTTPRequestHandler):
        timeout = 5

        def do_GET(self) -> None:
            length = self.headers.get("content-length", "0")
            body = self.rfile.read(int(length)) if length.isdigit() else b""
            address = f"http://{host}:{self.connection.getsockname()[1]}{self.path}"
            try:
                response = simulator.respond(Request(self.command, address, dict(self.headers.items()), body))
            except ConnectionResetError:
                self.close_connection = True
                return
            self.send_response(response.status)
            for name, value in response.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(response.body)))
            self.end_headers()
            self.wfile.write(response.body)

        do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the standard library names them

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing: addresses hold codes."""

    return Answering
