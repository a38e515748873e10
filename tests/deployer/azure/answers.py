"""Errors of Azure as its SDK raises them, made from what came over the wire."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.core.polling.base_polling import OperationFailed
from azure.mgmt.core.exceptions import ARMErrorFormat


class Response:
    """The parts of a response that an HttpResponseError looks at."""

    def __init__(self, status: int, body: object) -> None:
        self.status_code = status
        self.reason = "Reason"
        self.body = body if isinstance(body, str) else json.dumps(body)

    def text(self, encoding: str | None = None) -> str:
        return self.body if encoding is None else self.body.encode().decode(encoding)


def failure(body: object, status: int = 400) -> HttpResponseError:
    """Return the error for an answer; status 200 stands for the result of an operation."""
    response: Any = Response(status, body)
    if status == HTTPStatus.OK:
        return HttpResponseError(response=response, error=OperationFailed("failed"))
    if status == HTTPStatus.UNAUTHORIZED:
        return ClientAuthenticationError(response=response, error_format=ARMErrorFormat)
    return HttpResponseError(response=response, error_format=ARMErrorFormat)


def storage_failure(code: str, body: str, status: int) -> HttpResponseError:
    """Return the error that a client of blob storage raises."""
    error = failure(body, status)
    error.error_code = code  # type: ignore[attr-defined]
    return error


def login_failure(text: str, status: int) -> ClientAuthenticationError:
    """Return the error that azure-identity raises where Entra refuses a login."""
    tail = " Trace ID: 1-2 Correlation ID: 3-4 Timestamp: 2026-11-24 02:00:00Z"
    body = {"error": "invalid_client", "error_description": text}
    response: Any = Response(status, body)
    return ClientAuthenticationError(f"Authentication failed: {text}{tail}", response=response)
