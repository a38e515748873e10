"""The HTTP proxy that every client uses, through which all host names lead to this machine or nowhere.

`CONNECT host:443` is relayed to the TLS listener, or to a program of this machine with a certificate for the
host; a plain `http://` request to the plain listener. Other hosts are refused and recorded, so a test can
prove that nothing outside was asked for. While a fault is set for a host, its new connections go to the TLS
listener, which injects it.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sandbox.network.callers import LAPTOPS, Callers
from sandbox.network.faults import Faults
from sandbox.network.local_server import LocalServer
from sandbox.network.relay import relay
from sandbox.network.unreachable import Unreachable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sandbox.network.hosts import Hosts

    # Returns the local port of a program that answers a port of a host, None for the listeners; raises
    # Unreachable if nothing accepts the connection.
    ProgramPort = Callable[[str, int], Awaitable[int | None]]

HTTP_PORT, HTTPS_PORT = 80, 443


@dataclass(frozen=True)
class Clients:
    """Who uses a proxy.

    Attributes:
        address: their public address.
        callers: where it is written down.
        patience: seconds until they give up a connection that nothing answers.
        refused: the hosts that they were refused.

    """

    address: str = LAPTOPS
    callers: Callers = field(default_factory=Callers)
    patience: Callable[[], float] = lambda: 0.0
    refused: list[str] = field(default_factory=list)


class Proxy(LocalServer):
    """An HTTP proxy on a port of 127.0.0.1.

    Args:
        hosts: the host names that exist.
        tls_port: port of the TLS listener.
        http_port: port of the plain listener.
        program_port: finds the programs that answer hosts themselves; none by default.
        faults: which requests fail; none by default.
        clients: who uses it.

    Attributes:
        refused: the hosts that were refused.

    """

    head_limit = 262144

    def __init__(  # noqa: PLR0913 - the parts of the sandbox that it uses
        self,
        hosts: Hosts,
        *,
        tls_port: int,
        http_port: int,
        program_port: ProgramPort | None = None,
        faults: Faults | None = None,
        clients: Clients | None = None,
    ) -> None:
        self._hosts = hosts
        self._tls_port = tls_port
        self._http_port = http_port
        self._program_port = program_port
        self._faults = faults or Faults()
        self._clients = clients or Clients()
        self.refused = self._clients.refused

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                try:
                    await self._answer(reader, writer)
                except Unreachable as refused:
                    writer.write(_refusal(refused))
                    await writer.drain()
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        request_line, _, headers = head.partition(b"\r\n")
        method, target, version = request_line.decode("latin-1").split(" ", maxsplit=2)
        if method == "CONNECT":
            await self._filter(target)
            port = await self._port_of(target)
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        else:
            request = self._plain_request(method, target, version, headers)
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._http_port)
            far_writer.write(request)
        with self._clients.callers.calling(far_writer, self._clients.address):
            await relay(reader, writer, far_reader, far_writer)

    async def _filter(self, target: str) -> None:
        """Let who is not admitted to a host wait until they give up: a packet filter answers nothing."""
        host = target.rpartition(":")[0]
        if not self._hosts.admits(host, self._clients.address):
            await asyncio.sleep(self._clients.patience())
            raise Unreachable(HTTPStatus.GATEWAY_TIMEOUT, f"{host} does not answer.")

    async def port_of(self, host: str, port: int) -> int:
        """Return the local port that answers a port of a host.

        Raises:
            Unreachable: the host does not exist, or nothing accepts connections there.

        """
        passed_to = self._hosts.port_for(host)
        faulty = self._faults.concern(host)
        if port == HTTPS_PORT and passed_to is not None and not faulty:
            return passed_to
        if port not in (HTTP_PORT, HTTPS_PORT) or self._hosts.app_for(host) is None:
            self._refuse(host)
        program = await self._program_port(host, port) if self._program_port is not None else None
        if port == HTTP_PORT:
            return self._http_port
        return self._tls_port if program is None or faulty else program

    async def _port_of(self, target: str) -> int:
        """Return the local port that answers `host:port`, which a client wants to reach through TLS."""
        host, _, port = target.rpartition(":")
        if int(port) != HTTPS_PORT:
            self._refuse(target)
        return await self.port_of(host.strip("[]"), HTTPS_PORT)

    def _plain_request(self, method: str, target: str, version: str, headers: bytes) -> bytes:
        """Return a proxy request as a server gets it, one request for each connection."""
        url = urlsplit(target)
        if (
            url.hostname is None
            or self._hosts.app_for(url.hostname) is None
            or url.port not in (None, HTTP_PORT)
        ):
            self._refuse(target)
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        kept = [
            line
            for line in headers.split(b"\r\n")
            if line and not line.lower().startswith((b"proxy-", b"connection:"))
        ]
        return b"\r\n".join([f"{method} {path} {version}".encode(), *kept, b"Connection: close", b"", b""])

    def _refuse(self, name: str) -> None:
        self.refused.append(name)
        raise Unreachable(
            HTTPStatus.FORBIDDEN, f"The name {name} does not exist in the sandbox; nothing outside is asked."
        )


def _refusal(refused: Unreachable) -> bytes:
    """Return the response that a client gets in place of a connection."""
    body = f"{refused}\n".encode()
    lines = (
        f"HTTP/1.1 {refused.status:d} {HTTPStatus(refused.status).phrase}",
        "Content-Type: text/plain",
        f"Content-Length: {len(body)}",
        "Connection: close",
    )
    return "\r\n".join([*lines, "", ""]).encode() + body
