"""The things of a hub, and what a teardown does with each: it goes, or it stays for a reason."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """The kind of a thing, in the order in which a teardown removes them."""

    DNS_RECORD = "dns-record"
    WORKFLOW = "workflow"
    RELEASE = "helm-release"
    CLUSTER = "cluster"
    REGISTRY_TOKEN = "registry-token"  # noqa: S105 - a kind of resource
    SCOPE_MAP = "scope-map"
    REGISTRY = "registry"
    CONTAINER_GROUP = "container-group"
    ROLE_ASSIGNMENT = "role-assignment"
    IDENTITY = "identity"
    STORAGE_ACCOUNT = "storage-account"
    RESOURCE_GROUP = "resource-group"
    OTHER = "other"


@dataclass(frozen=True)
class Thing:
    """One thing.

    Attributes:
        kind: of the thing.
        name: for people.
        id: resource id in Azure; "" for what is in the cluster.
        detail: what goes with it.
        reason: why it stays; "" for what goes.
        hinders: whether the hub is not removed completely while it stays.

    """

    kind: Kind
    name: str
    id: str = ""
    detail: str = ""
    reason: str = ""
    hinders: bool = False

    def staying(self, reason: str, *, hinders: bool = False) -> Thing:
        """Return this thing as one that stays."""
        return replace(self, reason=reason, hinders=hinders)

    def as_json(self) -> dict[str, Any]:
        """Return the thing as a JSON object."""
        return {**asdict(self), "kind": self.kind.value}


@dataclass(frozen=True)
class Survey:
    """What there is of a hub.

    Attributes:
        goes: what a teardown removes, in this order.
        stays: what it leaves, each with its reason.
        notes: what the reader should know before.

    """

    goes: tuple[Thing, ...] = ()
    stays: tuple[Thing, ...] = ()
    notes: tuple[str, ...] = ()

    def of(self, *kinds: Kind) -> tuple[Thing, ...]:
        """Return what goes of some kinds."""
        return tuple(thing for thing in self.goes if thing.kind in kinds)


def sorted_survey(things: list[Thing], notes: tuple[str, ...] = ()) -> Survey:
    """Sort things into those that go and those that stay, in the order of their kinds."""
    order = list(Kind)
    in_order = sorted(things, key=lambda thing: order.index(thing.kind))
    goes = tuple(thing for thing in in_order if not thing.reason)
    return Survey(goes, tuple(thing for thing in in_order if thing.reason), notes)
