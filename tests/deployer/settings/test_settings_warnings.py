"""What is said aloud although nothing is wrong."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from deployer.settings.charts import wanted_charts
from deployer.settings.versions import BINDERHUB_VERSION, DIGESTS, TRAEFIK_VERSION
from tests.deployer.settings_of import settings_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployer.settings import LoadedSettings

ID = "0a1b2c3d-0000-4000-8000-00000000000a"
DOCKER_HUB = {
    "CONTAINER_REGISTRY": "dockerhub",
    "DOCKERHUB_USERNAME": "somebody",
    "DOCKERHUB_PASSWORD": "pass word",
}
GITHUB = {"OAUTH_CLIENT_ID": "a", "OAUTH_CLIENT_SECRET": "of the app", "ALLOWED_ORGANISATIONS": "lab"}
PRINCIPAL = {"SP_APP_ID": ID, "SP_APP_KEY": "of the principal", "SP_TENANT_ID": ID}
HTTPS = {"CONTACT_EMAIL": "a@example.org"}
LISTED = {"ALLOWED_REPOSITORIES": "lab/*"}
PRIVATE = {**HTTPS, **GITHUB, **LISTED, "AUTHENTICATION": "github", "PRIVATE_REPOSITORIES": "true"}
OTHER_CONTENT = {"CHART_DIGESTS": f"binderhub-{BINDERHUB_VERSION}={'0' * 64}"}
OPEN = "Anyone who knows the address of this hub can build and run any public repository"
PLAIN_HTTP = "The hub is served over plain HTTP"

SAID = [
    ({"BINDERHUB_NAME": "My_Hub"}, "'My_Hub' is replaced by 'my-hub': host names are lower case"),
    ({"REGISTRY_NAME": "my-registry"}, "'my-registry' is replaced by 'myregistry'"),
    ({"BINDERHUB_VERSION": "0.2.0-n1.h1"}, f"'0.2.0-n1.h1' is replaced by {BINDERHUB_VERSION!r}"),
    ({"CERTMANAGER_VERSION": "v0.11.0"}, "'v0.11.0' is replaced by"),
    ({"BINDERHUB_VERSION": "1.0.0"}, "The content of the chart binderhub-1.0.0 is not checked"),
    ({"BINDERHUB_VERSION": "1.0.0"}, "Leave BINDERHUB_VERSION unset for one that it knows"),
    ({**HTTPS, "TRAEFIK_VERSION": "v42.0.0"}, "CHART_DIGESTS=traefik-42.0.0=sha256:…"),
    ({**HTTPS, "CERTMANAGER_VERSION": "1.21.0"}, "the chart cert-manager-v1.21.0 is not checked"),
    (OTHER_CONTENT, f"CHART_DIGESTS replace what this release knows of binderhub-{BINDERHUB_VERSION}"),
    ({"BINDERHUB_CONTAINER_MODE": "true"}, "BINDERHUB_CONTAINER_MODE is ignored"),
    ({"NGINX_VERSION": "1.29.1"}, "NGINX_VERSION is ignored: ingress-nginx has ended"),
    ({"ENABLE_HTTPS": "false"}, PLAIN_HTTP),
    ({}, PLAIN_HTTP),
    ({**HTTPS, "ENABLE_HTTPS": "false"}, PLAIN_HTTP),
    ({**HTTPS, "CERTIFICATE_AUTHORITY": "letsencrypt-staging"}, "Browsers do not trust"),
    ({"DOMAIN_NAME": "hub.example.org"}, "DOMAIN_NAME (domainName in the form) is not used"),
    ({"CERTIFICATE_AUTHORITY": "zerossl"}, "is not used: the hub is served over plain HTTP"),
    (
        {"DOCKERHUB_USERNAME": "somebody", "CONTAINER_REGISTRY": "azurecr"},
        "is not used: images go to azurecr.",
    ),
    ({"DOCKERHUB_USERNAME": "somebody"}, "because CONTAINER_REGISTRY is not set"),
    ({**DOCKER_HUB, "REGISTRY_NAME": "registry"}, "is not used: images go to dockerhub."),
    ({**DOCKER_HUB, "DOCKERHUB_USERNAME": "ada"}, "BinderHub does not recognise images of 'ada'"),
    (DOCKER_HUB, "can read every image that somebody can read"),
    ({**DOCKER_HUB, "DOCKERHUB_ORGANISATION": "some-lab"}, "does not recognise images of 'some-lab'"),
    ({**PRINCIPAL, "AZURE_CLIENT_ID": ID}, "the service principal is used"),
    ({**DOCKER_HUB, "REGISTRY_SKU": "Premium"}, "is not used: images go to dockerhub."),
    ({"CONFIG_REPOSITORY": "our-lab/our-hub"}, "is not used: upgrades from a repository"),
    ({"STOP_SCHEDULE": "Sat-Sun"}, "The times of STOP_SCHEDULE are in UTC"),
    ({"OAUTH_CLIENT_ID": "a"}, "is not used: sign-in is switched off."),
    ({"PER_USER_QUOTA": "5"}, "is not used: sign-in is switched off."),
    ({"TOTAL_QUOTA": "100"}, "about 24 sessions fit on 3 × Standard_D2s_v5"),
    ({"TOTAL_QUOTA": "100"}, "Set AKS_NODE_COUNT_MAX to 13, or leave TOTAL_QUOTA unset."),
    ({"PER_REPOSITORY_QUOTA": "50"}, "PER_REPOSITORY_QUOTA has no effect"),
    ({"AKS_NODE_VM_SIZE": "Standard_M8ms"}, "is not a size whose memory this release knows"),
    ({}, OPEN),
    ({**HTTPS, "ALLOWED_REPOSITORIES": ""}, OPEN),
    ({**PRIVATE, "GITHUB_ACCESS_TOKEN": "github_pat_1"}, "and that expires."),
    ({**PRIVATE, "GITHUB_ACCESS_TOKEN": "ghp_123456"}, "This token is not a fine-grained one."),
    ({"ALLOWED_ORIGINS": "https://a.org"}, "ALLOWED_ORIGINS have no effect over plain HTTP"),
    (
        {**GITHUB, **HTTPS, "AUTHENTICATION": "github", "ALLOWED_ORIGINS": "https://a.org"},
        "ALLOWED_ORIGINS have no effect with sign-in",
    ),
    (
        {**HTTPS, "DOMAIN_NAME": "binder.a.org"},
        "at binder.binder.a.org and hub.binder.a.org. For binder.a.org and hub.a.org, write a.org.",
    ),
    ({**HTTPS, "DOMAIN_NAME": "hub.a.org"}, "binder.hub.a.org and hub.hub.a.org"),
]  # fmt: skip


@pytest.mark.parametrize(("environment", "said"), SAID)
def test_it_is_said(
    environment: dict[str, str], said: str, load_environment: Callable[..., LoadedSettings]
) -> None:
    warnings = load_environment(**environment).warnings
    assert any(said in warning for warning in warnings), warnings


def test_usual_settings_are_met_with_notices_of_plain_http_and_an_open_hub(
    load_environment: Callable[..., LoadedSettings],
) -> None:
    defaults = {
        "CERTIFICATE_AUTHORITY": "auto",
        "REGISTRY_SKU": "Basic",
        "BINDERHUB_VERSION": BINDERHUB_VERSION,
    }
    plain_http, is_open = load_environment(**defaults).warnings
    assert plain_http.startswith(PLAIN_HTTP)
    assert is_open.startswith(OPEN)


def test_this_release_knows_the_content_of_every_chart_that_it_installs() -> None:
    charts = wanted_charts(settings_of(contact_email="a@example.org"))
    assert {chart.full_name for chart in charts} == set(DIGESTS)
    assert all(re.fullmatch("sha256:[0-9a-f]{64}", str(chart.digest)) for chart in charts)


def test_https_and_a_list_of_repositories_are_met_with_silence(
    load_environment: Callable[..., LoadedSettings],
) -> None:
    domain = {"DOMAIN_NAME": "lab.example.org", "DNS_ZONE_RESOURCE_GROUP": "zones"}
    origin = {"ALLOWED_ORIGINS": "https://book.example.org"}
    assert load_environment(**HTTPS, **LISTED).warnings == ()
    assert load_environment(**HTTPS, **LISTED, **domain).warnings == ()
    assert load_environment(**HTTPS, **LISTED, **origin).warnings == ()


def test_a_digest_of_your_own_is_met_with_silence_where_the_release_has_none(
    load_environment: Callable[..., LoadedSettings],
) -> None:
    other = {"BINDERHUB_VERSION": "1.0.0", "CHART_DIGESTS": f"binderhub-1.0.0={'0' * 64}"}
    assert load_environment(**HTTPS, **LISTED, **other).warnings == ()


def test_a_digest_of_a_chart_that_is_not_installed_is_met_with_silence(
    load_environment: Callable[..., LoadedSettings],
) -> None:
    of_another_chart = {"CHART_DIGESTS": f"traefik-{TRAEFIK_VERSION}={'0' * 64}", "ENABLE_HTTPS": "false"}
    assert not any("CHART_DIGESTS" in each for each in load_environment(**of_another_chart).warnings)
