"""Workflows of Logic Apps: what Azure refuses, when they run, and as whom."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.azure.resource_manager.providers.logic.recurrence import next_time, problem_of
from tests.sandbox.azure.resource_manager.conftest import GROUP

if TYPE_CHECKING:
    import httpx

    from tests.sandbox.azure.resource_manager.conftest import World

VERSION, ROLES, IDENTITIES = "2019-05-01", "2022-04-01", "2024-11-30"
WORKFLOW = f"{GROUP}/providers/Microsoft.Logic/workflows/stop"
OTHER_GROUP = GROUP.replace("/hub", "/other")
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/deployer"
SCHEMA = "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#"
EVENING = {
    "frequency": "Week",
    "interval": 1,
    "startTime": "2026-01-05T00:00:00",
    "timeZone": "W. Europe Standard Time",
    "schedule": {"weekDays": ["Monday", "Friday"], "hours": [20], "minutes": [30]},
}
MANAGED = {"type": "ManagedServiceIdentity", "audience": "https://management.azure.com/"}


def workflow(
    recurrence: dict[str, Any], identity: dict[str, Any] | None = None, acting_as: str | None = None
) -> dict[str, Any]:
    """Return the body of a workflow that creates a group, which can be seen afterwards."""
    inputs = {
        "method": "PUT",
        "uri": f"https://management.azure.com{OTHER_GROUP}",
        "queries": {"api-version": "2025-04-01"},
        "body": {"location": "westeurope"},
        "authentication": {**MANAGED, **({"identity": acting_as} if acting_as else {})},
    }
    definition = {
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "triggers": {"evening": {"type": "Recurrence", "recurrence": recurrence}},
        "actions": {"make": {"type": "Http", "inputs": inputs, "runAfter": {}}},
    }
    return {
        "location": "westeurope",
        "identity": identity or {"type": "SystemAssigned"},
        "properties": {"definition": definition},
    }


async def ended(world: World) -> dict[str, Any]:
    """Return the newest run once it has ended."""
    async with asyncio.timeout(10):
        while True:
            runs = (await world.get(f"{WORKFLOW}/runs", VERSION)).json()["value"]
            if runs and runs[0]["properties"]["status"] != "Running":
                return dict(runs[0])
            await asyncio.sleep(0.01)


async def newest_but(world: World, name: str) -> bool:
    """Return whether there is a newer run than this one, within some time."""
    for _ in range(200):
        if (await ended(world))["name"] != name:
            return True
        await asyncio.sleep(0.01)
    return False


async def move_to_evening(world: World) -> None:
    (trigger,) = (await world.get(f"{WORKFLOW}/triggers", VERSION)).json()["value"]
    moment = datetime.fromisoformat(trigger["properties"]["nextExecutionTime"])
    world.manager.host.services.clock.move_to(moment)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("2026-01-05T19:29:00+00:00", "2026-01-05T19:30:00+00:00"),
        ("2026-01-05T19:30:00+00:00", "2026-01-09T19:30:00+00:00"),
        ("2025-12-01T00:00:00+00:00", "2026-01-05T19:30:00+00:00"),
        # In summer time: the hour of the wall clock stays.
        ("2026-07-06T00:00:00+00:00", "2026-07-06T18:30:00+00:00"),
    ],
)
def test_a_recurrence_follows_the_wall_clock_of_its_zone(after: str, expected: str) -> None:
    assert next_time(EVENING, datetime.fromisoformat(after)) == datetime.fromisoformat(expected)


def test_a_recurrence_can_leave_days_and_weeks_out() -> None:
    begin = datetime(2026, 1, 5, tzinfo=UTC)
    every_other = {**EVENING, "interval": 2, "schedule": {"weekDays": ["Monday"], "hours": [20]}}
    first = next_time(every_other, begin)
    assert next_time(every_other, first) - first == timedelta(weeks=2)
    by_day = {**EVENING, "frequency": "Day", "interval": 3, "schedule": {"hours": [20]}}
    first = next_time(by_day, begin)
    assert next_time(by_day, first) - first == timedelta(days=3)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"frequency": "Hour"}, "by day or week"),
        ({"interval": 0}, "positive integer"),
        ({"timeZone": "Europe/Berlin"}, "time zone"),
        ({"schedule": {"weekDays": ["Mon"], "hours": [20]}}, "days of the week"),
        ({"schedule": {"hours": [24]}}, "0 to 23"),
    ],
)
def test_a_recurrence_that_is_none_is_refused(wrong: dict[str, Any], reason: str) -> None:
    assert reason in problem_of({**EVENING, **wrong})


async def test_a_workflow_runs_at_its_time_as_its_own_identity(world: World) -> None:
    made = await world.make(WORKFLOW, workflow(EVENING), VERSION)
    world.manager.grant(world.people.members[made["identity"]["principalId"]], "Owner")
    assert (await world.get(OTHER_GROUP, "2025-04-01")).status_code == 404
    await move_to_evening(world)
    assert (await ended(world))["properties"]["status"] == "Succeeded"
    assert (await world.get(OTHER_GROUP, "2025-04-01")).status_code == 200


async def test_a_workflow_runs_again_where_time_has_returned(world: World) -> None:
    await world.make(WORKFLOW, workflow(EVENING), VERSION)
    await move_to_evening(world)
    first = await ended(world)
    world.manager.host.services.clock.move_to(None)
    await asyncio.sleep(0.05)  # As between two commands: who waits for the time looks at the clock again.
    await move_to_evening(world)
    assert await newest_but(world, first["name"])


async def test_a_run_without_rights_fails_and_says_so(world: World) -> None:
    await world.make(WORKFLOW, workflow(EVENING), VERSION)
    await move_to_evening(world)
    run = await ended(world)
    assert (run["properties"]["status"], run["properties"]["code"]) == ("Failed", "ActionFailed")
    actions = (await world.get(f"{run['id']}/actions", VERSION)).json()["value"]
    assert [each["properties"]["code"] for each in actions] == ["Forbidden"]


async def test_a_workflow_runs_as_an_identity_that_it_is_given(world: World) -> None:
    identity = await world.make(IDENTITY, {"location": "westeurope"}, IDENTITIES)
    world.manager.grant(world.people.members[identity["properties"]["principalId"]], "Owner")
    given = {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}}
    await world.make(WORKFLOW, workflow(EVENING, given, IDENTITY), VERSION)
    await world.post(f"{WORKFLOW}/triggers/evening/run", VERSION)
    assert (await ended(world))["properties"]["status"] == "Succeeded"


async def test_a_workflow_without_a_begin_runs_at_once(world: World) -> None:
    await world.make(WORKFLOW, workflow({**EVENING, "startTime": None}), VERSION)
    assert (await ended(world))["properties"]["trigger"]["name"] == "evening"


async def test_a_workflow_that_is_switched_off_has_no_next_time(world: World) -> None:
    await world.make(WORKFLOW, workflow(EVENING), VERSION)
    await world.post(f"{WORKFLOW}/disable", VERSION)
    (trigger,) = (await world.get(f"{WORKFLOW}/triggers", VERSION)).json()["value"]
    assert "nextExecutionTime" not in trigger["properties"]
    assert (await world.get(WORKFLOW, VERSION)).json()["properties"]["state"] == "Disabled"
    await world.post(f"{WORKFLOW}/enable", VERSION)
    (trigger,) = (await world.get(f"{WORKFLOW}/triggers", VERSION)).json()["value"]
    assert "nextExecutionTime" in trigger["properties"]


async def test_the_own_identity_of_a_workflow_stays_over_changes_and_goes_with_it(world: World) -> None:
    first = await world.make(WORKFLOW, workflow(EVENING), VERSION)
    again = await world.make(WORKFLOW, workflow(EVENING), VERSION)
    principal = first["identity"]["principalId"]
    assert again["identity"]["principalId"] == principal
    await world.delete(WORKFLOW, VERSION)
    assert principal not in world.people.members


def changed(**definition: Any) -> dict[str, Any]:
    body = workflow(EVENING)
    body["properties"]["definition"] |= definition
    return body


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"location": "westeurope"}, "'definition' is missing"),
        (changed(**{"$schema": "https://example.org"}), "schema"),
        (changed(triggers={}), "at least one trigger"),
        (changed(triggers={str(each): {} for each in range(11)}), "the maximum is 10"),
        (changed(triggers={"web": {"type": "Request"}}), "'Request'"),
        (changed(actions={"wait": {"type": "Wait"}}), "'Http'"),
        (workflow({**EVENING, "timeZone": "Berlin"}), "time zone 'Berlin'"),
        (workflow(EVENING, {"type": "None"}), "none of its own"),
        (workflow(EVENING, acting_as=IDENTITY), "which the workflow does not have"),
    ],
)
async def test_a_definition_that_cannot_run_is_refused(
    world: World, body: dict[str, Any], reason: str
) -> None:
    refused: httpx.Response = await world.put(WORKFLOW, body, VERSION)
    assert refused.status_code == 400
    assert refused.json()["error"]["code"] == "InvalidTemplate"
    assert reason in refused.json()["error"]["message"]


async def test_a_name_has_43_characters_at_most_and_unknown_runs_are_none(world: World) -> None:
    refused = await world.put(f"{WORKFLOW}{'p' * 40}", workflow(EVENING), VERSION)
    assert refused.json()["error"]["code"] == "InvalidWorkflowName"
    await world.make(WORKFLOW, workflow(EVENING), VERSION)
    assert (await world.get(f"{WORKFLOW}/runs/none/actions", VERSION)).status_code == 404
    assert (await world.post(f"{WORKFLOW}/triggers/none/run", VERSION)).status_code == 404
