"""Kinds of settings with several values: people, places, tags, and the user's own chart values."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import yaml
from pydantic import BeforeValidator, SecretStr

from deployer.settings.breach import refusal
from deployer.settings.text_kinds import plain_text

if TYPE_CHECKING:
    from collections.abc import Callable

OUR_TAGS = ("binderhub-name", "binderhub-created-by")
MOST_TAGS = 50 - len(OUR_TAGS)
LONGEST_TAG_NAME = 128  # storage accounts' limit; other resources take 512
LONGEST_TAG_VALUE = 256
_PERSON = re.compile(r"[\w.+-]+(?:@[\w.-]+)?")
_ORGANISATION = re.compile(r"[\w][\w .:-]*")
_GITHUB_PAGE = re.compile(r"^(?:https?://)?(?:www\.)?github\.com/")
_REPOSITORY_PATTERN = re.compile(r"[\w.*-]+(?:/[\w.*-]+)+")


def several(item: Callable[[str], str], separators: str = r"[,\s]+") -> Callable[[Any], tuple[str, ...]]:
    """Return a validator for a list: JSON, or separated by commas or white space; each part once.

    Args:
        item: checks and normalises one part.
        separators: pattern of what stands between parts.

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
        except ValueError:
            raise refusal("is not a JSON list.", 'Write ["a", "b"], or a, b.') from None
    if not isinstance(value, str):
        raise refusal("must be a list.", 'Write ["a", "b"], or a, b.')
    return [part for part in re.split(separators, text) if part]


def person(text: str) -> str:
    """Accept a user's name or e-mail address; `*` would let everybody in."""
    if not _PERSON.fullmatch(text):
        raise refusal(
            "must list users by name.", "Write user names (GitHub) or user@example.org (Entra), with commas."
        )
    return text.lower()


def organisation(text: str) -> str:
    """Accept an organisation, a team (`organisation:team`) or a group's name or id."""
    if not _ORGANISATION.fullmatch(text):
        raise refusal(
            "must list organisations or groups by name.", "Write their names with commas between them."
        )
    return text


def repository_pattern(text: str) -> str:
    """Accept `owner/name` with `*` for any part of it, or a regular expression that starts with `^`."""
    if text.startswith("^"):
        try:
            re.compile(text)
        except re.error:
            raise refusal(
                "holds a regular expression that doesn't compile.", "Write owner/* instead."
            ) from None
        return text
    pattern = _GITHUB_PAGE.sub("", text).rstrip("/").removesuffix(".git")
    if not _REPOSITORY_PATTERN.fullmatch(pattern):
        raise refusal(
            "must list repositories.", "Write them as owner/name or owner/*, with commas between them."
        )
    return pattern


def origin(text: str) -> str:
    """Accept the origin of a web page: https, host and perhaps a port."""
    address = urlsplit(text.rstrip("/").lower())
    plain = f"{address.scheme}://{address.netloc}" == address.geturl()
    if address.scheme != "https" or not address.hostname or address.username or not plain:
        raise refusal(
            "must list web origins.",
            "Write them as https://book.example.org, without a path, with commas between.",
        )
    return address.geturl()


def tags(value: Any) -> dict[str, str]:
    """Accept tags as a JSON object or as `name=value` with commas between, within Azure's limits."""
    pairs = _tag_pairs(value)
    names = [name for name, _ in pairs]
    if len(pairs) > MOST_TAGS:
        raise refusal(
            f"has more than {MOST_TAGS} tags.",
            f"Azure takes 50, and {len(OUR_TAGS)} are ours: leave some out.",
        )
    if len({name.lower() for name in names}) < len(names):
        raise refusal("names a tag twice (Azure does not tell upper from lower case).", "Name each tag once.")
    for name, content in pairs:
        _check_tag(name, content)
    return dict(pairs)


def _tag_pairs(value: Any) -> list[tuple[str, str]]:
    wrong = refusal("must be tags.", 'Write {"name": "value", …} or name=value, name=value.')
    if isinstance(value, str) and value.strip().startswith("{"):
        try:
            value = json.loads(value)
        except ValueError:
            raise wrong from None
    if isinstance(value, dict):
        if not all(isinstance(content, (str, int, float, bool)) for content in value.values()):
            raise wrong
        return [(name.strip(), _as_text(content)) for name, content in value.items()]
    if not isinstance(value, str) or any("=" not in pair for pair in value.split(",") if pair.strip()):
        raise wrong
    split = (pair.partition("=") for pair in value.split(",") if pair.strip())
    return [(name.strip(), content.strip()) for name, _, content in split]


def _as_text(content: Any) -> str:
    return content if isinstance(content, str) else json.dumps(content)


def _check_tag(name: str, content: str) -> None:
    lowered = name.lower()
    if not 1 <= len(name) <= LONGEST_TAG_NAME or len(content) > LONGEST_TAG_VALUE:
        raise refusal(
            f"has a tag with an empty or too long name ({LONGEST_TAG_NAME}) or value ({LONGEST_TAG_VALUE}).",
            "Shorten it.",
        )
    if re.search(r"[<>%&\\?/]", name) or not (name + content).isprintable():
        raise refusal(r"has a tag name with one of < > % & \ ? / or a control character.", "Leave these out.")
    if lowered.startswith(("microsoft", "azure", "windows", "aks-managed")) or lowered in OUR_TAGS:
        raise refusal(
            "has a tag name that Azure or this deployer keeps for itself.", "Choose another name for it."
        )


def helm_values(value: Any) -> SecretStr:
    """Accept YAML of chart values, or JSON's objects; no message shows any of it: it may hold secrets."""
    given = value.get_secret_value() if isinstance(value, SecretStr) else value
    text = given if isinstance(given, str) else json.dumps(given)
    try:
        document = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        where = f" (line {error.problem_mark.line + 1})" if error.problem_mark else ""
        raise refusal(f"is not YAML{where}.", "Check its indentation and its quotes.") from None
    except (yaml.YAMLError, ValueError):
        raise refusal("is not YAML.", "Check its indentation, its quotes and its characters.") from None
    if not isinstance(document, dict) or not all(isinstance(key, str) for key in document):
        raise refusal(
            "must be a YAML mapping.", "Write lines of the form key: value, as in a chart's values.yaml."
        )
    return SecretStr(text)


People = Annotated[tuple[str, ...], BeforeValidator(several(person))]
Organisations = Annotated[tuple[str, ...], BeforeValidator(several(organisation, r"\s*,\s*"))]
RepositoryPatterns = Annotated[tuple[str, ...], BeforeValidator(several(repository_pattern))]
Origins = Annotated[tuple[str, ...], BeforeValidator(several(origin))]
Tags = Annotated[dict[str, str], BeforeValidator(tags)]
HelmValues = Annotated[SecretStr, BeforeValidator(helm_values)]
