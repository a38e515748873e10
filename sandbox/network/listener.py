"""The servers behind the proxy, which hand each request to the application of its host and record it."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.responses import PlainTextResponse
from uvicorn.protocols.http.h11_impl import H11Protocol

from sandbox.network.fault_injection import TRANSPORT, faulty
from sandbox.network.faults import Faults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from sandbox.network.authority import CertificateAuthority
    from sandbox.network.faults import Fault
    from sandbox.network.hosts import Hosts

    # Returns the object id of the principal of a bearer token, None for an invalid token.
    WhoIs = Callable[[str], str | None]

# Requests to it are not recorded: they are no requests to Azure.
CONTROL_HOST = "sandbox.internal"


class _Server(uvicorn.Server):
    """A server that leaves signals to the sandbox."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture no signals."""
        yield


class _Protocol(H11Protocol):
    """HTTP/1.1 whose requests know their connection, which a fault may end."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, TRANSPORT: transport}


class Listener:
    """An HTTP server on a port of 127.0.0.1.

    Args:
        app: the application.
        authority: issues the certificate of each host; None for plain HTTP.

    """

    def __init__(self, app: ASGIApp, authority: CertificateAuthority | None = None) -> None:
        config = uvicorn.Config(
            app,
            interface="asgi3",
            http=_Protocol,
            lifespan="off",
            log_level="warning",
            access_log=False,
            # Who connects here is who it seems to be: clients are told apart by their ports.
            proxy_headers=False,
        )
        config.load()
        if authority is not None:
            config.ssl = _context_by_name(authority)
        self._server = _Server(config)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> int:
        """Start to listen; return the port."""
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", 0))
        self._task = asyncio.create_task(self._server.serve(sockets=[listening]))
        while not self._server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        return int(listening.getsockname()[1])

    async def close(self) -> None:
        """Stop to listen, and close open connections."""
        self._server.should_exit = self._server.force_exit = True
        if self._task is not None:
            await self._task


def _context_by_name(authority: CertificateAuthority) -> ssl.SSLContext:
    """Return a TLS context that is replaced by that of the host which the client names."""

    def choose(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        connection.context = authority.server_context(name or CONTROL_HOST)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sni_callback = choose
    return context


class Dispatcher:
    """The ASGI application of the listeners.

    Args:
        hosts: the application of each host.
        record: file that gets a line of JSON for each request, without headers and bodies.
        who_is: identifies the principal of a request.
        faults: the script of faults; empty by default.

    """

    def __init__(self, hosts: Hosts, record: Path, who_is: WhoIs, faults: Faults | None = None) -> None:
        self._hosts = hosts
        self._record = record
        self._who_is = who_is
        self._faults = faults or Faults()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get("host", "").partition(":")[0]
        app = self._hosts.app_for(host) or PlainTextResponse(
            f"Nobody answers {host} here.", status_code=HTTPStatus.BAD_GATEWAY
        )
        fault = self._fault(scope, host)
        if fault is not None:
            app = faulty(app, fault)
        status = 0

        async def watched_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await app(scope, receive, watched_send)
        finally:
            if host != CONTROL_HOST:
                line = self._line(scope, host, headers, status)
                self._write({**line, "fault": fault.kind} if fault else line)

    def _fault(self, scope: Scope, host: str) -> Fault | None:
        if host == CONTROL_HOST:
            return None
        return self._faults.for_request(scope["method"], host, _path(scope))

    def _line(self, scope: Scope, host: str, headers: dict[str, str], status: int) -> dict[str, Any]:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        return {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "method": scope["method"],
            "host": host,
            "path": _path(scope),
            "status": status,
            "principal": self._who_is(token) if scheme.lower() == "bearer" else None,
        }

    def _write(self, line: dict[str, Any]) -> None:
        with self._record.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def _path(scope: Scope) -> str:
    query = scope["query_string"].decode("latin-1")
    return str(scope["path"]) + (f"?{query}" if query else "")
