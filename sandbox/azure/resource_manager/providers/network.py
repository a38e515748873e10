"""Microsoft.Network: whether a DNS label is free in a region."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.locations import LOCATION_NAMES, normalised
from sandbox.azure.resource_manager.core.resource_types import Call, Function, Provider
from sandbox.azure.resource_manager.providers.subscriptions import SUBSCRIPTION

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.kernel import Kernel

_LABEL = re.compile(r"[a-z][a-z0-9-]{1,61}[a-z0-9]")


class NetworkFunctions:
    """The check of labels."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    def functions(self) -> tuple[Function, ...]:
        """The functions, for the kernel's list."""
        path = f"{SUBSCRIPTION}/providers/Microsoft.Network/locations/{{location}}/checkDnsNameAvailability"
        right = "Microsoft.Network/locations/checkDnsNameAvailability/read"
        return (Function("GET", path, right, SUBSCRIPTION, self.check_label),)

    async def check_label(self, call: Call) -> dict[str, bool]:
        """`?domainNameLabel=…`: whether `<label>.<region>.cloudapp.azure.com` is free."""
        location, label = normalised(call.arguments["location"]), call.query.get("domainNameLabel", "")
        if location not in LOCATION_NAMES:
            raise errors.bad_request("InvalidParameter", f"The location '{location}' is invalid.")
        if not _LABEL.fullmatch(label):
            raise errors.bad_request(
                "InvalidDomainNameLabel",
                f"The domain name label {label} is invalid. It must conform to the following regular "
                "expression: "
                "^[a-z][a-z0-9-]{1,61}[a-z0-9]$.",
            )
        return {"available": self._kernel.backends.clusters.holder_of_label(location, label) is None}


def provider(kernel: Kernel) -> Provider:
    """Microsoft.Network."""
    return Provider("Microsoft.Network", (), NetworkFunctions(kernel).functions())
