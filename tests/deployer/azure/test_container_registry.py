"""What is asked of the registry, and what counts as a difference."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from deployer.azure.clients import AzureClients
from deployer.azure.container_registry import API_VERSION, HubRegistry, is_as_wanted
from deployer.names import derive_names
from tests.arm_schemas import validate_resource
from tests.deployer.settings_of import SUBSCRIPTION, settings_of

REGISTRIES = "Microsoft.ContainerRegistry/registries"


def hub_registry() -> HubRegistry:
    settings = settings_of()
    azure = SimpleNamespace(subscription=SUBSCRIPTION)
    azure.resource_id = lambda *parts: AzureClients.resource_id(azure, *parts)  # type: ignore[arg-type]
    return HubRegistry(settings, derive_names(settings), azure)  # type: ignore[arg-type]


@pytest.mark.online
def test_every_request_is_what_azures_schema_allows() -> None:
    asked = hub_registry()
    validate_resource(REGISTRIES, API_VERSION, asked.registry())
    for token in (asked.push_token, asked.pull_token):
        validate_resource(f"{REGISTRIES}/scopeMaps", API_VERSION, asked.scope_map(token))
        validate_resource(f"{REGISTRIES}/tokens", API_VERSION, asked.token(token))


@pytest.mark.parametrize(
    ("tags", "ours"),
    [
        ({"binderhub-name": "demo", "binderhub-created-by": "binderhub-deployer", "cost": "5"}, True),
        ({"binderhub-name": "other", "binderhub-created-by": "binderhub-deployer"}, False),
        ({}, False),
        (None, False),
    ],
)
def test_only_a_registry_with_this_hubs_tags_is_its_own(tags: dict[str, str] | None, *, ours: bool) -> None:
    assert hub_registry().is_ours({"tags": tags}) is ours


def test_the_tokens_reach_the_hubs_own_repositories_only_and_one_of_them_reads_alone() -> None:
    asked = hub_registry()
    rights = {}
    for token in (asked.push_token, asked.pull_token):
        actions = asked.scope_map(token)["properties"]["actions"]
        assert {action.rsplit("/*/", 1)[0] for action in actions} == {"repositories/demo"}
        rights[token.name] = {action.rsplit("/", 1)[1] for action in actions}
    assert rights == {"demo-images": {"read", "write"}, "demo-pull": {"read"}}


def test_tags_of_others_stay_on_a_registry_that_changes() -> None:
    found = {"tags": {"from-it": "yes", "Binderhub-Name": "other"}}
    assert hub_registry().registry(found)["tags"] == {
        "from-it": "yes",
        "Binderhub-Name": "demo",
        "binderhub-created-by": "binderhub-deployer",
    }


@pytest.mark.parametrize(
    ("found", "wanted", "different"),
    [
        ({"sku": {"name": "Basic", "tier": "Basic"}}, {"sku": {"name": "Basic"}}, False),
        ({"status": "Enabled"}, {"status": "enabled"}, False),
        ({"actions": ["b", "a"]}, {"actions": ["a", "b"]}, False),
        ({"sku": {"name": "Basic"}}, {"sku": {"name": "Standard"}}, True),
        ({"tags": {}}, {"tags": {"a": "b"}}, True),
        ({"tags": {"a": "B"}}, {"tags": {"a": "b"}}, True),
        ({}, {"properties": {"adminUserEnabled": False}}, True),
    ],
)
def test_only_what_is_wanted_and_otherwise_is_a_difference(
    found: dict[str, Any], wanted: dict[str, Any], *, different: bool
) -> None:
    assert is_as_wanted(found, wanted) is not different
