"""As whom a stop schedule asks Azure, what it keeps of others, and what it says where it may not."""

from __future__ import annotations

from contextlib import AsyncExitStack
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from deployer.azure import retries
from deployer.azure.clients import AzureClients
from deployer.azure.session import Session
from deployer.azure.stop_workflows import WORKFLOW_TYPE
from deployer.names import derive_names, our_tags
from deployer.progress.events import Progress
from deployer.progress.notes import Notes
from deployer.progress.report import StepReport
from deployer.redaction import Redactor
from deployer.run.context import Context
from deployer.steps.stop_schedule import ensure_stop_schedule
from tests import aborts
from tests.deployer.azure.answers import failure
from tests.deployer.hubs import hub_settings

CLIENT = "11111111-1111-4111-8111-111111111111"
NIGHTS = {"stop_schedule": "Mon-Fri 20:00-07:00", "time_zone": "Europe/Rome"}
IN_A_CONTAINER = {"azure_client_id": CLIENT, "container_group_name": "our-hub-deployer-1"}


class Azure:
    """Resources by id, as Azure keeps them: a workflow with an identity of its own gets a principal."""

    subscription = "5ab0ca5e-0000-4000-8000-000000000001"
    resource_id = AzureClients.resource_id

    def __init__(self, **kept: dict[str, Any]) -> None:
        self.kept = kept
        self.puts: list[str] = []
        self.refusals: dict[str, list[str]] = {}
        self.unseen = ""

    async def find(self, path: str, _api_version: str) -> dict[str, Any] | None:
        if self.unseen and WORKFLOW_TYPE in path:
            raise failure({"error": {"code": self.unseen, "message": "no"}}, 409)
        return deepcopy(self.kept.get(path.rpartition("/")[2]))

    async def put(self, path: str, _api_version: str, body: dict[str, Any]) -> None:
        name = path.rpartition("/")[2]
        for kind, codes in self.refusals.items():
            if kind in path and codes:
                raise failure({"error": {"code": codes.pop(0), "message": "no"}}, 403)
        self.puts.append(name)
        self.kept[name] = deepcopy(body)
        if (body.get("identity") or {}).get("type") == "SystemAssigned":
            self.kept[name]["identity"]["principalId"] = f"principal of {name}"

    async def delete(self, path: str, _api_version: str) -> None:
        for kind, codes in self.refusals.items():
            if kind in path and codes:
                raise failure({"error": {"code": codes.pop(0), "message": "no"}}, 403)
        self.kept.pop(path.rpartition("/")[2], None)

    async def list_json(self, _path: str, _api_version: str, query: dict[str, str]) -> list[dict[str, Any]]:
        _, principal, _ = query["$filter"].split("'")
        return [
            each for each in self.kept.values() if each.get("properties", {}).get("principalId") == principal
        ]


class Tried:
    """One run of the step."""

    def __init__(self, azure: Azure, **settings: str) -> None:
        wanted = hub_settings(**settings)
        where = Path()
        self.context = Context(
            wanted, datetime.now(UTC), where, where, Redactor(), AsyncExitStack(), aborts.fail
        )
        nothing: Any = None
        self.context.results.session.set(Session(wanted, derive_names(wanted), nothing, azure))  # type: ignore[arg-type]
        self.notes = Notes()

    async def outcome(self) -> str:
        return await ensure_stop_schedule(self.context, StepReport("step", Progress((self.notes,), str)))


def own(**more: Any) -> dict[str, Any]:
    return {"tags": our_tags("our-hub"), **more}


def attached(*identities: str) -> dict[str, Any]:
    return {"identity": {"userAssignedIdentities": {each: {"clientId": CLIENT} for each in identities}}}


async def test_a_container_lets_its_own_identity_stop_the_hub() -> None:
    azure = Azure(**{"our-hub-deployer-1": attached("/of/it/deployer")})
    assert await Tried(azure, **NIGHTS, **IN_A_CONTAINER).outcome() == "set our-hub-stop, our-hub-start"
    assert azure.kept["our-hub-stop"]["identity"]["userAssignedIdentities"] == {"/of/it/deployer": {}}
    assert await Tried(azure, **NIGHTS, **IN_A_CONTAINER).outcome() == "nothing to change"


async def test_a_laptop_uses_the_identity_that_the_button_made() -> None:
    azure = Azure(**{"our-hub-deployer": own()})
    await Tried(azure, **NIGHTS).outcome()
    (identity,) = azure.kept["our-hub-stop"]["identity"]["userAssignedIdentities"]
    assert identity.endswith("/userAssignedIdentities/our-hub-deployer")


async def test_without_an_identity_each_workflow_has_its_own_with_a_role_on_the_cluster() -> None:
    azure = Azure(**{"our-hub-deployer": {"tags": {}}})
    await Tried(azure, **NIGHTS).outcome()
    roles = [azure.kept[name]["properties"]["principalId"] for name in azure.puts if "our-hub" not in name]
    assert roles == ["principal of our-hub-stop", "principal of our-hub-start"]
    assert await Tried(azure, **NIGHTS).outcome() == "nothing to change"


