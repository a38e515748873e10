"""Reads the state of a certificate from the objects of cert-manager. Pure.

cert-manager splits an issuance over four kinds: the Certificate (what is wanted), a CertificateRequest for
each attempt, the Order with an authority, and a Challenge for each name that has to be proven. Where an
attempt fails, the lowest of them has the reason. Fields and texts are those of cert-manager 1.20 and ACME
(RFC 8555).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from http.client import responses
from typing import TYPE_CHECKING, Any

from deployer.certificates.authorities import title_of
from deployer.certificates.challenges import why_unproven

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Object = Mapping[str, Any]

# cert-manager tries again after an hour, doubled with each further failure, up to 32 hours.
FIRST_RETRY, MOST_DOUBLINGS = timedelta(hours=1), 5
# Refusals that another authority may not share: limits of this one, and CAA records that exclude it.
RATE_LIMITED = "rateLimited"
ANOTHER_MAY_ISSUE = frozenset({RATE_LIMITED, "caa"})

_PROBLEM = re.compile(r"urn:ietf:params:acme:error:(\w+)(?::\s*(.*))?", re.DOTALL)
# Go's ACME client: the status, the type of the problem if there is one, and its detail or the whole answer.
_STATUS = re.compile(r"(?:^|: )([45]\d\d) (?:urn:\S+)?:")
_RETRY_AFTER = re.compile(r"retry after (\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)", re.IGNORECASE)
_FAILED_ACCOUNT = ("ErrRegisterACMEAccount", "ErrVerifyACMEAccount", "ErrUpdateACMEAccount", "InvalidConfig")
_FAILED_ORDER = {"invalid", "errored", "expired"}


class Stage(StrEnum):
    """The stage of an issuance."""

    WAITING = "waiting"
    ISSUED = "issued"
    REFUSED = "refused"


@dataclass(frozen=True)
class CertificateObjects:
    """The objects of one certificate in the cluster; those that do not exist yet are None or missing."""

    certificate: Object | None = None
    issuer: Object | None = None
    requests: Sequence[Object] = ()
    orders: Sequence[Object] = ()
    challenges: Sequence[Object] = ()


@dataclass(frozen=True)
class CertificateState:
    """The state of a certificate.

    Attributes:
        stage: of the issuance.
        words: the same for people: what is waited for, or why it was refused.
        issuer: name of the ClusterIssuer; None while there is no Certificate.
        problem: ACME error type of a refusal (`rateLimited`, `caa`, `dns`, …); None without one.
        unproven: names that do not lead to the hub yet, as far as cert-manager can see.
        account_refused: whether the authority refused an account, before any order.
        expires: when it expires.
        next_try: when cert-manager asks again by itself.

    """

    stage: Stage
    words: str
    issuer: str | None = None
    problem: str | None = None
    unproven: tuple[str, ...] = ()
    account_refused: bool = False
    expires: datetime | None = None
    next_try: datetime | None = None

    @property
    def another_may_help(self) -> bool:
        """Whether another authority may issue the certificate that this one refused."""
        return self.stage is Stage.REFUSED and self.problem in ANOTHER_MAY_ISSUE


@dataclass(frozen=True)
class _Attempt:
    """The objects of the current attempt."""

    request: Object | None = None
    order: Object | None = None
    challenges: Sequence[Object] = field(default_factory=tuple)


def certificate_in_words(state: CertificateState) -> str | None:
    """Return the state of a certificate for people; None where none was requested."""
    if state.issuer is None:
        return None
    if state.stage is Stage.ISSUED:
        until = f", valid until {state.expires:%Y-%m-%d}" if state.expires else ""
        return f"issued by {title_of(state.issuer)}{until}"
    if state.stage is Stage.WAITING:
        return f"not yet: {state.words}"
    again = f"; next attempt at {state.next_try:%Y-%m-%d %H:%M} UTC" if state.next_try else ""
    return f"not yet: {title_of(state.issuer)} refuses ({state.words}){again}"


def read_state(objects: CertificateObjects) -> CertificateState:
    """Return the state of the certificate that these objects belong to."""
    certificate = objects.certificate
    if certificate is None:
        return CertificateState(Stage.WAITING, "no certificate was requested yet")
    issuer = certificate["spec"]["issuerRef"]["name"]
    ready = _current_condition(certificate, "Ready")
    if ready is not None and ready["status"] == "True":
        expires = _time(certificate["status"].get("notAfter"))
        return CertificateState(Stage.ISSUED, f"issued by {title_of(issuer)}", issuer, expires=expires)
    if account := _account_refusal(objects.issuer, issuer):
        return account
    current = _current_attempt(objects, certificate, issuer)
    issuing = _current_condition(certificate, "Issuing")
    if issuing is not None and issuing["status"] == "False" and _status(certificate).get("lastFailureTime"):
        return _refusal(certificate, issuing, current, issuer)
    return _waiting(objects.issuer, current, issuer)


def _account_refusal(issuer: Object | None, name: str) -> CertificateState | None:
    """Return the refusal of an account, None for a failure that cert-manager repeats by itself."""
    ready = _current_condition(issuer, "Ready") if issuer else None
    if ready is None or ready["status"] != "False" or ready.get("reason") not in _FAILED_ACCOUNT:
        return None
    message = ready.get("message", "")
    problem, words = _problem_in([message])
    status = _status_in(message)
    # cert-manager repeats what was answered with any other status.
    given_up = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    if not given_up and problem != RATE_LIMITED:
        return None
    if problem is None:
        # Such as the page of a load balancer.
        problem = RATE_LIMITED if status == HTTPStatus.TOO_MANY_REQUESTS else None
        words = f"it answered with status {status} ({responses.get(status, 'unknown')})"
    return CertificateState(Stage.REFUSED, f"no account: {words}", name, problem, account_refused=True)


def _status_in(message: str) -> int:
    """Return the status of an authority's answer, 0 where it did not answer."""
    match = _STATUS.search(message)
    return int(match[1]) if match else 0


