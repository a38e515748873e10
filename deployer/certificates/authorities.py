"""Lists the certificate authorities, in the order in which they are asked for a certificate."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from pydantic import SecretStr

from deployer.errors import CertificateError
from deployer.settings import CertificateAuthority

if TYPE_CHECKING:
    from collections.abc import Sequence

# ZeroSSL binds an ACME account to nothing but an e-mail address.
ZEROSSL_BINDING = "https://api.zerossl.com/acme/eab-credentials-email"


@dataclass(frozen=True)
class Authority:
    """A certificate authority with an ACME server.

    Attributes:
        issuer: name of its ClusterIssuer.
        title: its name for people.
        server: URL of its ACME directory.
        binds_accounts: whether an account needs credentials of another account (external account binding).
        trusted: whether browsers trust its certificates.

    """

    issuer: str
    title: str
    server: str
    binds_accounts: bool = False
    trusted: bool = True


LETSENCRYPT = Authority("letsencrypt", "Let's Encrypt", "https://acme-v02.api.letsencrypt.org/directory")
LETSENCRYPT_STAGING = Authority(
    "letsencrypt-staging",
    "Let's Encrypt (staging)",
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
    """Return the authorities of a setting, in the order in which they are asked."""
    return _ASKED[choice]


def title_of(issuer: str) -> str:
    """Return the name for people of the authority behind a ClusterIssuer."""
    return _TITLES.get(issuer, issuer)


@dataclass(frozen=True)
class AccountBinding:
    """Credentials that bind an ACME account to another account: the id of a key, and the key (base64url)."""

    key_id: str
    key: SecretStr


async def fetch_account_binding(email: str) -> AccountBinding:
    """Create an account binding with ZeroSSL; each call creates another one.

    Raises:
        CertificateError: ZeroSSL cannot be reached, or refuses the address.

    """
    import httpx

    try:
        async with httpx.AsyncClient(timeout=30) as client:
            answer = await client.post(ZEROSSL_BINDING, data={"email": email})
        body = dict(answer.json())
    except (httpx.HTTPError, ValueError, TypeError) as error:
        raise CertificateError(
            f"ZeroSSL provides no account: {type(error).__name__}", retryable=True
        ) from None
    if answer.status_code == HTTPStatus.OK and {"eab_kid", "eab_hmac_key"} <= body.keys():
        return AccountBinding(str(body["eab_kid"]), SecretStr(str(body["eab_hmac_key"])))
    refusal = body.get("error") or {}
    reason = refusal.get("type") or f"status {answer.status_code}"
    raise CertificateError(
        f"ZeroSSL provides no account for {email}: {reason}",
        cause="It may not accept this e-mail address.",
        suggestion="Set CONTACT_EMAIL to an address that exists.",
    )
