"""The directory of the tenant: people, applications and managed identities, and their tokens."""

from __future__ import annotations

import base64
import json
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Mapping

TENANT_ID = "7e4a47ee-0000-4000-8000-000000000002"
TOKEN_SECONDS = 3600

USER, SERVICE_PRINCIPAL = "User", "ServicePrincipal"


@dataclass(frozen=True)
class Principal:
    """A person or an application, which roles are assigned to.

    Attributes:
        object_id: what role assignments refer to.
        client_id: id of the application.
        tenant_id: id of the directory.
        kind: "User" or "ServicePrincipal", also for managed identities.
        name: the display name.

    """

    object_id: str
    client_id: str
    tenant_id: str
    kind: str
    name: str


class Directory:
    """The principals of the tenant."""

    def __init__(self) -> None:
        self.tenant_id = TENANT_ID
        self._principals: dict[str, Principal] = {}
        self._secrets: dict[str, str] = {}
        # Tokens are unsigned; by this claim those of another run of the sandbox are refused.
        self._run = secrets.token_urlsafe(16)

    def add_user(self, name: str) -> Principal:
        """Add a person."""
        return self._add(name, USER)

    def add_service_principal(self, name: str) -> tuple[Principal, str]:
        """Add an application; return it and its client secret."""
        principal = self._add(name, SERVICE_PRINCIPAL)
        secret = secrets.token_urlsafe(30)
        self._secrets[principal.client_id] = secret
        return principal, secret

    def add_managed_identity(self, name: str) -> Principal:
        """Add the principal of a managed identity, which has no secret."""
        return self._add(name, SERVICE_PRINCIPAL)

    def remove(self, object_id: str) -> None:
        """Remove a principal."""
        principal = self._principals.pop(object_id, None)
        if principal is not None:
            self._secrets.pop(principal.client_id, None)

    def by_client_id(self, client_id: str) -> Principal | None:
        """Return the principal with a client id, None if there is none."""
        return next((each for each in self._principals.values() if each.client_id == client_id), None)

    def by_object_id(self, object_id: str) -> Principal | None:
        """Return the principal with an object id, None if there is none."""
        return self._principals.get(object_id)

    def secret_is_right(self, client_id: str, secret: str) -> bool:
        """Return whether an application has this client secret."""
        known = self._secrets.get(client_id)
        return known is not None and secrets.compare_digest(known, secret)

    def is_application_with_secret(self, client_id: str) -> bool:
        """Return whether an application has a client secret."""
        return client_id in self._secrets

    def issue_token(self, principal: Principal, audience: str) -> str:
        """Return an access token: a JSON web token without a valid signature, which is not checked here."""
        now = int(time.time())
        claims = {
            "aud": audience.rstrip("/"),
            "iss": f"https://sts.windows.net/{self.tenant_id}/",
            "iat": now,
            "nbf": now - 60,
            "exp": now + TOKEN_SECONDS,
            "oid": principal.object_id,
            "sub": principal.object_id,
            "appid": principal.client_id,
            "tid": self.tenant_id,
            "idtyp": "user" if principal.kind == USER else "app",
            "name": principal.name,
            "run": self._run,
            "ver": "1.0",
        }
        return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(claims)}.{_encoded(b'unsigned')}"

    def principal_of(self, bearer_token: str) -> Principal | None:
        """Return the principal of a token, None for a token that is expired or was not issued here."""
        claims = claims_of(bearer_token)
        if claims.get("run") != self._run or claims.get("exp", 0) < time.time():
            return None
        return self._principals.get(str(claims.get("oid")))

    def _add(self, name: str, kind: str) -> Principal:
        principal = Principal(str(uuid4()), str(uuid4()), self.tenant_id, kind, name)
        self._principals[principal.object_id] = principal
        return principal


def _part(content: Mapping[str, Any]) -> str:
    return _encoded(json.dumps(content).encode())


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def claims_of(token: str) -> dict[str, Any]:
    """Return the claims of a JSON web token, none for a text that is not one."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}
