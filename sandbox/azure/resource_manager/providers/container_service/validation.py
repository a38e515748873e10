"""What the Kubernetes service validates of clusters and pools before it creates anything."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.providers.container_service import errors
from sandbox.azure.resource_manager.providers.container_service.quota import vm_size
from sandbox.azure.resource_manager.providers.container_service.versions import (
    OFFICIAL_PLAN,
    is_newer,
    minor,
    resolved,
    support_plans,
    upgrades_from,
)
from sandbox.clusters.vm_sizes import VM_SIZES

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.resource_types import PutRequest
    from sandbox.azure.resource_manager.core.state import Resource

MAXIMUM_NODES = 1000
MINIMUM_SYSTEM_CORES = 2
MINIMUM_SYSTEM_MEMORY_GIB = 4
MAXIMUM_NODE_GROUP_NAME = 80
_CLUSTER_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?")
_DNS_PREFIX = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,52}[A-Za-z0-9])?")
_POOL_NAME = re.compile(r"[a-z][a-z0-9]{0,11}")
_TAINT = re.compile(r"[A-Za-z0-9./_-]+=[A-Za-z0-9._-]*:(NoSchedule|PreferNoSchedule|NoExecute)")


def check_cluster(request: PutRequest) -> None:
    """Validate a cluster without its pools."""
    properties = request.properties
    if not _CLUSTER_NAME.fullmatch(request.id.name):
        raise errors.invalid_parameter(
            "resourceName",
            f"Invalid resource name: '{request.id.name}'. A name is 1 to 63 letters, numbers, underscores "
            "and hyphens, and starts and ends with a letter or number.",
        )
    if not request.existing:
        _check_new(request)
    _check_version(request)
    network = properties.get("networkProfile") or {}
    if network.get("networkPolicy") == "cilium" and network.get("networkDataplane") != "cilium":
        message = "Network policy cilium requires network dataplane cilium."
        raise errors.invalid_parameter("networkProfile.networkPolicy", message)


def _check_version(request: PutRequest) -> None:
    """Check that the version is offered for the support plan; a cluster keeps the one that it has."""
    asked = request.properties.get("kubernetesVersion")
    current = request.existing.properties["currentKubernetesVersion"] if request.existing else None
    if current and (not asked or current == asked or current.startswith(f"{asked}.")):
        return
    wanted = resolved(asked)
    if wanted is None:
        raise errors.invalid_version(request.id.name, str(asked))
    if _support_plan(request) not in support_plans(wanted.rpartition(".")[0]):
        raise errors.long_term_support_only(request.id.name, wanted)
    if current:
        _check_version_change(current, wanted)


def _support_plan(request: PutRequest) -> str:
    """Return the plan that a cluster is to be supported with; long-term support needs the tier Premium."""
    premium = (request.body.get("sku") or {}).get("tier") == "Premium"
    return str(request.properties.get("supportPlan") or OFFICIAL_PLAN) if premium else OFFICIAL_PLAN


def _check_version_change(current: str, wanted: str) -> None:
    """Check that a control plane is upgraded by one minor version at most, and never downgraded."""
    offered = upgrades_from(current)
    if wanted in offered:
        return
    raise errors.version_change_refused(current, wanted, offered, newer=is_newer(wanted, current))


def check_pool_version(pool: dict[str, Any], cluster: str) -> None:
    """Check that a pool is not ahead of its control plane."""
    version = resolved(pool.get("orchestratorVersion")) if pool.get("orchestratorVersion") else None
    if version and minor(version) > minor(cluster):
        raise errors.pool_version_newer(version, cluster)


def check_pool_versions(request: PutRequest, cluster: Resource, pools: list[Resource], version: str) -> None:
    """Check that the request of a cluster gives no pool a version of its own.

    All pools name a version, or none does. They then keep theirs, or have that of the control plane
    (terraform-provider-azurerm issue 23436); with automatic upgrades, pools do not keep theirs while the
    control plane gets another one (azure-aks-docs, articles/aks/auto-upgrade-cluster.md).

    Args:
        request: for the cluster.
        cluster: as it is.
        pools: all that it has.
        version: of the control plane after the request.

    """
    profiles = request.properties.get("agentPoolProfiles") or []
    asked = {pool.get("name"): pool.get("orchestratorVersion") for pool in profiles}
    if not any(asked.values()):
        return
    channel = _at(request.properties, "autoUpgradeProfile.upgradeChannel") or _at(
        cluster.properties, "autoUpgradeProfile.upgradeChannel"
    )
    may_keep = channel in {None, "none"} or version == cluster.properties["currentKubernetesVersion"]
    keep = all(asked.get(pool.id.name) == pool.properties["orchestratorVersion"] for pool in pools)
    of_control_plane = {version, request.properties.get("kubernetesVersion") or version}
    if not (may_keep and keep) and not set(asked.values()) <= of_control_plane:
        raise errors.pool_versions_refused()


def _check_new(request: PutRequest) -> None:
    properties = request.properties
    for name in ("dnsPrefix", "agentPoolProfiles"):
        if not properties.get(name):
            raise errors.missing_parameter(name)
    if not request.body.get("identity") and not properties.get("servicePrincipalProfile"):
        raise errors.missing_parameter("servicePrincipalProfile")
    if not _DNS_PREFIX.fullmatch(properties["dnsPrefix"]):
        raise errors.invalid_parameter(
            "dnsPrefix",
            f"DNS prefix '{properties['dnsPrefix']}' is invalid. DNS prefix must start and end with "
            "alphanumeric values, be between 1-54 characters, and only contain alphanumerics and hyphens "
            "(-).",
        )
    if len(properties.get("nodeResourceGroup") or "") > MAXIMUM_NODE_GROUP_NAME:
        raise errors.invalid_parameter("nodeResourceGroup", "The name has more than 80 characters.")


def check_pools(pools: list[dict[str, Any]], location: str) -> None:
    """Validate all pools of a cluster, and that their names differ and one is a system pool."""
    names = [pool.get("name") for pool in pools]
    if len(set(names)) != len(names):
        raise errors.invalid_parameter("agentPoolProfiles", "The names of agent pools must be unique.")
    for pool in pools:
        check_pool(str(pool.get("name", "")), pool, location)
    if not any(pool.get("mode") == "System" for pool in pools):
        raise errors.invalid_parameter("agentPoolProfiles", "Must define at least one system pool.")


def check_pool(name: str, pool: dict[str, Any], location: str) -> None:
    """Validate the properties of a pool."""
    if not _POOL_NAME.fullmatch(name):
        raise errors.invalid_parameter(
            "agentPoolProfile.name",
            f"Invalid agent pool name '{name}': it must start with a lowercase letter, have max length of "
            "12, and only have characters a-z0-9.",
        )
    _check_size(pool, location)
    _check_counts(name, pool)
    _check_upgrade_settings(pool)
    for taint in pool.get("nodeTaints") or []:
        if not _TAINT.fullmatch(taint):
            message = f"Node taint '{taint}' is invalid: it must be of the form key=value:effect."
            raise errors.invalid_parameter("agentPoolProfile.nodeTaints", message)


def _check_size(pool: dict[str, Any], location: str) -> None:
    name = pool.get("vmSize")
    if not name:
        raise errors.missing_parameter("agentPoolProfile.vmSize")
    size = vm_size(name)
    if size is None:
        raise errors.size_not_allowed(name, location, sorted(VM_SIZES))
    too_small = size.cores < MINIMUM_SYSTEM_CORES or size.memory_gib < MINIMUM_SYSTEM_MEMORY_GIB
    if pool.get("mode") == "System" and too_small:
        raise errors.system_pool_too_small()


def _check_upgrade_settings(pool: dict[str, Any]) -> None:
    """Check how nodes are replaced: after surge nodes are added, or by draining existing nodes.

    Azure takes one of both (AKS issue 4277), and only the former in system pools (ARO-HCP pull request 6038).
    """
    settings = pool.get("upgradeSettings") or {}
    surge, unavailable = (
        str(settings.get(key) or default).rstrip("%") not in {"0", ""}
        for key, default in (("maxSurge", "10%"), ("maxUnavailable", "0"))
    )
    parameter = "agentPoolProfile.upgradeSettings"
    if surge and unavailable:
        raise errors.invalid_parameter(parameter, "maxSurge must be 0 when maxUnavailable is set.")
    if not surge and not unavailable:
        raise errors.invalid_parameter(parameter, "maxSurge and maxUnavailable cannot both be 0.")
    if unavailable and pool.get("mode") == "System":
        raise errors.invalid_parameter(parameter, "maxUnavailable is not supported for system node pools.")


def _check_counts(name: str, pool: dict[str, Any]) -> None:
    count, least, most = pool.get("count", 1), pool.get("minCount"), pool.get("maxCount")
    fewest = 1 if pool.get("mode") == "System" else 0
    if not fewest <= int(count) <= MAXIMUM_NODES:
        details = f"Agent pool {name} can have {fewest} to {MAXIMUM_NODES} nodes, not {count}."
        raise errors.invalid_parameter("agentPoolProfile.count", details)
    if not pool.get("enableAutoScaling"):
        if least is not None or most is not None:
            details = f"minCount and maxCount of agent pool {name} can only be set with enableAutoScaling."
            raise errors.invalid_parameter("agentPoolProfile.enableAutoScaling", details)
        return
    if least is None or most is None:
        raise errors.missing_parameter(f"agentPoolProfile.{'minCount' if least is None else 'maxCount'}")
    if not max(fewest, int(least)) <= int(count) <= int(most) <= MAXIMUM_NODES or int(least) < fewest:
        details = f"Agent pool {name} must keep minCount ({least}) <= count ({count}) <= maxCount ({most})."
        raise errors.invalid_parameter("agentPoolProfile.count", details)


def check_unchanged(before: dict[str, Any], wanted: dict[str, Any], fixed: tuple[str, ...]) -> None:
    """Check that properties which can't change ("networkProfile.networkPlugin") are missing or unchanged."""
    for path in fixed:
        now, then = _at(before, path), _at(wanted, path)
        if then is not None and now is not None and str(then).lower() != str(now).lower():
            raise errors.change_not_allowed(path)


def _at(properties: dict[str, Any], path: str) -> Any:
    value: Any = properties
    for step in path.split("."):
        value = (value or {}).get(step)
    return value
