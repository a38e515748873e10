"""Configurations written for binderhub-deploy (2019-2021) are accepted as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from deployer.errors import SettingsError
from deployer.settings import ContainerRegistry, load_settings
from deployer.settings.versions import BINDERHUB_VERSION, CERTMANAGER_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ID = "0a1b2c3d-0000-4000-8000-00000000000a"

OLD_CONFIG: dict[str, Any] = {
    "container_registry": "dockerhub",
    "enable_https": "false",
    "acr": {"registry_name": None, "sku": "Basic"},
    "azure": {
        "subscription": ID,
        "res_grp_name": "binder-group",
        "location": "West Europe",
        "cluster_name": "binder-cluster",
        "node_count": "5",
        "vm_size": "Standard_D2s_v3",
        "sp_app_id": ID,
        "sp_app_key": "the-longer-key",
        "sp_tenant_id": ID,
        "log_to_blob_storage": True,
    },
    "binderhub": {
        "name": "Old_Hub",
        "version": "0.2.0-n121.h6d936d7",
        "image_prefix": "binder-prod",
        "contact_email": "admin@example.org",
    },
    "docker": {"username": "somebody", "password": "the-password", "org": None},
    "https": {
        "certmanager_version": "v0.11.0",
        "contact_email": None,
        "domain_name": "null",
        "nginx_version": "1.29.1",
    },
}

BUTTON_ENVIRONMENT = {
    "BINDERHUB_CONTAINER_MODE": "true",
    "SP_APP_ID": ID,
    "SP_APP_KEY": "the-longer-key",
    "SP_TENANT_ID": ID,
    "RESOURCE_GROUP_LOCATION": "westeurope",
    "RESOURCE_GROUP_NAME": "binder-group",
    "AZURE_SUBSCRIPTION": f"/subscriptions/{ID}",
    "BINDERHUB_NAME": "OldHub",
    "BINDERHUB_VERSION": "0.2.0-n121.h6d936d7",
    "AKS_NODE_COUNT": "3",
    "AKS_NODE_VM_SIZE": "Standard_D2s_v3",
    "DOCKER_IMAGE_PREFIX": "binder-dev",
    "CONTAINER_REGISTRY": "azurecr",
    "DOCKERHUB_USERNAME": "null",
    "DOCKERHUB_PASSWORD": "null",
    "DOCKERHUB_ORGANISATION": "null",
    "REGISTRY_NAME": "old-Registry",
    "REGISTRY_SKU": "Basic",
    "ENABLE_HTTPS": "False",
    "CONTACT_EMAIL": "null",
    "DOMAIN_NAME": "null",
    "CERTMANAGER_VERSION": "null",
    "NGINX_VERSION": "null",
}


def test_an_old_file_is_accepted(write_config: Callable[[object], Path]) -> None:
    settings = load_settings({}, write_config(OLD_CONFIG)).settings
    assert (settings.binderhub_name, settings.binderhub_version) == ("old-hub", BINDERHUB_VERSION)
    assert (settings.aks_node_count, settings.aks_node_count_max) == (5, 5)
    assert (settings.docker_image_prefix, settings.certmanager_version) == (
        "binder-prod-",
        CERTMANAGER_VERSION,
    )
    assert (settings.contact_email, settings.domain_name) == ("admin@example.org", None)
    assert settings.container_registry is ContainerRegistry.DOCKERHUB


def test_what_is_replaced_or_ignored_of_an_old_file_is_said(write_config: Callable[[object], Path]) -> None:
    warnings = load_settings({}, write_config(OLD_CONFIG)).warnings
    for name in (
        "azure.cluster_name",
        "azure.log_to_blob_storage",
        "https.nginx_version",
        "binderhub.name",
        "binderhub.version",
        "https.certmanager_version",
    ):
        assert [warning for warning in warnings if warning.startswith(f"{name} in config.json")], name


@pytest.mark.parametrize(
    "older",
    [
        {"docker": {"image_prefix": "binder-older"}},
        {"cert_manager": {"contact_email": "a@example.org", "domain_name": None, "version": "v0.8.1"}},
        {"https:": {"contact_email": "a@example.org"}},
        {"azure": {"node_count": ""}},
        {"docker": {"id": "somebody", "org": None}, "secretFile": "BinderHub.json"},
        {"docker": {"docker_id": "somebody", "docker_org": "some-lab"}, "secretFile": None},
        {"cluster_name": "binder-cluster"},
    ],
)
@pytest.mark.usefixtures("needed")
def test_still_older_keys_are_accepted(older: dict[str, Any], write_config: Callable[[object], Path]) -> None:
    assert load_settings({}, write_config(older)).settings.binderhub_name == "demo"


@pytest.mark.usefixtures("needed")
def test_an_unfilled_template_asks_for_the_name_and_the_group_only(
    write_config: Callable[[object], Path],
) -> None:
    blank: dict[str, Any] = {
        section: dict.fromkeys(keys, "") if isinstance(keys, dict) else ""
        for section, keys in OLD_CONFIG.items()
    }
    assert load_settings({}, write_config(blank)).settings.registry_name is None


def test_the_old_buttons_environment_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in BUTTON_ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    loaded = load_settings({}, None)
    settings = loaded.settings
    assert (settings.binderhub_name, settings.registry_name) == ("oldhub", "oldregistry")
    assert (settings.azure_subscription, settings.dockerhub_username) == (ID, None)
    assert (settings.enable_https, settings.contact_email) == (False, None)
    assert any("BINDERHUB_CONTAINER_MODE is ignored" in warning for warning in loaded.warnings)
    assert not any("NGINX_VERSION" in warning for warning in loaded.warnings)


def test_the_account_of_the_first_releases_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    account = {
        "DOCKER_USERNAME": "somebody",
        "DOCKER_PASSWORD": "the-password",
        "DOCKER_ORGANISATION": "some-lab",
    }
    button = {name: value for name, value in BUTTON_ENVIRONMENT.items() if not name.startswith("DOCKERHUB_")}
    for name, value in {**button, **account, "CONTAINER_REGISTRY": "dockerhub"}.items():
        monkeypatch.setenv(name, value)
    settings = load_settings({}, None).settings
    assert (settings.dockerhub_username, settings.dockerhub_organisation) == ("somebody", "some-lab")
    assert settings.dockerhub_password is not None
    assert settings.dockerhub_password.get_secret_value() == "the-password"


@pytest.mark.usefixtures("needed")
def test_the_current_name_of_a_variable_wins_over_an_earlier_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_USERNAME", "before")
    monkeypatch.setenv("DOCKERHUB_USERNAME", "now")
    assert load_settings({}, None).settings.dockerhub_username == "now"


@pytest.mark.usefixtures("needed")
def test_a_wrong_value_of_an_earlier_variable_is_reported_with_both_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DOCKER_USERNAME", "ada@example.org")
    with pytest.raises(SettingsError) as caught:
        load_settings({}, None)
    assert str(caught.value.problems[0]).startswith("DOCKER_USERNAME (now DOCKERHUB_USERNAME): ")


@pytest.mark.usefixtures("needed")
def test_docker_hub_as_the_only_registry_of_the_first_releases_is_not_assumed_silently(
    write_config: Callable[[object], Path],
) -> None:
    config = {"docker": {"id": "somebody", "org": "some-lab"}, "secretFile": "BinderHub.json"}
    warnings = load_settings({}, write_config(config)).warnings
    (account,) = [warning for warning in warnings if "Docker Hub" in warning]
    assert "docker.id in config.json, docker.org in config.json" in account
    assert "CONTAINER_REGISTRY is not set" in account
    assert any("secretFile in config.json is ignored" in warning for warning in warnings)
