"""Orders as an ACME server keeps them (RFC 8555, section 7.1.6)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field


@dataclass
class Authorization:
    """The proof that is wanted for one name.

    Attributes:
        url: of the authorization.
        name: the host.
        token: what the host has to answer with.
        state: `pending`, `valid` or `invalid`.

    """

    url: str
    name: str
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    state: str = "pending"

    @property
    def challenge_url(self) -> str:
        """Address of the one challenge that is offered, HTTP-01."""
        return self.url.replace("/authz/", "/chall/")


@dataclass
class AcmeOrder:
    """A certificate that was asked for.

    Attributes:
        url: of the order.
        account: URL of who asked.
        authorizations: one for each name.
        finalized: whether its certificate is issued.

    """

    url: str
    account: str
    authorizations: tuple[Authorization, ...]
    finalized: bool = False

    @property
    def names(self) -> frozenset[str]:
        """The names that the certificate is for."""
        return frozenset(authorization.name for authorization in self.authorizations)

    @property
    def finalize_url(self) -> str:
        """Where the certificate request is sent to."""
        return self.url.replace("/order/", "/finalize/")

    @property
    def state(self) -> str:
        """`pending`, `ready`, `valid` or `invalid`."""
        states = {authorization.state for authorization in self.authorizations}
        if "invalid" in states:
            return "invalid"
        if states == {"valid"}:
            return "valid" if self.finalized else "ready"
        return "pending"
