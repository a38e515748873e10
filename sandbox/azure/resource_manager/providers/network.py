"""Microsoft.Network: whether a DNS label is available in a region."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.actions import SUBSCRIPTION_PATH, Action, ActionRequest
from sandbox.azure.resource_manager.core.locations import LOCATION_NAMES, normalised
from sandbox.azure.resource_manager.core.resource_types import Provider

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.catalog import Catalog
    from sandbox.azure.resource_manager.core.services import Services

_LABEL = re.compile(r"[a-z][a-z0-9-]{1,61}[a-z0-9]")


class NetworkActions:
    """The availability of DNS labels.

    Args:
        services: what the actions work with.

    """

    def __init__(self, services: Services) -> None:
        self._services = services

    def actions(self) -> tuple[Action, ...]:
        """Return the actions, to be installed."""
        path = (
            f"{SUBSCRIPTION_PATH}/providers/Microsoft.Network/locations/{{location}}/checkDnsNameAvailability"
        )
        right = "Microsoft.Network/locations/checkDnsNameAvailability/read"
        return (Action("GET", path, right, SUBSCRIPTION_PATH, self.check_label),)

    async def check_label(self, request: ActionRequest) -> dict[str, bool]:
        """Return whether `<label>.<region>.cloudapp.azure.com` is available, for `?domainNameLabel=…`."""
        location, label = normalised(request.arguments["location"]), request.query.get("domainNameLabel", "")
        if location not in LOCATION_NAMES:
            raise errors.bad_request("InvalidParameter", f"The location '{location}' is invalid.")
        if not _LABEL.fullmatch(label):
            raise errors.bad_request(
                "InvalidDomainNameLabel",
                f"The domain name label {label} is invalid. It must conform to the following regular "
                "expression: "
                "^[a-z][a-z0-9-]{1,61}[a-z0-9]$.",
            )
        return {"available": self._services.clusters.holder_of_label(location, label) is None}


def provider(services: Services, _catalog: Catalog) -> Provider:
    """Return the provider Microsoft.Network, without Azure DNS."""
    return Provider("Microsoft.Network", (), NetworkActions(services).actions())
