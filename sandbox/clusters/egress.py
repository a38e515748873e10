"""The egress proxy of the API server, since the addresses of Services and kubelets are not routed here.

Calls of webhooks and of the kubelet arrive at a Unix socket as `CONNECT address:port`. They are relayed to
the local port that plays the address, and refused if there is none.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import yaml

from sandbox.network.relay import relay

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    # Returns the local port that plays an address and port of the cluster, None for no port.
    Resolve = Callable[[str, int], Awaitable[int | None]]

_CONNECT = re.compile(rb"CONNECT \[?([^\]\s]+?)\]?:(\d+) HTTP/1\.[01]\r\n")


class EgressProxy:
    """An HTTP CONNECT proxy on a Unix socket.

    Args:
        socket: path of the socket.
        resolve: finds the local port of an address.

    """

    def __init__(self, socket: Path, resolve: Resolve) -> None:
        self._socket = socket
        self._resolve = resolve
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Start to listen."""
        self._socket.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, str(self._socket))

    async def close(self) -> None:
        """Stop to listen."""
        if self._server is not None:
            self._server.close()

    def configuration(self) -> str:
        """Return the egress selector configuration that sends calls into the cluster through here."""
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
            pass  # one of the two connections has gone
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
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await relay(reader, writer, far_reader, far_writer)
