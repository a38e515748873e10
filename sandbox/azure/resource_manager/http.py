"""The HTTP frontend of Resource Manager: from requests with tokens to responses with Azure's statuses."""

from __future__ import annotations

import base64
import json
import re
import uuid
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.errors import ArmError
from sandbox.azure.resource_manager.core.operations import Operation, Reply
from sandbox.azure.resource_manager.providers.deployments import jsonc

if TYPE_CHECKING:
    from starlette.requests import Request

    from sandbox.azure.identity.directory import Principal
    from sandbox.azure.resource_manager.core.host import ResourceProviderHost

AUDIENCES = tuple(
    f"https://{host}{end}"
    for host in ("management.core.windows.net", "management.azure.com")
    for end in ("/", "")
)
_OPERATION_SEGMENTS = {
    "operations",
    "operationstatuses",
    "operationresults",
    "asyncoperations",
    "dnsoperationstatuses",
}


class HttpFrontend:
    """Answers every request to management.azure.com.

    Args:
        host: handles the requests.

    """

    def __init__(self, host: ResourceProviderHost) -> None:
        self._host = host

    async def answer(self, request: Request) -> Response:
        """Answer a request, with an error body if it is refused."""
        try:
            reply = await self._reply(request)
        except ArmError as error:
            reply = Reply(error.status, error.body(), error.headers)
        identifiers = {"x-ms-request-id": str(uuid.uuid4()), "x-ms-correlation-request-id": str(uuid.uuid4())}
        headers = {**identifiers, **reply.headers}
        if reply.body is None:
            return Response(status_code=reply.status, headers=headers)
        return JSONResponse(reply.body, status_code=reply.status, headers=headers)

    async def _reply(self, request: Request) -> Reply:
        # Clients that join a provider, no parent and a type ask for `…/providers/NS//type/name`.
        path = "/" + re.sub("/{2,}", "/", request.url.path).strip("/")
        if path.lower() == "/metadata/endpoints":
            return Reply(200, cloud_metadata())
        principal = self._principal(request)
        api_version = request.query_params.get("api-version", "")
        if not api_version:
            raise errors.bad_request(
                "MissingApiVersionParameter",
                "The api-version query parameter (?api-version=) is required for all requests.",
            )
        polled = self._poll(request.method, path)
        if polled is not None:
            return polled
        if self._host.catalog.find_action(request.method, path) is not None:
            return await self._action(request, principal, path)
        return await self._resource(request, principal, path, api_version)

    def _poll(self, method: str, path: str) -> Reply | None:
        segments = path.lower().split("/")
        if (
            method != "GET"
            or len(segments) < len(("", "kind", "id"))
            or segments[-2] not in _OPERATION_SEGMENTS
        ):
            return None
        return self._host.services.operations.poll(segments[-1])

    async def _action(self, request: Request, principal: Principal, path: str) -> Reply:
        body = await _json(request) if request.method != "GET" else {}
        answer = await self._host.invoke(principal, request.method, path, dict(request.query_params), body)
        if isinstance(answer, Operation):
            return answer.reply
        return answer if isinstance(answer, Reply) else Reply(200, answer)

    async def _resource(self, request: Request, principal: Principal, path: str, api_version: str) -> Reply:
        host = self._host
        conditions = {name: request.headers.get(name, "") for name in ("if-match", "if-none-match")}
        match request.method:
            case "PUT":
                put = await host.put_resource(principal, path, api_version, await _json(request), conditions)
                return put.reply
            case "PATCH":
                return (await host.patch_resource(principal, path, api_version, await _json(request))).reply
            case "DELETE":
                return (await host.delete_resource(principal, path, api_version, conditions)).reply
            case "HEAD":
                host.get_resource(principal, path, api_version)
                return Reply(204)
            case "GET" if _names_a_list(path):
                return Reply(200, {"value": host.list_resources(principal, path, api_version)})
            case "GET":
                return Reply(200, host.get_resource(principal, path, api_version))
        raise errors.method_not_allowed(request.method)

    def _principal(self, request: Request) -> Principal:
        """Return who asks; errors have the challenge that clients of Azure handle."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            message = "Authentication failed. The 'Authorization' header is missing."
            raise self._unauthenticated("AuthenticationFailed", message)
        principal = self._host.services.directory.principal_of(token)
        if principal is None:
            raise self._unauthenticated("InvalidAuthenticationToken", "The access token is invalid.")
        audience = _audience(token)
        if audience not in AUDIENCES:
            raise self._unauthenticated(
                "InvalidAuthenticationTokenAudience",
                f"The access token has been obtained for wrong audience or resource '{audience}'. It should "
                "exactly match with one of the allowed audiences "
                f"{','.join(repr(each) for each in AUDIENCES)}.",
            )
        request.scope.setdefault("state", {})["principal"] = principal.name
        return principal

    def _unauthenticated(self, code: str, message: str) -> ArmError:
        tenant = self._host.services.directory.tenant_id
        challenge = (
            f'Bearer authorization_uri="https://login.microsoftonline.com/{tenant}", error="invalid_token", '
            f'error_description="{message}"'
        )
        return ArmError(401, code, message, headers={"WWW-Authenticate": challenge})


def _names_a_list(path: str) -> bool:
    """Return whether a path is an id without its last name: `…/providers/N/type`, `…/type/name/type`."""
    _, _, after = path.lower().rpartition("/providers/")
    return len(after.split("/")) % 2 == 0


async def _json(request: Request) -> dict[str, Any]:
    content = await request.body()
    if not content:
        return {}
    try:
        body = jsonc.loads(content.decode())
    except ValueError as error:
        raise _not_an_object(str(error)) from None
    if not isinstance(body, dict):
        raise _not_an_object("it is no JSON object")
    return body


def _not_an_object(reason: str) -> ArmError:
    message = f"The request content was invalid and could not be deserialized: '{reason}'."
    return errors.bad_request("InvalidRequestContent", message)


def _audience(token: str) -> str:
    """Return the audience that a JWT was issued for, "" if it can't be read."""
    try:
        claims = token.split(".")[1]
        return str(json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["aud"])
    except (IndexError, ValueError, KeyError):
        return ""


def cloud_metadata() -> list[dict[str, Any]]:
    """Return what `/metadata/endpoints` lists, without a token: the public cloud."""
    authentication = {
        "loginEndpoint": "https://login.microsoftonline.com/",
        "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"],
        "tenant": "common",
        "identityProvider": "AAD",
    }
    suffixes = {
        "storage": "core.windows.net",
        "acrLoginServer": "azurecr.io",
        "keyVaultDns": "vault.azure.net",
        "sqlServerHostname": "database.windows.net",
    }
    cloud = {
        "name": "AzureCloud",
        "portal": "https://portal.azure.com",
        "resourceManager": "https://management.azure.com/",
        "graph": "https://graph.windows.net/",
        "graphAudience": "https://graph.windows.net/",
        "microsoftGraphResourceId": "https://graph.microsoft.com/",
        "gallery": "https://gallery.azure.com/",
        "batch": "https://batch.core.windows.net/",
        "media": "https://rest.media.azure.net",
        "authentication": authentication,
        "suffixes": suffixes,
    }
    return [cloud]
