"""Who signs certificates: addresses and names of the authorities, and in which order they are asked."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

import httpx
from pydantic import SecretStr

from deployer.errors import CertificateError
from deployer.settings import CertificateAuthority

if TYPE_CHECKING:
    from collections.abc import Sequence

# ZeroSSL binds an account to nothing but an e-mail address.
ZEROSSL_BINDING = "https://api.zerossl.com/acme/eab-credentials-email"


@dataclass(frozen=True)
class Authority:
    """A certificate authority that speaks ACME.

    Attributes:
        issuer: name of its ClusterIssuer.
        title: what people call it.
        server: its directory.
        binds_accounts: whether an account needs credentials from elsewhere (external account binding).
        trusted: whether browsers trust what it signs.

    """

    issuer: str
    title: str
    server: str
    binds_accounts: bool = False
    trusted: bool = True


LETSENCRYPT = Authority("letsencrypt", "Let's Encrypt", "https://acme-v02.api.letsencrypt.org/directory")
LETSENCRYPT_STAGING = Authority(
    "letsencrypt-staging",
    "Let's Encrypt's staging",
    "https://acme-staging-v02.api.letsencrypt.org/directory",
    trusted=False,
)
ZEROSSL = Authority("zerossl", "ZeroSSL", "https://acme.zerossl.com/v2/DV90", binds_accounts=True)

_ASKED = {
    CertificateAuthority.AUTO: (LETSENCRYPT, ZEROSSL),
    CertificateAuthority.LETSENCRYPT: (LETSENCRYPT,),
    CertificateAuthority.LETSENCRYPT_STAGING: (LETSENCRYPT_STAGING,),
    CertificateAuthority.ZEROSSL: (ZEROSSL,),
}
_TITLES = {authority.issuer: authority.title for authority in (LETSENCRYPT, LETSENCRYPT_STAGING, ZEROSSL)}


def authorities_asked(choice: CertificateAuthority) -> Sequence[Authority]:
    """Return the authorities of a setting, the first one first."""
    return _ASKED[choice]


def title_of(issuer: str) -> str:
    """Return what people call the authority behind a ClusterIssuer."""
    return _TITLES.get(issuer, issuer)


@dataclass(frozen=True)
class AccountBinding:
    """Credentials that bind an ACME account: a key's id, and the key (base64url) itself."""

    key_id: str
    key: SecretStr


async def fetch_account_binding(email: str) -> AccountBinding:
    """Ask ZeroSSL for the credentials of an account; each call makes new ones.

    Raises:
        CertificateError: ZeroSSL can't be reached, or refuses the address.

    """
    try:
        async with httpx.AsyncClient(timeout=30) as client:
            answer = await client.post(ZEROSSL_BINDING, data={"email": email})
        body = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise CertificateError(f"ZeroSSL gives no account: {type(error).__name__}", retryable=True) from None
    if answer.status_code == HTTPStatus.OK and body.get("success"):
        return AccountBinding(str(body["eab_kid"]), SecretStr(str(body["eab_hmac_key"])))
    said = body.get("error") or {}
    reason = said.get("type") or f"status {answer.status_code}"
    raise CertificateError(
        f"ZeroSSL gives no account for {email}: {reason}",
        cause="It may not accept this e-mail address.",
        suggestion="Set CONTACT_EMAIL to an address that exists.",
    )
