"""The errors of the Kubernetes service in its own words: bare `{"code", "details", "message", "subcode"}`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.azure.resource_manager.core.errors import ArmError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


# The ends of several messages.
LIST_VERSIONS = (
    "use [az aks get-versions] command to get the supported version list in this region. For more "
    "information, please check https://aka.ms/supported-version-list"
)
USE_POOL_OPERATIONS = (
    "For agent pool specific change, please use per agent pool operations: https://aka.ms/agent-pool-rest-api"
)


def error(status: int, code: str, message: str, target: str | None = None) -> ArmError:
    """Return an error in the form of the service."""
    return ArmError(status, code, message, target, subcode="")


def invalid_parameter(name: str, details: str) -> ArmError:
    """Return the error of an invalid value."""
    message = f"The value of parameter {name} is invalid. Error details: {details}"
    return error(400, "InvalidParameter", message, name)


def missing_parameter(name: str) -> ArmError:
    """Return the error of a missing value."""
    return error(400, "InvalidParameter", f"Required parameter {name} is missing (null).", name)


def change_not_allowed(what: str) -> ArmError:
    """Return the error of a property that can't be changed."""
    return error(400, "PropertyChangeNotAllowed", f"Changing property '{what}' is not allowed.", what)


def in_progress(verb: str, operation: str, since: datetime) -> ArmError:
    """Return the error of a cluster on which another operation runs."""
    return error(
        409,
        "OperationNotAllowed",
        f"Operation is not allowed because there's an in progress {verb} managed cluster operation "
        f"(operation ID: {operation}) on the managed cluster started on UTC {since:%Y-%m-%d %H:%M:%S}. "
        "Please wait for it to finish before starting a new operation. See "
        "https://aka.ms/aks-pending-operation for more details",
    )


def stopped(name: str) -> ArmError:
    """Return the error of a stopped cluster, which can only be started or deleted."""
    return error(
        409,
        "OperationNotAllowed",
        f"Operation is not allowed: managed cluster {name} is stopped. Only start and delete are allowed on "
        "a stopped cluster. See https://aka.ms/aks-cluster-stopped for more details",
    )


def invalid_version(cluster: str, version: str) -> ArmError:
    """Return the error of a version that is not offered (Microsoft-Defender-for-Cloud issue 923)."""
    return error(
        400,
        "K8sVersionNotSupported",
        f"Managed cluster {cluster} has invalid version {version}. Please {LIST_VERSIONS}",
    )


def long_term_support_only(cluster: str, version: str) -> ArmError:
    """Return the error of a version that only Long-Term Support can use (kubeblocks pull request 10136)."""
    return error(
        400,
        "K8sVersionNotSupported",
        f"Managed cluster {cluster} is on version {version}, which is only available for Long-Term Support "
        "(LTS). If you intend to onboard to LTS, please ensure the cluster is in Premium tier and LTS "
        f"support plan (see https://aka.ms/aks/enable-lts). Otherwise, {LIST_VERSIONS}",
    )


def version_change_refused(current: str, wanted: str, offered: Iterable[str], *, newer: bool) -> ArmError:
    """Return the error of an upgrade that skips a minor version, or of a downgrade."""
    verb = "Upgrading" if newer else "Downgrading"
    return error(
        400,
        "OperationNotAllowed",
        f"{verb} Kubernetes version {current} to {wanted} is not allowed. Available upgrades: "
        f"[{' '.join(offered)}]. Please see https://aka.ms/aks-supported-k8s-ver for version details.",
    )


def pool_version_newer(pool: str, cluster: str) -> ArmError:
    """Return the error of an agent pool that would be ahead of its control plane."""
    return error(
        400,
        "NodePoolMcVersionIncompatible",
        f"Node pool version {pool} and control plane version {cluster} are incompatible. Minor version of "
        f"node pool version {pool} is bigger than control plane version {cluster}. For more information, "
        "please check https://aka.ms/aks/UpgradeVersionRules",
    )


