"""Azure's errors, in the shapes and the words that Azure uses, told with their meaning and what to do."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.core.polling.base_polling import OperationFailed
from azure.identity import CredentialUnavailableError
from azure.mgmt.core.exceptions import ARMErrorFormat

from deployer.azure.errors import azure_error, error_code, error_rules, explain
from deployer.errors import AzureError, CredentialsError

WORDS = yaml.safe_load((Path(__file__).parent / "errors.yaml").read_text(encoding="utf-8"))
CODED = [entry for entry in WORDS if "code" in entry]
UNCODED = [entry for entry in WORDS if "code" not in entry]

SORRY = {"code": "SkuNotAvailable", "message": "sorry"}
SORRY_AS_TEXT = {"code": "BadRequest", "message": json.dumps({"error": SORRY})}

ENTRA = [
    ("AADSTS7000215: Invalid client secret provided. Ensure the secret being sent …", "SP_APP_KEY"),
    ("AADSTS7000222: The provided client secret keys for app '1' are expired.", "has expired"),
    ("AADSTS700016: Application with identifier '1' was not found in the directory 'x'.", "SP_APP_ID"),
    ("AADSTS90002: Tenant 'x' not found.", "SP_TENANT_ID"),
]


class Response:
    """What an HttpResponseError looks at."""

    def __init__(self, status: int, body: object) -> None:
        self.status_code = status
        self.reason = "Reason"
        self.body = body if isinstance(body, str) else json.dumps(body)

    def text(self, encoding: str | None = None) -> str:
        return self.body if encoding is None else self.body.encode().decode(encoding)


def failure(body: object, status: int = 400) -> HttpResponseError:
    return HttpResponseError(response=Response(status, body), error_format=ARMErrorFormat)  # type: ignore[arg-type]


def told(error: Any) -> AzureError:
    found = azure_error(error)
    assert isinstance(found, AzureError)
    return found


@pytest.mark.parametrize("entry", CODED, ids=lambda entry: entry["code"])
def test_a_known_error_is_told_with_its_meaning(entry: dict[str, Any]) -> None:
    error = told(failure({"error": {"code": entry["code"], "message": entry["text"]}}))
    assert entry["says"] in f"{error.cause} {error.suggestion}"
    assert (error.code, error.message) == (entry["code"], entry["text"])
    assert error.retryable is entry["retryable"]


@pytest.mark.parametrize("entry", UNCODED, ids=lambda entry: entry["says"])
def test_what_a_cluster_says_is_known_by_its_words(entry: dict[str, Any]) -> None:
    known = explain(entry["text"])
    assert known is not None
    assert entry["says"] in f"{known.meaning} {known.suggestion}"


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"code": "SkuNotAvailable", "message": "sorry"}},
        {"code": "SkuNotAvailable", "details": None, "message": "sorry", "subcode": ""},
        {"code": "BadRequest", "details": None, "message": "sorry", "subcode": "SkuNotAvailable"},
        {"status": "Failed", "error": {"code": "SkuNotAvailable", "message": "sorry"}},
        {"error": {"code": "DeploymentFailed", "message": "…", "details": [SORRY]}},
        {"error": {"code": "DeploymentFailed", "message": "…", "details": [SORRY_AS_TEXT]}},
    ],
    ids=["wrapped", "unwrapped", "subcode", "operation", "nested", "nested as text"],
)  # fmt: skip
def test_an_error_is_understood_in_every_shape(body: dict[str, Any]) -> None:
    error = told(failure(body))
    assert error.message == "sorry"
    assert "not to be had here" in str(error.cause)


def test_a_failed_operation_is_told_by_its_code_not_by_its_status_200() -> None:
    body = {"name": "1", "status": "Failed", "error": {"code": "QuotaExceeded", "message": "too much"}}
    error = HttpResponseError(response=Response(200, body), error=OperationFailed("failed"))  # type: ignore[arg-type]
    assert (told(error).code, told(error).retryable) == ("QuotaExceeded", False)
    assert "quota" in str(told(error).cause)


def test_the_innermost_rule_wins_and_the_outer_ones_help_out() -> None:
    inner = {"code": "Unheard", "message": "deep"}
    error = told(failure({"error": {"code": "SkuNotAvailable", "message": "outer", "details": [inner]}}))
    assert (error.code, error.message) == ("Unheard", "deep")
    assert "not to be had here" in str(error.cause)


def test_an_unknown_error_keeps_azures_own_words() -> None:
    error = told(failure({"error": {"code": "Unheard", "message": "Something\nnew."}}))
    assert (error.message, error.code, error.cause) == ("Something new.", "Unheard", None)


@pytest.mark.parametrize(("status", "retryable"), [(400, False), (404, False), (429, True), (503, True)])
def test_an_error_without_a_body_is_judged_by_its_status(status: int, *, retryable: bool) -> None:
    error = told(failure("<html>", status))
    assert (error.code, error.retryable) == (f"HTTP {status}", retryable)


def test_a_body_that_was_never_read_does_no_harm() -> None:
    response = Response(409, {})
    response.text = lambda encoding=None: (_ for _ in ()).throw(RuntimeError(encoding))  # type: ignore[method-assign]
    assert error_code(HttpResponseError(response=response)) == "HTTP 409"  # type: ignore[arg-type]


def test_storages_code_is_read_from_the_error_itself() -> None:
    error = failure("<?xml version='1.0'?><Error/>", 403)
    error.error_code = "AuthorizationPermissionMismatch"  # type: ignore[attr-defined]
    assert "Storage Blob Data Contributor" in str(told(error).suggestion)


@pytest.mark.parametrize(("text", "says"), ENTRA)
def test_a_refused_login_is_a_matter_of_credentials(text: str, says: str) -> None:
    tail = " Trace ID: 1-2 Correlation ID: 3-4 Timestamp: 2026-11-24 02:00:00Z"
    body = {"error": "invalid_client", "error_description": text}
    error = ClientAuthenticationError(f"Authentication failed: {text}{tail}", response=Response(401, body))  # type: ignore[arg-type]
    found = azure_error(error)
    assert isinstance(found, CredentialsError)
    assert says in f"{found.cause} {found.suggestion}"
    assert found.message.endswith(text)


def test_a_token_that_resource_manager_refuses_is_a_matter_of_credentials() -> None:
    body = {"error": {"code": "ExpiredAuthenticationToken", "message": "The access token expired."}}
    found = azure_error(ClientAuthenticationError(response=Response(401, body)))  # type: ignore[arg-type]
    assert isinstance(found, CredentialsError)
    assert found.retryable


def test_no_identity_at_all_is_a_matter_of_credentials() -> None:
    found = azure_error(CredentialUnavailableError("no endpoint"))
    assert isinstance(found, CredentialsError)
    assert "AZURE_CLIENT_ID" in str(found.suggestion)


@pytest.mark.parametrize("kind", [ServiceRequestError, ServiceResponseError])
def test_a_lost_connection_can_be_tried_again(kind: type[ServiceRequestError]) -> None:
    error = told(kind("Connection reset by peer"))
    assert (error.code, error.retryable) == ("ServiceUnreachable", True)


@pytest.mark.parametrize(
    "rule", error_rules(), ids=lambda rule: (rule.codes or (rule.pattern.pattern[:30],))[0]
)
def test_a_rule_asks_only_for_what_its_pattern_finds(rule: Any) -> None:
    wanted = set(re.findall(r"{(\w+)}", rule.meaning + rule.suggestion))
    assert wanted <= set(rule.pattern.groupindex)
    assert rule.codes or rule.pattern.pattern


def test_no_rule_is_hidden_behind_a_wider_one() -> None:
    rules = error_rules()
    for place, rule in enumerate(rules):
        wider = [one for one in rules[:place] if not one.pattern.pattern]
        hidden = [code for code in rule.codes if any(code in one.codes for one in wider)]
        assert not hidden, rule
