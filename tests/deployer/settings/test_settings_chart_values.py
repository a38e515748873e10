"""HELM_VALUES: keys in the wrong place are refused with the right one, replaced decisions are warnings."""

from __future__ import annotations

import json
from itertools import chain
from typing import TYPE_CHECKING, Any

import pytest

from deployer.errors import SettingsError
from deployer.settings.chart_values import DECISIONS, OF_JUPYTERHUB, likely_cause, replaced_keys
from deployer.settings.types.lists import helm_values
from sandbox.internet.charts.packages import OWN_CHARTS
from tests.deployer.hubs import ENTRA, GITHUB, MODES, values_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployer.settings import LoadedSettings

MISPLACED = [
    (
        "hub: {config: {}}\nsingleuser: {}",
        "keys of JupyterHub at the top level: hub, singleuser.",
        "jupyterhub.hub",
    ),
    ("proxy: {service: {}}", "keys of JupyterHub at the top level: proxy.", "jupyterhub.proxy"),
    ("binderhub: {config: {}}", "has everything under binderhub:", "at the top level"),
    ("BinderHub: {use_registry: true}", "configuration of BinderHub at the top level", "config.BinderHub"),
]

REPLACED = [
    ("config: {BinderHub: {hub_url: 'http://canary'}}", "config.BinderHub.hub_url"),
    ("config: {BinderHub: {image_prefix: canary}}", "config.BinderHub.image_prefix"),
    ("config: {DockerRegistry: {token_url: 'https://canary'}}", "config.DockerRegistry"),
    ("registry: {url: canary, password: canary}", "registry"),
    ("ingress: {hosts: [canary]}", "ingress"),
    ("ingress: null", "ingress"),
    ("config: {GitHubRepoProvider: {git_credentials: canary}}", "config.*.git_credentials"),
    ("config: {GitRepoProvider: {allowed_specs: [canary]}}", "config.*.allowed_specs"),
    ("jupyterhub: {hub: {loadRoles: {user: {scopes: [self]}}}}", "jupyterhub.hub.loadRoles.user"),
    ("jupyterhub: {ingress: {tls: []}}", "jupyterhub.ingress"),
    ("service: {annotations: {a.example.org/b: canary}}", "service.annotations"),
    (
        "jupyterhub: {hub: {config: {GitHubOAuthenticator: {oauth_callback_url: canary}}}}",
        "jupyterhub.hub.config.*.oauth_callback_url",
    ),
    (
        "jupyterhub: {singleuser: {networkPolicy: {enabled: false}}}",
        "jupyterhub.singleuser.networkPolicy",
    ),
]

UNUSABLE_CODE = [
    (
        "extraConfig: {a: 'pass', canary: null}",
        "in extraConfig (entry 2): BinderHub would end",
    ),
    ("extraConfig: {a: null, canary: 5}", "in extraConfig (entries 1, 2)"),
    (
        "jupyterhub: {hub: {extraConfig: {canary: null}}}",
        "in jupyterhub.hub.extraConfig (entry 1): JupyterHub would end at every start",
    ),
    ("extraConfig: null", "replaces all of extraConfig"),
    ("jupyterhub: {hub: {extraConfig: [canary]}}", "replaces all of jupyterhub.hub.extraConfig"),
]

USUAL = """\
config: {BinderHub: {about_message: Ours}, GitHubRepoProvider: {banned_specs: []}}
resources: {limits: {memory: 2Gi}}
registry: {}
jupyterhub:
  singleuser: {memory: {limit: 4G}, extraEnv: {A: b}}
  hub: {config: {JupyterHub: {admin_access: false}}}
"""
# Nothing to warn about: HTTPS, and a list of what may be built.
QUIET = {"CONTACT_EMAIL": "a@example.org", "ALLOWED_REPOSITORIES": "lab/*"}
# Decisions that are made by leaving a key out of the values.
LEFT_OUT = {
    "config.BinderHub.base_url",
    "config.DockerRegistry",
    "jupyterhub.hub.baseUrl",
    "jupyterhub.proxy.https",
}


@pytest.mark.parametrize(("written", "told", "remedy"), MISPLACED)
def test_keys_in_the_wrong_place_are_refused_with_the_right_one(
    written: str, told: str, remedy: str, load_environment: Callable[..., LoadedSettings]
) -> None:
    with pytest.raises(SettingsError) as caught:
        load_environment(HELM_VALUES=written)
    (problem,) = caught.value.problems
    assert told in problem.rule
    assert remedy in problem.remedy


def test_they_are_keys_that_the_chart_of_binderhub_does_not_have() -> None:
    schema = json.loads((OWN_CHARTS / "binderhub" / "values.schema.json").read_text())
    assert not OF_JUPYTERHUB & schema["properties"].keys()
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize(("written", "keys"), REPLACED)
def test_a_replaced_decision_is_a_warning_with_its_keys_and_without_values(
    written: str, keys: str, load_environment: Callable[..., LoadedSettings]
) -> None:
    warnings = load_environment(HELM_VALUES=written, **QUIET).warnings
    (warning,) = warnings
    assert warning.startswith(f"HELM_VALUES replace what the deployer decides: {keys}. ")
    assert "canary" not in warning


def test_patterns_of_the_users_own_replace_nothing_where_none_are_set(
    load_environment: Callable[..., LoadedSettings],
) -> None:
    own = "config: {GitHubRepoProvider: {allowed_specs: ['^our-lab/']}}"
    assert "HELM_VALUES" not in str(load_environment(HELM_VALUES=own).warnings)


def test_values_that_replace_no_decision_are_met_with_silence(
    load_environment: Callable[..., LoadedSettings],
) -> None:
    assert load_environment(HELM_VALUES=USUAL, **QUIET).warnings == ()


def test_replaced_decisions_are_named_again_as_the_cause_of_a_hub_that_is_not_well() -> None:
    written = helm_values("config: {BinderHub: {hub_url: canary}}\nregistry: {url: canary}")
    named = "HELM_VALUES replace what the deployer decides: config.BinderHub.hub_url, registry."
    assert likely_cause("not ready: hub-0", written) == f"not ready: hub-0. {named}"
    assert likely_cause(None, written) == named
    assert likely_cause("Not ready.", helm_values(USUAL)) == "Not ready."
    assert likely_cause(None, None) is None


def test_every_decision_is_one_that_the_values_of_some_hub_express() -> None:
    hubs: list[dict[str, Any]] = [
        values_of(**mode, **sign_in).merged() for mode in MODES.values() for sign_in in ({}, GITHUB, ENTRA)
    ]
    for decision in DECISIONS:
        for key in set(decision.keys) - LEFT_OUT:
            alone = type(decision)((key,), decision.consequence)
            assert list(chain.from_iterable(replaced_keys(values, alone) for values in hubs)), key


@pytest.mark.parametrize(("written", "told"), UNUSABLE_CODE)
def test_what_no_program_can_run_is_refused_by_its_place(
    written: str, told: str, load_environment: Callable[..., LoadedSettings]
) -> None:
    with pytest.raises(SettingsError) as caught:
        load_environment(HELM_VALUES=written)
    (problem,) = caught.value.problems
    assert told in problem.rule
    assert "canary" not in str(problem)


def test_an_entry_that_runs_nothing_is_fine(load_environment: Callable[..., LoadedSettings]) -> None:
    written = "extraConfig: {metrics: ''}\njupyterhub: {hub: null}"
    assert load_environment(HELM_VALUES=written, **QUIET).settings.helm_values is not None
