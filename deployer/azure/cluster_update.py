"""Compares a managed cluster with what the settings want, and lays the differences over what Azure returned.

The request that changes a cluster is what Azure returned with these differences: whatever people or their IT
department set beside (sign-in with Entra, authorised address ranges, Defender, further pools) stays. What
Azure refuses there has a request of its own: see `node_pool_update`.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.azure.clusters import authorised_ranges
from deployer.azure.kubernetes_versions import LONG_TERM_PLAN, is_met, is_older
from deployer.azure.managed_cluster import (
    NO_LOCAL_DNS,
    NODE_OS_CHANNEL,
    SYSTEM_POOL,
    UPGRADE_CHANNEL,
    USER_POOL,
)
from deployer.comparison import contains, merged_tags

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployer.azure.managed_cluster import Body

# Channels that bring security updates: any of them may be a choice of the user, every other one is replaced.
CHANNELS = frozenset({UPGRADE_CHANNEL, "stable", "rapid"})
NODE_OS_CHANNELS = frozenset({NODE_OS_CHANNEL, "SecurityPatch"})
UNFINISHED = frozenset({"Failed", "Canceled"})


@dataclass(frozen=True)
class ClusterUpdate:
    """The changes that the cluster's own request makes.

    Attributes:
        body: for the request.
        changes: in the reader's terms; none if the cluster is as wanted.

    """

    body: Body
    changes: tuple[str, ...]


def plan_update(found: Body, wanted: Body, version: str | None) -> ClusterUpdate:
    """Return what the cluster's own request has to change: a pool that is missing is not part of it.

    Args:
        found: the cluster as Azure returned it.
        wanted: the description of the cluster.
        version: the version of Kubernetes that the cluster should have, with its pools; None for no change.

    """
    body = copy.deepcopy(found)
    changes = [
        *_mend_state(found),
        *_lay_tier(body, wanted),
        *_lay(body, "tags", {"tags": merged_tags(found.get("tags"), wanted["tags"])}),
        *_lay(body, "identity issuer", {"properties": {"oidcIssuerProfile": {"enabled": True}}}),
        *_lay_channels(body["properties"]),
        *_lay_ranges(body, wanted),
        *_lay_undecided(body["properties"], wanted["properties"]),
        *_lay_pools(body, wanted["properties"]["agentPoolProfiles"]),
        *(_lay_version(body["properties"], version) if version else ()),
    ]
    return ClusterUpdate(body, tuple(dict.fromkeys(changes)))


def version_wanted(version: str | None, found: Body) -> str | None:
    """Return the version to bring cluster and pools to; None where none is asked for, or an older one."""
    current = found["properties"].get("currentKubernetesVersion")
    return version if version and not is_older(version, current) else None


def unchangeable(found: Body, wanted: Body, version: str | None) -> Iterator[str]:
    """Yield a warning about each difference that Azure cannot mend, or not without harm."""
    current = found["properties"].get("currentKubernetesVersion")
    if version and is_older(version, current):
        yield (
            f"the cluster keeps Kubernetes {current}: Azure upgrades it, and cannot downgrade it to {version}"
        )
    tier = (found.get("sku") or {}).get("tier")
    if _has_long_term_support(found) and tier != wanted["sku"]["tier"]:
        yield f"the cluster keeps the tier {tier}: its Long-Term Support needs it"
    # A size that was chosen has been refused before: see `check_node_sizes`. This one follows from another.
    pool = node_pools(wanted)[SYSTEM_POOL]
    size = node_pools(found).get(SYSTEM_POOL, pool)["vmSize"]
    if size.casefold() != pool["vmSize"].casefold():
        yield f"the pool {SYSTEM_POOL} keeps its size {size}: Azure cannot change it to {pool['vmSize']}"
    ranges = authorised_ranges(found)
    if ranges and "apiServerAccessProfile" not in wanted["properties"]:
        yield (
            f"the Kubernetes API of the cluster only accepts connections from {', '.join(ranges)}. If the "
            "deployer is elsewhere, as in its container, set API_SERVER_AUTHORIZED_RANGES to these: it then "
            "adds its own address while it runs"
        )
    network = found["properties"].get("networkProfile") or {}
    if (network.get("networkPolicy"), network.get("networkDataplane")) != ("cilium", "cilium"):
        # Not mended by a run: Azure replaces all nodes at once for it, and every session ends.
        yield (
            "the cluster does not enforce network policies with Cilium: visitors' code may reach "
            "what it should not. When no sessions run, switch it on: az aks update --network-policy cilium "
            "--network-dataplane cilium, with --resource-group and --name of the cluster"
        )


def user_pool_surges(found: Body) -> bool:
    """Return whether there is a user pool whose upgrade adds a node first."""
    pool = node_pools(found).get(USER_POOL)
    return pool is not None and _surges(pool)


def without_local_dns(pool: Body) -> Body:
    """Return a pool whose nodes Azure replaces in any case; if it is the hub's, they do not answer DNS."""
    return (
        pool | {"localDNSProfile": dict(NO_LOCAL_DNS)} if pool["name"] in {SYSTEM_POOL, USER_POOL} else pool
    )


def node_pools(cluster: Body) -> dict[str, Body]:
    """Return the node pools of a cluster, as Azure returned it, by their names."""
    return {pool["name"]: pool for pool in cluster["properties"].get("agentPoolProfiles") or ()}


def _has_long_term_support(cluster: Body) -> bool:
    return bool(cluster["properties"].get("supportPlan") == LONG_TERM_PLAN)


