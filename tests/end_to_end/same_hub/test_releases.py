"""A second deployment changes what differs: the cluster, the registry password, a release left pending."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.visitor.portal import Portal
from tests.clusters import kubernetes
from tests.end_to_end.deployments import deploy, deploy_command, group_of, hub_settings, run
from tests.end_to_end.logs import messages, outcome
from tests.end_to_end.power import await_power

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.client import RunningSandbox
    from tests.end_to_end.deployments import Ran

HUB = "changed"
WHERE = {"RESOURCE_GROUP_LOCATION": "eastus2"}
CLUSTERS_API, REGISTRIES_API = "2026-02-01", "2025-11-01"
PATIENCE_SECONDS = 120


@dataclass(frozen=True)
class Changing:
    """The hub of this file, and its cluster as Azure shows it."""

    sandbox: RunningSandbox
    folder: Path

    def deploy(self, **settings: str) -> Ran:
        """Deploy with these settings."""
        return deploy(self.sandbox, self.folder, HUB, **{**WHERE, **settings})

    def begin_to_deploy(self, **settings: str) -> subprocess.Popen[str]:
        """Begin to deploy with these settings; the log can be read from standard error."""
        return subprocess.Popen(
            deploy_command(self.folder),
            env={**self.sandbox.environment(), **hub_settings(HUB), **WHERE, **settings},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def cluster_id(self) -> str:
        """Resource id of the cluster."""
        return self.resource_id("Microsoft.ContainerService/managedClusters", HUB)

    def resource_id(self, kind: str, name: str) -> str:
        """Return the id of a resource of the hub's group."""
        subscription = self.sandbox.settings["AZURE_SUBSCRIPTION"]
        return f"/subscriptions/{subscription}/resourceGroups/{HUB}/providers/{kind}/{name}"

    def cluster(self) -> dict[str, Any]:
        """Return the cluster."""
        return Portal(self.sandbox).arm("GET", self.cluster_id, CLUSTERS_API)

    def pool(self, name: str) -> dict[str, Any]:
        """Return a node pool of the cluster."""
        pools = self.cluster()["properties"]["agentPoolProfiles"]
        return next(dict(pool) for pool in pools if pool["name"] == name)

    def ask_cluster(self, method: str, action: str = "", body: object = None) -> None:
        """Send a request about the cluster, as its administrator."""
        Portal(self.sandbox).arm(method, f"{self.cluster_id}{action}", CLUSTERS_API, body)

    def revision(self) -> int:
        """Return the number of the newest revision of the BinderHub release."""
        where = ("--namespace", HUB, "--kube-context", HUB, "--output", "json")
        ran = run(self.sandbox, "helm", "list", *where)
        return int(json.loads(ran.stdout)[0]["revision"])


@pytest.fixture(scope="module")
def changing(sandbox: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Changing]:
    """Deploy the hub of this file for the first time, with the older version of Kubernetes."""
    with group_of(sandbox, HUB):
        hub = Changing(sandbox, tmp_path_factory.mktemp(HUB))
        ran = hub.deploy(AKS_KUBERNETES_VERSION="1.35")
        assert ran.status == 0, ran.stderr
        yield hub


def test_each_difference_of_the_cluster_is_named_and_changed(changing: Changing) -> None:
    changed = {
        "AKS_TIER": "Standard",
        "AKS_NODE_COUNT_MAX": "2",
        "AKS_KUBERNETES_VERSION": "1.36",
        "TAGS": "team=chemistry",
    }
    ran = changing.deploy(**changed)
    assert ran.status == 0, ran.stderr
    told = outcome(ran, "cluster")
    assert [word for word in ("tier", "tags", "Kubernetes 1.36", "pool user") if word not in told] == []
    cluster = changing.cluster()
    assert cluster["sku"]["tier"] == "Standard"
    assert cluster["tags"]["team"] == "chemistry"
    assert cluster["properties"]["kubernetesVersion"].startswith("1.36")
    assert changing.pool("user")["maxCount"] == 2


def test_what_azure_cannot_change_is_kept_with_a_warning(changing: Changing) -> None:
    size = changing.pool("user")["vmSize"]
    ran = changing.deploy(AKS_NODE_VM_SIZE="Standard_D4s_v5", AKS_KUBERNETES_VERSION="1.34")
    assert ran.status == 0, ran.stderr
    assert changing.pool("user")["vmSize"] == size
    warnings = messages(ran, "warning")
    assert size in warnings
    assert "1.34" in warnings


def generate(changing: Changing, token: str, slot: str, lifetime: timedelta) -> None:
    """Generate a password for a token of the hub's registry, as people can in the portal."""
    portal = Portal(changing.sandbox)
    group = changing.resource_id("Microsoft.ContainerRegistry/registries", "").rstrip("/")
    (registry,) = portal.arm("GET", group, REGISTRIES_API)["value"]
    expiry = (datetime.now(UTC) + lifetime).isoformat()
    wanted = {"tokenId": f"{registry['id']}/tokens/{token}", "name": slot, "expiry": expiry}
    portal.arm("POST", f"{registry['id']}/generateCredentials", REGISTRIES_API, wanted)


