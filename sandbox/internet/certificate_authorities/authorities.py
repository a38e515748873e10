"""The certificate authorities of the sandbox's internet, and how tests make them refuse.

Each is an ACME server of its own with a root of its own. Clients here trust those of Let's Encrypt and
ZeroSSL; nobody trusts that of Let's Encrypt's staging environment.
"""

from __future__ import annotations

import base64
import re
import secrets
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.internet.certificate_authorities.front import AuthorityFront, Refusal, Validation
from sandbox.internet.certificate_authorities.pebble import Pebble
from sandbox.network.dns_server import DnsServer
from sandbox.network.listener import Listener

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from sandbox.network.authority import CertificateAuthority
    from sandbox.network.hosts import Hosts

DIRECTORIES = {
    "letsencrypt": "https://acme-v02.api.letsencrypt.org/directory",
    "letsencrypt-staging": "https://acme-staging-v02.api.letsencrypt.org/directory",
    "zerossl": "https://acme.zerossl.com/v2/DV90",
}
UNTRUSTED = "letsencrypt-staging"
ZEROSSL, ZEROSSL_API_HOST = "zerossl", "api.zerossl.com"
# Pebble learns the keys that accounts can be bound to when it starts.
EXTERNAL_ACCOUNTS = 100
# What ZeroSSL's own interface takes; a plus sign that is not encoded arrives as a space.
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


@dataclass(frozen=True)
class _Named:
    pebble: Pebble
    front: AuthorityFront


class CertificateAuthorities:
    """All of them.

    Args:
        program: Pebble.
        folder: for configurations and logs.
        authority: issues the certificates of their hosts.

    """

    def __init__(self, program: Path, folder: Path, authority: CertificateAuthority) -> None:
        self._account_keys = {secrets.token_urlsafe(16): _new_key() for _ in range(EXTERNAL_ACCOUNTS)}
        self._given = cycle(self._account_keys)
        self._stack = AsyncExitStack()
        self._named: dict[str, _Named] = {}
        for name, directory in DIRECTORIES.items():
            keys = self._account_keys if name == ZEROSSL else {}
            pebble = Pebble(program, folder / name, authority, keys)
            self._named[name] = _Named(pebble, AuthorityFront(directory, pebble.client()))

    async def start(self, hosts: Hosts, internet: ASGIApp) -> bytes:
        """Start them, and serve their hosts; return the root certificates that clients trust, as PEM.

        Args:
            hosts: the hosts that exist.
            internet: answers requests to these hosts.

        """
        dns = DnsServer(lambda host: hosts.app_for(host) is not None)
        dns_port = await dns.start()
        self._stack.push_async_callback(dns.close)
        roots = []
        for name, each in self._named.items():
            listener = Listener(Validation(each.front, internet))
            validation_port = await listener.start()
            self._stack.push_async_callback(listener.close)
            self._stack.push_async_callback(each.pebble.close)
            self._stack.push_async_callback(each.front.close)
            root = await each.pebble.start(validation_port=validation_port, dns_port=dns_port)
            roots += [] if name == UNTRUSTED else [root]
            hosts.serve(each.front.host, each.front)
        hosts.serve(ZEROSSL_API_HOST, self._zerossl_api())
        return b"".join(roots)

    async def close(self) -> None:
        """End them."""
        await self._stack.aclose()

    @property
    def control_routes(self) -> list[Route]:
        """Routes for tests: how many orders each got, and what it refuses."""
        return [
            Route("/certificate-authorities", self._tell),
            Route("/certificate-authorities/{name}", self._set_refusal, methods=["PUT"]),
        ]

    def _zerossl_api(self) -> Starlette:
        """Return ZeroSSL's own interface: accounts that an ACME account can be bound to."""
        return Starlette(
            routes=[Route("/acme/eab-credentials-email", self._give_credentials, methods=["POST"])]
        )

    async def _tell(self, _: Request) -> Response:
        return JSONResponse({name: _described(each.front) for name, each in self._named.items()})

    async def _set_refusal(self, request: Request) -> Response:
        """Let an authority refuse: `{"refusal": "rateLimited"}`, null for nothing any more."""
        named = self._named.get(request.path_params["name"])
        if named is None:
            return JSONResponse({"error": "There is no such authority."}, status_code=404)
        refusal = (await request.json()).get("refusal")
        if refusal is not None and refusal not in get_args(Refusal):
            return JSONResponse({"error": f"It can refuse {get_args(Refusal)}, or null."}, status_code=400)
        named.front.refusal = refusal
        return JSONResponse(_described(named.front))

    async def _give_credentials(self, request: Request) -> Response:
        email = parse_qs((await request.body()).decode()).get("email", [""])[0]
        if not email:
            return _refused(2900, "missing_email")
        if not _ADDRESS.fullmatch(email):
            return _refused(2901, "invalid_email")
        key_id = next(self._given)
        return JSONResponse({"success": True, "eab_kid": key_id, "eab_hmac_key": self._account_keys[key_id]})


def _new_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(64)).decode().rstrip("=")


def _described(front: AuthorityFront) -> dict[str, Any]:
    return {"orders": front.orders, "refusal": front.refusal}


def _refused(code: int, kind: str) -> Response:
    return JSONResponse({"success": False, "error": {"code": code, "type": kind}})
