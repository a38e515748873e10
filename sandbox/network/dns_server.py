"""A DNS server for programs that ask one themselves: all names that exist here are on this machine."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from sandbox.network.local_server import LocalServer

if TYPE_CHECKING:
    from collections.abc import Callable

    Exists = Callable[[str], bool]

# RFC 1035, 4.1: lengths in bytes, types and codes.
HEADER_BYTES, LENGTH_BYTES, QUESTION_END_BYTES = 12, 2, 4
TYPE_A, CLASS_IN = 1, 1
ANSWER, NAME_ERROR = 0x8180, 0x8183
POINTER_TO_QUESTION = 0xC00C
TIME_TO_LIVE_SECONDS = 0
LOOPBACK = bytes([127, 0, 0, 1])


class DnsServer(LocalServer):
    """A DNS server over TCP on a port of 127.0.0.1.

    Args:
        exists: returns whether a name exists.

    """

    def __init__(self, exists: Exists) -> None:
        self._exists = exists

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while True:
                length = int.from_bytes(await reader.readexactly(LENGTH_BYTES))
                answer = self._answer(await reader.readexactly(length))
                writer.write(len(answer).to_bytes(LENGTH_BYTES) + answer)
                await writer.drain()
        writer.close()

    def _answer(self, query: bytes) -> bytes:
        name, end = _name(query)
        question = query[HEADER_BYTES : end + QUESTION_END_BYTES]
        wanted = int.from_bytes(query[end : end + 2])
        known = self._exists(name)
        record = _address_record() if known and wanted == TYPE_A else b""
        counts = (1, 1 if record else 0, 0, 0)
        flags = ANSWER if known else NAME_ERROR
        head = query[:2] + b"".join(number.to_bytes(2) for number in (flags, *counts))
        return head + question + record


def _name(query: bytes) -> tuple[str, int]:
    """Return the name of the first question, and where its type begins."""
    labels, place = [], HEADER_BYTES
    while (length := query[place]) > 0:
        labels.append(query[place + 1 : place + 1 + length].decode("latin-1"))
        place += 1 + length
    return ".".join(labels), place + 1


def _address_record() -> bytes:
    numbers = (POINTER_TO_QUESTION, TYPE_A, CLASS_IN)
    return (
        b"".join(number.to_bytes(2) for number in numbers)
        + TIME_TO_LIVE_SECONDS.to_bytes(4)
        + len(LOOPBACK).to_bytes(2)
        + LOOPBACK
    )