def registry_refusal(status: int, code: str, message: str) -> dict[str, Any]:
    """Return a fault that answers a login as a registry does that refuses it."""
    body = json.dumps({"errors": [{"code": code, "message": message}]})
    return {
        "kind": "status",
        "host": r".*\.azurecr\.io",
        "path": "/oauth2/token",
        "status": status,
        "body": body,
    }


def test_registry_passwords_are_replaced_where_they_do_not_work_or_do_not_last(changing: Changing) -> None:
    before = changing.revision()
    generate(changing, f"{HUB}-images", "password1", timedelta(days=365))
    # Newer than the one in use, and at its end.
    generate(changing, f"{HUB}-pull", "password2", timedelta(seconds=1))
    late = registry_refusal(401, "UNAUTHORIZED", "authentication required, visit https://aka.ms/acr.")
    with changing.sandbox.fault(**late, times=4):
        ran = changing.deploy()
    assert ran.status == 0, ran.stderr
    until = f"{datetime.now(UTC) + timedelta(days=365):%Y-%m-%d}"
    assert outcome(ran, "registry-access") == (
        f"the password of the token {HUB}-images is new and lasts until {until}, "
        f"the password of the token {HUB}-pull is new and lasts until {until}"
    )
    waits = messages(ran, "step_progress")
    for token in ("images", "pull"):
        waited = f"waiting until the registry accepts the new password of {HUB}-{token}: UNAUTHORIZED: auth"
        assert waited in waits
    assert changing.revision() == before + 1
    again = changing.deploy()
    assert outcome(again, "registry-access").count(" is kept and lasts until ") == 2


def test_a_registry_that_lets_nobody_in_is_named_with_its_own_words(changing: Changing) -> None:
    said = "client with IP '203.0.113.9' is not allowed access"
    with changing.sandbox.fault(**registry_refusal(403, "DENIED", said), times=None):
        ran = changing.deploy()
    assert ran.status == 1
    assert f"DENIED: {said}" in ran.stderr
    assert "the registry, Networking" in ran.stderr


def test_an_upgrade_that_was_killed_is_rolled_back_and_made_again(changing: Changing) -> None:
    before = changing.revision()
    values = "service: {labels: {killed: upgrade}}"
    kill_while_helm_waits(changing, HELM_VALUES=values)
    ran = changing.deploy(HELM_VALUES=values)
    assert ran.status == 0, ran.stderr
    assert "pending-upgrade" in messages(ran, "warning")
    assert changing.revision() > before + 1


def test_a_first_install_that_was_killed_is_made_again(changing: Changing) -> None:
    removed = run(
        changing.sandbox, "helm", "uninstall", HUB, "--namespace", HUB, "--kube-context", HUB, "--wait"
    )
    assert removed.status == 0, removed.stderr
    kill_while_helm_waits(changing)
    ran = changing.deploy()
    assert ran.status == 0, ran.stderr
    assert "pending-install" in messages(ran, "warning")
    assert changing.revision() == 1


def test_a_stopped_cluster_is_not_started_unasked(changing: Changing) -> None:
    changing.ask_cluster("POST", "/stop")
    await_power(changing.sandbox, HUB, "Stopped")
    ran = changing.deploy()
    assert ran.status == 2
    assert f"{HUB} is stopped" in ran.stderr
    info = run(changing.sandbox, "binderhub-deployer", "info", "--name", HUB, "--resource-group", HUB)
    assert info.status == 0, info.stderr
    assert "Stopped" in info.stdout


def test_an_operation_in_progress_on_the_cluster_is_waited_for(changing: Changing) -> None:
    with changing.sandbox.time_scale(1):
        changing.ask_cluster("POST", "/start")
        process = changing.begin_to_deploy()
        assert process.stderr is not None
        log = ""
        for line in process.stderr:
            log += line
            if f"the cluster {HUB} is being started" in line:
                break
    _, rest = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, log + rest
    assert f"the cluster {HUB} is being started" in log
    await_power(changing.sandbox, HUB, "Running")


def test_a_cluster_of_somebody_else_is_left_alone(changing: Changing) -> None:
    tags = changing.cluster()["tags"]
    changing.ask_cluster("PATCH", body={"tags": {"team": "physics"}})
    await_power(changing.sandbox, HUB, "Running")
    ran = changing.deploy()
    assert ran.status == 2
    assert f"already is a cluster {HUB}" in ran.stderr
    assert changing.cluster()["tags"] == {"team": "physics"}
    changing.ask_cluster("PATCH", body={"tags": tags})
    await_power(changing.sandbox, HUB, "Running")


def kill_while_helm_waits(changing: Changing, **settings: str) -> None:
    """Deploy, and kill the run with its helm while the cluster leaves helm without an answer."""
    api_server = r".*\.azmk8s\.io"
    hanging = changing.sandbox.fault("hang", api_server, method="POST|PATCH", path="/services", times=None)
    with hanging as hang:
        process = changing.begin_to_deploy(**settings)
        ends = time.monotonic() + PATIENCE_SECONDS
        while not hang.fired and time.monotonic() < ends:
            time.sleep(0.2)
        assert hang.fired
        for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
            os.kill(int(child), signal.SIGKILL)
        process.kill()
        process.communicate()
    # The lock of the killed run expires after a minute.
    leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
    with kubernetes(changing.sandbox, HUB) as api:
        api.delete(f"{leases}/binderhub-deployer").raise_for_status()
