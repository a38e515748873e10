"""Whom to ask for a certificate, how long to wait, and what is told when there is none yet."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from deployer.certificates.authorities import LETSENCRYPT, LETSENCRYPT_STAGING, ZEROSSL, authorities_asked
from deployer.certificates.decisions import (
    AuthorityRefusal,
    WaitLimits,
    authorities_to_ask,
    failure,
    refused_note,
    resolves_elsewhere,
    took_too_long,
    unreachable_note,
)
from deployer.certificates.state import CertificateState, Stage
from deployer.settings import CertificateAuthority
from tests.deployer.hubs import AZURE_NAMES, OWN_DOMAIN, names_of

BOTH = (LETSENCRYPT, ZEROSSL)


def refused(problem: str | None, issuer: str = "letsencrypt") -> CertificateState:
    return CertificateState(Stage.REFUSED, "its words", issuer, problem, unproven=("demo.example.org",))


def waiting(issuer: str | None, *unproven: str) -> CertificateState:
    return CertificateState(Stage.WAITING, "waiting until it leads here", issuer, unproven=unproven)


@pytest.mark.parametrize(
    ("choice", "asked"),
    [
        (CertificateAuthority.AUTO, BOTH),
        (CertificateAuthority.LETSENCRYPT, (LETSENCRYPT,)),
        (CertificateAuthority.LETSENCRYPT_STAGING, (LETSENCRYPT_STAGING,)),
        (CertificateAuthority.ZEROSSL, (ZEROSSL,)),
    ],
)
def test_the_setting_says_who_is_asked(choice: CertificateAuthority, asked: tuple[object, ...]) -> None:
    assert authorities_asked(choice) == asked


@pytest.mark.parametrize(
    ("state", "to_ask"),
    [
        (waiting(None), BOTH),
        (waiting("letsencrypt-staging"), BOTH),
        (waiting("letsencrypt"), BOTH),
        (waiting("zerossl"), (ZEROSSL,)),
        (refused("rateLimited"), (ZEROSSL,)),
        (refused("caa"), (ZEROSSL,)),
        (refused("connection"), BOTH),
        (refused("rateLimited", "zerossl"), BOTH),
    ],
)
def test_an_order_under_way_is_waited_for_and_a_refusal_not_asked_for_twice(
    state: CertificateState, to_ask: tuple[object, ...]
) -> None:
    assert authorities_to_ask(state, BOTH) == to_ask


@pytest.mark.parametrize(
    ("state", "elsewhere"),
    [
        (waiting("letsencrypt"), False),
        (waiting("letsencrypt", "binder.hub.example.org"), True),
        (refused("dns"), True),
        (refused("unauthorized"), True),
        (refused("rateLimited"), False),
        (refused("invalidContact"), False),
    ],
)
def test_only_an_own_domain_can_lead_elsewhere(state: CertificateState, elsewhere: bool) -> None:  # noqa: FBT001
    assert resolves_elsewhere(state, names_of(**OWN_DOMAIN)) is elsewhere
    assert resolves_elsewhere(state, names_of(**AZURE_NAMES)) is False


def test_names_that_others_manage_are_not_waited_for_as_long_as_ones_just_written() -> None:
    own = names_of(**OWN_DOMAIN)
    foreign = WaitLimits.of(own, records_written=False).unproven
    written = WaitLimits.of(own, records_written=True).unproven
    assert foreign is not None
    assert written is not None
    assert foreign < written
    assert WaitLimits.of(names_of(**AZURE_NAMES), records_written=False).unproven is None


def test_a_refused_email_is_told_as_such() -> None:
    error = failure(refused("invalidContact"))
    assert "does not accept the e-mail address" in error.message
    assert "CONTACT_EMAIL" in (error.suggestion or "")
    assert not error.retryable


def test_an_unreachable_hub_is_told_with_the_place_that_was_tried() -> None:
    error = failure(refused("connection"))
    assert "Let's Encrypt issues no certificate: its words" in error.message
    assert "http://demo.example.org" in (error.cause or "")
    assert error.retryable


def test_an_order_that_does_not_end_can_be_gone_on_with() -> None:
    assert took_too_long(waiting("letsencrypt", "demo.example.org")).retryable


def test_the_note_names_every_refusal_and_the_next_try() -> None:
    refusals = [AuthorityRefusal("Let's Encrypt", "too many"), AuthorityRefusal("ZeroSSL", "no account")]
    note = refused_note(refusals, datetime(2026, 11, 25, 11, tzinfo=UTC))
    for part in ("Let's Encrypt refuses (too many)", "ZeroSSL refuses (no account)", "2026-11-25 11:00 UTC"):
        assert part in note


def test_the_note_about_a_domain_has_the_lines_for_its_dns() -> None:
    note = unreachable_note(waiting("letsencrypt", "binder.hub.example.org"), names_of(**OWN_DOMAIN))
    assert "binder.hub.example.org. CNAME our-hub.westeurope.cloudapp.azure.com." in note
    assert "hub.hub.example.org. CNAME our-hub.westeurope.cloudapp.azure.com." in note
