"""Which pods of a hub reach what: the network policies of the deployer and of the charts, judged together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deployer.kubernetes.network_policies import render_network_policies, render_visitor_policies
from deployer.names import CERT_MANAGER, INGRESS
from tests.deployer.hubs import hub_settings, names_of, values_of
from tests.network_policies import Host, Node, Pod, passes
from tests.rendering import render

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tests.network_policies import Peer, Policy

HUB = "our-hub"
SESSION_LABELS = {"app": "jupyterhub", "component": "singleuser-server", "release": HUB}
JUPYTERHUB_LABELS = {"app": "jupyterhub", "release": HUB}
BINDERHUB_LABELS = {"app": "binder", "release": HUB}
# What KubeSpawner and BinderHub start has the labels that their sources set; all others are those of a chart.
SOLVER = Pod(HUB, {"acme.cert-manager.io/http01-solver": "true"})
BUILD = Pod(HUB, {"component": "binderhub-build", "name": "build-1"})
CHART_PODS = {
    "image builder": Pod(HUB, {**BINDERHUB_LABELS, "component": "image-builder"}),
    "image cleaner": Pod(HUB, {**BINDERHUB_LABELS, "component": "image-cleaner"}),
    "BinderHub": Pod(HUB, {**BINDERHUB_LABELS, "component": "binder"}, {"binder": 8585}),
    "JupyterHub": Pod(
        HUB,
        {
            **JUPYTERHUB_LABELS,
            "component": "hub",
            "hub.jupyter.org/network-access-proxy-api": "true",
            "hub.jupyter.org/network-access-proxy-http": "true",
            "hub.jupyter.org/network-access-singleuser": "true",
        },
        {"http": 8081},
    ),
    "JupyterHub's proxy": Pod(
        HUB,
        {
            **JUPYTERHUB_LABELS,
            "component": "proxy",
            "hub.jupyter.org/network-access-hub": "true",
            "hub.jupyter.org/network-access-singleuser": "true",
        },
        {"http": 8000, "api": 8001},
    ),
    "user scheduler": Pod(HUB, {**JUPYTERHUB_LABELS, "component": "user-scheduler"}),
    "placeholder": Pod(HUB, {**JUPYTERHUB_LABELS, "component": "user-placeholder"}),
    "Traefik": Pod(INGRESS, {"app.kubernetes.io/name": "traefik"}, {"web": 8000, "websecure": 8443}),
    "cert-manager": Pod(CERT_MANAGER, {"app.kubernetes.io/component": "controller"}),
    "cert-manager's webhook": Pod(CERT_MANAGER, {"app.kubernetes.io/component": "webhook"}, {"https": 10250}),
    "cert-manager's injector": Pod(CERT_MANAGER, {"app.kubernetes.io/component": "cainjector"}),
}
OTHERS = {f"any other pod in {space}": Pod(space) for space in (HUB, INGRESS, CERT_MANAGER)}
VISITORS: dict[str, Peer] = {"a visitor": Host("203.0.113.7"), "a visitor, by way of a node": Node()}


@dataclass(frozen=True)
class Target:
    """Something to connect to."""

    peer: Peer
    port: int
    protocol: str = "TCP"


CREDENTIALS = {
    "the metadata service": Target(Host("169.254.169.254"), 80),
    "Azure's wire server": Target(Host("168.63.129.16"), 80),
    "Azure's agent settings": Target(Host("168.63.129.16"), 32526),
}
NEVER = {
    **CREDENTIALS,
    "another link-local address": Target(Host("169.254.1.1"), 80),
    "a private network": Target(Host("10.1.2.3"), 443),
    "a network of 172.16.0.0/12": Target(Host("172.20.0.1"), 443),
    "a network of 192.168.0.0/16": Target(Host("192.168.0.1"), 443),
    "a network of 100.64.0.0/10": Target(Host("100.64.0.1"), 443),
    "a network of 198.18.0.0/15": Target(Host("198.18.0.1"), 443),
    "a reserved address": Target(Host("240.0.0.1"), 443),
    "the kubelet of a node": Target(Node(), 10250),
    "a mail server": Target(Host("203.0.113.25"), 25),
    "a mail server for clients": Target(Host("203.0.113.25"), 587),
    "UDP": Target(Host("203.0.113.80"), 443, "UDP"),
    "another port": Target(Host("203.0.113.80"), 6667),
    "SSH": Target(Host("203.0.113.22"), 22),
}
HTTPS = Target(Host("203.0.113.80"), 443)
HTTP = Target(Host("203.0.113.80"), 80)
GIT = Target(Host("203.0.113.94"), 9418)
DNS = Target(Pod("kube-system", {"k8s-app": "kube-dns"}), 53, "UDP")


@dataclass(frozen=True)
class Hub:
    """The pods of a hub, and the policies that its cluster enforces."""

    pods: Mapping[str, Pod]
    policies: Sequence[Policy]

    def reaches(self, source: Peer, target: Target) -> bool:
        """Return whether a connection gets through."""
        return passes(self.policies, source, target.peer, target.port, target.protocol)

    def inside(self) -> dict[str, Target]:
        """Return what listens inside the cluster."""
        listening = {
            "BinderHub": ("BinderHub", 8585),
            "JupyterHub": ("JupyterHub", 8081),
            "JupyterHub's proxy": ("JupyterHub's proxy", 8000),
            "its control": ("JupyterHub's proxy", 8001),
            "another session": ("session", 8888),
            "Traefik": ("Traefik", 8443),
            "a certificate's challenge": ("certificate solver", 8089),
            "cert-manager's webhook": ("cert-manager's webhook", 10250),
        }
        return {name: Target(self.pods[pod], port) for name, (pod, port) in listening.items()}


def hub_of(chart: Path, **given: Any) -> Hub:
    """Return the hub with these settings.

    Args:
        chart: of BinderHub.
        given: settings.

    """
    settings, names = hub_settings(**given), names_of(**given)
    values = values_of(**given).merged()
    policies = [
        manifest for (kind, _), manifest in render(chart, values, HUB, HUB).items() if kind == "NetworkPolicy"
    ]
    for policy in policies:
        policy["metadata"]["namespace"] = HUB
    for namespace in (HUB, INGRESS, CERT_MANAGER):
        policies.extend(render_network_policies(namespace, settings, names))
    policies.extend(render_visitor_policies(settings, names))
    labels = values["jupyterhub"]["singleuser"]["extraLabels"]
    session = Pod(HUB, {**SESSION_LABELS, **labels}, {"notebook-port": 8888})
    pods = {"session": session, "build": BUILD, **CHART_PODS, "certificate solver": SOLVER, **OTHERS}
    return Hub(pods, policies)
