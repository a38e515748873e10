"""Clusters as Azure returns them after a request of ours."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from deployer.azure.cluster_update import ClusterUpdate, plan_update, version_wanted
from deployer.azure.managed_cluster import ClusterWish, describe_cluster
from deployer.azure.node_pool_update import NodePoolUpdate, plan_pool_updates
from deployer.names import derive_names
from tests.deployer.settings_of import settings_of

if TYPE_CHECKING:
    from deployer.azure.managed_cluster import Body

CURRENT = "1.34.2"


def wanted(*, surges: bool = False, **given: str) -> Body:
    """Return the description of the cluster of a hub with these settings."""
    settings = settings_of(**given)
    return describe_cluster(ClusterWish(settings, derive_names(settings), user_pool_surges=surges))


def as_azure_has_it(*, surges: bool = False, **given: str) -> Body:
    """Return this cluster with its state, its version, and fields that Azure adds."""
    body = copy.deepcopy(wanted(surges=surges, **given))
    body["properties"] |= {
        "provisioningState": "Succeeded",
        "powerState": {"code": "Running"},
        "kubernetesVersion": CURRENT,
        "currentKubernetesVersion": CURRENT,
        "fqdn": "demo-x.hcp.westeurope.azmk8s.io",
    }
    for pool in body["properties"]["agentPoolProfiles"]:
        pool |= {"maxPods": 250, "orchestratorVersion": CURRENT, "currentOrchestratorVersion": CURRENT}
    return body


def update_of(found: Body, *, surges: bool = False, **given: str) -> ClusterUpdate:
    """Return what a run with these settings would change."""
    version = version_wanted(given.get("aks_kubernetes_version"), found)
    return plan_update(found, wanted(surges=surges, **given), version)


def pools_to_put(found: Body, *, surges: bool = False, **given: str) -> dict[str, NodePoolUpdate]:
    """Return the requests of single pools that a run with these settings makes, by the names of the pools."""
    version = version_wanted(given.get("aks_kubernetes_version"), found)
    updates = plan_pool_updates(found, wanted(surges=surges, **given), version)
    return {update.name: update for update in updates}


def pool_of(body: Body, name: str) -> dict[str, Any]:
    """Return one pool of a cluster."""
    return next(pool for pool in body["properties"]["agentPoolProfiles"] if pool["name"] == name)
