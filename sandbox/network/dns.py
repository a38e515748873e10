"""The CNAME records of the sandbox's internet: those of Azure DNS, and those of DNS servers outside Azure.

Nothing is cached: a record counts from the moment that it is set, and no longer once it is removed.
"""

from __future__ import annotations

from typing import Protocol


class NameServer(Protocol):
    """The authoritative servers of some zones."""

    def answers_for(self, host: str) -> bool:
        """Return whether a name lies in one of the zones."""

    def cname(self, host: str) -> str | None:
        """Return the target of a name's CNAME record, None for no record."""


class Dns:
    """All CNAME records."""

    def __init__(self) -> None:
        self._azure: NameServer | None = None
        self._foreign: dict[str, str] = {}

    def delegate_to(self, azure: NameServer) -> None:
        """Let the name servers of Azure DNS answer for their zones."""
        self._azure = azure

    @property
    def foreign(self) -> dict[str, str]:
        """The records of DNS servers outside Azure: name -> target."""
        return dict(self._foreign)

    def set_record(self, host: str, target: str) -> None:
        """Set a CNAME record at a DNS server outside Azure.

        Raises:
            ValueError: the name lies in a zone of Azure DNS.

        """
        if self._azure is not None and self._azure.answers_for(_normalised(host)):
            raise ValueError(f"{host} lies in a zone of Azure DNS: its records are made there.")
        self._foreign[_normalised(host)] = _normalised(target)

    def remove_record(self, host: str) -> bool:
        """Remove such a record; return whether there was one."""
        return self._foreign.pop(_normalised(host), None) is not None

    def canonical(self, host: str) -> str | None:
        """Return the canonical name of a host, None if its CNAME records form a circle."""
        name, seen = _normalised(host), set[str]()
        while (target := self._cname(name)) is not None:
            seen.add(name)
            if target in seen:
                return None
            name = target
        return name

    def _cname(self, name: str) -> str | None:
        if self._azure is not None and self._azure.answers_for(name):
            target = self._azure.cname(name)
            return _normalised(target) if target else None
        return self._foreign.get(name)


def _normalised(name: str) -> str:
    """Return a name in lower case, without the dot at its end."""
    return name.lower().removesuffix(".")
