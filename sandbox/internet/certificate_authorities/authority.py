"""One certificate authority: accounts, orders, validation, and the refusals that tests ask it for."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Literal

from sandbox.internet.certificate_authorities.orders import AcmeOrder, Authorization
from sandbox.internet.certificate_authorities.problems import (
    FORBIDDEN,
    NOT_FOUND,
    TOO_MANY_REQUESTS,
    AcmeProblem,
)
from sandbox.internet.certificate_authorities.validation import check_host

if TYPE_CHECKING:
    from collections.abc import Collection

    from sandbox.internet.certificate_authorities.issuing import Issuing
    from sandbox.internet.certificate_authorities.public_web import PublicWeb

Refusal = Literal["rateLimited", "caa", "rejectedIdentifier", "invalidContact"]
WEEK = timedelta(days=7)
# No more than what tells an address from something else: what an authority checks before it sends a message.
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")


@dataclass(frozen=True)
class ExternalAccount:
    """An account elsewhere that an ACME account is bound to: the name of its key, and the key."""

    key_id: str
    key: bytes


class AcmeAuthority:
    """An authority, from its accounts to its certificates.

    Args:
        directory: address that clients know it by.
        issuing: its signature.
        web: its way to the hosts that it validates.
        same_names_a_week: certificates that it issues for the same names in a week; None for any number.
        binds_accounts: whether an account needs one elsewhere (external account binding).

    Attributes:
        refusal: what it refuses everybody for at the moment.
        orders: how often a certificate was asked for, refusals included.

    """

    def __init__(
        self,
        directory: str,
        issuing: Issuing,
        web: PublicWeb,
        *,
        same_names_a_week: int | None = None,
        binds_accounts: bool = False,
    ) -> None:
        self.directory = directory
        self.refusal: Refusal | None = None
        self.orders = 0
        self._issuing = issuing
        self._web = web
        self._same_names_a_week = same_names_a_week
        self._binds_accounts = binds_accounts
        self._base = directory.rsplit("/", maxsplit=1)[0]
        self._numbers = count(1)
        # Account URLs by the thumbprint of their key.
        self._accounts: dict[str, str] = {}
        self._external_accounts: dict[str, bytes] = {}
        self._orders: dict[str, AcmeOrder] = {}
        self._issued: list[tuple[datetime, frozenset[str]]] = []

    def add_external_account(self) -> ExternalAccount:
        """Make an account that an ACME account can be bound to."""
        account = ExternalAccount(secrets.token_urlsafe(16), secrets.token_bytes(64))
        self._external_accounts[account.key_id] = account.key
        return account

    def register(self, thumbprint: str, email: str, external: ExternalAccount | None) -> str:
        """Return the URL of the account of a key; it is made when there is none.

        Args:
            thumbprint: of the account's key (RFC 7638).
            email: contact, empty for none.
            external: the account that it is to be bound to.

        Raises:
            AcmeProblem: the authority does not want it.

        """
        if thumbprint not in self._accounts:
            self._judge_contact(email)
            if self._binds_accounts:
                self._judge_binding(external)
            self._accounts[thumbprint] = f"{self._base}/acct/{next(self._numbers)}"
        return self._accounts[thumbprint]

    def account(self, thumbprint: str) -> str | None:
        """Return the URL of the account of a key, None where there is none."""
        return self._accounts.get(thumbprint)

    def new_order(self, account: str, names: Collection[str]) -> AcmeOrder:
        """Take an order.

        Raises:
            AcmeProblem: the authority refuses it.

        """
        self.orders += 1
        self._judge_order(frozenset(names))
        order = AcmeOrder(
            url=f"{self._base}/order/{next(self._numbers)}",
            account=account,
            authorizations=tuple(
                Authorization(f"{self._base}/authz/{next(self._numbers)}", name) for name in sorted(names)
            ),
        )
        self._orders[order.url] = order
        return order

    def order(self, url: str) -> AcmeOrder:
        """Return an order.

        Raises:
            AcmeProblem: there is none at this address.

        """
        if url not in self._orders:
            raise AcmeProblem("malformed", "No order for ID", NOT_FOUND)
        return self._orders[url]

    async def validate(self, challenge_url: str, key_authorization: str) -> None:
        """Ask the host of a challenge for its answer, and keep the verdict.

        Args:
            challenge_url: the challenge.
            key_authorization: the answer that the account's key makes right.

        Raises:
            AcmeProblem: the host did not answer rightly; its order is now invalid.

        """
        authorization = self._authorization(challenge_url)
        try:
            await check_host(self._web, authorization, key_authorization)
            self._judge_caa(authorization.name)
        except AcmeProblem:
            authorization.state = "invalid"
            raise
        authorization.state = "valid"

    def finalize(self, order: AcmeOrder, request: bytes) -> bytes:
        """Issue the certificate of an order whose names are all proven; return it with its chain, PEM.

        Raises:
            AcmeProblem: the request does not fit the order, or a name is not proven.

        """
        if order.state != "ready":
            detail = f'Order\'s status ("{order.state}") is not acceptable for finalization'
            raise AcmeProblem("orderNotReady", detail, FORBIDDEN)
        chain = self._issuing.sign(request, order.names)
        order.finalized = True
        self._issued.append((datetime.now(UTC), order.names))
        return chain

    def _judge_contact(self, email: str) -> None:
        if self.refusal == "invalidContact":
            domain = email.rpartition("@")[2]
            detail = f'Error validating contact(s) :: contact email has forbidden domain "{domain}"'
            raise AcmeProblem("invalidContact", detail)
        if email and not _ADDRESS.fullmatch(email):
            raise AcmeProblem(
                "invalidContact", "Error validating contact(s) :: unable to parse email address"
            )

    def _judge_binding(self, external: ExternalAccount | None) -> None:
        if external is None:
            detail = 'The request must include a value for the "externalAccountBinding" field'
            raise AcmeProblem("externalAccountRequired", detail)
        key = self._external_accounts.get(external.key_id)
        if key is None or not secrets.compare_digest(key, external.key):
            raise AcmeProblem("malformed", "[External Account Binding] Invalid MAC on JWS request")

    def _judge_caa(self, name: str) -> None:
        if self.refusal == "caa":
            raise AcmeProblem("caa", f"CAA record for {_parent(name)} prevents issuance", FORBIDDEN)

    def _judge_order(self, names: frozenset[str]) -> None:
        unfit = sorted(name for name in names if not _HOST.fullmatch(name))
        if self.refusal == "rejectedIdentifier" or unfit:
            name = (unfit or sorted(names))[0]
            detail = (
                f'Invalid identifiers requested :: Cannot issue for "{name}": The ACME server refuses to '
                "issue a certificate for this domain name, because it is forbidden by policy"
            )
            raise AcmeProblem("rejectedIdentifier", detail)
        if self.refusal == "rateLimited":
            what = f'(50) already issued for "{_parent(min(names))}"'
            raise _rate_limited(what, "new-certificates-per-registered-domain")
        since = datetime.now(UTC) - WEEK
        same = sum(1 for when, issued in self._issued if when > since and issued == names)
        if self._same_names_a_week is not None and same >= self._same_names_a_week:
            what = f"({same}) already issued for this exact set of identifiers"
            raise _rate_limited(what, "new-certificates-per-exact-set-of-identifiers")

    def _authorization(self, challenge_url: str) -> Authorization:
        for order in self._orders.values():
            for authorization in order.authorizations:
                if authorization.challenge_url == challenge_url:
                    return authorization
        raise AcmeProblem("malformed", "No such challenge", NOT_FOUND)


def _rate_limited(what: str, chapter: str) -> AcmeProblem:
    retry = (datetime.now(UTC) + timedelta(hours=34)).strftime("%Y-%m-%d %H:%M:%S UTC")
    detail = (
        f"too many certificates {what} in the last 168h0m0s, retry after {retry}: "
        f"see https://letsencrypt.org/docs/rate-limits/#{chapter}"
    )
    return AcmeProblem("rateLimited", detail, TOO_MANY_REQUESTS)


def _parent(name: str) -> str:
    """Return the last two labels of a name: `azure.com` for all that Azure names below it."""
    return ".".join(name.split(".")[-2:])
