"""Downloads the template of a deployment that has a link to it, as with `--template-uri` of the Azure CLI."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from sandbox.azure.resource_manager.core.errors import ArmError, bad_request
from sandbox.azure.resource_manager.providers.deployments import jsonc

if TYPE_CHECKING:
    from sandbox.network.hosts import Hosts


async def with_template(body: dict[str, Any], hosts: Hosts) -> dict[str, Any]:
    """Return the body of a deployment with its template in it.

    Raises:
        ArmError: the link leads to no template.

    """
    properties = body.get("properties") or {}
    link = properties.get("templateLink") or {}
    if not link.get("uri") or "template" in properties:
        return body
    text = await _download(str(link["uri"]), hosts)
    try:
        template = jsonc.loads(text)
    except ValueError as error:
        raise bad_request(
            "InvalidTemplate",
            f"Deployment template parse failed: '{error}'. Please see https://aka.ms/arm-deploy",
        ) from None
    return {**body, "properties": {**properties, "template": template}}


async def _download(uri: str, hosts: Hosts) -> str:
    app = hosts.app_for(urlsplit(uri).hostname or "")
    if app is not None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
            response = await client.get(uri)
        if response.is_success:
            return response.text
    raise ArmError(
        400,
        "InvalidContentLink",
        f"Unable to download deployment content from '{uri}'. The tracking Id is '{uuid.uuid4()}'. Please "
        "see https://aka.ms/arm-deploy for usage details.",
    )
