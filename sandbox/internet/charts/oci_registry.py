"""An OCI registry that holds a chart: what Helm asks for when it pulls `oci://…`, read only."""

from __future__ import annotations

import hashlib
import json
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from sandbox.internet.charts.packages import PackagedChart

# Media types that Helm looks for (its documentation, "Use OCI-based registries").
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.cncf.helm.config.v1+json"
ARCHIVE = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"


class ChartRegistry:
    """A registry with one repository: all versions of one chart.

    Args:
        repository: its name in the registry, `traefik/helm/traefik`.
        charts: the versions.

    """

    def __init__(self, repository: str, charts: Sequence[PackagedChart]) -> None:
        self._repository = repository
        # Digest -> (media type, content).
        self._blobs: dict[str, tuple[str, bytes]] = {}
        self._tags = {_tag(chart): self._add(chart) for chart in charts}

    @property
    def app(self) -> Starlette:
        """The ASGI application of the registry."""
        root = f"/v2/{self._repository}"
        return Starlette(
            routes=[
                Route("/v2/", self._version),
                Route(f"{root}/tags/list", self._list_tags),
                Route(f"{root}/manifests/{{reference}}", self._get_manifest),
                Route(f"{root}/blobs/{{digest}}", self._get_blob),
            ]
        )

    async def _version(self, _: Request) -> Response:
        return JSONResponse({})

    async def _list_tags(self, _: Request) -> Response:
        return JSONResponse({"name": self._repository, "tags": list(self._tags)})

    async def _get_manifest(self, request: Request) -> Response:
        reference = request.path_params["reference"]
        return self._answer(self._tags.get(reference, reference), "MANIFEST_UNKNOWN")

    async def _get_blob(self, request: Request) -> Response:
        return self._answer(request.path_params["digest"], "BLOB_UNKNOWN")

    def _answer(self, digest: str, missing: str) -> Response:
        if digest not in self._blobs:
            error = {"code": missing, "message": "No such chart in the sandbox."}
            return JSONResponse({"errors": [error]}, status_code=HTTPStatus.NOT_FOUND)
        media_type, content = self._blobs[digest]
        return Response(content, media_type=media_type, headers={"Docker-Content-Digest": digest})

    def _add(self, chart: PackagedChart) -> str:
        """Store the blobs and the manifest of a chart; return the manifest's digest."""
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self._store(CONFIG, json.dumps(chart.metadata, default=str).encode()),
            "layers": [self._store(ARCHIVE, chart.archive)],
        }
        return str(self._store(MANIFEST, json.dumps(manifest).encode())["digest"])

    def _store(self, media_type: str, content: bytes) -> dict[str, str | int]:
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        self._blobs[digest] = (media_type, content)
        return {"mediaType": media_type, "digest": digest, "size": len(content)}


def _tag(chart: PackagedChart) -> str:
    """Return the tag of a chart's version. Tags can't contain the `+` of build metadata."""
    return str(chart.metadata["version"]).replace("+", "_")
