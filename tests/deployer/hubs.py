"""Hubs for the tests that render something: settings as people make them, and what derives from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from deployer.helm.values import RegistryAccess, RegistryLogin, RenderedValues, render_binderhub_values
from deployer.names import derive_names
from tests.deployer.settings_of import settings_of

if TYPE_CHECKING:
    from deployer.names import HubNames
    from deployer.settings import Settings

AZURE_NAMES = {"contact_email": "admin@example.org"}
OWN_DOMAIN = {**AZURE_NAMES, "domain_name": "hub.example.org"}
PLAIN_HTTP: dict[str, str] = {}
MODES = {"plain HTTP": PLAIN_HTTP, "names of Azure's": AZURE_NAMES, "own domain": OWN_DOMAIN}
"""Settings of each way to serve a hub."""

REGISTRY_PASSWORD = "canary-of-the-registry"
PULL_PASSWORD = "canary-of-pulling"
GITHUB = {
    "authentication": "github",
    "oauth_client_id": "Iv1.0123456789abcdef",
    "oauth_client_secret": "canary-of-oauth",
    "allowed_organisations": "our-lab",
    "allowed_users": "ada, grace",
}
ENTRA = {
    "authentication": "entra",
    "oauth_client_id": "11111111-1111-4111-8111-111111111111",
    "oauth_client_secret": "canary-of-oauth",
    "oauth_tenant_id": "example.org",
    "allowed_users": "ada@example.org",
}


def hub_settings(**given: Any) -> Settings:
    """Return settings of the hub `our-hub`, whose region and subscription are known, as steps get them."""
    return settings_of(**{"binderhub_name": "our-hub", **given})


def names_of(**given: Any) -> HubNames:
    """Return the names of a hub with these settings."""
    return derive_names(hub_settings(**given))


def acr_of(names: HubNames) -> RegistryAccess:
    """Return access to the hub's own registry."""
    server = f"{names.registry}.azurecr.io"
    prefix = f"{server}/{names.registry_project}/binder-"
    return RegistryAccess(
        server,
        prefix,
        push=RegistryLogin(names.registry_token, SecretStr(REGISTRY_PASSWORD), "password1"),
        pull=RegistryLogin(names.pull_token, SecretStr(PULL_PASSWORD), "password2"),
    )


def values_of(**given: Any) -> RenderedValues:
    """Render the values of a hub with these settings and its own registry."""
    settings = hub_settings(**given)
    names = derive_names(settings)
    return render_binderhub_values(settings, names, acr_of(names))
