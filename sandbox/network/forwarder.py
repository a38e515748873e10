"""Hands requests to a real server of this machine, and its answers back, both as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

# Headers of one connection, which say nothing of the next.
OF_ONE_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade"}
# Every answer has one date (RFC 9110, 6.6.1), and uvicorn writes it.
OF_THE_ANSWER = OF_ONE_CONNECTION | {"date"}
# Headers of a body as it was sent, which httpx has decoded.
OF_THE_SENT_BODY = {"content-length", "content-encoding"}
# A watch may be silent for as long as nothing happens.
ENDLESS = httpx.Timeout(30, read=None)


class Forwarder:
    """An ASGI app in front of a server.

    Args:
        client: reaches the server, with the rights that requests have there.

    """

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        response = await self.forward(Request(scope, receive))
        await response(scope, receive, send)

    async def forward(self, request: Request) -> Response:
        """Return the server's answer to a request."""
        headers = [(name, value) for name, value in request.headers.items() if name not in OF_ONE_CONNECTION]
        has_body = "content-length" in request.headers or "transfer-encoding" in request.headers
        query = request.url.query
        forwarded = self._client.build_request(
            request.method,
            request.url.path + (f"?{query}" if query else ""),
            headers=headers,
            content=request.stream() if has_body else None,
            timeout=ENDLESS,
        )
        answer = await self._client.send(forwarded, stream=True)
        response = StreamingResponse(answer.aiter_raw(), answer.status_code)
        response.raw_headers = [
            (name.lower(), value)
            for name, value in answer.headers.raw
            if name.lower().decode("latin-1") not in OF_THE_ANSWER
        ]
        return response


async def pass_on(client: httpx.AsyncClient, request: Request, url: str, server_name: str = "") -> Response:
    """Hand a whole request to a server, and return its whole answer.

    Args:
        client: reaches the server.
        request: for whatever host.
        url: of the server.
        server_name: the name that TLS is for; empty for that of the URL.

    """
    answer = await client.request(
        request.method,
        url,
        headers=[(name, value) for name, value in request.headers.items() if name not in OF_ONE_CONNECTION],
        content=await request.body(),
        follow_redirects=False,
        extensions={"sni_hostname": server_name} if server_name else {},
    )
    response = Response(answer.content, answer.status_code)
    dropped = OF_THE_ANSWER | OF_THE_SENT_BODY
    response.raw_headers += [
        (name.lower(), value)
        for name, value in answer.headers.raw
        if name.lower().decode("latin-1") not in dropped
    ]
    return response
