"""Rules between settings: what one demands of another.

They run even when single settings are wrong, so that all problems are told at once; a rule that needs the
value of a wrong setting waits for the next attempt.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.settings import unbuilt
from deployer.settings.breach import Breach
from deployer.settings.choices import Authentication, ContainerRegistry

if TYPE_CHECKING:
    from collections.abc import Collection

    from deployer.settings.model import Settings

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_USER_NAMES = {
    Authentication.NONE: re.compile(r".*"),
    Authentication.GITHUB: re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38})"),
    Authentication.ENTRA: re.compile(r"[^@]+@[^@]+"),
}
_SERVICE_PRINCIPAL = ("sp_app_id", "sp_app_key", "sp_tenant_id")
_WHO_MAY = ("allowed_users", "allowed_organisations", "admin_users")


Check = Callable[["Settings", "Collection[str]"], Iterator[Breach]]


@dataclass(frozen=True)
class Rule:
    """A check between settings.

    Attributes:
        reads: fields whose values it reads; it doesn't run while one of them is wrong.
        check: given the settings and the names of all fields that are set, yields what is broken.

    """

    reads: tuple[str, ...]
    check: Check


def service_principal_is_whole(_settings: Settings, present: Collection[str]) -> Iterator[Breach]:
    """All three parts of a service principal, or none."""
    missing = [name for name in _SERVICE_PRINCIPAL if name not in present]
    if 0 < len(missing) < len(_SERVICE_PRINCIPAL):
        for name in missing:
            yield Breach(
                name,
                "is not set, but another part of the service principal is.",
                "Set SP_APP_ID, SP_APP_KEY and SP_TENANT_ID, or none of them.",
            )


def docker_hub_has_an_account(settings: Settings, present: Collection[str]) -> Iterator[Breach]:
    """Docker Hub takes pushes from a signed-in user only."""
    if settings.container_registry is not ContainerRegistry.DOCKERHUB:
        return
    for name in ("dockerhub_username", "dockerhub_password"):
        if name not in present:
            yield Breach(name, "is not set, but images go to Docker Hub.", "Set it, or choose azurecr.")


def https_has_an_email(settings: Settings, present: Collection[str]) -> Iterator[Breach]:
    """Certificate authorities write to somebody."""
    if settings.enable_https and "contact_email" not in present:
        yield Breach(
            "contact_email",
            "is not set, but HTTPS is asked for.",
            "Set an address that certificate authorities can write to.",
        )


def zone_has_a_domain(_settings: Settings, present: Collection[str]) -> Iterator[Breach]:
    """A zone without a domain has no record to hold."""
    if "dns_zone_resource_group" in present and "domain_name" not in present:
        yield Breach("domain_name", "is not set, but the group of its zone is.", "Set both or neither.")


def most_nodes_hold_the_fewest(settings: Settings, _present: Collection[str]) -> Iterator[Breach]:
    """The largest number of nodes is at least the smallest."""
    if settings.aks_node_count_max < settings.aks_node_count:
        yield Breach(
            "aks_node_count_max",
            f"is less than AKS_NODE_COUNT, which is {settings.aks_node_count}.",
            f"Write {settings.aks_node_count} or more.",
        )


def one_repository_within_all(settings: Settings, _present: Collection[str]) -> Iterator[Breach]:
    """One repository's quota is part of the whole."""
    if settings.per_repository_quota > settings.total_quota:
        yield Breach(
            "per_repository_quota",
            f"is more than TOTAL_QUOTA, which is {settings.total_quota}.",
            f"Write {settings.total_quota} or less.",
        )


def idle_within_age(settings: Settings, _present: Collection[str]) -> Iterator[Breach]:
    """A server that ends before it can idle makes the idle time senseless."""
    if settings.maximum_age < settings.idle_timeout:
        yield Breach(
            "maximum_age",
            f"is less than IDLE_TIMEOUT, which is {settings.idle_timeout} seconds.",
            "Write a longer time, or shorten IDLE_TIMEOUT.",
        )


def sign_in_has_its_client(settings: Settings, present: Collection[str]) -> Iterator[Breach]:
    """An OAuth client has an id and a secret, and in Entra a tenant."""
    if settings.authentication is Authentication.NONE:
        return
    entra = settings.authentication is Authentication.ENTRA
    for name in ("oauth_client_id", "oauth_client_secret", *(("oauth_tenant_id",) if entra else ())):
        if name not in present:
            yield Breach(
                name,
                f"is not set, but visitors sign in with {settings.authentication}.",
                "Set it, or set AUTHENTICATION to none.",
            )


def entra_client_is_an_id(settings: Settings, _present: Collection[str]) -> Iterator[Breach]:
    """Entra names applications by GUID."""
    entra = settings.authentication is Authentication.ENTRA
    if entra and settings.oauth_client_id and not _GUID.fullmatch(settings.oauth_client_id):
        yield Breach(
            "oauth_client_id",
            "is not the id of an application in Entra.",
            "Write its Application (client) ID, like 00000000-0000-0000-0000-000000000000.",
        )


def sign_in_lets_somebody_in(settings: Settings, present: Collection[str]) -> Iterator[Breach]:
    """Whoever may sign in is named: an empty list would be everybody or nobody."""
    signs_in = settings.authentication is not Authentication.NONE
    if signs_in and not {"allowed_users", "allowed_organisations"} & set(present):
        yield Breach(
            "allowed_users",
            "is not set, nor are ALLOWED_ORGANISATIONS, and visitors sign in.",
            "Name the users or the organisations that may.",
        )
    for name in _WHO_MAY:
        if not signs_in and name in present:
            yield Breach(
                name,
                "is set, but everybody may use the hub without signing in.",
                "Set AUTHENTICATION to github or entra, or leave this empty.",
            )


def users_are_the_providers(settings: Settings, _present: Collection[str]) -> Iterator[Breach]:
    """GitHub's users have logins; Entra's have principal names, which look like e-mail addresses."""
    wanted = _USER_NAMES[settings.authentication]
    for field in ("allowed_users", "admin_users"):
        strangers = [name for name in getattr(settings, field) if not wanted.fullmatch(name)]
        if strangers:
            yield Breach(
                field,
                f"names users that {settings.authentication} does not have: {', '.join(strangers)}.",
                "Write GitHub logins for github, user@example.org for entra.",
            )


RULES = (
    Rule((), service_principal_is_whole),
    Rule(("container_registry",), docker_hub_has_an_account),
    Rule(("enable_https",), https_has_an_email),
    Rule((), zone_has_a_domain),
    Rule(("aks_node_count", "aks_node_count_max"), most_nodes_hold_the_fewest),
    Rule(("total_quota", "per_repository_quota"), one_repository_within_all),
    Rule(("idle_timeout", "maximum_age"), idle_within_age),
    Rule(("authentication",), sign_in_has_its_client),
    Rule(("authentication", "oauth_client_id"), entra_client_is_an_id),
    Rule(("authentication",), sign_in_lets_somebody_in),
    Rule(("authentication", "allowed_users", "admin_users"), users_are_the_providers),
    Rule(("action",), unbuilt.action),
)


def breaches(settings: Settings, present: Collection[str], wrong: Collection[str]) -> Iterator[Breach]:
    """Yield every broken rule.

    Args:
        settings: the settings, with defaults in the place of wrong ones.
        present: fields that somebody set, wrong ones included.
        wrong: fields whose value was refused.

    """
    for rule in RULES:
        if not set(rule.reads) & set(wrong):
            yield from rule.check(settings, present)
