"""Rules between settings.

They are checked even if single settings are invalid, so that all problems are reported at once. A rule that
reads an invalid setting is skipped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.settings.chart_values import OF_JUPYTERHUB, WRAPPER, read_chart_values, unusable_code
from deployer.settings.limits import (
    idle_timeout_within_max_age,
    repository_quota_within_total,
    session_fits_a_node,
)
from deployer.settings.people import groups_fit_provider, user_names_fit_provider
from deployer.settings.types.azure import is_guid
from deployer.settings.types.choices import Action, Authentication, ContainerRegistry
from deployer.settings.types.time_zones import windows_zone
from deployer.settings.types.validation import Violation
from deployer.settings.visitors import private_repositories_are_closed, sign_in_has_https

if TYPE_CHECKING:
    from collections.abc import Collection

    from deployer.settings.model import Settings

_SERVICE_PRINCIPAL = ("sp_app_id", "sp_app_key", "sp_tenant_id")
# A class of BinderHub's configuration, as in KubernetesBuildExecutor; other words may be secrets.
_CLASS = re.compile(r"(?:[A-Z][a-z]+)+")
_WHO_MAY = ("allowed_users", "allowed_organisations", "admin_users")


Check = Callable[["Settings", "Collection[str]"], Iterator[Violation]]


@dataclass(frozen=True)
class Rule:
    """A check between settings.

    Attributes:
        reads: fields whose values it reads; it is skipped if one of them is invalid.
        check: given the settings and the names of all fields that are set, yields violations.

    """

    reads: tuple[str, ...]
    check: Check


def service_principal_is_whole(_settings: Settings, present: Collection[str]) -> Iterator[Violation]:
    """Require all three parts of a service principal, or none."""
    missing = [name for name in _SERVICE_PRINCIPAL if name not in present]
    if 0 < len(missing) < len(_SERVICE_PRINCIPAL):
        for name in missing:
            yield Violation(
                name,
                "is not set, but another part of the service principal is.",
                "Set SP_APP_ID, SP_APP_KEY and SP_TENANT_ID, or none of them.",
            )


def docker_hub_has_an_account(settings: Settings, present: Collection[str]) -> Iterator[Violation]:
    """Require an account for Docker Hub, which accepts no anonymous pushes."""
    if settings.container_registry is not ContainerRegistry.DOCKERHUB:
        return
    for name in ("dockerhub_username", "dockerhub_password"):
        if name not in present:
            yield Violation(name, "is not set, but images go to Docker Hub.", "Set it, or choose azurecr.")


def https_has_an_email(settings: Settings, present: Collection[str]) -> Iterator[Violation]:
    """Require an e-mail address for HTTPS, which certificate authorities ask for."""
    if settings.enable_https and "contact_email" not in present:
        yield Violation(
            "contact_email",
            "is not set, but HTTPS is switched on.",
            "Set an address that certificate authorities can write to.",
        )


def zone_has_a_domain(_settings: Settings, present: Collection[str]) -> Iterator[Violation]:
    """Require a domain for a DNS zone."""
    if "dns_zone_resource_group" in present and "domain_name" not in present:
        yield Violation(
            "domain_name", "is not set, but the resource group of its zone is.", "Set both or neither."
        )


def max_nodes_at_least_min(settings: Settings, _present: Collection[str]) -> Iterator[Violation]:
    """Require the maximum number of nodes to be at least the minimum."""
    if settings.aks_node_count_max < settings.aks_node_count:
        yield Violation(
            "aks_node_count_max",
            f"is less than AKS_NODE_COUNT, which is {settings.aks_node_count}.",
            f"Write {settings.aks_node_count} or more.",
        )


def sign_in_has_its_client(settings: Settings, present: Collection[str]) -> Iterator[Violation]:
    """Require the id and secret of an OAuth client, and for Entra a tenant."""
    if settings.authentication is Authentication.NONE:
        return
    entra = settings.authentication is Authentication.ENTRA
    for name in ("oauth_client_id", "oauth_client_secret", *(("oauth_tenant_id",) if entra else ())):
        if name not in present:
            yield Violation(
                name,
                f"is not set, but visitors sign in with {settings.authentication}.",
                "Set it, or set AUTHENTICATION to none.",
            )


def entra_client_is_an_id(settings: Settings, _present: Collection[str]) -> Iterator[Violation]:
    """Require a GUID as the id of an application in Entra."""
    entra = settings.authentication is Authentication.ENTRA
    if entra and settings.oauth_client_id and not is_guid(settings.oauth_client_id):
        yield Violation(
            "oauth_client_id",
            "is not the id of an application in Entra.",
            "Write its Application (client) ID, like 00000000-0000-0000-0000-000000000000.",
        )


def sign_in_allows_users(settings: Settings, present: Collection[str]) -> Iterator[Violation]:
    """Require users or organisations for sign-in, and no such list without sign-in."""
    signs_in = settings.authentication is not Authentication.NONE
    if signs_in and not {"allowed_users", "allowed_organisations"} & set(present):
        yield Violation(
            "allowed_users",
            "is not set, nor are ALLOWED_ORGANISATIONS, but sign-in is switched on.",
            "Name the users or the organisations that may sign in.",
        )
    for name in _WHO_MAY:
        if not signs_in and name in present:
            yield Violation(
                name,
                "is set, but anyone may use the hub without signing in.",
                "Set AUTHENTICATION to github or entra, or leave this empty.",
            )


def chart_keys_have_their_place(settings: Settings, _present: Collection[str]) -> Iterator[Violation]:
    """Refuse keys of JupyterHub's chart, and a wrapper, at the top level of HELM_VALUES."""
    values = read_chart_values(settings.helm_values)
    if WRAPPER in values:
        yield Violation(
            "helm_values",
            f"has everything under {WRAPPER}:, as charts that contain the chart of BinderHub need it.",
            f"Write the keys under {WRAPPER}: at the top level.",
        )
    if misplaced := sorted(OF_JUPYTERHUB & values.keys()):
        yield Violation(
            "helm_values",
            f"has keys of JupyterHub at the top level: {', '.join(misplaced)}.",
            f"Write them under jupyterhub:, as jupyterhub.{misplaced[0]}.",
        )
    if classes := sorted(key for key in values if _CLASS.fullmatch(key)):
        yield Violation(
            "helm_values",
            f"has configuration of BinderHub at the top level: {', '.join(classes)}.",
            f"Write it under config:, as config.{classes[0]}.",
        )


