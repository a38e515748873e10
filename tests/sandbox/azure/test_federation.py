"""Sign-in with a token of an outside identity, through azure-identity's own client."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientAssertionCredential

from sandbox.visitor.portal import Portal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.client import RunningSandbox

NAME, VERSION = "federated", "2025-01-31-preview"
ISSUER, SUBJECT, AUDIENCE = (
    "https://token.actions.githubusercontent.com",
    "repo:owner/hub:ref:refs/heads/main",
    "api://AzureADTokenExchange",
)
SCOPE = "https://management.azure.com/.default"


@pytest.fixture(scope="module")
def client_id(sandbox: RunningSandbox) -> Iterator[str]:
    """Make an identity that trusts the workflows of one branch."""
    portal = Portal(sandbox)
    group = f"/subscriptions/{sandbox.settings['AZURE_SUBSCRIPTION']}/resourceGroups/{NAME}"
    identity = f"{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{NAME}"
    portal.arm("PUT", group, "2025-04-01", {"location": "westeurope"})
    made = portal.arm("PUT", identity, VERSION, {"location": "westeurope"})
    trusted = {"issuer": ISSUER, "subject": SUBJECT, "audiences": [AUDIENCE]}
    portal.arm("PUT", f"{identity}/federatedIdentityCredentials/github", VERSION, {"properties": trusted})
    yield made["properties"]["clientId"]
    portal.remove_group(NAME)


def assertion(**claims: object) -> str:
    """Return a workflow's token with these claims in place of those that are trusted."""
    stated = {"iss": ISSUER, "sub": SUBJECT, "aud": AUDIENCE, "exp": int(time.time()) + 600, **claims}
    parts = ({"alg": "RS256", "typ": "JWT"}, stated)
    encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    return ".".join((*encoded, "c2lnbmF0dXJl"))


def sign_in(sandbox: RunningSandbox, client_id: str, token: str) -> str:
    """Return the access token that the outside token is worth."""
    credential = ClientAssertionCredential(
        sandbox.settings["SP_TENANT_ID"],
        client_id,
        lambda: token,
        proxies={"https": sandbox.network["HTTPS_PROXY"]},
        connection_verify=sandbox.network["SSL_CERT_FILE"],
    )
    with credential:
        return credential.get_token(SCOPE).token


def test_a_trusted_token_signs_in(sandbox: RunningSandbox, client_id: str) -> None:
    token = sign_in(sandbox, client_id, assertion())
    with sandbox.client() as client:
        answer = client.get(
            "https://management.azure.com/tenants",
            params={"api-version": "2022-12-01"},
            headers={"Authorization": f"Bearer {token}"},
        )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"iss": "https://elsewhere.example"}, "AADSTS700211"),
        ({"sub": "repo:somebody/else:ref:refs/heads/main"}, "AADSTS700213"),
        ({"aud": "api://other"}, "AADSTS700212"),
        ({"exp": 1}, "AADSTS700024"),
    ],
)
def test_any_other_token_is_refused(
    sandbox: RunningSandbox, client_id: str, claims: dict[str, object], code: str
) -> None:
    with pytest.raises(ClientAuthenticationError, match=code):
        sign_in(sandbox, client_id, assertion(**claims))
