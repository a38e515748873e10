"""Clusters for tests that need no whole sandbox, and kubeconfigs that reach them without its network."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
import yaml

from deployer.kubernetes.kubeconfig import with_files
from sandbox.clock import Clock
from sandbox.clusters.clusters import Clusters
from sandbox.clusters.programs import locate
from sandbox.network.authority import CertificateAuthority
from sandbox.network.hosts import Hosts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sandbox.clusters.cluster import Cluster

TIME_SCALE = 0.01


@asynccontextmanager
async def clusters_in(
    folder: Path, authority: CertificateAuthority | None = None, hosts: Hosts | None = None
) -> AsyncIterator[Clusters]:
    """Make room for clusters, and end them; skip the test where the programs for them are not here.

    Args:
        folder: for their files.
        authority: signs the certificates of their APIs; one of their own by default.
        hosts: where the host names of their APIs are served; nowhere by default.

    """
    programs = locate()
    if programs is None:
        pytest.skip("the control plane's programs are not here (`make test` gets them)")
    clusters = Clusters(
        state_dir=folder,
        programs=programs,
        authority=authority or CertificateAuthority(folder),
        hosts=hosts or Hosts(),
        clock=Clock(TIME_SCALE),
    )
    try:
        yield clusters
    finally:
        await clusters.close()


def kubeconfig_by_address(cluster: Cluster, folder: Path) -> Path:
    """Write the cluster's kubeconfig with the API's address on this machine in place of its host name."""
    config = yaml.safe_load(cluster.kubeconfig())
    config["clusters"][0]["cluster"]["server"] = str(cluster.api.base_url)
    path = folder / "kubeconfig"
    path.touch(mode=0o600)
    path.write_bytes(with_files(yaml.safe_dump(config).encode(), folder))
    return path
