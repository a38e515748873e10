"""Microsoft.Compute: quotas and sizes, which are looked at before a cluster is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.locations import LOCATION_NAMES, normalised
from sandbox.azure.resource_manager.core.resource_types import Call, Function, Provider
from sandbox.azure.resource_manager.providers.container_service.quota import cores_used
from sandbox.azure.resource_manager.providers.subscriptions import SUBSCRIPTION
from sandbox.azure.vm_sizes import VM_SIZES

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.kernel import Kernel

# Azure puts a space before every capital of a family and leaves out the word itself.
_COMPUTE = f"{SUBSCRIPTION}/providers/Microsoft.Compute"


class ComputeFunctions:
    """Usages and sizes."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    def functions(self) -> tuple[Function, ...]:
        """The functions, for the kernel's list."""
        usages, skus = f"{_COMPUTE}/locations/{{location}}/usages", f"{_COMPUTE}/skus"
        sizes = f"{_COMPUTE}/locations/{{location}}/vmSizes"
        return (
            Function("GET", usages, "Microsoft.Compute/locations/usages/read", SUBSCRIPTION, self.usages),
            Function("GET", sizes, "Microsoft.Compute/locations/vmSizes/read", SUBSCRIPTION, self.sizes),
            Function("GET", skus, "Microsoft.Compute/skus/read", SUBSCRIPTION, self.skus),
        )

    async def usages(self, call: Call) -> dict[str, Any]:
        """Cores in use and their limits: of the region ("cores") and of each family."""
        location = _location(call)
        subscription = self._kernel.subscription(call.arguments["subscription"])
        used = cores_used(self._kernel, subscription.id, location)
        families = sorted({size.family for size in VM_SIZES.values()})
        entries = [_usage("cores", "Total Regional vCPUs", used.total(), subscription.core_limit)]
        entries += [_usage(each, each, used[each], subscription.family_core_limit(each)) for each in families]
        return {"value": entries}

    async def sizes(self, call: Call) -> dict[str, Any]:
        """The sizes of one region."""
        _location(call)
        return {
            "value": [
                {"name": size.name, "numberOfCores": size.cores, "memoryInMB": int(size.memory_gib * 1024)}
                for size in VM_SIZES.values()
            ]
        }

    async def skus(self, call: Call) -> dict[str, Any]:
        """The sizes with what they can; `$filter=location eq '…'` gives those of one region."""
        wanted = call.query.get("$filter", "")
        places = [name for name in LOCATION_NAMES if not wanted or f"'{name}'" in wanted.lower()]
        return {"value": [_sku(name, place) for place in places for name in VM_SIZES]}


def _location(call: Call) -> str:
    location = normalised(call.arguments["location"])
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


def provider(kernel: Kernel) -> Provider:
    """Microsoft.Compute."""
    return Provider("Microsoft.Compute", (), ComputeFunctions(kernel).functions())
