"""Types of settings with several values: users, organisations, repositories, origins, chart values."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Annotated, Any

import yaml
from pydantic import BeforeValidator, SecretStr

from deployer.settings.chart_yaml import UnusableValuesError, load_chart_values
from deployer.settings.types import github
from deployer.settings.types.azure import is_guid
from deployer.settings.types.providers import provider_pattern
from deployer.settings.types.text import plain_text, split_url
from deployer.settings.types.validation import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

# Characters of principal names in Entra; the name of a guest is "name_home.org#EXT#@tenant.onmicrosoft.com".
_PERSON = re.compile(r"[\w.+'!#^~-]+(?:@[\w.-]+)?")
_ORIGIN_IN_HELM_VALUES = (
    "set config.BinderHub.cors_allow_origin and jupyterhub.hub.config.BinderSpawner.cors_allow_origin in "
    "HELM_VALUES."
)
_ORGANISATION = re.compile(r"[\w][\w .:-]*")


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
    """Accept a user name, a principal name, or an object id of Entra; `*` would allow everybody."""
    name = github.without_address(text).removeprefix("@").rstrip("/")
    if not _PERSON.fullmatch(name):
        raise refusal(
            "must list users by name.",
            "Write user names (GitHub) or user@example.org (Entra), separated by commas.",
        )
    return name.lower()


def organisation(text: str) -> str:
    """Accept an organisation, a team (`organisation:team`), or the object id of a group in Entra."""
    if is_guid(text):
        return text.lower()  # as in the tokens of Entra
    name = github.organisation(text)
    if not _ORGANISATION.fullmatch(name):
        raise refusal(
            "must list organisations or groups.",
            "Write names of organisations (GitHub) or object ids of groups (Entra), separated by commas.",
        )
    return name


def repository_pattern(text: str) -> str:
    """Accept a pattern for repositories on GitHub, or one with another provider."""
    pattern = None if text.startswith("^") else provider_pattern(text)
    return pattern or github.repository_pattern(text)


def origin(text: str) -> str:
    """Accept the origin of a web page: https, host and optionally a port."""
    address = split_url(text.rstrip("/").lower())
    if text == "*":
        raise refusal(
            "would let every web page start sessions here, in the name of whoever looks at it.",
            f"List the pages, like https://book.example.org. For all pages, {_ORIGIN_IN_HELM_VALUES}",
        )
    if _is_this_machine(address.hostname):
        raise refusal(
            "names a page on the computer of whoever looks at it, where any program can serve one.",
            "Show the page at an address that begins with https://. "
            f"On a hub that is for tests alone, {_ORIGIN_IN_HELM_VALUES}",
        )
    plain = f"{address.scheme}://{address.netloc}" == address.geturl()
    if address.scheme == "http" and plain:
        raise refusal(
            "names a page that is served over http, which others on the network can change.",
            "Serve the page over https, and write its address with https://.",
        )
    if address.scheme != "https" or not address.hostname or address.username or not plain:
        raise refusal(
            "must list web origins.",
            "Write them as https://book.example.org, without a path, separated by commas.",
        )
    return address.geturl()


def _is_this_machine(host: str | None) -> bool:
    return (
        host in {"localhost", "::1"} or (host or "").startswith("127.") or (host or "").endswith(".localhost")
    )


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
