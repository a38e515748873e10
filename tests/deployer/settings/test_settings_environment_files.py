"""What `docker --env-file` leaves around values (quotes, comments, carriage returns) is removed and shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deployer.errors import SettingsError
from deployer.settings import action, exit_zero_when_handled, load_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployer.settings import LoadedSettings

ID = "0a1b2c3d-0000-4000-8000-00000000000a"
DOCKER_HUB = {"CONTAINER_REGISTRY": "dockerhub", "DOCKERHUB_USERNAME": "somebody"}
PRINCIPAL = {"SP_APP_ID": ID, "SP_TENANT_ID": ID}

READ = [
    ("AKS_NODE_COUNT", '"2"', 2),
    ("AKS_NODE_COUNT", "'2'\r", 2),
    ("AKS_NODE_COUNT", "2 # two machines", 2),
    ("AKS_NODE_COUNT", "2\t#two machines\r", 2),
    ("AKS_NODE_COUNT", '"2"  # two machines', 2),
    ("AKS_NODE_COUNT", "# as many as usual", 1),
    ("REGISTRY_NAME", '""', None),
    ("REGISTRY_NAME", "'null'", None),
    ("ENABLE_HTTPS", '"false"', False),
    ("AZURE_SUBSCRIPTION", f"/subscriptions/{ID} # of the lab", ID),
    ("AZURE_SUBSCRIPTION", '"Team # 3" # of the lab', "Team # 3"),
    ("TAGS", """'{"cost": "#1"}'""", {"cost": "#1"}),
    ("ALLOWED_REPOSITORIES", '"lab/*"', ("lab/*",)),
]

KEPT = [
    ("AZURE_SUBSCRIPTION", "Team # 3", "Team # 3"),
    ("TAGS", "room=lab # 3", {"room": "lab # 3"}),
    ("TAGS", '{"room": "lab # 3"}', {"room": "lab # 3"}),
    ("ALLOWED_REPOSITORIES", "lab/a\nlab/b", ("lab/a", "lab/b")),
]

SECRETS = [
    ('"canary-token"', "canary-token"),
    ("'canary-token' # of the lab", "canary-token"),
    ("canary-token # of the lab", "canary-token"),
    ("canary-token\r", "canary-token"),
    ('"can"ary"', '"can"ary"'),
    ("#canary", None),
]


@pytest.mark.parametrize(("name", "written", "read"), READ)
def test_what_a_file_leaves_around_a_value_is_removed_and_shown_once(
    name: str, written: str, read: object, load_environment: Callable[..., LoadedSettings]
) -> None:
    loaded = load_environment(**{name: written})
    assert getattr(loaded.settings, name.lower()) == read
    (warning,) = [one for one in loaded.warnings if "--env-file" in one]
    assert name in warning


@pytest.mark.parametrize(("name", "written", "read"), KEPT)
def test_what_belongs_to_a_value_stays_in_it(
    name: str, written: str, read: object, load_environment: Callable[..., LoadedSettings]
) -> None:
    loaded = load_environment(**{name: written})
    assert getattr(loaded.settings, name.lower()) == read
    assert not any("--env-file" in warning for warning in loaded.warnings)


@pytest.mark.parametrize(("written", "read"), SECRETS)
def test_a_secret_is_read_without_them_and_never_shown(
    written: str, read: str | None, load_environment: Callable[..., LoadedSettings]
) -> None:
    loaded = load_environment(GITHUB_ACCESS_TOKEN=written)
    token = loaded.settings.github_access_token
    assert (token.get_secret_value() if token else None) == read
    assert "canary" not in str(loaded.warnings)


def test_all_variables_of_a_file_are_in_one_warning(load_environment: Callable[..., LoadedSettings]) -> None:
    loaded = load_environment(
        **{name: f'"{value}"' for name, value in PRINCIPAL.items()},
        SP_APP_KEY='"canary-token" # until May',
        AKS_TIER="Free # for now",
        CONTACT_EMAIL="a@example.org",
        ALLOWED_REPOSITORIES="lab/*",
    )
    (warning,) = loaded.warnings
    assert warning == (
        "Removed from the environment: quotes around SP_APP_ID, SP_APP_KEY, SP_TENANT_ID; a comment after "
        "SP_APP_KEY, AKS_TIER. docker --env-file passes on quotes and comments as part of a value: leave "
        "them out of the file."
    )


def test_a_password_that_people_chose_keeps_its_hash(
    load_environment: Callable[..., LoadedSettings],
) -> None:
    loaded = load_environment(**DOCKER_HUB, DOCKERHUB_PASSWORD="horse # canary")
    assert loaded.settings.dockerhub_password is not None
    assert loaded.settings.dockerhub_password.get_secret_value() == "horse # canary"
    (warning,) = [one for one in loaded.warnings if "--env-file" in one]
    assert "Kept: the # after a space in DOCKERHUB_PASSWORD." in warning
    assert "canary" not in warning


def test_a_wrong_value_is_shown_without_its_quotes(load_environment: Callable[..., LoadedSettings]) -> None:
    with pytest.raises(SettingsError) as caught:
        load_environment(AKS_NODE_COUNT='"none"')
    assert "= 'none': must be a whole number" in str(caught.value.problems[0])


def test_values_of_a_file_of_settings_are_left_alone(
    write_config: Callable[[object], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BINDERHUB_NAME", "demo")
    config = {"azure": {"res_grp_name": "g", "tags": {"quoted": '"a"'}}}
    assert load_settings({}, write_config(config)).settings.tags == {"quoted": '"a"'}  # type: ignore[arg-type]


def test_the_action_and_the_exit_status_are_read_the_same_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTION", '"deploy" # now')
    monkeypatch.setenv("EXIT_ZERO_WHEN_HANDLED", "'true'\r")
    assert (action(), exit_zero_when_handled()) == ("deploy", True)
