"""Teardowns as tests make them, and what is beside a hub that no teardown may touch."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from tests.end_to_end.deployments import run
from tests.end_to_end.governance import azure
from tests.end_to_end.people import group_id
from tests.results import refused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sandbox.client import RunningSandbox
    from tests.end_to_end.deployments import Ran

LOCATION = "eastus"
API_VERSIONS = {
    "Microsoft.ManagedIdentity/userAssignedIdentities": "2024-11-30",
    "Microsoft.ContainerRegistry/registries": "2025-11-01",
    "Microsoft.Storage/storageAccounts": "2025-08-01",
    "Microsoft.ContainerService/managedClusters": "2026-02-01",
    "Microsoft.Logic/workflows": "2019-05-01",
}


def teardown(sandbox: RunningSandbox, folder: Path, hub: str, *options: str, **environment: str) -> Ran:
    """Remove a hub from a laptop, without a question."""
    ran = run(sandbox, *teardown_command(folder, hub, *options), **environment)
    assert refused("teardown", ran.result) == []
    return ran


def teardown_command(folder: Path, hub: str, *options: str) -> tuple[str, ...]:
    """Return the command that removes a hub, with its outputs in a folder."""
    where = ("--name", hub, "--resource-group", hub, "--outputs", str(folder))
    return ("binderhub-deployer", "teardown", *where, "--yes", "--output", "json", *options)


def make(sandbox: RunningSandbox, group: str, kind: str, name: str, body: Mapping[str, Any]) -> str:
    """Create a resource of somebody else's; return its id once it is provisioned."""
    resource = f"{group_id(sandbox, group)}/providers/{kind}/{name}"
    azure(sandbox, "PUT", resource, API_VERSIONS[kind], {"location": LOCATION, **body})
    while not _is_provisioned(azure(sandbox, "GET", resource, API_VERSIONS[kind]).json()):
        time.sleep(0.2)
    return resource


def _is_provisioned(resource: Mapping[str, Any]) -> bool:
    return str(resource["properties"].get("provisioningState", "Succeeded")) == "Succeeded"


def resources(sandbox: RunningSandbox) -> dict[str, dict[str, Any]]:
    """Return all resources by id, in lower case, without what time alone changes."""
    return {each["id"].lower(): each for each in sandbox.state()["resources"]}


def names(ran: Ran, what: str) -> set[tuple[str, str]]:
    """Return kind and name of what a teardown tells of: `goes`, `stays`, `removed` or `failed`."""
    return {(thing["kind"], thing["name"]) for thing in ran.result[what]}


def reason(ran: Ran, name: str) -> str:
    """Return why something stays."""
    return str(next(thing["reason"] for thing in ran.result["stays"] if thing["name"] == name))
