"""Loads settings from all sources and reports all problems at once, under the names that people wrote."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr, ValidationError

from deployer.errors import Problem, SettingsError
from deployer.quoting import GUARD
from deployer.redaction import REDACTOR
from deployer.settings.chart_values import read_chart_values
from deployer.settings.environment import read_variable
from deployer.settings.model import ALIASES, DERIVED, PLACEHOLDERS, SECRETS, Settings
from deployer.settings.rules import violations
from deployer.settings.sources import Gathered, Given, gather, is_set, leave_out_defaults
from deployer.settings.tokens import misplaced_secrets
from deployer.settings.types.choices import Action
from deployer.settings.types.numbers import boolean
from deployer.settings.types.validation import VIOLATION, Violation
from deployer.settings.warnings import warnings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# These stand beside a secret in every form: what is wrong there may be the secret.
_NOT_SHOWN = SECRETS | {
    "sp_app_id",
    "sp_tenant_id",
    "oauth_client_id",
    "oauth_tenant_id",
    "dockerhub_username",
    "dockerhub_organisation",
}
_LONGEST_SHOWN = 100

# What a list without items is read as, however it is written: such a setting is not set.
NO_ITEMS = ()


@dataclass(frozen=True)
class LoadedSettings:
    """Settings, and warnings about them."""

    settings: Settings
    warnings: tuple[str, ...]
    gathered: Gathered = field(default_factory=Gathered, repr=False, compare=False)


def load_settings(command_line: Mapping[str, Any], config_file: Path | None) -> LoadedSettings:
    """Return the settings from all sources together.

    Args:
        command_line: values of options by field; None for an option that was not given.
        config_file: path of a config.json; None for none.

    Raises:
        SettingsError: with all problems.

    """
    loaded, problems = _load(command_line, config_file)
    if problems:
        raise SettingsError(problems)
    return loaded


def action() -> str:
    """Return the command that ACTION names, by default `deploy`.

    Raises:
        SettingsError: there is no such command, with the problems of all other settings.

    """
    written = read_variable("action")
    named = written.strip().lower() if is_set(written) else Action.DEPLOY.value
    if named not in list(Action):
        raise SettingsError(_load({}, None)[1])
    return named


def exit_zero_when_handled() -> bool:
    """Return EXIT_ZERO_WHEN_HANDLED, even if other settings are invalid; an invalid value is false."""
    try:
        return boolean(read_variable("exit_zero_when_handled"))
    except ValueError:
        return False


def load_over(last: Mapping[str, Any], loaded: LoadedSettings) -> LoadedSettings:
    """Return settings that were loaded laid over those of the last deployment.

    Secrets are gone from the environment once it was read, so the sources are not read again.

    Args:
        last: settings of the last deployment by field.
        loaded: settings from all sources.

    Raises:
        SettingsError: with all problems.

    """
    gathered = replace(loaded.gathered, given=dict(loaded.gathered.given))
    if read_variable("container_group_name"):
        leave_out_defaults(gathered)
    for name in last.keys() - gathered.emptied:
        gathered.add(name, last[name], f"{name.upper()} of the last deployment")
    over, problems = _judged(gathered)
    if problems:
        raise SettingsError(problems)
    return over


def without_derived(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a deployment without values that follow from the others anyway."""
    try:
        settings = Settings.model_validate({**PLACEHOLDERS, **stored})
    except ValidationError:
        return dict(stored)  # Reported where they are laid under what is given.
    return {
        name: value
        for name, value in stored.items()
        if name not in DERIVED or getattr(settings, name) != settings.default(name)
    }


def _load(command_line: Mapping[str, Any], config_file: Path | None) -> tuple[LoadedSettings, list[Problem]]:
    return _judged(gather(command_line, config_file))


