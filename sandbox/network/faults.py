"""The script of faults: which requests fail, how, and how often each fault has fired.

Networks and services fail now and then; real ones do so when it suits no test. Here a test says beforehand
which request fails and how, and sees afterwards that it did.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class FaultKind(StrEnum):
    """What happens to a request.

    A garbled answer is complete as far as HTTP can tell; a truncated one is shorter than its Content-Length.
    """

    STATUS = "status"
    RESET_BEFORE = "reset-before"
    RESET_AFTER = "reset-after"
    HANG = "hang"
    TRUNCATED = "truncated"
    GARBLED = "garbled"
    HTML = "html"


@dataclass(frozen=True)
class Fault:
    """One entry of the script.

    Attributes:
        kind: what happens.
        host: regular expression for the whole host name.
        path: regular expression that is searched for in the path with its query.
        method: regular expression for the whole method.
        skip: how many matching requests pass before the first one that fails.
        times: how many requests fail; None for all that follow.
        status: of the answer, for the kinds `status` and `html`.
        headers: of the answer, for the kind `status`.
        body: of the answer, for the kind `status`; the status's own phrase by default.

    """

    kind: FaultKind
    host: str
    path: str = ""
    method: str = ".*"
    skip: int = 0
    times: int | None = 1
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Fault:
        """Return the fault that a JSON object describes.

        Raises:
            ValueError: a key or a value is none that a fault has.

        """
        unknown = set(document) - {each.name for each in fields(cls)}
        missing = {"kind", "host"} - set(document)
        if unknown or missing:
            raise ValueError(f"unknown: {sorted(unknown)}, missing: {sorted(missing)}")
        for pattern in ("host", "path", "method"):
            _compiled(document.get(pattern, ""))
        default_status = 200 if document["kind"] == FaultKind.HTML else 500
        return cls(**{"status": default_status, **document, "kind": FaultKind(document["kind"])})

    def matches(self, method: str, host: str, path: str) -> bool:
        """Return whether the fault is meant for a request; the path has the query."""
        return (
            self.is_for_host(host)
            and re.fullmatch(self.method, method, re.IGNORECASE) is not None
            and re.search(self.path, path) is not None
        )

    def is_for_host(self, host: str) -> bool:
        """Return whether the fault is meant for requests to a host."""
        return re.fullmatch(self.host, host, re.IGNORECASE) is not None


def _compiled(pattern: object) -> re.Pattern[str]:
    try:
        return re.compile(str(pattern))
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from None


@dataclass
class ScriptedFault:
    """A fault of the script, with what it has done.

    Attributes:
        number: names it in the script.
        fault: what was asked for.
        seen: how many matching requests there were.
        fired: the requests that failed, as `METHOD host/path`.

    """

    number: int
    fault: Fault
    seen: int = 0
    fired: list[str] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        """Whether all its requests have failed."""
        return self.fault.times is not None and len(self.fired) >= self.fault.times

    def meets(self, method: str, host: str, path: str) -> bool:
        """Count a request; return whether it fails."""
        if self.is_over or not self.fault.matches(method, host, path):
            return False
        self.seen += 1
        if self.seen <= self.fault.skip:
            return False
        self.fired.append(f"{method} {host}{path}")
        return True

    def as_json(self) -> dict[str, Any]:
        """Return it as the sandbox shows it."""
        return {"number": self.number, **asdict(self.fault), "seen": self.seen, "fired": self.fired}


class Faults:
    """The script of one sandbox."""

    def __init__(self) -> None:
        self._script: dict[int, ScriptedFault] = {}
        self._added = 0

    def add(self, fault: Fault) -> ScriptedFault:
        """Add a fault behind those that are there: a request meets the first that matches."""
        self._added += 1
        self._script[self._added] = ScriptedFault(self._added, fault)
        return self._script[self._added]

    def remove(self, number: int) -> ScriptedFault | None:
        """Remove a fault; None where there is none of that number."""
        return self._script.pop(number, None)

    def clear(self) -> None:
        """Remove all faults."""
        self._script.clear()

    def all(self) -> tuple[ScriptedFault, ...]:
        """Return the faults in order, those that are over included."""
        return tuple(self._script.values())

    def for_request(self, method: str, host: str, path: str) -> Fault | None:
        """Count a request; return the fault that it meets."""
        met = (scripted.fault for scripted in self._script.values() if scripted.meets(method, host, path))
        return next(met, None)

    def concern(self, host: str) -> bool:
        """Return whether a fault is set for a host: one that is over still is, until it is removed."""
        return any(scripted.fault.is_for_host(host) for scripted in self._script.values())
