"""What Azure's schemas and Azure's template test toolkit ask of a template."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.arm_schemas import validate_resource, validate_template
from tests.template_click import REPOSITORY, deploy, our_template

if TYPE_CHECKING:
    from collections.abc import Iterator

TEMPLATE = our_template()
TEXT = (REPOSITORY / "azuredeploy.json").read_text(encoding="utf-8")
DEPLOYMENTS = "Microsoft.Resources/deployments"


def resources(template: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the resources of a template and of those nested in it."""
    for one in template["resources"]:
        yield one
        if one["type"] == DEPLOYMENTS:
            yield from resources(one["properties"]["template"])


RESOURCES = [pytest.param(one, id=f"{place}-{one['type']}") for place, one in enumerate(resources(TEMPLATE))]
WITH_A_SCHEMA = [
    pytest.param(one, id=f"{place}-{one['type']}")
    for place, one in enumerate(resources(TEMPLATE))
    if one["type"] != DEPLOYMENTS
]
ASSIGNMENTS = [one for one in resources(TEMPLATE) if one["type"].endswith("/roleAssignments")]
WITHOUT_A_NEWER_VERSION = {"Microsoft.Authorization/roleAssignments"}
OLDEST = timedelta(days=730)


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def without_declarations() -> str:
    return json.dumps({name: section for name, section in TEMPLATE.items() if name != "parameters"})


@pytest.mark.online
def test_the_template_has_the_form_that_azure_publishes() -> None:
    validate_template(TEMPLATE)


@pytest.mark.online
@pytest.mark.parametrize("resource", WITH_A_SCHEMA)
def test_every_resource_fits_its_published_schema(resource: dict[str, Any]) -> None:
    validate_resource(resource["type"], resource["apiVersion"], resource)


@pytest.mark.online
async def test_every_body_that_comes_out_fits_its_published_schema() -> None:
    made = await deploy(TEMPLATE, {"binderHubName": "my-hub", "tags": {"course": "physics"}})
    for put in made.road.puts:
        if put.type != DEPLOYMENTS:
            validate_resource(put.type, put.api_version, put.body)


@pytest.mark.parametrize("resource", RESOURCES)
def test_api_versions_are_recent(resource: dict[str, Any]) -> None:
    age = datetime.now(UTC).date() - date.fromisoformat(resource["apiVersion"])
    assert age <= OLDEST or resource["type"] in WITHOUT_A_NEWER_VERSION


@pytest.mark.parametrize("name", TEMPLATE["parameters"])
def test_every_parameter_is_described(name: str) -> None:
    assert len(TEMPLATE["parameters"][name]["metadata"]["description"]) > 10


@pytest.mark.parametrize("name", TEMPLATE["parameters"])
def test_every_parameter_is_used(name: str) -> None:
    assert f"parameters('{name}')" in without_declarations()


@pytest.mark.parametrize("name", TEMPLATE["variables"])
def test_every_variable_is_used(name: str) -> None:
    assert f"variables('{name}')" in TEXT


@pytest.mark.parametrize("name", TEMPLATE["parameters"])
def test_a_secure_parameter_has_no_default_of_its_own(name: str) -> None:
    declared = TEMPLATE["parameters"][name]
    assert not declared["type"].lower().startswith("secure") or not declared.get("defaultValue")


@pytest.mark.parametrize("name", TEMPLATE["parameters"])
def test_a_parameter_that_is_called_a_secret_is_secure(name: str) -> None:
    secret = re.search(r"password|secret|token|key$", name, re.IGNORECASE)
    assert not secret or TEMPLATE["parameters"][name]["type"].lower() == "securestring"


@pytest.mark.parametrize("name", TEMPLATE["parameters"])
def test_bounds_are_numbers(name: str) -> None:
    bounds = {"minValue", "maxValue", "minLength", "maxLength"} & set(TEMPLATE["parameters"][name])
    assert all(type(TEMPLATE["parameters"][name][bound]) is int for bound in bounds)


def test_outputs_show_no_secret() -> None:
    secure = [name for name, one in TEMPLATE["parameters"].items() if one["type"].startswith("secure")]
    shown = json.dumps(TEMPLATE["outputs"])
    assert not [name for name in secure if name in shown]
    assert not re.search(r"list\w*\(|secretSettings|password", shown, re.IGNORECASE)


def test_the_region_is_a_parameter_that_defaults_to_the_groups() -> None:
    assert TEMPLATE["parameters"]["location"]["defaultValue"] == "[resourceGroup().location]"
    assert "allowedValues" not in TEMPLATE["parameters"]["location"]
    assert "resourceGroup().location" not in without_declarations()


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_resource_with_a_region_takes_the_chosen_one(resource: dict[str, Any]) -> None:
    containers = resource["type"] == "Microsoft.ContainerInstance/containerGroups"
    region = "[parameters('deployerLocation')]" if containers else "[parameters('location')]"
    assert resource.get("location", region) == region


def test_no_address_of_azure_is_written_out() -> None:
    written = [
        text
        for text in strings(TEMPLATE)
        if re.search(r"https?://(?!schema\.management|book\.example)|\.windows\.net", text)
    ]
    assert written == []


@pytest.mark.parametrize("resource", RESOURCES)
def test_dependencies_are_ids_made_by_a_function(resource: dict[str, Any]) -> None:
    for dependency in resource.get("dependsOn", []):
        assert re.match(r"\[(resourceId|extensionResourceId)\(", dependency)


def test_no_id_is_put_together_by_hand() -> None:
    assert not [text for text in strings(TEMPLATE) if re.search(r"/(subscriptions|providers)/", text)]


@pytest.mark.parametrize("resource", RESOURCES)
def test_nothing_is_left_blank(resource: dict[str, Any]) -> None:
    blanks = [name for name, value in resource.items() if value in ("", {}, [], None)]
    assert set(blanks) <= {"properties"}


def test_the_time_is_asked_for_in_a_default_only() -> None:
    assert "utcNow" not in without_declarations()


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_role_assignments_are_named_by_scope_principal_and_role(assignment: dict[str, Any]) -> None:
    name = assignment["name"]
    while name.startswith("[variables('"):
        name = TEMPLATE["variables"][name[len("[variables('") : -len("')]")]]
    principal = assignment["properties"]["principalId"].strip("[]")
    assert name.startswith("[guid(resource")
    assert f", {principal}, " in name


@pytest.mark.parametrize("name", TEMPLATE["parameters"])
def test_a_number_has_a_default_that_the_portal_can_show(name: str) -> None:
    declared = TEMPLATE["parameters"][name]
    assert declared["type"] not in {"int", "bool"} or type(declared["defaultValue"]) in {int, bool}


@pytest.mark.parametrize("name", TEMPLATE["parameters"])
def test_a_default_is_within_its_bounds_as_it_is_written(name: str) -> None:
    # The portal's own form shows a default that is an expression as text, and judges that text.
    declared = TEMPLATE["parameters"][name]
    default = declared.get("defaultValue", "")
    if isinstance(default, str) and default:
        assert declared.get("minLength", 0) <= len(default) <= declared.get("maxLength", len(default))
    assert default in declared.get("allowedValues", [default])


@pytest.mark.parametrize("resource", RESOURCES)
def test_every_nested_template_has_a_scope_of_its_own(resource: dict[str, Any]) -> None:
    properties = resource["properties"]
    if resource["type"] == DEPLOYMENTS:
        assert properties["expressionEvaluationOptions"] == {"scope": "inner"}
