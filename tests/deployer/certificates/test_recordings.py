"""What is read out of the objects that cert-manager made for real hubs in the sandbox; see `recorder`."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from deployer.certificates.state import CertificateObjects, CertificateState, Stage, read_state
from tests.deployer.certificates.recorder import RECORDINGS, meaning_of

HOST = "recorded.germanywestcentral.cloudapp.azure.com"
WAITING = {
    "issued-1": "waiting for an account with Let's Encrypt",
    "issued-2": "waiting for cert-manager to create the request",
    "issued-3": "waiting for Let's Encrypt to accept the order",
    "issued-4": f"waiting for Let's Encrypt to reach http://{HOST}/.well-known/acme-challenge/",
    "issued-5": f"waiting until http://{HOST} leads to the hub: something answers with status 503",
    "issued-6": f"waiting until http://{HOST} leads to the hub: something answers with status 404",
    "issued-7": "waiting for Let's Encrypt to accept both names as proven",
    "issued-8": "waiting for Let's Encrypt to sign the certificate",
    "no-dns-1": "waiting for Let's Encrypt to reach http://binder.nowhere.example.com/.well-known/acme-challenge/",
}


def state_in(recording: str) -> CertificateState:
    return read_state(CertificateObjects(**json.loads((RECORDINGS / f"{recording}.json").read_text())))


@pytest.mark.parametrize("recording", WAITING)
def test_it_is_told_who_is_waited_for(recording: str) -> None:
    state = state_in(recording)
    assert (state.stage, meaning_of(state)) == (Stage.WAITING, WAITING[recording])


def test_an_issued_certificate_says_until_when() -> None:
    state = state_in("issued-9")
    assert (state.stage, state.words, state.expires) == (
        Stage.ISSUED,
        "issued by Let's Encrypt",
        datetime(2027, 2, 24, 14, 50, 14, tzinfo=UTC),
    )


def test_a_name_that_does_not_exist_is_unproven() -> None:
    state = state_in("no-dns-2")
    assert state.stage is Stage.WAITING
    assert set(state.unproven) == {"binder.nowhere.example.com", "hub.nowhere.example.com"}


def test_a_refused_email_is_a_refusal_of_the_account() -> None:
    state = state_in("refused-email-1")
    assert (state.stage, state.problem, state.account_refused) == (Stage.REFUSED, "invalidContact", True)
    assert not state.another_may_help


def test_a_rate_limit_says_when_the_authority_issues_again() -> None:
    state = state_in("rate-limit-1")
    assert (state.stage, state.problem, state.another_may_help) == (Stage.REFUSED, "rateLimited", True)
    assert state.next_try == datetime(2026, 11, 28, 0, 50, 36, tzinfo=UTC)


def test_a_caa_record_is_what_another_authority_may_not_mind() -> None:
    state = state_in("caa-1")
    assert (state.stage, state.problem, state.another_may_help) == (Stage.REFUSED, "caa", True)
    assert state.words == "CAA record for azure.com prevents issuance"
