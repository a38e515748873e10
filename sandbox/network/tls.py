"""The TLS context of each host: one of the sandbox's authority, except for hubs.

A server chooses the context in the callback for the server name, which can't await. So the proxy, which knows
the host before TLS begins, has the context looked up then, for each connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable

    # Returns the TLS context that a host has itself, None for a host with a certificate of the authority.
    # Raises Unreachable if the internet would not get as far as TLS.
    LookUpContext = Callable[[str], Awaitable[ssl.SSLContext | None]]


class ServerContexts(Protocol):
    """Has the TLS context of each host."""

    def server_context(self, host: str) -> ssl.SSLContext:
        """Return the context of a host."""


class TlsContexts:
    """The TLS contexts of all hosts.

    Args:
        authority: has those of the sandbox's own hosts.
        look_up: looks up those of the others.

    """

    def __init__(self, authority: ServerContexts, look_up: LookUpContext) -> None:
        self._authority = authority
        self._look_up = look_up
        self._looked_up: dict[str, ssl.SSLContext] = {}

    async def prepare(self, host: str) -> None:
        """Look up the context of a host before TLS begins.

        Raises:
            Unreachable: the internet would not get as far as TLS.

        """
        context = await self._look_up(host)
        if context is None:
            self._looked_up.pop(host.lower(), None)
        else:
            self._looked_up[host.lower()] = context

    def server_context(self, host: str) -> ssl.SSLContext:
        """Return the context that was looked up last, else that of the authority."""
        return self._looked_up.get(host.lower()) or self._authority.server_context(host)
