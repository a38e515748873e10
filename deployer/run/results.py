"""What steps pass on to each other: typed, one step writes each field, and only once."""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from pathlib import Path

    from deployer.azure.session import Session
    from deployer.helm.client import ReleaseState
    from deployer.helm.values import RegistryAccess
    from deployer.kubernetes.cluster import ClusterAccess
    from deployer.outputs.stores import RunOutputs

T = TypeVar("T")


class CertificateOutcome(StrEnum):
    """The outcome of the step `certificate`; decides what `verify` may demand."""

    TRUSTED = "trusted"
    UNTRUSTED = "untrusted"
    """Issued by an authority that browsers do not trust (staging)."""
    REFUSED = "refused"
    """Not issued by any authority for now: Traefik presents a certificate of its own."""
    UNREACHABLE = "unreachable"
    """Not issued because the names of the custom domain do not resolve to the hub yet."""


class ResultError(RuntimeError):
    """A result was read before it was set, or set twice: the dependencies of the plan are wrong."""


class _Unset(Enum):
    UNSET = "unset"


class Result(Generic[T]):
    """One value that one step sets and later steps read.

    Args:
        name: of the result, for error messages.

    """

    def __init__(self, name: str) -> None:
        self._name = name
        # Not None: that is a value, for example of a release that does not exist.
        self._value: T | _Unset = _Unset.UNSET

    def set(self, value: T) -> None:
        """Set the value, once."""
        if self.is_set:
            raise ResultError(f"{self._name} is set already")
        self._value = value

    def get(self) -> T:
        """Return the value; the reader's step must depend on the step that sets it."""
        if isinstance(self._value, _Unset):
            raise ResultError(f"{self._name} is not known yet")
        return self._value

    @property
    def is_set(self) -> bool:
        """Whether the value is there."""
        return not isinstance(self._value, _Unset)


class Results:
    """The results of one run.

    Attributes:
        session: the session with Azure (step `sign-in`).
        outputs: where the outputs of this run are written (step `outputs`).
        charts: the package of each chart, by its name (step `charts`).
        start: how often the container has been started, counted from 1 (step `starts`, in a container).
        login_server: host name of the registry, None for Docker Hub (step `registry`).
        own_range: of this machine, which the API server of the cluster has to answer while it runs; None
            where it does so already (step `existing-cluster`).
        cluster: how the API of the cluster is reached (step `cluster`; a command that only uses what there
            is sets it where the cluster can be reached).
        unlock_outputs: gives the locks in the outputs up before the end of the run (step `lock`).
        unlock_cluster: gives the lock in the cluster up before the end of the run (step `cluster-access`).
        storage_class: of the hub's disk, None for the cluster's default (step `storage-class`).
        release_before: the BinderHub release before this run, None if there was none (step `release`).
        registry: what BinderHub needs to push and pull (step `registry-access`).
        dns_records: ids of the records of a custom domain, none where others write them (step `dns`).
        dns_changed: whether this run wrote records of a custom domain (step `dns`).
        certificate: the outcome of the step `certificate`.

    """

    def __init__(self) -> None:
        self.session: Result[Session] = Result("session")
        self.outputs: Result[RunOutputs] = Result("outputs")
        self.charts: Result[Mapping[str, Path]] = Result("charts")
        self.start: Result[int] = Result("start")
        self.login_server: Result[str | None] = Result("login_server")
        self.own_range: Result[str | None] = Result("own_range")
        self.cluster: Result[ClusterAccess] = Result("cluster")
        self.unlock_outputs: Result[Callable[[], Awaitable[None]]] = Result("unlock_outputs")
        self.unlock_cluster: Result[Callable[[], Awaitable[None]]] = Result("unlock_cluster")
        self.storage_class: Result[str | None] = Result("storage_class")
        self.release_before: Result[ReleaseState | None] = Result("release_before")
        self.registry: Result[RegistryAccess] = Result("registry")
        self.dns_records: Result[tuple[str, ...]] = Result("dns_records")
        self.dns_changed: Result[bool] = Result("dns_changed")
        self.certificate: Result[CertificateOutcome] = Result("certificate")
