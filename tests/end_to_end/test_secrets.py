"""No secret of a run is anywhere but in the private outputs and in the cluster."""

from __future__ import annotations

import base64
import json
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
import yaml

from sandbox.internet.docker_hub import PASSWORD, USERNAME
from sandbox.network.callers import CONTAINERS
from sandbox.visitor.portal import Portal
from tests.end_to_end.deployments import add_service_principal, click, group_of, outputs_of
from tests.end_to_end.teardowns import teardown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.client import RunningSandbox
    from sandbox.visitor.portal import Clicked

HUB = "canary"
# Passwords with what base64, JSON, YAML and URLs each write in another way.
GITHUB_TOKEN = "ghp_canary/+=?&'7f3a"
OWN_VALUE = "canary of helm values: 7f3a"
LOOK_EVERY_SECONDS = 0.02
# The cluster itself, and the sandbox's copy of what a person's own kubeconfig holds.
PRIVATE_PARTS = {"etcd", "credentials"}


@contextmanager
def all_command_lines() -> Iterator[set[str]]:
    """Collect the arguments of every process that runs meanwhile."""
    seen: set[str] = set()
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(LOOK_EVERY_SECONDS):
            for process in Path("/proc").glob("[0-9]*"):
                with suppress(OSError):
                    seen.add((process / "cmdline").read_bytes().decode(errors="replace"))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        ended.set()
        watcher.join()


def forms(secret: str) -> set[str]:
    """Return a secret as it may be written: as it is, in JSON, base64- and percent-encoded."""
    encoded = base64.b64encode(secret.encode()).decode().rstrip("=")
    return {secret, json.dumps(secret)[1:-1], encoded, quote(secret), quote(secret, safe="")}


def leaks(text: str, secrets: dict[str, str]) -> set[str]:
    """Name the secrets that occur in a text."""
    return {name for name, secret in secrets.items() if any(form in text for form in forms(secret))}


@pytest.fixture(scope="module")
def principal(sandbox: RunningSandbox) -> dict[str, str]:
    return add_service_principal(sandbox, "Contributor", "Storage Blob Data Contributor")


@pytest.fixture(scope="module")
def command_lines() -> set[str]:
    return set()


@pytest.fixture(scope="module")
def clicked(sandbox: RunningSandbox, principal: dict[str, str], command_lines: set[str]) -> Iterator[Clicked]:
    """Click with a secret wherever the form takes one."""
    with group_of(sandbox, HUB), all_command_lines() as seen:
        done = click(
            sandbox,
            HUB,
            "northeurope",
            containerRegistry="dockerhub",
            dockerhubUsername=USERNAME,
            dockerhubPassword=PASSWORD,
            githubAccessToken=GITHUB_TOKEN,
            helmValues=yaml.safe_dump({"config": {"BinderHub": {"banner_message": OWN_VALUE}}}),
            servicePrincipalAppId=principal["SP_APP_ID"],
            servicePrincipalAppKey=principal["SP_APP_KEY"],
            servicePrincipalTenantId=principal["SP_TENANT_ID"],
            apiServerAuthorizedRanges="192.0.2.0/24",
        )
        command_lines |= seen
        yield done


@pytest.fixture(scope="module")
def secrets(principal: dict[str, str]) -> dict[str, str]:
    return {
        "password of Docker Hub": PASSWORD,
        "token of GitHub": GITHUB_TOKEN,
        "value of HELM_VALUES": OWN_VALUE,
        "key of the service principal": principal["SP_APP_KEY"],
    }


@pytest.fixture(scope="module")
def outputs(sandbox: RunningSandbox, clicked: Clicked, principal: dict[str, str]) -> dict[str, str]:
    return outputs_of(sandbox, clicked, principal)


def test_a_service_principal_needs_no_identity_and_docker_hub_no_registry(
    sandbox: RunningSandbox, clicked: Clicked
) -> None:
    assert clicked.succeeded, clicked.events[-3:]
    resources = [one["id"] for one in sandbox.state()["resources"] if f"/{HUB}/" in one["id"]]
    assert not any("userAssignedIdentities" in each or "registries" in each for each in resources)


def test_the_container_is_let_in_while_it_deploys(clicked: Clicked) -> None:
    assert f"taking {CONTAINERS}/32 out of the authorised ranges" in str(clicked.events)


def test_the_private_container_holds_the_secrets_of_the_values(
    sandbox: RunningSandbox, clicked: Clicked, principal: dict[str, str], secrets: dict[str, str]
) -> None:
    portal = Portal(sandbox, principal)
    assert portal.list_blobs(clicked.account, "", container="private") == ["secret-values.yaml"]
    values = portal.read_blob(clicked.account, "secret-values.yaml", container="private").decode()
    assert leaks(values, secrets) == set(secrets) - {"key of the service principal"}


def test_no_other_output_holds_one(outputs: dict[str, str], secrets: dict[str, str]) -> None:
    assert set(outputs) == {"deployment.json", "deployment.log", "values.yaml", "next-steps.md"}
    assert [name for name, text in outputs.items() if leaks(text, secrets)] == []


def test_no_event_holds_one(clicked: Clicked, secrets: dict[str, str]) -> None:
    assert clicked.succeeded, clicked.events[-3:]
    assert leaks(json.dumps(clicked.events, ensure_ascii=False), secrets) == set()


def test_azure_tells_nobody(sandbox: RunningSandbox, clicked: Clicked, secrets: dict[str, str]) -> None:
    told = json.dumps([clicked.outputs, sandbox.state()], ensure_ascii=False)
    assert HUB in told
    assert leaks(told, secrets) == set()


def test_no_process_was_given_one_as_an_argument(
    clicked: Clicked, command_lines: set[str], secrets: dict[str, str]
) -> None:
    assert clicked.exit_code == 0
    assert any("helm" in line and "upgrade" in line for line in command_lines)
    assert {line for line in command_lines if leaks(line, secrets)} == set()


def test_no_file_is_left_with_one(sandbox: RunningSandbox, clicked: Clicked, secrets: dict[str, str]) -> None:
    """Logs of all programs and what the deployer and helm left in the container's home are among them."""
    assert clicked.exit_code == 0
    files = [
        path
        for path in sandbox.state_dir.rglob("*")
        if path.is_file() and not PRIVATE_PARTS & set(path.relative_to(sandbox.state_dir).parts)
    ]
    assert any("home-" in str(path) for path in files)
    assert [path for path in files if leaks(path.read_text(errors="replace"), secrets)] == []


def test_a_teardown_from_elsewhere_removes_the_secret_values(
    sandbox: RunningSandbox, clicked: Clicked, principal: dict[str, str], tmp_path: Path
) -> None:
    portal = Portal(sandbox, principal)
    assert portal.list_blobs(clicked.account, "", container="private")
    ran = teardown(sandbox, tmp_path, HUB, **principal)
    assert ran.status == 0, ran.stderr
    assert portal.list_blobs(clicked.account, "", container="private") == []
