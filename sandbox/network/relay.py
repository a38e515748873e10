"""Carries bytes between two connections, for the proxies here."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress

CHUNK = 65536
# With no time to linger the kernel ends a connection with a reset.
LINGER_FOR_NO_TIME = struct.pack("ii", 1, 0)


async def relay(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    far_reader: asyncio.StreamReader,
    far_writer: asyncio.StreamWriter,
) -> None:
    """Carry bytes between two connections, in both directions, until both have ended."""
    try:
        await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))
    finally:
        far_writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
    except ConnectionResetError:
        # The other side has to see a reset, too, not a connection that ends in order.
        reset(writer.transport)
    except OSError:
        pass
    with suppress(OSError):
        writer.close()


def reset(transport: asyncio.WriteTransport) -> None:
    """End a connection at once with a reset."""
    if transport.is_closing():
        return
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_FOR_NO_TIME)
    transport.abort()
