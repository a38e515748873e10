"""Describes the managed cluster of a hub as the body of its request, with all node pools."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deployer.settings.types.addresses import EVERYBODY

if TYPE_CHECKING:
    from deployer.names import HubNames
    from deployer.settings import Settings

Body = dict[str, Any]
"""A body as it goes over the wire, or a part of one."""

CLUSTER_TYPE = "Microsoft.ContainerService/managedClusters"
# For requests without the SDK's client for clusters.
CLUSTER_API = "2025-10-01"

# Names of Zero to JupyterHub, which the affinities and tolerations of the charts refer to.
NODE_PURPOSE = "hub.jupyter.org/node-purpose"
USER_TAINT = "hub.jupyter.org_dedicated=user:NoSchedule"

SYSTEM_POOL = "system"
USER_POOL = "user"

UPGRADE_CHANNEL = "patch"
NODE_OS_CHANNEL = "NodeImage"

# Nobody changes machines, addresses and disks past the cluster, whatever role they have on the subscription.
LOCKED_NODE_GROUP: Body = {"restrictionLevel": "ReadOnly"}
# Once a week, images with known holes that no pod uses are removed from the nodes.
IMAGE_CLEANER: Body = {"enabled": True, "intervalHours": 168}

# From Kubernetes 1.37 on, nodes with four cores or more answer DNS themselves (LocalDNS), unless their pool
# says no. Network policies cannot name a node, so those of the hub would leave its pods without DNS
# (learn.microsoft.com/azure/aks/localdns-custom).
NO_LOCAL_DNS: Body = {"mode": "Disabled"}

# With a surge node an upgrade needs room for one more node and leaves every session its room; without one a
# node is drained first. Azure takes either, not both, and no system pool without a surge node.
SURGE: Body = {"maxSurge": "1", "maxUnavailable": "0"}
NO_SURGE: Body = {"maxSurge": "0", "maxUnavailable": "1"}


@dataclass(frozen=True)
class ClusterWish:
    """What a description derives from.

    Attributes:
        settings: of the hub, with its region.
        names: derived from them.
        user_pool_surges: whether the quota has room for one more node of the user pool during an upgrade.
        own_range: of this machine, which the API server has to answer beside those of the settings.

    """

    settings: Settings
    names: HubNames
    user_pool_surges: bool = False
    own_range: str | None = None

    @property
    def authorised_ranges(self) -> list[str] | None:
        """The only addresses that the API server answers: none for all, None where nobody has decided."""
        wanted = self.settings.api_server_authorized_ranges
        own = () if self.own_range is None else (self.own_range,)
        return [each for each in (*wanted, *own) if each != EVERYBODY] if wanted else None


def describe_cluster(wish: ClusterWish) -> Body:
    """Return the body that creates the cluster."""
    settings, names = wish.settings, wish.names
    properties = {
        "dnsPrefix": names.dns_prefix,
        "nodeResourceGroup": names.node_resource_group,
        # Azure's default has no policy engine: the network policies of the charts would have no effect.
        "networkProfile": {
            "networkPlugin": "azure",
            "networkPluginMode": "overlay",
            "networkDataplane": "cilium",
            "networkPolicy": "cilium",
            "loadBalancerSku": "standard",
            "outboundType": "loadBalancer",
        },
        "autoUpgradeProfile": {"upgradeChannel": UPGRADE_CHANNEL, "nodeOSUpgradeChannel": NODE_OS_CHANNEL},
        "oidcIssuerProfile": {"enabled": True},
        "nodeResourceGroupProfile": dict(LOCKED_NODE_GROUP),
        "securityProfile": {"imageCleaner": dict(IMAGE_CLEANER)},
        "agentPoolProfiles": [system_pool(wish), user_pool(wish)],
    }
    if (ranges := wish.authorised_ranges) is not None:
        properties["apiServerAccessProfile"] = {"authorizedIPRanges": ranges}
    if settings.aks_kubernetes_version:
        properties["kubernetesVersion"] = settings.aks_kubernetes_version
    return {
        "location": settings.region,
        "tags": dict(names.tags),
        "sku": {"name": "Base", "tier": str(settings.aks_tier)},
        "identity": {"type": "SystemAssigned"},
        "properties": properties,
    }


def system_pool(wish: ClusterWish) -> Body:
    """Describe the node pool for the pods of AKS and of the hub itself: one node."""
    pool = _pool(wish, SYSTEM_POOL, wish.settings.aks_system_node_vm_size)
    return pool | {
        "mode": "System",
        "count": 1,
        "enableAutoScaling": False,
        "nodeLabels": {NODE_PURPOSE: "core"},
        "upgradeSettings": dict(SURGE),
    }


def user_pool(wish: ClusterWish) -> Body:
    """Describe the node pool for sessions and builds, which the autoscaler grows and shrinks."""
    settings = wish.settings
    return _pool(wish, USER_POOL, settings.aks_node_vm_size) | {
        "mode": "User",
        "count": settings.aks_node_count,
        "minCount": settings.aks_node_count,
        "maxCount": settings.aks_node_count_max,
        "enableAutoScaling": True,
        "nodeLabels": {NODE_PURPOSE: "user"},
        "nodeTaints": [USER_TAINT],
        "upgradeSettings": dict(SURGE if wish.user_pool_surges else NO_SURGE),
    }


def _pool(wish: ClusterWish, name: str, vm_size: str) -> Body:
    pool = {
        "name": name,
        "vmSize": vm_size,
        # Only clusters of scale sets can be stopped and started.
        "type": "VirtualMachineScaleSets",
        "osType": "Linux",
        "localDNSProfile": dict(NO_LOCAL_DNS),
        # Tags of the cluster do not reach its pools: a policy that demands tags would refuse the scale sets.
        "tags": dict(wish.names.tags),
    }
    # A pool without a version would stay behind when the cluster's rises.
    if wish.settings.aks_kubernetes_version:
        pool["orchestratorVersion"] = wish.settings.aks_kubernetes_version
    return pool
