"""Which repositories BinderHub builds, for any configuration, and what it gives their builds.

PyPI has BinderHub of 2018 alone, so the rules of today's are written down here. They rest on
`RepoProvider.is_banned` and the classes below it in `binderhub/repoproviders.py`, on
`BaseHandler.get_provider` and on `BuildHandler.get`, as of April 2026. Traitlets gives a class the
configuration of the classes that it inherits from, unless it has its own.
"""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

CLASSES = {
    "gh": ("RepoProvider", "GitHubRepoProvider"),
    "gist": ("RepoProvider", "GitHubRepoProvider", "GistRepoProvider"),
    "git": ("RepoProvider", "GitRepoProvider"),
    "gl": ("RepoProvider", "GitLabRepoProvider"),
    "zenodo": ("RepoProvider", "ZenodoProvider"),
    "figshare": ("RepoProvider", "FigshareProvider"),
    "hydroshare": ("RepoProvider", "HydroshareProvider"),
    "dataverse": ("RepoProvider", "DataverseProvider"),
    "ckan": ("RepoProvider", "CKANProvider"),
}


def configured(values: dict[str, Any], provider: str, trait: str) -> Any:
    """Return a trait of a provider, None for its default.

    Args:
        values: of the chart.
        provider: as in BinderHub's addresses: `gh`.
        trait: name of the trait.

    """
    found = None
    for name in CLASSES[provider]:
        found = values["config"].get(name, {}).get(trait, found)
    return found


def is_built(values: dict[str, Any], provider: str, path: str) -> bool:
    """Return whether BinderHub builds what a visitor asks for.

    Args:
        values: of the chart.
        provider: as in the address `/build/<provider>/<path>`.
        path: the rest of the address, encoded as browsers send it.

    """
    if provider not in offered(values):
        return False
    allowed = configured(values, provider, "allowed_specs")
    return not allowed or any(re.match(spec, path.rstrip("/"), re.IGNORECASE) for spec in allowed)


def offered(values: dict[str, Any]) -> set[str]:
    """Return the providers on BinderHub's page, as its configuration file leaves them."""
    binderhub = SimpleNamespace(repo_providers=dict.fromkeys(CLASSES))
    modules = SimpleNamespace(**{classes[-1]: classes[-1] for classes in CLASSES.values()})
    snippet = values.get("extraConfig", {}).get("allowed-providers", "")
    code = snippet.replace("from binderhub import repoproviders", "")
    exec(code, {"c": SimpleNamespace(BinderHub=binderhub), "repoproviders": modules})  # noqa: S102 - ours
    return set(binderhub.repo_providers)
