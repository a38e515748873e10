"""Where the hub's public names lead: to a Service that carries the label, an address, and pods behind it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from sandbox.hub.cluster_reader import Endpoint, LiveObjects
from sandbox.network.unreachable import Unreachable

if TYPE_CHECKING:
    import httpx

    from sandbox.network.dns import Names

PUBLIC_NAME = re.compile(r"(?P<label>[a-z0-9-]+)\.(?P<location>[a-z0-9]+)\.cloudapp\.azure\.com")


class _Cluster(Protocol):
    @property
    def api(self) -> httpx.AsyncClient: ...


class LabelHolders(Protocol):
    """Knows which Service has which DNS label."""

    def holder_of_label(self, location: str, label: str) -> tuple[_Cluster, str, str] | None:
        """Return cluster, namespace and name of the Service whose address has the label."""


@dataclass(frozen=True)
class Door:
    """Where a connection ends: a Service with pods that take it.

    Attributes:
        api: client of the cluster's API.
        service: the Service.
        endpoints: its ready endpoints, at least one.
        port: the pods' port.

    """

    api: httpx.AsyncClient
    service: dict[str, Any]
    endpoints: tuple[Endpoint, ...]
    port: int

    @property
    def namespace(self) -> str:
        """Where the Service is."""
        return str(self.service["metadata"]["namespace"])

    @property
    def selector(self) -> dict[str, str]:
        """The labels of the pods that the Service selects."""
        return dict(self.service["spec"].get("selector") or {})

    async def arguments(self) -> list[str]:
        """Return what the first container of a ready pod was started with."""
        for endpoint in self.endpoints:
            pod = await LiveObjects(self.api).pod(self.namespace, endpoint.pod)
            if pod is not None:
                container = pod["spec"]["containers"][0]
                return [*(container.get("command") or ()), *(container.get("args") or ())]
        return []


class PublicAddresses:
    """The addresses behind `*.cloudapp.azure.com` and behind the names that are aliases of these.

    Args:
        clusters: all clusters of the sandbox.
        names: the aliases.

    """

    def __init__(self, clusters: LabelHolders, names: Names) -> None:
        self._clusters = clusters
        self._names = names

    def is_public(self, host: str) -> bool:
        """Whether a name is, or stands for, one that Azure gives to public addresses."""
        return PUBLIC_NAME.fullmatch(self._names.canonical(host) or "") is not None

    async def reach(self, host: str, port: int) -> Door:
        """Find where a connection to a host ends.

        Raises:
            Unreachable: the name has no address, or nothing takes the connection there.

        """
        api, service = await self._service(host)
        metadata = service["metadata"]
        opened = next((each for each in service["spec"]["ports"] if each["port"] == port), None)
        if opened is None:
            raise Unreachable(504, f"{host} does not answer on port {port}.")
        name = opened.get("name") or ""
        ready = await LiveObjects(api).endpoints(metadata["namespace"], metadata["name"])
        taking = tuple(endpoint for endpoint in ready if name in endpoint.ports)
        if not taking:
            raise Unreachable(503, f"No pod is ready behind {host}.")
        return Door(api, service, taking, taking[0].ports[name])

    async def _service(self, host: str) -> tuple[httpx.AsyncClient, dict[str, Any]]:
        """Find the cluster's API and the load balancer's Service that a name leads to."""
        name = PUBLIC_NAME.fullmatch(self._names.canonical(host) or "")
        holder = self._clusters.holder_of_label(name["location"], name["label"]) if name else None
        if holder is None:
            raise Unreachable(502, f"The name {host} does not exist.")
        cluster, namespace, service_name = holder
        api = cluster.api
        service = await LiveObjects(api).service(namespace, service_name)
        if service is None or not _has_address(service):
            raise Unreachable(502, f"The name {host} does not exist.")
        return api, service


def _has_address(service: dict[str, Any]) -> bool:
    balanced = service["spec"].get("type") == "LoadBalancer"
    return balanced and bool(service.get("status", {}).get("loadBalancer", {}).get("ingress"))
