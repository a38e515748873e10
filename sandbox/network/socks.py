"""A SOCKS proxy (RFC 1928, 1929): Go programs that get it from `HTTP_PROXY` keep the address that they mean.

An HTTP proxy would get requests with the host name that a visitor asked for, and not the address of the pod.
"""

from __future__ import annotations

import asyncio
import ipaddress
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING

from sandbox.network.local_server import LocalServer
from sandbox.network.relay import relay
from sandbox.network.unreachable import Unreachable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
    # Connects a user to a port of a host or address; raises Unreachable.
    Connect = Callable[[str, str, int], Awaitable[Connection]]

VERSION, LOGIN_VERSION = 5, 1
BY_NAME = 2
IPV4, HOST_NAME, IPV6 = 1, 3, 4
ADDRESS_BYTES = {IPV4: 4, IPV6: 16}
GRANTED, HOST_UNREACHABLE, REFUSED = 0, 4, 5
NOWHERE = bytes(6)


class SocksProxy(LocalServer):
    """A SOCKS proxy on a port of 127.0.0.1, whose users give a name and any password.

    Args:
        connect: makes the connection that a user asks for.

    """

    def __init__(self, connect: Connect) -> None:
        self._connect = connect

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            user = await _sign_in(reader, writer)
            host, port = await _destination(reader)
            try:
                connection = await self._connect(user, host, port)
            except Unreachable as refused:
                writer.write(_reply(_code(refused)))
                await writer.drain()
            else:
                writer.write(_reply(GRANTED))
                await relay(reader, writer, *connection)
        writer.close()


async def _sign_in(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
    """Let a client give its name; return it."""
    _, methods = await reader.readexactly(2)
    await reader.readexactly(methods)
    writer.write(bytes([VERSION, BY_NAME]))
    _, length = await reader.readexactly(2)
    user = (await reader.readexactly(length)).decode()
    await reader.readexactly((await reader.readexactly(1))[0])
    writer.write(bytes([LOGIN_VERSION, GRANTED]))
    return user


async def _destination(reader: asyncio.StreamReader) -> tuple[str, int]:
    """Read which host or address a client wants to connect to, and which port."""
    _, _, _, kind = await reader.readexactly(4)
    if kind == HOST_NAME:
        host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
    else:
        host = str(ipaddress.ip_address(await reader.readexactly(ADDRESS_BYTES[kind])))
    return host, int.from_bytes(await reader.readexactly(2))


def _code(refused: Unreachable) -> int:
    missing = (HTTPStatus.FORBIDDEN, HTTPStatus.BAD_GATEWAY)
    return HOST_UNREACHABLE if refused.status in missing else REFUSED


def _reply(code: int) -> bytes:
    return bytes([VERSION, code, 0, IPV4]) + NOWHERE
