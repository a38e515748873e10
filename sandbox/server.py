"""The sandbox, composed: every part made once, and handed to those who need it."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from sandbox.azure.container_instances import Containers
from sandbox.azure.identity.directory import Directory
from sandbox.azure.identity.endpoints import LOGIN_HOST, METADATA_ADDRESS, LoginEndpoint, MetadataEndpoint
from sandbox.azure.resource_manager.app import SUBSCRIPTION_ID, ResourceManager
from sandbox.azure.storage.blob_stores import BlobStores
from sandbox.clock import Clock
from sandbox.clusters.clusters import Clusters
from sandbox.clusters.programs import build, locate
from sandbox.control import ControlApp
from sandbox.hub.edge import PublicFace
from sandbox.hub.registry_logins import RegistryLogins
from sandbox.internet.certificate_authorities.authorities import ZEROSSL_API_HOST, CertificateAuthorities
from sandbox.internet.charts.http_repository import chart_hosts
from sandbox.internet.docker_hub import docker_hub_hosts
from sandbox.network.authority import CertificateAuthority
from sandbox.network.dns import Names
from sandbox.network.environment import network_environment
from sandbox.network.hosts import Hosts
from sandbox.network.listener import UNSEEN_HOST, Dispatcher, Listener
from sandbox.network.proxy import Proxy
from sandbox.network.tls import Certificates

CHECKOUT = Path(__file__).resolve().parent.parent
MANAGEMENT_HOST = "management.azure.com"
DESCRIPTION = "sandbox.json"
PRIVATE_DIRECTORY = 0o700


@dataclass(frozen=True)
class Options:
    """How a sandbox runs.

    Attributes:
        state_dir: what it keeps while it runs.
        time_scale: sandbox seconds for one second of Azure.
        charts: directory of packaged charts to serve; None for our own.

    """

    state_dir: Path
    time_scale: float
    charts: Path | None = None


class Sandbox:
    """Azure on this machine, from `start` to `close`.

    Args:
        options: how it runs.

    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._state_dir = options.state_dir.resolve()
        self._prepare_folder()
        clock = Clock(options.time_scale)
        self.names = Names()
        self.hosts = Hosts(self.names)
        self.directory = Directory()
        self.authority = CertificateAuthority(self._state_dir / "authority")
        self.certificate_authorities = CertificateAuthorities(self.authority, self.hosts.app_for)
        self.clusters = Clusters(
            state_dir=self._state_dir,
            programs=locate() or build(),
            authority=self.authority,
            hosts=self.hosts,
            clock=clock,
            authorities=self.certificate_authorities,
        )
        self._network: dict[str, str] = {}
        self.containers = Containers(
            checkout=CHECKOUT, folder=self._state_dir / "containers", network_environment=self._network
        )
        self.blob_stores = BlobStores(
            folder=self._state_dir / "storage",
            authority=self.authority,
            hosts=self.hosts,
            directory=self.directory,
            authorise=lambda principal, account, write: self.resource_manager.rights.data_access(
                principal, account, write=write
            ),
        )
        self.resource_manager = ResourceManager(
            directory=self.directory,
            clock=clock,
            clusters=self.clusters,
            blob_stores=self.blob_stores,
            containers=self.containers,
            hosts=self.hosts,
        )
        self.names.ask(self.resource_manager.name_server)
        self._stack = AsyncExitStack()
        self._serve(clock)

    async def start(self) -> None:
        """Listen, and write down for `shell`, `click` and `state` how the sandbox is reached."""
        dispatcher = Dispatcher(self.hosts, self._state_dir / "requests.jsonl", self._object_id)
        certificates = Certificates(self.authority, self._face.tls_context)
        ports = []
        for contexts in (certificates, None):
            listener = Listener(dispatcher, contexts)
            ports.append(await listener.start())
            self._stack.push_async_callback(listener.close)
        self.proxy = Proxy(self.hosts, tls_port=ports[0], http_port=ports[1], before_tls=certificates.look_up)
        port = await self.proxy.start()
        self._stack.push_async_callback(self.proxy.close)
        self._network.update(network_environment(f"http://127.0.0.1:{port}", self.authority.ca_file))
        self._stack.push_async_callback(self.resource_manager.close)
        self._stack.push_async_callback(self.clusters.close)
        self._stack.push_async_callback(self.blob_stores.close)
        self._stack.push_async_callback(self.containers.close)
        self._describe()

    async def close(self) -> None:
        """End everything; nothing is left running."""
        (self._state_dir / DESCRIPTION).unlink(missing_ok=True)
        await self._stack.aclose()

    def _prepare_folder(self) -> None:
        """Begin with an empty folder, as a new subscription does."""
        for part in ("authority", "clusters", "containers", "storage"):
            shutil.rmtree(self._state_dir / part, ignore_errors=True)
        self._state_dir.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        (self._state_dir / "requests.jsonl").unlink(missing_ok=True)

    def _serve(self, clock: Clock) -> None:
        """Give each host name its app, and the tenant its first inhabitants."""
        person = self.directory.add_user("you@sandbox.example")
        application, self._secret = self.directory.add_service_principal("sandbox")
        for principal in (person, application):
            self.resource_manager.grant(principal, "Owner")
        self._application = application
        self.control = ControlApp(self, person)
        self.hosts.serve(MANAGEMENT_HOST, self.resource_manager.app)
        self.hosts.serve(METADATA_ADDRESS, MetadataEndpoint(self.directory, clock).app)
        self.hosts.serve(LOGIN_HOST, LoginEndpoint(self.directory).app)
        self._face = PublicFace(self.clusters, RegistryLogins(self.hosts.app_for), self.names)
        self.hosts.serve("*.cloudapp.azure.com", self._face)
        self.hosts.serve(ZEROSSL_API_HOST, self.certificate_authorities.zerossl_api)
        self.hosts.serve(UNSEEN_HOST, self.control.app)
        for host, app in {**docker_hub_hosts(), **chart_hosts(self._options.charts)}.items():
            self.hosts.serve(host, app)

    def _describe(self) -> None:
        description = {
            "pid": os.getpid(),
            "network": self._network,
            "settings": {
                "SP_APP_ID": self._application.client_id,
                "SP_APP_KEY": self._secret,
                "SP_TENANT_ID": self.directory.tenant_id,
                "AZURE_SUBSCRIPTION": SUBSCRIPTION_ID,
            },
        }
        path = self._state_dir / DESCRIPTION
        # Whoever waits for the file must never read half of it.
        unfinished = path.with_suffix(f".{secrets.token_hex(4)}")
        unfinished.touch(mode=0o600)
        unfinished.write_text(json.dumps(description, indent=2), encoding="utf-8")
        unfinished.replace(path)
        sys.stdout.flush()

    def _object_id(self, token: str) -> str | None:
        principal = self.directory.principal_of(token)
        return principal.object_id if principal else None