def _current_attempt(objects: CertificateObjects, certificate: Object, issuer: str) -> _Attempt:
    """Return the newest attempt with this issuer."""
    requests = [
        request
        for request in _owned(objects.requests, certificate)
        if request["spec"]["issuerRef"]["name"] == issuer
    ]
    if not requests:
        return _Attempt()
    request = max(requests, key=_created)
    order = max(_owned(objects.orders, request), key=_created, default=None)
    return _Attempt(request, order, tuple(_owned(objects.challenges, order)) if order else ())


def _refusal(certificate: Object, issuing: Object, current: _Attempt, issuer: str) -> CertificateState:
    failed = [one for one in current.challenges if _status(one).get("state") in _FAILED_ORDER]
    texts = [_status(one).get("reason", "") for one in failed]
    texts += [_status(current.order).get("reason", ""), issuing.get("message", "")]
    problem, words = _problem_in(texts)
    retries = [_next_try(_status(certificate)), *(_retry_after(text) for text in texts)]
    return CertificateState(
        Stage.REFUSED,
        words,
        issuer,
        problem,
        unproven=tuple(one["spec"]["dnsName"] for one in failed),
        next_try=max(moment for moment in retries if moment is not None),
    )


def _waiting(issuer: Object | None, current: _Attempt, name: str) -> CertificateState:
    """Return the state while an issuance goes on, with the party that is waited for."""
    title = title_of(name)
    pending = [one for one in current.challenges if _status(one).get("state") != "valid"]
    unproven = {one["spec"]["dnsName"]: reason for one in pending if (reason := why_unproven(one))}
    if unproven:
        host, reason = next(iter(unproven.items()))
        words = f"waiting until http://{host} leads to the hub: {reason}"
        return CertificateState(Stage.WAITING, words, name, unproven=tuple(unproven))
    return CertificateState(Stage.WAITING, _waited_for(issuer, current, pending, title), name)


def _waited_for(issuer: Object | None, current: _Attempt, pending: Sequence[Object], title: str) -> str:
    ready = _current_condition(issuer, "Ready") if issuer else None
    if ready is None or ready["status"] != "True":
        return f"waiting for an account with {title}{_appended(ready)}"
    if pending:
        host = pending[0]["spec"]["dnsName"]
        return f"waiting for {title} to reach http://{host}/.well-known/acme-challenge/"
    if current.order is None:
        return "waiting for cert-manager to create the request"
    if _status(current.order).get("state") in ("ready", "processing", "valid"):
        return f"waiting for {title} to sign the certificate"
    if current.challenges:
        return f"waiting for {title} to accept both names as proven"
    return f"waiting for {title} to accept the order"


def _appended(condition: Object | None) -> str:
    return f": {condition['message']}" if condition and condition.get("message") else ""


def _problem_in(texts: Iterable[str]) -> tuple[str | None, str]:
    """Return the ACME error type and the message; an error that another authority may not share wins."""
    texts = [text for text in texts if text]
    found = [(match[1], (match[2] or match[1]).strip()) for text in texts if (match := _PROBLEM.search(text))]
    for problem, words in found:
        if problem in ANOTHER_MAY_ISSUE:
            return problem, words
    if found:
        return found[0]
    return None, texts[0] if texts else "no reason was given"


def _next_try(status: Object) -> datetime | None:
    failed = _time(status.get("lastFailureTime"))
    doublings = min(int(status.get("failedIssuanceAttempts") or 1) - 1, MOST_DOUBLINGS)
    return failed + FIRST_RETRY * float(2**doublings) if failed else None


def _retry_after(text: str) -> datetime | None:
    """Return the time in the message of a rate limit of Let's Encrypt."""
    match = _RETRY_AFTER.search(text)
    return _time(f"{match[1]}T{match[2]}Z") if match else None


def _current_condition(item: Object, kind: str) -> Object | None:
    """Return a condition of the object, None where it is about an earlier generation of the object."""
    for condition in _status(item).get("conditions") or ():
        observed = condition.get("observedGeneration")
        if condition["type"] == kind and observed in (None, item["metadata"].get("generation")):
            return dict(condition)
    return None


def _status(item: Object | None) -> Object:
    return (item or {}).get("status") or {}


def _owned(items: Iterable[Object], owner: Object) -> list[Object]:
    uid = owner["metadata"]["uid"]
    return [
        item
        for item in items
        if any(one["uid"] == uid for one in item["metadata"].get("ownerReferences") or ())
    ]


def _created(item: Object) -> str:
    return str(item["metadata"]["creationTimestamp"])


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
