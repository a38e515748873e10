"""Workflows: each waits for the next time of its triggers, and runs then."""

from __future__ import annotations

import asyncio
import copy
import re
from typing import TYPE_CHECKING, Any

import httpx

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.operations import Operation, Reply, finished
from sandbox.azure.resource_manager.core.resource_types import PutRequest, ResourceType
from sandbox.azure.resource_manager.core.state import Resource, timestamp
from sandbox.azure.resource_manager.providers.logic.definitions import check_definition
from sandbox.azure.resource_manager.providers.logic.recurrence import next_time
from sandbox.azure.resource_manager.providers.logic.runs import Run
from sandbox.azure.resource_manager.providers.managed_identity import attached_identities

if TYPE_CHECKING:
    from datetime import datetime
    from typing import ClassVar

    from starlette.types import ASGIApp

    from sandbox.azure.resource_manager.core.catalog import Catalog
    from sandbox.azure.resource_manager.core.services import Services

WORKFLOWS = "Microsoft.Logic/workflows"
API_VERSIONS = ("2019-05-01", "2018-07-01-preview", "2017-07-01", "2016-10-01", "2016-06-01")
ENABLED, DISABLED = "Enabled", "Disabled"
_NAME = re.compile(r"[A-Za-z0-9_.()-]{1,43}")


