"""The server: one socket on this machine, until it is interrupted or nobody has used it for a while."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from labelaudit.errors import UsageError

if TYPE_CHECKING:
    import uvicorn
    from starlette.applications import Starlette

    from labelaudit.review.security import Gate

LOCAL = "127.0.0.1"
LOOK_SECONDS = 0.5  # between looks at how long nobody has used the server
PARTING_SECONDS = 2  # for answers under way when the server ends


def require_server() -> None:
    """Raises UsageError, with the cure, where the web server is not installed."""
    try:
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise UsageError("review needs starlette and uvicorn: pip install 'labelaudit[review]'.") from error


def listening(port: int = 0) -> socket.socket:
    """A socket that only this machine reaches, on this port or a free one; raises UsageError for one in use."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((LOCAL, port))
        sock.listen()
    except OSError as error:
        sock.close()
        raise UsageError(f"port {port} cannot be had: {error.strerror}. Name another with --port, or none.") from error
    return sock


def server_of(app: Starlette) -> uvicorn.Server:
    """A server that says nothing about itself and trusts no header about where a request comes from."""
    import uvicorn

    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=PARTING_SECONDS,
    )
    return uvicorn.Server(config)


def serve(app: Starlette, gate: Gate, sock: socket.socket, *, idle_minutes: float) -> bool:
    """Serves until it is interrupted, or unused for so long (0: never); whether it ended for want of use."""
    server = server_of(app)
    asyncio.run(_serve(server, sock, lambda: idle_minutes > 0 and gate.clock() - gate.last_use > 60 * idle_minutes))
    return server.should_exit


async def _serve(server: uvicorn.Server, sock: socket.socket, is_idle: Callable[[], bool]) -> None:
    async def watch() -> None:
        while not is_idle():
            await asyncio.sleep(LOOK_SECONDS)
        server.should_exit = True

    watching = asyncio.create_task(watch())
    try:
        await server.serve(sockets=[sock])
    finally:
        watching.cancel()
