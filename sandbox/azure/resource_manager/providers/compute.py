"""Microsoft.Compute: core quotas and VM sizes, which clients look at before they create a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.actions import SUBSCRIPTION_PATH, Action, ActionRequest
from sandbox.azure.resource_manager.core.locations import LOCATION_NAMES, normalised
from sandbox.azure.resource_manager.core.resource_types import Provider, ResourceType
from sandbox.azure.resource_manager.providers.container_service.quota import cores_used
from sandbox.clusters.vm_sizes import VM_SIZES

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.catalog import Catalog
    from sandbox.azure.resource_manager.core.services import Services

_COMPUTE = f"{SUBSCRIPTION_PATH}/providers/Microsoft.Compute"


class ComputeActions:
    """Usages and sizes.

    Args:
        services: what the actions work with.

    """

    def __init__(self, services: Services) -> None:
        self._services = services

    def actions(self) -> tuple[Action, ...]:
        """Return the actions, to be installed."""
        usages, skus = f"{_COMPUTE}/locations/{{location}}/usages", f"{_COMPUTE}/skus"
        sizes = f"{_COMPUTE}/locations/{{location}}/vmSizes"
        return (
            Action("GET", usages, "Microsoft.Compute/locations/usages/read", SUBSCRIPTION_PATH, self.usages),
            Action("GET", sizes, "Microsoft.Compute/locations/vmSizes/read", SUBSCRIPTION_PATH, self.sizes),
            Action("GET", skus, "Microsoft.Compute/skus/read", SUBSCRIPTION_PATH, self.skus),
        )

    async def usages(self, request: ActionRequest) -> dict[str, Any]:
        """List cores in use and their limits: of the region ("cores") and of each VM family."""
        location = _location(request)
        subscription = self._services.subscriptions.get(request.arguments["subscription"])
        used = cores_used(self._services.state, subscription.id, location)
        families = sorted({size.family for size in VM_SIZES.values()})
        entries = [_usage("cores", "Total Regional vCPUs", used.total(), subscription.core_limit)]
        entries += [_usage(each, each, used[each], subscription.family_core_limit(each)) for each in families]
        return {"value": entries}

    async def sizes(self, request: ActionRequest) -> dict[str, Any]:
        """List the sizes of a region."""
        _location(request)
        return {
            "value": [
                {"name": size.name, "numberOfCores": size.cores, "memoryInMB": int(size.memory_gib * 1024)}
                for size in VM_SIZES.values()
            ]
        }

    async def skus(self, request: ActionRequest) -> dict[str, Any]:
        """List the sizes with their capabilities, filtered by `location eq '…'`."""
        wanted = request.query.get("$filter", "")
        places = [name for name in LOCATION_NAMES if not wanted or f"'{name}'" in wanted.lower()]
        return {"value": [_sku(name, place) for place in places for name in VM_SIZES]}


def _location(request: ActionRequest) -> str:
    location = normalised(request.arguments["location"])
    if location not in LOCATION_NAMES:
        raise errors.bad_request("InvalidParameter", f"The location '{location}' is invalid.")
    return location


def _usage(name: str, title: str, used: int, limit: int) -> dict[str, Any]:
    return {
        "unit": "Count",
        "currentValue": used,
        "limit": limit,
        "name": {"value": name, "localizedValue": title},
    }


def _sku(name: str, location: str) -> dict[str, Any]:
    size = VM_SIZES[name]
    facts = {
        "vCPUs": size.cores,
        "MemoryGB": size.memory_gib,
        "PremiumIO": name.rpartition("_")[0].endswith("s"),
    }
    return {
        "resourceType": "virtualMachines",
        "name": name,
        "tier": "Standard",
        "size": name.removeprefix("Standard_"),
        "family": size.family,
        "locations": [location],
        "locationInfo": [{"location": location, "zones": ["1", "2", "3"], "zoneDetails": []}],
        "capabilities": [{"name": key, "value": str(value)} for key, value in facts.items()],
        "restrictions": [],
    }


class VirtualMachineScaleSets(ResourceType):
    """Scale sets, which the Kubernetes service creates for node pools."""

    name: ClassVar[str] = "Microsoft.Compute/virtualMachineScaleSets"
    api_versions: ClassVar[tuple[str, ...]] = ("2025-04-01", "2024-11-01", "2024-07-01", "2024-03-01")
    tracked = True


class Disks(ResourceType):
    """Disks, which the disk driver of a cluster creates for claims."""

    name: ClassVar[str] = "Microsoft.Compute/disks"
    api_versions: ClassVar[tuple[str, ...]] = ("2025-01-02", "2024-03-02", "2023-10-02", "2023-04-02")
    tracked = True


def provider(services: Services, _catalog: Catalog) -> Provider:
    """Return the provider Microsoft.Compute."""
    return Provider(
        "Microsoft.Compute",
        (VirtualMachineScaleSets(services), Disks(services)),
        ComputeActions(services).actions(),
    )
