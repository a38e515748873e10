"""The form fills the environment: template and settings must name, bound and default things alike."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from deployer.names import derive_names
from deployer.settings.model import ALIASES, SECRETS, Settings
from tests.template_click import REPOSITORY, SUBSCRIPTION, deploy, our_template

# From the context of the deployment, or fixed.
NOT_ASKED = {
    "azure_cloud",
    "container_group_name",
    "azure_subscription",
    "resource_group_name",
    "azure_client_id",
    "storage_account_name",
    "exit_zero_when_handled",
}
# For mirrors and for tests of newer releases; no business of the form's.
NOT_IN_THE_CONTAINER = {
    "binderhub_chart_repository",
    "chart_digests",
    "certmanager_version",
    "traefik_version",
    "maximum_duration",
}
OF_THE_TEMPLATE_ALONE = {
    "deployerLocation",
    "dnsZoneName",
    "grantOutputsAccess",
    "identityResourceId",
    "image",
    "startedAt",
}
PARAMETERS = {
    name: aliases.in_the_form(name) for name, aliases in ALIASES.items() if aliases.in_the_form(name)
}


def variables() -> dict[str, dict[str, str]]:
    sections = our_template()["variables"]
    return {entry["name"]: entry for entry in sections["settings"] + sections["secretSettings"]}


def read(values: dict[str, Any]) -> Settings:
    return Settings.model_validate(values)


async def filled_in(**parameters: str) -> dict[str, str]:
    """Return the container's environment when the name and these are given."""
    made = await deploy(our_template(), {"binderHubName": "my-hub", **parameters})
    group = made.road.only("Microsoft.ContainerInstance/containerGroups").body
    return {
        entry["name"]: entry["value"]
        for entry in group["properties"]["containers"][0]["properties"]["environmentVariables"]
    }


def test_every_setting_reaches_the_container() -> None:
    wanted = {name.upper() for name in Settings.model_fields} - {
        name.upper() for name in NOT_IN_THE_CONTAINER
    }
    assert set(variables()) | {"AZURE_CLIENT_ID"} == wanted


def test_the_template_has_a_parameter_for_every_setting_of_the_form() -> None:
    assert set(our_template()["parameters"]) == set(PARAMETERS.values()) | OF_THE_TEMPLATE_ALONE
    assert not NOT_ASKED & set(PARAMETERS)


@pytest.mark.parametrize(("setting", "parameter"), PARAMETERS.items())
def test_a_parameter_fills_its_own_variable(setting: str, parameter: str) -> None:
    entry = variables()[setting.upper()]
    filled = entry.get("secureValue" if setting in SECRETS else "value", "")
    assert f"parameters('{parameter}')" in filled


@pytest.mark.parametrize("setting", sorted(SECRETS))
def test_a_secret_setting_is_a_secure_parameter(setting: str) -> None:
    assert our_template()["parameters"][PARAMETERS[setting]]["type"].lower() == "securestring"


@pytest.mark.parametrize("setting", sorted(set(PARAMETERS) - SECRETS))
def test_other_settings_can_be_read_in_the_portal(setting: str) -> None:
    assert not our_template()["parameters"][PARAMETERS[setting]]["type"].lower().startswith("secure")


async def test_the_forms_defaults_are_the_deployers() -> None:
    minimal = {
        "binderhub_name": "my-hub",
        "resource_group_name": "teaching",
        "resource_group_location": "westeurope",
    }
    own = read(minimal).model_dump()
    through_the_form = read(_as_settings(await filled_in())).model_dump()
    context = {"azure_subscription": SUBSCRIPTION, "exit_zero_when_handled": True}
    different = {name for name, value in through_the_form.items() if value != own[name]}
    assert different == {
        "azure_subscription",
        "azure_client_id",
        "container_group_name",
        "storage_account_name",
        "exit_zero_when_handled",
    }
    assert {name: through_the_form[name] for name in context} == context


@pytest.mark.parametrize(
    ("given", "binder_url"),
    [
        ({}, "http://my-hub.westeurope.cloudapp.azure.com"),
        ({"contactEmail": ""}, "http://my-hub.westeurope.cloudapp.azure.com"),
        ({"contactEmail": "a@example.org"}, "https://my-hub.westeurope.cloudapp.azure.com"),
        (
            {"contactEmail": "a@example.org", "enableHttps": "false"},
            "http://my-hub.westeurope.cloudapp.azure.com",
        ),
        ({"contactEmail": "a@example.org", "domainName": "example.org"}, "https://binder.example.org"),
    ],
)
async def test_the_forms_answers_decide_about_https(given: dict[str, str], binder_url: str) -> None:
    assert derive_names(read(_as_settings(await filled_in(**given)))).binder_url == binder_url


def _as_settings(environment: dict[str, str]) -> dict[str, Any]:
    client = {
        "AZURE_CLIENT_ID": "c11e27ee-0000-4000-8000-000000000005"
    }  # the recorded identity's is a sentence
    return {name.lower(): value for name, value in {**environment, **client}.items()}


@pytest.mark.parametrize(("parameter", "declared"), our_template()["parameters"].items())
def test_every_choice_of_the_form_is_one_of_the_deployers(parameter: str, declared: dict[str, Any]) -> None:
    minimal = {"binderhub_name": "my-hub", "resource_group_name": "teaching"}
    others = {
        "authentication": {
            "oauth_client_id": "x",
            "oauth_client_secret": "of the app",
            "oauth_tenant_id": "x.org",
        }
    }
    setting = {name: one for one, name in PARAMETERS.items()}.get(parameter, "")
    chosen = [value for value in declared.get("allowedValues", []) if value != ""]
    for value in chosen:
        settings = read({**minimal, **others.get(setting, {}), setting: value}).model_dump(mode="json")
        wanted = "none" if (setting, value) == ("enable_https", "auto") else value.lower()
        assert str(settings[setting]).lower() == wanted


def test_the_image_is_this_release_at_the_projects_home() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    home = re.sub("^https://", "", project["urls"]["Image"])
    assert our_template()["parameters"]["image"]["defaultValue"] == f"{home}:{project['version']}"
