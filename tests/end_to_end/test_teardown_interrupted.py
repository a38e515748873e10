"""A teardown that is killed at every step goes on where it was, and ends as one that was not."""

from __future__ import annotations

import json
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from deployer.inventory.removals import Removals
from deployer.plan import build_teardown_plan
from tests.clusters import kubernetes
from tests.deployer.settings_of import settings_of
from tests.end_to_end.deployments import deploy, group_of, latest_record, run, type_into
from tests.end_to_end.governance import CLUSTERS_API, SUBSCRIPTION, azure, locked
from tests.end_to_end.images import push_image, registry, repositories
from tests.end_to_end.people import make_group
from tests.end_to_end.power import await_power
from tests.end_to_end.teardowns import make, names, resources, teardown, teardown_command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.client import RunningSandbox

HUB, BROUGHT_ALONG = "killed", "broughtalong"
LOCATION = "eastus"
GROUP = f"{SUBSCRIPTION}/resourceGroups/{HUB}"
CLUSTER = f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/{HUB}"
SETTINGS = {"RESOURCE_GROUP_LOCATION": LOCATION, "REGISTRY_NAME": BROUGHT_ALONG}
STEPS = build_teardown_plan(settings_of(), Removals()).step_names


UNTIL_THE_CLUSTER = STEPS[: STEPS.index("remove-cluster") + 1]
AFTERWARDS = STEPS[STEPS.index("remove-cluster") :]


@dataclass(frozen=True)
class Leaving:
    """The hub of this file, and what was there before it."""

    folder: Path
    before: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def leaving(sandbox: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Leaving]:
    """Deploy a hub that uses a registry which was there before, with an image of others in it."""
    with group_of(sandbox, HUB):
        make_group(sandbox, HUB, LOCATION)
        basic = {"sku": {"name": "Basic"}}
        make(sandbox, HUB, "Microsoft.ContainerRegistry/registries", BROUGHT_ALONG, basic)
        with registry(sandbox, f"{BROUGHT_ALONG}.azurecr.io") as images:
            push_image(images, "others/image", "v1")
        before, folder = resources(sandbox), tmp_path_factory.mktemp(HUB)
        ran = deploy(sandbox, folder, HUB, **SETTINGS)
        assert ran.status == 0, ran.stderr
        yield Leaving(folder, before)


def test_the_token_in_a_registry_that_was_brought_along_goes_and_the_registry_stays(
    sandbox: RunningSandbox, leaving: Leaving
) -> None:
    survey = teardown(sandbox, leaving.folder, HUB, "--dry-run")
    assert {("scope-map", "killed-images"), ("registry-token", "killed-images")} <= names(survey, "goes")
    assert ("registry", BROUGHT_ALONG) in names(survey, "stays")


def test_a_cluster_that_lost_its_tags_stays_with_what_is_in_it(
    sandbox: RunningSandbox, leaving: Leaving
) -> None:
    tags = azure(sandbox, "GET", CLUSTER, CLUSTERS_API).json()["tags"]
    azure(sandbox, "PATCH", CLUSTER, CLUSTERS_API, {"tags": {"team": "physics"}})
    survey = teardown(sandbox, leaving.folder, HUB, "--dry-run")
    azure(sandbox, "PATCH", CLUSTER, CLUSTERS_API, {"tags": tags})
    assert {kind for kind, _ in names(survey, "goes")} == {"scope-map", "registry-token"}
    (cluster,) = [each for each in survey.result["stays"] if each["kind"] == "cluster"]
    assert cluster["hinders"]
    assert f"the tags binderhub-name={HUB} and binderhub-created-by=binderhub-deployer" in cluster["reason"]


def test_nobody_is_asked_without_a_terminal(sandbox: RunningSandbox, leaving: Leaving) -> None:
    command = [each for each in teardown_command(leaving.folder, HUB) if each != "--yes"]
    before = resources(sandbox)
    ran = run(sandbox, *command)
    assert ran.status == 2
    assert "--yes" in ran.stderr
    assert resources(sandbox) == before


