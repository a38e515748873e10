"""Making settings of what people wrote: all problems at once, each in the terms of where it stands."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr, ValidationError

from deployer.errors import Problem, SettingsError
from deployer.settings.breach import BREACH, Breach
from deployer.settings.choices import Action
from deployer.settings.model import SECRETS, TERMS, Settings
from deployer.settings.notices import notices
from deployer.settings.number_kinds import boolean
from deployer.settings.rules import breaches
from deployer.settings.sources import Given, gather, is_set
from deployer.settings.unbuilt import BUILT_ACTIONS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

_PLACEHOLDERS = {"binderhub_name": "placeholder", "resource_group_name": "placeholder"}
_NOT_SHOWN = SECRETS | {"sp_app_id", "oauth_client_id"}
"""Ids stand beside their secrets in every form: a wrong one may well be the secret."""
_LONGEST_SHOWN = 100


@dataclass(frozen=True)
class LoadedSettings:
    """Settings, and what the reader should hear about them."""

    settings: Settings
    notices: tuple[str, ...]


def load_settings(
    command_line: Mapping[str, Any], config_file: Path | None, *, required: Collection[str] = ()
) -> LoadedSettings:
    """Return the settings that all sources add up to.

    Args:
        command_line: field's name -> what a person typed; None for options left out.
        config_file: a config.json; None for none.
        required: fields that the command cannot do without, beside the hub's name and resource group.

    Raises:
        SettingsError: with every problem.

    """
    loaded, problems = _load(command_line, config_file, required)
    if problems:
        raise SettingsError(problems)
    return loaded


def action() -> str:
    """Return the command that ACTION names, `deploy` when it is unset.

    Raises:
        SettingsError: when there is no such command (yet), with the problems of all other settings.

    """
    written = os.environ.get("ACTION", "")
    named = written.strip().lower() if is_set(written) else Action.DEPLOY.value
    if named not in BUILT_ACTIONS:
        raise SettingsError(_load({}, None, ())[1])
    return named


def exit_zero_when_handled() -> bool:
    """Return EXIT_ZERO_WHEN_HANDLED, whatever the other settings are; a wrong value counts as false."""
    try:
        return boolean(os.environ.get("EXIT_ZERO_WHEN_HANDLED", "false"))
    except ValueError:
        return False


def _load(
    command_line: Mapping[str, Any], config_file: Path | None, required: Collection[str]
) -> tuple[LoadedSettings, list[Problem]]:
    gathered = gather(command_line, config_file)
    given = gathered.given
    settings, wrong = _validated({name: one.value for name, one in given.items()})
    names = {one.field for one in wrong}
    broken = [one for one in breaches(settings, given, names) if one.field not in names]
    found = [*wrong, *(_missing(name) for name in required if name not in given), *broken]
    order = list(TERMS)
    told = sorted(found, key=lambda one: order.index(one.field))
    certain = [one for one in told if gathered.complete or one.field in given]
    problems = [*gathered.problems, *(_problem(one, given) for one in certain)]
    heard = [] if problems else [*gathered.notices, *notices(settings, given)]
    return LoadedSettings(settings, tuple(dict.fromkeys(heard))), problems


def _validated(values: dict[str, Any]) -> tuple[Settings, list[Breach]]:
    """Return the settings, defaults and placeholders in the place of wrong ones, and what is wrong."""
    try:
        return Settings(**values), []
    except ValidationError as error:
        wrong = _wrong_fields(error)
    names = {one.field for one in wrong}
    good = {name: value for name, value in values.items() if name not in names}
    return Settings(**{**_PLACEHOLDERS, **good}), wrong


def _wrong_fields(error: ValidationError) -> list[Breach]:
    found = []
    for item in error.errors(include_url=False, include_input=False):
        name = str(item["loc"][0])
        if item["type"] == BREACH:
            found.append(Breach(name, item["ctx"]["rule"], item["ctx"]["remedy"]))
        elif item["type"] == "missing":
            found.append(_missing(name))
        elif item["type"] != "default_factory_not_called":
            found.append(Breach(name, f"is wrong: {item['msg']}.", "Write it as the documentation shows."))
    return found


def _missing(name: str) -> Breach:
    return Breach(name, "is not set.", "Set it.")


def _problem(one: Breach, given: Mapping[str, Given]) -> Problem:
    if one.field in given:
        return Problem(
            given[one.field].setting, _shown(one.field, given[one.field].value), one.rule, one.remedy
        )
    return Problem(_all_terms(one.field), None, one.rule, one.remedy)


def _all_terms(name: str) -> str:
    """Return every way to write a setting that stands nowhere yet."""
    terms = TERMS[name]
    ways = [f"{path} in config.json" for path in terms.paths[:1]]
    parameter = terms.in_the_form(name)
    if parameter:
        ways.insert(0, f"{parameter} in the form")
    if terms.option:
        ways.append(terms.option)
    return f"{name.upper()} ({', '.join(ways)})" if ways else name.upper()


def _shown(name: str, value: Any) -> str | None:
    if name in _NOT_SHOWN or isinstance(value, SecretStr):
        return None
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    text = re.sub(r"://[^/\s]*@", "://***@", text)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
