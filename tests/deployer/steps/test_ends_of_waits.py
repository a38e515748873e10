"""Waits end with a sentence that says what was not there, and why; the limits are cut short here."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.responses import JSONResponse

from deployer.certificates.authorities import fetch_account_binding
from deployer.errors import (
    CertificateError,
    DeployerError,
    KubernetesError,
    PreflightError,
    VerificationError,
)
from deployer.kubernetes import namespaces
from deployer.kubernetes.cluster import DNS_LABEL
from deployer.kubernetes.namespaces import ensure_own_namespace, remove_own_namespace
from deployer.kubernetes.objects import ObjectName, create_object, list_objects, remove_object
from deployer.run.results import CertificateOutcome
from deployer.steps import addresses, registry, verify
from deployer.steps.addresses import PublicService, Refusals, ensure_addresses
from deployer.steps.registry import check_docker_hub
from deployer.steps.verify import verify as ensure_verified
from sandbox.internet.docker_hub import PASSWORD, USERNAME, docker_hub_hosts
from sandbox.network.faults import Fault, FaultKind

if TYPE_CHECKING:
    from tests.deployer.steps.conftest import Surroundings

pytestmark = pytest.mark.asyncio(loop_scope="session")

BINDER = "our-hub.westeurope.cloudapp.azure.com"
HUB = "our-hub-hub.westeurope.cloudapp.azure.com"
DOCKER_HUB = "hub.docker.com"
HUB_ACCOUNT = {
    "container_registry": "dockerhub",
    "dockerhub_username": USERNAME,
    "dockerhub_password": PASSWORD,
}
WAITING = "waiting until the namespace going is removed"
KEPT = "example.org/kept in 1 resource instances"
LABEL_REFUSED = (
    "Error syncing load balancer: failed to ensure load balancer: RESPONSE 400: 400 Bad Request "
    '{"error": {"code": "DnsRecordInUse", "message": "DNS record here is already used.", "details": []}}'
)
UNWELL = {"ok": False, "checks": [{"service": "Docker registry", "ok": False}]}


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each wait end after its first look."""
    limits = ((verify, "ANSWER_LIMIT"), (addresses, "ADDRESS_LIMIT"), (registry, "RETRY_LIMIT"))
    for module, limit in limits:
        monkeypatch.setattr(module, limit, -1.0)


async def test_a_hub_that_does_not_answer_ends_with_the_pods_that_are_not_ready(
    surroundings: Surroundings,
) -> None:
    await _create_pod(surroundings)
    with pytest.raises(VerificationError, match="does not answer as it should") as ended:
        await ensure_verified(surroundings.context(), surroundings.report)
    assert "web-" in str(ended.value.cause)
    assert ended.value.retryable


async def test_a_hub_that_is_not_well_ends_with_the_checks_that_fail(surroundings: Surroundings) -> None:
    surroundings.reached.hosts.serve(BINDER, _by_path({"/versions": {"binderhub": "1"}, "/health": UNWELL}))
    surroundings.reached.hosts.serve(HUB, _by_path({"/hub/api": {"version": "5"}}))
    with pytest.raises(VerificationError, match="reports problems: Docker registry") as ended:
        await ensure_verified(surroundings.context(), surroundings.report)
    assert "/health" in str(ended.value.cause)


async def test_a_custom_domain_without_records_needs_traefik_to_redirect(surroundings: Surroundings) -> None:
    surroundings.reached.hosts.serve(BINDER, _by_path({"/": {}}))
    context = surroundings.context(contact_email="a@example.org", domain_name="hub.example.org")
    context.results.certificate.set(CertificateOutcome.UNREACHABLE)
    with pytest.raises(VerificationError, match="no redirection to HTTPS"):
        await ensure_verified(context, surroundings.report)


async def test_a_service_without_an_address_ends_with_the_reason_of_the_cloud(
    surroundings: Surroundings,
) -> None:
    api = surroundings.access.connection
    await _create(api, "/namespaces", {"kind": "Namespace", "metadata": {"name": "our-hub"}})
    for name in ("binder", "proxy-public"):
        spec = {"type": "LoadBalancer", "loadBalancerClass": "example.org/none", "ports": [{"port": 80}]}
        service = {"kind": "Service", "metadata": {"name": name}, "spec": spec}
        await _create(api, "/namespaces/our-hub/services", service)
        await _create(api, "/namespaces/our-hub/events", _event(name, "PublicIPCountLimitReached: three."))
    context = surroundings.context()
    context.results.release_before.set(None)
    with pytest.raises(VerificationError, match="no public address to the Service") as ended:
        await ensure_addresses(context, surroundings.report)
    assert ended.value.cause == "PublicIPCountLimitReached: three."


