"""Deploys templates without a Resource Manager: what the engine would PUT is written down instead."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core.errors import resource_not_found
from sandbox.azure.resource_manager.core.ids import ResourceId
from sandbox.azure.resource_manager.providers.deployments.context import DeploymentContext
from sandbox.azure.resource_manager.providers.deployments.engine import TemplateRun

if TYPE_CHECKING:
    from collections.abc import Mapping

REPOSITORY = Path(__file__).resolve().parents[1]
SUBSCRIPTION = "5ab0ca5e-0000-4000-8000-000000000001"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/teaching"
DEPLOYMENTS = "Microsoft.Resources/deployments"
TENANT = "7e4a47ee-0000-4000-8000-000000000002"
PERSON = "0b9ec700-0000-4000-8000-000000000003"
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
CONTEXT = DeploymentContext(
    subscription={"id": f"/subscriptions/{SUBSCRIPTION}", "subscriptionId": SUBSCRIPTION},
    resource_group={"id": GROUP, "name": "teaching", "location": "westeurope", "tags": {}},
    tenant_id=TENANT,
    deployer={"objectId": PERSON, "tenantId": TENANT},
    deployment={"name": "click", "properties": {"mode": "Incremental"}},
    now=datetime(2026, 11, 24, 9, 8, 7, tzinfo=UTC),
)


@dataclass(frozen=True)
class Put:
    """A resource as it was PUT."""

    id: str
    api_version: str
    body: dict[str, Any]

    @property
    def type(self) -> str:
        """The full type."""
        return ResourceId.parse(self.id).type


@dataclass
class RecordingRoad:
    """Takes every PUT, and shows on GET what Azure would have added.

    Attributes:
        puts: what was PUT, in order.
        states: what GETs show, by id in lower case.
        generation: how often identities were made, which tells their principals apart.

    """

    puts: list[Put] = field(default_factory=list)
    states: dict[str, dict[str, Any]] = field(default_factory=dict)
    generation: int = 1

    async def put(self, resource_id: str, api_version: str, body: dict[str, Any]) -> None:
        """Write a PUT down, for a nested deployment those of its resources too."""
        self.puts.append(Put(resource_id, api_version, body))
        if ResourceId.parse(resource_id).type == DEPLOYMENTS:
            await self._deploy(ResourceId.parse(resource_id), body["properties"])
        properties = {**(body.get("properties") or {}), **self._added(ResourceId.parse(resource_id))}
        self.states[resource_id.lower()] = {**body, "properties": properties}
        if ResourceId.parse(resource_id).types == ("storageAccounts",):
            # An account always has its blob service.
            service = f"{resource_id}/blobServices/default".lower()
            self.states.setdefault(service, {"properties": {"cors": {"corsRules": []}}})

    async def get(self, resource_id: str, api_version: str) -> dict[str, Any]:  # noqa: ARG002 - the road's signature
        """Return what is there."""
        if resource_id.lower() not in self.states:
            raise resource_not_found(ResourceId.parse(resource_id))
        return self.states[resource_id.lower()]

    def _added(self, resource: ResourceId) -> dict[str, Any]:
        if resource.types == ("userAssignedIdentities",):
            again = "" if self.generation == 1 else f" {self.generation}"
            return {
                "clientId": f"client of {resource.name}",
                "principalId": f"principal of {resource.name}{again}",
            }
        if resource.types == ("storageAccounts",):
            endpoints = {"blob": "blob.core.windows.net", "web": "z6.web.core.windows.net"}
            return {
                "primaryEndpoints": {
                    kind: f"https://{resource.name}.{host}/" for kind, host in endpoints.items()
                }
            }
        return {}

    async def _deploy(self, deployment: ResourceId, properties: dict[str, Any]) -> None:
        group = {**CONTEXT.resource_group, "id": str(deployment.group_id), "name": deployment.group}
        subscription = {"id": f"/subscriptions/{deployment.subscription}"}
        subscription["subscriptionId"] = str(deployment.subscription)
        inner = replace(
            CONTEXT,
            subscription=subscription,
            resource_group=group,
            deployment={"name": deployment.name},
        )
        await TemplateRun(properties["template"], properties["parameters"], inner).run(self)

    def types(self) -> list[str]:
        """Return the types that were PUT, in order, without the nested deployments themselves."""
        return [put.type for put in self.puts if put.type != DEPLOYMENTS]

    def only(self, kind: str) -> Put:
        """Return the one PUT of a type."""
        (found,) = [put for put in self.puts if put.type == kind]
        return found


@dataclass(frozen=True)
class Click:
    """A deployment that has succeeded."""

    road: RecordingRoad
    outputs: dict[str, Any]
    shown_parameters: dict[str, Any]


def our_template() -> dict[str, Any]:
    """Return azuredeploy.json."""
    template: dict[str, Any] = json.loads((REPOSITORY / "azuredeploy.json").read_text(encoding="utf-8"))
    return template


async def deploy(
    template: Mapping[str, Any],
    parameters: Mapping[str, Any],
    road: RecordingRoad | None = None,
    context: DeploymentContext = CONTEXT,
) -> Click:
    """Deploy a template with parameter values given by name."""
    road = road or RecordingRoad()
    run = TemplateRun(template, {name: {"value": value} for name, value in parameters.items()}, context)
    return Click(road, await run.run(road), run.shown_parameters())


def template_of(*resources: Any, **sections: Any) -> dict[str, Any]:
    """Return a template of these resources."""
    return {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": list(resources), **sections}
