"""Certificates: whether each is ready, and whether it is time to issue it anew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sandbox.clusters.workloads.cert_manager import policies
from sandbox.clusters.workloads.cert_manager.conditions import (
    is_true,
    parse,
    timestamp,
    with_condition,
)
from sandbox.clusters.workloads.cert_manager.issuance import Issuance
from sandbox.clusters.workloads.cert_manager.policies import Situation
from sandbox.clusters.workloads.cert_manager.reconciling import keep_reconciling
from sandbox.clusters.workloads.cert_manager.resources import (
    CERTIFICATES,
    REQUESTS,
    is_going,
    is_owned_by,
    list_all,
    remove,
    set_status,
)
from sandbox.clusters.workloads.cert_manager.secret_data import find_secret, secrets_path

if TYPE_CHECKING:
    import httpx

    from sandbox.clusters.kubernetes_api import Object

REVISION = "cert-manager.io/certificate-revision"
# After a failure; doubled by each further one. Not shortened: nobody waits for it, here or in earnest.
BACK_OFF, MOST_DOUBLINGS = timedelta(hours=1), 5
READY_MESSAGE = "Certificate is up to date and has not expired"


class Certificates:
    """Keeps Certificates issued.

    Args:
        api: client of the cluster's API.

    """

    def __init__(self, api: httpx.AsyncClient) -> None:
        self._api = api
        self._issuance = Issuance(api)

    async def run(self) -> None:
        """Serve Certificates for as long as cert-manager runs."""
        paths = (CERTIFICATES.everywhere, REQUESTS.everywhere, "/api/v1/secrets")
        await keep_reconciling(self._api, paths, self._reconcile)

    async def _reconcile(self) -> None:
        requests = await list_all(self._api, REQUESTS.everywhere)
        for certificate in await list_all(self._api, CERTIFICATES.everywhere):
            if not is_going(certificate):
                owned = [request for request in requests if is_owned_by(request, certificate)]
                await self._serve(certificate, owned)

    async def _serve(self, certificate: Object, owned: list[Object]) -> None:
        namespace = certificate["metadata"]["namespace"]
        secret = await find_secret(self._api, namespace, certificate["spec"]["secretName"])
        revision = int((certificate.get("status") or {}).get("revision") or 0)
        situation = Situation(certificate, secret, _of_revision(owned, revision))
        status = _with_readiness(situation)
        if is_true(certificate, "Issuing"):
            status = await self._issuance.move_on(certificate, status, _of_revisions(owned, revision + 1))
        else:
            status = await self._forget_next_key(certificate, status)
            status = _with_trigger(situation, status, _of_revision(owned, revision + 1))
            await self._forget_old_requests(certificate, owned)
        await set_status(self._api, CERTIFICATES, certificate, status)

    async def _forget_next_key(self, certificate: Object, status: Object) -> Object:
        name = status.get("nextPrivateKeySecretName")
        if name:
            await remove(self._api, f"{secrets_path(certificate['metadata']['namespace'])}/{name}")
        return {key: value for key, value in status.items() if key != "nextPrivateKeySecretName"}

    async def _forget_old_requests(self, certificate: Object, owned: list[Object]) -> None:
        """Delete requests of revisions beyond the limit of history, once the Certificate is ready."""
        limit = int(certificate["spec"].get("revisionHistoryLimit") or 1)
        if is_true(certificate, "Ready"):
            for request in sorted(owned, key=_revision)[:-limit]:
                await remove(self._api, REQUESTS.path(request))


def _with_readiness(situation: Situation) -> Object:
    """Return a Certificate's status with its condition Ready and the times of what is issued."""
    certificate = situation.certificate
    shortcoming = policies.why_not_ready(situation)
    reason, message = shortcoming or ("Ready", READY_MESSAGE)
    status = with_condition(
        certificate.get("status") or {},
        "Ready",
        holds=shortcoming is None,
        reason=reason,
        message=message,
        generation=certificate["metadata"]["generation"],
    )
    times = _times(situation)
    return {key: value for key, value in status.items() if key not in TIMES} | times


TIMES = ("notBefore", "notAfter", "renewalTime")


def _times(situation: Situation) -> Object:
    issued = policies.read_certificate(situation.secret)
    if issued is None:
        return {}
    moments = (
        issued.not_valid_before_utc,
        issued.not_valid_after_utc,
        policies.renewal_time(situation.certificate, issued),
    )
    return dict(zip(TIMES, map(timestamp, moments), strict=True))


def _with_trigger(situation: Situation, status: Object, failed: Object | None) -> Object:
    """Return a status that begins an issuance, where one is needed and it is not too early for it."""
    certificate = situation.certificate
    finding = policies.why_issue(situation)
    if finding is None or _backs_off(certificate, failed):
        return status
    reason, message = finding
    generation = certificate["metadata"]["generation"]
    return with_condition(
        status, "Issuing", holds=True, reason=reason, message=message, generation=generation
    )


def _backs_off(certificate: Object, failed: Object | None) -> bool:
    """Whether the last failure is too recent; one that asks for something else by now need not wait."""
    status = certificate.get("status") or {}
    if "lastFailureTime" not in status:
        return False
    if failed is not None and policies.mismatches(failed, certificate):
        return False
    attempts = int(status.get("failedIssuanceAttempts") or 1)
    delay = BACK_OFF * (1 << min(attempts - 1, MOST_DOUBLINGS))
    since = datetime.now(UTC) - parse(status["lastFailureTime"])
    return since < delay


def _revision(request: Object) -> int:
    return int((request["metadata"].get("annotations") or {}).get(REVISION, 0))


def _of_revisions(requests: list[Object], revision: int) -> list[Object]:
    return [request for request in requests if _revision(request) == revision]


def _of_revision(requests: list[Object], revision: int) -> Object | None:
    return next(iter(_of_revisions(requests, revision)), None)
