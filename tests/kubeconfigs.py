"""Kubeconfigs for tests that reach a cluster without the sandbox's network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.clusters.cluster import Cluster


def kubeconfig_by_address(cluster: Cluster, folder: Path) -> Path:
    """Write the cluster's kubeconfig with the API's address on this machine in place of its host name."""
    config = yaml.safe_load(cluster.kubeconfig())
    config["clusters"][0]["cluster"]["server"] = str(cluster.api.base_url)
    path = folder / "kubeconfig"
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(config))
    return path
