"""The app on a loopback port, in a thread, until the block ends."""

import socket
from contextlib import contextmanager
from threading import Thread

import uvicorn


def listen(port=0):
    """A socket on this machine only; 0 for a free port."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
    except OSError:
        listening.close()
        raise
    return listening


@contextmanager
def serving(app, listening):
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", access_log=False))
    thread = Thread(target=server.run, kwargs={"sockets": [listening]}, name="classroom")
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
