"""Explains the errors of Azure to people: what Azure said, the likely cause and what to do.

The innermost error decides, neither the status nor what wraps it: a failed operation has status 200, and AKS
reports the refusals of other services inside its own. The explanations are in `error_rules.yaml`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from importlib import resources
from typing import TYPE_CHECKING, TypeVar

import yaml
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError

from deployer.azure.error_layers import chain_in, chains_of
from deployer.errors import AzureError, CredentialsError, DeployerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from azure.core.exceptions import AzureError as SdkError

    from deployer.azure.error_layers import Chain, Layer

T = TypeVar("T")


@dataclass(frozen=True)
class Explanation:
    """The explanation of an error.

    Attributes:
        meaning: the likely cause.
        suggestion: what to do.
        retryable: whether the same run again can succeed.

    """

    meaning: str
    suggestion: str
    retryable: bool


@dataclass(frozen=True)
class ErrorRule:
    """One entry of `error_rules.yaml`; its first lines describe the fields."""

    meaning: str
    suggestion: str
    codes: tuple[str, ...] = ()
    pattern: re.Pattern[str] = field(default_factory=lambda: re.compile(""))
    said: str = ""
    retryable: bool = False
    envelope: bool = False

    def explain(self, layer: Layer) -> Explanation | None:
        """Return the explanation of an error that matches this rule, else None."""
        if self.codes and layer.code not in self.codes:
            return None
        found = self.pattern.search(f"{layer.text} {layer.context}")
        if found is None:
            return None
        groups = {name: (text or "").strip(" .") for name, text in found.groupdict().items()}
        meaning, suggestion = (words.format_map(groups).strip() for words in (self.meaning, self.suggestion))
        return Explanation(meaning, suggestion, self.retryable)


@cache
def error_rules() -> tuple[ErrorRule, ...]:
    """Return all rules in order."""
    text = resources.files("deployer.azure").joinpath("error_rules.yaml").read_text(encoding="utf-8")
    return tuple(_rule(**entry) for entry in yaml.load(text, Loader=yaml.CSafeLoader))


def explain(text: str, code: str = "") -> Explanation | None:
    """Return the explanation of an error of Azure or of a cluster, None when no rule matches.

    Args:
        text: the error message; errors that it quotes count more than itself.
        code: the error code, if there is one.

    """
    return _explain(chain_in(text, code))


def error_code(error: SdkError) -> str:
    """Return the innermost error code; the status ("HTTP 404") where there is none."""
    return chains_of(error)[0][-1].code


def explanation_of(error: SdkError) -> Explanation | None:
    """Return the explanation of an answer of Azure, None when no rule matches."""
    return _explain(chains_of(error)[0])


def azure_error(error: SdkError) -> DeployerError:
    """Return the error for people: a CredentialsError when Azure refused the login, else an AzureError.

    An answer that reports several errors gets the explanations of all of them.
    """
    chains = chains_of(error)
    known = _distinct(_explain(chain) for chain in chains)
    message = "; ".join(_distinct(chain[-1].text for chain in chains))
    cause = " ".join(_distinct(each.meaning for each in known)) or None
    suggestion = " ".join(_distinct(each.suggestion for each in known)) or None
    retryable = all(each.retryable for each in known) if known else _passes(error)
    if isinstance(error, ClientAuthenticationError):
        message = f"Azure did not accept the login: {message}"
        return CredentialsError(message, cause=cause, suggestion=suggestion, retryable=retryable)
    code = chains[0][-1].code
    return AzureError(message, code=code, cause=cause, suggestion=suggestion, retryable=retryable)


def _explain(chain: Chain) -> Explanation | None:
    """Return the first explanation, starting with the innermost error."""
    for layer in reversed(chain):
        rules = (rule for rule in error_rules() if layer is chain[-1] or not rule.envelope)
        known = next((found for rule in rules if (found := rule.explain(layer))), None)
        if known is not None:
            return known
    return None


def _distinct(items: Iterable[T | None]) -> list[T]:
    """Return each item once, in order, without None and empty texts."""
    return list(dict.fromkeys(item for item in items if item))


def _passes(error: SdkError) -> bool:
    status = (
        (error.status_code or 0) if isinstance(error, HttpResponseError) else HTTPStatus.INTERNAL_SERVER_ERROR
    )
    return status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _rule(  # noqa: PLR0913 - the fields of an entry
    *,
    meaning: str,
    suggestion: str,
    codes: Sequence[str] = (),
    pattern: str = "",
    said: str = "",
    retryable: bool = False,
    envelope: bool = False,
) -> ErrorRule:
    compiled = re.compile(pattern, re.IGNORECASE | re.DOTALL)
    return ErrorRule(meaning, suggestion, tuple(codes), compiled, said, retryable, envelope)
