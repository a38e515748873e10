"""Decides which authority to ask, how long to wait for it, and what people read about the result. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.certificates.authorities import title_of
from deployer.certificates.state import Stage
from deployer.errors import CertificateError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from deployer.certificates.authorities import Authority
    from deployer.certificates.state import CertificateState
    from deployer.names import HubNames

# For one order: the name of the address may be new to resolvers (five minutes), then the authority may be
# slow. Seconds.
ORDER_LIMIT = 900.0
# Records that others create may take a day; this is long enough for several self-checks of cert-manager (one
# every ten seconds). Seconds.
OTHERS_DNS_LIMIT = 45.0
# New records reach the name servers of Azure in seconds, but resolvers may remember for five minutes that the
# names did not exist. Seconds.
OWN_DNS_LIMIT = 330.0

# ACME error types for an authority that does not reach the hub: with a custom domain, a matter of its DNS.
_ON_THE_WAY = frozenset({"dns", "connection", "unauthorized", "incorrectResponse", "tls"})
_WRONG_ADDRESS = frozenset({"invalidContact", "unsupportedContact"})


@dataclass(frozen=True)
class AuthorityRefusal:
    """An authority that issues no certificate for now, and the reason."""

    authority: str
    reason: str


@dataclass(frozen=True)
class WaitLimits:
    """How long an issuance is waited for, in seconds.

    Attributes:
        order: in all.
        unproven: while names of a custom domain do not lead to the hub; None for names of Azure.

    """

    order: float
    unproven: float | None

    @classmethod
    def of(cls, names: HubNames, *, records_written: bool) -> WaitLimits:
        """Return how long to wait, depending on who manages the DNS of the hub.

        Args:
            names: of the hub.
            records_written: whether this run wrote DNS records of a custom domain.

        """
        if not names.cnames:
            return cls(ORDER_LIMIT, None)
        return cls(ORDER_LIMIT, OWN_DNS_LIMIT if records_written else OTHERS_DNS_LIMIT)


def authorities_to_ask(state: CertificateState, asked: Sequence[Authority]) -> Sequence[Authority]:
    """Return the authorities to ask, in order, given the state that an earlier run left.

    An order that is under way is continued. After a refusal that another authority may not share, the next
    one is asked; when all have refused, all are asked again.
    """
    issuers = [authority.issuer for authority in asked]
    if state.issuer not in issuers:
        return asked
    place = issuers.index(state.issuer)
    if state.stage is Stage.WAITING:
        return asked[place:]
    if state.another_may_help and place + 1 < len(asked):
        return asked[place + 1 :]
    return asked


def resolves_elsewhere(state: CertificateState, names: HubNames) -> bool:
    """Return whether cert-manager or the authority finds that a custom domain does not lead to the hub."""
    if not names.cnames:
        return False
    if state.stage is Stage.WAITING:
        return bool(state.unproven)
    return state.stage is Stage.REFUSED and state.problem in _ON_THE_WAY


def failure(state: CertificateState) -> CertificateError:
    """Return the error for a refusal that another authority would share."""
    title = title_of(state.issuer or "")
    if state.problem in _WRONG_ADDRESS:
        return CertificateError(
            f"{title} does not accept the e-mail address: {state.words}",
            suggestion="Set CONTACT_EMAIL to an address that exists.",
        )
    hosts = ", ".join(f"http://{host}" for host in state.unproven)
    return CertificateError(
        f"{title} issues no certificate: {state.words}",
        cause=f"It could not verify {hosts}." if hosts else None,
        suggestion="Run deploy again: it asks once more. If it fails again, look at the objects: "
        "kubectl describe certificates,orders,challenges --all-namespaces",
        retryable=True,
    )


def took_too_long(state: CertificateState) -> CertificateError:
    """Return the error for an order that takes too long."""
    return CertificateError(
        f"The certificate was not issued in time: {state.words}.",
        cause="The address of the hub may be too new for name servers, or something blocks the way to it."
        if state.unproven
        else None,
        suggestion="Run deploy again in a few minutes: it continues the same order.",
        retryable=True,
    )


def refused_note(refusals: Sequence[AuthorityRefusal], next_try: datetime | None) -> str:
    """Return the note for a hub to which no authority issues a certificate for now."""
    refused = "; ".join(f"{refusal.authority} refuses ({refusal.reason})" for refusal in refusals)
    again = f" at {next_try:%Y-%m-%d %H:%M} UTC" if next_try else " within hours"
    return (
        f"There is no certificate yet: {refused}. The hub works, with a self-signed certificate that "
        f"browsers warn about. It asks again automatically{again}; running deploy again asks at once."
    )


def unreachable_note(state: CertificateState, names: HubNames) -> str:
    """Return the note for a hub whose custom domain does not lead to it yet."""
    return (
        f"There is no certificate yet, because the domain does not lead to the hub: {state.words}. It is "
        "issued automatically once these records exist; running deploy again shows whether it was. Create "
        f"them where the DNS of the domain is managed: {'; '.join(names.cname_lines())}"
    )
