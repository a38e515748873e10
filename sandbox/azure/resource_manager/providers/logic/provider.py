"""The provider Microsoft.Logic, with its actions: triggers, runs, enable and disable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core.actions import Action, ActionRequest
from sandbox.azure.resource_manager.core.errors import ArmError
from sandbox.azure.resource_manager.core.operations import Reply
from sandbox.azure.resource_manager.core.resource_types import Provider
from sandbox.azure.resource_manager.providers.logic.workflows import API_VERSIONS, WORKFLOWS, Workflows

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.catalog import Catalog
    from sandbox.azure.resource_manager.core.state import Resource


class WorkflowActions:
    """What can be asked of a workflow.

    Args:
        catalog: where workflows are looked up.
        workflows: their type.

    """

    def __init__(self, catalog: Catalog, workflows: Workflows) -> None:
        self._catalog = catalog
        self._workflows = workflows

    def actions(self) -> tuple[Action, ...]:
        """Return the actions, to be installed."""
        workflow = f"{{scope}}/providers/{WORKFLOWS}/{{workflow}}"

        def action(method: str, path: str, permission: str, run: Any) -> Action:
            wanted = f"{WORKFLOWS}/{permission}"
            return Action(method, f"{workflow}/{path}", wanted, workflow, run, API_VERSIONS)

        return (
            action("GET", "triggers", "triggers/read", self.triggers),
            action("POST", "triggers/{trigger}/run", "triggers/run/action", self.run),
            action("GET", "runs", "runs/read", self.runs),
            action("GET", "runs/{run}/actions", "runs/actions/read", self.run_actions),
            action("POST", "enable", "enable/action", self.enable),
            action("POST", "disable", "disable/action", self.disable),
        )

    async def triggers(self, request: ActionRequest) -> dict[str, Any]:
        """List the triggers, each with the time when it fires next."""
        workflow = self._workflow(request)
        times = self._workflows.next_times(workflow)
        return {"value": [_trigger(workflow, name, times.get(name)) for name in _triggers(workflow)]}

    async def run(self, request: ActionRequest) -> Reply:
        """Fire a trigger now."""
        workflow, name = self._workflow(request), request.arguments["trigger"]
        if name not in _triggers(workflow):
            raise ArmError(404, "WorkflowTriggerNotFound", f"The trigger '{name}' could not be found.")
        self._workflows.fire(workflow, name)
        return Reply(202)

    async def runs(self, request: ActionRequest) -> dict[str, Any]:
        """List the runs, the newest first."""
        workflow = self._workflow(request)
        runs = self._workflows.runs_of(workflow)[: int(request.query.get("$top", "30"))]
        return {"value": [run.shown(workflow) for run in runs]}

    async def run_actions(self, request: ActionRequest) -> dict[str, Any]:
        """List how the actions of a run went."""
        workflow, name = self._workflow(request), request.arguments["run"]
        found = [run for run in self._workflows.runs_of(workflow) if run.name == name]
        if not found:
            raise ArmError(404, "WorkflowRunNotFound", f"The workflow run '{name}' could not be found.")
        return {"value": found[0].actions(workflow)}

    async def enable(self, request: ActionRequest) -> Reply:
        """Enable the workflow."""
        self._workflows.switch(self._workflow(request), on=True)
        return Reply(200)

    async def disable(self, request: ActionRequest) -> Reply:
        """Disable the workflow."""
        self._workflows.switch(self._workflow(request), on=False)
        return Reply(200)

    def _workflow(self, request: ActionRequest) -> Resource:
        return self._catalog.existing(
            f"{request.arguments['scope']}/providers/{WORKFLOWS}/{request.arguments['workflow']}"
        )


def _triggers(workflow: Resource) -> dict[str, Any]:
    triggers: dict[str, Any] = workflow.properties["definition"]["triggers"]
    return triggers


def _trigger(workflow: Resource, name: str, time: Any) -> dict[str, Any]:
    properties = {
        "provisioningState": "Succeeded",
        "state": workflow.properties["state"],
        "recurrence": _triggers(workflow)[name]["recurrence"],
        "workflow": {"id": str(workflow.id)},
    }
    if time is not None:
        properties["nextExecutionTime"] = time.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "id": f"{workflow.id}/triggers/{name}",
        "name": name,
        "type": f"{WORKFLOWS}/triggers",
        "properties": properties,
    }


def provider(catalog: Catalog, workflows: Workflows) -> Provider:
    """Return the provider Microsoft.Logic."""
    return Provider("Microsoft.Logic", (workflows,), WorkflowActions(catalog, workflows).actions())
