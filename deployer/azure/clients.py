"""Opens the clients for one subscription, with one credential, and closes them together."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Self

from azure.core.exceptions import DecodeError, HttpResponseError, ResourceNotFoundError
from azure.core.rest import AsyncHttpResponse, HttpRequest

from deployer.azure.pipeline import request_policies
from deployer.cloud import MANAGEMENT_ENDPOINT
from deployer.settings.types.tags import NAME_TAG

if TYPE_CHECKING:
    from types import TracebackType

    from azure.core.credentials_async import AsyncTokenCredential
    from azure.mgmt.resource.resources.models import GenericResourceExpanded, ResourceGroup

# Seconds between two polls of a long-running operation where Azure does not say; the SDK's default is 30.
POLLING_SECONDS = 10
# For a connection and for an answer, as in the SDK's clients for storage. Its other clients wait for five
# minutes, four times: a request without an answer would look like a long operation. Seconds.
CONNECTION_LIMIT, ANSWER_LIMIT = 20, 60

SUBSCRIPTIONS_API = "2022-12-01"


class AzureClients:
    """Clients for one subscription.

    Attributes:
        subscription: id of the subscription.
        credential: the identity that makes the requests.
        clusters: Azure Kubernetes Service.
        resources: resource groups, providers and generic resources.

    """

    def __init__(self, credential: AsyncTokenCredential, subscription: str) -> None:
        from azure.mgmt.containerservice.aio import ContainerServiceClient
        from azure.mgmt.resource.resources.aio import ResourceManagementClient

        self.subscription = subscription
        self.credential = credential
        options: dict[str, Any] = {
            "polling_interval": POLLING_SECONDS,
            "connection_timeout": CONNECTION_LIMIT,
            "read_timeout": ANSWER_LIMIT,
            "policies": request_policies(credential),
        }
        self.clusters = ContainerServiceClient(credential, subscription, **options)
        self.resources = ResourceManagementClient(credential, subscription, **options)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self.clusters)
        await self._stack.enter_async_context(self.resources)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    def resource_id(self, group: str, provider_type: str, *names: str) -> str:
        """Return a resource id, for example of a `Microsoft.ContainerRegistry/registries/tokens`."""
        provider, *types = provider_type.split("/")
        path = "/".join(f"{kind}/{name}" for kind, name in zip(types, names, strict=True))
        return f"/subscriptions/{self.subscription}/resourceGroups/{group}/providers/{provider}/{path}"

    async def find(self, resource_id: str, api_version: str) -> dict[str, Any] | None:
        """Return a resource, None where it does not exist."""
        try:
            return await self.get_json(resource_id, api_version)
        except HttpResponseError as error:
            if error.status_code == HTTPStatus.NOT_FOUND:
                return None
            raise

    async def put(
        self,
        resource_id: str,
        api_version: str,
        body: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> None:
        """Create or update a resource and wait for the operation; headers can hold conditions (ETags)."""
        poller = await self.resources.resources.begin_create_or_update_by_id(
            resource_id, api_version=api_version, parameters=body, headers=headers or {}
        )
        await poller.result()

    async def delete(self, resource_id: str, api_version: str, headers: dict[str, str] | None = None) -> None:
        """Delete a resource and wait for the operation; headers can hold conditions (ETags)."""
        poller = await self.resources.resources.begin_delete_by_id(
            resource_id, api_version=api_version, headers=headers or {}
        )
        await poller.result()

    async def get_json(
        self, path: str, api_version: str, query: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """Get a JSON object from the management endpoint.

        Raises:
            HttpResponseError: for every status but 200.

        """
        return _json(await self._send("GET", path, api_version, query=query))

    async def list_json(
        self, path: str, api_version: str, query: dict[str, str] | None = None
    ) -> list[dict[str, Any]]:
        """Get a list from the management endpoint, with all its pages.

        Raises:
            HttpResponseError: for every status but 200.

        """
        page = await self.get_json(path, api_version, query)
        found: list[dict[str, Any]] = [*_entries(page)]
        while link := page.get("nextLink"):
            response = await self.resources.send_request(HttpRequest("GET", link))
            response.raise_for_status()
            page = _json(response)
            found.extend(_entries(page))
        return found

    async def post(self, path: str, api_version: str, body: dict[str, Any]) -> dict[str, Any]:
        """Send an action and return its result, which Azure gives at once or at the address in `Location`."""
        response = await self._send("POST", path, api_version, body)
        while response.status_code == HTTPStatus.ACCEPTED:
            await asyncio.sleep(float(response.headers.get("Retry-After", POLLING_SECONDS)))
            response = await self.resources.send_request(HttpRequest("GET", response.headers["Location"]))
            response.raise_for_status()
        return _json(response)

    async def _send(
        self,
        method: str,
        path: str,
        api_version: str,
        body: dict[str, Any] | None = None,
        query: dict[str, str] | None = None,
    ) -> AsyncHttpResponse:
        params = {"api-version": api_version, **(query or {})}
        request = HttpRequest(method, f"{MANAGEMENT_ENDPOINT}{path}", params=params, json=body)
        response = await self.resources.send_request(request)
        response.raise_for_status()
        return response


def _json(response: AsyncHttpResponse) -> dict[str, Any]:
    body = response.json()
    if not isinstance(body, dict):
        raise DecodeError("The answer of Azure is not a JSON object")
    return body


def _entries(page: dict[str, Any]) -> list[dict[str, Any]]:
    entries = page.get("value")
    if not isinstance(entries, list):
        raise DecodeError("The answer of Azure is not a list")
    return entries


async def find_group(azure: AzureClients, name: str) -> ResourceGroup | None:
    """Return a resource group, None where there is none of that name."""
    try:
        return await azure.resources.resource_groups.get(name)
    except ResourceNotFoundError:
        return None


async def list_group_resources(azure: AzureClients, group: str) -> list[GenericResourceExpanded]:
    """Return the resources of all types in a resource group."""
    return [each async for each in azure.resources.resources.list_by_resource_group(group)]


async def list_own_resources(
    azure: AzureClients, group: str, resource_type: str, hub: str
) -> list[GenericResourceExpanded]:
    """Return a group's resources of a type that carry the tag of a hub; none where there is no group."""
    found = azure.resources.resources.list_by_resource_group(
        group, filter=f"resourceType eq '{resource_type}'"
    )
    try:
        return [each async for each in found if (each.tags or {}).get(NAME_TAG) == hub]
    except ResourceNotFoundError:
        return []


async def list_subscriptions(credential: AsyncTokenCredential) -> list[dict[str, Any]]:
    """Return `subscriptionId`, `displayName` and `state` of each subscription that the credential can see."""
    # The client requires a subscription, even for the request that lists them.
    async with AzureClients(credential, "unknown") as clients:
        return await clients.list_json("/subscriptions", SUBSCRIPTIONS_API)
