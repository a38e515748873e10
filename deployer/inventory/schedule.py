"""Looks at the stop schedule of a hub: when Azure stops and starts it next, and whether it may."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deployer.azure.retries import UNREGISTERED_CODES, with_retries
from deployer.azure.stop_workflows import ENABLED, START, STOP, WORKFLOW_API, WORKFLOW_TYPE, workflows_of
from deployer.errors import AzureError
from deployer.names import carries_our_tags

if TYPE_CHECKING:
    from deployer.azure.session import Session
    from deployer.progress.report import StepReport

FAILED = "Failed"
# The cluster was stopped (or started) already, or was being changed at that moment.
NOT_NOW = frozenset({"BadRequest", "Conflict"})


@dataclass(frozen=True)
class Schedule:
    """The stop schedule of a hub.

    Attributes:
        next_stop: time in UTC; None where it is paused, or the workflow is gone.
        next_start: the same.

    """

    next_stop: str | None
    next_start: str | None


@dataclass(frozen=True)
class _Workflow:
    next_time: str | None = None
    problem: str | None = None


async def find_schedule(session: Session, report: StepReport) -> tuple[Schedule | None, tuple[str, ...]]:
    """Return the stop schedule of a hub, None for none, and what is wrong with it."""
    try:
        return await with_retries(
            report, "look at the stop schedule", lambda: _look(session), rights_may_come=False
        )
    except AzureError as error:
        if error.code in UNREGISTERED_CODES:
            return None, ()
        return None, (f"The stop schedule cannot be looked at: {error.message}",)


async def _look(session: Session) -> tuple[Schedule | None, tuple[str, ...]]:
    wanted = workflows_of(session.names)
    looked = await asyncio.gather(*(_workflow(session, *each) for each in wanted.items()))
    if not any(looked):
        return None, ()
    found = {action: each or _lost(action) for action, each in zip(wanted, looked, strict=True)}
    schedule = Schedule(found[STOP].next_time, found[START].next_time)
    return schedule, tuple(each.problem for each in found.values() if each.problem)


def _lost(action: str) -> _Workflow:
    return _Workflow(problem=f"The stop schedule has lost its workflow for the {action}: deploy again.")


async def _workflow(session: Session, action: str, name: str) -> _Workflow | None:
    """Return a workflow of this hub, None where there is none; a list of the group can be minutes old."""
    azure = session.azure
    path = azure.resource_id(session.settings.resource_group_name, WORKFLOW_TYPE, name)
    found = await azure.find(path, WORKFLOW_API)
    if found is None or not carries_our_tags(found.get("tags"), session.names.hub):
        return None
    if found["properties"].get("state") != ENABLED:
        return _Workflow(problem=f"The scheduled {action} is paused: its workflow is switched off in Azure.")
    triggers, runs = await asyncio.gather(
        azure.list_json(f"{path}/triggers", WORKFLOW_API),
        azure.get_json(f"{path}/runs", WORKFLOW_API, {"$top": "1"}),
    )
    times = [each["properties"].get("nextExecutionTime") for each in triggers]
    soonest = min((time for time in times if time), default=None)
    return _Workflow(soonest, await _failure(session, action, path, runs["value"]))


async def _failure(session: Session, action: str, path: str, runs: list[dict[str, Any]]) -> str | None:
    """Return why the last run failed, None where it did not, or could not be otherwise."""
    if not runs or runs[0]["properties"].get("status") != FAILED:
        return None
    actions = await session.azure.list_json(f"{path}/runs/{runs[0]['name']}/actions", WORKFLOW_API)
    codes = {each["properties"].get("code") for each in actions} - NOT_NOW
    if not codes:
        return None
    reason = ", ".join(sorted(str(code) for code in codes))
    hint = "; its workflow has no right to do that: deploy again" if "Forbidden" in codes else ""
    return f"The last scheduled {action} failed: {reason}{hint}."