async def test_whoever_may_not_assign_roles_reads_who_can_and_how() -> None:
    azure = Azure()
    azure.refusals = {"roleAssignments": ["AuthorizationFailed", "AuthorizationFailed"]}
    tried = Tried(azure, **NIGHTS)
    assert await tried.outcome() == "set our-hub-stop, our-hub-start"
    first, second = (note.message for note in tried.notes.all())
    assert "az role assignment create --assignee-object-id principal of our-hub-stop" in first
    assert "our-hub-start" in second


async def test_a_right_that_somebody_else_assigned_is_one() -> None:
    azure = Azure()
    role = "/of/azure/ed7f3fbd-7b88-4dd4-9017-9adb7ce333f8"
    for action in ("stop", "start"):
        properties = {"principalId": f"principal of our-hub-{action}", "roleDefinitionId": role}
        azure.kept[f"of IT for {action}"] = {"properties": properties}
    await Tried(azure, **NIGHTS).outcome()
    assert azure.puts == ["our-hub-stop", "our-hub-start"]


async def test_an_identity_that_may_not_be_attached_is_replaced_by_one_of_its_own() -> None:
    azure = Azure(**{"our-hub-deployer-1": attached("/of/it/deployer")})
    azure.refusals = {"workflows": ["LinkedAuthorizationFailed"]}
    await Tried(azure, **NIGHTS, **IN_A_CONTAINER).outcome()
    kinds = [azure.kept[name]["identity"]["type"] for name in ("our-hub-stop", "our-hub-start")]
    assert kinds == ["SystemAssigned", "UserAssigned"]
    assert await Tried(azure, **NIGHTS, **IN_A_CONTAINER).outcome() == "nothing to change"


async def test_an_identity_that_azure_does_not_know_everywhere_yet_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retries, "wait_exponential_jitter", lambda **_: lambda _state: 0)
    azure = Azure()
    azure.refusals = {"roleAssignments": ["PrincipalNotFound", "PrincipalNotFound"]}
    tried = Tried(azure, **NIGHTS)
    await tried.outcome()
    assert tried.notes.all() == ()
    assert len(azure.puts) == 4


async def test_a_schedule_that_is_paused_stays_paused_when_it_changes() -> None:
    azure = Azure(**{"our-hub-deployer": own()})
    await Tried(azure, **NIGHTS).outcome()
    azure.kept["our-hub-stop"]["properties"]["state"] = "Disabled"
    changed = {**NIGHTS, "stop_schedule": "Sat-Sun"}
    assert await Tried(azure, **changed).outcome() == "set our-hub-stop, our-hub-start"
    assert azure.kept["our-hub-stop"]["properties"]["state"] == "Disabled"
    (trigger,) = azure.kept["our-hub-stop"]["properties"]["definition"]["triggers"].values()
    assert trigger["recurrence"]["schedule"] == {"weekDays": ["Saturday"], "hours": [0], "minutes": [0]}


async def test_tags_of_others_stay_when_a_schedule_changes() -> None:
    azure = Azure(**{"our-hub-deployer": own()})
    await Tried(azure, **NIGHTS).outcome()
    azure.kept["our-hub-stop"]["tags"]["from-it"] = "yes"
    await Tried(azure, **{**NIGHTS, "stop_schedule": "Sat-Sun"}, tags="team=chemistry").outcome()
    tags = azure.kept["our-hub-stop"]["tags"]
    assert tags == {"from-it": "yes", "team": "chemistry", **our_tags("our-hub")}


async def test_a_workflow_of_others_is_left_alone() -> None:
    theirs: dict[str, Any] = {"tags": {}, "properties": {"definition": {}}}
    azure = Azure(**{"our-hub-stop": theirs, "our-hub-deployer": own()})
    tried = Tried(azure, **NIGHTS)
    assert await tried.outcome() == "set our-hub-start"
    assert azure.kept["our-hub-stop"] == theirs
    assert "that the deployer did not create" in tried.notes.all()[0].message
    await Tried(azure).outcome()
    assert azure.kept["our-hub-stop"] == theirs


async def test_without_the_setting_the_schedule_goes_and_its_rights_too() -> None:
    azure = Azure()
    await Tried(azure, **NIGHTS).outcome()
    azure.refusals = {"roleAssignments": ["AuthorizationFailed"]}
    assert await Tried(azure).outcome() == "removed our-hub-stop, our-hub-start"
    # Of the first one the assignment could not be removed.
    assert len(azure.kept) == 1
    assert await Tried(azure).outcome() == "nothing to remove"


@pytest.mark.parametrize("code", ["MissingSubscriptionRegistration", "AuthorizationFailed"])
async def test_whoever_cannot_see_workflows_has_none_to_remove(code: str) -> None:
    azure = Azure()
    azure.unseen = code
    assert await Tried(azure).outcome() == "nothing to remove"
