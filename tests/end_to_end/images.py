"""Images in a registry, pushed and listed by the registry protocol with the login of the person."""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from sandbox.client import RunningSandbox

MANAGEMENT = "https://management.azure.com"
CONFIG = "application/vnd.oci.image.config.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


@contextmanager
def registry(sandbox: RunningSandbox, server: str) -> Iterator[httpx.Client]:
    """Open a registry."""
    token = sandbox.ask("POST", "/token", {"audience": MANAGEMENT}).json()["token"]
    with sandbox.client(base_url=f"https://{server}") as client:
        form = {"grant_type": "access_token", "service": server, "access_token": token}
        refresh = client.post("/oauth2/exchange", data=form).raise_for_status().json()["refresh_token"]
        form = {"grant_type": "refresh_token", "service": server, "refresh_token": refresh, "scope": "*"}
        access = client.post("/oauth2/token", data=form).raise_for_status().json()["access_token"]
        client.headers["Authorization"] = f"Bearer {access}"
        yield client


def push_image(client: httpx.Client, repository: str, tag: str) -> str:
    """Push an image without layers; return its digest."""
    config = json.dumps({"architecture": "amd64", "os": "linux", "of": f"{repository}:{tag}"}).encode()
    digest = f"sha256:{hashlib.sha256(config).hexdigest()}"
    upload = client.post(f"/v2/{repository}/blobs/uploads/").raise_for_status().headers["Location"]
    client.put(upload, params={"digest": digest}, content=config).raise_for_status()
    described = {"mediaType": CONFIG, "digest": digest, "size": len(config)}
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": described, "layers": []}
    headers = {"Content-Type": MANIFEST}
    path = f"/v2/{repository}/manifests/{tag}"
    pushed = client.put(path, content=json.dumps(manifest), headers=headers).raise_for_status()
    return str(pushed.headers["Docker-Content-Digest"])


def repositories(client: httpx.Client) -> list[str]:
    """Return the names of the repositories."""
    return list(client.get("/v2/_catalog").raise_for_status().json()["repositories"] or ())
