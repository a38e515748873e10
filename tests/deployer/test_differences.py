"""What an upgrade changes, told before it is made."""

from __future__ import annotations

from typing import Any

import pytest

from deployer.helm.client import ListedRelease
from deployer.helm.values import render_binderhub_values
from deployer.inventory.differences import (
    Differences,
    changed_charts,
    changed_cluster,
    changed_settings,
    changed_values,
)
from deployer.names import STORAGE_CLASS, derive_names
from deployer.redaction import REDACTOR
from deployer.settings.versions import BINDERHUB_VERSION
from tests.deployer.azure.clusters import as_azure_has_it
from tests.deployer.hubs import AZURE_NAMES, GITHUB, acr_of, hub_settings, names_of
from tests.deployer.settings_of import settings_of

SECRETS = {"github_access_token": "canary-of-github", **GITHUB}


def values_of(**given: str) -> dict[str, Any]:
    settings = hub_settings(**given)
    names = derive_names(settings)
    return render_binderhub_values(settings, names, acr_of(names), STORAGE_CLASS).merged()


def test_a_hub_that_is_as_wanted_has_no_differences() -> None:
    assert changed_values(hub_settings(**SECRETS), names_of(**SECRETS), values_of(**SECRETS)) == ((), False)
    assert not Differences()


def test_a_value_is_named_by_its_path() -> None:
    changed, secret = changed_values(hub_settings(idle_timeout="20 min"), names_of(), values_of())
    assert "jupyterhub.cull.timeout: 600 becomes 1200" in changed
    assert not secret


def test_a_secret_that_changes_is_told_without_its_value() -> None:
    changed, secret = changed_values(
        hub_settings(**{**SECRETS, "github_access_token": "new-canary"}),
        names_of(**SECRETS),
        values_of(**SECRETS),
    )
    assert (changed, secret) == ((), True)
    (line,) = changed_settings({"github_access_token": "old-canary"}, {"github_access_token": "new-canary"})
    assert line == "GITHUB_ACCESS_TOKEN: changed"


def test_settings_without_a_value_have_their_default() -> None:
    assert changed_settings({"aks_node_count": 3}, {}) == ("AKS_NODE_COUNT: 3 becomes the default",)


def test_charts_of_another_version_and_new_ones_are_named() -> None:
    names = names_of(**AZURE_NAMES)
    installed = [ListedRelease(names.release, names.namespace, "binderhub-1.0.0-0.dev", 3, "deployed")]
    binderhub, traefik, cert_manager = changed_charts(hub_settings(**AZURE_NAMES), installed, names)
    assert binderhub == f"binderhub: binderhub-1.0.0-0.dev becomes binderhub-{BINDERHUB_VERSION}"
    assert traefik.startswith("traefik: none becomes traefik-")
    assert cert_manager.startswith("cert-manager: none becomes cert-manager-")


@pytest.mark.parametrize(
    ("helm_values", "line"),
    [
        ("jupyterhub: {hub: {db: {url: CANARY}}}", "jupyterhub.hub.db.url goes"),
        ("jupyterhub: {hub: {extraEnv: {DSN: {value: CANARY}}}}", "jupyterhub.hub.extraEnv.DSN.value goes"),
        ("jupyterhub: {hub: {extraEnv: {CANARY: usual}}}", "jupyterhub.hub.extraEnv.***** goes"),
        ("jupyterhub: {hub: {extraContainers: [{args: [CANARY]}]}}", "jupyterhub.hub.extraContainers goes"),
        # What the deployer renders itself, replaced by text, a list, a mapping, and by text for a mapping.
        (
            "config: {RepoProvider: {git_credentials: CANARY}}",
            "config.RepoProvider.git_credentials becomes empty",
        ),
        ("imageBuilderType: [CANARY]", "imageBuilderType becomes dind"),
        ("imageBuilderType: {plain: CANARY}", "imageBuilderType.plain goes"),
        ("jupyterhub: {cull: CANARY}", "jupyterhub.cull changes"),
        (
            "registry: {url: 'https://CANARY@example.org'}",
            "jupyterhub.imagePullSecret.registry becomes example.org",
        ),
    ],
)
def test_values_of_helm_values_that_no_setting_holds_any_more_are_not_shown(
    helm_values: str, line: str
) -> None:
    live = values_of(helm_values=helm_values.replace("CANARY", "plain-canary-1-of-values"))
    changed, _ = changed_values(hub_settings(), names_of(), live)
    assert line in changed
    assert "canary" not in "\n".join(changed)


@pytest.mark.parametrize(
    "helm_values",
    [
        "imageBuilderType: [CANARY]",
        "imageBuilderType: {plain: CANARY}",
        "jupyterhub: {cull: CANARY}",
        "jupyterhub: {cull: {every: CANARY}}",
    ],
)
@pytest.mark.parametrize(
    "before", ["imageBuilderType: text", "imageBuilderType: {plain: text}", "jupyterhub: {cull: {every: 1}}"]
)
def test_values_of_helm_values_that_are_given_now_are_not_shown(helm_values: str, before: str) -> None:
    given = helm_values.replace("CANARY", "plain-canary-1-of-values")
    changed, secret = changed_values(
        hub_settings(helm_values=given), names_of(), values_of(helm_values=before)
    )
    assert "canary" not in "\n".join(changed)
    assert secret


def test_a_text_of_the_deployer_is_shown_as_it_becomes() -> None:
    changed, _ = changed_values(hub_settings(user_memory_limit="4G"), names_of(), values_of())
    assert "jupyterhub.singleuser.memory.limit becomes 4G" in changed
    changed, _ = changed_values(hub_settings(), names_of(), {})
    assert "jupyterhub.singleuser.memory.limit: none becomes 2G" in changed


@pytest.mark.parametrize("secret", ["canary-of-values", " \n".join(["canary-of-values"] * 9), "canary" * 20])
def test_a_setting_that_held_a_secret_of_earlier_helm_values_is_masked_however_long_it_is(
    secret: str,
) -> None:
    REDACTOR.hide_values({"plain": secret})
    (line,) = changed_settings({"tags": {"owner": secret}}, {})
    assert "canary" not in line


def test_an_operation_that_goes_on_is_no_difference() -> None:
    found = as_azure_has_it()
    found["properties"]["provisioningState"] = "Updating"
    found["properties"]["agentPoolProfiles"][0]["provisioningState"] = "Updating"
    assert changed_cluster(settings_of(), derive_names(settings_of()), found) == ()


def test_a_pool_that_is_created_again_is_named() -> None:
    found = as_azure_has_it()
    found["properties"]["agentPoolProfiles"].pop()
    assert changed_cluster(settings_of(), derive_names(settings_of()), found) == ("new pool user",)
