"""What BinderHub and JupyterHub answer, as far as the verification of a deployment asks.

Responses have the form that the handlers of both give them.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sandbox.hub.release_reader import RegistryLogin, ReleaseReader

    CheckLogin = Callable[[RegistryLogin], Awaitable[bool]]
    LeadsToHub = Callable[[str], Awaitable[bool]]

JUPYTERHUB_VERSION = "5.3.0"
VERSION_HEADER = "X-JupyterHub-Version"
REPO2DOCKER = "quay.io/jupyterhub/repo2docker:2024.07.0"
USER_PODS = "app=jupyterhub,component=singleuser-server"
BUILD_PODS = "component=binderhub-build"
# The Service of JupyterHub inside its namespace; the public address leads to the same proxy.
IN_CLUSTER = "http://proxy-public"
NOT_FOUND = PlainTextResponse("404 : Not Found\n", status_code=HTTPStatus.NOT_FOUND)


class BinderHub:
    """BinderHub of a release.

    Args:
        release: what is installed.
        check_login: returns whether a registry accepts a login.
        leads_to_hub: returns whether an address leads to the JupyterHub of the release.

    """

    def __init__(self, release: ReleaseReader, check_login: CheckLogin, leads_to_hub: LeadsToHub) -> None:
        self._release = release
        self._check_login = check_login
        self._leads_to_hub = leads_to_hub

    async def answer(self, path: str) -> Response:
        """Answer a GET."""
        if path == "/versions":
            return await self._versions()
        if path == "/health":
            return await self._health()
        if path == "/":
            return await self._page()
        return NOT_FOUND

    async def _versions(self) -> Response:
        configuration = await self._release.binder_configuration()
        image = configuration.get("KubernetesBuildExecutor", {}).get("build_image", REPO2DOCKER)
        version = await self._release.image_tag("binder")
        answer = {"builder_info": {"build_image": image}, "binderhub": version, "builder": image}
        return JSONResponse(answer, headers={"Access-Control-Allow-Origin": "*"})

    async def _page(self) -> Response:
        page = (await self._release.binder_configuration()).get("BinderHub", {})
        if page.get("auth_enabled"):
            login = f"{page['hub_url'].rstrip('/')}/hub/api/oauth2/authorize"
            return RedirectResponse(login, status_code=HTTPStatus.FOUND)
        return HTMLResponse("<!DOCTYPE html>\n<title>Binder</title>\n<h1>Binder of the sandbox</h1>\n")

    async def _health(self) -> Response:
        configuration = await self._release.binder_configuration()
        page = configuration.get("BinderHub", {})
        checks = [await self._registry()] if page.get("use_registry", True) else []
        checks += await asyncio.gather(self._hub(page), self._quota(configuration))
        ok = all(check["ok"] for check in checks if not check.get("_ignore_failure"))
        return JSONResponse(
            {"ok": ok, "checks": checks}, status_code=HTTPStatus.OK if ok else HTTPStatus.SERVICE_UNAVAILABLE
        )

    async def _registry(self) -> dict[str, Any]:
        login = await self._release.registry_login()
        return {"service": "Docker registry", "ok": login is not None and await self._check_login(login)}

    async def _hub(self, page: dict[str, Any]) -> dict[str, Any]:
        """Check JupyterHub as BinderHub does, and the address that visitors are redirected to.

        BinderHub itself would notice a wrong address at the first launch only.
        """
        addresses = {page.get("hub_url", ""), page.get("hub_url_local") or page.get("hub_url", "")}
        ok = await self._release.has_ready_pods("hub")
        for address in addresses - {IN_CLUSTER}:
            ok = ok and await self._leads_to_hub(address)
        return {"service": "JupyterHub API", "ok": ok}

    async def _quota(self, configuration: dict[str, Any]) -> dict[str, Any]:
        users, builds = await asyncio.gather(
            self._release.count_pods(USER_PODS), self._release.count_pods(BUILD_PODS)
        )
        quota = configuration.get("LaunchQuota", {}).get("total_quota")
        return {
            "service": "Pod quota",
            "total_pods": users + builds,
            "build_pods": builds,
            "user_pods": users,
            "quota": quota,
            "ok": quota is None or users + builds <= quota,
            "_ignore_failure": True,
        }


class JupyterHub:
    """JupyterHub behind its proxy.

    Args:
        release: what is installed.

    """

    def __init__(self, release: ReleaseReader) -> None:
        self._release = release

    async def answer(self, path: str) -> Response:
        """Answer a GET; if JupyterHub is not ready, its proxy answers with 503."""
        if not await self._release.has_ready_pods("hub"):
            return PlainTextResponse(
                "503 : Service Unavailable\n", status_code=HTTPStatus.SERVICE_UNAVAILABLE
            )
        if path in {"/hub/api", "/hub/api/"}:
            return JSONResponse({"version": JUPYTERHUB_VERSION}, headers={VERSION_HEADER: JUPYTERHUB_VERSION})
        if path in {"/hub/health", "/hub/api/health"}:
            return Response()
        if path in {"/", "/hub", "/hub/"}:
            return RedirectResponse("/hub/login", status_code=HTTPStatus.FOUND)
        if path == "/hub/login":
            return HTMLResponse("<!DOCTYPE html>\n<title>JupyterHub</title>\n<h1>Hub of the sandbox</h1>\n")
        return NOT_FOUND
