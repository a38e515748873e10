"""The public addresses of those who connect, which hosts see where all connections come from this machine."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterator

# Of documentation (RFC 5737): people with their laptops, and container groups, whose address Azure tells
# nobody.
LAPTOPS, CONTAINERS = "198.51.100.7", "203.0.113.40"


class Callers:
    """Who is at the other end of the connections from the proxies to the listeners, by their ports."""

    def __init__(self) -> None:
        self._addresses: dict[int, str] = {}

    @contextmanager
    def calling(self, connection: asyncio.StreamWriter, address: str) -> Iterator[None]:
        """Let a connection come from a public address while it is open."""
        port = int(connection.get_extra_info("sockname")[1])
        self._addresses[port] = address
        try:
            yield
        finally:
            self._addresses.pop(port, None)

    def address(self, port: int) -> str:
        """Return the public address of who calls from a port of this machine."""
        return self._addresses.get(port, LAPTOPS)


@dataclass(frozen=True)
class ClientNetworks:
    """How those outside reach everything here.

    Attributes:
        people: variables of programs on a laptop, once somebody listens.
        containers: variables of container groups, once somebody listens.
        callers: who is connected.
        refused: host names that do not exist here.

    """

    people: dict[str, str] = field(default_factory=dict)
    containers: dict[str, str] = field(default_factory=dict)
    callers: Callers = field(default_factory=Callers)
    refused: list[str] = field(default_factory=list)
