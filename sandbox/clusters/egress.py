"""The way from the API server into the cluster, where nothing has a network.

Pods and services have addresses here but no packets: what the API server wants of them (webhooks, a
kubelet's logs) arrives at a Unix socket as `CONNECT address:port`. What the sandbox plays is answered, the
rest refused.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    # Given an address of the cluster and a port: the local port that answers there, None for nobody.
    Resolve = Callable[[str, int], Awaitable[int | None]]

_CONNECT = re.compile(rb"CONNECT \[?([^\]\s]+?)\]?:(\d+) HTTP/1\.[01]\r\n")
_CHUNK = 65536


class EgressGateway:
    """Answers the API server's calls into the cluster.

    Args:
        socket: path of the Unix socket.
        resolve: finds who plays an address.

    """

    def __init__(self, socket: Path, resolve: Resolve) -> None:
        self._socket = socket
        self._resolve = resolve
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen."""
        self._socket.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, str(self._socket))

    async def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()

    def configuration(self) -> str:
        """Return the API server's egress selector configuration: all calls into the cluster come here."""
        connection = {
            "proxyProtocol": "HTTPConnect",
            "transport": {"uds": {"udsName": str(self._socket)}},
        }
        return yaml.safe_dump(
            {
                "apiVersion": "apiserver.k8s.io/v1beta1",
                "kind": "EgressSelectorConfiguration",
                "egressSelections": [{"name": "cluster", "connection": connection}],
            }
        )

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._connect(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # one of the two ends has gone: nothing is left to say
        finally:
            writer.close()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wanted = _CONNECT.match(await reader.readuntil(b"\r\n\r\n"))
        if wanted is None:
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            return
        address, port = wanted[1].decode(), int(wanted[2])
        local = await self._resolve(address, port)
        if local is None:
            writer.write(b"HTTP/1.1 502 Nobody listens at %s:%d in this sandbox\r\n\r\n" % (wanted[1], port))
            await writer.drain()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", local)
        try:
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        finally:
            far_writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
    with suppress(OSError):
        writer.close()