def _judged(gathered: Gathered) -> tuple[LoadedSettings, list[Problem]]:
    given = gathered.given
    settings, wrong = _validated({name: one.value for name, one in given.items()})
    misplaced = list(misplaced_secrets(given))
    wrong = [*misplaced, *(one for one in wrong if one.field not in {each.field for each in misplaced})]
    hide_secrets(settings)
    names = {one.field for one in wrong}
    present = {
        name: one for name, one in given.items() if name in names or getattr(settings, name) != NO_ITEMS
    }
    if gathered.complete:
        found = [*wrong, *(one for one in violations(settings, present, names) if one.field not in names)]
    else:  # What a file that could not be read would have set is not known.
        found = [one for one in wrong if one.field in given]
    order = list(ALIASES)
    in_order = sorted(found, key=lambda one: order.index(one.field))
    problems = [_cleaned(one) for one in (*gathered.problems, *(_problem(one, given) for one in in_order))]
    shown = [] if problems else [*gathered.warnings, *warnings(settings, present)]
    return LoadedSettings(settings, tuple(dict.fromkeys(map(REDACTOR.clean, shown))), gathered), problems


def hide_secrets(settings: Settings) -> None:
    """Mask the secrets of a hub, HELM_VALUES included, in every text from now on."""
    for _, value in settings:
        if isinstance(value, SecretStr) and value is not settings.helm_values:
            REDACTOR.hide(value)
    if settings.helm_values is not None:
        values = read_chart_values(settings.helm_values)
        REDACTOR.hide_values(values)
        GUARD.watch(values)
    REDACTOR.show(text for value in settings.public().values() for text in _texts(value))


def hide_stored_secrets(stored: Mapping[str, Any]) -> None:
    """Mask the secrets of the last deployment, as `Settings.chosen` has them, in every text from now on."""
    for name in SECRETS & stored.keys():
        REDACTOR.hide(SecretStr(str(stored[name])))
    if "helm_values" in stored:
        REDACTOR.hide_values(read_chart_values(SecretStr(str(stored["helm_values"]))))


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in the value of a setting."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        parts = [*value, *value.values()] if isinstance(value, dict) else value
        for part in parts:
            yield from _texts(part)


def _cleaned(problem: Problem) -> Problem:
    value = problem.value and REDACTOR.clean(problem.value)
    rule, remedy = REDACTOR.clean(problem.rule), REDACTOR.clean(problem.remedy)
    return replace(problem, value=value, rule=rule, remedy=remedy)


def _validated(values: dict[str, Any]) -> tuple[Settings, list[Violation]]:
    """Return the settings, with defaults and placeholders for invalid ones, and the violations."""
    try:
        return Settings(**values), []
    except ValidationError as error:
        wrong = _wrong_fields(error)
    names = {one.field for one in wrong}
    good = {name: value for name, value in values.items() if name not in names}
    return Settings(**{**PLACEHOLDERS, **good}), wrong


def _wrong_fields(error: ValidationError) -> list[Violation]:
    found = []
    for item in error.errors(include_url=False, include_input=False):
        name = str(item["loc"][0])
        if item["type"] == VIOLATION:
            found.append(Violation(name, item["ctx"]["rule"], item["ctx"]["remedy"]))
        elif item["type"] == "missing":
            found.append(_missing(name))
        elif item["type"] != "default_factory_not_called":
            found.append(Violation(name, f"is wrong: {item['msg']}.", "Write it as the documentation shows."))
    return found


def _missing(name: str) -> Violation:
    return Violation(name, "is not set.", "Set it.")


def _problem(one: Violation, given: Mapping[str, Given]) -> Problem:
    if one.field in given:
        return Problem(
            given[one.field].setting, _shown(one.field, given[one.field].value), one.rule, one.remedy
        )
    return Problem(_all_aliases(one.field), None, one.rule, one.remedy)


def _all_aliases(name: str) -> str:
    """Return the names of a setting that is not set anywhere."""
    aliases = ALIASES[name]
    ways = [f"{path} in config.json" for path in aliases.paths[:1]]
    parameter = aliases.in_the_form(name)
    if parameter:
        ways.insert(0, f"{parameter} in the form")
    if aliases.option:
        ways.append(aliases.option)
    return f"{name.upper()} ({', '.join(ways)})" if ways else name.upper()


def _shown(name: str, value: Any) -> str | None:
    if name in _NOT_SHOWN or isinstance(value, SecretStr):
        return None
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    # Before it is shortened: no part of a secret is found in it afterwards.
    text = REDACTOR.clean(re.sub(r"://[^/\s]*@", "://***@", text))
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
