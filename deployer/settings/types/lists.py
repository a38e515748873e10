"""Types of settings with several values: users, organisations, repositories, origins, chart values."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import yaml
from pydantic import BeforeValidator, SecretStr

from deployer.settings.chart_yaml import UnusableValuesError, load_chart_values
from deployer.settings.types.azure import is_guid
from deployer.settings.types.providers import provider_pattern
from deployer.settings.types.text import plain_text
from deployer.settings.types.validation import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

# Characters of principal names in Entra; the name of a guest is "name_home.org#EXT#@tenant.onmicrosoft.com".
_PERSON = re.compile(r"[\w.+'!#^~-]+(?:@[\w.-]+)?")
_ORGANISATION = re.compile(r"[\w][\w .:-]*")
_GITHUB_PAGE = re.compile(r"^(?:https?://)?(?:www\.)?github\.com/")
_REPOSITORY_PATTERN = re.compile(r"[\w.*-]+(?:/[\w.*-]+)+")


def several(item: Callable[[str], str], separators: str = r"[,\s]+") -> Callable[[Any], tuple[str, ...]]:
    """Return a validator for a list, as JSON or separated by commas or white space, without duplicates.

    Args:
        item: validates and normalises one item.
        separators: pattern of the separators.

    """

    def parts(value: Any) -> tuple[str, ...]:
        return tuple(dict.fromkeys(item(plain_text(part)) for part in _split(value, separators)))

    return parts


def _split(value: Any, separators: str) -> list[Any]:
    if isinstance(value, (list, tuple)):
        return [part for part in value if part != ""]
    text = value.strip() if isinstance(value, str) else ""
    if text.startswith("["):
        try:
            return list(json.loads(text))
        except (ValueError, RecursionError):
            raise refusal("is not a JSON list.", 'Write ["a", "b"], or a, b.') from None
    if not isinstance(value, str):
        raise refusal("must be a list.", 'Write ["a", "b"], or a, b.')
    return [part for part in re.split(separators, text) if part]


def person(text: str) -> str:
    """Accept a user name or a principal name; `*` would allow everybody."""
    if not _PERSON.fullmatch(text):
        raise refusal(
            "must list users by name.",
            "Write user names (GitHub) or user@example.org (Entra), separated by commas.",
        )
    return text.lower()


def organisation(text: str) -> str:
    """Accept an organisation, a team (`organisation:team`), or the object id of a group in Entra."""
    if is_guid(text):
        return text.lower()  # as in the tokens of Entra
    if not _ORGANISATION.fullmatch(text):
        raise refusal(
            "must list organisations or groups.",
            "Write names of organisations (GitHub) or object ids of groups (Entra), separated by commas.",
        )
    return text


def repository_pattern(text: str) -> str:
    """Accept `owner/name` on GitHub, a regular expression for it (`^…`), or a pattern with another provider.

    In patterns, `*` stands for any text.
    """
    if text.startswith("^"):
        try:
            re.compile(text)
        except re.error:
            raise refusal(
                "contains a regular expression that is not valid.", "Write owner/* instead."
            ) from None
        return text
    if pattern := provider_pattern(text):
        return pattern
    pattern = _GITHUB_PAGE.sub("", text).rstrip("/").removesuffix(".git")
    if not _REPOSITORY_PATTERN.fullmatch(pattern):
        raise refusal("must list repositories.", "Write them as owner/name or owner/*, separated by commas.")
    return pattern


def origin(text: str) -> str:
    """Accept the origin of a web page: https, host and optionally a port."""
    address = urlsplit(text.rstrip("/").lower())
    plain = f"{address.scheme}://{address.netloc}" == address.geturl()
    if address.scheme != "https" or not address.hostname or address.username or not plain:
        raise refusal(
            "must list web origins.",
            "Write them as https://book.example.org, without a path, separated by commas.",
        )
    return address.geturl()


def helm_values(value: Any) -> SecretStr:
    """Accept chart values as YAML, JSON, or either in base64, and return them as JSON.

    No message quotes them, because they may hold secrets.
    """
    given = value.get_secret_value() if isinstance(value, SecretStr) else value
    text = _decoded(given) if isinstance(given, str) else json.dumps(given)
    try:
        document = load_chart_values(text)
    except UnusableValuesError as error:
        raise refusal(error.rule, error.remedy) from None
    except yaml.MarkedYAMLError as error:
        where = f" (line {error.problem_mark.line + 1})" if error.problem_mark else ""
        raise refusal(f"is not YAML{where}.", _yaml_remedy(text)) from None
    except (yaml.YAMLError, ValueError):
        raise refusal("is not YAML.", "Check its indentation, its quotes and its characters.") from None
    if not isinstance(document, dict):
        raise refusal(
            "must be a YAML mapping.", "Write lines of the form key: value, as in the values.yaml of a chart."
        )
    return SecretStr(json.dumps(document))


def _decoded(text: str) -> str:
    """Return text that is in base64 decoded, any other text as it is; no mapping is valid base64."""
    packed = "".join(text.split())
    try:
        return base64.b64decode(packed, validate=True).decode() if packed else text
    except ValueError:
        return text


def _yaml_remedy(text: str) -> str:
    if "\n" in text.strip():
        return "Check its indentation and its quotes."
    return "A field of one line removes line breaks: write JSON there, or base64."


People = Annotated[tuple[str, ...], BeforeValidator(several(person))]
Organisations = Annotated[tuple[str, ...], BeforeValidator(several(organisation, r"\s*,\s*"))]
RepositoryPatterns = Annotated[tuple[str, ...], BeforeValidator(several(repository_pattern))]
Origins = Annotated[tuple[str, ...], BeforeValidator(several(origin))]
HelmValues = Annotated[SecretStr, BeforeValidator(helm_values)]
