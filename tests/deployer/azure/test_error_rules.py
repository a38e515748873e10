"""Azure's errors, in the shapes and the words that Azure uses, told with their meaning and what to do."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError
from azure.identity import CredentialUnavailableError

from deployer.azure.errors import azure_error, error_code, error_rules, explain
from deployer.errors import AzureError, CredentialsError
from tests.deployer.azure.answers import Response, failure, login_failure

SORRY = {"code": "SkuNotAvailable", "message": "sorry"}
SORRY_AS_TEXT = {"code": "BadRequest", "message": json.dumps({"error": SORRY})}


def told(error: Any) -> AzureError:
    found = azure_error(error)
    assert isinstance(found, AzureError)
    return found


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
    assert "does not offer this VM size" in str(error.cause)


def test_a_failed_operation_is_told_by_its_code_not_by_its_status_200() -> None:
    body = {"name": "1", "status": "Failed", "error": {"code": "QuotaExceeded", "message": "too much"}}
    error = failure(body, 200)
    assert (told(error).code, told(error).retryable) == ("QuotaExceeded", False)
    assert "quota" in str(told(error).cause)


def test_the_innermost_rule_wins_and_the_outer_ones_help_out() -> None:
    inner = {"code": "Unheard", "message": "deep"}
    error = told(failure({"error": {"code": "SkuNotAvailable", "message": "outer", "details": [inner]}}))
    assert (error.code, error.message) == ("Unheard", "deep")
    assert "does not offer this VM size" in str(error.cause)


def test_an_envelope_does_not_explain_an_unknown_error_inside_it() -> None:
    text = 'VMSSAgentPoolReconciler retry failed: Code="Unheard" Message="Something new."'
    error = told(failure({"code": "CreateVMSSAgentPoolFailed", "message": text}))
    assert (error.code, error.message, error.cause) == ("Unheard", "Something new.", None)


def test_all_errors_of_one_answer_are_told() -> None:
    locked = {"code": "ScopeLocked", "message": "It is locked."}
    error = told(failure({"error": {"code": "DeploymentFailed", "message": "…", "details": [SORRY, locked]}}))
    assert error.message == "sorry; It is locked."
    assert "VM size" in str(error.cause)
    assert "A lock on the resource" in str(error.cause)
    assert "Remove the lock" in str(error.suggestion)


def test_a_cluster_is_understood_by_its_words_alone() -> None:
    assert explain("nothing that is known") is None


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


def test_a_refused_login_is_a_matter_of_credentials_and_told_without_trace_ids() -> None:
    text = "AADSTS7000215: Invalid client secret provided."
    found = azure_error(login_failure(text, 401))
    assert isinstance(found, CredentialsError)
    assert found.message.endswith(text)


def test_a_token_that_resource_manager_refuses_is_a_matter_of_credentials() -> None:
    body = {"error": {"code": "ExpiredAuthenticationToken", "message": "The access token expired."}}
    found = azure_error(failure(body, 401))
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
    assert bool(rule.said) == bool(rule.pattern.pattern)


def test_no_rule_is_hidden_behind_a_wider_one() -> None:
    rules = error_rules()
    for place, rule in enumerate(rules):
        wider = [one for one in rules[:place] if not one.pattern.pattern]
        hidden = [code for code in rule.codes if any(code in one.codes for one in wider)]
        assert not hidden, rule
