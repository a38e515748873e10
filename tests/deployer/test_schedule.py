"""What is told of a stop schedule that is not whole, or cannot be looked at."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from deployer.azure.clients import AzureClients
from deployer.inventory.schedule import Schedule, find_schedule
from deployer.names import our_tags
from deployer.progress.events import Progress
from deployer.progress.report import StepReport
from tests.deployer.azure.answers import failure
from tests.deployer.hubs import hub_settings, names_of

NEXT = "2026-11-27T19:00:00Z"


class Azure:
    """The workflows of a group, each with a trigger and with one run that ended with this code."""

    subscription = "5ab0ca5e-0000-4000-8000-000000000001"
    resource_id = AzureClients.resource_id

    def __init__(self, *workflows: str, code: str = "OK", refusal: str = "") -> None:
        self.workflows, self.code, self.refusal = workflows, code, refusal

    async def find(self, path: str, _version: str) -> dict[str, Any] | None:
        if self.refusal:
            raise failure({"error": {"code": self.refusal, "message": "no"}}, 409)
        there = path.rpartition("/")[2] in self.workflows
        return {"tags": our_tags("our-hub"), "properties": {"state": "Enabled"}} if there else None

    async def get_json(self, _path: str, _version: str, _query: Any) -> dict[str, Any]:
        status = "Succeeded" if self.code == "OK" else "Failed"
        return {"value": [{"name": "1", "properties": {"status": status}}]}

    async def list_json(self, path: str, _version: str) -> list[dict[str, Any]]:
        if path.endswith("/actions"):
            return [{"properties": {"code": self.code}}]
        return [{"properties": {"nextExecutionTime": NEXT}}, {"properties": {}}]


async def told(azure: Azure) -> tuple[Schedule | None, tuple[str, ...]]:
    session: Any = SimpleNamespace(azure=azure, settings=hub_settings(), names=names_of())
    return await find_schedule(session, StepReport("info", Progress()))


async def test_a_hub_without_a_schedule_has_none() -> None:
    assert await told(Azure("of-others")) == (None, ())


async def test_a_subscription_without_logic_apps_has_none() -> None:
    assert await told(Azure(refusal="MissingSubscriptionRegistration")) == (None, ())


async def test_a_schedule_that_has_lost_a_workflow_says_so() -> None:
    schedule, problems = await told(Azure("our-hub-stop"))
    assert schedule == Schedule(NEXT, None)
    assert problems == ("The stop schedule has lost its workflow for the start: deploy again.",)


async def test_a_stop_of_a_hub_that_was_stopped_already_is_no_problem() -> None:
    both = ("our-hub-stop", "our-hub-start")
    assert await told(Azure(*both)) == (Schedule(NEXT, NEXT), ())
    assert await told(Azure(*both, code="BadRequest")) == (Schedule(NEXT, NEXT), ())
    _, problems = await told(Azure(*both, code="InternalServerError"))
    assert problems[0] == "The last scheduled stop failed: InternalServerError."


async def test_a_schedule_that_cannot_be_looked_at_is_a_problem_and_the_rest_is_shown() -> None:
    schedule, (problem,) = await told(Azure(refusal="AuthorizationFailed"))
    assert schedule is None
    assert problem.startswith("The stop schedule cannot be looked at")
