"""The blob service of an account with its static website, and its blob containers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.operations import Operation, Reply, finished
from sandbox.azure.resource_manager.core.resource_types import PutRequest, ResourceType
from sandbox.azure.resource_manager.core.rights import STORAGE_ACCOUNTS
from sandbox.azure.resource_manager.core.state import Resource, timestamp
from sandbox.azure.resource_manager.providers.storage.accounts import (
    API_VERSIONS,
    BLOB_SERVICE_DEFAULTS,
    invalid_value,
)

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.catalog import Catalog
    from sandbox.azure.resource_manager.core.ids import ResourceId
    from sandbox.azure.resource_manager.core.services import Services

STATIC_WEBSITE_SINCE = "2025-08-01"


class BlobServices(ResourceType):
    """The blob service of an account, always named "default", with its static website.

    Args:
        services: what the type works with.
        catalog: where accounts are looked up.

    """

    name = f"{STORAGE_ACCOUNTS}/blobServices"
    api_versions = API_VERSIONS

    def __init__(self, services: Services, catalog: Catalog) -> None:
        super().__init__(services)
        self._catalog = catalog

    def check(self, request: PutRequest) -> None:
        """Validate name and static website, and that the account is provisioned."""
        if request.id.name != "default":
            message = f"The blob service name must be default. Value: {request.id.name}"
            raise errors.bad_request("InvalidResourceName", message)
        site = request.properties.get("staticWebsite")
        if site is not None and not isinstance(site.get("enabled"), bool):
            raise invalid_value("staticWebsite.enabled", site)
        _provisioned_account(self._catalog, request.id)

    async def put(self, request: PutRequest) -> Operation:
        """Set the properties; older versions of the API have no static website."""
        properties = dict(request.properties)
        site = properties.pop("staticWebsite", None)
        service = request.existing or self.state.store(Resource(request.id, {"properties": {}}))
        known_site = service.properties.get("staticWebsite", {"enabled": False})
        # A PUT replaces all properties: "If no CorsRule elements are included in the request body, all CORS
        # rules will be deleted" (REST reference, Set Service Properties).
        service.properties.clear()
        service.properties.update({**BLOB_SERVICE_DEFAULTS, **properties, "staticWebsite": known_site})
        if site is not None and request.api_version >= STATIC_WEBSITE_SINCE:
            service.properties["staticWebsite"] = dict(site)
            await self.services.blob_stores.set_static_website(
                request.id.names[0],
                site.get("indexDocument", ""),
                site.get("errorDocument404Path", ""),
                site["enabled"],
            )
        service.touch()
        return finished(Reply(200, self.show(service)), service)


class BlobContainers(ResourceType):
    """Blob containers.

    Args:
        services: what the type works with.
        catalog: where accounts are looked up.

    """

    name = f"{STORAGE_ACCOUNTS}/blobServices/containers"
    api_versions = API_VERSIONS

    def __init__(self, services: Services, catalog: Catalog) -> None:
        super().__init__(services)
        self._catalog = catalog

    def check(self, request: PutRequest) -> None:
        """Validate name and public access, and that the account is provisioned."""
        if not re.fullmatch(r"\$web|\$root|(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", request.id.name):
            message = f"The specified resource name contains invalid characters: '{request.id.name}'."
            raise errors.bad_request("InvalidResourceName", message)
        account = _provisioned_account(self._catalog, request.id)
        public = request.properties.get("publicAccess", "None") != "None"
        if public and not account.properties.get("allowBlobPublicAccess"):
            raise errors.conflict(
                "PublicAccessNotPermitted", "Public access is not permitted on this storage account."
            )

    async def put(self, request: PutRequest) -> Operation:
        """Create the container, or replace its metadata."""
        properties = {
            "publicAccess": request.properties.get("publicAccess", "None"),
            "metadata": dict(request.properties.get("metadata") or {}),
            "leaseStatus": "Unlocked",
            "leaseState": "Available",
            "lastModifiedTime": timestamp(),
            "hasImmutabilityPolicy": False,
            "hasLegalHold": False,
            "deleted": False,
        }
        if request.existing is None:
            await self.services.blob_stores.create_container(request.id.names[0], request.id.name)
        container = self.state.store(Resource(request.id, {"properties": properties}))
        return finished(Reply(201 if request.existing is None else 200, self.show(container)), container)


def _provisioned_account(catalog: Catalog, inner: ResourceId) -> Resource:
    """Return the account of a blob service or a container.

    Raises:
        ArmError: it is not provisioned yet.

    """
    account = catalog.existing(str(inner).partition("/blobServices/")[0])
    if account.provisioning_state != "Succeeded":
        raise errors.conflict(
            "StorageAccountIsNotProvisioned",
            "The storage account provisioning state must be 'Succeeded' before executing the operation.",
        )
    return account
