"""The record of a run keeps to its published schema, and the schema knows every step of every plan."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from deployer.errors import (
    AzureError,
    CredentialsError,
    DeployerError,
    Interrupted,
    Problem,
    SettingsError,
)
from deployer.inventory.power import Power
from deployer.inventory.removals import Removals
from deployer.outputs.record import describe_run
from deployer.plan import build_plan, build_start_plan, build_stop_plan, build_teardown_plan
from deployer.progress.notes import Note
from deployer.progress.run_record import RunRecord, StepRecord, StepStatus
from tests.deployer.hubs import AZURE_NAMES, GITHUB, MODES, OWN_DOMAIN, hub_settings, names_of
from tests.deployment_record import record_schema, violations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STARTED = datetime(2026, 11, 24, 12, 30, 5, tzinfo=UTC)
DOCKER_HUB = {
    "container_registry": "dockerhub",
    "dockerhub_username": "somebody",
    "dockerhub_password": "pass word",
}
IN_A_CONTAINER = {"container_group_name": "deployer-of-our-hub"}
OWN_ZONE = {**OWN_DOMAIN, "dns_zone_resource_group": "zones"}


def record_of(status: str = "done", error: Exception | None = None, **given: Any) -> dict[str, Any]:
    """Return the record of a run in which each step went another way."""
    settings = hub_settings(**given)
    run = RunRecord()
    for number, name in enumerate(build_plan(settings).step_names):
        went = list(StepStatus)[number % len(StepStatus)]
        seconds = 1.5 if went in {StepStatus.DONE, StepStatus.FAILED} else None
        run.steps[name] = StepRecord(name, went, "as it went", seconds)
    notes = [Note("certificate", "Create these records."), Note(None, "Look again tomorrow.")]
    described = describe_run(
        settings, names_of(**given), run, status=status, started=STARTED, notes=notes, error=error
    )
    return dict(json.loads(json.dumps(described)))


def names_in_schema(definition: str) -> list[str]:
    return list(record_schema()["$defs"][definition]["enum"])


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(record_schema())


def test_the_schema_names_the_steps_of_all_plans_and_no_other() -> None:
    plans = [
        build_plan(hub_settings(**mode, **registry)).step_names
        for mode in (*MODES.values(), OWN_ZONE, IN_A_CONTAINER, {"image_retention_days": "90"})
        for registry in ({}, DOCKER_HUB)
    ]
    plans.append(build_teardown_plan(hub_settings(), Removals()).step_names)
    plans += [build(hub_settings(), Power()).step_names for build in (build_stop_plan, build_start_plan)]
    assert set(names_in_schema("step_name")) == {name for plan in plans for name in plan}


def test_the_schema_names_the_states_of_steps_and_the_kinds_of_errors() -> None:
    definitions = record_schema()["$defs"]
    assert definitions["step"]["properties"]["status"]["enum"] == [status.value for status in StepStatus]
    kinds = {error.__name__ for error in kinds_of(DeployerError)}
    assert set(definitions["error"]["properties"]["kind"]["enum"]) == {"DeployerError", *kinds, "crash"}


def kinds_of(error: type[Exception]) -> Iterator[type[Exception]]:
    for kind in error.__subclasses__():
        yield kind
        yield from kinds_of(kind)


@pytest.mark.parametrize(
    ("given", "is_open", "said"),
    [
        ({}, True, "Anyone who knows the address"),
        ({"allowed_repositories": "our-lab/*"}, False, "Anyone who knows the address"),
        ({**AZURE_NAMES, **GITHUB}, False, "The listed people who sign in with GitHub"),
    ],
)
def test_a_record_says_who_may_use_the_hub(given: dict[str, Any], is_open: bool, said: str) -> None:  # noqa: FBT001
    hub = record_of(**given)["hub"]
    assert hub["open"] is is_open
    assert hub["visitors"].startswith(said)


@pytest.mark.parametrize("given", [{}, DOCKER_HUB, AZURE_NAMES, OWN_ZONE, {**AZURE_NAMES, **GITHUB}])
def test_a_record_keeps_to_the_schema(given: dict[str, Any]) -> None:
    assert violations(record_of(**given)) == []


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("done", None),
        ("failed", AzureError("Refused.", code="Conflict", cause="It exists.", retryable=True)),
        ("failed", CredentialsError("No usable Azure credentials.")),
        ("failed", SettingsError([Problem("BINDERHUB_NAME", None, "is missing.", "Give one.")])),
        ("failed", RuntimeError("a defect")),
        ("interrupted", Interrupted("The run was interrupted.", retryable=True)),
    ],
)
def test_a_record_keeps_to_the_schema_however_the_run_ends(status: str, error: Exception | None) -> None:
    assert violations(record_of(status, error)) == []


def test_a_run_that_could_not_sign_in_leaves_a_record_that_keeps_to_the_schema() -> None:
    settings = hub_settings().model_copy(update={"azure_subscription": None, "resource_group_location": None})
    error = CredentialsError("No usable Azure credentials.")
    described = describe_run(settings, None, RunRecord(), status="failed", started=STARTED, error=error)
    assert "binder_url" not in described["hub"]
    assert violations(json.loads(json.dumps(described))) == []


def unknown_step(record: dict[str, Any]) -> None:
    record["steps"][0]["name"] = "predecessors"


def note_of_an_unknown_step(record: dict[str, Any]) -> None:
    record["notes"][0]["step"] = "leftovers"


def unknown_state_of_a_step(record: dict[str, Any]) -> None:
    record["steps"][0]["status"] = "perhaps"


def a_step_that_is_done_without_its_time(record: dict[str, Any]) -> None:
    next(step for step in record["steps"] if step["status"] == "done")["seconds"] = None


def unknown_status(record: dict[str, Any]) -> None:
    record["status"] = "paused"


def failed_without_an_error(record: dict[str, Any]) -> None:
    record["status"] = "failed"


def another_version(record: dict[str, Any]) -> None:
    record["schema"] = 1


def some_names_of_the_hub_only(record: dict[str, Any]) -> None:
    del record["hub"]["binder_url"]


def a_field_of_its_own(record: dict[str, Any]) -> None:
    record["hub"]["colour"] = "blue"


@pytest.mark.parametrize(
    "change",
    [
        unknown_step,
        note_of_an_unknown_step,
        unknown_state_of_a_step,
        a_step_that_is_done_without_its_time,
        unknown_status,
        failed_without_an_error,
        another_version,
        some_names_of_the_hub_only,
        a_field_of_its_own,
    ],
)
def test_what_no_run_writes_is_refused(change: Callable[[dict[str, Any]], None]) -> None:
    record = deepcopy(record_of())
    change(record)
    assert violations(record)


@pytest.mark.parametrize("field", record_schema()["required"])
def test_no_field_may_be_missing(field: str) -> None:
    record = record_of()
    del record[field]
    assert violations(record)
