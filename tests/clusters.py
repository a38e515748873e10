"""A hub's cluster as its administrator reaches it."""

from __future__ import annotations

import ssl
from base64 import b64decode
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import httpx
import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.client import RunningSandbox


def kubeconfig_of(sandbox: RunningSandbox, cluster: str, folder: Path) -> Path:
    """Write the kubeconfig of all clusters with one of them as the current one; return its path."""
    config = yaml.safe_load(sandbox.write_kubeconfig().read_text(encoding="utf-8"))
    path = folder / f"{cluster}.kubeconfig"
    path.write_text(yaml.safe_dump({**config, "current-context": cluster}), encoding="utf-8")
    return path


@contextmanager
def kubernetes(sandbox: RunningSandbox, cluster: str) -> Iterator[httpx.Client]:
    """Open the API of a cluster."""
    with TemporaryDirectory() as folder:
        config = yaml.safe_load(kubeconfig_of(sandbox, cluster, Path(folder)).read_text(encoding="utf-8"))
        context = _named(config["contexts"], cluster)["context"]
        where = _named(config["clusters"], context["cluster"])["cluster"]
        verify = _administrator(where, _named(config["users"], context["user"])["user"], Path(folder))
        proxy = sandbox.network["HTTPS_PROXY"]
        with httpx.Client(
            base_url=where["server"], proxy=proxy, verify=verify, trust_env=False, timeout=30
        ) as api:
            yield api


def _named(entries: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(entry for entry in entries if entry["name"] == name)


def _administrator(cluster: dict[str, Any], user: dict[str, Any], folder: Path) -> ssl.SSLContext:
    authority = b64decode(cluster["certificate-authority-data"]).decode()
    certificate, key = folder / "certificate", folder / "key"
    certificate.write_bytes(b64decode(user["client-certificate-data"]))
    key.write_bytes(b64decode(user["client-key-data"]))
    context = ssl.create_default_context(cadata=authority)
    context.load_cert_chain(certificate, key)
    return context
