"""What steps find out for each other: typed, one writer per field."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from deployer.helm import ReleaseState
    from deployer.kubernetes import ClusterAccess
    from deployer.values import RegistryAccess, RenderedValues

T = TypeVar("T")


class Certified(StrEnum):
    """What came of the certificate, which is what `verify` may demand."""

    TRUSTED = "trusted"
    UNTRUSTED = "untrusted"
    """Issued, by an authority that browsers don't trust (staging)."""
    REFUSED = "refused"
    """No authority issues one now: Traefik shows its own."""
    UNREACHABLE = "unreachable"
    """An own domain's names don't lead to the hub yet."""


class ResultError(RuntimeError):
    """A result was read before it was there, or written twice: the plan's dependencies are wrong."""


class Result(Generic[T]):
    """One value that one step sets and later steps read."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._values: list[T] = []

    def set(self, value: T) -> None:
        """Set the value, once."""
        if self._values:
            raise ResultError(f"{self._name} is set already")
        self._values.append(value)

    def get(self) -> T:
        """Return the value; the step that sets it must be among the reader's dependencies."""
        if not self._values:
            raise ResultError(f"{self._name} is not known yet")
        return self._values[0]

    @property
    def is_set(self) -> bool:
        """Whether the value is there."""
        return bool(self._values)


class Results:
    """The results of one run.

    Attributes:
        login_server: the registry's host name, None for Docker Hub (step `registry`).
        cluster: how the cluster's API is reached (step `cluster`).
        release_before: the BinderHub release as it was found, None if there is none (step `registry-access`).
        registry: what BinderHub needs to push and pull (step `registry-access`).
        dns_records: ids of an own domain's records, none where somebody else writes them (step `dns`).
        dns_changed: whether records of an own domain were written (step `dns`).
        values: the rendered values (step `binderhub`).
        certificate: what came of the certificate (step `certificate`).

    """

    def __init__(self) -> None:
        self.login_server: Result[str | None] = Result("login_server")
        self.cluster: Result[ClusterAccess] = Result("cluster")
        self.release_before: Result[ReleaseState | None] = Result("release_before")
        self.registry: Result[RegistryAccess] = Result("registry")
        self.dns_records: Result[tuple[str, ...]] = Result("dns_records")
        self.dns_changed: Result[bool] = Result("dns_changed")
        self.values: Result[RenderedValues] = Result("values")
        self.certificate: Result[Certified] = Result("certificate")
