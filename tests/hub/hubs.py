"""Runs JupyterHub with the values of a hub, and its visitors."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import yaml

from deployer.helm.values import merge
from sandbox.client import CHECKOUT
from sandbox.internet.charts.packages import OWN_CHARTS
from sandbox.ports import free_port
from sandbox.processes import kill
from tests.deployer.hubs import AZURE_NAMES, names_of, values_of
from tests.hub.identity_providers import PERSON

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from tests.installations import Installation

BINDER_TOKEN = "token-of-binderhub"
PATIENCE_SECONDS = 60
# What the values leave to the chart of JupyterHub is of the cluster, and here of this machine.
ON_THIS_MACHINE = """\
import sys
sys.path.insert(0, {checkout!r})
from tests.hub.configuration import configure

c = get_config()
configure(c, {given!r})
c.JupyterHub.proxy_class = "tests.hub.spawner.NoProxy"
c.JupyterHub.hub_ip = "127.0.0.1"
c.JupyterHub.hub_port = {port}
c.JupyterHub.db_url = "sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = "{folder}/cookie_secret"
c.GitHubOAuthenticator.github_url = c.GitHubOAuthenticator.github_api = "http://127.0.0.1:{provider}"
c.AzureAdOAuthenticator.authorize_url = "http://127.0.0.1:{provider}/tenant/oauth2/authorize"
c.AzureAdOAuthenticator.token_url = "http://127.0.0.1:{provider}/tenant/oauth2/token"
c.Spawner.poll_interval = 1
# Every pod of the sandbox is one server on this machine.
c.KubeSpawner.pod_connect_ip = "127.0.0.1"
c.KubeSpawner.port = {provider}
"""


class _ThroughTheEdge(httpx.AsyncBaseTransport):
    """Carries requests for the public names of the hub to JupyterHub, as Traefik does."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._way = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request on."""
        if request.url.host != self._host:
            return await self._way.handle_async_request(request)
        inside = httpx.Request(
            request.method,
            request.url.copy_with(scheme="http", host="127.0.0.1", port=self._port),
            headers={**request.headers, "X-Forwarded-Proto": "https"},
            stream=request.stream,
            extensions=request.extensions,
        )
        return await self._way.handle_async_request(inside)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._way.aclose()


@dataclass(frozen=True)
class Hub:
    """A running JupyterHub.

    Attributes:
        url: its public address.
        port: where it listens on this machine.
        log: what it writes.
        process: that runs it.
        values: what it was configured with.

    """

    url: str
    port: int
    log: Path
    process: asyncio.subprocess.Process
    values: dict[str, Any]

    @asynccontextmanager
    async def browser(self, person: str) -> AsyncIterator[httpx.AsyncClient]:
        """Open the browser of a person."""
        transport = _ThroughTheEdge(httpx.URL(self.url).host, self.port)
        async with httpx.AsyncClient(
            transport=transport, base_url=self.url, headers={PERSON: person}, follow_redirects=True
        ) as client:
            yield client

    async def sign_in(self, person: str) -> httpx.Response:
        """Return the page that a person sees who signs in."""
        async with self.browser(person) as browser:
            return await browser.get("/hub/oauth_login", params={"next": "/hub/home"})

    async def ask(
        self, method: str, path: str, body: Any = None, token: str = BINDER_TOKEN
    ) -> httpx.Response:
        """Send a request to the API, by default as BinderHub does."""
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}/hub/api") as api:
            headers = {"Authorization": f"token {token}"}
            return await api.request(method, path, json=body, headers=headers)

    async def launch(
        self, person: str, server: str, image: str = "registry.example/book:1"
    ) -> httpx.Response:
        """Start a server of a person as BinderHub does; its answer comes before the server is ready."""
        return await self.ask("POST", f"/users/{quote(person)}/servers/{server}", {"image": image})

    async def servers(self, person: str) -> dict[str, Any]:
        """Return the named servers of a person, those that have ended, too."""
        found = await self.ask("GET", f"/users/{quote(person)}?include_stopped_servers")
        servers = found.raise_for_status().json()["servers"]
        return {name: server for name, server in servers.items() if name}

    async def until(self, person: str, wanted: set[str]) -> dict[str, Any]:
        """Wait until just these servers of a person are there and ready; return those at the end."""
        return await self.servers_when(
            person, lambda found: set(found) == wanted and all(server["ready"] for server in found.values())
        )

    async def servers_when(self, person: str, settled: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the named servers of a person once they have settled, or as they are when patience ends."""
        for _ in range(PATIENCE_SECONDS * 4):
            found = await self.servers(person)
            if settled(found):
                break
            await asyncio.sleep(0.25)
        return found


def active_in(servers: dict[str, Any]) -> set[str]:
    """Return the names of the servers that run or start."""
    return {name for name, server in servers.items() if server["ready"] or server["pending"]}


@asynccontextmanager
async def running_hub(
    folder: Path, installation: Installation, provider: int, **settings: Any
) -> AsyncIterator[Hub]:
    """Run a JupyterHub.

    Args:
        folder: for its files.
        installation: the cluster that its servers run in.
        provider: port of the identity provider.
        settings: of the hub.

    """
    chart = yaml.safe_load((OWN_CHARTS / "binderhub" / "values.yaml").read_text(encoding="utf-8"))
    rendered = values_of(**AZURE_NAMES, **settings).merged()
    values = merge(chart["jupyterhub"], rendered["jupyterhub"])
    given = {
        "values": values,
        "release": "our-hub",
        "namespace": "our-hub",
        "services": {"binder": BINDER_TOKEN},
    }
    (folder / "given.json").write_text(json.dumps(given))
    port = free_port()
    config = folder / "jupyterhub_config.py"
    places = {"checkout": str(CHECKOUT), "given": str(folder / "given.json"), "folder": folder}
    config.write_text(ON_THIS_MACHINE.format(port=port, provider=provider, **places))
    log = folder / "log"
    with log.open("w") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "jupyterhub", "--config", str(config)),
            cwd=folder,
            env={**os.environ, "KUBECONFIG": str(installation.kubeconfig)},
            stdout=output,
            stderr=output,
        )
    hub = Hub(names_of(**AZURE_NAMES, **settings).hub_url, port, log, process, values)
    try:
        await _started(hub)
        yield hub
    finally:
        await kill(process)


async def _started(hub: Hub) -> None:
    for _ in range(PATIENCE_SECONDS * 4):
        assert hub.process.returncode is None, hub.log.read_text()
        try:
            if (await hub.ask("GET", "/")).status_code == HTTPStatus.OK:
                return
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.25)
    raise AssertionError(hub.log.read_text())
