"""Certificates that are not issued: what every object says then, and what heals it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from starlette.responses import PlainTextResponse, RedirectResponse

from tests.sandbox.clusters.workloads.cert_manager.conftest import condition

if TYPE_CHECKING:
    from tests.sandbox.clusters.workloads.cert_manager.conftest import Certs, Hub

pytestmark = pytest.mark.asyncio(loop_scope="session")

PENDING = "Waiting for HTTP-01 challenge propagation: "
ACME = "urn:ietf:params:acme:error:"


async def failed_order(hub: Hub) -> dict[str, Any]:
    """Return the order of a failed Certificate, whose request repeats what the order says."""
    certificate = await hub.until_failed()
    (order,), (request,) = await hub.all("orders"), await hub.all("certificaterequests")
    status: dict[str, Any] = order["status"]
    message = (
        f'Failed to wait for order resource "{order["metadata"]["name"]}" to become ready: '
        f'order is in "{status["state"]}" state: {status.get("reason", "")}'
    )
    assert condition(request, "Ready") | {"reason": "Failed", "message": message} == condition(
        request, "Ready"
    )
    issuing = condition(certificate, "Issuing")
    assert issuing["reason"] == "Failed"
    assert (
        issuing["message"] == f"The certificate request has failed to complete and will be retried: {message}"
    )
    assert certificate["status"]["failedIssuanceAttempts"] == 1
    assert certificate["status"]["lastFailureTime"]
    assert condition(certificate, "Ready")["reason"] == "DoesNotExist"
    return status


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        ("rateLimited", f"Failed to create Order: 429 {ACME}rateLimited: too many certificates"),
        ("rejectedIdentifier", f"Failed to create Order: 400 {ACME}rejectedIdentifier: Invalid identifiers"),
    ],
)
async def test_an_order_that_is_refused_is_errored(
    hub: Hub, refusing: Any, refusal: str, reason: str
) -> None:
    refusing("letsencrypt", refusal)
    await hub.ask_for()
    status = await failed_order(hub)
    assert status["state"] == "errored"
    assert status["reason"].startswith(reason)
    assert await hub.all("challenges") == []


async def test_a_caa_record_ends_the_challenge_and_so_the_order(hub: Hub, refusing: Any) -> None:
    refusing("letsencrypt", "caa")
    await hub.ask_for()
    assert (await failed_order(hub))["state"] == "invalid"
    reasons = [challenge["status"].get("reason", "") for challenge in await hub.all("challenges")]
    assert any(f"403 {ACME}caa: CAA record for azure.com prevents issuance" in reason for reason in reasons)


async def test_a_failure_is_not_tried_again_at_once(certs: Certs, hub: Hub, refusing: Any) -> None:
    authority = refusing("letsencrypt", "rateLimited")
    await hub.ask_for()
    await hub.until_failed()
    refusing("letsencrypt", None)
    orders = authority.orders
    await hub.ask_for(secretTemplate={"labels": {"changed": "yes"}})
    (request,) = await hub.all("certificaterequests")
    path = f"/apis/cert-manager.io/v1/namespaces/{hub.namespace}/certificaterequests"
    (await certs.cluster.api.delete(f"{path}/{request['metadata']['name']}")).raise_for_status()
    await certs.settle()
    assert authority.orders == orders
    assert condition(await hub.get(), "Issuing")["status"] == "False"


async def test_another_issuer_is_tried_at_once(certs: Certs, hub: Hub, refusing: Any) -> None:
    refusing("letsencrypt", "rateLimited")
    await hub.ask_for()
    await hub.until_failed()
    await hub.ask_for("zerossl")
    certificate = await hub.until_issued()
    assert {"lastFailureTime", "failedIssuanceAttempts"}.isdisjoint(certificate["status"])
    assert certs.authority("letsencrypt").refusal == "rateLimited"


async def test_whoever_asks_for_it_by_hand_need_not_wait(certs: Certs, hub: Hub, refusing: Any) -> None:
    refusing("letsencrypt", "rateLimited")
    await hub.ask_for()
    failed = await hub.until_failed()
    refusing("letsencrypt", None)
    asked = {
        "type": "Issuing",
        "status": "True",
        "reason": "ManuallyTriggered",
        "message": "Certificate re-issuance manually triggered",
        # Later than the failure, which is told to the second.
        "lastTransitionTime": "2100-01-01T00:00:00Z",
    }
    conditions = [one for one in failed["status"]["conditions"] if one["type"] != "Issuing"]
    path = f"/apis/cert-manager.io/v1/namespaces/{hub.namespace}/certificates/binderhub/status"
    await certs.merge(path, {"status": {"conditions": [*conditions, asked]}})
    await hub.until_issued()


async def test_a_name_that_does_not_resolve_is_waited_for(certs: Certs, hub: Hub) -> None:
    certs.face.missing.update(hub.names)
    await hub.ask_for()
    challenge = await hub.until_challenged("no such host")
    host = challenge["spec"]["dnsName"]
    url = f"http://{host}/.well-known/acme-challenge/{challenge['spec']['token']}"
    said = challenge["status"]
    assert said["reason"] == (
        f"{PENDING}failed to perform self check GET request '{url}': Get \"{url}\": "
        f"dial tcp: lookup {host} on 10.0.0.10:53: no such host"
    )
    assert (said["state"], said["presented"], said["processing"]) == ("pending", True, True)
    (request,) = await hub.all("certificaterequests")
    assert condition(request, "Ready")["reason"] == "Pending"
    certs.face.missing.difference_update(hub.names)
    await hub.until_issued()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (PlainTextResponse("moved away", status_code=404), "wrong status code '404', expected '200'"),
        (
            PlainTextResponse("a page of somebody else's server"),
            "but got: a page of somebody else'... (truncated)",
        ),
        (RedirectResponse("https://elsewhere.example.org/"), "no such host"),
    ],
)
async def test_a_name_that_answers_wrongly_is_waited_for(
    certs: Certs, hub: Hub, answer: PlainTextResponse, said: str
) -> None:
    certs.face.instead.update(dict.fromkeys(hub.names, answer))
    await hub.ask_for()
    challenge = await hub.until_challenged(PENDING)
    assert said in challenge["status"]["reason"]
    assert challenge["status"]["state"] == "pending"


async def test_a_challenge_that_is_given_up_takes_its_solver_along(certs: Certs, hub: Hub) -> None:
    certs.face.missing.update(hub.names)
    await hub.ask_for()
    await hub.until_challenged("no such host")
    path = f"/apis/cert-manager.io/v1/namespaces/{hub.namespace}/certificates/binderhub"
    (await certs.cluster.api.delete(path)).raise_for_status()

    async def left() -> list[Any]:
        pods = await certs.get(f"/api/v1/namespaces/{hub.namespace}/pods")
        return await hub.all("challenges") + list(pods["items"])

    await certs.until(left, lambda found: not found)


async def test_an_issuer_that_is_not_there_is_waited_for(certs: Certs, hub: Hub) -> None:
    await hub.ask_for("nowhere")

    async def ready() -> dict[str, Any]:
        found = await hub.all("certificaterequests")
        return condition(found[0], "Ready") if found else {}

    message = 'Referenced "ClusterIssuer" not found: clusterissuer.cert-manager.io "nowhere" not found'
    await certs.until(ready, lambda found: found.get("message") == message)
