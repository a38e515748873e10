"""What is read out of cert-manager's objects: how far it is, who is waited for, why it was refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from deployer.certificates.state import CertificateObjects, Stage, certificate_in_words, read_state
from tests.deployer.certificates.certificate_objects import (
    BINDER,
    CAA,
    FAILED_AT,
    HUB,
    RATE_LIMIT,
    UNREACHED,
    WRONG_EMAIL,
    certificate,
    challenge,
    condition,
    failed_certificate,
    issuer,
    objects,
    order,
    request,
    self_check,
)

ISSUING = condition("Issuing", holds=True, reason="DoesNotExist")
READY = condition("Ready", holds=True, reason="Ready")
NOT_READY = condition("Ready", holds=False, reason="DoesNotExist")
LOOKUP = f"failed to perform self check GET request 'http://{BINDER}/': Get \"http://{BINDER}/\": dial tcp"


def test_nothing_was_asked_for() -> None:
    state = read_state(CertificateObjects())
    assert (state.stage, state.issuer) == (Stage.WAITING, None)
    assert certificate_in_words(state) is None


def test_an_issued_certificate_says_by_whom_and_until_when() -> None:
    state = read_state(objects(certificate(READY, issuer="zerossl", notAfter="2027-02-23T10:00:00Z")))
    assert state.stage is Stage.ISSUED
    assert state.expires == datetime(2027, 2, 23, 10, tzinfo=UTC)
    assert certificate_in_words(state) == "issued by ZeroSSL, valid until 2027-02-23"


def test_a_renewal_that_failed_leaves_a_valid_certificate_valid() -> None:
    failed = condition("Issuing", holds=False, reason="Failed", message=RATE_LIMIT)
    state = read_state(objects(certificate(READY, failed, lastFailureTime=FAILED_AT)))
    assert state.stage is Stage.ISSUED


def test_what_was_said_of_an_earlier_wish_counts_no_more() -> None:
    ready = read_state(objects(certificate(READY, generation=2)))
    failed = failed_certificate(RATE_LIMIT, issuer="zerossl")
    failed["metadata"]["generation"] = 2
    assert ready.stage is Stage.WAITING
    assert read_state(objects(failed)).stage is Stage.WAITING


@pytest.mark.parametrize(
    ("below", "account", "words"),
    [
        ([], None, "waiting for an account with Let's Encrypt"),
        ([], issuer(), "waiting for cert-manager to create the request"),
        ([request()], issuer(), "waiting for cert-manager to create the request"),
        ([request(), order("")], issuer(), "waiting for Let's Encrypt to accept the order"),
        (
            [request(), order("pending"), challenge(BINDER), challenge(HUB)],
            issuer(),
            f"waiting for Let's Encrypt to reach http://{BINDER}/.well-known/acme-challenge/",
        ),
        (
            [request(), order("pending"), challenge(BINDER, "valid"), challenge(HUB)],
            issuer(),
            f"waiting for Let's Encrypt to reach http://{HUB}/.well-known/acme-challenge/",
        ),
        (
            [request(), order("pending"), challenge(BINDER, "valid"), challenge(HUB, "valid")],
            issuer(),
            "waiting for Let's Encrypt to accept both names as proven",
        ),
        (
            [request(), order("ready"), challenge(BINDER, "valid"), challenge(HUB, "valid")],
            issuer(),
            "waiting for Let's Encrypt to sign the certificate",
        ),
    ],
)
def test_it_is_told_who_is_waited_for(below: list[Any], account: Any, words: str) -> None:
    state = read_state(objects(certificate(NOT_READY, ISSUING), *below, issuer=account))
    assert (state.stage, state.words, state.unproven) == (Stage.WAITING, words, ())


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (f"{LOOKUP}: lookup {BINDER} on 10.0.0.10:53: no such host", "the name does not exist"),
        (f"{LOOKUP}: lookup {BINDER} on 10.0.0.10:53: server misbehaving", "its DNS server does not answer"),
        (f"{LOOKUP} 203.0.113.7:80: connect: connection refused", "nothing accepts connections there"),
        (f"{LOOKUP}: context deadline exceeded (Client.Timeout exceeded)", "no answer in time"),
        ("wrong status code '404', expected '200'", "something answers with status 404"),
        (
            'did not get expected response when querying endpoint, expected "a.b" but got: <html>',
            "something else answers there",
        ),
        (f"{LOOKUP}: a reason nobody knows", "dial tcp: a reason nobody knows"),
        ("a reason nobody knows", "a reason nobody knows"),
    ],
)
def test_a_name_that_does_not_lead_here_is_told_with_its_reason(trouble: str, told: str) -> None:
    below = [request(), order("pending"), challenge(BINDER, reason=self_check(trouble)), challenge(HUB)]
    state = read_state(objects(certificate(NOT_READY, ISSUING), *below, issuer=issuer()))
    assert state.words == f"waiting until http://{BINDER} leads to the hub: {told}"
    assert state.unproven == (BINDER,)


def test_a_rate_limit_is_the_orders_and_names_when_to_come_back() -> None:
    failed = failed_certificate(f'order is in "errored" state: {RATE_LIMIT}')
    state = read_state(objects(failed, request(), order("errored", RATE_LIMIT), issuer=issuer()))
    assert (state.stage, state.problem, state.another_may_help) == (Stage.REFUSED, "rateLimited", True)
    assert state.words.startswith('too many certificates (50) already issued for "azure.com"')
    # Let's Encrypt says later than cert-manager would try by itself.
    assert state.next_try == datetime(2026, 11, 26, 4, 30, tzinfo=UTC)


def test_caa_is_the_challenges() -> None:
    below = [request(), order("invalid"), challenge(BINDER, "invalid", CAA), challenge(HUB, "valid")]
    state = read_state(objects(failed_certificate('order is in "invalid" state: '), *below, issuer=issuer()))
    assert (state.problem, state.another_may_help) == ("caa", True)
    assert state.words == "CAA record for azure.com prevents issuance"


def test_caa_can_be_found_as_late_as_at_the_signature() -> None:
    reason = (
        "Failed to finalize Order: 403 urn:ietf:params:acme:error:caa: Error finalizing order :: rechecking"
    )
    below = [request(), order("errored", reason), challenge(BINDER, "valid"), challenge(HUB, "valid")]
    assert read_state(objects(failed_certificate(reason), *below, issuer=issuer())).problem == "caa"


def test_a_hub_that_could_not_be_reached_is_no_matter_for_another_authority() -> None:
    below = [request(), order("invalid"), challenge(BINDER, "invalid", UNREACHED), challenge(HUB)]
    state = read_state(objects(failed_certificate('order is in "invalid" state: '), *below, issuer=issuer()))
    assert (state.problem, state.another_may_help) == ("connection", False)
    assert state.unproven == (BINDER,)


def test_without_the_order_the_certificate_tells_what_it_remembers() -> None:
    state = read_state(objects(failed_certificate(f'order is in "errored" state: {RATE_LIMIT}')))
    assert state.problem == "rateLimited"


def test_the_newest_request_counts_and_those_to_other_authorities_do_not() -> None:
    earlier, later = request(), request("binderhub-2", created="2026-11-25T11:00:00Z")
    elsewhere = request("binderhub-3", of="zerossl", created="2026-11-25T12:00:00Z")
    orders = [order("errored", RATE_LIMIT), order("pending", request="binderhub-2")]
    proofs = [challenge(BINDER, request="binderhub-2")]
    below = [earlier, later, elsewhere, *orders, *proofs]
    state = read_state(objects(certificate(NOT_READY, ISSUING), *below, issuer=issuer()))
    assert state.words.startswith("waiting for Let's Encrypt to reach")


@pytest.mark.parametrize(
    ("answer", "problem", "words"),
    [
        (
            "429 : <html><head><title>429 Too Many Requests</title></head></html>",
            "rateLimited",
            "no account: it answered with status 429 (Too Many Requests)",
        ),
        ("403 : 403 Forbidden", None, "no account: it answered with status 403 (Forbidden)"),
        ("499 : ", None, "no account: it answered with status 499 (unknown)"),
    ],
)
def test_every_refused_registration_is_a_refusal_of_the_account(
    answer: str, problem: str | None, words: str
) -> None:
    message = f"Failed to register ACME account: {answer}"
    account = issuer(condition("Ready", holds=False, reason="ErrRegisterACMEAccount", message=message))
    state = read_state(objects(certificate(NOT_READY, ISSUING), issuer=account))
    assert (state.stage, state.problem, state.words) == (Stage.REFUSED, problem, words)
    assert state.account_refused
    assert state.another_may_help is (problem == "rateLimited")


def test_an_email_that_is_not_accepted_is_a_refusal_of_the_account() -> None:
    account = issuer(condition("Ready", holds=False, reason="ErrRegisterACMEAccount", message=WRONG_EMAIL))
    state = read_state(objects(certificate(NOT_READY, ISSUING), request(), issuer=account))
    assert (state.stage, state.problem, state.account_refused) == (Stage.REFUSED, "invalidContact", True)
    assert "forbidden domain" in state.words


def test_an_authority_that_cannot_be_reached_is_waited_for() -> None:
    trouble = 'Failed to register ACME account: Get "https://acme-v02.api.letsencrypt.org/directory": timeout'
    account = issuer(condition("Ready", holds=False, reason="ErrRegisterACMEAccount", message=trouble))
    state = read_state(objects(certificate(NOT_READY, ISSUING), issuer=account))
    assert state.stage is Stage.WAITING
    assert state.words == f"waiting for an account with Let's Encrypt: {trouble}"


REASONS = ("ErrRegisterACMEAccount", "ErrVerifyACMEAccount", "ErrUpdateACMEAccount")
PROBLEM = "urn:ietf:params:acme:error"


@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize(
    "answer",
    [
        f"500 {PROBLEM}:serverInternal: Error creating new account",
        f"503 {PROBLEM}:serverInternal: The service is down for maintenance: 404 : try later",
        "502 : <html><head><title>502 Bad Gateway</title></head></html>",
        f"500 {PROBLEM}:malformed: ",
    ],
)
def test_an_internal_error_of_an_authority_is_waited_for(reason: str, answer: str) -> None:
    trouble = f"Failed to register ACME account: {answer}"
    account = issuer(condition("Ready", holds=False, reason=reason, message=trouble))
    state = read_state(objects(certificate(NOT_READY, ISSUING), issuer=account))
    assert (state.stage, state.account_refused) == (Stage.WAITING, False)
    assert state.words == f"waiting for an account with Let's Encrypt: {trouble}"


def test_an_authority_that_is_too_busy_for_new_accounts_refuses_with_any_status() -> None:
    trouble = f"Failed to register ACME account: 503 {PROBLEM}:rateLimited: Service busy; retry later."
    account = issuer(condition("Ready", holds=False, reason=REASONS[0], message=trouble))
    state = read_state(objects(certificate(NOT_READY, ISSUING), issuer=account))
    assert (state.stage, state.problem, state.another_may_help) == (Stage.REFUSED, "rateLimited", True)
    assert state.words == "no account: Service busy; retry later."


@pytest.mark.parametrize(("attempts", "hours"), [(1, 1), (2, 2), (4, 8), (6, 32), (9, 32)])
def test_the_next_try_is_cert_managers(attempts: int, hours: int) -> None:
    state = read_state(objects(failed_certificate('order is in "errored" state: ', attempts=attempts)))
    assert state.next_try is not None
    assert (state.next_try - datetime.fromisoformat(FAILED_AT)).total_seconds() == hours * 3600


def test_a_refusal_is_told_with_who_why_and_the_next_try() -> None:
    words = certificate_in_words(read_state(objects(failed_certificate(CAA))))
    assert words == (
        "not yet: Let's Encrypt refuses (CAA record for azure.com prevents issuance); "
        "next attempt at 2026-11-25 11:00 UTC"
    )
