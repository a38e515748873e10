"""Who may sign in with Entra: groups by their object ids, users and guests by their principal names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deployer.errors import SettingsError
from deployer.settings.visitors import shares_its_site

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployer.settings import LoadedSettings

ID = "0a1b2c3d-0000-4000-8000-00000000000a"
OTHER_ID = "0a1b2c3d-0000-4000-8000-00000000000b"
CLIENT = {"OAUTH_CLIENT_ID": ID, "OAUTH_CLIENT_SECRET": "a secret", "CONTACT_EMAIL": "a@example.org"}
ENTRA = {**CLIENT, "AUTHENTICATION": "entra", "OAUTH_TENANT_ID": ID}
GITHUB = {**CLIENT, "AUTHENTICATION": "github"}
GUEST = "ada_home.example.com#EXT#@contoso.onmicrosoft.com"


def problem_of(load: Callable[..., LoadedSettings], **environment: str) -> str:
    """Return the only problem of these settings."""
    with pytest.raises(SettingsError) as caught:
        load(**environment)
    (problem,) = caught.value.problems
    return str(problem)


def test_groups_of_entra_are_object_ids_in_the_letters_of_its_tokens(
    load_environment: Callable[..., LoadedSettings],
) -> None:
    loaded = load_environment(**ENTRA, ALLOWED_ORGANISATIONS=f"{ID.upper()}, {OTHER_ID}")
    assert loaded.settings.allowed_organisations == (ID, OTHER_ID)


def test_names_of_groups_are_refused_with_the_reason_and_where_to_find_the_id(
    load_environment: Callable[..., LoadedSettings],
) -> None:
    told = problem_of(load_environment, **ENTRA, ALLOWED_ORGANISATIONS=f"Staff of the lab, {ID}, students")
    assert "names groups by something else than their object id: Staff of the lab, students." in told
    assert "Entra only tells the hub the object ids" in told
    assert "Write the Object ID of each group (portal: Microsoft Entra ID, Groups)" in told


def test_organisations_on_github_keep_their_names(load_environment: Callable[..., LoadedSettings]) -> None:
    loaded = load_environment(**GITHUB, ALLOWED_ORGANISATIONS="our-lab, other:team")
    assert loaded.settings.allowed_organisations == ("our-lab", "other:team")


@pytest.mark.parametrize(
    "user", ["o'neil@example.org", "a.b-c_d@example.org", "e!f#g^h~i@example.org", "j+k@example.org", GUEST]
)
def test_users_of_entra_have_every_character_that_entra_allows(
    user: str, load_environment: Callable[..., LoadedSettings]
) -> None:
    loaded = load_environment(**ENTRA, ALLOWED_USERS=f"grace@example.org, {user}", ADMIN_USERS=user)
    # JupyterHub compares names in lower case.
    assert loaded.settings.allowed_users == ("grace@example.org", user.lower())
    assert loaded.settings.admin_users == (user.lower(),)


def test_guests_come_with_a_warning_about_the_claim_that_they_need(
    load_environment: Callable[..., LoadedSettings],
) -> None:
    (warning,) = load_environment(**ENTRA, ALLOWED_USERS=GUEST, ADMIN_USERS=GUEST).warnings
    assert f"({GUEST.lower()})" in warning
    assert "optional claim upn" in warning
    assert load_environment(**ENTRA, ALLOWED_USERS="ada@example.org", ADMIN_USERS="").warnings == ()


@pytest.mark.parametrize("user", ["o'neil", "ada#x", "a~b"])
def test_github_logins_stay_what_they_are(user: str, load_environment: Callable[..., LoadedSettings]) -> None:
    assert "github does not have" in problem_of(load_environment, **GITHUB, ALLOWED_USERS=user)


@pytest.mark.parametrize(
    ("domain", "shared"),
    [
        ("null", True),
        ("lab.westeurope.cloudapp.azure.com", True),
        ("lab.example.org", False),
        ("notazure.com", False),
    ],
)
def test_names_below_azure_com_are_one_site_with_those_of_strangers(
    domain: str,
    shared: bool,  # noqa: FBT001
    load_environment: Callable[..., LoadedSettings],
) -> None:
    loaded = load_environment(**GITHUB, ALLOWED_USERS="ada", DOMAIN_NAME=domain)
    assert shares_its_site(loaded.settings) is shared
    assert not shares_its_site(load_environment(AUTHENTICATION="none", ALLOWED_USERS="").settings)
