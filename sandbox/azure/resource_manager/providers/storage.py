"""Microsoft.Storage: accounts, their blob service with the static website, and blob containers.

This is the control plane; `sandbox.azure.storage` serves the blobs.
"""

from __future__ import annotations

import asyncio
import base64
import re
import secrets
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.actions import SUBSCRIPTION_PATH, Action, ActionRequest
from sandbox.azure.resource_manager.core.global_names import GlobalNames
from sandbox.azure.resource_manager.core.operations import Operation, PollingStyle, Reply, finished
from sandbox.azure.resource_manager.core.resource_types import Provider, PutRequest, ResourceType
from sandbox.azure.resource_manager.core.rights import STORAGE_ACCOUNTS
from sandbox.azure.resource_manager.core.state import Resource, timestamp

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.catalog import Catalog
    from sandbox.azure.resource_manager.core.ids import ResourceId
    from sandbox.azure.resource_manager.core.services import Services

API_VERSIONS = (
    "2026-09-01",
    "2026-04-01",
    "2025-08-01",
    "2025-06-01",
    "2025-01-01",
    "2024-01-01",
    "2023-05-01",
    "2023-01-01",
    "2022-09-01",
    "2021-09-01",
)
STATIC_WEBSITE_SINCE = "2025-08-01"
SKUS = ("Standard_LRS", "Standard_ZRS", "Standard_GRS", "Standard_RAGRS", "Premium_LRS")
KINDS = ("StorageV2", "BlobStorage", "BlockBlobStorage", "FileStorage", "Storage")
# The zone in the host name of a static website depends on the storage stamp, of which the sandbox has one.
WEB_ZONE = "z6"
NAMES = GlobalNames(
    full_type=STORAGE_ACCOUNTS,
    pattern=re.compile(r"[a-z0-9]{3,24}"),
    invalid_reason="AccountNameInvalid",
    invalid="{name} is not a valid storage account name. Storage account name must be between 3 and 24 "
    "characters in length and use numbers and lower-case letters only.",
    taken="The storage account named {name} is already taken.",
)
_CREATION = PollingStyle(
    "/subscriptions/{subscription}/providers/{namespace}/locations/{location}/asyncoperations/{id}",
    "Location",
)
_CHANGEABLE = (
    "allowBlobPublicAccess",
    "allowSharedKeyAccess",
    "minimumTlsVersion",
    "supportsHttpsTrafficOnly",
    "publicNetworkAccess",
    "accessTier",
    "defaultToOAuthAuthentication",
    "allowCrossTenantReplication",
    "networkAcls",
)


class StorageAccounts(ResourceType):
    """Storage accounts."""

    name = STORAGE_ACCOUNTS
    api_versions = API_VERSIONS
    tracked = True

    def check(self, request: PutRequest) -> None:
        """Validate name, SKU and kind."""
        name = request.id.name
        if not NAMES.is_valid(name):
            raise errors.bad_request("AccountNameInvalid", NAMES.invalid.format(name=name))
        if request.existing is None and NAMES.is_taken(self.state, name):
            raise errors.conflict("StorageAccountAlreadyTaken", NAMES.taken.format(name=name))
        sku = (request.body.get("sku") or {}).get("name")
        if sku not in SKUS:
            raise errors.bad_request("InvalidValuesForRequestParameters", _invalid("sku.name", sku))
        if request.body.get("kind") not in KINDS:
            raise errors.bad_request(
                "InvalidValuesForRequestParameters", _invalid("kind", request.body.get("kind"))
            )

    async def put(self, request: PutRequest) -> Operation:
        """Create the account, or change an existing one."""
        if request.existing is not None:
            return await self.patch(request)
        account = self.state.store(Resource(request.id, _document(request)))
        account.secrets["keys"] = [base64.b64encode(secrets.token_bytes(64)).decode() for _ in range(2)]
        default = request.id.child("blobServices", "default")
        properties: dict[str, Any] = {"staticWebsite": {"enabled": False}}
        self.state.store(Resource(default, {"properties": properties}))
        return self.services.operations.begin(
            self._create(account),
            _CREATION,
            at=request.id,
            location=request.location,
            api_version=request.api_version,
            status=202,
            resource=account,
        )

    async def patch(self, request: PutRequest) -> Operation:
        """Change tags, SKU and properties."""
        account = request.existing
        if account is None:
            raise errors.resource_not_found(request.id)
        account.properties.update(
            {key: request.properties[key] for key in _CHANGEABLE if key in request.properties}
        )
        if "sku" in request.body:
            account.document["sku"] = _sku(request.body["sku"]["name"])
        if "tags" in request.body:
            account.document["tags"] = dict(request.body["tags"] or {})
        account.touch()
        return finished(Reply(200, self.show(account)), account)

    async def deprovision(self, resource: Resource) -> None:
        """Stop serving the blobs of the account."""
        await self.services.blob_stores.delete_account(resource.id.name)

    async def _create(self, account: Resource) -> None:
        await asyncio.gather(
            self.services.blob_stores.create_account(account.id.name, account.location),
            self.services.clock.spend("storage_account.create"),
        )


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
            raise errors.bad_request(
                "InvalidValuesForRequestParameters", _invalid("staticWebsite.enabled", site)
            )
        _provisioned_account(self._catalog, request.id)

    async def put(self, request: PutRequest) -> Operation:
        """Set the properties; older versions of the API have no static website."""
        properties = dict(request.properties)
        site = properties.pop("staticWebsite", None)
        service = request.existing or self.state.store(Resource(request.id, {"properties": {}}))
        service.properties.update(properties)
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


