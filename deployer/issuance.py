"""Decides about an issuance: whom to ask, how long to wait, what to tell when there is none yet. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.authorities import title_of
from deployer.certificates import Stage
from deployer.errors import CertificateError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from deployer.authorities import Authority
    from deployer.certificates import CertificateState
    from deployer.names import HubNames

# Seconds for the whole of one order: the address's name may be new to resolvers (five minutes), then an
# authority that is slow.
ORDER_PATIENCE = 900.0
# Names that don't resolve don't get better by waiting; long enough for several of cert-manager's looks (each
# ten seconds).
FOREIGN_DNS_PATIENCE = 45.0
# Records just written reach Azure's name servers in seconds, but a resolver may remember for five minutes
# that the names did not exist.
OWN_DNS_PATIENCE = 330.0

# Problems of the way from an authority to the hub, which on an own domain is a matter of its DNS.
_ON_THE_WAY = frozenset({"dns", "connection", "unauthorized", "incorrectResponse", "tls"})
_WRONG_ADDRESS = frozenset({"invalidContact", "unsupportedContact"})


@dataclass(frozen=True)
class Refusal:
    """An authority that issues nothing now, and why."""

    authority: str
    reason: str


@dataclass(frozen=True)
class Patience:
    """How long an issuance is waited for, in seconds.

    Attributes:
        order: in all.
        unproven: while names of an own domain don't lead to the hub; None where names are Azure's.

    """

    order: float
    unproven: float | None

    @classmethod
    def with_names(cls, names: HubNames, *, records_written: bool) -> Patience:
        """Return what a hub's names deserve.

        Args:
            names: the hub's.
            records_written: whether this run wrote DNS records of an own domain.

        """
        if not names.cnames:
            return cls(ORDER_PATIENCE, None)
        return cls(ORDER_PATIENCE, OWN_DNS_PATIENCE if records_written else FOREIGN_DNS_PATIENCE)


def authorities_to_ask(state: CertificateState, asked: Sequence[Authority]) -> Sequence[Authority]:
    """Return whom to ask, in order, given how an earlier run left the certificate.

    An order under way is waited for; after a refusal that another authority may not share, the next one is
    asked; when all have refused, all are asked anew.
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


def leads_elsewhere(state: CertificateState, names: HubNames) -> bool:
    """Whether an own domain's names don't lead to the hub, as cert-manager or the authority sees them."""
    if not names.cnames:
        return False
    if state.stage is Stage.WAITING:
        return bool(state.unproven)
    return state.stage is Stage.REFUSED and state.problem in _ON_THE_WAY


def failure(state: CertificateState) -> CertificateError:
    """Return the error for a refusal that asking elsewhere would not change."""
    title = title_of(state.issuer or "")
    if state.problem in _WRONG_ADDRESS:
        return CertificateError(
            f"{title} does not accept the e-mail address: {state.words}",
            suggestion="Set CONTACT_EMAIL to an address that exists.",
        )
    hosts = ", ".join(f"http://{host}" for host in state.unproven)
    return CertificateError(
        f"{title} issues no certificate: {state.words}",
        cause=f"It could not convince itself at {hosts}." if hosts else None,
        suggestion="Run deploy again: it asks once more. If it comes again, look at the objects: "
        "kubectl describe certificates,orders,challenges --all-namespaces",
        retryable=True,
    )


def took_too_long(state: CertificateState) -> CertificateError:
    """Return the error for an order that does not end."""
    return CertificateError(
        f"The certificate does not come: still {state.words}.",
        cause="The hub's address may be new to the internet's name servers, or something is in the way to it."
        if state.unproven
        else None,
        suggestion="Run deploy again in a few minutes: it goes on with the same order.",
        retryable=True,
    )


def refused_note(refusals: Sequence[Refusal], next_try: datetime | None) -> str:
    """Tell that no authority issues a certificate now."""
    told = "; ".join(f"{refusal.authority} refuses ({refusal.reason})" for refusal in refusals)
    again = f" at {next_try:%Y-%m-%d %H:%M} UTC" if next_try else " within hours"
    return (
        f"There is no certificate yet: {told}. The hub works, with a certificate of its own that browsers "
        f"warn of. It asks again by itself{again}; running deploy again asks at once."
    )


def unreachable_note(state: CertificateState, cnames: Mapping[str, str]) -> str:
    """Tell that an own domain does not lead to the hub yet."""
    lines = "; ".join(f"{host}. CNAME {target}." for host, target in cnames.items())
    return (
        f"There is no certificate yet, because the domain does not lead to the hub: {state.words}. The hub "
        "gets it by itself soon after these records are there, and running deploy again tells whether it "
        f"has. Needed where the domain's DNS is run: {lines}"
    )
