"""What JupyterHub loads by its configuration: the spawner of BinderHub's chart, and a proxy without a way."""

from __future__ import annotations

from typing import Any

from jupyterhub.proxy import Proxy
from kubespawner import KubeSpawner
from tornado import web
from traitlets import Bool, Unicode


class BinderSpawner(KubeSpawner):  # type: ignore[misc]
    """Starts the image that BinderHub asks for."""

    auth_enabled = Bool(default_value=False, config=True)
    cors_allow_origin = Unicode("", config=True)

    async def start(self) -> Any:
        """Start a session."""
        if "image" in self.user_options:
            self.image = self.user_options["image"]
        elif not self.auth_enabled:
            raise web.HTTPError(400, "image required")
        return await super().start()


class NoProxy(Proxy):  # type: ignore[misc]
    """Keeps routes, which nobody follows: the test reaches the hub itself."""

    should_start = False

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self._routes: dict[str, dict[str, Any]] = {}

    async def add_route(self, routespec: str, target: str, data: dict[str, Any]) -> None:
        """Add a route."""
        self._routes[routespec] = {"routespec": routespec, "target": target, "data": data}

    async def delete_route(self, routespec: str) -> None:
        """Remove a route."""
        self._routes.pop(routespec, None)

    async def get_all_routes(self) -> dict[str, dict[str, Any]]:
        """Return all routes."""
        return self._routes