def extra_config_is_code(settings: Settings, _present: Collection[str]) -> Iterator[Violation]:
    """Refuse what BinderHub and JupyterHub cannot run."""
    for wrong in unusable_code(read_chart_values(settings.helm_values)):
        yield Violation(
            "helm_values",
            wrong,
            'Write a mapping of names to Python there; "" in place of null for an entry that runs nothing.',
        )


def teardown_is_confirmed(settings: Settings, _present: Collection[str]) -> Iterator[Violation]:
    """Require the name of the hub once more where nobody is asked: a wrong ACTION alone removes nothing."""
    if settings.action is Action.TEARDOWN and settings.confirm != settings.binderhub_name:
        yield Violation(
            "confirm",
            "is not the name of the hub that ACTION = teardown removes; nothing was removed.",
            f"Type {settings.binderhub_name} to remove this hub, or choose another ACTION.",
        )


def schedule_has_a_zone(settings: Settings, _present: Collection[str]) -> Iterator[Violation]:
    """Require a time zone that Azure's schedules know, where there is one."""
    if settings.stop_schedule and windows_zone(settings.time_zone) is None:
        yield Violation(
            "time_zone",
            "is a time zone that the schedules of Azure do not know.",
            "Write the zone of a larger city with the same time, like Europe/Berlin or America/New_York.",
        )


RULES = (
    Rule((), service_principal_is_whole),
    Rule(("container_registry",), docker_hub_has_an_account),
    Rule(("enable_https",), https_has_an_email),
    Rule((), zone_has_a_domain),
    Rule(("aks_node_count", "aks_node_count_max"), max_nodes_at_least_min),
    Rule(("aks_node_vm_size", "user_memory_limit", "user_cpu_limit"), session_fits_a_node),
    Rule(("total_quota", "per_repository_quota"), repository_quota_within_total),
    Rule(("idle_timeout", "maximum_age"), idle_timeout_within_max_age),
    Rule(("authentication",), sign_in_has_its_client),
    Rule(("authentication", "oauth_client_id"), entra_client_is_an_id),
    Rule(("authentication",), sign_in_allows_users),
    Rule(("authentication", "enable_https", "contact_email"), sign_in_has_https),
    Rule(("authentication", "allowed_users", "admin_users"), user_names_fit_provider),
    Rule(("authentication", "allowed_organisations"), groups_fit_provider),
    Rule(("authentication", "private_repositories"), private_repositories_are_closed),
    Rule(("helm_values",), chart_keys_have_their_place),
    Rule(("helm_values",), extra_config_is_code),
    Rule(("binderhub_name", "action", "confirm"), teardown_is_confirmed),
    Rule(("time_zone", "stop_schedule"), schedule_has_a_zone),
)


def violations(settings: Settings, present: Collection[str], wrong: Collection[str]) -> Iterator[Violation]:
    """Yield every violation of a rule.

    Args:
        settings: the settings, with defaults for invalid ones.
        present: fields that are set, including invalid ones.
        wrong: fields with an invalid value.

    """
    for rule in RULES:
        if not set(rule.reads) & set(wrong):
            yield from rule.check(settings, present)
