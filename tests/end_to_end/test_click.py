"""The whole click: from the template to a hub that answers, whoever deploys and wherever images go."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sandbox.client import SandboxError
from sandbox.internet.docker_hub import PASSWORD, USERNAME
from sandbox.visitor.portal import Portal
from tests.deployment_record import violations
from tests.end_to_end.deployments import (
    add_service_principal,
    click,
    deploy,
    group_of,
    outputs_of,
    run,
    writes,
)
from tests.results import refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.client import RunningSandbox
    from sandbox.visitor.portal import Clicked

HUB = "clicked"


@pytest.fixture(scope="module")
def clicked(sandbox: RunningSandbox) -> Iterator[Clicked]:
    """Click with nothing but a name: a managed identity, a registry of its own."""
    with group_of(sandbox, HUB):
        yield click(sandbox, HUB)


def test_a_click_ends_with_a_hub_that_answers(sandbox: RunningSandbox, clicked: Clicked) -> None:
    assert clicked.succeeded, clicked.events[-3:]
    portal = Portal(sandbox)
    assert portal.visit(f"http://{HUB}.westeurope.cloudapp.azure.com/versions").startswith("200")
    assert portal.visit(f"http://{HUB}-hub.westeurope.cloudapp.azure.com/hub/api").startswith("200")


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
    ran = run(
        sandbox, "binderhub-deployer", "info", "--name", HUB, "--resource-group", HUB, "--output", "json"
    )
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


def test_a_click_with_docker_hub_and_a_service_principal(sandbox: RunningSandbox) -> None:
    principal = add_service_principal(sandbox, "Contributor", "Storage Blob Data Contributor")
    with group_of(sandbox, "dockerhub"):
        done = click(
            sandbox,
            "dockerhub",
            containerRegistry="dockerhub",
            dockerhubUsername=USERNAME,
            dockerhubPassword=PASSWORD,
            servicePrincipalAppId=principal["SP_APP_ID"],
            servicePrincipalAppKey=principal["SP_APP_KEY"],
            servicePrincipalTenantId=principal["SP_TENANT_ID"],
        )
        assert done.succeeded, done.events[-3:]
        resources = [one["id"] for one in sandbox.state()["resources"] if "/dockerhub/" in one["id"]]
        assert not any("userAssignedIdentities" in each or "registries" in each for each in resources)


def test_helm_uninstall_works_and_a_new_run_brings_the_hub_back(
    sandbox: RunningSandbox, clicked: Clicked, tmp_path: Path
) -> None:
    assert clicked.succeeded
    removed = run(sandbox, "helm", "uninstall", HUB, "--namespace", HUB, "--kube-context", HUB, "--wait")
    assert removed.status == 0, removed.stderr
    ran = deploy(sandbox, tmp_path, HUB)
    assert ran.status == 0, ran.stderr
    assert Portal(sandbox).visit(f"{ran.result['binder_url']}/versions").startswith("200")
