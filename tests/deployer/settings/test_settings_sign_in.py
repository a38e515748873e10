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


def test_guests_can_be_listed_by_their_object_ids(load_environment: Callable[..., LoadedSettings]) -> None:
    loaded = load_environment(**ENTRA, ALLOWED_USERS=ID.upper(), ADMIN_USERS=ID)
    assert loaded.settings.allowed_users == loaded.settings.admin_users == (ID,)
    assert loaded.warnings == ()


@pytest.mark.parametrize(
    "user", ["jane_acme", "jane-doe_acme", "@Jane_acme", "https://github.com/jane_acme", "j-ane-"]
)
def test_logins_that_an_enterprise_manages_are_logins(
    user: str, load_environment: Callable[..., LoadedSettings]
) -> None:
    loaded = load_environment(**GITHUB, ALLOWED_USERS=user)
    assert loaded.settings.allowed_users == (user.rpartition("/")[2].removeprefix("@").lower(),)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Our-Lab", "Our-Lab"),
        ("@our-lab", "our-lab"),
        ("https://github.com/our-lab", "our-lab"),
        ("github.com/orgs/our-lab", "our-lab"),
        ("https://github.com/orgs/our-lab/people?query=a", "our-lab"),
        ("our-lab:staff", "our-lab:staff"),
        ("our-lab/staff", "our-lab:staff"),
        ("@our-lab/staff", "our-lab:staff"),
        ("https://github.com/orgs/our-lab/teams/staff_2", "our-lab:staff_2"),
        ("https://github.com/orgs/our-lab/teams", "our-lab"),
    ],
)
def test_organisations_and_teams_are_understood_as_people_paste_them(
    written: str, read: str, load_environment: Callable[..., LoadedSettings]
) -> None:
    loaded = load_environment(**GITHUB, ALLOWED_ORGANISATIONS=written)
    assert loaded.settings.allowed_organisations == (read,)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Our Lab", "our-lab"),
        ("our-lab staff", "our-lab, staff"),
        ("our-lab:Data Science", "our-lab:data-science"),
        ("our.lab", "our-lab"),
        ("our-lab: staff", "our-lab:staff"),
    ],
)
def test_names_that_no_address_on_github_has_are_refused_with_those_that_are_meant(
    written: str, meant: str, load_environment: Callable[..., LoadedSettings]
) -> None:
    told = problem_of(load_environment, **GITHUB, ALLOWED_ORGANISATIONS=f"{written}, other")
    assert f"GitHub's addresses do not: {written}." in told
    assert f"Did you mean {meant}?" in told


@pytest.mark.parametrize("user", ["o'neil", "ada#x", "a~b", "a_b_c", "x" * 40])
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
