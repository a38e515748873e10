"""The certificate authorities of the sandbox's internet, and how tests make them refuse.

Let's Encrypt and ZeroSSL issue below the sandbox's own authority, which every client here trusts; the staging
environment of Let's Encrypt has a root that nobody does.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import parse_qs

import trustme
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.internet.certificate_authorities.authority import AcmeAuthority, Refusal
from sandbox.internet.certificate_authorities.issuing import Issuing
from sandbox.internet.certificate_authorities.public_web import PublicWeb

if TYPE_CHECKING:
    from starlette.requests import Request

    from sandbox.internet.certificate_authorities.public_web import AppOf
    from sandbox.network.authority import CertificateAuthority

LETSENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"
LETSENCRYPT_STAGING = "https://acme-staging-v02.api.letsencrypt.org/directory"
ZEROSSL = "https://acme.zerossl.com/v2/DV90"
ZEROSSL_API_HOST = "api.zerossl.com"
# https://letsencrypt.org/docs/rate-limits/
SAME_NAMES_A_WEEK = 5
# What ZeroSSL's own interface takes; a plus sign that is not encoded arrives as a space.
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


class CertificateAuthorities:
    """All of them.

    Args:
        authority: what clients of the sandbox trust.
        app_of: who answers a host that is to be validated.

    """

    def __init__(self, authority: CertificateAuthority, app_of: AppOf) -> None:
        self.web = PublicWeb(app_of)
        staging = trustme.CA(organization_name="(STAGING) Internet Security Research Group")
        untrusted = trustme.CA(
            parent_cert=staging,
            organization_name="(STAGING) Let's Encrypt",
            organization_unit_name="(STAGING) Riddling Rhubarb R12",
        )
        self._named = {
            "letsencrypt": AcmeAuthority(
                LETSENCRYPT,
                Issuing(authority.sub_authority("Let's Encrypt", "R12")),
                self.web,
                same_names_a_week=SAME_NAMES_A_WEEK,
            ),
            "letsencrypt-staging": AcmeAuthority(LETSENCRYPT_STAGING, Issuing(untrusted), self.web),
            "zerossl": AcmeAuthority(
                ZEROSSL,
                Issuing(authority.sub_authority("ZeroSSL", "ZeroSSL RSA Domain Secure Site CA")),
                self.web,
                binds_accounts=True,
            ),
        }

    def at(self, directory: str) -> AcmeAuthority | None:
        """Return the authority with a directory at this address, None where nobody answers there."""
        return next((one for one in self._named.values() if one.directory == directory), None)

    def named(self, name: str) -> AcmeAuthority:
        """Return an authority by the name that tests know it by."""
        return self._named[name]

    @property
    def control_routes(self) -> list[Route]:
        """Routes for tests: how many orders each got, and what it refuses."""
        return [
            Route("/certificate-authorities", self._tell),
            Route("/certificate-authorities/{name}", self._set_refusal, methods=["PUT"]),
        ]

    @property
    def zerossl_api(self) -> Starlette:
        """ZeroSSL's own interface: accounts that an ACME account is bound to, for an e-mail address."""
        return Starlette(
            routes=[Route("/acme/eab-credentials-email", self._give_credentials, methods=["POST"])]
        )

    async def _tell(self, _: Request) -> Response:
        return JSONResponse({name: _described(one) for name, one in self._named.items()})

    async def _set_refusal(self, request: Request) -> Response:
        """Let an authority refuse: `{"refusal": "rateLimited"}`, null for nothing any more."""
        authority = self._named.get(request.path_params["name"])
        if authority is None:
            return JSONResponse({"error": "There is no such authority."}, status_code=404)
        refusal = (await request.json()).get("refusal")
        if refusal is not None and refusal not in get_args(Refusal):
            return JSONResponse({"error": f"It can refuse {get_args(Refusal)}, or null."}, status_code=400)
        authority.refusal = refusal
        return JSONResponse(_described(authority))

    async def _give_credentials(self, request: Request) -> Response:
        email = parse_qs((await request.body()).decode()).get("email", [""])[0]
        if not email:
            return _refused(2900, "missing_email")
        if not _ADDRESS.fullmatch(email):
            return _refused(2901, "invalid_email")
        account = self._named["zerossl"].add_external_account()
        key = base64.urlsafe_b64encode(account.key).decode().rstrip("=")
        return JSONResponse({"success": True, "eab_kid": account.key_id, "eab_hmac_key": key})


def _described(authority: AcmeAuthority) -> dict[str, Any]:
    return {"orders": authority.orders, "refusal": authority.refusal}


def _refused(code: int, kind: str) -> Response:
    return JSONResponse({"success": False, "error": {"code": code, "type": kind}})
