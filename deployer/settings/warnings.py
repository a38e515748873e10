"""Warns about settings that are valid but replaced, unused or risky."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deployer.settings.chart_values import ALLOWED_REPOSITORIES, DECISIONS, read_chart_values, replaced_keys
from deployer.settings.charts import warnings_about_charts
from deployer.settings.limits import warnings_about_limits
from deployer.settings.people import warnings_about_people
from deployer.settings.types.azure import unknown_region
from deployer.settings.types.choices import Authentication, CertificateAuthority, ContainerRegistry
from deployer.settings.types.tags import reaches_addresses_and_disks
from deployer.settings.visitors import warnings_about_visitors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deployer.settings.model import Settings
    from deployer.settings.sources import Given

_SEEN_BY_BINDERHUB = re.compile(r"[a-z0-9]{4,40}")
_REWRITTEN = {
    "binderhub_name": "host names are lower case, with dashes.",
    "registry_name": "registries have letters and digits only.",
}
_REPLACED = {
    "binderhub_version": "this release works with newer charts only.",
    "certmanager_version": "this release works with newer charts only.",
    "traefik_version": "this release works with newer charts only.",
}
_DOCKER_HUB_ONLY = ("dockerhub_username", "dockerhub_password", "dockerhub_organisation")
_ACR_ONLY = ("registry_name", "registry_sku", "image_retention_days")
_SIGN_IN_ONLY = ("oauth_client_id", "oauth_client_secret", "oauth_tenant_id", "per_user_quota")
_HTTPS_ONLY = (
    "domain_name",
    "dns_zone_resource_group",
    "certificate_authority",
    "certmanager_version",
    "traefik_version",
)


def warnings(settings: Settings, given: Mapping[str, Given]) -> Iterator[str]:
    """Yield the warnings about these settings."""
    yield from _changed(settings, given)
    yield from warnings_about_charts(settings)
    yield from _unknown_region(settings, given)
    yield from _unused(settings, given)
    yield from _registry_not_chosen(given)
    yield from _plain_http(settings)
    yield from _untrusted(settings)
    yield from _docker_hub_names(settings)
    yield from _origins(settings)
    yield from _doubled_name(settings)
    yield from warnings_about_people(settings)
    yield from warnings_about_visitors(settings)
    yield from warnings_about_limits(settings)
    yield from _replaced_decisions(settings)
    yield from _tags(settings)
    yield from _schedule(settings, given)


def _changed(settings: Settings, given: Mapping[str, Given]) -> Iterator[str]:
    for name, reason in {**_REWRITTEN, **_REPLACED}.items():
        value = getattr(settings, name)
        if name in given and str(given[name].value).strip() != value:
            yield f"{given[name].setting} = {given[name].value!r} is replaced by {value!r}: {reason}"


def _unknown_region(settings: Settings, given: Mapping[str, Given]) -> Iterator[str]:
    name = "resource_group_location"
    if settings.resource_group_location and (warning := unknown_region(settings.resource_group_location)):
        yield f"{given[name].setting} = {settings.resource_group_location!r} {warning}"


def _unused(settings: Settings, given: Mapping[str, Given]) -> Iterator[str]:
    reasons = {
        _of_other_registry(settings, given): f"images go to {settings.container_registry}.",
        () if settings.https else _HTTPS_ONLY: "the hub is served over plain HTTP, without a custom domain.",
        ("azure_client_id",) if settings.sp_app_id else (): "the service principal is used.",
        _SIGN_IN_ONLY if settings.authentication is Authentication.NONE else (): "sign-in is switched off.",
        ("config_repository",): "upgrades from a repository are not supported yet.",
    }
    for names, reason in reasons.items():
        for name in names:
            # The form passes its defaults, too, which are no choice of the user.
            if name in given and getattr(settings, name) != type(settings).model_fields[name].default:
                yield f"{given[name].setting} is not used: {reason}"


def _of_other_registry(settings: Settings, given: Mapping[str, Given]) -> tuple[str, ...]:
    """Return the settings of the registry that was not chosen; none where `_registry_not_chosen` warns."""
    if settings.container_registry is ContainerRegistry.DOCKERHUB:
        return _ACR_ONLY
    return _DOCKER_HUB_ONLY if "container_registry" in given else ()


def _registry_not_chosen(given: Mapping[str, Given]) -> Iterator[str]:
    accounts = [given[name].setting for name in _DOCKER_HUB_ONLY if name in given]
    if accounts and "container_registry" not in given:
        yield (
            f"An account on Docker Hub is given ({', '.join(accounts)}), but images go to a registry in "
            "Azure, because CONTAINER_REGISTRY is not set. To push images to Docker Hub, as the first "
            "releases of binderhub-deploy did, set CONTAINER_REGISTRY to dockerhub."
        )


def _plain_http(settings: Settings) -> Iterator[str]:
    if settings.https:
        return
    yield (
        "The hub is served over plain HTTP: others on the network can read what visitors do. "
        "To switch on HTTPS, set an e-mail address (CONTACT_EMAIL)."
    )


def _untrusted(settings: Settings) -> Iterator[str]:
    if settings.https and settings.certificate_authority is CertificateAuthority.LETSENCRYPT_STAGING:
        yield "Browsers do not trust certificates from letsencrypt-staging: use it for tests only."


def _docker_hub_names(settings: Settings) -> Iterator[str]:
    name = settings.dockerhub_organisation or settings.dockerhub_username or ""
    if settings.container_registry is ContainerRegistry.DOCKERHUB and not _SEEN_BY_BINDERHUB.fullmatch(name):
        yield (
            f"BinderHub does not recognise images of {name!r} on Docker Hub (it expects 4 to 40 of a-z, 0-9) "
            "and builds a repository again at every launch. Another account, or azurecr, avoids that."
        )
    if settings.container_registry is ContainerRegistry.DOCKERHUB:
        yield (
            "Builds use the account on Docker Hub: whoever may launch repositories here can read every image "
            f"that {settings.dockerhub_username} can read, private ones included. Use an account that has "
            "nothing else."
        )


def _tags(settings: Settings) -> Iterator[str]:
    for name, content in settings.tags.items():
        if not (reaches_addresses_and_disks(name) and reaches_addresses_and_disks(content)):
            yield (
                f"The tag {name!r} does not reach the hub's public addresses and disk: no tag can be "
                "written there that is empty or has a comma or an equals sign."
            )


def _schedule(settings: Settings, given: Mapping[str, Given]) -> Iterator[str]:
    if settings.stop_schedule and settings.time_zone == "UTC" and "time_zone" not in given:
        yield "The times of STOP_SCHEDULE are in UTC: TIME_ZONE is not set."


def _origins(settings: Settings) -> Iterator[str]:
    if settings.allowed_origins and settings.authentication is not Authentication.NONE:
        yield (
            "ALLOWED_ORIGINS have no effect with sign-in: other pages cannot start sessions for people who "
            "sign in here. Links from them work."
        )
    elif settings.allowed_origins and not settings.https:
        yield (
            "ALLOWED_ORIGINS have no effect over plain HTTP: browsers let no page that is served over https "
            "connect to this hub."
        )


def _doubled_name(settings: Settings) -> Iterator[str]:
    first, _, rest = (settings.domain_name or "").partition(".")
    if settings.https and first in {"binder", "hub"} and rest:
        domain = settings.domain_name
        yield (
            f"DOMAIN_NAME is {domain}: the hub will be at binder.{domain} and hub.{domain}. For "
            f"binder.{rest} and hub.{rest}, write {rest}."
        )


def _replaced_decisions(settings: Settings) -> Iterator[str]:
    values = read_chart_values(settings.helm_values)
    patterns = (ALLOWED_REPOSITORIES,) if settings.allowed_repositories else ()
    for decision in (*DECISIONS, *patterns):
        if keys := replaced_keys(values, decision):
            yield (
                f"HELM_VALUES replace what the deployer decides: {', '.join(keys)}. {decision.consequence} "
                "Leave these keys out unless you know that the hub works with other values."
            )
