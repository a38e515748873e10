"""`Microsoft.Resources/deployments` at the scope of a resource group, as the portal and azure-cli use it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.errors import ArmError
from sandbox.azure.resource_manager.core.ids import RESOURCES, ResourceId
from sandbox.azure.resource_manager.core.operations import Operation, Reply, Telling
from sandbox.azure.resource_manager.core.resource_types import Call, Function, Provider, ResourceType, Write
from sandbox.azure.resource_manager.core.state import Resource
from sandbox.azure.resource_manager.providers.deployments.records import (
    new_properties,
    note_outcome,
    operation_document,
)
from sandbox.azure.resource_manager.providers.deployments.registration import register_providers
from sandbox.azure.resource_manager.providers.deployments.requests import prepare

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.backends import Principal
    from sandbox.azure.resource_manager.core.kernel import Kernel
    from sandbox.azure.resource_manager.providers.deployments.engine import TemplateRun

_PATH = (
    "/subscriptions/{subscription}/resourcegroups/{group}/providers/Microsoft.Resources/deployments/{name}"
)
_TELLING = Telling(path="{resource}/operationStatuses/{id}", running="Running")
_WHAT_IF = Telling(
    path="/subscriptions/{subscription}/providers/Microsoft.Resources/operationresults/{id}",
    header="Location",
)


class CallersRoad:
    """Resource Manager in one principal's name: what a template's engine makes resources with."""

    def __init__(self, kernel: Kernel, principal: Principal) -> None:
        self._kernel = kernel
        self._principal = principal

    async def put(self, resource_id: str, api_version: str, body: dict[str, Any]) -> None:
        """Make or change a resource and wait until that has ended."""
        await (await self._kernel.put_resource(self._principal, resource_id, api_version, body))

    async def get(self, resource_id: str, api_version: str) -> dict[str, Any]:
        """Return a resource as a GET shows it."""
        return self._kernel.get_resource(self._principal, resource_id, api_version)


class Deployments(ResourceType):
    """Deployments of templates to a resource group."""

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

    def __init__(self, kernel: Kernel) -> None:
        super().__init__(kernel)
        self._runs: dict[str, TemplateRun] = {}
        self._tasks: dict[str, asyncio.Task[dict[str, Any]]] = {}

    async def put(self, write: Write) -> Operation:
        """Validate the template, then run it in the background."""
        self._refuse_second(write.id)
        run = prepare(self.kernel, write.principal, write.id, write.body)
        template = write.body["properties"]["template"]
        resource = Resource(write.id, {"properties": new_properties(run, template, "Accepted")})
        self.state.store(resource)
        self._runs[write.id.key] = run
        register_providers(self.kernel, run)
        return self.kernel.operations.begin(
            self._run(resource, run, CallersRoad(self.kernel, write.principal)),
            _TELLING,
            at=write.id,
            api_version=write.api_version,
            status=201 if write.existing is None else 200,
            resource=resource,
        )

    async def unmake(self, resource: Resource) -> None:
        """Forget the run; what it made stays, as in Azure."""
        self._runs.pop(resource.id.key, None)

    async def operations(self, call: Call) -> dict[str, Any]:
        """`GET …/operations`: how the making of each resource stands."""
        deployment = self._existing(call)
        run = self._runs[deployment.id.key]
        begun = [one for one in run.operations.values() if one.started is not None]
        return {"value": [operation_document(deployment.id, one) for one in begun]}

    async def validate(self, call: Call) -> dict[str, Any]:
        """`POST …/validate`: everything that a PUT would refuse at once."""
        deployment = _of(call, "/validate")
        run = prepare(self.kernel, call.principal, deployment, call.body)
        properties = new_properties(run, call.body["properties"]["template"], "Succeeded")
        properties["validatedResources"] = [{"id": one.id} for one in run.resources]
        return {"id": str(deployment), "name": deployment.name, "type": self.name, "properties": properties}

    async def what_if(self, call: Call) -> Operation:
        """`POST …/whatIf`: which resources would be new, and which are deployed over."""
        deployment = _of(call, "/whatIf")
        run = prepare(self.kernel, call.principal, deployment, call.body)
        return self.kernel.operations.begin(
            self._changes(run), _WHAT_IF, at=deployment, api_version=call.api_version, status=202
        )

    async def cancel(self, call: Call) -> Reply:
        """`POST …/cancel`: end a deployment that runs; what it has made stays."""
        deployment = self._existing(call)
        task = self._tasks.get(deployment.id.key)
        if task is None:
            raise errors.conflict(
                "DeploymentCannotBeCancelled",
                f"The deployment '{deployment.id.name}' cannot be cancelled because it is in "
                f"'{deployment.provisioning_state}' provisioning state.",
            )
        task.cancel()
        return Reply(204)

    async def _run(self, deployment: Resource, run: TemplateRun, road: CallersRoad) -> None:
        properties, started, key = deployment.properties, datetime.now(UTC), deployment.id.key
        properties["provisioningState"] = "Running"
        self._tasks[key] = asyncio.create_task(run.run(road))
        try:
            note_outcome(properties, run, started, outputs=await self._tasks[key])
        except ArmError as error:
            note_outcome(properties, run, started, error=error)
            raise
        finally:
            self._tasks.pop(key).cancel()

    async def _changes(self, run: TemplateRun) -> dict[str, Any]:
        changes = []
        for one in run.resources:
            there = self.state.get(ResourceId.parse(one.id)) is not None
            changes.append({"resourceId": one.id, "changeType": "Deploy" if there else "Create"})
        return {"status": "Succeeded", "properties": {"changes": changes}}

    def _existing(self, call: Call) -> Resource:
        wanted = _of(call, f"/{call.path.rpartition('/')[2]}")
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


def provider(kernel: Kernel) -> Provider:
    """Return the part of Microsoft.Resources that deploys templates."""
    kind = Deployments(kernel)
    right = f"{kind.name}/{{}}"
    return Provider(
        RESOURCES,
        (kind,),
        (
            Function("GET", f"{_PATH}/operations", right.format("operations/read"), _PATH, kind.operations),
            Function("POST", f"{_PATH}/validate", right.format("validate/action"), _PATH, kind.validate),
            Function("POST", f"{_PATH}/whatIf", right.format("whatIf/action"), _PATH, kind.what_if),
            Function("POST", f"{_PATH}/cancel", right.format("cancel/action"), _PATH, kind.cancel),
        ),
    )


def _of(call: Call, end: str) -> ResourceId:
    """Return the deployment that a function's path ends in."""
    found = ResourceId.parse(call.path[: -len(end)])
    return found.retyped(Deployments.name)
