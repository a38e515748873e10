"""A hub's cluster as its administrator reaches it."""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import httpx
import yaml

from deployer.kubernetes.kubeconfig import with_files
from sandbox.clusters.credentials import as_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.client import RunningSandbox


def kubeconfig_of(sandbox: RunningSandbox, cluster: str, folder: Path) -> Path:
    """Write the kubeconfig of all clusters with one of them as the current one; return its path.

    Raises:
        KeyError: there is no such cluster.

    """
    config = yaml.load(sandbox.write_kubeconfig().read_bytes(), Loader=yaml.CSafeLoader)
    _named(config["contexts"], cluster)
    path = folder / f"{cluster}.kubeconfig"
    path.write_bytes(with_files(as_yaml({**config, "current-context": cluster}).encode(), folder))
    return path


@contextmanager
def kubernetes(sandbox: RunningSandbox, cluster: str) -> Iterator[httpx.Client]:
    """Open the API of a cluster."""
    with TemporaryDirectory() as folder:
        path = kubeconfig_of(sandbox, cluster, Path(folder))
        config = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
        context = _named(config["contexts"], cluster)["context"]
        where = _named(config["clusters"], context["cluster"])["cluster"]
        user = _named(config["users"], context["user"])["user"]
        verify = ssl.create_default_context(cafile=where["certificate-authority"])
        verify.load_cert_chain(user["client-certificate"], user["client-key"])
        proxy = sandbox.network["HTTPS_PROXY"]
        with httpx.Client(
            base_url=where["server"], proxy=proxy, verify=verify, trust_env=False, timeout=30
        ) as api:
            yield api


def _named(entries: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return {entry["name"]: entry for entry in entries}[name]
