"""Rules between settings, and that all problems are told at once in the terms of their source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from deployer.errors import SettingsError
from deployer.settings import Settings, load_settings
from deployer.settings.rules import RULES, Rule

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deployer.settings import LoadedSettings

ID = "0a1b2c3d-0000-4000-8000-00000000000a"
HTTPS = {"CONTACT_EMAIL": "a@example.org"}
GITHUB = {**HTTPS, "AUTHENTICATION": "github", "OAUTH_CLIENT_ID": "a", "OAUTH_CLIENT_SECRET": "of the app"}
ENTRA = {**GITHUB, "AUTHENTICATION": "entra", "OAUTH_CLIENT_ID": ID, "OAUTH_TENANT_ID": ID}
QUIET = {**HTTPS, "ALLOWED_REPOSITORIES": "lab/*"}
PRIVATE = {
    **GITHUB,
    "ALLOWED_ORGANISATIONS": "lab",
    "GITHUB_ACCESS_TOKEN": "github_pat_1",
    "PRIVATE_REPOSITORIES": "true",
    "ALLOWED_REPOSITORIES": "lab/*",
}

BROKEN = [
    ({"SP_APP_ID": ID}, ["SP_APP_KEY", "SP_TENANT_ID"], "another part of the service principal"),
    (
        {"SP_APP_ID": ID, "SP_APP_KEY": "of the principal"},
        ["SP_TENANT_ID"],
        "another part of the service principal",
    ),
    ({"SP_TENANT_ID": ID}, ["SP_APP_ID", "SP_APP_KEY"], "another part of the service principal"),
    ({"CONTAINER_REGISTRY": "dockerhub"}, ["DOCKERHUB_USERNAME", "DOCKERHUB_PASSWORD"], "Docker Hub"),
    (
        {"CONTAINER_REGISTRY": "dockerhub", "DOCKERHUB_USERNAME": "somebody", "DOCKERHUB_PASSWORD": "null"},
        ["DOCKERHUB_PASSWORD"],
        "Docker Hub",
    ),
    ({"ENABLE_HTTPS": "true"}, ["CONTACT_EMAIL"], "HTTPS is switched on"),
    ({"ENABLE_HTTPS": "true", "CONTACT_EMAIL": "null"}, ["CONTACT_EMAIL"], "HTTPS is switched on"),
    ({"DNS_ZONE_RESOURCE_GROUP": "zones"}, ["DOMAIN_NAME"], "the resource group of its zone"),
    ({"AKS_NODE_COUNT": "4", "AKS_NODE_COUNT_MAX": "2"}, ["AKS_NODE_COUNT_MAX"], "less than AKS_NODE_COUNT"),
    (
        {"STOP_SCHEDULE": "Sat-Sun", "TIME_ZONE": "Antarctica/Troll"},
        ["TIME_ZONE"],
        "schedules of Azure do not know",
    ),
    ({"TOTAL_QUOTA": "10", "PER_REPOSITORY_QUOTA": "20"}, ["PER_REPOSITORY_QUOTA"], "more than TOTAL_QUOTA"),
    ({"USER_MEMORY_LIMIT": "8G"}, ["USER_MEMORY_LIMIT"], "more than a node of the size Standard_D2s_v5"),
    ({"USER_CPU_LIMIT": "64"}, ["USER_CPU_LIMIT"], "more than a node of the size Standard_D2s_v5"),
    ({"AKS_NODE_VM_SIZE": "Standard_B2ts_v2"}, ["AKS_NODE_VM_SIZE"], "has no room for any session"),
    ({"IDLE_TIMEOUT": "2 h", "MAXIMUM_AGE": "1 h"}, ["MAXIMUM_AGE"], "less than IDLE_TIMEOUT"),
    (
        {**HTTPS, "AUTHENTICATION": "github", "ALLOWED_USERS": "ada"},
        ["OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET"],
        "sign in",
    ),
    (
        {**HTTPS, "AUTHENTICATION": "entra", "ALLOWED_USERS": "ada@example.org"},
        ["OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET", "OAUTH_TENANT_ID"],
        "sign in",
    ),
    ({**GITHUB, "CONTACT_EMAIL": "null", "ALLOWED_USERS": "ada"}, ["AUTHENTICATION"], "needs HTTPS"),
    (
        {**ENTRA, "ENABLE_HTTPS": "false", "ALLOWED_USERS": "ada@example.org"},
        ["AUTHENTICATION"],
        "needs HTTPS",
    ),
    (GITHUB, ["ALLOWED_USERS"], "nor are ALLOWED_ORGANISATIONS"),
    ({**GITHUB, "ADMIN_USERS": "ada"}, ["ALLOWED_USERS"], "nor are ALLOWED_ORGANISATIONS"),
    ({"ALLOWED_USERS": "ada"}, ["ALLOWED_USERS"], "anyone may use the hub"),
    (
        {**GITHUB, "AUTHENTICATION": "none", "ALLOWED_ORGANISATIONS": "lab"},
        ["ALLOWED_ORGANISATIONS"],
        "anyone may",
    ),
    ({"ADMIN_USERS": "ada"}, ["ADMIN_USERS"], "anyone may use the hub"),
    ({"HELM_VALUES": "extraConfig: {a: null}"}, ["HELM_VALUES"], "BinderHub would end at every start."),
    ({"HELM_VALUES": "hub: {}"}, ["HELM_VALUES"], "keys of JupyterHub at the top level: hub."),
    ({**GITHUB, "ALLOWED_USERS": "ada@example.org"}, ["ALLOWED_USERS"], "github does not have"),
    ({**GITHUB, "ALLOWED_ORGANISATIONS": "lab:Data Team"}, ["ALLOWED_ORGANISATIONS"], "lab:Data Team"),
    ({**ENTRA, "ALLOWED_USERS": "ada"}, ["ALLOWED_USERS"], "entra does not have: ada"),
    ({**ENTRA, "ALLOWED_ORGANISATIONS": "lab"}, ["ALLOWED_ORGANISATIONS"], "than their object id: lab"),
    (
        {**ENTRA, "OAUTH_CLIENT_ID": "Iv1.0", "ALLOWED_USERS": "ada@example.org"},
        ["OAUTH_CLIENT_ID"],
        "an application",
    ),
    ({**PRIVATE, "GITHUB_ACCESS_TOKEN": "null"}, ["PRIVATE_REPOSITORIES"], "GITHUB_ACCESS_TOKEN is not set"),
    (
        {
            "GITHUB_ACCESS_TOKEN": "token of ours",
            "PRIVATE_REPOSITORIES": "true",
            "ALLOWED_REPOSITORIES": "lab/*",
        },
        ["PRIVATE_REPOSITORIES"],
        "without signing in, and could read them",
    ),
    ({**PRIVATE, "ALLOWED_REPOSITORIES": ""}, ["PRIVATE_REPOSITORIES"], "ALLOWED_REPOSITORIES is not set"),
    ({**PRIVATE, "ALLOWED_REPOSITORIES": "[]"}, ["PRIVATE_REPOSITORIES"], "ALLOWED_REPOSITORIES is not set"),
    ({**GITHUB, "ALLOWED_USERS": "[]"}, ["ALLOWED_USERS"], "nor are ALLOWED_ORGANISATIONS"),
    ({**GITHUB, "ALLOWED_ORGANISATIONS": ","}, ["ALLOWED_USERS"], "nor are ALLOWED_ORGANISATIONS"),
    ({"ACTION": "teardown"}, ["CONFIRM"], "is not the name of the hub"),
    ({"ACTION": "teardown", "CONFIRM": "another-hub"}, ["CONFIRM"], "is not the name of the hub"),
]

KEPT = [
    {"SP_APP_ID": ID, "SP_APP_KEY": "of the principal", "SP_TENANT_ID": ID},
    {"CONTAINER_REGISTRY": "dockerhub", "DOCKERHUB_USERNAME": "somebody", "DOCKERHUB_PASSWORD": "pass word"},
    {"ENABLE_HTTPS": "false"},
    {"CONTACT_EMAIL": "a@example.org"},
    {"ENABLE_HTTPS": "true", "CONTACT_EMAIL": "a@example.org"},
    {"ENABLE_HTTPS": "false", "CONTACT_EMAIL": "a@example.org"},
    {"DNS_ZONE_RESOURCE_GROUP": "zones", "DOMAIN_NAME": "hub.example.org"},
    {**GITHUB, "ALLOWED_ORGANISATIONS": "lab"},
    {**ENTRA, "ALLOWED_USERS": "ada@example.org", "ADMIN_USERS": "ada@example.org"},
    PRIVATE,
    {"PRIVATE_REPOSITORIES": "false", "GITHUB_ACCESS_TOKEN": "token of ours"},
    {"ALLOWED_USERS": "[]", "ALLOWED_ORGANISATIONS": ",", "ADMIN_USERS": " "},
    {"TOTAL_QUOTA": "10"},
    {"PER_REPOSITORY_QUOTA": "50"},
    {"USER_MEMORY_LIMIT": "8G", "AKS_NODE_VM_SIZE": "Standard_D4s_v5"},
    {"AKS_NODE_COUNT": "4"},
    {"ACTION": "DEPLOY"},
    {"ACTION": "stop"},
    {"ACTION": "upgrade"},
    {"ACTION": "teardown", "CONFIRM": "Demo"},
]


def fields_of(environment: dict[str, str]) -> dict[str, Any]:
    return {name.lower(): value for name, value in environment.items() if value != "null"}


def settings_of(environment: dict[str, str]) -> Settings:
    return Settings(binderhub_name="demo", resource_group_name="g", **fields_of(environment))


@pytest.mark.parametrize(("environment", "blamed", "rule"), BROKEN)
def test_a_broken_rule_blames_the_setting(
    environment: dict[str, str],
    blamed: list[str],
    rule: str,
    load_environment: Callable[..., LoadedSettings],
) -> None:
    with pytest.raises(SettingsError) as caught:
        load_environment(**environment)
    problems = caught.value.problems
    assert [problem.setting.split()[0] for problem in problems] == blamed
    assert all(rule in problem.rule for problem in problems)


@pytest.mark.parametrize("environment", KEPT)
def test_settings_that_go_together_are_accepted(
    environment: dict[str, str], load_environment: Callable[..., LoadedSettings]
) -> None:
    assert load_environment(**environment).settings.binderhub_name == "demo"


@pytest.mark.parametrize(
    ("environment", "https"),
    [
        ({}, False),
        ({"ENABLE_HTTPS": "", "CONTACT_EMAIL": ""}, False),
        ({"CONTACT_EMAIL": "a@example.org"}, True),
        ({"CONTACT_EMAIL": "a@example.org", "ENABLE_HTTPS": "true"}, True),
        ({"CONTACT_EMAIL": "a@example.org", "ENABLE_HTTPS": "false"}, False),
    ],
)
def test_https_is_as_asked_for_else_on_exactly_when_there_is_an_email(
    environment: dict[str, str],
    https: bool,  # noqa: FBT001
    load_environment: Callable[..., LoadedSettings],
) -> None:
    assert load_environment(**environment).settings.https is https


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.check.__name__)
def test_every_rule_is_broken_by_some_example(rule: Rule) -> None:
    assert any(list(rule.check(settings_of(example), fields_of(example))) for example, *_ in BROKEN)


def test_all_problems_are_told_at_once_each_in_the_terms_of_its_source(
    monkeypatch: pytest.MonkeyPatch, write_config: Callable[[object], Path]
) -> None:
    monkeypatch.setenv("AKS_NODE_COUNT", "-1")
    monkeypatch.setenv("CONTAINER_REGISTRY", "dockerhub")
    config = write_config({"azure": {"vm_size": "huge", "nodes": 1}})
    with pytest.raises(SettingsError, match="8 settings are wrong") as caught:
        load_settings({"resource_group_location": "?"}, config)
    assert [problem.setting for problem in caught.value.problems] == [
        "azure.nodes in config.json",
        "BINDERHUB_NAME (binderHubName in the form, binderhub.name in config.json, --name)",
        "RESOURCE_GROUP_NAME (azure.res_grp_name in config.json, --resource-group)",
        "--location",
        "azure.vm_size in config.json",
        "AKS_NODE_COUNT (aksNodeCount in the form)",
        "DOCKERHUB_USERNAME (dockerhubUsername in the form, docker.username in config.json)",
        "DOCKERHUB_PASSWORD (dockerhubPassword in the form, docker.password in config.json)",
    ]


def test_a_wrong_value_does_not_count_as_missing(load_environment: Callable[..., LoadedSettings]) -> None:
    with pytest.raises(SettingsError) as caught:
        load_environment(SP_APP_ID="short", SP_APP_KEY="of the principal", SP_TENANT_ID=ID)
    assert [problem.rule for problem in caught.value.problems] == ["is not a GUID."]


def test_an_unknown_region_is_taken_with_a_warning_that_names_those_like_it(
    load_environment: Callable[..., LoadedSettings],
) -> None:
    loaded = load_environment(RESOURCE_GROUP_LOCATION="West Europa", **QUIET)
    (warning,) = loaded.warnings
    assert loaded.settings.resource_group_location == "westeuropa"
    assert "'westeuropa' is not a region that this release knows" in warning
    assert "Did you mean westeurope" in warning


@pytest.mark.parametrize("region", ["westeurope", "East US 2"])
def test_a_known_region_needs_no_warning(
    region: str, load_environment: Callable[..., LoadedSettings]
) -> None:
    assert load_environment(RESOURCE_GROUP_LOCATION=region, **QUIET).warnings == ()
