"""The providers of repositories that BinderHub knows besides GitHub, as ALLOWED_REPOSITORIES name them.

A pattern without a provider stands for GitHub. The others are written as their addresses begin
(`gitlab.com/group/name`), or with the name of the provider (`zenodo:10.5281/zenodo.3242074`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.settings.types.validation import either, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

_PART = r"[\w.~*-]+"
_SCHEME = re.compile(r"^(?:https?:)?//", re.IGNORECASE)
_PROVIDER = re.compile(r"([a-z]+):(?!//)(.+)", re.IGNORECASE)
_HYDROSHARE = re.compile(r"^(?:https?://)?(?:www\.)?hydroshare\.org/resource/")
_DOI = re.compile(r"^(?:https?://)?(?:dx\.)?doi\.org/")


@dataclass(frozen=True)
class Provider:
    """A provider of repositories.

    Attributes:
        start: start of its patterns.
        repository: regular expression for the rest of a pattern, in which `*` stands for any text.
        example: a whole pattern.
        tidy: removes what people paste along with it.

    """

    start: str
    repository: re.Pattern[str]
    example: str
    tidy: Callable[[str], str] = str


def _without_git(text: str) -> str:
    return text.rstrip("/").removesuffix(".git")


def _doi(text: str) -> str:
    return _DOI.sub("", text).rstrip("/")


def _resource(text: str) -> str:
    return _HYDROSHARE.sub("", text).rstrip("/").lower()


HYDROSHARE_ID = "[0-9a-f]{32}"
_DOI_NAME = re.compile(rf"10\.\d+(?:/{_PART})+")
_ADDRESS = re.compile(rf"https?://[\w.-]+(?::\d+)?(?:/{_PART})+")

GITLAB = Provider(
    "gitlab.com/", re.compile(rf"{_PART}(?:/{_PART})+"), "gitlab.com/group/project", _without_git
)
GIST = Provider(
    "gist.github.com/",
    re.compile(rf"{_PART}/{_PART}"),
    "gist.github.com/owner/0123456789abcdef",
    _without_git,
)
ZENODO = Provider("zenodo:", _DOI_NAME, "zenodo:10.5281/zenodo.3242074", _doi)
FIGSHARE = Provider("figshare:", _DOI_NAME, "figshare:10.6084/m9.figshare.9782777", _doi)
DATAVERSE = Provider("dataverse:", _DOI_NAME, "dataverse:10.7910/DVN/TJCLKP", _doi)
HYDROSHARE = Provider(
    "hydroshare:",
    re.compile(rf"{HYDROSHARE_ID}|\*"),
    "hydroshare:8f7c2f0341ef4180b0dbe97f59130756",
    _resource,
)
CKAN = Provider("ckan:", _ADDRESS, "ckan:https://demo.ckan.org/dataset/sample", lambda text: text.rstrip("/"))
GIT = Provider("git:", _ADDRESS, "git:https://git.example.org/group/project", _without_git)
PROVIDERS = (GITLAB, GIST, ZENODO, FIGSHARE, DATAVERSE, HYDROSHARE, CKAN, GIT)


def provider_of(pattern: str) -> Provider | None:
    """Return the provider that a valid pattern names; None for GitHub."""
    return next((provider for provider in PROVIDERS if pattern.startswith(provider.start)), None)


def provider_pattern(text: str) -> str | None:
    """Accept a pattern that names a provider; return None for any other text.

    Raises:
        PydanticCustomError: it names an unknown provider, or no repository of its provider.

    """
    address = _SCHEME.sub("", text).removeprefix("www.")
    named = _PROVIDER.fullmatch(text)
    start = f"{named[1].lower()}:" if named else f"{address.partition('/')[0].lower()}/"
    provider = next((each for each in PROVIDERS if each.start == start), None)
    if provider is None:
        if named:
            known = either(each.start for each in PROVIDERS)
            raise refusal(
                "contains a provider of repositories that BinderHub does not know.", f"Write {known}."
            )
        return None
    rest = provider.tidy(named[2] if named else address.partition("/")[2])
    if not provider.repository.fullmatch(rest):
        raise refusal(
            "contains a pattern that no repository of its provider can match.",
            f"Write one like {provider.example}.",
        )
    return f"{provider.start}{rest}"
