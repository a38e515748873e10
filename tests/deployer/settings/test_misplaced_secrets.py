"""A secret that was typed into another field is refused, and shown nowhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from deployer.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployer.settings import LoadedSettings

# Made up, in the form of real ones.
GITHUB, NEW_GITHUB = "ghp_" + "a1B2" * 9, "github_pat_" + "a1B2_" * 12
DOCKER_HUB = "dckr_pat_" + "a1B2-" * 5
ENTRA = "abc8Q~" + "d~E.f-1_" * 4
OF_AN_APP = "0123456789abcdef" * 2 + "01234567"
MISPLACED = [
    ("DOCKERHUB_USERNAME", GITHUB, "an access token of GitHub"),
    ("DOMAIN_NAME", GITHUB, "an access token of GitHub"),
    ("ALLOWED_USERS", f"ada, {NEW_GITHUB}", "an access token of GitHub"),
    ("TAGS", json.dumps({"owner": GITHUB}), "an access token of GitHub"),
    ("DOCKERHUB_PASSWORD", NEW_GITHUB, "an access token of GitHub"),
    ("CONTACT_EMAIL", f"{DOCKER_HUB}@example.org", "an access token of Docker Hub"),
    ("GITHUB_ACCESS_TOKEN", DOCKER_HUB, "an access token of Docker Hub"),
    ("SP_TENANT_ID", ENTRA, "a client secret of Entra"),
    ("SP_APP_ID", ENTRA, "a client secret of Entra"),
    ("OAUTH_TENANT_ID", ENTRA, "a client secret of Entra"),
    ("BINDERHUB_NAME", ENTRA, "a client secret of Entra"),
    ("OAUTH_CLIENT_ID", OF_AN_APP, "a client secret of GitHub"),
]
IN_PLACE: dict[str, Any] = {
    "GITHUB_ACCESS_TOKEN": NEW_GITHUB,
    "CONTAINER_REGISTRY": "dockerhub",
    "DOCKERHUB_USERNAME": "somebody",
    "DOCKERHUB_PASSWORD": DOCKER_HUB,
    "AUTHENTICATION": "entra",
    "OAUTH_CLIENT_ID": "00000000-0000-4000-8000-000000000001",
    "OAUTH_TENANT_ID": "00000000-0000-4000-8000-000000000002",
    "OAUTH_CLIENT_SECRET": ENTRA,
    "ALLOWED_USERS": "ada@example.org",
    "CONTACT_EMAIL": "ada@example.org",
    "HELM_VALUES": json.dumps({"extraConfig": {"token": GITHUB}}),
    "ALLOWED_REPOSITORIES": "^ada/book/" + OF_AN_APP,
}


@pytest.mark.parametrize(
    ("variable", "value", "kind"), MISPLACED, ids=[f"{each[0]}, {each[2]}" for each in MISPLACED]
)
def test_what_looks_like_a_token_is_refused_where_it_does_not_belong(
    variable: str, value: str, kind: str, load_environment: Callable[..., LoadedSettings]
) -> None:
    with pytest.raises(SettingsError) as caught:
        load_environment(**{variable: value})
    problem = next(one for one in caught.value.problems if one.setting.startswith(variable))
    assert problem.rule == f"looks like {kind}."
    shown = " ".join(str(one) for one in caught.value.problems)
    assert value not in shown
    assert value[:12] not in shown


def test_tokens_are_accepted_where_they_belong(load_environment: Callable[..., LoadedSettings]) -> None:
    settings = load_environment(**IN_PLACE).settings
    assert settings.github_access_token is not None
    assert settings.github_access_token.get_secret_value() == NEW_GITHUB


@pytest.mark.parametrize(
    "variable",
    [
        "SP_APP_ID",
        "SP_TENANT_ID",
        "OAUTH_CLIENT_ID",
        "OAUTH_TENANT_ID",
        "DOCKERHUB_USERNAME",
        "DOCKERHUB_ORGANISATION",
    ],
)
def test_a_field_beside_a_secret_never_shows_its_value(
    variable: str, load_environment: Callable[..., LoadedSettings]
) -> None:
    with pytest.raises(SettingsError) as caught:
        load_environment(**{variable: "My Pass(word)!", "AUTHENTICATION": "entra"})
    assert "Pass" not in " ".join(str(one) for one in caught.value.problems)


def test_a_secret_in_two_fields_is_refused_and_masked_in_all_problems(
    load_environment: Callable[..., LoadedSettings],
) -> None:
    secret = "not-shown-anywhere"
    with pytest.raises(SettingsError) as caught:
        load_environment(DOCKERHUB_PASSWORD=secret, DOMAIN_NAME=secret, REGISTRY_NAME=f"!{secret}" + "x" * 90)
    text = "\n".join(str(one) for one in caught.value.problems)
    assert "DOCKERHUB_PASSWORD (dockerhubPassword in the form): is also the value of DOMAIN_NAME" in text
    assert "not-shown" not in text


def test_a_secret_in_a_warning_is_masked(load_environment: Callable[..., LoadedSettings]) -> None:
    loaded = load_environment(GITHUB_ACCESS_TOKEN="Visible-Nowhere", BINDERHUB_NAME="Visible-Nowhere-1")
    assert "Visible-Nowhere" not in " ".join(loaded.warnings)
    assert "is replaced by" in " ".join(loaded.warnings)


@pytest.mark.parametrize(
    "name", ["SP_APP_KEY", "DOCKERHUB_PASSWORD", "OAUTH_CLIENT_SECRET", "GITHUB_ACCESS_TOKEN"]
)
def test_a_short_secret_is_refused_with_the_reason(
    name: str, load_environment: Callable[..., LoadedSettings]
) -> None:
    with pytest.raises(SettingsError) as caught:
        load_environment(**{name: " done "})
    problem = next(one for one in caught.value.problems if one.setting.startswith(name))
    assert "is shorter than 8 characters" in problem.rule
    assert problem.value is None
