"""A second deployment mends what is no longer right: a password of the registry, a release left pending."""

from __future__ import annotations

import json
import os
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.visitor.portal import Portal
from tests.clusters import kubernetes
from tests.end_to_end.deployments import run
from tests.end_to_end.logs import messages, outcome
from tests.end_to_end.same_hub.hub import NAME

if TYPE_CHECKING:
    from tests.end_to_end.same_hub.hub import Hub

REGISTRIES_API = "2025-11-01"
LIFETIME = timedelta(days=365)
PATIENCE_SECONDS = 120


def registry_id(hub: Hub) -> str:
    """Return the resource id of the hub's registry."""
    group = hub.resource_id("Microsoft.ContainerRegistry/registries", "").rstrip("/")
    (registry,) = Portal(hub.sandbox).arm("GET", group, REGISTRIES_API)["value"]
    return str(registry["id"])


def generate(hub: Hub, token: str, slot: str) -> None:
    """Generate a password for a token of the hub's registry, as people can in the portal."""
    registry, expiry = registry_id(hub), (datetime.now(UTC) + LIFETIME).isoformat()
    wanted = {"tokenId": f"{registry}/tokens/{token}", "name": slot, "expiry": expiry}
    Portal(hub.sandbox).arm("POST", f"{registry}/generateCredentials", REGISTRIES_API, wanted)


def in_its_last_days(hub: Hub, token: str, slot: str) -> dict[str, Any]:
    """Return a fault that answers with a token of the hub's registry whose password is about to expire."""
    found = Portal(hub.sandbox).arm("GET", f"{registry_id(hub)}/tokens/{token}", REGISTRIES_API)
    expires = datetime.now(UTC) + timedelta(days=9)
    (password,) = (each for each in found["properties"]["credentials"]["passwords"] if each["name"] == slot)
    password |= {"creationTime": (expires - LIFETIME).isoformat(), "expiry": expires.isoformat()}
    return {
        "kind": "status",
        "host": r"management\.azure\.com",
        "method": "GET",
        "path": f"/tokens/{token}[?]",
        "status": 200,
        "body": json.dumps(found),
    }


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


def test_registry_passwords_are_replaced_where_they_do_not_work_or_do_not_last(hub: Hub) -> None:
    before = hub.revision()
    generate(hub, f"{NAME}-images", "password1")
    # Newer than the one in use, and unknown to the hub.
    generate(hub, f"{NAME}-pull", "password2")
    last_days = in_its_last_days(hub, f"{NAME}-pull", "password1")
    late = registry_refusal(401, "UNAUTHORIZED", "authentication required, visit https://aka.ms/acr.")
    with hub.sandbox.fault(**late, times=4), hub.sandbox.fault(**last_days, times=None):
        ran = hub.deploy()
    assert ran.status == 0, ran.stderr
    until = f"{datetime.now(UTC) + LIFETIME:%Y-%m-%d}"
    assert outcome(ran, "registry-access") == (
        f"the password of the token {NAME}-images is new and lasts until {until}, "
        f"the password of the token {NAME}-pull is new and lasts until {until}"
    )
    waits = messages(ran, "step_progress")
    for token in ("images", "pull"):
        waited = f"waiting until the registry accepts the new password of {NAME}-{token}: UNAUTHORIZED: auth"
        assert waited in waits
    assert hub.revision() == before + 1
    again = hub.deploy()
    assert outcome(again, "registry-access").count(" is kept and lasts until ") == 2


def test_a_registry_changes_its_tier_and_keeps_the_tags_of_others(hub: Hub) -> None:
    portal, registry = Portal(hub.sandbox), registry_id(hub)
    before = portal.arm("GET", registry, REGISTRIES_API)["tags"]
    portal.arm("PATCH", registry, REGISTRIES_API, {"tags": {**before, "from-it": "yes"}})
    for tier in ("Premium", "Basic"):
        ran = hub.deploy(REGISTRY_SKU=tier)
        assert outcome(ran, "registry").endswith(f"updated ({tier})"), ran.stderr
        found = portal.arm("GET", registry, REGISTRIES_API)
        assert (found["sku"]["name"], found["tags"]) == (tier, {**before, "from-it": "yes"})


def test_a_registry_that_lets_nobody_in_is_named_with_its_own_words(hub: Hub) -> None:
    said = "client with IP '203.0.113.9' is not allowed access"
    with hub.sandbox.fault(**registry_refusal(403, "DENIED", said), times=None):
        ran = hub.deploy()
    assert ran.status == 1
    assert f"DENIED: {said}" in ran.stderr
    assert "the registry, Networking" in ran.stderr


def test_an_upgrade_that_was_killed_is_rolled_back_and_made_again(hub: Hub) -> None:
    before = hub.revision()
    values = "service: {labels: {killed: upgrade}}"
    kill_while_helm_waits(hub, HELM_VALUES=values)
    ran = hub.deploy(HELM_VALUES=values)
    assert ran.status == 0, ran.stderr
    assert "pending-upgrade" in messages(ran, "warning")
    assert hub.revision() > before + 1


def test_a_first_install_that_was_killed_is_made_again(hub: Hub) -> None:
    removed = run(
        hub.sandbox, "helm", "uninstall", NAME, "--namespace", NAME, "--kube-context", NAME, "--wait"
    )
    assert removed.status == 0, removed.stderr
    kill_while_helm_waits(hub)
    ran = hub.deploy()
    assert ran.status == 0, ran.stderr
    assert "pending-install" in messages(ran, "warning")
    assert hub.revision() == 1


def kill_while_helm_waits(hub: Hub, **settings: str) -> None:
    """Deploy, and kill the run with its helm while the cluster leaves helm without an answer."""
    api_server = r".*\.azmk8s\.io"
    hanging = hub.sandbox.fault("hang", api_server, method="POST|PATCH", path="/services", times=None)
    with hanging as hang:
        process = hub.begin_to_deploy(**settings)
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
    with kubernetes(hub.sandbox, NAME) as api:
        api.delete(f"{leases}/binderhub-deployer").raise_for_status()
