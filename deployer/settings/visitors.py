"""Rules and warnings about visitors: who may use a hub, and what may be built for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.settings.types.choices import Authentication
from deployer.settings.types.validation import Violation

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from deployer.settings.model import Settings

_FINE_GRAINED = "github_pat_"


def private_repositories_are_closed(settings: Settings, present: Collection[str]) -> Iterator[Violation]:
    """Require a token for private repositories, sign-in, and a list of what may be built."""
    if not settings.private_repositories:
        return
    if "github_access_token" not in present:
        yield Violation(
            "private_repositories",
            "is true, but GITHUB_ACCESS_TOKEN is not set, without which no private repository can be read.",
            "Set it to a fine-grained token that can only read the contents of these repositories, or leave "
            "PRIVATE_REPOSITORIES false.",
        )
    if settings.authentication is Authentication.NONE:
        yield Violation(
            "private_repositories",
            "is true, but anyone may use the hub without signing in, and could read them.",
            "Set AUTHENTICATION to github or entra, or leave PRIVATE_REPOSITORIES false.",
        )
    if "allowed_repositories" not in present:
        yield Violation(
            "private_repositories",
            "is true, but ALLOWED_REPOSITORIES is not set, so that every repository that the token can read "
            "could be opened.",
            "List the repositories that may be built, or leave PRIVATE_REPOSITORIES false.",
        )


def warnings_about_visitors(settings: Settings) -> Iterator[str]:
    """Yield the warnings about who may use the hub, and with what."""
    yield from _private_repositories(settings)


def _private_repositories(settings: Settings) -> Iterator[str]:
    token = settings.github_access_token
    if not settings.private_repositories or token is None:
        return
    kind = (
        "" if token.get_secret_value().startswith(_FINE_GRAINED) else " This token is not a fine-grained one."
    )
    yield (
        "GITHUB_ACCESS_TOKEN is given to the builds of private repositories, and everyone who may sign in "
        "can open what ALLOWED_REPOSITORIES list. Use a fine-grained token that can only read the contents "
        f"of these repositories, and that expires.{kind}"
    )
