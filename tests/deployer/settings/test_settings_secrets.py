"""No secret is shown by settings, their problems, pydantic's own errors or any traceback."""

from __future__ import annotations

import contextlib
import os
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest
from pydantic import SecretStr, ValidationError

import deployer.settings
from deployer.errors import SettingsError
from deployer.settings import Settings, load_settings
from deployer.settings.model import ALIASES, SECRETS

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployer.settings import LoadedSettings

PACKAGE = str(Path(deployer.settings.__file__).parent)
CANARY = "canary-7f3a"
NEEDED: dict[str, Any] = {"binderhub_name": "demo", "resource_group_name": "g"}


def shown(error: BaseException) -> str:
    """Return all that Python can show of an error, local variables of every frame included."""
    report = traceback.TracebackException.from_exception(error, capture_locals=True)
    local_values = [str(frame.locals) for frame in report.stack if frame.filename.startswith(PACKAGE)]
    assert local_values
    return "\n".join([*traceback.format_exception(error), str(error), repr(error), *local_values])


def is_secret(name: str) -> bool:
    annotation = Settings.model_fields[name].annotation
    return "SecretStr" in str([annotation, *get_args(annotation)])


def test_the_fields_that_hold_secrets_are_the_ones_told_to_be_secret() -> None:
    assert {name for name in Settings.model_fields if is_secret(name)} == SECRETS
    assert {name for name, aliases in ALIASES.items() if aliases.secret} == SECRETS


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_settings_show_no_secret(name: str) -> None:
    settings = Settings(**{**NEEDED, name: f"key: {CANARY}"})
    value = getattr(settings, name)
    assert isinstance(value, SecretStr)
    assert CANARY in value.get_secret_value()
    assert CANARY not in f"{settings} {settings!r} {settings.public()} {settings.model_dump_json()}"
    assert settings.public()[name] == "***"


@pytest.mark.parametrize("name", sorted(SECRETS))
@pytest.mark.usefixtures("needed")
def test_a_refused_secret_is_shown_by_no_error(name: str, write_config: Callable[[object], Path]) -> None:
    section, _, key = ALIASES[name].paths[0].rpartition(".")
    wrong = f"{CANARY}: [\n{CANARY}\x00"
    config = write_config({section: {key: wrong}} if section else {key: wrong})
    with pytest.raises(SettingsError) as caught:
        load_settings({}, config)
    assert len(caught.value.problems) == 1 or name == "sp_app_key"
    assert CANARY not in "\n".join(str(problem) for problem in caught.value.problems)
    assert CANARY not in "\n".join([*traceback.format_exception(caught.value), repr(caught.value)])


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_pydantics_own_error_shows_no_input(name: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(**{**NEEDED, name: f"{CANARY}\x00"})
    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_a_secret_beside_a_wrong_setting_is_shown_nowhere_not_even_in_local_variables(
    load_environment: Callable[..., LoadedSettings],
) -> None:
    with pytest.raises(SettingsError) as caught:
        load_environment(GITHUB_ACCESS_TOKEN=CANARY, DOCKERHUB_PASSWORD=CANARY, AKS_NODE_COUNT="-1")
    assert CANARY not in shown(caught.value)


@pytest.mark.parametrize("name", ["SP_APP_ID", "OAUTH_CLIENT_ID"])
def test_a_secret_pasted_into_the_field_of_its_id_is_not_shown(
    name: str, load_environment: Callable[..., LoadedSettings]
) -> None:
    with pytest.raises(SettingsError) as caught:
        load_environment(**{name: CANARY, "AUTHENTICATION": "entra"})
    assert CANARY not in "\n".join(str(problem) for problem in caught.value.problems)


def test_a_password_in_an_address_is_not_shown(load_environment: Callable[..., LoadedSettings]) -> None:
    with pytest.raises(SettingsError) as caught:
        load_environment(BINDERHUB_CHART_REPOSITORY=f"https://me:{CANARY}@charts.example.org")
    (problem,) = caught.value.problems
    assert problem.value == "https://***@charts.example.org"


@pytest.mark.usefixtures("needed")
def test_an_unknown_key_in_the_file_is_told_without_its_value(write_config: Callable[[object], Path]) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({}, write_config({"azure": {"sp_app_kei": CANARY}}))
    (problem,) = caught.value.problems
    assert "azure.sp_app_key" in problem.remedy
    assert CANARY not in str(problem)


@pytest.mark.parametrize("variable", ["SP_APP_KEY", "sp_app_key", "DOCKER_PASSWORD", "HELM_VALUES"])
def test_a_secret_leaves_the_environment_when_it_is_read(
    variable: str, load_environment: Callable[..., LoadedSettings]
) -> None:
    with contextlib.suppress(SettingsError):  # a part of the service principal is not there
        load_environment(**{variable: f"key: {CANARY}"})
    assert CANARY not in " ".join(os.environ.values())
    assert os.environ["BINDERHUB_NAME"] == "demo"
