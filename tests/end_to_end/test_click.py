"""The whole click: from the template to a hub that answers, and what can be done with it afterwards."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sandbox.client import SandboxError
from sandbox.visitor.portal import Portal
from tests.deployment_record import violations
from tests.end_to_end.deployments import (
    Ran,
    await_end,
    click,
    deploy,
    group_of,
    outputs_of,
    run,
    start_click,
    writes,
)
from tests.end_to_end.governance import azure
from tests.end_to_end.people import add_somebody, group_id, located_in
from tests.end_to_end.power import await_power
from tests.end_to_end.teardowns import names, teardown
from tests.results import refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.client import RunningSandbox
    from sandbox.visitor.portal import Clicked

HUB = "clicked"
WHERE = ("--name", HUB, "--resource-group", HUB)
LOGIC_API = "2019-05-01"


@pytest.fixture(scope="module")
def followed(sandbox: RunningSandbox) -> Iterator[tuple[Clicked, Ran]]:
    """Click with nothing but a name: a managed identity, a registry of its own. Follow the log elsewhere."""
    with group_of(sandbox, HUB):
        clicked = start_click(sandbox, HUB)
        log = run(sandbox, "binderhub-deployer", "logs", "deployer", "--follow", *WHERE)
        await_end(sandbox, clicked)
        yield clicked, log


@pytest.fixture
def clicked(followed: tuple[Clicked, Ran]) -> Clicked:
    """Return the outcome of the click."""
    return followed[0]


def test_a_click_ends_with_a_hub_that_answers(sandbox: RunningSandbox, clicked: Clicked) -> None:
    assert clicked.succeeded, clicked.events[-3:]
    portal = Portal(sandbox)
    assert portal.visit(f"http://{HUB}.westeurope.cloudapp.azure.com/versions").startswith("200")
    assert portal.visit(f"http://{HUB}-hub.westeurope.cloudapp.azure.com/hub/api").startswith("200")


def test_the_log_of_the_deployer_can_be_followed_to_its_end(followed: tuple[Clicked, Ran]) -> None:
    clicked, log = followed
    assert log.status == 0, log.stderr
    assert [json.loads(line) for line in log.stdout.splitlines()] == clicked.events


def test_the_outputs_are_in_the_storage_account(sandbox: RunningSandbox, clicked: Clicked) -> None:
    outputs = outputs_of(sandbox, clicked)
    assert sorted(outputs) == [
        "deployment.json",
        "deployment.log",
        "next-steps.md",
        "values.yaml",
    ]
    with pytest.raises(SandboxError, match="403"):
        Portal(sandbox).read_blob(clicked.account, "secret-values.yaml", container="private")
    record = json.loads(outputs["deployment.json"])
    assert record["status"] == "done"
    assert {step["status"] for step in record["steps"]} == {"done"}
    assert violations(record) == []


def test_everything_carries_the_hubs_tags(sandbox: RunningSandbox, clicked: Clicked) -> None:
    assert clicked.succeeded
    group = f"/resourcegroups/{HUB}/"
    tagged = [
        resource
        for resource in sandbox.state()["resources"]
        if group in resource["id"].lower() and "location" in resource
    ]
    assert len(tagged) >= 5
    assert {resource["tags"]["binderhub-name"] for resource in tagged} == {HUB}
    assert {resource["tags"]["binderhub-created-by"] for resource in tagged} == {"binderhub-deployer"}


def test_a_second_run_writes_nothing_and_makes_no_revision(
    sandbox: RunningSandbox, clicked: Clicked, tmp_path: Path
) -> None:
    assert clicked.succeeded
    before = sandbox.requests()
    ran = deploy(sandbox, tmp_path, HUB)
    assert ran.status == 0, ran.stderr
    assert writes(sandbox.requests()[len(before) :]) == []
    listed = run(sandbox, "helm", "list", "--namespace", HUB, "--output", "json", "--kube-context", HUB)
    assert [release["revision"] for release in json.loads(listed.stdout)] == ["1"]


def test_a_second_click_works_and_leaves_one_container_group(
    sandbox: RunningSandbox, clicked: Clicked
) -> None:
    assert clicked.succeeded
    click(sandbox, HUB)
    again = click(sandbox, HUB)
    assert again.succeeded, again.events[-3:]
    groups = [
        resource["id"]
        for resource in sandbox.state()["resources"]
        if "containerGroups" in resource["id"] and f"/{HUB}/" in resource["id"]
    ]
    assert len(groups) == 1


def test_info_tells_what_is_there(sandbox: RunningSandbox, clicked: Clicked) -> None:
    assert clicked.succeeded
    ran = run(sandbox, "binderhub-deployer", "info", *WHERE, "--output", "json")
    assert ran.status == 0, ran.stderr
    assert ran.result["binder_answers"] is True
    assert {release["status"] for release in ran.result["releases"]} == {"deployed"}
    assert ran.result["differences"] == []
    # An Owner of the subscription has no role for the data of a storage account.
    assert ran.result["last_run"] is None
    (problem,) = ran.result["problems"]
    assert f"The records in the storage account {clicked.account} cannot be read" in problem
    assert refused("info", ran.result) == []
    assert ran.result["outputs"] == clicked.outputs["outputsContainer"]["value"]


def test_helms_own_commands_work_on_the_cluster(sandbox: RunningSandbox, clicked: Clicked) -> None:
    assert clicked.succeeded
    where = ("--namespace", HUB, "--kube-context", HUB)
    values = run(sandbox, "helm", "get", "values", HUB, *where, "--output", "json")
    assert json.loads(values.stdout)["config"]["BinderHub"]["hub_url"].startswith(f"http://{HUB}-hub.")
    history = run(sandbox, "helm", "history", HUB, *where, "--output", "json")
    assert [revision["status"] for revision in json.loads(history.stdout)] == ["deployed"]


def test_a_click_upgrades_stops_and_starts_and_a_schedule_does_the_same(
    sandbox: RunningSandbox, clicked: Clicked
) -> None:
    assert clicked.succeeded
    upgraded = click(sandbox, HUB, action="upgrade", stopSchedule="Sat-Sun", timeZone="Europe/Rome")
    assert upgraded.succeeded, upgraded.events[-3:]
    workflow = f"{group_id(sandbox, HUB)}/providers/Microsoft.Logic/workflows/{HUB}"
    for action in ("stop", "start"):
        identity = azure(sandbox, "GET", f"{workflow}-{action}", LOGIC_API).json()["identity"]
        (name,) = identity["userAssignedIdentities"]
        assert name.endswith(f"/{HUB}-deployer")
    azure(sandbox, "POST", f"{workflow}-stop/triggers/at-00-00/run", LOGIC_API)
    await_power(sandbox, HUB, "Stopped")
    assert last_line(click(sandbox, HUB, action="start")) == f"The BinderHub {HUB} runs"
    assert last_line(click(sandbox, HUB, action="stop")) == f"The BinderHub {HUB} is stopped"
    azure(sandbox, "POST", f"{workflow}-start/triggers/at-00-00/run", LOGIC_API)
    await_power(sandbox, HUB, "Running")


def last_line(done: Clicked) -> str:
    """Return the last line of the log of a click that has succeeded."""
    assert done.succeeded, done.events[-3:]
    return str(done.events[-1]["message"])


def test_a_run_on_a_laptop_sees_that_the_button_works_on_the_hub(
    sandbox: RunningSandbox, clicked: Clicked, tmp_path: Path
) -> None:
    group = group_id(sandbox, HUB)
    person = add_somebody(sandbox, Contributor=group, Storage_Blob_Data_Contributor=group)
    where = (*WHERE, "--outputs", str(tmp_path))
    # As long as a run of the button lasts, whose words are still in the lock.
    with Portal(sandbox, person.settings).leased_blob(clicked.account, "lock.json"):
        second = run(sandbox, "binderhub-deployer", "start", *where, **person.settings)
    assert second.status == 4, second.stderr
    assert f"its outputs go to https://{clicked.account}.blob.core.windows.net/outputs/runs/" in second.stderr


def test_helm_uninstall_works_and_a_new_run_brings_the_hub_back(
    sandbox: RunningSandbox, clicked: Clicked, tmp_path: Path
) -> None:
    assert clicked.succeeded
    removed = run(sandbox, "helm", "uninstall", HUB, "--namespace", HUB, "--kube-context", HUB, "--wait")
    assert removed.status == 0, removed.stderr
    ran = deploy(sandbox, tmp_path, HUB)
    assert ran.status == 0, ran.stderr
    assert Portal(sandbox).visit(f"{ran.result['binder_url']}/versions").startswith("200")
    # This run has no schedule, so that of the click before is gone.
    assert not any("/Microsoft.Logic/" in one["id"] for one in sandbox.state()["resources"])


@pytest.mark.usefixtures("clicked")
def test_an_owner_removes_everything_that_a_click_made(sandbox: RunningSandbox, tmp_path: Path) -> None:
    group = group_id(sandbox, HUB)
    person = add_somebody(sandbox, Owner=group, Storage_Blob_Data_Contributor=group)
    ran = teardown(sandbox, tmp_path, HUB, "--everything", **person.settings)
    assert ran.status == 0, ran.stderr
    kinds = {kind for kind, _ in names(ran, "removed")}
    assert {"cluster", "registry", "identity", "storage-account", "role-assignment"} <= kinds
    assert located_in(sandbox, HUB) == []
