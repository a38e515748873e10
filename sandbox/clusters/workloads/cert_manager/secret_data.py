"""Contents of Secrets."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

from sandbox.clusters.workloads.cert_manager.resources import find

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from sandbox.clusters.kubernetes_api import Object

CERTIFICATE, PRIVATE_KEY = "tls.crt", "tls.key"


def secrets_path(namespace: str) -> str:
    """Return the path of a namespace's Secrets."""
    return f"/api/v1/namespaces/{namespace}/secrets"


async def find_secret(api: httpx.AsyncClient, namespace: str, name: str) -> Object | None:
    """Return a Secret, None where there is none."""
    return await find(api, f"{secrets_path(namespace)}/{name}")


def content(secret: Object | None, key: str) -> bytes:
    """Return what a Secret holds under a key, empty where it holds nothing."""
    return b64decode(((secret or {}).get("data") or {}).get(key) or "")


def encoded(contents: Mapping[str, bytes]) -> dict[str, str]:
    """Return contents as a Secret's `data` has them."""
    return {key: b64encode(value).decode() for key, value in contents.items()}
