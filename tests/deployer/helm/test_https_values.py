"""Values of a hub with HTTPS: who holds which name, which ports are open, and that no chart refuses them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.helm.values import render_cert_manager_values, render_traefik_values
from deployer.names import derive_names
from tests.deployer.chart_schemas import validate_cert_manager, validate_traefik
from tests.deployer.hubs import AZURE_NAMES, MODES, OWN_DOMAIN, hub_settings, values_of

LABEL = "service.beta.kubernetes.io/azure-dns-label-name"
CORE = {"hub.jupyter.org/node-purpose": "core"}
# What AKS and the hub's own pods, one of each kind twice while they are updated, leave of a node with two
# cores: 1900m, less 1000m for AKS, less 275m for the hub and 175m for its updates.
LEFT_OF_A_NODE = 450


def traefik_of(**given_settings: Any) -> dict[str, Any]:
    settings = hub_settings(**given_settings)
    return render_traefik_values(settings, derive_names(settings))


@pytest.mark.online
@given(
    st.from_regex(r"[a-z][a-z0-9-]{1,40}[a-z0-9]x", fullmatch=True),
    st.sampled_from([AZURE_NAMES, OWN_DOMAIN]),
)
def test_values_of_any_hub_are_values_of_traefiks_chart(hub: str, mode: dict[str, Any]) -> None:
    validate_traefik(traefik_of(binderhub_name=hub, **mode))


@pytest.mark.online
def test_the_values_are_those_of_cert_managers_chart() -> None:
    validate_cert_manager(render_cert_manager_values())


def test_two_names_of_azures_are_held_by_two_services_with_both_ports() -> None:
    values = traefik_of(**AZURE_NAMES)
    hub = values["service"]["additionalServices"]["hub"]
    assert values["service"]["annotations"][LABEL] == "our-hub"
    assert hub["annotations"][LABEL] == "our-hub-hub"
    assert {values["service"]["spec"]["type"], hub["spec"]["type"]} == {"LoadBalancer"}
    for port in ("web", "websecure"):
        assert values["ports"][port]["expose"] == {"default": True, "hub": True}


def test_an_own_domain_needs_one_service() -> None:
    values = traefik_of(**OWN_DOMAIN)
    assert values["service"]["annotations"][LABEL] == "our-hub"
    assert "additionalServices" not in values["service"]
    for port in ("web", "websecure"):
        assert values["ports"][port]["expose"] == {"default": True}


def test_visitors_are_sent_to_https_but_challenges_are_not() -> None:
    redirection = traefik_of(**AZURE_NAMES)["ports"]["web"]["http"]["redirections"]["entryPoint"]
    assert redirection == {"to": "websecure", "scheme": "https", "permanent": True, "priority": 1}


@pytest.mark.parametrize("mode", [AZURE_NAMES, OWN_DOMAIN])
def test_browsers_are_told_to_insist_on_https(mode: dict[str, Any]) -> None:
    values = traefik_of(**mode)
    (name,) = values["ports"]["websecure"]["http"]["middlewares"]
    middleware = values["providers"]["file"]["content"]["http"]["middlewares"][name.removesuffix("@file")]
    # Half a year; other hosts of a domain are not ours to decide about.
    assert middleware == {"headers": {"stsSeconds": 15_724_800}}


@pytest.mark.parametrize(
    ("mode", "binder", "hub"),
    [
        (
            AZURE_NAMES,
            "our-hub.westeurope.cloudapp.azure.com",
            "our-hub-hub.westeurope.cloudapp.azure.com",
        ),
        (OWN_DOMAIN, "binder.hub.example.org", "hub.hub.example.org"),
    ],
)
def test_both_ingresses_share_one_certificate_and_ask_no_issuer(
    mode: dict[str, Any], binder: str, hub: str
) -> None:
    values = values_of(**mode).public
    for ingress, host in ((values["ingress"], binder), (values["jupyterhub"]["ingress"], hub)):
        assert ingress == {
            "enabled": True,
            "ingressClassName": "traefik",
            "annotations": {"traefik.ingress.kubernetes.io/router.entrypoints": "websecure"},
            "hosts": [host],
            "tls": [{"secretName": "binderhub-tls", "hosts": [host]}],
        }
    assert values["config"]["BinderHub"]["hub_url"] == f"https://{hub}"
    assert values["config"]["BinderHub"]["hub_url_local"] == "http://proxy-public"


@pytest.mark.parametrize("mode", [AZURE_NAMES, OWN_DOMAIN])
def test_behind_traefik_no_other_service_is_public(mode: dict[str, Any]) -> None:
    values = values_of(**mode).public
    assert values["service"] == {"type": "ClusterIP"}
    assert values["jupyterhub"]["proxy"]["service"] == {"type": "ClusterIP"}


def test_plain_http_has_no_ingress() -> None:
    values = values_of(**MODES["plain HTTP"]).public
    assert "ingress" not in values
    assert "ingress" not in values["jupyterhub"]


def test_all_of_https_fits_beside_the_hub_on_the_smallest_node() -> None:
    traefik, cert_manager = traefik_of(**AZURE_NAMES), render_cert_manager_values()
    parts = [cert_manager, *(cert_manager[part] for part in ("webhook", "cainjector", "startupapicheck"))]
    # Each kind once more while it is updated.
    wanted = (traefik["deployment"]["replicas"] + 1) * millicores(traefik) + 2 * sum(map(millicores, parts))
    assert wanted <= LEFT_OF_A_NODE
    assert [part["nodeSelector"] for part in (traefik, *parts)] == [CORE] * 5


def millicores(values: dict[str, Any]) -> int:
    return int(values["resources"]["requests"]["cpu"].removesuffix("m"))
