"""Tells in which states a cluster cannot be used by a deployment, each in its own words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.azure.clusters import STOPPED, power_state
from deployer.azure.managed_cluster import SYSTEM_POOL, USER_POOL
from deployer.errors import AzureError, DeployerError, PreflightError
from deployer.settings.types.tags import CREATED_BY_TAG, NAME_TAG

if TYPE_CHECKING:
    from azure.mgmt.containerservice.models import ManagedCluster

    from deployer.names import HubNames
    from deployer.settings import Settings

DELETING = "Deleting"
# Other states while an operation goes on: Creating, Updating, Upgrading, ProvisionControlPlane, and more.
SETTLED_STATES = frozenset({"Succeeded", "Failed", "Canceled"})
_UNDER_WAY = {
    "Creating": "{what} is being created",
    "Updating": "{what} is being updated",
    "Upgrading": "{what} is being upgraded",
    "Scaling": "{what} is being scaled",
    "Starting": "{what} is being started",
    "Stopping": "{what} is being stopped",
    DELETING: "{what} is being deleted",
}


def check_usable(found: ManagedCluster, names: HubNames) -> None:
    """Refuse a cluster of others, one of another hub, one without local accounts, and a stopped one.

    Raises:
        PreflightError: with what to do about it.

    """
    check_ours(found, names)
    if found.disable_local_accounts:
        # Azure then returns a kubeconfig that calls a program of its own to sign in.
        raise PreflightError(
            f"The local accounts of the cluster {names.cluster} are off, and the deployer needs one.",
            cause="It signs in to the Kubernetes API with the certificate that Azure gives to whoever has "
            "the role Contributor on the cluster.",
            suggestion="Switch them on while you deploy: az aks update --enable-local-accounts, with "
            f"--resource-group and --name {names.cluster}.",
        )
    if found.provisioning_state not in SETTLED_STATES:
        # The power state of a cluster that is being started is that from before; the step `cluster` waits for
        # the end of the operation and checks again.
        return
    if power_state(found) == STOPPED:
        raise PreflightError(
            f"The cluster {names.cluster} is stopped.",
            suggestion="Start it, which takes about ten minutes: `binderhub-deployer start`, with --name "
            f"{names.hub} and --resource-group. Then start again.",
        )
    for pool in found.agent_pool_profiles or ():
        code = pool.power_state.code if pool.power_state else None
        if pool.name in {SYSTEM_POOL, USER_POOL} and getattr(code, "value", code) == STOPPED:
            raise PreflightError(
                f"The node pool {pool.name} of the cluster {names.cluster} is stopped.",
                suggestion=f"Start it (portal, {names.cluster}, Node pools, {pool.name}), then start again.",
            )


def check_ours(found: ManagedCluster, names: HubNames) -> None:
    """Refuse a cluster of others, and one of another hub.

    Raises:
        PreflightError: with what to do about it.

    """
    tags = found.tags or {}
    if CREATED_BY_TAG not in tags:
        raise PreflightError(
            f"There already is a cluster {names.cluster}, and this deployer did not create it.",
            suggestion="Choose another BINDERHUB_NAME, or another resource group.",
        )
    if tags.get(NAME_TAG) != names.hub:
        raise PreflightError(
            f"The cluster {names.cluster} belongs to another hub: its {NAME_TAG} is {tags.get(NAME_TAG)}.",
            suggestion="Choose another BINDERHUB_NAME or resource group. If the tag was changed by mistake, "
            f"set it to {names.hub} again (portal, {names.cluster}, Tags).",
        )


def check_region(found: ManagedCluster, settings: Settings) -> None:
    """Refuse another region than that of the cluster: the addresses of a hub are in it, and have its name.

    Raises:
        PreflightError: with what to do about it.

    """
    if found.location == settings.region:
        return
    raise PreflightError(
        f"The hub {settings.binderhub_name} is in {found.location}, and this deployment is for "
        f"{settings.region}: a hub stays in its region.",
        suggestion=f"Set RESOURCE_GROUP_LOCATION to {found.location} (--location {found.location}; in the "
        f"form, the location). For a hub in {settings.region} choose another BINDERHUB_NAME or resource "
        "group, or remove this one first: `binderhub-deployer teardown`.",
    )


def check_node_sizes(found: ManagedCluster, settings: Settings) -> None:
    """Refuse other sizes than those of the node pools, which Azure cannot change.

    How many sessions the hub takes follows from the size of the user pool. A size of the system pool that was
    not chosen, but follows from it, is no reason to refuse.

    Raises:
        PreflightError: with what to do about it.

    """
    wanted = {USER_POOL: "aks_node_vm_size"}
    if settings.is_chosen("aks_system_node_vm_size"):
        wanted[SYSTEM_POOL] = "aks_system_node_vm_size"
    for pool in found.agent_pool_profiles or ():
        field = wanted.get(str(pool.name))
        if (
            field is None
            or not pool.vm_size
            or pool.vm_size.casefold() == getattr(settings, field).casefold()
        ):
            continue
        raise PreflightError(
            f"The node pool {pool.name} has machines of the size {pool.vm_size}, and this deployment is for "
            f"{getattr(settings, field)}: Azure cannot change the size of a pool.",
            suggestion=f"Set {field.upper()} to {pool.vm_size}."
            + (_how_to_replace(found.name, settings.aks_node_vm_size) if pool.name == USER_POOL else ""),
        )


def _how_to_replace(cluster: str | None, size: str) -> str:
    return (
        f" For machines of the size {size}, delete the node pool {USER_POOL} when no sessions run (portal, "
        f"{cluster}, Node pools), and deploy again, which creates it."
    )


def operation_on(found: ManagedCluster) -> str | None:
    """Return what goes on with a cluster or with one of its node pools; None where nothing does.

    An operation on a pool alone leaves the state of the cluster as it is, and yet Azure begins no other one
    meanwhile.
    """
    whole = f"the cluster {found.name}"
    states = {whole: found.provisioning_state}
    for pool in found.agent_pool_profiles or ():
        states[f"the node pool {pool.name} of {whole}"] = pool.provisioning_state
    unsettled = ((what, str(state)) for what, state in states.items() if state not in {*SETTLED_STATES, None})
    return next((under_way(state, what) for what, state in unsettled), None)


def under_way(state: str, what: str) -> str:
    """Return what goes on with something, such as "the cluster demo", from its provisioning state."""
    sentence = _UNDER_WAY.get(state, "an operation on {what} goes on ({state})")
    return sentence.format(what=what, state=state)


def locked(error: AzureError, name: str) -> DeployerError:
    """Return the error for a cluster that a lock protects from what the run has to do."""
    return PreflightError(
        f"A lock protects the cluster {name}: it can be neither changed nor used while the lock is there.",
        cause=f"Azure says: {error.message}",
        suggestion="Ask whoever set the lock to remove it, or to make it one that forbids deletion only "
        "(portal, the cluster or its resource group, Locks).",
    )
