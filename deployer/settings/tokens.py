"""Finds secrets in fields that are shown: what looks like a token, and a secret that stands in two fields.

A form has a secret beside its id, and people paste into the wrong field. What stands there is kept in clear:
in the record, and in the parameters of the deployment.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from deployer.redaction import REDACTOR
from deployer.settings.types.validation import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deployer.settings.sources import Given


@dataclass(frozen=True)
class Token:
    """What a kind of secret looks like.

    Attributes:
        kind: in words.
        pattern: of its text.
        fields: where it belongs.
        only_in: the fields where the pattern is looked for; None for all.

    """

    kind: str
    pattern: re.Pattern[str]
    fields: tuple[str, ...]
    only_in: tuple[str, ...] | None = None


TOKENS = (
    Token(
        "an access token of GitHub",
        re.compile(r"(?<![A-Za-z0-9_])(?:gh[oprsu]_[A-Za-z0-9_]{20,}|github_pat_[A-Za-z0-9_]{20,})"),
        ("github_access_token",),
    ),
    Token(
        "an access token of Docker Hub",
        re.compile(r"(?<![A-Za-z0-9_])dckr_[op]at_[A-Za-z0-9_-]{20,}"),
        ("dockerhub_password",),
    ),
    Token(
        "a client secret of Entra",
        re.compile(r"(?<![A-Za-z0-9_.~-])[A-Za-z0-9_.~-]{3}[0-9]Q~[A-Za-z0-9_.~-]{31,34}(?![A-Za-z0-9_.~-])"),
        ("sp_app_key", "oauth_client_secret"),
    ),
    Token(
        "a client secret of GitHub",
        re.compile(r"(?<![0-9a-fA-F])[0-9a-fA-F]{40}(?![0-9a-fA-F])"),
        ("oauth_client_secret",),
        only_in=("oauth_client_id", "sp_app_id"),
    ),
)


def misplaced_secrets(given: Mapping[str, Given]) -> Iterator[Violation]:
    """Yield a violation for each field with a secret that does not belong there, at most one a field."""
    texts = {name: _text(one.value) for name, one in given.items() if name != "helm_values"}
    for name, text in texts.items():
        found = next((token for token in TOKENS if _is_misplaced(token, name, text)), None)
        if found is not None:
            REDACTOR.hide(SecretStr(text.strip()))
            yield Violation(
                name, f"looks like {found.kind}.", _remedy(found, shown=not _is_secret(given[name]))
            )
        elif twin := _twin(name, text, given):
            yield Violation(
                name, f"is also the value of {twin.upper()}, which is shown.", "Write the secret here only."
            )


def _is_misplaced(token: Token, name: str, text: str) -> bool:
    if name in token.fields or (token.only_in is not None and name not in token.only_in):
        return False
    return token.pattern.search(text) is not None


def _twin(name: str, text: str, given: Mapping[str, Given]) -> str | None:
    """Return the field that shows the value of a secret field; names of a hub are no secrets."""
    if not _is_secret(given[name]):
        return None
    shown = (other for other, one in given.items() if not _is_secret(one))
    return next((other for other in shown if _text(given[other].value).strip() == text.strip()), None)


def _remedy(token: Token, *, shown: bool) -> str:
    right = " or ".join(field.upper() for field in token.fields)
    spoilt = (
        " Make a new one and revoke this one: what was typed here has been kept in clear." if shown else ""
    )
    return f"Write it as {right}.{spoilt}"


def _is_secret(one: Given) -> bool:
    return isinstance(one.value, SecretStr)


def _text(value: Any) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
