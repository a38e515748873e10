"""The defaults of clusters and pools, as recorded responses of Azure show them."""

from __future__ import annotations

import copy
import hashlib
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.providers.container_service.quota import vm_size
from sandbox.azure.resource_manager.providers.container_service.versions import minor, resolved

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.ids import ResourceId
    from sandbox.azure.resource_manager.core.resource_types import PutRequest

NODE_IMAGE = "AKSUbuntu-2404gen2containerd-202611.02.0"
OVERLAY_PODS, KUBENET_PODS, AZURE_PODS = 250, 110, 30
OS_DISK_GIB = 128
# The first minor version in which nodes answer DNS themselves (LocalDNS) unless their pool says no, and the
# fewest cores of a node that can (learn.microsoft.com/azure/aks/localdns-custom).
LOCAL_DNS_BY_DEFAULT = 37
LOCAL_DNS_CORES = 4

_NETWORK = {
    "networkPlugin": "azure",
    "networkPluginMode": "overlay",
    "networkPolicy": "none",
    "networkDataplane": "azure",
    "loadBalancerSku": "standard",
    "outboundType": "loadBalancer",
    "podCidr": "10.244.0.0/16",
    "podCidrs": ["10.244.0.0/16"],
    "serviceCidr": "10.0.0.0/16",
    "serviceCidrs": ["10.0.0.0/16"],
    "dnsServiceIP": "10.0.0.10",
    "ipFamilies": ["IPv4"],
    "podLinkLocalAccess": "IMDS",
}
_POOL = {
    "count": 1,
    "osDiskSizeGB": OS_DISK_GIB,
    "osDiskType": "Managed",
    "kubeletDiskType": "OS",
    "workloadRuntime": "OCIContainer",
    "type": "VirtualMachineScaleSets",
    "enableAutoScaling": False,
    "scaleDownMode": "Delete",
    "enableNodePublicIP": False,
    "mode": "User",
    "osType": "Linux",
    "osSKU": "Ubuntu",
    "upgradeStrategy": "Rolling",
    "upgradeSettings": {"maxSurge": "10%", "maxUnavailable": "0"},
    "enableFIPS": False,
    "enableEncryptionAtHost": False,
    "enableUltraSSD": False,
    "securityProfile": {"sshAccess": "LocalUser", "enableVTPM": False, "enableSecureBoot": False},
}


def without_nulls(value: Any) -> Any:
    """Return a copy without nulls, which clients send in place of missing values."""
    if isinstance(value, dict):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    return [without_nulls(inner) for inner in value] if isinstance(value, list) else copy.deepcopy(value)


def fqdn(cluster: ResourceId, dns_prefix: str, location: str, infix: str = "") -> str:
    """Return the host name of a cluster's API: the prefix, a hash of the id, and the region."""
    unique = hashlib.sha256(cluster.key.encode()).hexdigest()[:8]
    return f"{dns_prefix.lower()}-{unique}{infix}.hcp.{location}.azmk8s.io"


def cluster_properties(request: PutRequest) -> dict[str, Any]:
    """Return the properties of a new cluster, without its pools."""
    asked = without_nulls(request.properties)
    asked.pop("agentPoolProfiles", None)
    version = resolved(asked.get("kubernetesVersion"))
    network = {**_NETWORK, **asked.pop("networkProfile", {})}
    network.setdefault(
        "loadBalancerProfile", {"managedOutboundIPs": {"count": 1}, "backendPoolType": "nodeIPConfiguration"}
    )
    upgrade = {"nodeOSUpgradeChannel": "NodeImage", **asked.pop("autoUpgradeProfile", {})}
    properties = {
        "provisioningState": "Creating",
        "powerState": {"code": "Running"},
        "kubernetesVersion": version,
        "currentKubernetesVersion": version,
        "nodeResourceGroup": node_group(request.id, request.location),
        "enableRBAC": True,
        "supportPlan": "KubernetesOfficial",
        "maxAgentPools": 100,
        "disableLocalAccounts": False,
        "servicePrincipalProfile": {"clientId": "msi"},
        "securityProfile": {},
        "storageProfile": {
            name: {"enabled": True} for name in ("diskCSIDriver", "fileCSIDriver", "snapshotController")
        },
        "workloadAutoScalerProfile": {},
        "nodeProvisioningProfile": {"mode": "Manual", "defaultNodePools": "Auto"},
        "bootstrapProfile": {"artifactSource": "Direct"},
        **asked,
        "networkProfile": network,
        "autoUpgradeProfile": upgrade,
        "fqdn": fqdn(request.id, asked["dnsPrefix"], request.location),
        "azurePortalFQDN": fqdn(request.id, asked["dnsPrefix"], request.location, ".portal"),
        "resourceUID": hashlib.sha256(request.id.key.encode()).hexdigest()[:24],
    }
    properties["kubernetesVersion"] = asked.get("kubernetesVersion") or version
    properties["oidcIssuerProfile"] = _issuer(asked.get("oidcIssuerProfile") or {}, request)
    return properties


def node_group(cluster: ResourceId, location: str) -> str:
    """Return the default name of the node resource group: at most 80 characters."""
    return f"MC_{cluster.group}_{cluster.name}_{location}"[:80]


def _issuer(asked: dict[str, Any], request: PutRequest) -> dict[str, Any]:
    # New clusters have an issuer by default.
    if asked.get("enabled") is False:
        return {"enabled": False}
    unique = hashlib.sha256(request.id.key.encode()).hexdigest()[:32]
    url = f"https://{request.location}.oic.prod-aks.azure.com/{request.principal.tenant_id}/{unique}/"
    return {"enabled": True, "issuerURL": url}


def pool_properties(asked: dict[str, Any], cluster: dict[str, Any]) -> dict[str, Any]:
    """Return the properties of a pool with defaults; `cluster` are those of its cluster."""
    given = {key: value for key, value in without_nulls(asked).items() if key != "name"}
    version = cluster["currentKubernetesVersion"]
    network = cluster["networkProfile"]
    pods = OVERLAY_PODS if network.get("networkPluginMode") == "overlay" else AZURE_PODS
    if network["networkPlugin"] == "kubenet":
        pods = KUBENET_PODS
    completed = {
        **_POOL,
        "maxPods": pods,
        "orchestratorVersion": version,
        "nodeImageVersion": NODE_IMAGE,
        **given,
        "currentOrchestratorVersion": resolved(given.get("orchestratorVersion") or version),
        "provisioningState": "Creating",
        "powerState": {"code": "Running"},
    }
    return copy.deepcopy(completed | _local_dns(completed))


def _local_dns(pool: dict[str, Any]) -> dict[str, Any]:
    """Return the profile of the DNS proxy on the nodes of a pool, with its state, where there is one."""
    by_default = minor(pool["currentOrchestratorVersion"]) >= LOCAL_DNS_BY_DEFAULT
    profile = pool.get("localDNSProfile") or ({"mode": "Preferred"} if by_default else None)
    if profile is None:
        return {}
    size = vm_size(str(pool.get("vmSize")))
    fits = size is not None and size.cores >= LOCAL_DNS_CORES
    enabled = fits and (profile["mode"] == "Required" or (by_default and profile["mode"] == "Preferred"))
    return {"localDNSProfile": {**profile, "state": "Enabled" if enabled else "Disabled"}}
