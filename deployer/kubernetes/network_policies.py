"""Renders the network policies: every pod of the hub may reach what it needs, and nothing else.

All three namespaces are closed by default. Each policy then opens what one kind of pod needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deployer.names import CERT_MANAGER, INGRESS
from deployer.settings.types.ports import DEFAULT_EGRESS_PORTS, read_port_range
from deployer.templating import render_documents

if TYPE_CHECKING:
    from deployer.names import HubNames
    from deployer.settings import Settings

# What 0.0.0.0/0 contains beside the internet; from IANA's registry of special-purpose addresses.
NOT_THE_INTERNET = (
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    # Shared by carriers, and by Azure for addresses of pods.
    "100.64.0.0/10",
    # Link-local: the metadata service with the tokens of the virtual machine.
    "169.254.0.0/16",
    # The channel from Azure to the agent of the virtual machine. The address itself is a public one.
    "168.63.129.16/32",
    # Benchmarks of networks, used inside some.
    "198.18.0.0/15",
    # Multicast, and reserved addresses, which some networks use inside.
    "224.0.0.0/3",
)


def render_network_policies(
    namespace: str, settings: Settings, names: HubNames
) -> tuple[dict[str, Any], ...]:
    """Return the policies for one of the three namespaces, without those for visitors.

    Args:
        namespace: that of the hub, of Traefik or of cert-manager.
        settings: of the hub.
        names: derived from them.

    """
    template = {INGRESS: "ingress", CERT_MANAGER: "cert_manager"}.get(namespace, "hub")
    return _render(template, settings, names)


def render_visitor_policies(settings: Settings, names: HubNames) -> tuple[dict[str, Any], ...]:
    """Return the policies that let visitors in, which depend on whether Traefik stands before the hub."""
    return _render("visitors", settings, names)


def _render(template: str, settings: Settings, names: HubNames) -> tuple[dict[str, Any], ...]:
    ports = dict.fromkeys((*DEFAULT_EGRESS_PORTS, *settings.egress_ports))
    return tuple(
        render_documents(
            f"manifests/network_policies/{template}.yaml.j2",
            names=names,
            https=settings.https,
            ingress=INGRESS,
            cert_manager=CERT_MANAGER,
            egress_ports=[read_port_range(each) for each in ports],
            not_the_internet=NOT_THE_INTERNET,
        )
    )