async def test_a_label_that_this_hub_has_just_given_up_is_refused_only_when_the_cloud_tries_it_again(
    surroundings: Surroundings,
) -> None:
    api = surroundings.access.connection
    for namespace, name, label in (("moving", "binder", "here"), ("ingress-of-it", "traefik", "here")):
        await _create(api, "/namespaces", {"kind": "Namespace", "metadata": {"name": namespace}})
        metadata = {"name": name, "annotations": {DNS_LABEL: label}}
        spec = {"type": "LoadBalancer", "loadBalancerClass": "example.org/none", "ports": [{"port": 80}]}
        service = {"kind": "Service", "metadata": metadata, "spec": spec}
        await _create(api, f"/namespaces/{namespace}/services", service)
    refusals = Refusals(api, PublicService("ingress-of-it", "traefik", "here"), first_run=False)

    async def is_refused(attempt: int) -> bool:
        event = _event("traefik", LABEL_REFUSED, "ingress-of-it", attempt)
        await _create(api, "/namespaces/ingress-of-it/events", event)
        return await refusals.lasting(await refusals.warnings()) is not None

    assert not await is_refused(1)
    await remove_object(api, ObjectName("v1", "Service", "binder", "moving"))
    # The cloud may have made this attempt between the last look and the removal.
    assert not await is_refused(2)
    assert await is_refused(3)


async def test_a_service_that_is_missing_is_named(surroundings: Surroundings) -> None:
    context = surroundings.context(contact_email="a@example.org")
    context.results.release_before.set(None)
    with pytest.raises(DeployerError, match="The Service ingress-traefik is missing"):
        await ensure_addresses(context, surroundings.report)


async def test_a_namespace_that_is_being_removed_is_waited_for(surroundings: Surroundings) -> None:
    api = surroundings.access.connection
    await ensure_own_namespace(api, "going", surroundings.report)
    await _create(api, "/namespaces/going/configmaps", _kept_config_map())
    removing = asyncio.create_task(remove_own_namespace(api, "going", surroundings.report))
    making = asyncio.create_task(_once_terminating(surroundings))
    await asyncio.wait_for(_until_shown(surroundings, WAITING, times=2), timeout=60)
    await _let_go(api)
    await asyncio.gather(removing, making)


async def test_a_namespace_that_stays_ends_the_wait(
    surroundings: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = surroundings.access.connection
    await ensure_own_namespace(api, "going", surroundings.report)
    await _create(api, "/namespaces/going/configmaps", _kept_config_map())
    removing = asyncio.create_task(remove_own_namespace(api, "going", surroundings.report))
    await asyncio.wait_for(_until_shown(surroundings, KEPT), timeout=60)
    removing.cancel()
    monkeypatch.setattr(namespaces, "REMOVAL_LIMIT", -1.0)
    with pytest.raises(KubernetesError, match="The namespace going is not removed in time") as ended:
        await remove_own_namespace(api, "going", surroundings.report)
    assert ended.value.retryable
    assert KEPT in str(ended.value.cause)
    await _let_go(api)


@pytest.mark.parametrize(
    ("fault", "words", "retryable"),
    [
        (
            Fault(FaultKind.STATUS, "api.zerossl.com", status=200, body='{"success": false}'),
            "status 200",
            False,
        ),
        (Fault(FaultKind.RESET_BEFORE, "api.zerossl.com"), "provides no account: ReadError", True),
        (Fault(FaultKind.HTML, "api.zerossl.com"), "provides no account: JSONDecodeError", True),
        (
            Fault(FaultKind.STATUS, "api.zerossl.com", body='{"error": {"type": "invalid_email"}}'),
            "invalid_email",
            False,
        ),
    ],
)
async def test_zerossl_may_refuse_or_not_answer(
    surroundings: Surroundings, fault: Fault, words: str, *, retryable: bool
) -> None:
    surroundings.reached.hosts.serve("api.zerossl.com", _by_path({}))
    surroundings.reached.faults.add(fault)
    with pytest.raises(CertificateError, match=words) as ended:
        await fetch_account_binding("a@example.org")
    assert ended.value.retryable is retryable


@pytest.mark.parametrize(
    ("fault", "kind", "words", "retryable"),
    [
        (Fault(FaultKind.RESET_BEFORE, DOCKER_HUB), DeployerError, "cannot be reached", True),
        (Fault(FaultKind.STATUS, DOCKER_HUB, status=503), DeployerError, "status 503", True),
        (Fault(FaultKind.STATUS, DOCKER_HUB, status=403), DeployerError, "status 403", False),
        (Fault(FaultKind.STATUS, DOCKER_HUB, status=401), PreflightError, "refuses the login", False),
    ],
)
async def test_docker_hub_may_refuse_or_not_answer(
    surroundings: Surroundings, fault: Fault, kind: type[DeployerError], words: str, *, retryable: bool
) -> None:
    _serve_docker_hub(surroundings, fault)
    with pytest.raises(kind, match=words) as ended:
        await check_docker_hub(surroundings.context(**HUB_ACCOUNT), surroundings.report)
    assert ended.value.retryable is retryable


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.RESET_BEFORE, DOCKER_HUB),
        Fault(FaultKind.RESET_AFTER, DOCKER_HUB),
        Fault(FaultKind.TRUNCATED, DOCKER_HUB),
        Fault(FaultKind.STATUS, DOCKER_HUB, status=429),
        Fault(FaultKind.STATUS, DOCKER_HUB, status=503),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
