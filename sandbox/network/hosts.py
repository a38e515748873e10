"""Which application or server answers which host name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.network.dns import Dns

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp


class Hosts:
    """The host names that exist in the sandbox.

    Args:
        dns: the aliases of these names; none by default.

    """

    def __init__(self, dns: Dns | None = None) -> None:
        self._dns = dns or Dns()
        self._apps: dict[str, ASGIApp] = {}
        self._ports: dict[str, int] = {}
        self._filters: dict[str, Callable[[str], bool]] = {}

    def serve(self, host: str, app: ASGIApp) -> None:
        """Let an application answer a host, or all names below a suffix (`*.example.org`)."""
        self._apps[host.lower()] = app

    def pass_through(
        self,
        host: str,
        port: int,
        app: ASGIApp | None = None,
        admits: Callable[[str], bool] | None = None,
    ) -> None:
        """Let a TLS server on a port of this machine answer a host.

        Args:
            host: its name.
            port: of the server.
            app: answers while the host has faults.
            admits: whether a client with a public address may connect; everybody may by default.

        """
        if app is not None:
            self.serve(host, app)
        if admits is not None:
            self._filters[host.lower()] = admits
        self._ports[host.lower()] = port

    def forget(self, host: str) -> None:
        """Remove a host."""
        self._apps.pop(host.lower(), None)
        self._ports.pop(host.lower(), None)
        self._filters.pop(host.lower(), None)

    def admits(self, host: str, address: str) -> bool:
        """Return whether a client with a public address may connect to a host."""
        admits = self._filters.get(host.lower())
        return admits is None or admits(address)

    def app_for(self, host: str) -> ASGIApp | None:
        """Return the application of a host or of its canonical name, None for neither."""
        found = self._app_named(host.lower())
        if found is not None:
            return found
        canonical = self._dns.canonical(host)
        return self._app_named(canonical) if canonical else None

    def port_for(self, host: str) -> int | None:
        """Return the port that connections to a host are passed to, None for no port."""
        return self._ports.get(host.lower())

    def _app_named(self, name: str) -> ASGIApp | None:
        """Return the application of a name, else that of the longest suffix."""
        while name not in self._apps:
            _, dot, parent = name.removeprefix("*.").partition(".")
            if not dot:
                return None
            name = f"*.{parent}"
        return self._apps[name]
