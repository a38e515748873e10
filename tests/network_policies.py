"""Decides as Kubernetes does what network policies let through.

Source: the reference of NetworkPolicy (networking.k8s.io/v1), and for what Cilium adds, AKS's page "Azure CNI
powered by Cilium": an `ipBlock` never matches the address of a pod or of a node.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Policy = dict[str, Any]


@dataclass(frozen=True)
class Pod:
    """A pod with its labels, and the numbers of its named ports."""

    namespace: str
    labels: Mapping[str, str] = field(default_factory=dict)
    ports: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Host:
    """An address outside the cluster."""

    address: str


@dataclass(frozen=True)
class Node:
    """A node of the cluster, or what comes through one; no policy can name it."""


Peer = Pod | Host | Node


def passes(policies: Sequence[Policy], source: Peer, target: Peer, port: int, protocol: str = "TCP") -> bool:
    """Return whether a connection passes the policies of its source and of its target."""
    return _leaves(policies, source, target, port, protocol) and _enters(
        policies, source, target, port, protocol
    )


def _leaves(policies: Sequence[Policy], source: Peer, target: Peer, port: int, protocol: str) -> bool:
    named = target.ports if isinstance(target, Pod) else {}
    return _allowed(policies, "Egress", source, target, (port, protocol, named))


def _enters(policies: Sequence[Policy], source: Peer, target: Peer, port: int, protocol: str) -> bool:
    named = target.ports if isinstance(target, Pod) else {}
    return _allowed(policies, "Ingress", target, source, (port, protocol, named))


def _allowed(
    policies: Sequence[Policy],
    direction: str,
    pod: Peer,
    peer: Peer,
    connection: tuple[int, str, Mapping[str, int]],
) -> bool:
    """Return whether some policy allows it, or no policy for this direction selects the pod."""
    if not isinstance(pod, Pod):
        return True
    selecting = [one for one in policies if direction in one["spec"]["policyTypes"] and _selects(one, pod)]
    rules = [rule for one in selecting for rule in one["spec"].get(direction.lower()) or ()]
    key = "to" if direction == "Egress" else "from"
    return not selecting or any(
        _names_port(rule.get("ports"), *connection) and _names_peer(rule.get(key), pod.namespace, peer)
        for rule in rules
    )


def _selects(policy: Policy, pod: Pod) -> bool:
    same = policy["metadata"]["namespace"] == pod.namespace
    return same and _matches(policy["spec"]["podSelector"], pod.labels)


def _names_port(
    ports: Iterable[dict[str, Any]] | None, port: int, protocol: str, named: Mapping[str, int]
) -> bool:
    def covers(one: dict[str, Any]) -> bool:
        first = one.get("port", 0)
        number = named.get(first, -1) if isinstance(first, str) else first
        last = one.get("endPort") or (number or 65535)
        return one.get("protocol", "TCP") == protocol and number <= port <= last

    return not ports or any(covers(one) for one in ports)


def _names_peer(peers: Iterable[dict[str, Any]] | None, namespace: str, peer: Peer) -> bool:
    return not peers or any(_is(one, namespace, peer) for one in peers)


def _is(described: dict[str, Any], namespace: str, peer: Peer) -> bool:
    if "ipBlock" in described:
        return isinstance(peer, Host) and _in_block(described["ipBlock"], peer.address)
    if not isinstance(peer, Pod):
        return False
    spaces = described.get("namespaceSelector")
    here = (
        peer.namespace == namespace
        if spaces is None
        else _matches(spaces, {"kubernetes.io/metadata.name": peer.namespace})
    )
    return here and _matches(described.get("podSelector") or {}, peer.labels)


def _in_block(block: dict[str, Any], address: str) -> bool:
    def within(network: str) -> bool:
        return ip_address(address) in ip_network(network)

    return within(block["cidr"]) and not any(within(network) for network in block.get("except") or ())


def _matches(selector: dict[str, Any], labels: Mapping[str, str]) -> bool:
    wanted = selector.get("matchLabels") or {}
    return wanted.items() <= labels.items() and all(
        _meets(one, labels) for one in selector.get("matchExpressions") or ()
    )


def _meets(requirement: dict[str, Any], labels: Mapping[str, str]) -> bool:
    value, values = labels.get(requirement["key"]), requirement.get("values") or ()
    return {
        "In": value in values,
        "NotIn": value not in values,
        "Exists": value is not None,
        "DoesNotExist": value is None,
    }[requirement["operator"]]