class Workflows(ResourceType):
    """Workflows of Logic Apps.

    Args:
        services: what the type works with.
        catalog: where attached identities are looked up.
        resource_manager: to which the requests of workflows go.

    """

    name: ClassVar[str] = WORKFLOWS
    api_versions: ClassVar[tuple[str, ...]] = API_VERSIONS
    tracked: ClassVar[bool] = True

    def __init__(self, services: Services, catalog: Catalog, resource_manager: ASGIApp) -> None:
        super().__init__(services)
        self._catalog = catalog
        self._app = resource_manager
        self._waiting: dict[str, asyncio.Task[None]] = {}
        self._running: set[asyncio.Task[None]] = set()

    def check(self, request: PutRequest) -> None:
        """Validate name, identities and definition."""
        if not _NAME.fullmatch(request.id.name):
            message = f"The workflow name '{request.id.name}' is not valid: it has 1 to 43 characters."
            raise errors.bad_request("InvalidWorkflowName", message)
        if len(attached_identities(self.services, self._catalog, request)) > 1:
            message = "A workflow can have only one user-assigned identity."
            raise errors.bad_request("InvalidWorkflowManagedIdentitySpecified", message)
        check_definition(request)

    async def put(self, request: PutRequest) -> Operation:
        """Create or replace the workflow, and wait for its triggers anew."""
        workflow = request.existing or Resource(request.id, {})
        now = timestamp(self.services.clock.now())
        workflow.document = {
            "location": request.location,
            "tags": dict(request.body.get("tags") or {}),
            "identity": self._identity(request),
            "properties": {
                "createdTime": workflow.properties.get("createdTime", now),
                "changedTime": now,
                "provisioningState": "Succeeded",
                "state": request.properties.get("state", ENABLED),
                "definition": _evaluated(request.properties["definition"]),
                "parameters": dict(request.properties.get("parameters") or {}),
            },
        }
        self.state.store(workflow)
        self.wait(workflow)
        return finished(Reply(200 if request.existing else 201, self.show(workflow)), workflow)

    async def deprovision(self, resource: Resource) -> None:
        """Wait for its triggers no longer; remove the principal of its own identity."""
        self._stop_waiting(resource)
        own = (resource.document.get("identity") or {}).get("principalId")
        if own:
            self.services.directory.remove(own)

    def switch(self, workflow: Resource, *, on: bool) -> None:
        """Enable or disable a workflow."""
        workflow.properties["state"] = ENABLED if on else DISABLED
        self.wait(workflow)

    def runs_of(self, workflow: Resource) -> list[Run]:
        """Return the runs of a workflow, the newest first."""
        found: list[Run] = workflow.internals.setdefault("runs", [])
        return found

    def next_times(self, workflow: Resource) -> dict[str, datetime]:
        """Return when each trigger fires next; none for a workflow that is disabled."""
        if workflow.properties["state"] != ENABLED:
            return {}
        now = self.services.clock.now()
        triggers = workflow.properties["definition"]["triggers"]
        return {name: next_time(trigger["recurrence"], now) for name, trigger in triggers.items()}

    def wait(self, workflow: Resource) -> None:
        """Wait for the triggers of a workflow; those without a begin fire at once."""
        self._stop_waiting(workflow)
        if workflow.properties["state"] == ENABLED:
            task = asyncio.create_task(self._wait(workflow, *self._soonest(workflow)))
            self._waiting[workflow.id.key] = task
            for name, trigger in workflow.properties["definition"]["triggers"].items():
                if not trigger["recurrence"].get("startTime"):
                    self.fire(workflow, name)

    def fire(self, workflow: Resource, trigger: str) -> Run:
        """Begin a run."""
        run = Run(trigger, self.services.clock.now())
        self.runs_of(workflow).insert(0, run)
        task = asyncio.create_task(self._carry_out(workflow, run))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return run

    async def close(self) -> None:
        """End all that waits or runs."""
        tasks = [*self._waiting.values(), *self._running]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _soonest(self, workflow: Resource) -> tuple[str, datetime]:
        return min(self.next_times(workflow).items(), key=lambda each: each[1])

    async def _wait(self, workflow: Resource, trigger: str, moment: datetime) -> None:
        """Run a workflow at this time, and at each later one; times that were missed are left out."""
        while True:
            if await self.services.clock.until(moment):
                self.fire(workflow, trigger)
            trigger, moment = self._soonest(workflow)

    async def _carry_out(self, workflow: Resource, run: Run) -> None:
        def token(authentication: dict[str, Any]) -> str:
            return self._token(workflow, authentication)

        transport = httpx.ASGITransport(self._app)
        async with httpx.AsyncClient(transport=transport) as client:
            await run.carry_out(workflow, client, token)

    def _token(self, workflow: Resource, authentication: dict[str, Any]) -> str:
        """Return a token of the identity that an action names, else of the workflow's own."""
        identity, wanted = workflow.document["identity"], authentication.get("identity")
        attached = {path.lower(): ids for path, ids in (identity.get("userAssignedIdentities") or {}).items()}
        object_id = attached[wanted.lower()]["principalId"] if wanted else identity["principalId"]
        principal = self.services.directory.by_object_id(object_id)
        if principal is None:
            return ""
        return self.services.directory.issue_token(principal, authentication.get("audience", ""))

    def _stop_waiting(self, workflow: Resource) -> None:
        task = self._waiting.pop(workflow.id.key, None)
        if task is not None:
            task.cancel()

    def _identity(self, request: PutRequest) -> dict[str, Any]:
        kind = (request.body.get("identity") or {}).get("type", "None")
        if kind == "UserAssigned":
            attached = attached_identities(self.services, self._catalog, request)
            return {"type": kind, "userAssignedIdentities": attached}
        before = (request.existing.document.get("identity") or {}) if request.existing else {}
        if kind != "SystemAssigned" or before.get("type") == kind:
            return before if before.get("type") == kind else {"type": kind}
        own = self.services.directory.add_managed_identity(request.id.name)
        return {"type": kind, "principalId": own.object_id, "tenantId": own.tenant_id}


def _evaluated(definition: dict[str, Any]) -> dict[str, Any]:
    """Return a definition as Azure shows it: with what it made of each recurrence."""
    shown = copy.deepcopy(definition)
    for trigger in shown["triggers"].values():
        trigger["evaluatedRecurrence"] = copy.deepcopy(trigger["recurrence"])
    return shown
