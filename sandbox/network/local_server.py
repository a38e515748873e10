"""Listens on a port of this machine, for the servers here that speak no HTTP or less than all of it."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import ClassVar


class LocalServer(ABC):
    """A server on a free port of 127.0.0.1.

    Attributes:
        head_limit: bytes that may come before a separator which is waited for.

    """

    head_limit: ClassVar[int] = 65536
    _server: asyncio.Server | None = None

    async def start(self) -> int:
        """Start to listen; return the port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=self.head_limit)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop to listen."""
        if self._server is not None:
            self._server.close()

    @abstractmethod
    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer a connection, and close it."""
