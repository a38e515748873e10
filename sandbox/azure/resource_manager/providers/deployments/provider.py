"""The part of Microsoft.Resources about template deployments to a resource group."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.actions import Action, ActionRequest
from sandbox.azure.resource_manager.core.errors import ArmError
from sandbox.azure.resource_manager.core.ids import RESOURCES, ResourceId, group_id
from sandbox.azure.resource_manager.core.operations import Operation, PollingStyle, Reply
from sandbox.azure.resource_manager.core.resource_types import Provider, PutRequest, ResourceType
from sandbox.azure.resource_manager.core.state import Resource
from sandbox.azure.resource_manager.providers.deployments.links import with_template
from sandbox.azure.resource_manager.providers.deployments.records import (
    new_properties,
    operation_document,
    outputs_operation_document,
    write_outcome,
)
from sandbox.azure.resource_manager.providers.deployments.registration import register_providers
from sandbox.azure.resource_manager.providers.deployments.requests import prepare
from sandbox.azure.resource_manager.providers.deployments.what_if import WhatIf

if TYPE_CHECKING:
    from sandbox.azure.identity.directory import Principal
    from sandbox.azure.resource_manager.core.host import ResourceProviderHost
    from sandbox.azure.resource_manager.providers.deployments.engine import TemplateRun

_GROUP = "/subscriptions/{subscription}/resourcegroups/{group}"
_PATH = f"{_GROUP}/providers/Microsoft.Resources/deployments/{{name}}"
# Clients list the operations here, where no provider stands in the path.
_OPERATIONS = f"{_GROUP}/deployments/{{name}}/operations"
_POLLING = PollingStyle(path="{resource}/operationStatuses/{id}", running="Running", named=False)
_BY_LOCATION = "/subscriptions/{subscription}/providers/Microsoft.Resources/operationresults/{id}"
_WHAT_IF = PollingStyle(path=_BY_LOCATION, header="Location")
_DELETION = PollingStyle(path=_BY_LOCATION, header="Location", deleted=204)


class HostClient:
    """Resource Manager in the name of a principal: how a template run creates its resources.

    Args:
        host: handles the requests.
        principal: who deploys.

    """

    def __init__(self, host: ResourceProviderHost, principal: Principal) -> None:
        self._host = host
        self._principal = principal

    async def put(self, resource_id: str, api_version: str, body: dict[str, Any]) -> None:
        """Create or change a resource, and wait until it is provisioned."""
        operation = await self._host.put_resource(self._principal, resource_id, api_version, body)
        try:
            await operation
        except ArmError as error:
            raise _resource_failed(resource_id, error) from error

    async def get(self, resource_id: str, api_version: str) -> dict[str, Any]:
        """Return a resource as a GET shows it."""
        return self._host.get_resource(self._principal, resource_id, api_version)


class Deployments(ResourceType):
    """Deployments of templates to resource groups.

    Args:
        host: handles the requests for the resources of a template.

    """

    name: ClassVar[str] = f"{RESOURCES}/deployments"
    api_versions: ClassVar[tuple[str, ...]] = (
        "2026-06-01",
        "2025-04-01",
        "2025-03-01",
        "2024-11-01",
        "2024-07-01",
        "2024-03-01",
        "2023-07-01",
        "2022-09-01",
        "2021-04-01",
        "2020-10-01",
    )

    def __init__(self, host: ResourceProviderHost) -> None:
        super().__init__(host.services)
        self._host = host
        self._runs: dict[str, TemplateRun] = {}
        self._tasks: dict[str, asyncio.Task[dict[str, Any]]] = {}

    def check(self, request: PutRequest) -> None:
        """Validate a template that stands in the request, as a nested one does."""
        self._refuse_second(request.id)
        if "template" in request.properties:
            prepare(self._host, request.principal, request.id, request.body)

    async def put(self, request: PutRequest) -> Operation:
        """Validate the template, then run it in the background."""
        body = await with_template(request.body, self.services.hosts)
        run = prepare(self._host, request.principal, request.id, body)
        resource = Resource(request.id, {"properties": new_properties(run, body["properties"], "Accepted")})
        self.state.store(resource)
        self._runs[request.id.key] = run
        register_providers(self._host, run)
        return self.services.operations.begin(
            self._run(resource, run, HostClient(self._host, request.principal)),
            _POLLING,
            at=request.id,
            api_version=request.api_version,
            status=201 if request.existing is None else 200,
            resource=resource,
        )

    async def delete(self, resource: Resource, api_version: str) -> Operation:
        """Forget a deployment that has ended."""
        self._refuse_second(resource.id)
        return self.services.operations.begin(
            self._delete(resource), _DELETION, at=resource.id, api_version=api_version, status=202
        )

    async def deprovision(self, resource: Resource) -> None:
        """Forget the run; the resources that it created stay, as in Azure."""
        self._runs.pop(resource.id.key, None)

    def not_found(self, resource_id: ResourceId) -> ArmError:
        """Return the error of a deployment that does not exist, which has a code of its own."""
        return ArmError(404, "DeploymentNotFound", f"Deployment '{resource_id.name}' could not be found.")

    async def operations(self, request: ActionRequest) -> dict[str, Any]:
        """List the operations of a deployment, for `GET …/operations`."""
        deployment = self._existing(request)
        run = self._runs[deployment.id.key]
        shown = [
            operation_document(deployment.id, one)
            for one in run.operations.values()
            if one.started is not None and (one.resource.deployed or one.error is not None)
        ]
        if "outputs" in deployment.properties:
            shown.append(outputs_operation_document(deployment))
        return {"value": shown}

    async def operation(self, request: ActionRequest) -> dict[str, Any]:
        """Return one operation of a deployment, for `GET …/operations/N`."""
        wanted = request.arguments["operation"].lower()
        for one in (await self.operations(request))["value"]:
            if one["operationId"].lower() == wanted:
                found: dict[str, Any] = one
                return found
        name = request.arguments["name"]
        raise ArmError(
            404,
            "DeploymentOperationNotFound",
            f"The operation '{request.arguments['operation']}' for deployment '{name}' could not be found.",
        )

    async def validate(self, request: ActionRequest) -> dict[str, Any]:
        """Validate a template as a PUT would, for `POST …/validate`."""
        deployment = _deployment_id(request)
        body = await with_template(request.body, self.services.hosts)
        run = prepare(self._host, request.principal, deployment, body)
        properties = new_properties(run, body["properties"], "Succeeded")
        properties["validatedResources"] = [{"id": one.id} for one in run.resources]
        return {"id": str(deployment), "name": deployment.name, "type": self.name, "properties": properties}

    async def what_if(self, request: ActionRequest) -> Operation:
        """Predict what a template would change, for `POST …/whatIf`."""
        deployment = _deployment_id(request)
        return self.services.operations.begin(
            self._predict(request, deployment),
            _WHAT_IF,
            at=deployment,
            api_version=request.api_version,
            status=202,
        )

    async def cancel(self, request: ActionRequest) -> Reply:
        """Cancel a deployment that runs, for `POST …/cancel`; the resources that it created stay."""
        deployment = self._existing(request)
        task = self._tasks.get(deployment.id.key)
        if task is None:
            raise errors.conflict(
                "DeploymentCannotBeCancelled",
                f"The deployment '{deployment.id.name}' cannot be cancelled because it is in "
                f"'{deployment.provisioning_state}' provisioning state.",
            )
        task.cancel()
        return Reply(204)

    async def _run(self, deployment: Resource, run: TemplateRun, client: HostClient) -> None:
        properties, started, key = deployment.properties, datetime.now(UTC), deployment.id.key
        properties["provisioningState"] = "Running"
        self._tasks[key] = asyncio.create_task(run.run(client))
        try:
            write_outcome(properties, run, started, outputs=await self._tasks[key])
        except ArmError as error:
            failure = replace(error, target=str(deployment.id))
            write_outcome(properties, run, started, error=failure)
            raise failure from error
        finally:
            self._tasks.pop(key).cancel()

    async def _predict(self, request: ActionRequest, deployment: ResourceId) -> dict[str, Any]:
        """Return the last response to polls, which also holds a refusal of the template."""
        try:
            body = await with_template(request.body, self.services.hosts)
            run = prepare(self._host, request.principal, deployment, body)
        except ArmError as refusal:
            return {"status": "Failed", "error": refusal.content()}
        settings = body["properties"].get("whatIfSettings") or {}
        prediction = WhatIf(self._host, run, str(settings.get("resultFormat", "")))
        return prediction.result(group_id(*_place(request)))

    async def _delete(self, deployment: Resource) -> None:
        await self.deprovision(deployment)
        self.state.remove(deployment.id)

    def _existing(self, request: ActionRequest) -> Resource:
        wanted = _deployment_id(request)
        found = self.state.get(wanted)
        if found is None:
            raise self.not_found(wanted)
        return found

    def _refuse_second(self, deployment: ResourceId) -> None:
        if deployment.key in self._tasks:
            raise errors.conflict(
                "DeploymentActive",
                f"Unable to edit or replace deployment '{deployment.name}': previous deployment is still "
                "active. Please see https://aka.ms/arm-deploy for usage details.",
            )


def provider(host: ResourceProviderHost) -> Provider:
    """Return the part of Microsoft.Resources that deploys templates."""
    kind = Deployments(host)

    def action(method: str, path: str, permission: str, handler: Any) -> Action:
        return Action(method, path, f"{kind.name}/{permission}", _PATH, handler)

    reads = [
        action("GET", path, "operations/read", kind.operations)
        for path in (_OPERATIONS, f"{_PATH}/operations")
    ]
    return Provider(
        RESOURCES,
        (kind,),
        (
            *reads,
            action("GET", f"{_OPERATIONS}/{{operation}}", "operations/read", kind.operation),
            action("POST", f"{_PATH}/validate", "validate/action", kind.validate),
            action("POST", f"{_PATH}/whatIf", "whatIf/action", kind.what_if),
            action("POST", f"{_PATH}/cancel", "cancel/action", kind.cancel),
        ),
    )


def _place(request: ActionRequest) -> tuple[str, str]:
    """Return subscription and group in the path of an action."""
    return request.arguments["subscription"], request.arguments["group"]


def _deployment_id(request: ActionRequest) -> ResourceId:
    """Return the id of the deployment in the path of an action."""
    scope = str(group_id(*_place(request)))
    return ResourceId(scope, RESOURCES, ("deployments",), (request.arguments["name"],))


def _resource_failed(resource_id: str, error: ArmError) -> ArmError:
    """Return the error of a resource that was accepted and then failed."""
    return ArmError(
        409,
        "ResourceDeploymentFailure",
        "The resource write operation failed to complete successfully, because it reached terminal "
        "provisioning state 'Failed'.",
        details=[{**error.content(), "target": resource_id}],
    )