def _mend_state(found: Body) -> Iterator[str]:
    """Yield what did not end well; an operation that goes on is waited for, and is nothing to change."""
    state = found["properties"].get("provisioningState")
    if state in UNFINISHED:
        yield f"its state is {state}"
    for name, pool in node_pools(found).items():
        if pool.get("provisioningState") in UNFINISHED:
            yield f"the state of pool {name} is {pool['provisioningState']}"


def _lay(body: Body, what: str, section: Body) -> Iterator[str]:
    """Lay a section over the body, and yield its name, if it is not there already."""
    if not contains(body, section):
        _merge(body, section)
        yield what


def _lay_tier(body: Body, wanted: Body) -> Iterator[str]:
    """Lay the tier, unless the cluster has Long-Term Support, which Azure ties to its tier."""
    if not _has_long_term_support(body):
        yield from _lay(body, "tier", {"sku": {"tier": wanted["sku"]["tier"]}})


def _lay_channels(properties: Body) -> Iterator[str]:
    profile = properties.get("autoUpgradeProfile") or {}
    wanted = {}
    if profile.get("upgradeChannel") not in CHANNELS:
        wanted["upgradeChannel"] = UPGRADE_CHANNEL
    if profile.get("nodeOSUpgradeChannel") not in NODE_OS_CHANNELS:
        wanted["nodeOSUpgradeChannel"] = NODE_OS_CHANNEL
    if wanted:
        properties["autoUpgradeProfile"] = {**profile, **wanted}
        yield "automatic upgrades"


def _lay_ranges(body: Body, wanted: Body) -> Iterator[str]:
    """Lay the ranges that the API server answers, where the settings name any."""
    profile = wanted["properties"].get("apiServerAccessProfile")
    if profile is not None and set(authorised_ranges(body)) != set(authorised_ranges(wanted)):
        properties = body["properties"]
        properties["apiServerAccessProfile"] = {**(properties.get("apiServerAccessProfile") or {}), **profile}
        yield "authorised address ranges"


def _lay_undecided(properties: Body, wanted: Body) -> Iterator[str]:
    """Lay what nobody has decided about yet; whoever switched it off had a reason."""
    if not properties.get("nodeResourceGroupProfile"):
        properties["nodeResourceGroupProfile"] = copy.deepcopy(wanted["nodeResourceGroupProfile"])
        yield "protection of the node resource group"
    security = properties.get("securityProfile") or {}
    if not security.get("imageCleaner"):
        properties["securityProfile"] = {**security, **copy.deepcopy(wanted["securityProfile"])}
        yield "image cleaner"


def _lay_pools(body: Body, pools: list[Body]) -> Iterator[str]:
    live = node_pools(body)
    for pool in pools:
        name = pool["name"]
        before = live.get(name, {}).get("count") or 0
        if name in live and _lay_pool(live[name], pool):
            # The autoscaler takes only empty nodes away; Azure is asked for as many as may be there.
            after = live[name].get("count") or 0
            fewer = f", from {before} nodes to {after} at once: sessions on the others end"
            yield f"pool {name}{fewer if after < before else ''}"


def _lay_pool(found: Body, pool: Body) -> bool:
    """Lay what is ours over a pool; return whether that changed anything."""
    before = copy.deepcopy(found)
    _add(found, "nodeLabels", pool["nodeLabels"])
    _add(found, "tags", merged_tags(found.get("tags"), pool["tags"]))
    missing = [taint for taint in pool.get("nodeTaints", ()) if taint not in (found.get("nodeTaints") or ())]
    if missing:
        found["nodeTaints"] = [*(found.get("nodeTaints") or ()), *missing]
    # Only where the quota has no room for a node more. The way back is left to people: an identity that can
    # read the quota and one that cannot would undo each other's setting.
    if _surges(found) and not _surges(pool):
        _add(found, "upgradeSettings", pool["upgradeSettings"])
    # Azure replaces the nodes for it. Where it is on, no pod of the hub has DNS, so nothing is lost.
    if (found.get("localDNSProfile") or {}).get("state") == "Enabled":
        _add(found, "localDNSProfile", pool["localDNSProfile"])
    # There is no setting for the size of the system pool: whoever made it larger had a reason.
    if pool["name"] == USER_POOL:
        _set_bounds(found, pool)
    return found != before


def _set_bounds(found: Body, pool: Body) -> None:
    for key in ("enableAutoScaling", "minCount", "maxCount"):
        # A bound that is not there is zero.
        if (found.get(key) or 0) != pool[key]:
            found[key] = pool[key]
    # The request names a count: the current one, or it would take machines from running sessions.
    found["count"] = min(max(found.get("count") or 0, pool["minCount"]), pool["maxCount"])


def _surges(pool: Body) -> bool:
    """Return whether an upgrade adds a node first, which is Azure's default."""
    return str((pool.get("upgradeSettings") or {}).get("maxSurge") or "10%") not in {"0", "0%"}


def _lay_version(properties: Body, version: str) -> Iterator[str]:
    """Ask for a version for the cluster and all its pools: Azure wants all of them to have the same one."""
    if is_met(version, properties.get("currentKubernetesVersion")):
        return
    properties["kubernetesVersion"] = version
    properties["agentPoolProfiles"] = [
        without_local_dns(pool) | {"orchestratorVersion": version} for pool in properties["agentPoolProfiles"]
    ]
    yield f"Kubernetes {version}"


def _add(found: Body, key: str, entries: Body) -> None:
    if not contains(found.get(key), entries):
        found[key] = {**(found.get(key) or {}), **entries}


def _merge(body: Body, section: Body) -> None:
    for key, value in section.items():
        if isinstance(value, dict) and isinstance(body.get(key), dict):
            _merge(body[key], value)
        else:
            body[key] = copy.deepcopy(value)
