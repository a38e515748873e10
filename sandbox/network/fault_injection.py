"""Plays the faults of the script in front of whatever answers a host."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse, Response

from sandbox.network.faults import FaultKind
from sandbox.network.relay import reset

if TYPE_CHECKING:
    import asyncio

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from sandbox.network.faults import Fault

# The key of a request's state under which the listener leaves its connection.
TRANSPORT = "transport"

# What a load balancer or a captive portal shows in place of an API.
PAGE = (
    "<!DOCTYPE html>\n<html><head><title>Service temporarily unavailable</title></head>\n"
    "<body><h1>Please try again later.</h1></body></html>\n"
)


def faulty(app: ASGIApp, fault: Fault) -> ASGIApp:
    """Return an app that answers one request as the fault says."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        match fault.kind:
            case FaultKind.STATUS:
                await _status(fault)(scope, receive, send)
            case FaultKind.HTML:
                await HTMLResponse(PAGE, fault.status)(scope, receive, send)
            case FaultKind.HANG:
                await _until_disconnected(receive)
            case FaultKind.RESET_BEFORE:
                reset(_transport(scope))
                await _until_disconnected(receive)
            case FaultKind.RESET_AFTER:
                await _reset_after(app, scope, receive)
            case FaultKind.TRUNCATED:
                await _truncated(app, scope, receive, send)
            case FaultKind.GARBLED:
                await _garbled(app, scope, receive, send)

    return answer


def _transport(scope: Scope) -> asyncio.Transport:
    transport: asyncio.Transport = scope["state"][TRANSPORT]
    return transport


async def _until_disconnected(receive: Receive) -> None:
    """Wait until the client is gone: a request that is left without an answer would be a server's crash."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _status(fault: Fault) -> Response:
    phrase = f"{HTTPStatus(fault.status).phrase}\n"
    response = Response(phrase if fault.body is None else fault.body, fault.status, media_type="text/plain")
    if fault.body is not None and fault.body.startswith(("{", "[")):
        response.headers["content-type"] = "application/json"
    response.headers.update(fault.headers)
    return response


async def _reset_after(app: ASGIApp, scope: Scope, receive: Receive) -> None:
    """Let the server act, and lose the connection where its answer begins."""

    async def lose(_: Message) -> None:
        reset(_transport(scope))

    await app(scope, receive, lose)


async def _truncated(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Announce the whole answer, send half of it, and close the connection."""
    start, body = await _whole_answer(app, scope, receive)
    await send({**start, "headers": _with_length(start, len(body))})
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    _transport(scope).close()
    await _until_disconnected(receive)


async def _garbled(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Send half of the answer as if it were all of it."""
    start, body = await _whole_answer(app, scope, receive)
    half = body[: len(body) // 2]
    await send({**start, "headers": _with_length(start, len(half))})
    await send({"type": "http.response.body", "body": half})


async def _whole_answer(app: ASGIApp, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, keep)
    start, *bodies = messages
    return start, b"".join(message.get("body", b"") for message in bodies)


def _with_length(start: Message, length: int) -> list[tuple[bytes, bytes]]:
    replaced = {b"content-length", b"transfer-encoding"}
    kept = [(name, value) for name, value in start["headers"] if name.lower() not in replaced]
    return [*kept, (b"content-length", str(length).encode())]
