"""Reads settings from the command line, the environment and config.json; the first that has one wins.

`null` and empty text mean "not set" everywhere: the predecessor of this product passes them for empty
parameters. Secrets are wrapped as soon as they are read.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr, ValidationError

from deployer.errors import Problem
from deployer.redaction import REDACTOR
from deployer.settings.config_file import read_config_file
from deployer.settings.environment import forget_secrets, read_environment, remains_in_words
from deployer.settings.model import ALIASES, PLACEHOLDERS, SECRETS, Settings
from deployer.settings.types.validation import close_to

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

IGNORED_VARIABLES = {
    "BINDERHUB_CONTAINER_MODE": "there is one mode.",
    "NGINX_VERSION": "ingress-nginx has ended; Traefik takes its place.",
}
IGNORED_PATHS = {
    "azure.cluster_name": "the name of the cluster is that of the hub.",
    "cluster_name": "the name of the cluster is that of the hub.",
    "azure.log_to_blob_storage": "outputs go to the storage account if one is set.",
    "https.nginx_version": "ingress-nginx has ended; Traefik takes its place.",
    "secretFile": "write the user and password that it contains as docker.username and docker.password.",
}


@dataclass(frozen=True)
class Given:
    """A value from a source.

    Attributes:
        value: as it was written; a secret is wrapped.
        setting: name of the setting in the source.

    """

    value: Any = field(repr=False)
    setting: str


@dataclass
class Gathered:
    """The values from all sources.

    Attributes:
        given: the value that counts, by field.
        emptied: fields that are empty on the command line: what the last deployment had there ends.
        warnings: about settings that are ignored or were tidied.
        problems: of a source itself.
        complete: whether every source could be read.

    """

    given: dict[str, Given] = field(default_factory=dict)
    emptied: set[str] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    complete: bool = True

    def add(self, name: str, value: Any, setting: str) -> None:
        """Add a value unless a previous source has set the field."""
        if name in self.given or not is_set(value):
            return
        secret = SecretStr(value) if name in SECRETS and isinstance(value, str) else None
        if name != "helm_values":  # its texts are hidden one by one, once it is read
            REDACTOR.hide(secret)
        self.given[name] = Given(value if secret is None else secret, setting)


def leave_out_defaults(gathered: Gathered) -> None:
    """Leave out what is as it would be without: a form fills every field, whatever a person typed there."""
    for name, given in list(gathered.given.items()):
        try:
            read = Settings.model_validate({**PLACEHOLDERS, name: given.value})
        except ValidationError:
            continue  # Reported with all other problems.
        if not read.is_chosen(name):
            del gathered.given[name]


def is_set(value: Any) -> bool:
    """Return whether a value is something else than `null`, empty text or an empty list."""
    if isinstance(value, str):
        return value.strip().lower() not in {"", "null"}
    return value is not None and value not in ((), [], {})


def gather(command_line: Mapping[str, Any], config_file: Path | None) -> Gathered:
    """Return the values from all sources.

    Args:
        command_line: values of options by field; None for an option that was not given.
        config_file: path of a config.json; None for none.

    """
    gathered = Gathered()
    _add_command_line(gathered, command_line)
    _add_environment(gathered)
    _ignore(gathered, os.environ, IGNORED_VARIABLES, "")
    if config_file is not None:
        _add_config_file(gathered, config_file)
    return gathered


def _add_command_line(gathered: Gathered, command_line: Mapping[str, Any]) -> None:
    for name, value in command_line.items():
        if name not in ALIASES:
            meant = close_to(name.upper(), [known.upper() for known in ALIASES])
            problem = Problem(f"--set {name.upper()}", None, "is not a setting.", meant or "Leave it out.")
            gathered.problems.append(problem)
            continue
        setting = ALIASES[name].on_the_command_line(name)
        gathered.add(name, value, setting)
        if value is not None and not is_set(value):
            gathered.emptied.add(name)
        if name in SECRETS and is_set(value):
            rule = "is a secret, and other users of this machine can see command lines."
            remedy = f"Set {name.upper()} in the environment or config.json."
            gathered.problems.append(Problem(setting, None, rule, remedy))


def _add_environment(gathered: Gathered) -> None:
    variables = list(read_environment())
    forget_secrets()
    for variable in variables:
        gathered.add(variable.setting, variable.value, variable.label)
    if (warning := remains_in_words(variables)) is not None:
        gathered.warnings.append(warning)


def _add_config_file(gathered: Gathered, config_file: Path) -> None:
    known = [path for aliases in ALIASES.values() for path in aliases.paths]
    written, problems = read_config_file(config_file, known, IGNORED_PATHS)
    where = f" in {config_file.name}"
    gathered.problems += problems
    if written is None:
        gathered.complete = False
        return
    _ignore(gathered, written, IGNORED_PATHS, where)
    for name, aliases in ALIASES.items():
        for path in aliases.paths:
            gathered.add(name, written.get(path), f"{path}{where}")


def _ignore(gathered: Gathered, written: Mapping[str, Any], ignored: Mapping[str, str], where: str) -> None:
    gathered.warnings += [
        f"{name}{where} is ignored: {reason}"
        for name, reason in ignored.items()
        if is_set(written.get(name)) and written.get(name) is not False
    ]
