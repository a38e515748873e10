"""The first token of a managed identity, from an endpoint that comes up late or never."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Self

import pytest
from azure.core.pipeline.transport import AsyncHttpTransport
from azure.identity.aio import ManagedIdentityCredential

from deployer.azure import credentials
from deployer.azure.credentials import wait_for_token
from deployer.errors import CredentialsError
from deployer.progress.events import Progress
from deployer.progress.report import StepReport

if TYPE_CHECKING:
    from azure.core.rest import HttpRequest

# azure-identity itself asks six times before it gives up.
TRIES_OF_THE_SDK = 6
TOKEN = {"access_token": "token", "expires_in": "3600", "resource": "https://management.azure.com"}


class Answer:
    """A response of the endpoint."""

    def __init__(self, request: HttpRequest, status: int, body: dict[str, Any]) -> None:
        self.request = self.http_request = request
        self.status_code = status
        self.reason = "Reason"
        self.content_type = "application/json"
        self.headers = {"Content-Type": "application/json"}
        self._text = json.dumps({**body, "expires_on": str(int(time.time()) + 3600)})

    def text(self, encoding: str | None = None) -> str:  # noqa: ARG002 - of every response
        return self._text

    def body(self) -> bytes:
        return self._text.encode()

    async def load_body(self) -> None:
        """It is there."""


class LateEndpoint(AsyncHttpTransport):  # type: ignore[type-arg]
    """Answers a status a number of times, then a token."""

    def __init__(self, status: int, times: float) -> None:
        self._status = status
        self._times = times
        self.asked = 0

    async def send(self, request: Any, **_options: Any) -> Any:
        self.asked += 1
        late = self.asked <= self._times
        return Answer(request, self._status if late else 200, {"error": "late"} if late else TOKEN)

    async def open(self) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing to close."""

    async def sleep(self, _duration: float) -> None:
        """Nobody waits for the SDK's own repetitions."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_details: object) -> None:
        """Nothing to close."""


async def first_token(endpoint: LateEndpoint) -> None:
    async with ManagedIdentityCredential(client_id="mine", transport=endpoint) as credential:
        await wait_for_token(credential, StepReport("sign-in", Progress((), str)))


@pytest.mark.parametrize("status", [404, 410, 429, 500, 503])
async def test_an_endpoint_that_comes_up_late_is_waited_for(status: int) -> None:
    endpoint = LateEndpoint(status, TRIES_OF_THE_SDK + 1)
    await first_token(endpoint)
    assert endpoint.asked == TRIES_OF_THE_SDK + 2


@pytest.mark.parametrize("status", [404, 503])
async def test_one_that_never_does_ends_with_what_to_do(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    monkeypatch.setattr(credentials, "IDENTITY_LIMIT", 0.1)
    with pytest.raises(CredentialsError) as ended:
        await first_token(LateEndpoint(status, float("inf")))
    assert "Restart the container group" in (ended.value.suggestion or "")
    assert ended.value.retryable


async def test_a_refusal_is_not_waited_out() -> None:
    endpoint = LateEndpoint(401, float("inf"))
    with pytest.raises(CredentialsError, match="did not accept the login"):
        await first_token(endpoint)
    assert endpoint.asked == 1
