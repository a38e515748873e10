"""Plain HTTP to the sandbox's own public names: what an authority asks, and cert-manager before it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp

    # Who answers a host name, None where it does not exist.
    AppOf = Callable[[str], ASGIApp | None]

# cert-manager and Let's Encrypt both wait that long for a whole answer.
PATIENCE_SECONDS = 10.0
BAD_GATEWAY, GATEWAY_TIMEOUT = 502, 504


class NoSuchHostError(Exception):
    """The name does not resolve."""


class NoAnswerError(Exception):
    """The name has an address, and nobody answers there."""


class PublicWeb:
    """A client of the names that exist in the sandbox.

    Args:
        app_of: who answers a host.

    """

    def __init__(self, app_of: AppOf) -> None:
        self._transport = _Transport(app_of)

    async def get(self, url: str) -> httpx.Response:
        """Fetch an address; redirects are followed and certificates on the way believed, as HTTP-01 has it.

        Raises:
            NoSuchHostError: a name on the way does not resolve.
            NoAnswerError: there was no answer.

        """
        async with httpx.AsyncClient(transport=self._transport, follow_redirects=True) as client:
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    return await client.get(url)
            except (TimeoutError, httpx.TransportError, httpx.TooManyRedirects) as error:
                raise NoAnswerError(str(error) or "timeout") from None


class _Transport(httpx.AsyncBaseTransport):
    """Hands each request to the app of its host, in this process."""

    def __init__(self, app_of: AppOf) -> None:
        self._app_of = app_of

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        app = self._app_of(request.url.host)
        if app is None:
            raise NoSuchHostError(request.url.host)
        answer = await httpx.ASGITransport(app).handle_async_request(request)
        if answer.status_code in {BAD_GATEWAY, GATEWAY_TIMEOUT}:
            _look_behind(request.url.host, (await answer.aread()).decode(errors="replace"))
        return answer


def _look_behind(host: str, text: str) -> None:
    """Tell what the public face can only put into words: there is no connection to refuse here."""
    if f"{host} does not exist" in text:
        raise NoSuchHostError(host)
    if f"{host} does not answer" in text:
        raise NoAnswerError(f"no answer from {host}")
