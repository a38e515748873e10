"""Sign-in with somebody else's token: a workflow of GitHub or a Kubernetes service account, say.

The token's signature isn't checked: what issues such tokens is not in the sandbox. All that a federated
credential names is: issuer, subject and audience. Codes and words: Entra's own (AADSTS7002xx).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from sandbox.azure.identity.directory import claims_of

if TYPE_CHECKING:
    from collections.abc import Sequence

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
Refusal = tuple[int, str, str]


def refuse_assertion(token: str, credentials: Sequence[dict[str, Any]]) -> Refusal | None:
    """Return why a token is not taken: AADSTS number, OAuth error and text; None where it is.

    Args:
        token: the outside identity's token, a JSON web token.
        credentials: the federated credentials of the identity that it would act as.

    """
    claims = claims_of(token)
    issuer, subject = claims.get("iss"), claims.get("sub")
    if not issuer or not subject:
        return 50027, "invalid_request", "JWT token is invalid or malformed."
    if claims.get("exp", 0) < time.time():
        return 700024, "invalid_client", "Client assertion is not within its valid time range."
    known = [each for each in credentials if each["issuer"] == issuer]
    if not known:
        return 700211, "invalid_client", _unmatched("issuer", issuer)
    known = [each for each in known if each["subject"] == subject]
    if not known:
        return 700213, "invalid_client", _unmatched("subject", subject)
    audiences = claims.get("aud")
    stated = {audiences} if isinstance(audiences, str) else set(audiences or ())
    if not any(stated & set(each["audiences"]) for each in known):
        return 700212, "invalid_client", _unmatched("audience", ",".join(sorted(stated)))
    return None


def _unmatched(what: str, value: object) -> str:
    return f"No matching federated identity record found for presented assertion {what} '{value}'."