def new_pool_refused() -> ArmError:
    """Return the error of a new agent pool in the request of its cluster (microsoft/tyger issue 121)."""
    return error(
        400,
        "BadRequest",
        "A new agent pool was introduced. Adding agent pools to an existing cluster is not allowed through "
        f"managed cluster operations. {USE_POOL_OPERATIONS}",
        "agentPoolProfiles",
    )


def pool_versions_refused() -> ArmError:
    """Return the error of a cluster's request that gives its pools versions of their own."""
    return error(
        400,
        "NotAllAgentPoolOrchestratorVersionSpecifiedAndUnchanged",
        "Using managed cluster api, all Agent pools' OrchestratorVersion must be all specified or all "
        "unspecified. If all specified, they must be stay unchanged or the same with control plane. "
        f"{USE_POOL_OPERATIONS}",
    )


def last_system_pool() -> ArmError:
    """Return the error of a deletion of the last system pool (cluster-api-provider-azure issue 1355)."""
    return error(400, "OperationNotAllowed", "There has to be at least one system agent pool.")


def already_in_state(state: str, power: str, *, starting: bool) -> ArmError:
    """Return the error of a start of a running cluster, or a stop of a stopped one."""
    return error(
        400,
        "OperationNotAllowed",
        f"managed cluster is in Provisioning State({state}) and Power State({power}), "
        f"{'starting' if starting else 'stopping'} cannot be performed",
    )


def group_not_reconciled(refusal: ArmError) -> ArmError:
    """Return the error of a node resource group, or a network resource in it, that was refused."""
    return error(
        400,
        "ReconcileResourceGroupError",
        f"Resource request failed due to {refusal.code}. Please see https://aka.ms/aks-"
        f'{refusal.code.lower()} for more details. The detailed error message: Code="{refusal.code}" '
        f'Message="{refusal.message}" Target="{refusal.target or ""}"',
    )


def scale_set_not_created(refusal: ArmError) -> ArmError:
    """Return the error of a scale set that was refused."""
    return error(
        400,
        "CreateVMSSAgentPoolFailed",
        f"VMSSAgentPoolReconciler retry failed: Category: ClientError; SubCode: {refusal.code}; Dependency: "
        f'Microsoft.Compute/VirtualMachineScaleSet; OrginalError: Code="{refusal.code}" '
        f'Message="{refusal.message}"; AKSTeam: NodeProvisioning, Retriable: false',
    )


def size_not_allowed(size: str, location: str, available: list[str]) -> ArmError:
    """Return the error of a VM size that the subscription can't have in a region."""
    return error(
        400,
        "BadRequest",
        f"The VM size of {size} is not allowed in your subscription in location '{location}'. The available "
        f"VM sizes are '{','.join(available)}'.",
        "agentPoolProfile.vmSize",
    )


def system_pool_too_small() -> ArmError:
    """Return the error of a system pool with a VM size that is too small."""
    message = (
        "System node pool must use VM sku with more than 2 cores and 4GB memory. See "
        "https://aka.ms/aks-vm-sizes."
    )
    return error(400, "SystemPoolSkuTooLow", message, "agentPoolProfile.vmSize")


def insufficient_regional_quota(location: str, left: int, requested: int) -> ArmError:
    """Return the error of a request for more cores than the region has left."""
    return error(
        400,
        "ErrCode_InsufficientVCPUQuota",
        f"Insufficient regional vcpu quota left for location {location}. left regional vcpu quota {left}, "
        f"requested quota {requested}. If you want to increase the quota, please follow this instruction: "
        "https://docs.microsoft.com/en-us/azure/quotas/view-quotas.",
    )


def insufficient_family_quota(family: str, location: str, left: int, requested: int) -> ArmError:
    """Return the error of a request for more cores than the VM family has left."""
    return error(
        400,
        "ErrCode_InsufficientVCPUQuota",
        f"Insufficient vcpu quota requested {requested}, remaining {left} for family {family} for region "
        f"{location}.",
    )