class StorageActions:
    """Keys of accounts, and the availability of names.

    Args:
        services: what the actions work with.
        catalog: where accounts are looked up.

    """

    def __init__(self, services: Services, catalog: Catalog) -> None:
        self._services = services
        self._catalog = catalog

    def actions(self) -> tuple[Action, ...]:
        """Return the actions, to be installed."""
        account = f"{{scope}}/providers/{STORAGE_ACCOUNTS}/{{name}}"
        names = f"{SUBSCRIPTION_PATH}/providers/Microsoft.Storage/checkNameAvailability"
        check = "Microsoft.Storage/checknameavailability/read"
        keys = f"{STORAGE_ACCOUNTS}/listKeys/action"
        return (
            Action("POST", f"{account}/listKeys", keys, account, self.list_keys, API_VERSIONS),
            Action("POST", names, check, SUBSCRIPTION_PATH, self.check_name, API_VERSIONS),
        )

    async def list_keys(self, request: ActionRequest) -> dict[str, Any]:
        """List the keys of an account, if it allows shared keys."""
        account = self._catalog.existing(request.target)
        if account.properties.get("allowSharedKeyAccess") is False:
            message = "Key based authentication is not permitted on this storage account."
            raise errors.conflict("KeyBasedAuthenticationNotPermitted", message)
        keys = enumerate(account.secrets["keys"], start=1)
        return {
            "keys": [{"keyName": f"key{number}", "value": key, "permissions": "FULL"} for number, key in keys]
        }

    async def check_name(self, request: ActionRequest) -> dict[str, Any]:
        """Return whether a name is available in all of Azure."""
        return NAMES.availability(self._services.state, str(request.body.get("name", "")))


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


def _document(request: PutRequest) -> dict[str, Any]:
    name, now = request.id.name, timestamp()
    hosts = {
        what: f"https://{name}.{what}.core.windows.net/" for what in ("blob", "dfs", "file", "queue", "table")
    }
    properties = {
        "accessTier": "Hot",
        "minimumTlsVersion": "TLS1_2",
        "supportsHttpsTrafficOnly": True,
        "allowBlobPublicAccess": False,
        **{key: request.properties[key] for key in _CHANGEABLE if key in request.properties},
        "provisioningState": "ResolvingDns",
        "creationTime": now,
        "keyCreationTime": {"key1": now, "key2": now},
        "primaryLocation": request.location,
        "statusOfPrimary": "available",
        "primaryEndpoints": {**hosts, "web": f"https://{name}.{WEB_ZONE}.web.core.windows.net/"},
        "encryption": {"keySource": "Microsoft.Storage", "services": {"blob": {"enabled": True}}},
    }
    return {
        "location": request.location,
        "tags": dict(request.body.get("tags") or {}),
        "kind": request.body["kind"],
        "sku": _sku(request.body["sku"]["name"]),
        "properties": properties,
    }


def _sku(name: str) -> dict[str, str]:
    return {"name": name, "tier": name.partition("_")[0]}


def _invalid(what: str, value: object) -> str:
    return f"Values for request parameters are invalid: {what}. Value: {value}"


def provider(services: Services, catalog: Catalog) -> Provider:
    """Return the provider Microsoft.Storage."""
    types = (StorageAccounts(services), BlobServices(services, catalog), BlobContainers(services, catalog))
    return Provider("Microsoft.Storage", types, StorageActions(services, catalog).actions())
