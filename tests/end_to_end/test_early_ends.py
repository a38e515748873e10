"""Runs that end before anything is created: no subscription, no region, no chart, no place for outputs."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from deployer.names import our_tags
from sandbox.visitor.portal import GROUPS_API, Portal
from tests.end_to_end.deployments import Ran, deploy, group_of, run, writes
from tests.end_to_end.people import make_group
from tests.end_to_end.teardowns import make

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.client import RunningSandbox

HUB = "early"
ARM = r"management\.azure\.com"
TWO = {
    "value": [
        {"subscriptionId": f"5ab0ca5e-0000-4000-8000-00000000000{n}", "displayName": name, "state": state}
        for n, (name, state) in enumerate(
            [("Teaching", "Enabled"), ("Research", "Enabled"), ("Old", "Disabled")], start=1
        )
    ]
}
CLUSTER = {
    "location": "northeurope",
    "identity": {"type": "SystemAssigned"},
    "tags": our_tags(HUB),
    "properties": {
        "dnsPrefix": HUB,
        "agentPoolProfiles": [{"name": "system", "mode": "System", "count": 1, "vmSize": "Standard_D2s_v5"}],
    },
}


def plan(sandbox: RunningSandbox, **settings: str) -> Ran:
    """Show the plan of a hub."""
    command = ("binderhub-deployer", "plan", "--name", HUB, "--resource-group", HUB, "--output", "json")
    return run(sandbox, *command, **settings)


@pytest.mark.parametrize("named", ["Sandbox", "sandbox", ""])
def test_a_subscription_can_be_named_or_be_the_only_one(sandbox: RunningSandbox, named: str) -> None:
    ran = plan(sandbox, AZURE_SUBSCRIPTION=named, RESOURCE_GROUP_LOCATION="westeurope")
    assert ran.status == 0, ran.stderr


def test_a_name_that_no_subscription_has_ends_with_those_that_can_be_seen(sandbox: RunningSandbox) -> None:
    ran = plan(sandbox, AZURE_SUBSCRIPTION="Nowhere")
    assert ran.status == 2
    assert "No subscription matches AZURE_SUBSCRIPTION = 'Nowhere'" in ran.stderr
    assert f"Sandbox ({sandbox.settings['AZURE_SUBSCRIPTION']})" in ran.stderr


def test_several_subscriptions_need_a_choice(sandbox: RunningSandbox) -> None:
    with sandbox.fault("status", ARM, path="/subscriptions[?]", status=200, body=json.dumps(TWO)):
        ran = plan(sandbox, AZURE_SUBSCRIPTION="")
    assert ran.status == 2
    assert "More than one subscription matches AZURE_SUBSCRIPTION" in ran.stderr
    assert "Teaching" in ran.stderr
    assert "Old" not in ran.stderr


def test_the_region_is_that_of_the_group(sandbox: RunningSandbox) -> None:
    group = f"/subscriptions/{sandbox.settings['AZURE_SUBSCRIPTION']}/resourceGroups/{HUB}"
    Portal(sandbox).arm("PUT", group, GROUPS_API, {"location": "uksouth"})
    ran = plan(sandbox, RESOURCE_GROUP_LOCATION="")
    Portal(sandbox).remove_group(HUB)
    assert ran.status == 0, ran.stderr
    assert f"{HUB}.uksouth.cloudapp.azure.com" in ran.stdout


def test_the_region_of_a_hub_is_that_of_its_cluster(sandbox: RunningSandbox) -> None:
    with group_of(sandbox, HUB):
        make_group(sandbox, HUB, "uksouth")
        make(sandbox, HUB, "Microsoft.ContainerService/managedClusters", HUB, CLUSTER)
        ran = plan(sandbox, RESOURCE_GROUP_LOCATION="")
    assert ran.status == 0, ran.stderr
    assert f"{HUB}.northeurope.cloudapp.azure.com" in ran.stdout


def test_without_a_group_the_region_has_to_be_named(sandbox: RunningSandbox) -> None:
    ran = plan(sandbox, RESOURCE_GROUP_LOCATION="")
    assert ran.status == 2
    assert "RESOURCE_GROUP_LOCATION" in ran.stderr


@pytest.mark.parametrize("location", ["", "westeurope"])
@pytest.mark.parametrize("command", ["info", "logs", "upgrade", "stop", "start"])
def test_a_command_for_a_hub_in_no_group_asks_to_check_the_group(
    sandbox: RunningSandbox, tmp_path: Path, command: str, location: str
) -> None:
    where = {"RESOURCE_GROUP_LOCATION": location}
    named = ("--name", HUB, "--resource-group", "never-there", "--outputs", str(tmp_path))
    ran = run(sandbox, "binderhub-deployer", command, *named, **where)
    assert ran.status == 2
    assert re.search("Check .*group.* subscription", ran.stderr, re.IGNORECASE), ran.stderr


@pytest.mark.parametrize(
    "settings",
    [
        {"BINDERHUB_VERSION": "1.0.0-0.dev.git.9999.h99999999"},
        {"TRAEFIK_VERSION": "99.0.0", "CONTACT_EMAIL": "admin@example.org"},
    ],
    ids=["of a chart repository", "of a container registry"],
)
def test_a_chart_version_that_does_not_exist_is_named_with_its_setting(
    sandbox: RunningSandbox, tmp_path: Path, settings: dict[str, str]
) -> None:
    before = len(sandbox.requests())
    ran = deploy(sandbox, tmp_path, HUB, **settings)
    assert ran.status == 2
    assert "The chart repository has no such version." in ran.stderr
    assert f"Leave {next(iter(settings))} unset" in ran.stderr
    assert writes(sandbox.requests()[before:]) == []


def test_outputs_that_cannot_be_written_end_the_run_in_plain_words(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    before = len(sandbox.requests())
    ran = deploy(sandbox, tmp_path / "file", HUB)
    assert ran.status == 2
    assert "Traceback" not in ran.stderr
    assert f"The outputs cannot be written to {tmp_path / 'file'}" in ran.stderr
    assert writes(sandbox.requests()[before:]) == []


def test_helm_values_that_the_chart_does_not_know_are_named(sandbox: RunningSandbox, tmp_path: Path) -> None:
    before = len(sandbox.requests())
    ran = deploy(sandbox, tmp_path, HUB, HELM_VALUES="nonsense: true")
    assert ran.status != 0
    assert "HELM_VALUES" in ran.stderr
    assert "<key 1>: the chart has no such key" in ran.stderr
    assert "nonsense" not in ran.stderr
    assert writes(sandbox.requests()[before:]) == []
