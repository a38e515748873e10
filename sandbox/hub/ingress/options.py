"""Traefik's static configuration: the arguments that its container was started with.

Names and defaults are those of Traefik 3, as its Helm chart writes them; the case doesn't matter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Traefik's own entry point, for its dashboard and probes; no Ingress is routed there unless it says so.
INTERNAL = "traefik"
# Before all routes that don't say otherwise (Traefik: the largest integer less one).
FIRST = 2**63 - 2
_ADDRESS = re.compile(r"entrypoints\.([^.]+)\.address")
_PROVIDER = "providers.kubernetesingress"


@dataclass(frozen=True)
class Redirection:
    """Sends every visitor of an entry point to another scheme and port.

    Attributes:
        scheme: https, as a rule.
        port: where to.
        permanent: whether browsers may remember it.
        priority: among the routes of the entry point.

    """

    scheme: str
    port: int
    permanent: bool
    priority: int


@dataclass(frozen=True)
class EntryPoint:
    """A port that Traefik listens on.

    Attributes:
        name: "web", "websecure".
        port: of the container.
        tls: whether routes there are for TLS without saying so.
        redirection: None where visitors stay.
        middlewares: of all routes there, by name and provider: "hsts@file".

    """

    name: str
    port: int
    tls: bool
    redirection: Redirection | None
    middlewares: tuple[str, ...] = ()


class TraefikOptions:
    """What Traefik was told at its start.

    Args:
        arguments: of its container, `--entryPoints.web.address=:8000/tcp`.

    """

    def __init__(self, arguments: Iterable[str]) -> None:
        self._given = dict(_option(argument) for argument in arguments if argument.startswith("-"))
        names = [found[1] for option in self._given if (found := _ADDRESS.fullmatch(option))]
        ports = {name: _port(self._given[f"entrypoints.{name}.address"]) for name in names}
        self._entry_points = [
            EntryPoint(
                name,
                port,
                self._is_tls(name),
                _redirection(self._given, name, ports),
                self._middlewares(name),
            )
            for name, port in ports.items()
        ]

    @property
    def routes_ingresses(self) -> bool:
        """Whether it looks at Ingresses at all."""
        return any(option.split("=")[0].startswith(_PROVIDER) for option in self._given)

    @property
    def directory(self) -> str:
        """Directory of the files with its dynamic configuration, empty for none."""
        return self._given.get("providers.file.directory", "")

    @property
    def ingress_class(self) -> str:
        """The one class that it serves, empty for all that name its controller."""
        return self._given.get(f"{_PROVIDER}.ingressclass", "")

    @property
    def namespaces(self) -> frozenset[str]:
        """The only namespaces that it looks at, empty for all."""
        return frozenset(filter(None, self._given.get(f"{_PROVIDER}.namespaces", "").split(",")))

    @property
    def serves_empty_services(self) -> bool:
        """Whether a Service without a ready pod is routed to nevertheless, and answered with 503."""
        return self._is_on(f"{_PROVIDER}.allowemptyservices")

    @property
    def matches_whole_segments(self) -> bool:
        """Whether the prefix /foo leaves /foobar alone."""
        return self._is_on(f"{_PROVIDER}.strictprefixmatching")

    @property
    def default_entry_points(self) -> frozenset[str]:
        """Where an Ingress is routed that names no entry point."""
        names = [entry_point.name for entry_point in self._entry_points]
        chosen = frozenset(name for name in names if self._is_on(f"entrypoints.{name}.asdefault"))
        return chosen or frozenset(names) - {INTERNAL}

    def entry_point_on(self, port: int) -> EntryPoint | None:
        """Return the entry point that listens on a port of the container."""
        return next((each for each in self._entry_points if each.port == port), None)

    def _is_tls(self, name: str) -> bool:
        return self._is_on(f"entrypoints.{name}.http.tls") or any(
            option.startswith(f"entrypoints.{name}.http.tls.") for option in self._given
        )

    def _middlewares(self, name: str) -> tuple[str, ...]:
        named = self._given.get(f"entrypoints.{name}.http.middlewares", "").split(",")
        return tuple(filter(None, named))

    def _is_on(self, option: str) -> bool:
        return self._given.get(option, "false").lower() == "true"


def _option(argument: str) -> tuple[str, str]:
    """Return an argument's name in lower case, and its value: "true" for a bare one."""
    name, given, value = argument.lstrip("-").partition("=")
    return name.lower(), value if given else "true"


def _port(address: str) -> int:
    return int(address.partition("/")[0].rpartition(":")[2])


def _redirection(given: Mapping[str, str], name: str, ports: Mapping[str, int]) -> Redirection | None:
    """Return where an entry point sends its visitors: to `:443`, or to the port of another entry point."""
    prefix = f"entrypoints.{name}.http.redirections.entrypoint"
    to = given.get(f"{prefix}.to", "")
    if not to.startswith(":") and to not in ports:
        return None
    return Redirection(
        scheme=given.get(f"{prefix}.scheme", "https"),
        port=_port(to) if to.startswith(":") else ports[to],
        permanent=given.get(f"{prefix}.permanent", "true").lower() == "true",
        priority=int(given.get(f"{prefix}.priority", FIRST)),
    )
