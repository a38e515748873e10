"""The endpoints that issue tokens: to managed identities on their machine, to applications of the tenant."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl
from uuid import uuid4

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.azure.identity.directory import TOKEN_SECONDS
from sandbox.azure.identity.federation import ASSERTION_TYPE, refuse_assertion

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request

    from sandbox.azure.identity.directory import Directory, Principal
    from sandbox.clock import Clock

LOGIN_HOST = "login.microsoftonline.com"
METADATA_ADDRESS = "169.254.169.254"
SCOPE_SUFFIX = "/.default"
ANY_TENANT = {"common", "organizations"}


class MetadataEndpoint:
    """`http://169.254.169.254/metadata/identity/oauth2/token`: tokens for the identities of a machine.

    Args:
        directory: the identities.
        clock: how long after the first request the endpoint is not ready, as after the start of a container.

    """

    def __init__(self, directory: Directory, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock
        self._first_asked: float | None = None
        self.app = Starlette(routes=[Route("/metadata/identity/oauth2/token", self._token)])

    async def _token(self, request: Request) -> Response:
        now = time.monotonic()
        self._first_asked = self._first_asked or now
        if now - self._first_asked < self._clock.seconds("identity_endpoint.start"):
            return Response(status_code=HTTPStatus.NOT_FOUND)
        if request.headers.get("metadata", "").lower() != "true":
            return _metadata_error("invalid_request", "Required metadata header not specified")
        client_id = request.query_params.get("client_id", "")
        principal = self._directory.by_client_id(client_id)
        if principal is None:
            return _metadata_error("invalid_request", "Identity not found")
        resource = request.query_params.get("resource", "")
        now_seconds = int(time.time())
        return JSONResponse(
            {
                "access_token": self._directory.issue_token(principal, resource),
                "client_id": client_id,
                "expires_in": str(TOKEN_SECONDS),
                "expires_on": str(now_seconds + TOKEN_SECONDS),
                "ext_expires_in": str(TOKEN_SECONDS),
                "not_before": str(now_seconds),
                "resource": resource,
                "token_type": "Bearer",
            }
        )


def _metadata_error(code: str, description: str) -> JSONResponse:
    return JSONResponse({"error": code, "error_description": description}, status_code=HTTPStatus.BAD_REQUEST)


class LoginEndpoint:
    """`https://login.microsoftonline.com`: discovery, and tokens for applications.

    An application shows its client secret, a managed identity the token of an external identity.

    Args:
        directory: the tenant.
        federated_credentials: returns issuer, subject and audiences of each external identity that may act
            as an application, given its client id.

    """

    def __init__(
        self, directory: Directory, federated_credentials: Callable[[str], list[dict[str, Any]]]
    ) -> None:
        self._directory = directory
        self._federated_credentials = federated_credentials
        self.app = Starlette(
            routes=[
                Route("/common/discovery/instance", self._instances),
                Route("/{tenant}/.well-known/openid-configuration", self._configuration),
                Route("/{tenant}/v2.0/.well-known/openid-configuration", self._configuration),
                Route("/{tenant}/oauth2/token", self._token, methods=["POST"]),
                Route("/{tenant}/oauth2/v2.0/token", self._token, methods=["POST"]),
            ]
        )

    async def _instances(self, _: Request) -> Response:
        tenant = f"https://{LOGIN_HOST}/{self._directory.tenant_id}"
        aliases = [LOGIN_HOST, "login.windows.net", "login.microsoft.com", "sts.windows.net"]
        return JSONResponse(
            {
                "tenant_discovery_endpoint": f"{tenant}/v2.0/.well-known/openid-configuration",
                "api-version": "1.1",
                "metadata": [
                    {
                        "preferred_network": LOGIN_HOST,
                        "preferred_cache": "login.windows.net",
                        "aliases": aliases,
                    }
                ],
            }
        )

    async def _configuration(self, request: Request) -> Response:
        wanted = request.path_params["tenant"]
        if not self._knows(wanted):
            return _unknown_tenant(wanted)
        base = f"https://{LOGIN_HOST}/{self._directory.tenant_id}"
        return JSONResponse(
            {
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "response_types_supported": ["code", "id_token"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
                "cloud_instance_name": "microsoftonline.com",
            }
        )

    async def _token(self, request: Request) -> Response:
        """Issue a token for `grant_type=client_credentials`, the grant of applications."""
        form = dict(parse_qsl((await request.body()).decode()))
        if not self._knows(request.path_params["tenant"]):
            return _unknown_tenant(request.path_params["tenant"])
        if form.get("grant_type") != "client_credentials":
            return _login_error(
                70003, "unsupported_grant_type", "The app requested an unsupported grant type."
            )
        principal = self._directory.by_client_id(form.get("client_id", ""))
        if principal is None:
            return self._unknown_application(form.get("client_id", ""))
        federated = form.get("client_assertion_type") == ASSERTION_TYPE
        check = self._check_assertion if federated else self._check_secret
        scope = form.get("scope") or form.get("resource") or ""
        return check(principal.client_id, form) or JSONResponse(self._answer(principal, scope))

    def _check_assertion(self, client_id: str, form: Mapping[str, str]) -> JSONResponse | None:
        refusal = refuse_assertion(form.get("client_assertion", ""), self._federated_credentials(client_id))
        return None if refusal is None else _login_error(*refusal, status=HTTPStatus.UNAUTHORIZED)

    def _check_secret(self, client_id: str, form: Mapping[str, str]) -> JSONResponse | None:
        if not self._directory.is_application_with_secret(client_id):
            return self._unknown_application(client_id)
        right = self._directory.secret_is_right(client_id, form.get("client_secret", ""))
        return None if right else _wrong_secret(client_id)

    def _answer(self, principal: Principal, scope: str) -> dict[str, Any]:
        audience = scope.partition(" ")[0].removesuffix(SCOPE_SUFFIX)
        return {
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
            "ext_expires_in": TOKEN_SECONDS,
            "access_token": self._directory.issue_token(principal, audience),
        }

    def _knows(self, tenant: str) -> bool:
        return tenant in ANY_TENANT or tenant.lower() == self._directory.tenant_id

    def _unknown_application(self, client_id: str) -> JSONResponse:
        return _login_error(
            700016,
            "unauthorized_client",
            f"Application with identifier '{client_id}' was not found in the directory "
            f"'{self._directory.tenant_id}'.",
        )


def _unknown_tenant(tenant: str) -> JSONResponse:
    return _login_error(90002, "invalid_request", f"Tenant '{tenant}' not found.")


def _wrong_secret(client_id: str) -> JSONResponse:
    return _login_error(
        7000215,
        "invalid_client",
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret "
        f"value, not the client secret ID, for a secret added to app '{client_id}'.",
        status=HTTPStatus.UNAUTHORIZED,
    )


def _login_error(
    number: int, error: str, description: str, *, status: int = HTTPStatus.BAD_REQUEST
) -> JSONResponse:
    """Return an error whose description has AADSTS number, text, ids and time, as that of the endpoint."""
    trace, correlation = uuid4(), uuid4()
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%SZ}"
    ids = f"Trace ID: {trace} Correlation ID: {correlation} Timestamp: {now}"
    return JSONResponse(
        {
            "error": error,
            "error_description": f"AADSTS{number}: {description} {ids}",
            "error_codes": [number],
            "timestamp": now,
            "trace_id": str(trace),
            "correlation_id": str(correlation),
        },
        status_code=status,
    )
