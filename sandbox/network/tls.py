"""Which certificate a host shows: of the sandbox's authority, unless the host is the hub's.

A server chooses by the name in the client's greeting, in a call that can't wait. So the proxy, which knows
the host before TLS begins, has the certificate looked up then: each connection meets what is there at that
moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable

    # The TLS context that a host shows by itself, None for a host that the authority vouches for.
    # Raises Unreachable where the internet would not get as far as TLS.
    OwnContext = Callable[[str], Awaitable[ssl.SSLContext | None]]


class ServerContexts(Protocol):
    """Knows the TLS context of each host."""

    def server_context(self, host: str) -> ssl.SSLContext:
        """Return the context for a host."""


class Certificates:
    """The TLS contexts of all hosts.

    Args:
        authority: vouches for every host of the sandbox's own.
        own_context: looks up what the others show.

    """

    def __init__(self, authority: ServerContexts, own_context: OwnContext) -> None:
        self._authority = authority
        self._own_context = own_context
        self._looked_up: dict[str, ssl.SSLContext] = {}

    async def look_up(self, host: str) -> None:
        """See what a host shows now, before a connection to it begins.

        Raises:
            Unreachable: the internet would not get as far as TLS.

        """
        context = await self._own_context(host)
        if context is None:
            self._looked_up.pop(host.lower(), None)
        else:
            self._looked_up[host.lower()] = context

    def server_context(self, host: str) -> ssl.SSLContext:
        """Return what was looked up last, else the authority's."""
        return self._looked_up.get(host.lower()) or self._authority.server_context(host)
