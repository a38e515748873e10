"""Rules and warnings about visitors: who may use a hub, and what may be built for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.settings.types.choices import Authentication
from deployer.settings.types.validation import Violation

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from deployer.settings.model import Settings

_FINE_GRAINED = "github_pat_"
PROVIDERS = {Authentication.GITHUB: "GitHub", Authentication.ENTRA: "Microsoft Entra"}
_AZURES_SITE = "azure.com"
_TO_CLOSE = (
    " To change that, list the repositories that may be built (ALLOWED_REPOSITORIES), or let visitors "
    "sign in (AUTHENTICATION)."
)
SHARED_SITE = (
    "Visitors sign in at a name below azure.com, which many others have in Azure, too. Browsers take all "
    "these names for one site, so the page of a stranger there can set cookies for this hub and send "
    "requests in the name of its visitors. Use a domain of your own (DOMAIN_NAME)."
)


def sign_in_has_https(settings: Settings, _present: Collection[str]) -> Iterator[Violation]:
    """Require HTTPS for sign-in; `azuredeploy.json` refuses in the same words."""
    if settings.authentication is not Authentication.NONE and not settings.https:
        yield Violation(
            "authentication",
            "needs HTTPS: over plain HTTP, others on the network can read what visitors send and take over "
            "their accounts on the hub.",
            "Give a contact e-mail address and leave HTTPS on, or choose none.",
        )


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
    if is_open(settings):
        yield who_may_use(settings)
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


def is_open(settings: Settings) -> bool:
    """Return whether anyone may have any repository built."""
    return settings.authentication is Authentication.NONE and not settings.allowed_repositories


def who_may_use(settings: Settings) -> str:
    """Return who may use the hub, and for what, in words; for an open hub also what would change that."""
    what = (
        "the repositories that ALLOWED_REPOSITORIES list"
        if settings.allowed_repositories
        else "any public repository"
    )
    if settings.authentication is Authentication.NONE:
        advice = "" if settings.allowed_repositories else _TO_CLOSE
        return (
            f"Anyone who knows the address of this hub can build and run {what}, without signing in and at "
            f"your cost.{advice}"
        )
    return (
        f"The listed people who sign in with {PROVIDERS[settings.authentication]} can build and run {what}."
    )


def shares_its_site(settings: Settings) -> bool:
    """Return whether visitors sign in at a name that is one site with those of strangers.

    A site is what the Public Suffix List (https://publicsuffix.org) says; `azure.com` is not on it.
    """
    domain = settings.domain_name or _AZURES_SITE
    return settings.authentication is not Authentication.NONE and f".{domain}".endswith(f".{_AZURES_SITE}")
