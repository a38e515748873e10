"""What the pods of a hub can reach, with the network policies of the deployer and of the charts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from deployer.helm.values import render_cert_manager_values, render_traefik_values
from deployer.names import CERT_MANAGER, INGRESS
from tests.deployer.hubs import AZURE_NAMES, GITHUB, MODES, hub_settings, names_of, values_of
from tests.network_policies import Host, Pod
from tests.reachability import (
    CHART_PODS,
    DNS,
    GIT,
    HTTP,
    HTTPS,
    HUB,
    NEVER,
    VISITORS,
    Target,
    hub_of,
)
from tests.rendering import render

if TYPE_CHECKING:
    from tests.reachability import Hub
    from tests.sandbox.charts.conftest import ChartOf

FOREIGN_CODE = {"session", "build", "image builder"}
WEB = {"BinderHub", "cert-manager"} | FOREIGN_CODE
KUBERNETES_API = WEB | {
    "JupyterHub",
    "user scheduler",
    "image cleaner",
    "Traefik",
    "cert-manager's webhook",
    "cert-manager's injector",
    # The check at the end of cert-manager's installation is one.
    "any other pod in cert-manager",
    "any other pod in ingress",
}
# Who reaches what inside the cluster, with HTTPS and without sign-in.
INSIDE = {
    "BinderHub": {"Traefik", "any other pod in ingress"},
    "JupyterHub": {"JupyterHub's proxy"},
    "JupyterHub's proxy": {"Traefik", "any other pod in ingress", "BinderHub"},
    "its control": {"JupyterHub"},
    "another session": {"JupyterHub", "JupyterHub's proxy"},
    "Traefik": {"cert-manager"},
    "a certificate's challenge": {"Traefik", "any other pod in ingress"},
    "cert-manager's webhook": set(),
}


@pytest.fixture(scope="module")
def hub(chart_of: ChartOf) -> Hub:
    return hub_of(chart_of("binderhub"), **AZURE_NAMES)


def sources(hub: Hub, target: Target) -> set[str]:
    return {name for name, pod in hub.pods.items() if hub.reaches(pod, target)}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sign_in", [{}, GITHUB], ids=["anybody", "GitHub"])
def test_no_pod_reaches_credentials_private_networks_nodes_or_mail_servers(
    chart_of: ChartOf, mode: str, sign_in: dict[str, Any]
) -> None:
    hub = hub_of(chart_of("binderhub"), **MODES[mode], **sign_in)
    assert {name: sources(hub, target) for name, target in NEVER.items()} == {name: set() for name in NEVER}


def test_only_what_fetches_from_the_web_reaches_it(hub: Hub) -> None:
    assert sources(hub, HTTP) == WEB
    assert sources(hub, GIT) == FOREIGN_CODE | {"BinderHub"}
    assert sources(hub, HTTPS) == KUBERNETES_API


def test_names_are_resolved_by_whoever_leaves_the_cluster(hub: Hub) -> None:
    assert sources(hub, DNS) >= KUBERNETES_API


def test_inside_the_cluster_everyone_reaches_what_it_needs(hub: Hub) -> None:
    assert {name: sources(hub, target) for name, target in hub.inside().items()} == INSIDE


def test_sessions_call_the_hub_only_to_sign_people_in(chart_of: ChartOf) -> None:
    signed_in = hub_of(chart_of("binderhub"), **AZURE_NAMES, **GITHUB)
    assert sources(signed_in, signed_in.inside()["JupyterHub"]) == {"JupyterHub's proxy", "session"}


@pytest.mark.parametrize(
    ("mode", "sites"),
    [("names of Azure's", {"Traefik"}), ("plain HTTP", {"Traefik", "BinderHub", "JupyterHub's proxy"})],
)
def test_visitors_reach_the_public_sites_alone(chart_of: ChartOf, mode: str, sites: set[str]) -> None:
    hub = hub_of(chart_of("binderhub"), **MODES[mode])
    # The Kubernetes API calls the webhook by way of a node.
    inside = {name: one for name, one in hub.inside().items() if name != "cert-manager's webhook"}
    for visitor in VISITORS.values():
        assert {name for name, target in inside.items() if hub.reaches(visitor, target)} == sites


def test_ports_that_the_settings_add_are_open_for_foreign_code_and_no_other(chart_of: ChartOf) -> None:
    hub = hub_of(chart_of("binderhub"), **AZURE_NAMES, egress_ports="22, 8000-8010")
    address = Host("203.0.113.22")
    for port in (22, 8000, 8010):
        assert sources(hub, Target(address, port)) == FOREIGN_CODE | {"BinderHub"}
    for port in (21, 7999, 8011):
        assert sources(hub, Target(address, port)) == set()


def test_the_pods_of_the_charts_are_those_that_are_judged(chart_of: ChartOf) -> None:
    settings, names = hub_settings(**AZURE_NAMES), names_of(**AZURE_NAMES)
    rendered = [
        *_pods(chart_of, "binderhub", HUB, values_of(**AZURE_NAMES).merged()),
        *_pods(chart_of, "traefik", INGRESS, render_traefik_values(settings, names)),
        *_pods(chart_of, "cert-manager", CERT_MANAGER, render_cert_manager_values()),
    ]
    for name, judged in CHART_PODS.items():
        assert len([one for one in rendered if _is(judged, one)]) == 1, name
    checks_the_installation = {"startupapicheck"}
    for one in rendered:
        named = any(_is(judged, one) for judged in CHART_PODS.values())
        assert named or one.labels["app.kubernetes.io/component"] in checks_the_installation, one


def _is(judged: Pod, found: Pod) -> bool:
    return (
        judged.namespace == found.namespace
        and judged.labels.items() <= found.labels.items()
        and judged.ports.items() <= found.ports.items()
    )


def _pods(chart_of: ChartOf, chart: str, namespace: str, values: dict[str, Any]) -> list[Pod]:
    templates = [
        manifest["spec"]["template"]
        for manifest in render(chart_of(chart), values, namespace, namespace).values()
        if "template" in manifest.get("spec", {})
    ]
    return [Pod(namespace, one["metadata"]["labels"], _ports(one["spec"])) for one in templates]


def _ports(spec: dict[str, Any]) -> dict[str, int]:
    listed = [port for container in spec["containers"] for port in container.get("ports") or ()]
    return {port["name"]: port["containerPort"] for port in listed if "name" in port}
