"""`<account>.blob.core.windows.net`: checks permissions as Azure does, then forwards requests to Azurite."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response

from sandbox.network.forwarder import Forwarder

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx
    from starlette.types import Receive, Scope, Send

    from sandbox.azure.identity.directory import Directory, Principal

    # Returns whether a principal may read (True: write) the blobs of an account.
    # Principal, account, container ("" for the whole account), whether it is written.
    Authorise = Callable[[Principal, str, str, bool], bool]

READING = {"GET", "HEAD"}
OF_WHOEVER_ASKS = {"host", "authorization", "x-ms-version"}


class RefusedError(Exception):
    """A request that is refused.

    Attributes:
        status: the HTTP status.
        code: the error code of Azure.

    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class BlobEndpoint:
    """The ASGI application of an account.

    Args:
        account: its name.
        azurite: client of its Azurite.
        directory: the principals, whose tokens are accepted.
        authorise: checks the permissions of a principal.
        is_reachable: returns whether the account can be reached from the public network.

    """

    def __init__(
        self,
        account: str,
        azurite: httpx.AsyncClient,
        directory: Directory,
        authorise: Authorise,
        is_reachable: Callable[[], bool],
    ) -> None:
        self._account = account
        self._client = azurite
        self._azurite = Forwarder(azurite)
        self._directory = directory
        self._authorise = authorise
        self._is_reachable = is_reachable

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        request = Request(scope, receive)
        try:
            self._check(request)
            await self._check_lease(request)
            response = await self._azurite.forward(request)
        except RefusedError as refused:
            response = _refusal(refused)
        await response(scope, receive, send)

    async def _check_lease(self, request: Request) -> None:
        """Refuse to create a blob that is there and leased, as Azure does.

        Azure looks at the lease before the condition; Azurite answers BlobAlreadyExists (its issue 2637).
        """
        headers = request.headers
        if headers.get("if-none-match") != "*" or "x-ms-lease-id" in headers or request.url.query:
            return
        asked = {name: value for name, value in headers.items() if name in OF_WHOEVER_ASKS}
        answer = await self._client.head(request.url.path, headers=asked)
        if answer.headers.get("x-ms-lease-status") == "locked":
            raise RefusedError(
                412,
                "LeaseIdMissing",
                "There is currently a lease on the blob and no lease ID was specified in the request.",
            )

    def _check(self, request: Request) -> None:
        if not self._is_reachable():
            raise RefusedError(
                403, "AuthorizationFailure", "This request is not authorized to perform this operation."
            )
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() in {"sharedkey", "sharedkeylite"}:
            raise RefusedError(
                403,
                "KeyBasedAuthenticationNotPermitted",
                "Key based authentication is not permitted on this storage account.",
            )
        if scheme.lower() != "bearer":
            raise RefusedError(
                409, "PublicAccessNotPermitted", "Public access is not permitted on this storage account."
            )
        principal = self._directory.principal_of(token)
        if principal is None:
            raise RefusedError(
                401,
                "InvalidAuthenticationInfo",
                "Server failed to authenticate the request. Please refer to the information in the "
                "www-authenticate header.",
            )
        container = request.url.path.lstrip("/").partition("/")[0]
        if not self._authorise(principal, self._account, container, request.method not in READING):
            raise RefusedError(
                403,
                "AuthorizationPermissionMismatch",
                "This request is not authorized to perform this operation using this permission.",
            )


def _refusal(refused: RefusedError) -> Response:
    request_id, now = str(uuid4()), f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.0000000Z}"
    body = (
        '<?xml version="1.0" encoding="utf-8"?>'
        f"<Error><Code>{refused.code}</Code><Message>{refused}\n"
        f"RequestId:{request_id}\nTime:{now}</Message></Error>"
    )
    headers = {"x-ms-error-code": refused.code, "x-ms-request-id": request_id}
    return Response(body, refused.status, headers, media_type="application/xml")
