"""Resource ids, by which rights, state, lists and routes are decided.

Ids compare without regard to case, as in Azure, and keep the spelling they were created with.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain, pairwise

RESOURCES = "Microsoft.Resources"


@dataclass(frozen=True, eq=False)
class ResourceId:
    """A resource id: a scope, and beneath it pairs of type and name of one provider.

    Attributes:
        scope: id of the subscription, group or resource that it lies in or extends, "" for subscriptions and
            groups themselves.
        namespace: the provider, "Microsoft.Storage"; subscriptions and groups belong to
            "Microsoft.Resources".
        types: type segments, ("storageAccounts", "blobServices").
        names: as many names, ("account", "default").

    """

    scope: str
    namespace: str
    types: tuple[str, ...]
    names: tuple[str, ...]

    @classmethod
    def parse(cls, path: str) -> ResourceId:
        """Return the id that a path, without host and query, consists of.

        Raises:
            ValueError: the path is no resource id, but for example that of a list or an action.

        """
        segments = path.strip("/").split("/")
        if "" in segments or segments[0].lower() not in {"subscriptions", "providers"}:
            raise ValueError(path)
        scope, namespace, pairs = _split(segments)
        if not pairs or len(pairs) % 2:
            raise ValueError(path)
        return cls(scope, namespace, tuple(pairs[::2]), tuple(pairs[1::2]))

    @property
    def name(self) -> str:
        """The name, without those of its parents."""
        return self.names[-1]

    @property
    def full_name(self) -> str:
        """The name after those of its parents, as error texts and templates write it: "account/default"."""
        return "/".join(self.names)

    @property
    def type(self) -> str:
        """The full type, "Microsoft.Storage/storageAccounts/blobServices"."""
        return "/".join((self.namespace, *self.types))

    @property
    def subscription(self) -> str | None:
        """The GUID of the subscription it lies in, None for no subscription."""
        return _segment_after("subscriptions", str(self))

    @property
    def group(self) -> str | None:
        """The name of the resource group it lies in or is, None for no group."""
        return _segment_after("resourcegroups", str(self))

    @property
    def group_id(self) -> ResourceId | None:
        """The id of the resource group it lies in or is, None for no group."""
        if self.subscription is None or self.group is None:
            return None
        return group_id(self.subscription, self.group)

    @property
    def parent(self) -> ResourceId | None:
        """The id of its parent (for a blob service, the account), None for a top-level type."""
        if len(self.types) == 1 or self.namespace == RESOURCES:
            return None
        return replace(self, types=self.types[:-1], names=self.names[:-1])

    @property
    def key(self) -> str:
        """The id in lower case, by which ids are compared."""
        return str(self).lower()

    def child(self, kind: str, name: str) -> ResourceId:
        """Return the id of a child resource."""
        return replace(self, types=(*self.types, kind), names=(*self.names, name))

    def retyped(self, full_type: str) -> ResourceId:
        """Return the same id with its type spelt as in `full_type`."""
        namespace, *types = full_type.split("/")
        return replace(self, namespace=namespace, types=tuple(types))

    def __str__(self) -> str:
        pairs = "/".join(chain.from_iterable(zip(self.types, self.names, strict=True)))
        if self.namespace == RESOURCES and self.types[0].lower() == "subscriptions":
            return f"/{pairs}"
        return f"{self.scope}/providers/{self.namespace}/{pairs}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ResourceId) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


def subscription_id(subscription: str) -> ResourceId:
    """Return the id of a subscription with a GUID."""
    return ResourceId("", RESOURCES, ("subscriptions",), (subscription,))


def group_id(subscription: str, group: str) -> ResourceId:
    """Return the id of a resource group."""
    return subscription_id(subscription).child("resourceGroups", group)


def lies_in(inner: str, outer: str) -> bool:
    """Return whether a scope is another one or lies beneath it; every scope lies in the tenant, ""."""
    inner, outer = inner.lower().rstrip("/"), outer.lower().rstrip("/")
    return not outer or inner == outer or inner.startswith(f"{outer}/")


def _split(segments: list[str]) -> tuple[str, str, list[str]]:
    """Return scope, namespace, and segments of types and names, split at the last provider."""
    lowered = [segment.lower() for segment in segments]
    if "providers" not in lowered:
        return "", RESOURCES, segments
    last = len(lowered) - 1 - lowered[::-1].index("providers")
    if last + 1 == len(segments):
        raise ValueError("/".join(segments))
    scope = "".join(f"/{segment}" for segment in segments[:last])
    return scope, segments[last + 1], segments[last + 2 :]


def _segment_after(what: str, path: str) -> str | None:
    """Return the segment after the first `what` (lower case) of a path."""
    segments = path.strip("/").split("/")
    for before, after in pairwise(segments):
        if before.lower() == what:
            return after
    return None
