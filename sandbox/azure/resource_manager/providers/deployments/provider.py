"""The part of Microsoft.Resources about template deployments to a resource group."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.actions import Action, ActionRequest
from sandbox.azure.resource_manager.core.errors import ArmError
from sandbox.azure.resource_manager.core.ids import RESOURCES, ResourceId
from sandbox.azure.resource_manager.core.operations import Operation, PollingStyle, Reply
from sandbox.azure.resource_manager.core.resource_types import Provider, PutRequest, ResourceType
from sandbox.azure.resource_manager.core.state import Resource
from sandbox.azure.resource_manager.providers.deployments.records import (
    new_properties,
    operation_document,
    write_outcome,
)
from sandbox.azure.resource_manager.providers.deployments.requests import prepare

if TYPE_CHECKING:
    from sandbox.azure.identity.directory import Principal
    from sandbox.azure.resource_manager.core.host import ResourceProviderHost
    from sandbox.azure.resource_manager.providers.deployments.engine import TemplateRun

_PATH = (
    "/subscriptions/{subscription}/resourcegroups/{group}/providers/Microsoft.Resources/deployments/{name}"
)
_POLLING = PollingStyle(path="{resource}/operationStatuses/{id}", running="Running")
_WHAT_IF = PollingStyle(
    path="/subscriptions/{subscription}/providers/Microsoft.Resources/operationresults/{id}",
    header="Location",
)


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
        await (await self._host.put_resource(self._principal, resource_id, api_version, body))

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

    async def put(self, request: PutRequest) -> Operation:
        """Validate the template, then run it in the background."""
        self._refuse_second(request.id)
        run = prepare(self._host, request.principal, request.id, request.body)
        template = request.body["properties"]["template"]
        resource = Resource(request.id, {"properties": new_properties(run, template, "Accepted")})
        self.state.store(resource)
        self._runs[request.id.key] = run
        return self.services.operations.begin(
            self._run(resource, run, HostClient(self._host, request.principal)),
            _POLLING,
            at=request.id,
            api_version=request.api_version,
            status=201 if request.existing is None else 200,
            resource=resource,
        )

    async def deprovision(self, resource: Resource) -> None:
        """Forget the run; the resources that it created stay, as in Azure."""
        self._runs.pop(resource.id.key, None)

    async def operations(self, request: ActionRequest) -> dict[str, Any]:
        """List the operations of a deployment, for `GET …/operations`."""
        deployment = self._existing(request)
        run = self._runs[deployment.id.key]
        begun = [one for one in run.operations.values() if one.started is not None]
        return {"value": [operation_document(deployment.id, one) for one in begun]}

    async def validate(self, request: ActionRequest) -> dict[str, Any]:
        """Validate a template as a PUT would, for `POST …/validate`."""
        deployment = _of(request, "/validate")
        run = prepare(self._host, request.principal, deployment, request.body)
        properties = new_properties(run, request.body["properties"]["template"], "Succeeded")
        properties["validatedResources"] = [{"id": one.id} for one in run.resources]
        return {"id": str(deployment), "name": deployment.name, "type": self.name, "properties": properties}

    async def what_if(self, request: ActionRequest) -> Operation:
        """Find out which resources a template would create or deploy again, for `POST …/whatIf`."""
        deployment = _of(request, "/whatIf")
        run = prepare(self._host, request.principal, deployment, request.body)
        return self.services.operations.begin(
            self._changes(run), _WHAT_IF, at=deployment, api_version=request.api_version, status=202
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
            write_outcome(properties, run, started, error=error)
            raise
        finally:
            self._tasks.pop(key).cancel()

    async def _changes(self, run: TemplateRun) -> dict[str, Any]:
        changes = []
        for one in run.resources:
            there = self.state.get(ResourceId.parse(one.id)) is not None
            changes.append({"resourceId": one.id, "changeType": "Deploy" if there else "Create"})
        return {"status": "Succeeded", "properties": {"changes": changes}}

    def _existing(self, request: ActionRequest) -> Resource:
        wanted = _of(request, f"/{request.path.rpartition('/')[2]}")
        found = self.state.get(wanted)
        if found is None:
            raise ArmError(404, "DeploymentNotFound", f"Deployment '{wanted.name}' could not be found.")
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
    right = f"{kind.name}/{{}}"
    return Provider(
        RESOURCES,
        (kind,),
        (
            Action("GET", f"{_PATH}/operations", right.format("operations/read"), _PATH, kind.operations),
            Action("POST", f"{_PATH}/validate", right.format("validate/action"), _PATH, kind.validate),
            Action("POST", f"{_PATH}/whatIf", right.format("whatIf/action"), _PATH, kind.what_if),
            Action("POST", f"{_PATH}/cancel", right.format("cancel/action"), _PATH, kind.cancel),
        ),
    )


def _of(request: ActionRequest, end: str) -> ResourceId:
    """Return the id of the deployment in the path of an action."""
    found = ResourceId.parse(request.path[: -len(end)])
    return found.retyped(Deployments.name)
