"""Finds what is behind the public names of hubs: a Service with the DNS label, an address and ready pods."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

from sandbox.hub.cluster_reader import ClusterReader
from sandbox.network.unreachable import Unreachable

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from sandbox.clusters.kubernetes_api import Object
    from sandbox.network.dns import Dns

PUBLIC_NAME = re.compile(r"(?P<label>[a-z0-9-]+)\.(?P<location>[a-z0-9]+)\.cloudapp\.azure\.com")


class _Cluster(Protocol):
    @property
    def api(self) -> httpx.AsyncClient: ...

    def program_port(self, namespace: str, selector: Mapping[str, str], port: int | str) -> int | None:
        """Return the local port of the program behind a Service, None where none runs."""


class LabelHolders(Protocol):
    """Knows which Service has which DNS label."""

    def holder_of_label(self, location: str, label: str) -> tuple[_Cluster, str, str] | None:
        """Return cluster, namespace and name of the Service with a DNS label, None if there is none."""


@dataclass(frozen=True)
class Backend:
    """A Service with pods that accept a connection.

    Attributes:
        api: client of the cluster's API.
        namespace: of the Service.
        selector: the labels of the pods that the Service selects.
        program_port: local port of the program that runs for the pods, None where none does.

    """

    api: httpx.AsyncClient
    namespace: str
    selector: Mapping[str, str]
    program_port: int | None


class PublicAddresses:
    """The addresses of `*.cloudapp.azure.com`, and of the names that are aliases of these.

    Args:
        clusters: all clusters of the sandbox.
        dns: the aliases.

    """

    def __init__(self, clusters: LabelHolders, dns: Dns) -> None:
        self._clusters = clusters
        self._dns = dns

    def is_public(self, host: str) -> bool:
        """Return whether a name is one of Azure's public addresses, or an alias of one."""
        return PUBLIC_NAME.fullmatch(self._dns.canonical(host) or "") is not None

    async def backend(self, host: str, port: int) -> Backend:
        """Return the backend of connections to a port of a host.

        Raises:
            Unreachable: the name has no address, or nothing accepts connections there.

        """
        cluster, service = await self._service(host)
        namespace, selector = service["metadata"]["namespace"], service["spec"].get("selector") or {}
        opened = next((each for each in service["spec"]["ports"] if each["port"] == port), None)
        if opened is None:
            raise Unreachable(HTTPStatus.GATEWAY_TIMEOUT, f"{host} does not answer on port {port}.")
        name = opened.get("name") or ""
        ready = await ClusterReader(cluster.api).endpoints(namespace, service["metadata"]["name"])
        pod_port = next((ports[name] for ports in ready if name in ports), None)
        if pod_port is None:
            raise Unreachable(HTTPStatus.SERVICE_UNAVAILABLE, f"No pod is ready behind {host}.")
        program_port = cluster.program_port(namespace, selector, pod_port)
        return Backend(cluster.api, namespace, selector, program_port)

    async def _service(self, host: str) -> tuple[_Cluster, Object]:
        """Return the cluster and the load balancer's Service behind a name."""
        name = PUBLIC_NAME.fullmatch(self._dns.canonical(host) or "")
        holder = self._clusters.holder_of_label(name["location"], name["label"]) if name else None
        if holder is None:
            raise Unreachable(HTTPStatus.BAD_GATEWAY, f"The name {host} does not exist.")
        cluster, namespace, service_name = holder
        service = await ClusterReader(cluster.api).service(namespace, service_name)
        if service is None or not _has_address(service):
            raise Unreachable(HTTPStatus.BAD_GATEWAY, f"The name {host} does not exist.")
        return cluster, service


def _has_address(service: Object) -> bool:
    balanced = service["spec"].get("type") == "LoadBalancer"
    return balanced and bool(service.get("status", {}).get("loadBalancer", {}).get("ingress"))
