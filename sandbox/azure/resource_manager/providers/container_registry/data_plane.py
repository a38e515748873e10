"""The endpoints of `<registry>.azurecr.io`: the registry protocol, and Azure's own lists below `/acr/v1`."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.azure.resource_manager.providers.container_registry.access import Access, error
from sandbox.azure.resource_manager.providers.container_registry.images import Images, digest_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp

    from sandbox.azure.resource_manager.core.services import Services
    from sandbox.azure.resource_manager.core.state import Resource

LARGEST_PAGE = 100


def registry_app(services: Services, registry: Resource) -> ASGIApp:
    """Return the ASGI application of a registry's host."""
    access, images = Access(services, registry), Images(registry, services.clock)
    pushes, lists = _Protocol(access, images), _Lists(access, images, registry)
    repository = "{repository:path}"
    routes = [
        Route("/oauth2/exchange", access.exchange, methods=["POST"]),
        Route("/oauth2/token", access.token, methods=["GET", "POST"]),
        Route("/v2/", pushes.version),
        Route("/v2/_catalog", lists.catalog),
        Route(f"/v2/{repository}/blobs/uploads/", pushes.begin_upload, methods=["POST"]),
        Route(f"/v2/{repository}/blobs/uploads/{{upload}}", pushes.end_upload, methods=["PUT"]),
        Route(f"/v2/{repository}/blobs/{{digest}}", pushes.blob, methods=["HEAD"]),
        Route(f"/v2/{repository}/manifests/{{reference}}", pushes.push, methods=["PUT"]),
        Route(f"/v2/{repository}/manifests/{{reference}}", pushes.delete, methods=["DELETE"]),
        Route(f"/v2/{repository}/manifests/{{reference}}", pushes.manifest),
        Route("/acr/v1/_catalog", lists.catalog),
        Route(f"/acr/v1/{repository}/_manifests", lists.manifests),
    ]
    return Starlette(routes=routes)


class _Protocol:
    """The registry protocol, as far as images are pushed, looked for and deleted.

    Args:
        access: who may do what.
        images: of the registry.

    """

    def __init__(self, access: Access, images: Images) -> None:
        self._access = access
        self._images = images

    async def version(self, request: Request) -> Response:
        """Answer the check of a login, `/v2/`."""
        return JSONResponse({}) if self._access.admits(request, "pull") else self._access.refusal()

    async def begin_upload(self, request: Request) -> Response:
        """Begin to upload a blob."""
        if not self._access.admits(request, "push"):
            return self._access.refusal()
        location = f"/v2/{request.path_params['repository']}/blobs/uploads/{uuid.uuid4()}"
        return Response(status_code=HTTPStatus.ACCEPTED, headers={"Location": location, "Range": "0-0"})

    async def end_upload(self, request: Request) -> Response:
        """Take a blob in one piece; its digest is in the query."""
        if not self._access.admits(request, "push"):
            return self._access.refusal()
        content = await request.body()
        if request.query_params.get("digest") != digest_of(content):
            return error(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
        digest = self._images.add_blob(content)
        return Response(status_code=HTTPStatus.CREATED, headers={"Docker-Content-Digest": digest})

    async def blob(self, request: Request) -> Response:
        """Tell whether there is a blob."""
        if not self._access.admits(request, "pull"):
            return self._access.refusal()
        known = self._images.has_blob(request.path_params["digest"])
        return Response(status_code=HTTPStatus.OK if known else HTTPStatus.NOT_FOUND)

    async def push(self, request: Request) -> Response:
        """Take a manifest, whose blobs were uploaded before."""
        if not self._access.admits(request, "push"):
            return self._access.refusal()
        content = await request.body()
        if missing := self._images.missing_blobs(content):
            return error(404, "MANIFEST_BLOB_UNKNOWN", f"blob unknown to registry: {missing[0]}")
        repository, reference = request.path_params["repository"], request.path_params["reference"]
        media_type = request.headers.get("content-type", "")
        digest = self._images.push(repository, reference, content, media_type)
        return Response(status_code=HTTPStatus.CREATED, headers={"Docker-Content-Digest": digest})

    async def manifest(self, request: Request) -> Response:
        """Return a manifest, or that there is none."""
        if not self._access.admits(request, "pull"):
            return self._access.refusal()
        reference = request.path_params["reference"]
        found = self._images.find(request.path_params["repository"], reference)
        if found is None:
            return error(404, "MANIFEST_UNKNOWN", f'manifest tagged by "{reference}" is not found')
        digest, manifest = found
        headers = {"Docker-Content-Digest": digest}
        return Response(manifest.content, media_type=manifest.media_type, headers=headers)

    async def delete(self, request: Request) -> Response:
        """Delete a manifest by its digest."""
        if not self._access.admits(request, "delete"):
            return self._access.refusal()
        digest = request.path_params["reference"]
        if not self._images.remove(request.path_params["repository"], digest):
            return error(404, "MANIFEST_UNKNOWN", f"manifest {digest} is not found")
        return Response(status_code=HTTPStatus.ACCEPTED)


class _Lists:
    """The lists of repositories and manifests, page by page.

    Args:
        access: who may do what.
        images: of the registry.
        registry: whose name is in the lists.

    """

    def __init__(self, access: Access, images: Images, registry: Resource) -> None:
        self._access = access
        self._images = images
        self._registry = registry

    async def catalog(self, request: Request) -> Response:
        """List the repositories; no page but the first without any names them `null`."""
        if not self._access.admits(request, "catalog"):
            return self._access.refusal()
        names, headers = _page(request, self._images.repositories())
        return JSONResponse({"repositories": names or None}, headers=headers)

    async def manifests(self, request: Request) -> Response:
        """List the manifests of a repository with their attributes."""
        if not self._access.admits(request, "metadata_read"):
            return self._access.refusal()
        repository = request.path_params["repository"]
        found = self._images.manifests(repository)
        if found is None:
            return error(404, "NAME_UNKNOWN", f"repository {repository} is not found")
        digests, headers = _page(request, sorted(found))
        body: dict[str, Any] = {
            "registry": self._registry.properties["loginServer"],
            "imageName": repository,
            "manifests": [found[digest].shown(digest) for digest in digests],
        }
        return JSONResponse(body, headers=headers)


def _page(request: Request, names: list[str]) -> tuple[list[str], dict[str, str]]:
    """Return the names after `last`, as many as `n` asks for, and the link to the next page."""
    size = min(int(request.query_params.get("n", LARGEST_PAGE)), LARGEST_PAGE)
    after = [name for name in names if name > request.query_params.get("last", "")]
    page = after[:size]
    if len(after) == len(page):
        return page, {}
    link = f'<{request.url.path}?last={page[-1]}&n={size}&orderby=>; rel="next"'
    return page, {"Link": link}
