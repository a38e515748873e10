"""All clusters of the sandbox, which share the DNS labels of each region."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sandbox.clusters.cloud import NoCloud
from sandbox.clusters.cluster import Cluster
from sandbox.clusters.workloads.dns_labels import DnsLabels

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from sandbox.clock import Clock
    from sandbox.clusters.cloud import Cloud
    from sandbox.clusters.programs import HttpsPrograms, Programs
    from sandbox.clusters.spec import ClusterSpec
    from sandbox.network.authority import CertificateAuthority
    from sandbox.network.hosts import Hosts


class Clusters:
    """All clusters.

    Args:
        state_dir: for their data.
        programs: the executables of a control plane.
        authority: signs the certificates of their APIs.
        hosts: where the host names of their APIs are served.
        clock: how long Azure takes.
        https_programs: run in place of their pods; None for none.
        pod_environment: returns the variables of the network of a cluster's pods, by its host name.

    """

    def __init__(  # noqa: PLR0913 - the parts of the sandbox that they use
        self,
        *,
        state_dir: Path,
        programs: Programs,
        authority: CertificateAuthority,
        hosts: Hosts,
        clock: Clock,
        https_programs: HttpsPrograms | None = None,
        pod_environment: Callable[[str], Mapping[str, str]] = lambda _: {},
    ) -> None:
        self._folder = state_dir / "clusters"
        self._programs = programs
        self._authority = authority
        self._hosts = hosts
        self._clock = clock
        self._https_programs = https_programs
        self._pod_environment = pod_environment
        self._labels = DnsLabels()
        self._clusters: dict[str, Cluster] = {}

    async def create(self, spec: ClusterSpec, cloud: Cloud | None = None) -> Cluster:
        """Start a cluster, whose controllers create resources in a cloud; return when its API answers."""
        cluster = Cluster(
            spec,
            folder=self._folder / spec.fqdn.partition(".")[0],
            programs=self._programs,
            authority=self._authority,
            hosts=self._hosts,
            clock=self._clock,
            cloud=cloud or NoCloud(),
            labels=self._labels,
            https_programs=self._https_programs,
            pod_environment=lambda: self._pod_environment(spec.fqdn),
            on_delete=lambda: self._clusters.pop(spec.fqdn, None),
        )
        self._clusters[spec.fqdn] = cluster
        await cluster.start()
        return cluster

    def get(self, fqdn: str) -> Cluster | None:
        """Return the cluster whose API has a host name, None if there is none."""
        return self._clusters.get(fqdn)

    def all(self) -> tuple[Cluster, ...]:
        """Return all clusters."""
        return tuple(self._clusters.values())

    def holder_of_label(self, location: str, label: str) -> tuple[Cluster, str, str] | None:
        """Return cluster, namespace and name of the Service with a DNS label, None if there is none."""
        holder = self._labels.holder(location, label)
        cluster = self.get(holder.fqdn) if holder is not None else None
        return (cluster, holder.namespace, holder.service) if holder and cluster else None

    async def close(self) -> None:
        """Delete all clusters."""
        await asyncio.gather(*(cluster.delete() for cluster in self.all()))
