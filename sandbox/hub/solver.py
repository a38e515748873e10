"""Answers for the solver pods of cert-manager, which a certificate authority asks for a key authorization."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse, Response

if TYPE_CHECKING:
    from collections.abc import Iterable

SOLVER_LABEL = ("acme.cert-manager.io/http01-solver", "true")
CHALLENGES = "/.well-known/acme-challenge/"


class Solver:
    """A solver pod, which serves one token of one host.

    Args:
        arguments: of its container, `--token=…`.

    """

    def __init__(self, arguments: Iterable[str]) -> None:
        given = dict(argument.lstrip("-").partition("=")[::2] for argument in arguments)
        self._expected = (given.get("domain"), CHALLENGES + given.get("token", ""))
        self._key = given.get("key", "")

    def answer(self, host: str, path: str) -> Response:
        """Answer a GET."""
        if (host, path) != self._expected:
            return PlainTextResponse("not the challenge of this solver\n", status_code=HTTPStatus.NOT_FOUND)
        return PlainTextResponse(self._key)
