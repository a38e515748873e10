"""raw.githubusercontent.com: the template and the form of this checkout, at the home of the project."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request
    from starlette.types import ASGIApp

RAW_HOST = "raw.githubusercontent.com"
FILES = frozenset({"azuredeploy.json", "createUiDefinition.json"})


def raw_files(checkout: Path) -> ASGIApp:
    """Return the application that answers `/<owner>/<repository>/<branch or tag>/<file>`."""
    project = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    home = urlsplit(project["urls"]["Repository"]).path

    async def answer(request: Request) -> PlainTextResponse:
        name = request.path_params["file"]
        path = checkout / name
        if name not in FILES or not path.is_file():
            return PlainTextResponse("404: Not Found", status_code=404)
        # The portal's page fetches the file, which lies on another origin.
        headers = {"Access-Control-Allow-Origin": "*"}
        return PlainTextResponse(path.read_text(encoding="utf-8"), headers=headers)

    return Starlette(routes=[Route(f"{home}/{{ref}}/{{file}}", answer)])
