"""Judges who may sign in: whether the identity provider can have such names, and tells them to the hub."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deployer.settings.types import github
from deployer.settings.types.azure import is_guid
from deployer.settings.types.choices import Authentication
from deployer.settings.types.validation import Violation, either

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from deployer.settings.model import Settings

_PRINCIPAL_NAME = re.compile(r"[^@]+@[^@]+")
_GUEST = "#ext#@"


def user_names_fit_provider(settings: Settings, _present: Collection[str]) -> Iterator[Violation]:
    """Require logins for GitHub, and principal names (like e-mail addresses) or object ids for Entra."""
    for field in ("allowed_users", "admin_users"):
        strangers = [name for name in getattr(settings, field) if not _can_be_user(settings, name)]
        if strangers:
            yield Violation(
                field,
                f"names users that {settings.authentication} does not have: {', '.join(strangers)}.",
                "Write GitHub logins for github, user@example.org or object ids of users for entra.",
            )


def groups_fit_provider(settings: Settings, _present: Collection[str]) -> Iterator[Violation]:
    """Require names as in addresses for GitHub, and object ids for Entra, whose tokens hold no names."""
    groups = settings.allowed_organisations
    if settings.authentication is Authentication.ENTRA:
        yield from _no_object_ids([group for group in groups if not is_guid(group)])
    if settings.authentication is Authentication.GITHUB:
        yield from _not_on_github([group for group in groups if not github.GROUP.fullmatch(group)])


def warnings_about_people(settings: Settings) -> Iterator[str]:
    """Yield warnings about people who are listed, but whose names the hub may not be told."""
    guests = [name for name in (*settings.allowed_users, *settings.admin_users) if _GUEST in name]
    if settings.authentication is Authentication.ENTRA and guests:
        yield (
            f"Guests ({', '.join(dict.fromkeys(guests))}) can sign in under these names only if Entra tells "
            "them to the hub: add the optional claim upn to the application (portal: Token configuration), "
            'with "Externally authenticated" switched on. Or list the object ids of guests instead.'
        )


def _can_be_user(settings: Settings, name: str) -> bool:
    if settings.authentication is Authentication.GITHUB:
        return github.LOGIN.fullmatch(name) is not None
    if settings.authentication is Authentication.ENTRA:
        return is_guid(name) or _PRINCIPAL_NAME.fullmatch(name) is not None
    return True


def _no_object_ids(names: list[str]) -> Iterator[Violation]:
    if names:
        yield Violation(
            "allowed_organisations",
            f"names groups by something else than their object id: {', '.join(names)}. Entra only tells the "
            "hub the object ids of a visitor's groups, so that no visitor would be in these.",
            "Write the Object ID of each group (portal: Microsoft Entra ID, Groups), like "
            "00000000-0000-0000-0000-000000000000.",
        )


def _not_on_github(names: list[str]) -> Iterator[Violation]:
    """Refuse names that no address can have: JupyterHub would fail at the sign-in of everybody else."""
    if names:
        meant = either(map(_meant, names))
        yield Violation(
            "allowed_organisations",
            f"names organisations or teams in a way that GitHub's addresses do not: {', '.join(names)}.",
            "Write our-lab for github.com/our-lab, and our-lab:staff for the team "
            f"github.com/orgs/our-lab/teams/staff. Did you mean {meant}?",
        )


def _meant(name: str) -> str:
    """Return the slug of a name that pages show, or several names that only spaces separate."""
    words = name.split()
    are_names = all(github.GROUP.fullmatch(word) and github.slug(word) == word for word in words)
    return ", ".join(words) if are_names else github.slug(name)
