"""What is told of a stop schedule that is not whole, or cannot be looked at."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from deployer.inventory.schedule import Schedule, find_schedule
from deployer.progress.events import Progress
from deployer.progress.report import StepReport
from tests.deployer.azure.answers import failure
from tests.deployer.hubs import hub_settings, names_of

NEXT = "2026-11-27T19:00:00Z"


class Azure:
    """The workflows of a group, each with a trigger and with one run that ended with this code."""

    def __init__(self, *workflows: str, code: str = "OK", refuses: bool = False) -> None:
        self.workflows, self.code, self.refuses = workflows, code, refuses
        self.resources = SimpleNamespace(resources=self)

    async def list_by_resource_group(self, _group: str, **_filter: str) -> Any:
        if self.refuses:
            raise failure({"error": {"code": "AuthorizationFailed", "message": "no"}}, 403)
        for name in self.workflows:
            yield SimpleNamespace(id=f"/{name}", name=name, tags={"binderhub-name": "our-hub"})

    async def get_json(self, path: str, _version: str, _query: Any = None) -> dict[str, Any]:
        if not path.endswith("/runs"):
            return {"properties": {"state": "Enabled"}}
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
    schedule, (problem,) = await told(Azure(refuses=True))
    assert schedule is None
    assert problem.startswith("The stop schedule cannot be looked at")
