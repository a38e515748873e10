"""What an upgrade changes, told before it is made."""

from __future__ import annotations

from typing import Any

import pytest

from deployer.helm.client import ListedRelease
from deployer.helm.values import render_binderhub_values
from deployer.inventory.differences import (
    Differences,
    changed_charts,
    changed_settings,
    changed_values,
)
from deployer.names import STORAGE_CLASS, derive_names
from deployer.redaction import REDACTOR
from deployer.settings.versions import BINDERHUB_VERSION
from tests.deployer.hubs import AZURE_NAMES, GITHUB, acr_of, hub_settings, names_of

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


@pytest.mark.parametrize("secret", ["canary-of-values", " \n".join(["canary-of-values"] * 9), "canary" * 20])
def test_a_value_of_earlier_helm_values_is_masked_however_long_it_is(secret: str) -> None:
    values = {"extra": {"plain": secret, "canary-1-of-keys": [secret]}}
    REDACTOR.hide_values(values)
    changed, _ = changed_values(hub_settings(), names_of(), values)
    assert "extra.plain: ***** becomes none" in changed
    told = [*changed, *changed_settings({"tags": {"owner": secret}}, {})]
    assert [line for line in told if "canary" in line] == []
