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

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.client import RunningSandbox


def kubeconfig_of(sandbox: RunningSandbox, cluster: str, folder: Path) -> Path:
    """Write the kubeconfig of all clusters with one of them as the current one; return its path."""
    config = yaml.safe_load(sandbox.write_kubeconfig().read_text(encoding="utf-8"))
    path = folder / f"{cluster}.kubeconfig"
    current = yaml.safe_dump({**config, "current-context": cluster}).encode()
    path.write_bytes(with_files(current, folder))
    return path


@contextmanager
def kubernetes(sandbox: RunningSandbox, cluster: str) -> Iterator[httpx.Client]:
    """Open the API of a cluster."""
    with TemporaryDirectory() as folder:
        config = yaml.safe_load(kubeconfig_of(sandbox, cluster, Path(folder)).read_text(encoding="utf-8"))
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
    return next(entry for entry in entries if entry["name"] == name)
