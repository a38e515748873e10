"""Where settings come from, and how each is called there.

A value wins by its source: command line, environment, config.json. `null` and empty text are "not set"
everywhere, a habit of the predecessor's template. Secrets are wrapped as soon as they are read.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr
from pydantic_settings import EnvSettingsSource

from deployer.errors import Problem
from deployer.settings.breach import close_to
from deployer.settings.config_file import read_config_file
from deployer.settings.model import SECRETS, TERMS, Settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

IGNORED_VARIABLES = {
    "BINDERHUB_CONTAINER_MODE": "there is one mode.",
    "NGINX_VERSION": "ingress-nginx has ended; Traefik takes its place.",
}
IGNORED_PATHS = {
    "azure.cluster_name": "the cluster's name derives from the hub's.",
    "azure.log_to_blob_storage": "outputs go to the storage account whenever one is named.",
    "https.nginx_version": "ingress-nginx has ended; Traefik takes its place.",
}


@dataclass(frozen=True)
class Given:
    """A value that somebody set.

    Attributes:
        value: as it was written; a secret is wrapped.
        setting: what it is called in its source.

    """

    value: Any = field(repr=False)
    setting: str


@dataclass
class Gathered:
    """What all sources say.

    Attributes:
        given: the value that wins, by field.
        notices: what is ignored.
        problems: what is wrong with a source itself.
        complete: whether every source could be read; else nobody can say what is not set.

    """

    given: dict[str, Given] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    complete: bool = True

    def add(self, name: str, value: Any, setting: str) -> None:
        """Take a value of a later source, unless an earlier one has set the field."""
        if name in self.given or not is_set(value):
            return
        secret = name in SECRETS and isinstance(value, str)
        self.given[name] = Given(SecretStr(value) if secret else value, setting)


def is_set(value: Any) -> bool:
    """Tell a value from `null`, the empty text and the empty list."""
    if isinstance(value, str):
        return value.strip().lower() not in {"", "null"}
    return value is not None and value not in ((), [], {})


def gather(command_line: Mapping[str, Any], config_file: Path | None) -> Gathered:
    """Ask all sources, the stronger first.

    Args:
        command_line: field's name -> what a person typed; None for options left out.
        config_file: a config.json; None for none.

    """
    gathered = Gathered()
    _add_command_line(gathered, command_line)
    for name, value in EnvSettingsSource(Settings)().items():
        gathered.add(name, value, TERMS[name].in_the_environment(name))
    _ignore(gathered, os.environ, IGNORED_VARIABLES, "")
    if config_file is not None:
        _add_config_file(gathered, config_file)
    return gathered


def _add_command_line(gathered: Gathered, command_line: Mapping[str, Any]) -> None:
    for name, value in command_line.items():
        if name not in TERMS:
            meant = close_to(name.upper(), [known.upper() for known in TERMS])
            problem = Problem(f"--set {name.upper()}", None, "is not a setting.", meant or "Leave it out.")
            gathered.problems.append(problem)
            continue
        setting = TERMS[name].on_the_command_line(name)
        gathered.add(name, value, setting)
        if name in SECRETS and is_set(value):
            rule = "is a secret, and everybody on this machine can read what is typed."
            remedy = f"Set {name.upper()} in the environment or config.json."
            gathered.problems.append(Problem(setting, None, rule, remedy))


def _add_config_file(gathered: Gathered, config_file: Path) -> None:
    known = [path for terms in TERMS.values() for path in terms.paths]
    written, problems = read_config_file(config_file, known, IGNORED_PATHS)
    where = f" in {config_file.name}"
    gathered.problems += problems
    if written is None:
        gathered.complete = False
        return
    _ignore(gathered, written, IGNORED_PATHS, where)
    for name, terms in TERMS.items():
        for path in terms.paths:
            gathered.add(name, written.get(path), f"{path}{where}")


def _ignore(gathered: Gathered, written: Mapping[str, Any], ignored: Mapping[str, str], where: str) -> None:
    gathered.notices += [
        f"{name}{where} is ignored: {reason}"
        for name, reason in ignored.items()
        if is_set(written.get(name)) and written.get(name) is not False
    ]
