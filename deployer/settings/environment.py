"""Reads settings from environment variables, without what files of variables leave around a value.

`docker --env-file` and similar ways to pass on a file keep the quotes around a value, the comment after it or
the carriage return at its end, where a shell would remove them.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deployer.settings.model import ALIASES, SECRETS, Settings
from deployer.settings.types.azure import is_guid

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

QUOTES = "quotes around"
COMMENT = "a comment after"
CARRIAGE_RETURN = "a carriage return after"

# What a child process may know: where programs and its own files are, and how the network is reached.
# Libraries read the variables of proxies in both cases.
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_FOR_CHILDREN = frozenset(
    {"PATH", "HOME", "SSL_CERT_FILE", "SSL_CERT_DIR", *_PROXIES, *(name.upper() for name in _PROXIES)}
)

# Of one line: such files have no values of several lines.
_QUOTED = re.compile(r"""(["'])((?:(?!\1).)*)\1(\s+#.*)?""")
_COMMENTED = re.compile(r"(|.*?\s)#.*")
# Text in which a # after a space can belong to the value.
_FREE_TEXT = frozenset({"tags", "helm_values", "dockerhub_password"})


@dataclass(frozen=True)
class Variable:
    """An environment variable of a setting.

    Attributes:
        setting: name of the setting.
        name: of the variable.
        value: what it holds, without remains.
        remains: what was removed from around the value: QUOTES, COMMENT, CARRIAGE_RETURN.
        keeps_hash: whether the value has a # after a space that was kept, because it may belong to a secret.

    """

    setting: str
    name: str
    value: str = field(repr=False)
    remains: tuple[str, ...] = ()
    keeps_hash: bool = False

    @property
    def label(self) -> str:
        """The name for messages, with the current name of the setting where the variable has an older one."""
        current = self.setting.upper()
        if self.name != current:
            return f"{self.name} (now {current})"
        return ALIASES[self.setting].in_the_environment(self.setting)


def read_environment() -> Iterator[Variable]:
    """Yield every variable that names a setting, those of earlier releases after the current ones."""
    in_any_case = _variables_in_any_case()
    for name in Settings.model_fields:
        if name in in_any_case:
            yield tidied(name, name.upper(), in_any_case[name])
    for name, aliases in ALIASES.items():
        for variable in aliases.variables:
            if variable in os.environ:
                yield tidied(name, variable, os.environ[variable])


def forget_secrets() -> None:
    """Remove every secret from the environment, where libraries and child processes would see it."""
    names = {name.upper() for name in SECRETS}
    old_names = {variable for name in SECRETS for variable in ALIASES[name].variables}
    for variable in [each for each in os.environ if each.upper() in names or each in old_names]:
        del os.environ[variable]


def child_environment() -> dict[str, str]:
    """Return the variables for a child process: no setting is among them."""
    return {name: value for name, value in os.environ.items() if name in _FOR_CHILDREN}


def read_variable(name: str) -> str:
    """Return the value of the variable of one setting; "" if there is none."""
    return tidied(name, name.upper(), _variables_in_any_case().get(name, "")).value


def _variables_in_any_case() -> dict[str, str]:
    """Return the values of all variables by their names in small letters."""
    return {variable.lower(): value for variable, value in os.environ.items()}


def tidied(name: str, variable: str, text: str) -> Variable:
    """Return a variable without the remains of a file around its value.

    Args:
        name: name of the setting.
        variable: name of the variable.
        text: its value as it is.

    """
    line = text.strip()
    remains = (CARRIAGE_RETURN,) if text.rstrip(" \t\n").endswith("\r") else ()
    if quoted := _QUOTED.fullmatch(line):
        comment = (COMMENT,) if quoted[3] else ()
        return Variable(name, variable, quoted[2].strip(), (QUOTES, *comment, *remains))
    commented = _COMMENTED.fullmatch(line)
    if commented and _begins_comment(name, commented[1].strip()):
        return Variable(name, variable, commented[1].strip(), (COMMENT, *remains))
    keeps_hash = commented is not None and bool(commented[1]) and name == "dockerhub_password"
    return Variable(name, variable, text, remains, keeps_hash)


def _begins_comment(name: str, before: str) -> bool:
    """Return whether a # after `before` cannot belong to the value of a setting."""
    if name == "azure_subscription":  # a name, such as "Team # 3", or an id
        return is_guid(before.rpartition("/")[2])
    return name not in _FREE_TEXT


def remains_in_words(variables: Sequence[Variable]) -> str | None:
    """Return one warning about all remains, without values; None if there are none."""
    removed = "; ".join(
        f"{what} {', '.join(names)}"
        for what in (QUOTES, COMMENT, CARRIAGE_RETURN)
        if (names := [variable.name for variable in variables if what in variable.remains])
    )
    kept = [variable.name for variable in variables if variable.keeps_hash]
    sentences = [
        *([f"Removed from the environment: {removed}."] if removed else []),
        *([f"Kept: the # after a space in {', '.join(kept)}."] if kept else []),
        "docker --env-file passes on quotes and comments as part of a value: leave them out of the file.",
    ]
    return " ".join(sentences) if removed or kept else None
