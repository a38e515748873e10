"""Explains the errors of Azure to people: what Azure said, the likely cause and what to do.

Errors come wrapped (`{"error": {…}}`), unwrapped (AKS), nested in `details` or as JSON inside a message
(template deployments), as OAuth errors (Entra), and with status 200 when a long-running operation failed. So
the code decides, not the status. The explanations are in `error_rules.yaml`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from importlib import resources
from typing import TYPE_CHECKING, Any

import yaml
from azure.core.exceptions import AzureError as SdkError
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.identity import CredentialUnavailableError

from deployer.errors import AzureError, CredentialsError, DeployerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ENTRA_CODE = re.compile(r"AADSTS\d+")
_ENTRA_TAIL = re.compile(r"\s*(Trace ID|Correlation ID|Timestamp): \S+( \S+Z)?", re.IGNORECASE)


@dataclass(frozen=True)
class Layer:
    """One of several nested errors.

    Attributes:
        code: the error code.
        text: the error message.

    """

    code: str
    text: str


@dataclass(frozen=True)
class Explanation:
    """The explanation of an error.

    Attributes:
        meaning: the likely cause.
        suggestion: what to do.
        retryable: whether the same run again can succeed.

    """

    meaning: str
    suggestion: str
    retryable: bool


@dataclass(frozen=True)
class ErrorRule:
    """One entry of `error_rules.yaml`; its first lines describe the fields."""

    meaning: str
    suggestion: str
    codes: tuple[str, ...] = ()
    pattern: re.Pattern[str] = field(default_factory=lambda: re.compile(""))
    retryable: bool = False

    def explain(self, layer: Layer) -> Explanation | None:
        """Return the explanation of an error that matches this rule, else None."""
        found = self.pattern.search(layer.text)
        if found is None or (self.codes and layer.code not in self.codes):
            return None
        groups = {name: (text or "").strip(" .") for name, text in found.groupdict().items()}
        meaning, suggestion = (words.format_map(groups).strip() for words in (self.meaning, self.suggestion))
        return Explanation(meaning, suggestion, self.retryable)


@cache
def error_rules() -> tuple[ErrorRule, ...]:
    """Return all rules in order."""
    text = resources.files("deployer.azure").joinpath("error_rules.yaml").read_text(encoding="utf-8")
    return tuple(_rule(**entry) for entry in yaml.safe_load(text))


def explain(text: str, code: str = "") -> Explanation | None:
    """Return the explanation of an error of Azure or of a cluster, None when no rule matches.

    Args:
        text: the error message.
        code: the error code, if there is one.

    """
    return _explain([Layer(code, text)])


def error_code(error: SdkError) -> str:
    """Return the innermost error code; the status ("HTTP 404") where there is none."""
    return _layers(error)[-1].code


def azure_error(error: SdkError) -> DeployerError:
    """Return the error for people: a CredentialsError when Azure refused the login, else an AzureError."""
    layers = _layers(error)
    kernel = layers[-1]
    known = _explain(layers)
    cause = known.meaning if known else None
    suggestion = known.suggestion if known else None
    retryable = known.retryable if known else _passes(error)
    if isinstance(error, ClientAuthenticationError):
        message = f"Azure did not accept the login: {kernel.text}"
        return CredentialsError(message, cause=cause, suggestion=suggestion, retryable=retryable)
    return AzureError(kernel.text, code=kernel.code, cause=cause, suggestion=suggestion, retryable=retryable)


def _explain(layers: Sequence[Layer]) -> Explanation | None:
    """Return the first explanation, starting with the innermost error."""
    candidates = (rule.explain(layer) for layer in reversed(layers) for rule in error_rules())
    return next((known for known in candidates if known), None)


def _layers(error: SdkError) -> list[Layer]:
    """Return the nested errors, at least one, the innermost last."""
    if isinstance(error, HttpResponseError):
        node = _body(error)
        return list(_unnested(node)) if _is_error(node) else [_without_body(error)]
    return [Layer("ServiceUnreachable", _tidy(error.message))]


def _unnested(node: dict[str, Any]) -> Iterator[Layer]:
    code, text = str(node.get("code") or ""), str(node.get("message") or "")
    inside_text = _json_object(text)
    inner = [inside_text, *(node.get("details") or [])]
    # AKS puts a more specific code there.
    if node.get("subcode"):
        yield Layer(str(node["subcode"]), _tidy(text))
    if not _is_error(inside_text):
        yield Layer(code, _tidy(text))
    for one in inner:
        deeper = _unwrapped(one)
        if _is_error(deeper):
            yield from _unnested(deeper)
            return


def _without_body(error: HttpResponseError) -> Layer:
    """Return an error whose body is no JSON error: from Entra, blob storage or a proxy."""
    text = _tidy(error.message)
    entra = _ENTRA_CODE.search(text)
    if entra:
        return Layer(entra[0], text[entra.start() :])
    if isinstance(error, CredentialUnavailableError):
        return Layer("CredentialUnavailable", text)
    storage_code = getattr(error, "error_code", None)
    return Layer(str(getattr(storage_code, "value", storage_code) or f"HTTP {error.status_code}"), text)


def _body(error: HttpResponseError) -> dict[str, Any]:
    try:
        text = error.response.text() if error.response is not None else ""
    except Exception:  # noqa: BLE001 - a body that was never read raises whatever its transport does
        text = ""
    return _unwrapped(_json_object(str(text)))


def _unwrapped(node: Any) -> dict[str, Any]:
    if not isinstance(node, dict):
        return {}
    inner = node.get("error")
    return inner if isinstance(inner, dict) else node


def _is_error(node: dict[str, Any]) -> bool:
    return bool(_unwrapped(node).get("code"))


def _json_object(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _tidy(text: object) -> str:
    """Return the text as one line, without the trace ids of Entra."""
    return " ".join(_ENTRA_TAIL.sub("", str(text)).split())


def _passes(error: SdkError) -> bool:
    status = (
        (error.status_code or 0) if isinstance(error, HttpResponseError) else HTTPStatus.INTERNAL_SERVER_ERROR
    )
    return status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _rule(
    *, meaning: str, suggestion: str, codes: Sequence[str] = (), pattern: str = "", retryable: bool = False
) -> ErrorRule:
    compiled = re.compile(pattern, re.IGNORECASE | re.DOTALL)
    return ErrorRule(meaning, suggestion, tuple(codes), compiled, retryable)
