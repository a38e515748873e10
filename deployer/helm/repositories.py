"""What ALLOWED_REPOSITORIES mean for each provider of repositories.

BinderHub looks for a regular expression that matches the start of the path that a visitor asks for, the
name of the provider not included. The path has another form for each provider, so each has expressions of
its own, and the providers that no pattern names have one that nothing matches: for BinderHub an empty list
means all repositories.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from deployer.settings.types import providers as named
from deployer.settings.types.providers import provider_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

# Configuration of this class holds for all of them, also for those of later releases of BinderHub.
ALL_PROVIDERS = "RepoProvider"
NOTHING = r"(?!)"
_IN_ADDRESSES = {
    "gh": "GitHubRepoProvider",
    "gist": "GistRepoProvider",
    "gl": "GitLabRepoProvider",
    "git": "GitRepoProvider",
    "zenodo": "ZenodoProvider",
    "figshare": "FigshareProvider",
    "dataverse": "DataverseProvider",
    "hydroshare": "HydroshareProvider",
    "ckan": "CKANProvider",
}
# Any text within a part of a path. A part that is `..` would lead to another repository.
_ANY = r"[\w.~-]*"
_NO_WAY_UP = r"(?!\.\.?(?:/|%2F|$))"
_HYDROSHARE_ADDRESS = r"(?:https?%3A%2F%2Fwww\.hydroshare\.org%2Fresource%2F)?"


def allowed_specs(patterns: Iterable[str]) -> dict[str, list[str]]:
    """Return `allowed_specs` of BinderHub by class of provider; nothing without patterns.

    Args:
        patterns: as validated: `owner/name` or a regular expression (`^…`) for GitHub, others with their
            provider.

    """
    allowed: dict[str, list[str]] = {}
    for pattern in patterns:
        # The class of gists inherits the configuration of GitHub's, so both need their own.
        allowed = allowed or {each: [] for each in (ALL_PROVIDERS, "GitHubRepoProvider", "GistRepoProvider")}
        provider, expression = _expression(pattern)
        allowed.setdefault(provider, []).append(expression)
    return {provider: expressions or [NOTHING] for provider, expressions in allowed.items()}


def open_providers(allowed: Mapping[str, list[str]]) -> dict[str, str]:
    """Return the classes of the providers that are not closed, by the name that BinderHub's addresses use."""
    return {
        name: provider
        for name, provider in _IN_ADDRESSES.items()
        if allowed.get(provider, [NOTHING]) != [NOTHING]
    }


def _expression(pattern: str) -> tuple[str, str]:
    """Return the class of a pattern's provider, and the regular expression for BinderHub."""
    provider = provider_of(pattern)
    if provider is None:
        return "GitHubRepoProvider", _github(pattern)
    name, expression = _OTHERS[provider.start]
    return name, expression(pattern.removeprefix(provider.start))


def _github(pattern: str) -> str:
    """Return an expression for `owner/name/reference`.

    Without the slash at the end, `owner/book` would also allow `owner/bookshop`.
    """
    return pattern if pattern.startswith("^") else f"^{_path(pattern)}/"


def _gist(pattern: str) -> str:
    return f"^{_path(pattern)}(?:/|$)"


def _doi(pattern: str) -> str:
    return f"^{_path(pattern)}$"


def _encoded(pattern: str) -> str:
    """Return an expression for `name%2Fwithout%2Fslashes/reference`."""
    return f"^{_path(pattern, '%2F')}/"


def _git(pattern: str) -> str:
    return f"^{_path(pattern, '%2F')}(?:\\.git)?/"


def _dataset(pattern: str) -> str:
    return f"^{_path(pattern, '%2F')}$"


def _resource(pattern: str) -> str:
    """Return an expression for an id, alone or in its address: BinderHub takes any id in any path."""
    return f"^{_HYDROSHARE_ADDRESS}{pattern.replace('*', named.HYDROSHARE_ID)}$"


def _path(pattern: str, separator: str = "/") -> str:
    return separator.join(map(_part, pattern.split("/")))


def _part(part: str) -> str:
    """Return an expression for one part of a path, as browsers encode it."""
    texts = (re.escape(quote(text, safe="")) for text in part.split("*"))
    return (_NO_WAY_UP if "*" in part else "") + _ANY.join(texts)


_OTHERS: dict[str, tuple[str, Callable[[str], str]]] = {
    named.GIST.start: ("GistRepoProvider", _gist),
    named.GITLAB.start: ("GitLabRepoProvider", _encoded),
    named.ZENODO.start: ("ZenodoProvider", _doi),
    named.FIGSHARE.start: ("FigshareProvider", _doi),
    named.DATAVERSE.start: ("DataverseProvider", _doi),
    named.HYDROSHARE.start: ("HydroshareProvider", _resource),
    named.CKAN.start: ("CKANProvider", _dataset),
    named.GIT.start: ("GitRepoProvider", _git),
}
