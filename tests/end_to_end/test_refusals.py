"""Wrong settings end a run before anything is created, all of them told at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.deployments import click, deploy, group_of, run, with_writes, writes
from tests.end_to_end.people import make_group

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.client import RunningSandbox

NAME = "refused"
WRONG = {
    "BINDERHUB_NAME": "7-up",
    "RESOURCE_GROUP_LOCATION": "7th-heaven",
    "ENABLE_HTTPS": "perhaps",
    "CONTAINER_REGISTRY": "quay",
    "AKS_NODE_COUNT": "-1",
    "AKS_NODE_VM_SIZE": "huge",
    "HELM_VALUES": "config: [canary-7f3a",
    "SP_APP_KEY": "canary-7f3a",
    "SP_TENANT_ID": "",
}


def test_every_wrong_setting_is_told_at_once(sandbox: RunningSandbox, tmp_path: Path) -> None:
    before = len(sandbox.requests())
    ran = deploy(sandbox, tmp_path / "outputs", NAME, **WRONG)
    assert ran.status == 2
    assert [name for name in WRONG if name not in ran.stderr and name != "SP_APP_KEY"] == []
    assert "canary" not in ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr
    assert sandbox.requests()[before:] == []
    assert not (tmp_path / "outputs").exists()


def test_a_version_of_long_term_support_is_refused_before_anything_exists(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    with group_of(sandbox, NAME):
        make_group(sandbox, NAME)
        ran, written = with_writes(
            sandbox, lambda: deploy(sandbox, tmp_path, NAME, AKS_KUBERNETES_VERSION="1.33")
        )
    assert ran.status == 2
    assert "AKS does not offer Kubernetes 1.33" in ran.stderr
    assert "1.33." not in ran.stderr
    assert written == []


@pytest.mark.parametrize("command", ["plan", "info", "deploy"])
def test_every_command_refuses_them(sandbox: RunningSandbox, tmp_path: Path, command: str) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"binderhub": {"name": "hub"}, "azure": {"node_count": "many"}}))
    ran = run(sandbox, "binderhub-deployer", command, "--config", str(config), "--resource-group", NAME)
    assert ran.status == 2
    assert "azure.node_count" in ran.stderr


def test_a_wrong_answer_in_the_form_creates_nothing_but_what_the_template_does(
    sandbox: RunningSandbox,
) -> None:
    with group_of(sandbox, NAME):
        before = len(sandbox.requests())
        clicked = click(sandbox, NAME, allowedUsers="ada")
        mine = [request for request in sandbox.requests()[before:] if "/deployments/" not in request["path"]]
        assert [each for each in writes(mine) if not each.endswith(f"/{NAME}?api-version=2025-04-01")] == []
        assert clicked.exit_code == 0  # Azure would start a container again that ends otherwise
        assert not clicked.succeeded
        text = " ".join(event["message"] for event in clicked.events)
        assert "ALLOWED_USERS" in text


def test_a_password_that_docker_hub_refuses_is_found_before_a_cluster_is_paid_for(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    docker_hub = {
        "CONTAINER_REGISTRY": "dockerhub",
        "DOCKERHUB_USERNAME": "sandboxer",
        "DOCKERHUB_PASSWORD": "not the password",
    }
    busy = sandbox.fault("status", r"hub\.docker\.com", status=429)
    with group_of(sandbox, NAME), busy:
        ran, written = with_writes(sandbox, lambda: deploy(sandbox, tmp_path, NAME, **docker_hub))
    assert ran.status == 2
    assert [each for each in written if "/managedClusters/" in each] == []
    assert "DOCKERHUB_PASSWORD" in ran.stderr
    assert "not the password" not in ran.stderr