async def test_a_failure_of_docker_hub_that_passes_does_not_end_the_run(
    surroundings: Surroundings, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    monkeypatch.setattr(registry, "RETRY_LIMIT", 60.0)
    _serve_docker_hub(surroundings, fault)
    outcome = await check_docker_hub(surroundings.context(**HUB_ACCOUNT), surroundings.report)
    assert outcome == f"Docker Hub accepts {USERNAME}"


def _serve_docker_hub(surroundings: Surroundings, fault: Fault) -> None:
    for host, app in docker_hub_hosts().items():
        surroundings.reached.hosts.serve(host, app)
    surroundings.reached.faults.add(fault)


def _by_path(answers: dict[str, Any]) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        found = answers.get(scope["path"])
        response = JSONResponse(found) if found is not None else JSONResponse({}, status_code=404)
        await response(scope, receive, send)

    return app


async def _create(api: Any, path: str, body: dict[str, Any]) -> None:
    """Create an object of the core group; one that is there stays as it is."""
    try:
        async with api.call_api("POST", version="v1", base="/api", url=path[1:], json=body):
            pass
    except Exception as error:
        if getattr(getattr(error, "response", None), "status_code", None) != httpx.codes.CONFLICT:
            raise


async def _create_pod(surroundings: Surroundings) -> None:
    api = surroundings.access.connection
    await _create(api, "/namespaces", {"kind": "Namespace", "metadata": {"name": "our-hub"}})
    account = {"kind": "ServiceAccount", "metadata": {"name": "default"}}
    await _create(api, "/namespaces/our-hub/serviceaccounts", account)
    # Only pods of a workload are part of the hub: those of users and builds stand alone.
    labels, spec = {"app": "web"}, {"containers": [{"name": "web", "image": "web"}]}
    replicas = {
        "kind": "ReplicaSet",
        "apiVersion": "apps/v1",
        "metadata": {"name": "web", "namespace": "our-hub"},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }
    await create_object(api, replicas)
    async with asyncio.timeout(30):
        # The controller manager creates it, in a process that can set no event.
        while not await list_objects(api, "v1", "Pod", "our-hub"):  # noqa: ASYNC110
            await asyncio.sleep(0.1)


def _event(service: str, message: str, namespace: str = "our-hub", number: int = 1) -> dict[str, Any]:
    subject = {"kind": "Service", "name": service, "namespace": namespace}
    return {
        "kind": "Event",
        "metadata": {"name": f"{service}.{number}"},
        "involvedObject": subject,
        "type": "Warning",
        "reason": "SyncLoadBalancerFailed",
        "message": message,
    }


def _kept_config_map() -> dict[str, Any]:
    return {"kind": "ConfigMap", "metadata": {"name": "kept", "finalizers": ["example.org/kept"]}}


async def _let_go(api: Any) -> None:
    """Let the namespace `going` be removed."""
    where = "namespaces/going/configmaps/kept"
    headers = {"Content-Type": "application/merge-patch+json"}
    body = {"metadata": {"finalizers": None}}
    async with api.call_api("PATCH", version="v1", base="/api", url=where, json=body, headers=headers):
        pass


async def _until_shown(surroundings: Surroundings, words: str, *, times: int = 1) -> None:
    """Wait until the steps have shown some words a number of times."""
    while sum(words in message for message in surroundings.shown.messages) < times:  # noqa: ASYNC110
        await asyncio.sleep(0.05)


async def _once_terminating(surroundings: Surroundings) -> None:
    """Create the namespace `going` again once it is being removed."""
    while not surroundings.shown.messages:  # noqa: ASYNC110 - the other task shows that it waits
        await asyncio.sleep(0.05)
    await ensure_own_namespace(surroundings.access.connection, "going", surroundings.report)
