"""Errors that people reported, in the shape in which they met them, get the right explanation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from deployer.azure.error_layers import chain_in
from deployer.azure.errors import azure_error, error_code, explain
from deployer.azure.retries import RIGHTS, retry_policy
from tests.deployer.azure.answers import failure, login_failure, storage_failure

if TYPE_CHECKING:
    from azure.core.exceptions import HttpResponseError

REPORTED: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "errors.yaml").read_text(encoding="utf-8")
)
ANSWERS = [entry for entry in REPORTED if "event" not in entry]
EVENTS = [entry for entry in REPORTED if "event" in entry]


def raised(entry: dict[str, Any]) -> HttpResponseError:
    if "login" in entry:
        return login_failure(entry["login"], entry["status"])
    if "storage" in entry:
        return storage_failure(entry["storage"], entry["body"], entry["status"])
    return failure(entry["body"], entry["status"])


@pytest.mark.parametrize("entry", ANSWERS, ids=lambda entry: entry["source"])
def test_a_reported_answer_is_explained_by_its_innermost_error(entry: dict[str, Any]) -> None:
    error = raised(entry)
    told = azure_error(error)
    assert error_code(error) == entry["code"]
    assert entry["meaning"] in str(told.cause)
    assert entry["suggestion"] in str(told.suggestion)
    assert told.retryable is entry["retryable"]


@pytest.mark.parametrize("entry", EVENTS, ids=lambda entry: entry["source"])
def test_a_reported_event_is_explained_by_the_error_that_it_quotes(entry: dict[str, Any]) -> None:
    known = explain(entry["event"])
    assert known is not None
    assert chain_in(entry["event"])[-1].code == entry["code"]
    assert entry["meaning"] in known.meaning
    assert entry["suggestion"] in known.suggestion
    assert known.retryable is entry["retryable"]


@pytest.mark.parametrize(
    "entry", [entry for entry in ANSWERS if not entry["retryable"]], ids=lambda entry: entry["source"]
)
def test_what_no_retry_can_help_is_not_repeated_within_a_run(entry: dict[str, Any]) -> None:
    error = raised(entry)
    assert retry_policy(error) is None
    error.status_code = 500  # the status of the envelope does not make a refusal pass
    assert retry_policy(error) is None


def test_a_missing_right_that_aks_reports_is_waited_for_like_any_other() -> None:
    wrapped = next(entry for entry in ANSWERS if entry["source"] == "Azure/AKS 1123")
    assert retry_policy(raised(wrapped)) is RIGHTS


def test_at_least_fifty_reports_are_tried_each_with_its_own_source() -> None:
    assert len({entry["source"] for entry in REPORTED}) == len(REPORTED) >= 50
