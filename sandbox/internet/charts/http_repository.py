"""A classic chart repository: an index, and the archives beside it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import yaml
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from sandbox.internet.charts.packages import PackagedChart

# An index states when it was generated; a fixed time keeps it the same in every run.
GENERATED = "2026-01-01T00:00:00Z"


def http_repository(charts: Sequence[PackagedChart], path: str) -> Starlette:
    """Return the application that serves charts at a path: `index.yaml`, and the archives beside it."""
    index = yaml.safe_dump(_index(charts))
    archives = {chart.file_name: chart.archive for chart in charts}

    async def get_index(_: Request) -> Response:
        return Response(index, media_type="text/yaml")

    async def get_archive(request: Request) -> Response:
        archive = archives.get(request.path_params["file_name"])
        if archive is None:
            return Response(
                "No such chart in the sandbox.\n", status_code=HTTPStatus.NOT_FOUND, media_type="text/plain"
            )
        return Response(archive, media_type="application/gzip")

    return Starlette(
        routes=[Route(f"{path}/index.yaml", get_index), Route(f"{path}/{{file_name}}", get_archive)]
    )


def _index(charts: Sequence[PackagedChart]) -> dict[str, Any]:
    entries: dict[str, list[dict[str, Any]]] = {}
    for chart in charts:
        place = {"created": GENERATED, "digest": chart.digest, "urls": [chart.file_name]}
        entries.setdefault(chart.metadata["name"], []).append({**chart.metadata, **place})
    return {"apiVersion": "v1", "generated": GENERATED, "entries": entries}
