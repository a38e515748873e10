"""A service that tells whoever asks which public address they have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

    from sandbox.network.callers import Callers

HOST = "ipinfo.io"


def own_address(callers: Callers) -> Starlette:
    """Return the application of the service."""

    async def tell(request: Request) -> PlainTextResponse:
        return PlainTextResponse(callers.address(request.scope["client"][1]))

    return Starlette(routes=[Route("/ip", tell)])
