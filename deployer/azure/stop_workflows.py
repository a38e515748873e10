"""Describes the two workflows of Azure Logic Apps that stop and start a cluster on a schedule.

Of what Azure has for this, a workflow is what a Contributor can create, knows time zones with their summer
times, and costs next to nothing: AKS has no schedules of its own, jobs of Container Apps and of GitHub know
UTC alone, and an Automation account needs a runbook and modules beside its schedules.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from deployer.azure.deployer_identity import attached_identities
from deployer.azure.managed_cluster import CLUSTER_API
from deployer.cloud import MANAGEMENT_ENDPOINT
from deployer.comparison import contains
from deployer.settings.types.stop_schedule import DAY_MINUTES, DAYS, clock, stops_of
from deployer.settings.types.time_zones import windows_zone

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from deployer.azure.managed_cluster import Body
    from deployer.names import HubNames

WORKFLOW_TYPE = "Microsoft.Logic/workflows"
WORKFLOW_API = "2019-05-01"
LANGUAGE = "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#"
# A Monday in the past: without a begin, Azure runs a new workflow at once.
BEGIN = "2026-01-05T00:00:00"
STOP, START = "stop", "start"
ENABLED = "Enabled"


def workflows_of(names: HubNames) -> dict[str, str]:
    """Return the name of the workflow for each of the two actions on a cluster."""
    return {STOP: names.stop_workflow, START: names.start_workflow}


def triggers_of(schedule: str, time_zone: str) -> dict[str, Body]:
    """Return the triggers of both workflows: one for each time of day, on the days that have it."""
    stops = stops_of(schedule)
    return {
        STOP: _triggers((begin for begin, _ in stops), time_zone),
        START: _triggers((end for _, end in stops), time_zone),
    }


def describe_workflow(action: str, cluster: str, triggers: Body, identity: str | None) -> Body:
    """Return the properties of the workflow that stops or starts a cluster.

    Args:
        action: `stop` or `start`.
        cluster: its resource id.
        triggers: when.
        identity: resource id of the user-assigned identity that asks for it; None for the workflow's own.

    """
    authentication = {"type": "ManagedServiceIdentity", "audience": f"{MANAGEMENT_ENDPOINT}/"}
    request = {
        "method": "POST",
        "uri": f"{MANAGEMENT_ENDPOINT}{cluster}/{action}",
        "queries": {"api-version": CLUSTER_API},
        "authentication": authentication | ({"identity": identity} if identity else {}),
    }
    return {
        "definition": {
            "$schema": LANGUAGE,
            "contentVersion": "1.0.0.0",
            "triggers": triggers,
            "actions": {action: {"type": "Http", "inputs": request, "runAfter": {}}},
        }
    }


def identity_of(workflow: Mapping[str, Any] | None) -> str | None:
    """Return the user-assigned identity of a workflow, None where it has none."""
    return next(iter(attached_identities(workflow)), None)


def identity_body(identity: str | None) -> Body:
    """Return the identity of a workflow: a user-assigned one, or one of its own."""
    if identity is None:
        return {"type": "SystemAssigned"}
    return {"type": "UserAssigned", "userAssignedIdentities": {identity: {}}}


def is_as_wanted(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Return whether a workflow can stay as it is; whether it is paused is for people to choose."""
    same_identity = (found.get("identity") or {}).get("type") == wanted["identity"]["type"]
    definition, asked = found["properties"]["definition"], wanted["properties"]["definition"]
    return (
        same_identity
        and identity_of(found) == identity_of(wanted)
        and contains(found.get("tags") or {}, wanted["tags"])
        # Azure adds what it evaluates to each trigger, and writes ids in a case of its own.
        and contains(definition.get("triggers") or {}, asked["triggers"])
        and len(definition["triggers"]) == len(asked["triggers"])
        and contains(definition.get("actions") or {}, asked["actions"], ignore_case=True)
    )


def _triggers(moments: Iterable[int], time_zone: str) -> Body:
    days = defaultdict(list)
    for moment in moments:
        days[moment % DAY_MINUTES].append(DAYS[moment // DAY_MINUTES % 7])
    return {
        f"at-{clock(time).replace(':', '-')}": _trigger(time, on, time_zone)
        for time, on in sorted(days.items())
    }


def _trigger(time: int, days: list[str], time_zone: str) -> Body:
    return {
        "type": "Recurrence",
        "recurrence": {
            "frequency": "Week",
            "interval": 1,
            "startTime": BEGIN,
            "timeZone": windows_zone(time_zone),
            "schedule": {
                "weekDays": sorted(days, key=DAYS.index),
                "hours": [time // 60],
                "minutes": [time % 60],
            },
        },
    }
