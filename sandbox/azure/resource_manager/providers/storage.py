"""Microsoft.Storage: accounts, their blob service with the static site, and blob containers.

What is in the containers is Azurite's (sandbox.azure.storage); this is the control plane.
"""

from __future__ import annotations

import asyncio
import base64
import re
import secrets
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.operations import Operation, Reply, Telling, finished
from sandbox.azure.resource_manager.core.resource_types import Call, Function, Provider, ResourceType, Write
from sandbox.azure.resource_manager.core.rights import STORAGE_ACCOUNTS
from sandbox.azure.resource_manager.core.state import Resource, timestamp
from sandbox.azure.resource_manager.providers.subscriptions import SUBSCRIPTION

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.ids import ResourceId
    from sandbox.azure.resource_manager.core.kernel import Kernel
    from sandbox.azure.resource_manager.core.state import State

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
# The zone in the static site's host name depends on the region's storage stamp; the sandbox has one.
WEB_ZONE = "z6"
_NAME = re.compile(r"[a-z0-9]{3,24}")
_CREATION = Telling(
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
    """Storage accounts; their names are unique in all of Azure."""

    name = STORAGE_ACCOUNTS
    api_versions = API_VERSIONS
    tracked = True

    def check(self, write: Write) -> None:
        """Judge name, kind and size class."""
        if not _NAME.fullmatch(write.id.name):
            raise errors.bad_request("AccountNameInvalid", name_rule(write.id.name))
        if write.existing is None and name_taken(self.kernel, write.id.name):
            message = f"The storage account named {write.id.name} is already taken."
            raise errors.conflict("StorageAccountAlreadyTaken", message)
        sku = (write.body.get("sku") or {}).get("name")
        if sku not in SKUS:
            raise errors.bad_request("InvalidValuesForRequestParameters", _invalid("sku.name", sku))
        if write.body.get("kind") not in KINDS:
            raise errors.bad_request(
                "InvalidValuesForRequestParameters", _invalid("kind", write.body.get("kind"))
            )

    async def put(self, write: Write) -> Operation:
        """Make the account (accepted now, there later), or change the one that is there."""
        if write.existing is not None:
            return await self.patch(write)
        account = self.state.store(Resource(write.id, _document(write)))
        account.secrets["keys"] = [base64.b64encode(secrets.token_bytes(64)).decode() for _ in range(2)]
        default = write.id.child("blobServices", "default")
        properties: dict[str, Any] = {"staticWebsite": {"enabled": False}}
        self.state.store(Resource(default, {"properties": properties}))
        return self.kernel.operations.begin(
            self._create(account),
            _CREATION,
            at=write.id,
            location=write.location,
            api_version=write.api_version,
            status=202,
            resource=account,
        )

    async def patch(self, write: Write) -> Operation:
        """Change tags, size class and switches."""
        account = write.existing
        if account is None:
            raise errors.resource_not_found(write.id)
        account.properties.update(
            {key: write.properties[key] for key in _CHANGEABLE if key in write.properties}
        )
        if "sku" in write.body:
            account.document["sku"] = _sku(write.body["sku"]["name"])
        if "tags" in write.body:
            account.document["tags"] = dict(write.body["tags"] or {})
        account.touch()
        return finished(Reply(200, self.show(account)), account)

    async def unmake(self, resource: Resource) -> None:
        """Stop serving the account's blobs."""
        await self.backends.blob_stores.delete_account(resource.id.name)

    async def _create(self, account: Resource) -> None:
        await asyncio.gather(
            self.backends.blob_stores.create_account(account.id.name, account.location),
            self.backends.clock.spend("storage_account.create"),
        )


class BlobServices(ResourceType):
    """An account's blob service, always called "default": the static site is switched on here."""

    name = f"{STORAGE_ACCOUNTS}/blobServices"
    api_versions = API_VERSIONS

    def check(self, write: Write) -> None:
        """Judge the name, the static site's form, and that the account is up."""
        if write.id.name != "default":
            message = f"The blob service name must be default. Value: {write.id.name}"
            raise errors.bad_request("InvalidResourceName", message)
        site = write.properties.get("staticWebsite")
        if site is not None and not isinstance(site.get("enabled"), bool):
            raise errors.bad_request(
                "InvalidValuesForRequestParameters", _invalid("staticWebsite.enabled", site)
            )
        _account_is_up(self.kernel, write.id)

    async def put(self, write: Write) -> Operation:
        """Set the service's properties; older versions of the API know no static site."""
        properties = dict(write.properties)
        site = properties.pop("staticWebsite", None)
        service = write.existing or self.state.store(Resource(write.id, {"properties": {}}))
        service.properties.update(properties)
        if site is not None and write.api_version >= STATIC_WEBSITE_SINCE:
            service.properties["staticWebsite"] = dict(site)
            await self.backends.blob_stores.set_static_website(
                write.id.names[0],
                site.get("indexDocument", ""),
                site.get("errorDocument404Path", ""),
                site["enabled"],
            )
        service.touch()
        return finished(Reply(200, self.show(service)), service)


class BlobContainers(ResourceType):
    """Blob containers, as the control plane makes them."""

    name = f"{STORAGE_ACCOUNTS}/blobServices/containers"
    api_versions = API_VERSIONS

    def check(self, write: Write) -> None:
        """Judge the name, public access, and that the account is up."""
        if not re.fullmatch(r"\$web|\$root|(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", write.id.name):
            message = f"The specified resource name contains invalid characters: '{write.id.name}'."
            raise errors.bad_request("InvalidResourceName", message)
        account = _account_is_up(self.kernel, write.id)
        public = write.properties.get("publicAccess", "None") != "None"
        if public and not account.properties.get("allowBlobPublicAccess"):
            raise errors.conflict(
                "PublicAccessNotPermitted", "Public access is not permitted on this storage account."
            )

    async def put(self, write: Write) -> Operation:
        """Make the container."""
        properties = {
            "publicAccess": write.properties.get("publicAccess", "None"),
            "metadata": dict(write.properties.get("metadata") or {}),
            "leaseStatus": "Unlocked",
            "leaseState": "Available",
            "lastModifiedTime": timestamp(),
            "hasImmutabilityPolicy": False,
            "hasLegalHold": False,
            "deleted": False,
        }
        if write.existing is None:
            await self.backends.blob_stores.create_container(write.id.names[0], write.id.name)
        container = self.state.store(Resource(write.id, {"properties": properties}))
        return finished(Reply(201 if write.existing is None else 200, self.show(container)), container)


class StorageFunctions:
    """Keys and the check of names."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    def functions(self) -> tuple[Function, ...]:
        """The functions, for the kernel's list."""
        account = f"{{scope}}/providers/{STORAGE_ACCOUNTS}/{{name}}"
        names = f"{SUBSCRIPTION}/providers/Microsoft.Storage/checkNameAvailability"
        check = "Microsoft.Storage/checknameavailability/read"
        keys = f"{STORAGE_ACCOUNTS}/listKeys/action"
        return (
            Function("POST", f"{account}/listKeys", keys, account, self.list_keys, API_VERSIONS),
            Function("POST", names, check, SUBSCRIPTION, self.check_name, API_VERSIONS),
        )

    async def list_keys(self, call: Call) -> dict[str, Any]:
        """The account's keys, where shared keys are allowed."""
        account = self._kernel.existing(call.path.rpartition("/")[0])
        if account.properties.get("allowSharedKeyAccess") is False:
            message = "Key based authentication is not permitted on this storage account."
            raise errors.conflict("KeyBasedAuthenticationNotPermitted", message)
        keys = enumerate(account.secrets["keys"], start=1)
        return {
            "keys": [{"keyName": f"key{number}", "value": key, "permissions": "FULL"} for number, key in keys]
        }

    async def check_name(self, call: Call) -> dict[str, Any]:
        """Whether an account name is free in all of Azure."""
        name = str(call.body.get("name", ""))
        if not _NAME.fullmatch(name):
            return {"nameAvailable": False, "reason": "AccountNameInvalid", "message": name_rule(name)}
        if name_taken(self._kernel, name):
            message = f"The storage account named {name} is already taken."
            return {"nameAvailable": False, "reason": "AlreadyExists", "message": message}
        return {"nameAvailable": True}


def name_rule(name: str) -> str:
    """What Azure says of a name that can't be an account's."""
    return (
        f"{name} is not a valid storage account name. Storage account name must be between 3 and 24 "
        "characters in length and use numbers and lower-case letters only."
    )


def name_taken(kernel: Kernel, name: str) -> bool:
    """Whether any subscription has an account of this name."""
    return any(account.id.name == name for account in kernel.state.of_type(STORAGE_ACCOUNTS))


def storage_is_open(state: State, name: str) -> bool:
    """Whether an account answers the public network; nobody here has an address that its rules could name."""
    (account,) = [each for each in state.of_type(STORAGE_ACCOUNTS) if each.id.name == name]
    rules = account.properties.get("networkAcls") or {}
    settings = rules.get("defaultAction", "Allow"), account.properties.get("publicNetworkAccess", "Enabled")
    return settings == ("Allow", "Enabled")


def _account_is_up(kernel: Kernel, inner: ResourceId) -> Resource:
    account = kernel.existing(str(inner).partition("/blobServices/")[0])
    if account.provisioning_state != "Succeeded":
        raise errors.conflict(
            "StorageAccountIsNotProvisioned",
            "The storage account provisioning state must be 'Succeeded' before executing the operation.",
        )
    return account


def _document(write: Write) -> dict[str, Any]:
    name, now = write.id.name, timestamp()
    hosts = {
        what: f"https://{name}.{what}.core.windows.net/" for what in ("blob", "dfs", "file", "queue", "table")
    }
    properties = {
        "accessTier": "Hot",
        "minimumTlsVersion": "TLS1_2",
        "supportsHttpsTrafficOnly": True,
        "allowBlobPublicAccess": False,
        **{key: write.properties[key] for key in _CHANGEABLE if key in write.properties},
        "provisioningState": "ResolvingDns",
        "creationTime": now,
        "keyCreationTime": {"key1": now, "key2": now},
        "primaryLocation": write.location,
        "statusOfPrimary": "available",
        "primaryEndpoints": {**hosts, "web": f"https://{name}.{WEB_ZONE}.web.core.windows.net/"},
        "encryption": {"keySource": "Microsoft.Storage", "services": {"blob": {"enabled": True}}},
    }
    return {
        "location": write.location,
        "tags": dict(write.body.get("tags") or {}),
        "kind": write.body["kind"],
        "sku": _sku(write.body["sku"]["name"]),
        "properties": properties,
    }


def _sku(name: str) -> dict[str, str]:
    return {"name": name, "tier": name.partition("_")[0]}


def _invalid(what: str, value: object) -> str:
    return f"Values for request parameters are invalid: {what}. Value: {value}"


def provider(kernel: Kernel) -> Provider:
    """Microsoft.Storage."""
    types = (StorageAccounts(kernel), BlobServices(kernel), BlobContainers(kernel))
    return Provider("Microsoft.Storage", types, StorageFunctions(kernel).functions())
