"""Who answers which host name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.network.dns import Names

if TYPE_CHECKING:
    from starlette.types import ASGIApp


class Hosts:
    """The host names that exist in the sandbox.

    Args:
        names: the names that are aliases of these; none by default.

    """

    def __init__(self, names: Names | None = None) -> None:
        self._names = names or Names()
        self._apps: dict[str, ASGIApp] = {}
        self._ports: dict[str, int] = {}

    def serve(self, host: str, app: ASGIApp) -> None:
        """Let an app answer a host, or all below a suffix (`*.example.org`); an exact name goes first."""
        self._apps[host.lower()] = app

    def pass_through(self, host: str, port: int, app: ASGIApp | None = None) -> None:
        """Let a TLS server of this machine, which has a certificate for the host, answer it.

        Args:
            host: its name.
            port: of the server.
            app: answers in front of the server while a fault is set for the host.

        """
        if app is not None:
            self.serve(host, app)
        self._ports[host.lower()] = port

    def forget(self, host: str) -> None:
        """Let nobody answer a host any more."""
        self._apps.pop(host.lower(), None)
        self._ports.pop(host.lower(), None)

    def app_for(self, host: str) -> ASGIApp | None:
        """Return the app that answers a host, by its own name or by the name that it is an alias of."""
        found = self._app_named(host.lower())
        if found is not None:
            return found
        canonical = self._names.canonical(host)
        return self._app_named(canonical) if canonical else None

    def _app_named(self, name: str) -> ASGIApp | None:
        while name not in self._apps:
            _, dot, parent = name.removeprefix("*.").partition(".")
            if not dot:
                return None
            name = f"*.{parent}"
        return self._apps[name]

    def port_for(self, host: str) -> int | None:
        """Return the port of this machine that a host's connections are passed to."""
        return self._ports.get(host.lower())

    def exists(self, host: str) -> bool:
        """Whether anybody answers a host."""
        return self.app_for(host) is not None or self.port_for(host) is not None
