"""`<account>.z6.web.core.windows.net`: the static website, served from the container `$web` to everybody."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

if TYPE_CHECKING:
    import httpx
    from starlette.types import Receive, Scope, Send

    from sandbox.azure.identity.directory import Directory

CONTAINER = "$web"
BLOB_API_VERSION = "2025-05-05"
STORAGE_AUDIENCE = "https://storage.azure.com"
_NO_SITE = "The requested content does not exist."


@dataclass
class StaticWebsite:
    """The ASGI application of a static website.

    Attributes:
        host: host name of the account's blob endpoint, by which Azurite finds the account.
        azurite: client of its Azurite.
        directory: issues the token of the website.
        enabled: whether the website is enabled.
        index: blob for the path of a folder.
        error_document: blob for a path without a blob.

    """

    host: str
    azurite: httpx.AsyncClient
    directory: Directory
    enabled: bool = False
    index: str = ""
    error_document: str = ""

    def __post_init__(self) -> None:
        self._reader = self.directory.add_managed_identity(f"static site of {self.host}")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        request = Request(scope, receive)
        await (await self._answer(request.url.path.lstrip("/")))(scope, receive, send)

    async def _answer(self, path: str) -> Response:
        if not self.enabled:
            return HTMLResponse(_NO_SITE, HTTPStatus.NOT_FOUND)
        name = f"{path}{self.index}" if path == "" or path.endswith("/") else path
        found = await self._read(name)
        if found is not None:
            return found
        missing = await self._read(self.error_document) if self.error_document else None
        if missing is None:
            return HTMLResponse(_NO_SITE, HTTPStatus.NOT_FOUND)
        missing.status_code = HTTPStatus.NOT_FOUND
        return missing

    async def _read(self, name: str) -> Response | None:
        token = self.directory.issue_token(self._reader, STORAGE_AUDIENCE)
        headers = {"Authorization": f"Bearer {token}", "Host": self.host, "x-ms-version": BLOB_API_VERSION}
        answer = await self.azurite.get(f"/{CONTAINER}/{name}", headers=headers)
        if answer.status_code != HTTPStatus.OK:
            return None
        content_type = answer.headers.get("content-type", "application/octet-stream")
        kept = {
            key: answer.headers[key]
            for key in ("etag", "cache-control", "last-modified")
            if key in answer.headers
        }
        return Response(answer.content, HTTPStatus.OK, {**kept, "content-type": content_type})
