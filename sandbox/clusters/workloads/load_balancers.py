"""Plays the load balancer of Azure: gives Services of type LoadBalancer a public address and a DNS label."""

from __future__ import annotations

import asyncio
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING

from sandbox.clusters.cloud import CloudRefusalError, read_tags
from sandbox.clusters.kubernetes_api import Object, Snapshot, annotation_of, patch, watch
from sandbox.clusters.workloads.dns_labels import LabelHolder
from sandbox.clusters.workloads.service_events import AddressRefusal, ServiceEvents, retry_seconds

if TYPE_CHECKING:
    import httpx

    from sandbox.clock import Clock
    from sandbox.clusters.cloud import Cloud
    from sandbox.clusters.spec import ClusterSpec
    from sandbox.clusters.workloads.dns_labels import DnsLabels

LABEL = "service.beta.kubernetes.io/azure-dns-label-name"
TAGS = "service.beta.kubernetes.io/azure-pip-tags"


class LoadBalancers:
    """The load balancer of one cluster.

    Args:
        api: client of the cluster's API.
        clock: how long an address takes.
        cloud: where addresses are created.
        spec: the cluster, whose region is that of the labels.
        labels: the DNS labels of all clusters.

    """

    def __init__(
        self, api: httpx.AsyncClient, clock: Clock, cloud: Cloud, spec: ClusterSpec, labels: DnsLabels
    ) -> None:
        self._api = api
        self._clock = clock
        self._cloud = cloud
        self._spec = spec
        self._labels = labels
        self._since: dict[str, float] = {}
        self._events = ServiceEvents(api)
        self._next_attempts: dict[str, tuple[str | None, float]] = {}

    async def run(self) -> None:
        """Serve all Services while the cluster runs."""
        changed = asyncio.Event()
        services: Snapshot = {}

        async def follow() -> None:
            async for snapshot in watch(self._api, "/api/v1/services"):
                services.clear()
                services.update(snapshot)
                changed.set()

        async with asyncio.TaskGroup() as group:
            group.create_task(follow())
            while True:
                changed.clear()
                due = await self._serve(dict(services))
                with suppress(TimeoutError):
                    async with asyncio.timeout_at(due):
                        await changed.wait()

    async def _serve(self, services: Snapshot) -> float | None:
        """Serve each Service; return the loop time at which the next one is due, None for none."""
        wanting = {uid: service for uid, service in services.items() if _wants_address(service)}
        for uid in [uid for uid in self._since if uid not in wanting]:
            del self._since[uid]
            self._labels.release(uid)
            self._cloud.delete_address(_address_name(uid))
        for uid, service in services.items():
            if uid not in wanting and _addresses(service):
                await self._set_addresses(service, [])
        due = [await self._serve_one(uid, service) for uid, service in wanting.items()]
        return min((time for time in due if time is not None), default=None)

    async def _serve_one(self, uid: str, service: Object) -> float | None:
        """Give a Service label and address; return the loop time of the next attempt, None if it is ready."""
        now = asyncio.get_running_loop().time()
        ready = self._since.setdefault(uid, now + self._clock.seconds("load_balancer.address"))
        label = annotation_of(service, LABEL) or None
        self._labels.release(uid, keep=label)
        refusal = self._refusal(uid, service, label)
        if refusal is not None:
            return await self._refuse(uid, service, label, refusal)
        self._next_attempts.pop(uid, None)
        if ready > now:
            return ready
        if not _addresses(service):
            await self._set_addresses(service, [{"ip": _public_address(uid), "ipMode": "VIP"}])
        return None

    def _refusal(self, uid: str, service: Object, label: str | None) -> AddressRefusal | None:
        """Create the address with its label, or bring its tags up to date; return why Azure refuses it."""
        location = self._spec.location
        if label is not None and not self._labels.take(location, label, self._holder(service)):
            host = f"{label}.{location}.cloudapp.azure.com"
            taken = f"DNS record {host} is already used by another public IP."
            return AddressRefusal("DnsRecordInUse", taken)
        metadata = service["metadata"]
        tags = {
            **read_tags(annotation_of(service, TAGS) or ""),
            "k8s-azure-service": f"{metadata['namespace']}/{metadata['name']}",
            "k8s-azure-cluster-name": "kubernetes",
        }
        try:
            self._cloud.create_address(_address_name(uid), tags)
        except CloudRefusalError as refusal:
            return AddressRefusal(refusal.code, refusal.message)
        return None

    async def _refuse(self, uid: str, service: Object, label: str | None, refusal: AddressRefusal) -> float:
        """Report a refusal when the service controller makes its next attempt; return its loop time."""
        now = asyncio.get_running_loop().time()
        previous, due = self._next_attempts.get(uid, (None, now))
        if previous == label and due > now:
            return due
        attempts = await self._events.report(service, refusal)
        due = now + retry_seconds(attempts) * self._clock.time_scale
        self._next_attempts[uid] = (label, due)
        return due

    def _holder(self, service: Object) -> LabelHolder:
        metadata = service["metadata"]
        return LabelHolder(self._spec.fqdn, metadata["namespace"], metadata["name"], metadata["uid"])

    async def _set_addresses(self, service: Object, addresses: list[Object]) -> None:
        metadata = service["metadata"]
        path = f"/api/v1/namespaces/{metadata['namespace']}/services/{metadata['name']}/status"
        await patch(self._api, path, {"status": {"loadBalancer": {"ingress": addresses}}})


def _address_name(uid: str) -> str:
    return f"kubernetes-a{uid.replace('-', '')}"


def _wants_address(service: Object) -> bool:
    """Return whether the service controller serves this Service: those of a class are left to others."""
    spec = service["spec"]
    ours = spec.get("type") == "LoadBalancer" and not spec.get("loadBalancerClass")
    return ours and "deletionTimestamp" not in service["metadata"]


def _addresses(service: Object) -> list[Object]:
    return list(service.get("status", {}).get("loadBalancer", {}).get("ingress") or [])


def _public_address(uid: str) -> str:
    """Return an address of a range for documentation (RFC 5737), which no host has."""
    return f"203.0.113.{zlib.crc32(uid.encode()) % 254 + 1}"
