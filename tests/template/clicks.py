"""Clicks on the button: what is filled in, and how their results are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.template_click import (
    CONTEXT,
    GROUP,
    TENANT,
    Click,
    RecordingRoad,
    deploy,
    our_template,
)

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.providers.deployments.context import DeploymentContext

ACCOUNTS = "Microsoft.Storage/storageAccounts"
IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities"
ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
GROUPS = "Microsoft.ContainerInstance/containerGroups"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
BLOB_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
BLOB_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
DNS_CONTRIBUTOR = "befefa01-2a29-4197-83a8-272ff33ce314"
OTHER_SUBSCRIPTION = "5ab0ca5e-0000-4000-8000-00000000000b"
PREPARED = f"{GROUP}/providers/{IDENTITIES}/by-it"
SERVICE_PRINCIPAL: dict[str, Any] = {
    "servicePrincipalAppId": "5e9d1c1e-0000-4000-8000-000000000004",
    "servicePrincipalAppKey": "canary-key",
    "servicePrincipalTenantId": TENANT,
}
SECRETS: dict[str, Any] = {
    "servicePrincipalAppKey": "canary-key",
    "dockerhubPassword": "canary-docker",
    "oauthClientSecret": "canary-oauth",
    "githubAccessToken": "canary-token",
    "helmValues": "canary: values",
}


async def click(
    road: RecordingRoad | None = None, *, context: DeploymentContext = CONTEXT, **parameters: Any
) -> Click:
    return await deploy(our_template(), {"binderHubName": "my-hub", **parameters}, road, context)


def granted(made: Click) -> set[tuple[str, str, str]]:
    """Return scope, principal and role of each assignment."""
    return {
        (
            put.id.rpartition(f"/providers/{ASSIGNMENTS}")[0],
            put.body["properties"]["principalId"],
            put.body["properties"]["roleDefinitionId"].rpartition("/")[2],
        )
        for put in made.road.puts
        if put.type == ASSIGNMENTS
    }


def container(made: Click) -> dict[str, Any]:
    properties: dict[str, Any] = made.road.only(GROUPS).body["properties"]["containers"][0]["properties"]
    return properties


def environment(made: Click) -> dict[str, str]:
    variables = container(made)["environmentVariables"]
    return {variable["name"]: variable.get("value", variable.get("secureValue")) for variable in variables}


async def with_prepared_identity(**parameters: Any) -> Click:
    road = RecordingRoad()
    await road.put(PREPARED, "2024-11-30", {})
    road.puts.clear()
    return await click(road, identityResourceId=PREPARED, **parameters)
