"""Storage accounts, each created with its blob service."""

from __future__ import annotations

import asyncio
import base64
import re
import secrets
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.global_names import GlobalNames
from sandbox.azure.resource_manager.core.operations import Operation, PollingStyle, Reply, finished
from sandbox.azure.resource_manager.core.resource_types import PutRequest, ResourceType
from sandbox.azure.resource_manager.core.rights import STORAGE_ACCOUNTS
from sandbox.azure.resource_manager.core.state import Resource, timestamp

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.errors import ArmError
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
BLOB_SERVICE_DEFAULTS = {"cors": {"corsRules": []}, "deleteRetentionPolicy": {"enabled": False}}
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
            raise invalid_value("sku.name", sku)
        if request.body.get("kind") not in KINDS:
            raise invalid_value("kind", request.body.get("kind"))

    async def put(self, request: PutRequest) -> Operation:
        """Create the account, or change an existing one."""
        if request.existing is not None:
            return await self.patch(request)
        account = self.state.store(Resource(request.id, _document(request)))
        account.secrets["keys"] = [base64.b64encode(secrets.token_bytes(64)).decode() for _ in range(2)]
        default = request.id.child("blobServices", "default")
        properties: dict[str, Any] = {**BLOB_SERVICE_DEFAULTS, "staticWebsite": {"enabled": False}}
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


def is_reachable(state: State, name: str) -> bool:
    """Return whether an account can be reached from the public network; address rules are not played."""
    (account,) = [each for each in state.of_type(STORAGE_ACCOUNTS) if each.id.name == name]
    rules = account.properties.get("networkAcls") or {}
    settings = rules.get("defaultAction", "Allow"), account.properties.get("publicNetworkAccess", "Enabled")
    return settings == ("Allow", "Enabled")


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


def invalid_value(what: str, value: object) -> ArmError:
    """Return the error of an invalid value in the body."""
    message = f"Values for request parameters are invalid: {what}. Value: {value}"
    return errors.bad_request("InvalidValuesForRequestParameters", message)
