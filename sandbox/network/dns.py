"""Which name is an alias of which: CNAME records of Azure DNS, and of DNS servers that are nobody's here.

What an own domain is before and after its records are made is the point of it: nothing is remembered.
"""

from __future__ import annotations

from typing import Protocol


class NameServer(Protocol):
    """Servers that the domains of their zones are delegated to."""

    def answers_for(self, host: str) -> bool:
        """Whether a name lies in one of their zones."""

    def cname(self, host: str) -> str | None:
        """What a name is an alias of, None where it is none."""


class Names:
    """All CNAME records of the sandbox's internet."""

    def __init__(self) -> None:
        self._azure: NameServer | None = None
        self._foreign: dict[str, str] = {}

    def ask(self, azure: NameServer) -> None:
        """Let Azure's name servers answer for their zones."""
        self._azure = azure

    @property
    def foreign(self) -> dict[str, str]:
        """The records of DNS servers that are not Azure's: target by name."""
        return dict(self._foreign)

    def set_record(self, host: str, target: str) -> None:
        """Make a CNAME record at a DNS server that is not Azure's.

        Raises:
            ValueError: the name lies in a zone of Azure DNS, which nobody else answers for.

        """
        if self._azure is not None and self._azure.answers_for(_plain(host)):
            raise ValueError(f"{host} lies in a zone of Azure DNS: its records are made there.")
        self._foreign[_plain(host)] = _plain(target)

    def remove_record(self, host: str) -> bool:
        """Remove such a record; False where there was none."""
        return self._foreign.pop(_plain(host), None) is not None

    def canonical(self, host: str) -> str | None:
        """Follow aliases to the name that is none; None where they go round in a circle."""
        name, seen = _plain(host), set[str]()
        while (target := self._cname(name)) is not None:
            seen.add(name)
            if target in seen:
                return None
            name = target
        return name

    def _cname(self, name: str) -> str | None:
        if self._azure is not None and self._azure.answers_for(name):
            target = self._azure.cname(name)
            return _plain(target) if target else None
        return self._foreign.get(name)


def _plain(name: str) -> str:
    """Spell a name in one way: lower case, without the dot at its end."""
    return name.lower().removesuffix(".")