@pytest.mark.parametrize(("typed", "status"), [("another-hub", 2), ("", 2)])
def test_the_name_of_the_hub_is_asked_for(
    sandbox: RunningSandbox, leaving: Leaving, typed: str, status: int
) -> None:
    before = resources(sandbox)
    command = ("binderhub-deployer", "teardown", "--name", HUB, "--resource-group", HUB)
    ran = type_into(sandbox, f"{typed}\n", *command, "--outputs", str(leaving.folder))
    assert ran.status == status
    assert f"Type the name of the hub ({HUB})" in ran.stdout
    assert f"container registry {BROUGHT_ALONG}: it was there before the hub" in ran.stdout
    assert resources(sandbox) == before


def test_what_is_locked_is_told_and_the_rest_goes_however_often_it_is_killed(
    sandbox: RunningSandbox, leaving: Leaving
) -> None:
    with locked(sandbox, CLUSTER, "CanNotDelete"):
        for step in UNTIL_THE_CLUSTER:
            kill_at(sandbox, leaving.folder, step)
        ran = teardown(sandbox, leaving.folder, HUB)
        assert ran.status == 1
        assert names(ran, "failed") == {("cluster", HUB)}
        assert "lock" in ran.stderr.lower()
        assert names(ran, "removed") == names(ran, "goes") - {("cluster", HUB)}
        assert latest_record(leaving.folder)["status"] == "failed"
    kinds = {each["type"] for key, each in resources(sandbox).items() if key not in leaving.before}
    assert "Microsoft.ContainerRegistry/registries/tokens" not in kinds
    assert "Microsoft.ContainerService/managedClusters" in kinds


def test_a_stopped_cluster_goes_however_often_that_is_killed(
    sandbox: RunningSandbox, leaving: Leaving
) -> None:
    stop_cluster(sandbox)
    survey = teardown(sandbox, leaving.folder, HUB, "--dry-run")
    assert names(survey, "goes") == {("cluster", HUB)}
    assert any("is stopped" in note for note in survey.result["notes"])
    for step in AFTERWARDS:
        kill_at(sandbox, leaving.folder, step)
    last = teardown(sandbox, leaving.folder, HUB)
    assert last.status == 0, last.stderr
    assert resources(sandbox) == leaving.before
    with registry(sandbox, f"{BROUGHT_ALONG}.azurecr.io") as images:
        assert repositories(images) == ["others/image"]


def test_a_group_that_is_not_ours_stays(sandbox: RunningSandbox, leaving: Leaving) -> None:
    ran = teardown(sandbox, leaving.folder, HUB, "--delete-resource-group")
    assert ran.status == 1
    assert names(ran, "goes") == set()
    assert "did not create" in ran.stderr


@pytest.mark.parametrize("location", ["", "westeurope"])
def test_without_a_group_there_is_nothing_to_remove(
    sandbox: RunningSandbox, tmp_path: Path, location: str
) -> None:
    where = {"RESOURCE_GROUP_LOCATION": location}
    ran = teardown(sandbox, tmp_path, "never-there", "--delete-resource-group", **where)
    assert ran.status == 0, ran.stderr
    assert ran.result["goes"] == []
    assert "no resource group never-there" in ran.result["notes"][0]


def kill_at(sandbox: RunningSandbox, folder: Path, step: str) -> None:
    """Start a teardown, and kill it when a step starts; a teardown without anything to do has no steps."""
    process = subprocess.Popen(
        teardown_command(folder, HUB),
        env=sandbox.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if '"step_started"' in line and json.loads(line)["step"] == step:
            break
    process.kill()
    process.communicate()
    # The lock of the killed run expires after a minute.
    with suppress(KeyError, httpx.HTTPError), kubernetes(sandbox, HUB) as api:
        api.delete("/apis/coordination.k8s.io/v1/namespaces/default/leases/binderhub-deployer")


def stop_cluster(sandbox: RunningSandbox) -> None:
    """Stop the cluster, and wait until it is stopped."""
    azure(sandbox, "POST", f"{CLUSTER}/stop", "2026-02-01")
    await_power(sandbox, HUB, "Stopped")
